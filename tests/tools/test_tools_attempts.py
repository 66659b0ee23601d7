"""When a request is sent again: by what it does and by what may have become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from pydantic import SecretStr

from clevertap_sandbox import Kind, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools import wire
from clevertap_tools.account import Account
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CredentialsError,
    InvalidRequestError,
    LostAnswerError,
    OutcomeUnknownError,
    RateLimitedError,
    RedirectedError,
    ServiceError,
    UnavailableError,
    UnreachableError,
    UnreadableAnswerError,
)
from clevertap_tools.upload import upload

if TYPE_CHECKING:
    from tools.conftest import Site

pytestmark = pytest.mark.anyio

UPLOAD = "/1/upload"
PROBE = wire.post("/1/now.json", {}, Effect.READ, wire.read_envelope)
HARMLESS = [Effect.READ, Effect.UPSERT]
HARMFUL = [Effect.APPEND, Effect.SEND, Effect.DESTROY]
LOSSES: list[tuple[Kind, dict[str, Any]]] = [
    (Kind.RESET_BEFORE, {}),
    (Kind.RESET_AFTER, {}),
    (Kind.RESET_MIDWAY, {}),
    (Kind.GZIP, {}),
    (Kind.TRUNCATED, {}),
    (Kind.EMPTY, {"handled": True}),
    (Kind.HTML, {"handled": True}),
    (Kind.HTML, {"status": 502}),
    (Kind.STATUS, {"status": 500}),
    (Kind.STATUS, {"status": 503, "handled": True}),
]
NAMES = [f"{kind} {' '.join(map(str, how.values()))}".strip() for kind, how in LOSSES]


def taste(effect: Effect) -> wire.Call[Any]:
    """One event, sent as if it were of some effect."""
    record = {"type": "event", "identity": "c-1", "ts": 1_700_000_000, "evtName": "Tasted"}
    return wire.post(UPLOAD, {"d": [record]}, effect, wire.read_envelope)


@pytest.mark.parametrize("effect", HARMLESS)
@pytest.mark.parametrize(("kind", "how"), LOSSES, ids=NAMES)
async def test_a_lost_answer_to_a_harmless_request_is_asked_for_again(
    site: Site, effect: Effect, kind: Kind, how: dict[str, Any]
) -> None:
    site.breaks(kind, UPLOAD, **how)
    async with site.client() as client:
        assert (await client.send(taste(effect)))["processed"] == 1
    assert len(site.asked(UPLOAD)) == 2
    assert site.waits == [1.0]


@pytest.mark.parametrize("effect", HARMFUL)
@pytest.mark.parametrize(("kind", "how"), LOSSES, ids=NAMES)
async def test_a_lost_answer_to_anything_else_is_an_unknown_outcome_and_never_sent_again(
    site: Site, effect: Effect, kind: Kind, how: dict[str, Any]
) -> None:
    site.breaks(kind, UPLOAD, **how)
    async with site.client() as client:
        with pytest.raises(OutcomeUnknownError, match="it was not sent again") as caught:
            await client.send(taste(effect))
    assert len(site.asked(UPLOAD)) == 1
    assert site.waits == []
    assert caught.value.changed == "unknown"
    assert caught.value.next


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("times", [1, 3])
async def test_whatever_was_turned_away_at_the_door_is_sent_again(site: Site, effect: Effect, times: int) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=429, times=times)
    async with site.client() as client:
        assert (await client.send(taste(effect)))["processed"] == 1
    assert len(site.asked(UPLOAD)) == times + 1


@pytest.mark.parametrize("effect", Effect)
async def test_whoever_is_turned_away_four_times_gives_up_and_nothing_changed(site: Site, effect: Effect) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=429, times=None)
    async with site.client() as client:
        with pytest.raises(RateLimitedError, match="Too many concurrent requests") as caught:
            await client.send(taste(effect))
    assert len(site.asked(UPLOAD)) == 4
    assert site.waits == [1.0, 2.0, 4.0]
    assert caught.value.changed == "no"


@pytest.mark.parametrize("effect", Effect)
async def test_without_a_connection_nothing_has_left_whatever_it_does(effect: Effect) -> None:
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        pass
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async with Client(Account("id", SecretStr("passcode"), url), sleep=wait, random=lambda: 1.0) as client:
        with pytest.raises(UnreachableError, match="No connection to CleverTap") as caught:
            await client.send(taste(effect))
    assert waits == [1.0, 2.0, 4.0]
    assert caught.value.changed == "no"
    assert url not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        (Kind.STATUS, {"status": 500}, ServiceError),
        (Kind.STATUS, {"status": 503}, ServiceError),
        (Kind.HTML, {}, UnreadableAnswerError),
        (Kind.EMPTY, {}, UnreadableAnswerError),
        (Kind.TRUNCATED, {}, UnreadableAnswerError),
        (Kind.GZIP, {}, UnreadableAnswerError),
        (Kind.RESET_BEFORE, {}, LostAnswerError),
        (Kind.RESET_MIDWAY, {}, LostAnswerError),
    ],
)
async def test_a_read_that_fails_for_ever_ends_after_four_attempts_with_its_own_error(
    site: Site, kind: Kind, how: dict[str, Any], error: type[UnavailableError]
) -> None:
    site.breaks(kind, times=None, **how)
    async with site.client() as client:
        with pytest.raises(error) as caught:
            await client.send(PROBE)
    assert len(site.sandbox.requests) == 4
    assert caught.value.changed == "no"


async def test_an_upsert_that_fails_for_ever_has_an_unknown_outcome_and_does_not_claim_to_be_sent_once(
    site: Site,
) -> None:
    site.breaks(Kind.STATUS, status=503, times=None)
    async with site.client() as client:
        with pytest.raises(OutcomeUnknownError, match="HTTP 503") as caught:
            await client.send(taste(Effect.UPSERT))
    assert len(site.sandbox.requests) == 4
    assert "not sent again" not in caught.value.message


async def test_an_upsert_that_was_lost_and_then_turned_away_is_still_unknown(site: Site) -> None:
    site.breaks(Kind.RESET_AFTER)
    site.breaks(Kind.STATUS, status=429, times=None)
    async with site.client() as client:
        with pytest.raises(OutcomeUnknownError):
            await client.send(taste(Effect.UPSERT))


async def test_an_append_that_was_turned_away_and_then_lost_is_unknown(site: Site) -> None:
    site.breaks(Kind.STATUS, status=429)
    site.breaks(Kind.RESET_AFTER)
    async with site.client() as client:
        with pytest.raises(OutcomeUnknownError):
            await client.send(taste(Effect.APPEND))
    assert len(site.sandbox.requests) == 2


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize(
    ("kind", "how"), [(Kind.STATUS, {"status": 400}), (Kind.FAIL, {}), (Kind.STATUS, {"status": 404})]
)
async def test_a_refusal_is_final(site: Site, effect: Effect, kind: Kind, how: dict[str, Any]) -> None:
    site.breaks(kind, UPLOAD, **how)
    async with site.client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            await client.send(taste(effect))
    assert len(site.asked(UPLOAD)) == 1
    assert caught.value.changed == "no"


async def test_a_401_is_final_and_says_that_a_wrong_region_looks_the_same(site: Site) -> None:
    async with site.client(site.account(passcode="wrong")) as client:
        with pytest.raises(CredentialsError, match="Invalid Credentials") as caught:
            await client.send(PROBE)
    assert len(site.sandbox.requests) == 1
    assert "CLEVERTAP_PASSCODE" in caught.value.next
    assert "wrong" not in f"{caught.value.message} {caught.value.next}".replace("A wrong region", "")


async def test_a_redirect_is_not_followed(site: Site) -> None:
    site.breaks(Kind.STATUS, status=302, times=None)
    async with site.client() as client:
        with pytest.raises(RedirectedError, match="redirect"):
            await client.send(PROBE)
    assert [each.path for each in site.sandbox.requests] == ["/1/now.json"]


@pytest.mark.parametrize("header", ["7", "Thu, 28 May 2026 20:26:47 GMT"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_is_honoured_as_seconds_and_as_a_date(site: Site, header: str, status: int) -> None:
    site.breaks(Kind.STATUS, status=status, retry_after=header)
    async with site.client() as client:
        await client.send(PROBE)
    assert site.waits == [7.0]


async def test_a_retry_after_beyond_thirty_seconds_is_not_waited_for(site: Site) -> None:
    site.breaks(Kind.STATUS, status=429, retry_after="31", times=None)
    async with site.client() as client:
        with pytest.raises(RateLimitedError):
            await client.send(PROBE)
    assert len(site.sandbox.requests) == 1
    assert site.waits == []


@pytest.mark.parametrize("random", [0.0, 0.25, 1.0])
async def test_waits_are_a_random_share_of_a_growing_bound(site: Site, random: float) -> None:
    site.breaks(Kind.STATUS, status=500, times=3)
    async with site.client(random=random) as client:
        await client.send(PROBE)
    assert site.waits == [random * bound for bound in (1.0, 2.0, 4.0)]


async def test_an_outage_does_not_multiply_the_load(site: Site) -> None:
    site.breaks(Kind.STATUS, status=503, times=None)
    async with site.client() as client:
        for _ in range(50):
            with pytest.raises(ServiceError):
                await client.for_call().send(PROBE)
    assert 50 < len(site.sandbox.requests) <= 50 + 10 + 50 / 5


async def test_retries_come_back_after_the_outage(site: Site) -> None:
    site.breaks(Kind.STATUS, status=503, times=None)
    async with site.client() as client:
        for _ in range(30):
            with pytest.raises(ServiceError):
                await client.send(PROBE)
        site.forget()
        for _ in range(20):
            await client.send(PROBE)
        site.breaks(Kind.STATUS, status=503, times=3)
        await client.send(PROBE)
    assert len(site.sandbox.requests) == 24


async def test_calls_of_one_account_share_one_purse_even_at_once(site: Site) -> None:
    site.breaks(Kind.STATUS, status=503, times=None)

    async def fails(client: Client) -> None:
        with pytest.raises(ServiceError):
            await client.for_call().send(PROBE)

    async with site.client() as client, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(fails, client)
    assert len(site.sandbox.requests) <= 20 + 10 + 20 / 5


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refusal_after_a_lost_answer_leaves_it_open_whether_the_first_attempt_was_carried_out(
    site: Site, status: int
) -> None:
    site.breaks(Kind.RESET_AFTER, "/1/upload")
    site.breaks(Kind.STATUS, "/1/upload", status=status)
    record = {"type": "profile", "identity": "c-1", "profileData": {"Plan": "Gold"}}
    async with site.client() as client:
        ledger = await upload(client.for_call(), [record], effect=Effect.UPSERT)
    assert (ledger.sent, ledger.unaccounted, ledger.refused) == (1, 1, 0)
    assert len(site.asked("/1/upload")) == 2
