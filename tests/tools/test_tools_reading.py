"""Whatever CleverTap answers, a reader makes a result of it or says what is wrong; it never stumbles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clevertap_tools import wire
from clevertap_tools.actions.campaigns import campaign_row, created, read_report
from clevertap_tools.actions.counts import active_users
from clevertap_tools.actions.proxy import read_raw
from clevertap_tools.campaign import Campaign
from clevertap_tools.errors import CleverTapError, UnreadableAnswerError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.page import read_page, read_records
from clevertap_tools.polling import read_pollable
from clevertap_tools.upload import Batch, read_upload
from clevertap_tools.wire import Answer

BATCH = Batch(1000, [{"type": "event", "identity": f"c-{number}", "evtName": "Tasted"} for number in range(5)])
UTC = ProjectTime(None, 0)
ESTIMATE = Campaign(name="n", target_mode="webhook", where={}, webhook_endpoint_name="w", estimate_only=True)  # type: ignore[arg-type] # pydantic makes the query
NAMES = [
    "last_processed_ts", "os", "new", "user_type", "status", "error", "code", "message", "processed", "unprocessed", "record", "records", "next_cursor", "cursor",
    "req_id", "count", "targets", "result", "estimates", "id", "name", "scheduled_on",
]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10)
    | st.floats(allow_nan=False)
    | st.sampled_from(["success", "fail", "partial", "", "[", '["a"]', "Skipped record number : 2", "7"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=8
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES
STATUSES = st.sampled_from([200, 200, 200, 202, 204, 302, 400, 401, 404, 409, 429, 500, 503])


def page_of(answer: Answer) -> Any:
    body = read_page(answer)
    return read_records(body, "here") if isinstance(body, dict) else body


READERS: list[Callable[[Answer], Any]] = [
    wire.read_envelope,
    read_pollable,
    page_of,
    lambda answer: read_upload(BATCH, answer),
    read_report,
    read_raw,
    lambda answer: created(ESTIMATE, wire.read_envelope(answer)),
    lambda answer: [
        campaign_row(row, UTC) for row in wire.listed(wire.read_body(answer), "targets") if isinstance(row, dict)
    ],
]


def attempt(read: Callable[[Answer], Any], answer: Answer) -> None:
    told = "read"
    try:
        read(answer)
    except CleverTapError as error:
        told = error.message
    assert told


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=60)
@given(document=DOCUMENTS, status=STATUSES)
def test_any_json_is_read_or_refused_in_a_sentence(
    read: Callable[[Answer], Any], document: object, status: int
) -> None:
    attempt(read, Answer(status, json.dumps(document).encode(), "application/json"))


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=60)
@given(body=st.binary(max_size=40), status=STATUSES, kind=st.sampled_from(["", "text/html", "application/json"]))
def test_any_bytes_are_read_or_refused_in_a_sentence(
    read: Callable[[Answer], Any], body: bytes, status: int, kind: str
) -> None:
    attempt(read, Answer(status, body, kind))


@given(document=DOCUMENTS)
def test_an_upload_accounts_for_every_record_whatever_the_answer_says(document: object) -> None:
    try:
        outcome = read_upload(BATCH, Answer(200, json.dumps(document).encode()))
    except CleverTapError:
        return
    assert outcome.accepted + len(outcome.refused) + outcome.unaccounted == len(BATCH.records)
    assert min(outcome.accepted, outcome.unaccounted) >= 0
    named = [refusal.index for refusal in outcome.refused if refusal.index is not None]
    assert len(named) == len(set(named))
    assert set(named) <= set(BATCH.span)


@pytest.mark.parametrize("body", [{"count": 1, "os": {"mac": "many"}}, {"count": 1, "new": {"os": 5}}])
def test_a_breakdown_that_is_not_made_of_figures_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswerError, match="not made of figures"):
        active_users(body, UTC)


@pytest.mark.parametrize(("told", "number"), [(17, 17), ("17", 17), (None, None), ("x", None), ([], None)])
def test_an_id_is_understood_as_number_and_as_digits(told: object, number: int | None) -> None:
    assert campaign_row({"id": told}, UTC).id == number
    assert created(ESTIMATE, {"id": told}).id == number
