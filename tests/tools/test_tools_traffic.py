"""How many requests are under way at once, on how many connections, and how long a call may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from pydantic import SecretStr

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, SHOP, Kind, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools import wire
from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    DeadlineError,
    LostAnswerError,
    NotReadyError,
    OutcomeUnknownError,
    ServiceError,
    UnreachableError,
)
from clevertap_tools.upload import upload
from clevertap_tools.ways import in_process

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

UPLOAD = "/1/upload"
NOW = "/1/now.json"
PROBE = wire.post(NOW, {}, Effect.READ, wire.read_envelope)
LONG = 30.0
"""Seconds that a sandbox would take if nobody hung up."""
SHORT = 0.25
"""Seconds for a call that is meant to run out of time."""
ENOUGH = 1.0
"""Seconds for a call of which something is to be answered before it runs out of time."""
CHARGED = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}


async def at_once(count: int, do: Callable[[int], Any]) -> None:
    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(do, number)


async def test_a_path_has_three_places_and_nobody_is_turned_away(site: Site) -> None:
    site.breaks(Kind.SLOW, NOW, seconds=0.05, times=None)
    async with site.client() as client:
        await at_once(10, lambda _: client.for_call().send(PROBE))
    assert site.sandbox.peak(NOW) == 3
    assert len(site.asked(NOW)) == 10


async def test_retries_take_a_place_like_everybody_else(site: Site) -> None:
    site.breaks(Kind.STATUS, NOW, status=500, times=6)
    site.breaks(Kind.SLOW, NOW, seconds=0.02, times=None)
    async with site.client() as client:
        await at_once(12, lambda _: client.for_call().send(PROBE))
    assert site.sandbox.peak(NOW) <= 3
    assert len(site.asked(NOW)) == 18


async def test_paths_do_not_wait_for_each_other(site: Site) -> None:
    site.breaks(Kind.SLOW, NOW, seconds=LONG, times=3)
    async with site.client() as client, anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(client.send, PROBE)
        while site.sandbox.peak(NOW) < 3:
            await anyio.lowlevel.checkpoint()
        await client.send(wire.get("/v1/connect", wire.read_envelope))
        group.cancel_scope.cancel()


@pytest.mark.parametrize(("allowed", "peak"), [(1, 1), (3, 3), (6, 6), (15, 15), (99, 15)])
async def test_uploads_have_the_places_that_the_operator_gave_them(
    site: Site, make_events: Any, allowed: int, peak: int
) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=0.3, times=None)
    async with site.client(upload_concurrency=allowed) as client:
        ledger = await upload(client.for_call(), make_events(peak + 2), effect=Effect.APPEND, batch_size=1)
    assert site.sandbox.peak(UPLOAD) == peak
    assert ledger.accepted == peak + 2


async def test_uploads_of_different_calls_share_the_places(site: Site, make_events: Any) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=0.02, times=None)
    async with site.client(upload_concurrency=2) as client:
        await at_once(3, lambda _: upload(client.for_call(), make_events(8), effect=Effect.APPEND, batch_size=2))
    assert site.sandbox.peak(UPLOAD) == 2


async def test_polls_and_cursor_pages_share_the_places_of_their_first_call(make_site: MakeSite) -> None:
    shop = make_site(seed=SHOP)
    shop.breaks(Kind.PARTIAL, polls=2, times=None)
    shop.breaks(Kind.SLOW, method="GET", seconds=0.05, times=None)
    async with shop.client() as client:

        async def ask(number: int) -> None:
            key = "get-event-count" if number % 2 else "get-events"
            action = CATALOGUE[key]
            await action(client.for_call(), action.parse(CHARGED))

        await at_once(16, ask)
    assert shop.sandbox.peak("/1/counts/events.json") <= 3
    assert shop.sandbox.peak("/1/events.json") <= 3
    assert shop.asked("/1/counts/events.json", "GET")


async def test_requests_one_after_the_other_use_one_connection(site: Site) -> None:
    accepted = []

    async def relay(inward: anyio.abc.SocketStream) -> None:
        accepted.append(inward)
        port = int(site.url.rpartition(":")[2])
        async with inward, await anyio.connect_tcp("127.0.0.1", port) as outward, anyio.create_task_group() as group:
            group.start_soon(pour, inward, outward)
            await pour(outward, inward)
            group.cancel_scope.cancel()

    async def pour(source: anyio.abc.SocketStream, sink: anyio.abc.SocketStream) -> None:
        async for chunk in source:
            await sink.send(chunk)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    url = f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"  # noqa: S610 - no Django here
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, relay)
        async with Client(Account(ACCOUNT_ID, SecretStr(PASSCODE), url)) as client:
            for _ in range(5):
                await client.for_call().send(PROBE)
        group.cancel_scope.cancel()
    assert len(accepted) == 1
    assert len(site.asked(NOW)) == 5


async def test_a_slow_answer_to_a_read_runs_into_the_deadline_with_a_clear_error(site: Site) -> None:
    site.breaks(Kind.SLOW, NOW, seconds=LONG)
    async with site.client(deadline=SHORT) as client:
        with pytest.raises(DeadlineError, match=r"ran out \(0.25 s, CLEVERTAP_DEADLINE\)") as caught:
            await client.for_call().send(PROBE)
    assert caught.value.changed == "no"
    assert len(site.asked(NOW)) == 1


async def test_an_answer_that_drips_runs_into_the_deadline_too(site: Site) -> None:
    site.breaks(Kind.DRIP, NOW, seconds=LONG)
    async with site.client(deadline=SHORT) as client:
        with pytest.raises(DeadlineError):
            await client.send(PROBE)


@pytest.mark.parametrize("effect", [Effect.UPSERT, Effect.APPEND, Effect.SEND, Effect.DESTROY])
async def test_a_change_that_had_left_at_the_deadline_is_unknown(site: Site, effect: Effect) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=LONG)
    async with site.client(deadline=SHORT) as client:
        with pytest.raises(OutcomeUnknownError, match="CLEVERTAP_DEADLINE"):
            await client.for_call().send(wire.post(UPLOAD, {"d": []}, effect, wire.read_envelope))


async def test_a_change_that_waited_for_a_place_at_the_deadline_has_not_left(site: Site) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=LONG, times=None)
    call = wire.post(UPLOAD, {"d": []}, Effect.APPEND, wire.read_envelope)
    outcomes = []

    async with site.client(deadline=SHORT, upload_concurrency=1) as client:

        async def send(_: int) -> None:
            try:
                await client.for_call().send(call)
            except (DeadlineError, OutcomeUnknownError) as error:
                outcomes.append(type(error))

        await at_once(3, send)
    assert sorted(kind.__name__ for kind in outcomes) == ["DeadlineError", "DeadlineError", "OutcomeUnknownError"]
    assert len(site.asked(UPLOAD)) == 1


async def test_retries_share_the_deadline_of_their_call(site: Site) -> None:
    site.breaks(Kind.STATUS, NOW, status=503, times=None)
    async with site.client(deadline=SHORT, sleep=anyio.sleep) as client:
        with pytest.raises(ServiceError):  # what CleverTap said tells more than that the time is over
            await client.for_call().send(PROBE)
    assert len(site.asked(NOW)) == 1


async def test_a_deadline_that_has_passed_lets_nothing_leave(site: Site) -> None:
    async with site.client(deadline=0.0) as client:
        with pytest.raises(DeadlineError):
            await client.for_call().send(PROBE)
    assert site.sandbox.requests == []


async def test_each_call_has_a_deadline_of_its_own(site: Site) -> None:
    site.breaks(Kind.SLOW, NOW, seconds=LONG)
    async with site.client(deadline=ENOUGH) as client:
        with pytest.raises(DeadlineError):
            await client.for_call().send(PROBE)
        assert (await client.for_call().send(PROBE))["status"] == "success"


async def test_polls_share_the_deadline_of_their_call_and_the_req_id_survives_it(site: Site, perform: Perform) -> None:
    site.breaks(Kind.PARTIAL, polls=None)
    site.breaks(Kind.SLOW, "/1/counts/events.json", method="GET", seconds=LONG)
    with pytest.raises(NotReadyError) as caught:
        await perform(site, "get-event-count", CHARGED | {"event_name": "App Launched"}, deadline=ENOUGH)
    assert caught.value.req_id


async def test_a_cancelled_call_stops_its_http_work_and_frees_its_place(make_site: MakeSite) -> None:
    site = make_site(other_limit=99)  # the sandbox goes on with what nobody waits for any more
    site.breaks(Kind.SLOW, NOW, seconds=LONG, times=3)
    async with site.client() as client:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(client.send, PROBE)
            while len(site.asked(NOW)) < 3:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        await client.send(PROBE)
    assert len(site.asked(NOW)) == 4


async def test_a_cancelled_upload_sends_no_further_batch_and_leaves_its_account_in_the_log(
    site: Site, make_events: Any, caplog: pytest.LogCaptureFixture
) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=LONG, times=None)
    async with site.client(upload_concurrency=2) as client, anyio.create_task_group() as group:

        async def send() -> None:
            await upload(client.for_call(), make_events(100), effect=Effect.APPEND, batch_size=10)

        group.start_soon(send)
        while len(site.asked(UPLOAD)) < 2:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert len(site.asked(UPLOAD)) == 2
    assert "upload cancelled: 20 sent, 0 accepted, 0 refused, 20 unaccounted; unsent from index 20 on" in caplog.text


@pytest.mark.parametrize("effect", [Effect.UPSERT, Effect.APPEND])
async def test_records_that_never_left_before_the_deadline_are_unsent_and_those_that_had_are_unaccounted(
    site: Site, make_events: Any, effect: Effect
) -> None:
    site.breaks(Kind.SLOW, UPLOAD, seconds=LONG, times=None, skip=1)
    async with site.client(deadline=ENOUGH, upload_concurrency=1) as client:
        ledger = await upload(client.for_call(), make_events(50), effect=effect, batch_size=10)
    assert (ledger.sent, ledger.accepted, ledger.unaccounted, ledger.refused) == (20, 10, 10, 0)
    assert (ledger.unsent_count, ledger.first_unsent) == (30, 20)
    assert len(site.asked(UPLOAD)) == 2


async def test_a_pause_ends_at_the_deadline(site: Site) -> None:
    async with site.client(deadline=SHORT, sleep=anyio.sleep) as client:
        with pytest.raises(DeadlineError):
            await client.for_call().pause(LONG)


async def test_an_application_in_this_process_is_asked_without_a_port() -> None:
    with Sandbox(seed=None) as sandbox:
        account = Account(ACCOUNT_ID, SecretStr(PASSCODE), "http://localhost")
        async with Client(account, transport=in_process(sandbox.app)) as client:
            assert (await client.send(PROBE))["count"] == 0
        assert sandbox.peak(NOW) == 1


async def test_a_loss_inside_this_process_is_told_apart_from_what_never_left() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        await anyio.sleep_forever()

    async with Client(Account("id", SecretStr("passcode")), transport=in_process(silent), deadline=SHORT) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.send(wire.post(UPLOAD, {"d": []}, Effect.APPEND, wire.read_envelope))
        with pytest.raises(DeadlineError):
            await client.send(PROBE)


async def test_an_address_that_nobody_answers_under_is_unreachable_and_not_quoted() -> None:
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        pass

    async def at_once_(_seconds: float) -> None:
        pass

    async with Client(Account("the-id", SecretStr("the-passcode"), url), sleep=at_once_) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.send(PROBE)
    assert "127.0.0.1" not in str(caught.value)
    assert "the-" not in str(caught.value)


async def test_a_lost_answer_does_not_quote_addresses_or_queries(site: Site) -> None:
    site.breaks(Kind.RESET_AFTER, times=None)
    async with site.client() as client:
        with pytest.raises(LostAnswerError) as caught:
            await client.send(wire.get("/1/profile.json", wire.read_envelope, "email=mira%40example.org"))
    assert "127.0.0.1" not in caught.value.message
    assert "mira" not in caught.value.message


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_plain_http_never_goes_through_a_proxy_of_the_environment(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    site, proxy = make_site(), make_site()
    monkeypatch.setenv(variable, proxy.url)
    async with site.client() as client:
        await client.send(PROBE)
    assert proxy.sandbox.requests == []
    assert len(site.asked(NOW)) == 1
