"""Whatever JSON stands anywhere in a body: every endpoint answers or refuses, and so do those that read afterwards."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.behaviours import Behaviours
from clevertap_sandbox.project import Asked, Project
from clevertap_sandbox.routes import ENDPOINTS
from clevertap_sandbox.state.store import Store
from sandbox.odd_bodies import BODIES, CAMPAIGN, EMAIL, GROUPS, NOW, PUSH, QUERY, RECORDS, TRIGGER, odd_requests

MEANT = {"event_name": "Charged", "from": 20260501, "to": 20260531}
EVERY = {**QUERY, "event_properties": []}
READERS: list[tuple[str, str, Any]] = [
    ("POST", "/1/counts/profiles.json", EVERY),
    ("POST", "/1/counts/top.json", {**EVERY, "groups": GROUPS}),
    ("POST", "/1/counts/trends.json", {**EVERY, "sum_event_prop": "Amount", "groups": {"a": {"trend_type": "daily"}}}),
    ("POST", "/1/message/report.json", {"from": "20260501", "to": "20260531"}),
    ("POST", "/1/targets/list.json", {"from": 20260501, "to": 20260531}),
]
SENT = {"to": {"Identity": ["u-1"]}, "content": PUSH}
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ask(project: Project, request: tuple[str, str, Any]) -> None:
    """Let an endpoint answer or refuse; whatever else it raises would be a bare 500."""
    method, path, body = request
    asked = Asked(path, {}, json.dumps(body).encode(), {"host": "127.0.0.1"}, {"id": "501", "product": "p"})
    with suppress(RefusedError):
        ENDPOINTS[path][method](project, asked)


def check(request: tuple[str, str, Any]) -> None:
    behaviours = Behaviours(segments_listed=True, customer_segment_id_required=False, prompt_means=MEANT)
    store = Store(":memory:", "UTC", lambda _db: None)
    project = Project(store, UTC, lambda: float(NOW), behaviours)
    try:
        for each in (("POST", "/1/upload", {"d": RECORDS}), request, request, *READERS):
            ask(project, each)
    finally:
        store.close()


def paid(amount: float) -> dict[str, Any]:
    return {"type": "event", "identity": "u-1", "evtName": "Charged", "ts": NOW, "evtData": {"Amount": amount}}


def grown(operand: float) -> dict[str, Any]:
    return {"type": "profile", "identity": "u-1", "profileData": {"Score": {"$incr": operand}}}


@example(("POST", "/1/upload", {"d": [grown(1e308), grown(1e308)]}))
@example(("POST", "/1/upload", {"d": [grown(10**400), grown(0.5)]}))
@example(("POST", "/1/upload", {"d": [paid(2**63 - 1), paid(2**63 - 1)]}))
@example(("POST", "/1/upload", {"d": [paid(10**400), paid(1e308), paid(-1e308)]}))
@example(("POST", "/1/send/push.json", {**SENT, "tag_group": {}}))
@example(("POST", "/1/send/push.json", {**SENT, "campaign_id": 2**63}))
@example(("POST", "/1/send/externaltrigger.json", {**TRIGGER, "campaign_id": "9" * 5000}))
@example(
    (
        "POST",
        "/1/targets/create.json",
        {**CAMPAIGN, "segment": "all", "where": 5, "target_mode": "email", "content": EMAIL},
    )
)
@example(("POST", "/1/segments/list.json", {"page": 2**40, "limit": 2**40}))
@example(("POST", "/api/createSegment", [{"segment_name": ["x"]}]))
@settings(LAW, max_examples=150)
@given(request=odd_requests())
def test_an_odd_value_anywhere_in_a_body_is_answered_or_refused(request: tuple[str, str, Any]) -> None:
    check(request)


@pytest.mark.slow
@settings(LAW, max_examples=5000)
@given(request=odd_requests())
def test_odd_values_anywhere_are_answered_or_refused_by_law(request: tuple[str, str, Any]) -> None:
    check(request)


def test_every_endpoint_that_takes_a_body_is_asked() -> None:
    fixed = {"/get_custom_list_segment_url", "/get_catalog_url"}
    asked = {(method, path) for method, path, _ in BODIES}
    taking = {(each, path) for path, methods in ENDPOINTS.items() for each in methods if each in ("POST", "PUT")}
    without = {("PUT", "/v2/catalogs/delete/{id}"), *(("POST", path) for path in fixed)}
    assert asked == taking - without
