"""Answers that no reference describes: each costs at most its own call, and none is taken for what it is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    ConfigurationError,
    InvalidArgumentsError,
    InvalidRequestError,
    LostAnswerError,
    OutcomeUnknownError,
    RedirectedError,
    UnreadableAnswerError,
)
from clevertap_tools.page import first_page, walk
from clevertap_tools.replies import whole_body
from clevertap_tools.upload import upload
from clevertap_tools.wire import Answer, JsonObject, post, read_envelope

pytestmark = pytest.mark.anyio
EVENT = {"type": "event", "identity": "c-1", "evtName": "Seen"}
CAMPAIGN = {"name": "x", "target_mode": "sms", "where": {}, "content": {"body": "Hi"}, "when": "now"}
SECRET = "a-passcode-that-nobody-repeats"


@contextmanager
def answering(*answers: tuple[int, object]) -> Iterator[tuple[str, list[str]]]:
    """A host that gives these answers in turn, the last one for ever; yields its address and what it was asked."""
    asked: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(self.path)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client_of(url: str, **options: Any) -> Client:
    """A client of that host whose waits are as short as can be."""
    return Client(Account("A-B-C", SecretStr(SECRET), url), random=lambda: 0.0, **options)


async def perform(url: str, key: str, given: dict[str, Any]) -> Any:
    """One action on that host."""
    action = CATALOGUE[key]
    async with client_of(url) as client:
        return await action(client.for_call(), action.parse(given))


async def test_a_code_of_a_record_under_http_200_is_a_refusal_and_no_fault_of_clevertaps() -> None:
    with answering((200, {"status": "fail", "error": "Event name is reserved", "code": 513})) as (url, asked):
        result = await perform(url, "upload-events", {"events": [{"identity": "c-1", "evtName": "Seen"}]})
    assert (result.refused, result.unaccounted, len(asked)) == (1, 0, 1)


@pytest.mark.parametrize("number", ["1" * 4301, "0", "-1", "٣", "1e9", ""])
async def test_a_senseless_record_number_costs_no_account(number: str) -> None:
    odd = {"status": "partial", "processed": 1, "unprocessed": [{"error": f"No. Skipped record number : {number}"}]}
    fine = {"status": "success", "processed": 2, "unprocessed": []}
    with answering((200, fine), (200, odd)) as (url, _):
        async with client_of(url, upload_concurrency=1) as client:
            ledger = await upload(client, [EVENT] * 4, effect=Effect.APPEND, batch_size=2)
    assert (ledger.sent, ledger.accepted, ledger.refused, ledger.unaccounted) == (4, 3, 1, 0)


@pytest.mark.parametrize("processed", [True, -1, "2", 2.0, 10**30, None, [], "9" * 5000])
async def test_whatever_is_said_to_be_processed_the_account_adds_up(processed: object) -> None:
    with answering((200, {"status": "success", "processed": processed, "unprocessed": []})) as (url, _):
        async with client_of(url) as client:
            ledger = await upload(client, [EVENT] * 2, effect=Effect.APPEND)
    assert ledger.accepted + ledger.refused + ledger.unaccounted == ledger.sent == 2


@pytest.mark.parametrize("status", [303, 307, 408, 499])
async def test_a_gateway_that_gives_up_leaves_the_outcome_of_a_launch_unknown(status: int) -> None:
    with answering((status, b"<html>")) as (url, asked), pytest.raises(OutcomeUnknownError) as caught:
        await perform(url, "create-campaign", CAMPAIGN)
    assert caught.value.changed == "unknown"
    assert len(asked) == 1


@pytest.mark.parametrize(("status", "kind", "attempts"), [(303, RedirectedError, 1), (408, LostAnswerError, 4)])
async def test_a_read_is_repeated_only_where_that_can_help(
    status: int, kind: type[CleverTapError], attempts: int
) -> None:
    with answering((status, b"<html>")) as (url, asked), pytest.raises(kind):
        await perform(url, "real-time-user-count", {})
    assert len(asked) == attempts


@pytest.mark.parametrize(
    ("estimates", "reach"),
    [
        ({"android": "8120", "ios": 3055}, 11175),
        ({"android": 8120.0}, 8120),
        ({}, None),
        ({"push": {"android": 8120}}, None),
        ({"android": 8120, "ios": "many"}, None),
        ({"android": -1}, None),
        ([8120], None),
        (None, None),
    ],
)
async def test_a_reach_is_told_whole_or_not_at_all(estimates: object, reach: int | None) -> None:
    with answering((200, {"status": "success", "id": 1700000000, "estimates": estimates})) as (url, _):
        made = await perform(url, "create-campaign", CAMPAIGN)
    assert made.reach == reach
    assert (made.warning is None) == (reach is not None)
    assert made.id == 1700000000


async def test_an_answer_nested_too_deep_is_refused() -> None:
    deep: JsonObject = {}
    for _ in range(300):
        deep = {"deeper": deep}
    with answering((200, {"status": "success", "record": deep})) as (url, _):
        with pytest.raises(UnreadableAnswerError, match="nested"):
            await perform(url, "get-user-profile", {"identity": "c-1"})
        with pytest.raises(UnreadableAnswerError, match="nested"):
            await perform(url, "request", {"method": "GET", "path": "/getSchema"})


async def test_arguments_that_make_too_long_an_address_are_refused_before_they_leave() -> None:
    query = [{"name": f"n{number}", "value": "x" * 19_000} for number in range(4)]
    with (
        answering((200, {"status": "success"})) as (url, asked),
        pytest.raises(InvalidArgumentsError, match="too long an address"),
    ):
        await perform(url, "request", {"method": "GET", "path": "/getSchema", "query": query})
    assert asked == []


@pytest.mark.parametrize(("status", "body"), [(404, b"<html>gone</html>"), (400, {"error": "Account not found"})])
async def test_a_gateway_or_an_unknown_account_is_not_taken_for_an_unknown_person(status: int, body: object) -> None:
    with answering((status, body)) as (url, _), pytest.raises(InvalidRequestError):
        await perform(url, "get-user-profile", {"identity": "c-1"})


async def test_a_report_with_figures_is_finished_whatever_stands_beside_them() -> None:
    with answering((200, {"status": "success", "error": None, "result": {"sent": "12"}})) as (url, _):
        report = await perform(url, "get-campaign-report", {"id": 7})
    assert (report.finished, report.sent) == (True, 12)


async def test_a_number_for_a_cursor_that_repeats_ends_the_walk() -> None:
    with answering((200, {"status": "success", "cursor": "1"}), (200, {"records": [{}], "next_cursor": 5})) as (url, _):
        async with client_of(url) as client:
            pages = [page async for page in walk(client, "/x", await first_page(client, "/x", {}, {}))]
    assert len(pages) == 2
    assert pages[-1].warning
    assert pages[-1].next_cursor is None


async def test_a_cursor_that_only_changes_its_spelling_repeats() -> None:
    answers = ((200, {"cursor": "a%3D"}), (200, {"records": [], "next_cursor": "a%3d"}))
    with answering(*answers) as (url, _):
        async with client_of(url) as client:
            assert (await first_page(client, "/x", {}, {})).warning


async def test_a_walk_that_is_not_ready_to_start_is_asked_again() -> None:
    busy = {"status": "fail", "error": "Request still in progress, please retry later", "code": 2}
    answers = ((200, busy), (200, {"status": "success", "records": [{"identity": "c-1"}]}))
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    with answering(*answers) as (url, asked):
        async with client_of(url, sleep=wait) as client:
            page = await first_page(client, "/x", {}, {})
    assert (page.records, page.next_cursor, len(asked), len(waits)) == ([{"identity": "c-1"}], None, 2, 1)


async def test_a_host_that_repeats_the_passcode_does_not_get_it_into_an_error() -> None:
    repeated = {"status": "fail", "error": f"bad passcode {SECRET}"}
    with answering((400, repeated)) as (url, _), pytest.raises(InvalidRequestError) as caught:
        await perform(url, "real-time-user-count", {})
    assert SECRET not in caught.value.message


async def test_an_event_that_clevertap_refuses_is_not_proposed_again() -> None:
    unknown = {"status": "fail", "error": '["Invalid event : Charged"]', "code": 400}
    query = {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-02"}
    with answering((400, unknown)) as (url, _), pytest.raises(InvalidRequestError) as caught:
        await perform(url, "get-event-count", query)
    assert "nearest" not in caught.value.message


async def test_a_proxy_of_the_environment_never_sees_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering((200, {"status": "success"})) as (url, asked), answering((500, {})) as (proxy, carried):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)
        async with client_of(url) as client:
            await client.send(post("/1/now.json", {}, Effect.READ, read_envelope))
    assert (asked, carried) == (["/1/now.json"], [])


@pytest.mark.parametrize("proxy", ["foo://host:1", "http://host:notaport"])
async def test_a_proxy_setting_that_cannot_be_used_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY"):
        Client(Account("A-B-C", SecretStr(SECRET)))


async def test_an_answer_without_end_is_given_up() -> None:
    response = httpx2.Response(200, content=b"x" * 100)
    assert await whole_body(response, most=100) == b"x" * 100
    with pytest.raises(UnreadableAnswerError, match="larger than 99 bytes"):
        await whole_body(response, most=99)


async def test_an_answer_that_no_reader_foresaw_is_unreadable_and_no_crash() -> None:
    def stumble(_: Answer) -> int:
        raise KeyError("records")

    with answering((200, {})) as (url, _):
        async with client_of(url) as client:
            with pytest.raises(UnreadableAnswerError, match="KeyError"):
                await client.send(post("/1/now.json", {}, Effect.READ, stumble))
