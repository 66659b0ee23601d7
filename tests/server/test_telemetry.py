"""Spans and metrics of tool calls and of requests to CleverTap: what they tell, and what they never hold."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as Host
from mcp import MCPError
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from calls import further_calls
from canaries import PERSON, found
from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.app import App
from clevertap_mcp.environment import Confirm
from clevertap_mcp.opening import guard_of, privacy_of
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.settings import Settings
from clevertap_mcp.telemetry.facts import Facts
from clevertap_mcp.telemetry.instruments import MOST_PATHS, Instruments, template_of
from clevertap_mcp.telemetry.telemetry import FIGURES, SESSIONS
from clevertap_sandbox import Fault, Kind, Sandbox
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.client import Client
from clevertap_tools.ways import in_process
from hosts import says_yes

pytestmark = pytest.mark.anyio

TRACE = "0af7651916cd43dd8448eb211c80319c"
DAYS = {"from": "1997-01-01", "to": "1998-06-30"}
COUNT: tuple[str, dict[str, Any]] = ("clevertap_get_event_count", {"event_name": "Charged", **DAYS})
SEND: tuple[str, dict[str, Any]] = (
    "clevertap_send_message",
    {"channel": "email", "to": {"identity": ["1"]}, "content": {"subject": "Hi", "body": "Hi", "sender_name": "Us"}},
)
ERASE: tuple[str, dict[str, Any]] = ("clevertap_delete_user_profile", {"identity": ["0003"]})
OPERATIONS = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Seen:
    """What spans and metrics tell, kept in memory and apart from those of the process."""

    spans: InMemorySpanExporter
    reader: InMemoryMetricReader
    instruments: Instruments

    @property
    def calls(self) -> list[ReadableSpan]:
        """The spans of tool calls."""
        return [span for span in self.spans.get_finished_spans() if span.name.startswith("tools/call")]

    @property
    def requests(self) -> list[ReadableSpan]:
        """The spans of the requests to CleverTap."""
        return [span for span in self.spans.get_finished_spans() if span.kind is SpanKind.CLIENT]

    def points(self) -> dict[str, list[Any]]:
        """The data points of each metric."""
        data = self.reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    def everything(self) -> str:
        """All that would leave this process."""
        spans = [span.to_json() for span in self.spans.get_finished_spans()]
        data = self.reader.get_metrics_data()
        return "\n".join([*spans, data.to_json() if data else ""])


@pytest.fixture
def seen() -> Iterator[Seen]:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    yield Seen(spans, reader, Instruments(tracers, meters))
    tracers.shutdown()
    meters.shutdown()


async def at_once(_seconds: float) -> None:
    """Wait for nothing."""


@pytest.fixture
def attached(seen: Seen, settings: Settings, sandbox: Sandbox, tmp_path: Path) -> Any:
    """Attaches a host to a server on the sandbox whose telemetry is kept."""

    @asynccontextmanager
    async def attached(person: Any = None, mode: Any = "auto", **more: Any) -> AsyncIterator[Host]:
        chosen = replace(settings, audit_log=tmp_path / "audit.jsonl", **more)
        way, sleep = in_process(sandbox.app), at_once
        async with Client(chosen.account, transport=way, sleep=sleep, observer=seen.instruments) as client:
            app = App(chosen, client, guard_of(chosen), privacy_of(chosen), CATALOGUE, seen.instruments)
            async with Host(
                CleverTapServer(Accounts.only(app)), mode=mode, cache=None, elicitation_callback=person
            ) as host:
                yield host

    return attached


def told(span: ReadableSpan) -> dict[str, Any]:
    """What a span says of its call."""
    return {name.removeprefix("clevertap."): value for name, value in (span.attributes or {}).items()}


async def test_a_call_is_a_span_with_its_requests_within(seen: Seen, attached: Any) -> None:
    async with attached() as host:
        await host.call_tool(*COUNT)
    (call,) = seen.calls
    assert call.name == "tools/call clevertap_get_event_count"
    assert told(call) | {"effect": "read", "outcome": "done", "attempts": 1} == told(call)
    (request,) = seen.requests
    assert request.name == "POST /1/counts/events.json"
    assert request.attributes == {
        "http.request.method": "POST",
        "url.template": "/1/counts/events.json",
        "http.response.status_code": 200,
        "clevertap.attempts": 1,
    }
    assert request.parent
    assert request.parent.span_id == call.context.span_id


async def test_a_call_belongs_to_the_trace_that_its_client_names(seen: Seen, attached: Any) -> None:
    async with attached() as host:
        await host.call_tool(*COUNT, meta={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert f"{seen.calls[0].context.trace_id:032x}" == TRACE


async def test_the_spans_of_the_sdk_are_replaced(seen: Seen, attached: Any) -> None:
    async with attached() as host:
        await host.call_tool(*COUNT)
    scopes = {span.instrumentation_scope.name for span in seen.spans.get_finished_spans() if span.instrumentation_scope}
    assert scopes == {"clevertap-mcp"}
    assert len(seen.calls) == 1


async def test_each_attempt_is_counted(seen: Seen, attached: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=503, path="/1/counts/events.json", times=2))
    async with attached() as host:
        await host.call_tool(*COUNT)
    (attempts,) = seen.points()["clevertap.request.attempts"]
    assert attempts.value == 3
    assert told(seen.calls[0])["attempts"] == 3


async def test_what_came_of_each_call_is_told(seen: Seen, attached: Any, sandbox: Sandbox) -> None:
    async def outcomes(tool: str, arguments: dict[str, Any], **more: Any) -> list[str]:
        """What is told of one call, and of those that it takes to have it done."""
        seen.spans.clear()
        async with attached(**more) as host:
            await host.call_tool(tool, arguments)
        return [" ".join(told(call)[name] for name in ("outcome", "code") if name in told(call)) for call in seen.calls]

    assert await outcomes(*COUNT) == ["done"]
    assert await outcomes(*ERASE, person=says_yes, confirm=Confirm.ASK) == ["asked", "done"]
    assert await outcomes(*ERASE, confirm=Confirm.ASK) == ["refused not_confirmed"]
    assert await outcomes(*SEND, confirm=Confirm.PLAN) == ["planned"]
    assert await outcomes(COUNT[0], {"event_name": ""}) == ["refused invalid_arguments"]
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=400, path="/1/counts/events.json"))
    assert await outcomes(*COUNT) == ["refused refused_by_clevertap"]
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500, path="/1/counts/events.json", times=None))
    assert await outcomes(*COUNT) == ["failed service_error"]
    sandbox.faults.clear()
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500, path="/1/send/email.json", handled=True))
    assert await outcomes(*SEND) == ["unknown incomplete"]


async def test_the_time_of_a_person_who_is_asked_within_a_call_is_known(
    seen: Seen, attached: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Facts] = []
    monkeypatch.setattr(Instruments, "ended", lambda _self, call, _seconds: ended.append(call))
    async with attached(person=says_yes, mode="legacy", confirm=Confirm.ASK) as host:
        await host.call_tool(*ERASE)
    (call,) = ended
    assert call.thinking > 0
    assert call.outcome == "done"


async def test_the_audit_log_and_the_span_know_a_call_by_the_same_name(
    seen: Seen, attached: Any, tmp_path: Path
) -> None:
    async with attached() as host:
        await host.call_tool(*ERASE)
    lines = map(json.loads, (tmp_path / "audit.jsonl").read_text().splitlines())
    assert {line["call"] for line in lines} == {told(seen.calls[0])["request"]}


async def test_an_account_is_told_by_its_name_here(seen: Seen, attached: Any) -> None:
    async with attached(name="shop-eu") as host:
        await host.call_tool(*COUNT)
    assert told(seen.calls[0])["account"] == told(seen.requests[0])["account"] == "shop-eu"
    assert seen.points()["clevertap_mcp.call.duration"][0].attributes["account"] == "shop-eu"


async def test_a_request_that_fails_is_told_by_its_code(seen: Seen, attached: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=401))
    async with attached() as host:
        await host.call_tool(*COUNT)
    (request,) = seen.requests
    assert request.status.status_code is StatusCode.ERROR
    assert (request.attributes or {})["error.type"] == "credentials"
    (point,) = seen.points()["clevertap.request.duration"]
    assert point.attributes == {
        "method": "POST",
        "path": "/1/counts/events.json",
        "status": "4xx",
        "code": "credentials",
    }


async def test_names_that_a_client_makes_up_are_not_repeated(seen: Seen, attached: Any) -> None:
    async with attached() as host:
        for name in (PERSON["Email"], f"clevertap_{PERSON['identity']}"):
            with pytest.raises(MCPError):
                await host.call_tool(name, {})
            with pytest.raises(MCPError):
                await host.get_prompt(name)
            with pytest.raises(MCPError):
                await host.read_resource(f"file:///{name}")
    assert found([seen.everything()], PERSON) == set()
    (point,) = seen.points()["clevertap_mcp.call.duration"]
    assert point.attributes["tool"] == "other"
    assert point.attributes["code"] == "unknown_tool"
    assert point.count == 2


async def test_no_person_is_in_spans_and_metrics(seen: Seen, attached: Any) -> None:
    profile = {
        "identity": PERSON["identity"],
        "profileData": {name: PERSON[name] for name in ("Email", "Phone", "Name")},
    }
    raw = {"method": "DELETE", "path": "/x/{who}", "path_params": {"who": PERSON["Email"]}}
    product = {"method": "DELETE", "path": f"/v2/catalogs/7/products/{PERSON['identity']}"}
    read = {"method": "GET", "path": "/1/profile.json", "query": [{"name": "email", "value": PERSON["Email"]}]}
    async with attached(masked=True, toolsets="all") as host:
        for tool, arguments in [
            ("upload_user_profiles", {"profiles": [profile]}),
            ("get_user_profile", {"email": PERSON["Email"]}),
            *(("request", each) for each in (raw, product, read)),
            *further_calls(PERSON),
        ]:
            await host.call_tool(f"clevertap_{tool}", arguments)
    told_of = seen.everything()
    assert found([told_of], PERSON) == set()
    assert "/v2/catalogs/{id}/products/{product}" in told_of
    paths = {point.attributes["path"] for point in seen.points()["clevertap.request.duration"]}
    assert len(paths) > 20


def test_a_path_is_told_as_the_reference_writes_it() -> None:
    assert template_of("DELETE", "/v2/catalogs/7/products/wren") == "/v2/catalogs/{id}/products/{product}"
    assert template_of("POST", f"/{PERSON['Email']}") == "other"
    assert template_of("PUT", "/1/upload") == "other"


def test_the_memory_of_paths_has_an_end() -> None:
    for number in range(2 * MOST_PATHS):
        template_of("GET", f"/v2/catalogs/{number}")
    assert template_of.cache_info().currsize == MOST_PATHS


async def test_the_metrics_are_those_of_the_docs(seen: Seen, attached: Any) -> None:
    for figure in FIGURES:
        seen.instruments.follow(figure, lambda: 0)
    async with attached() as host:
        await host.call_tool(*COUNT)
    points = seen.points()
    rows = re.findall(r"^\| `([\w.]+)` \| `([\w]+)` \| ([^|]*) \|", OPERATIONS, re.MULTILINE)
    assert {name for name, _, _ in rows} == set(points)
    for name, _, labels in rows:
        assert set(re.findall(r"`(\w+)`", labels)) == set(points[name][0].attributes), name


def test_a_figure_is_read_when_metrics_are_taken(seen: Seen) -> None:
    open_ones = [1]
    seen.instruments.follow(SESSIONS, lambda: len(open_ones))
    assert seen.points()[SESSIONS][0].value == 1
    open_ones.append(2)
    assert seen.points()[SESSIONS][0].value == 2
