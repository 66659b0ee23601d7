"""How an account of many records is told, and which paths get the account token."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from clevertap_sandbox import Fault, Kind, Sandbox
from clevertap_tools.account import Account
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import OutcomeUnknownError
from clevertap_tools.routes import wants_token
from clevertap_tools.upload import Batch, BatchOutcome, Ledger, Refusal
from clevertap_tools.upload_result import ADVICE, result_of, spans
from clevertap_tools.ways import in_process
from clevertap_tools.wire import headers, post, read_envelope


def test_neighbouring_spans_are_told_as_one() -> None:
    assert spans((range(100, 200), range(100), range(300, 400))) == "0-199, 300-399"


def test_what_a_busy_clevertap_did_not_look_at_is_to_be_sent_again_and_not_corrected() -> None:
    ledger = Ledger()
    ledger.enter(Batch(0, [{}]), BatchOutcome(0, (Refusal(0, 429, "Too many concurrent requests"),), 0))
    failure = result_of(ledger, ADVICE[Effect.APPEND]).failure
    assert failure is not None
    assert "later" in failure.next
    assert "Correct" not in failure.next


def test_a_dry_run_whose_answer_is_lost_changed_nothing() -> None:
    ledger = Ledger()
    ledger.enter(Batch(0, [{}]), BatchOutcome(0, (), 1))
    failure = result_of(ledger, ADVICE[Effect.READ], dry_run=True).failure
    assert failure is not None
    assert failure.changed == "no"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/2/send/externaltrigger.json", True),
        ("/v2/catalogs", True),
        ("/v2/catalogs/7", True),
        ("/v2/catalogs/signedurl", True),
        ("/v2/catalogs/7/products", False),
        ("/v2/catalogs/7/products/bulk", False),
        ("/1/upload", False),
        ("/1/send/externaltrigger.json", False),
    ],
)
def test_the_account_token_goes_only_where_the_reference_asks_for_it(path: str, *, wanted: bool) -> None:
    assert wants_token(path) is wanted


def test_whoever_gets_the_token_also_gets_the_account_under_its_other_name() -> None:
    account = Account("A-B-C", SecretStr("secret"), token=SecretStr("token"))
    plain = post("/v2/catalogs", {}, Effect.UPSERT, read_envelope)
    assert headers(account, plain).keys().isdisjoint({"X-Account-Id", "X-CleverTap-Token"})
    named = headers(account, replace(plain, with_token=True))
    assert (named["X-Account-Id"], named["X-CleverTap-Token"]) == ("A-B-C", "token")


@pytest.mark.anyio
async def test_a_connection_that_breaks_inside_this_process_is_a_lost_answer_like_any_other() -> None:
    with Sandbox() as sandbox:
        sandbox.faults.add(Fault(kind=Kind.RESET_AFTER))
        account = Account(sandbox.account_id, SecretStr(sandbox.passcode), "http://localhost")
        async with Client(account, transport=in_process(sandbox.app)) as client:
            with pytest.raises(OutcomeUnknownError):
                await client.send(post("/1/upload", {"d": []}, Effect.APPEND, read_envelope))
