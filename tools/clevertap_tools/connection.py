"""Whether an account can be worked with, and what to do if not; asks with one harmless read.

A wrong region looks exactly like a wrong passcode (reference: data 1.1), so the other regions are asked the same
before anybody goes looking for a typing error.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from enum import StrEnum

from clevertap_tools import wire
from clevertap_tools.account import HOSTS, Account, region_url
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, CredentialsError, RejectedError

Connect = Callable[[Account], AbstractAsyncContextManager[Client]]
"""Opens a client for an account."""
PROBE = wire.post("/1/now.json", {}, Effect.READ, wire.read_envelope)
"""Who is active now: reads only, answers at once, and exists in every account (reference: data 8.3)."""


class State(StrEnum):
    """How a connection stands."""

    READY = "READY"
    CLIENT_ACTION_REQUIRED = "CLIENT_ACTION_REQUIRED"
    CONFIGURATION_ERROR = "CONFIGURATION_ERROR"


@dataclass(frozen=True, slots=True)
class Connection:
    """How a connection stands.

    Args:
        state: READY, or who has to do something.
        message: What was found, what to do or why, for a person.
        region: The region in which the account was found; None when it was not, or on a base URL of one's own.
    """

    state: State
    message: str
    region: str | None = None


async def check(account: Account, *, search_regions: bool, connect: Connect = Client) -> Connection:
    """Ask CleverTap whether it knows this account.

    Args:
        account: Where and as whom.
        search_regions: Ask the other regions, one after the other, when this one refuses the credentials. They
            get the passcode, so leave it off for a base URL of one's own.
        connect: Opens a client for an account.
    """
    error = await refusal(account, connect)
    if error is None:
        return Connection(State.READY, f"CleverTap knows this account at {account.base_url}.", account.region)
    if isinstance(error, CredentialsError) and search_regions:
        return await search(account, connect)
    return Connection(State.CLIENT_ACTION_REQUIRED, f"{error.message} {error.next}".strip())


async def refusal(account: Account, connect: Connect) -> CleverTapError | None:
    """What stands in the way of a harmless read; None when nothing does."""
    try:
        async with connect(account) as client:
            await client.for_call().send(PROBE)
    except CleverTapError as error:
        return error
    return None


async def search(account: Account, connect: Connect) -> Connection:
    """Look for an account that its region does not know in the other published ones."""
    silent = []
    for region in HOSTS:
        if region == account.region:
            continue
        error = await refusal(replace(account, base_url=region_url(region)), connect)
        if error is None:
            return Connection(
                State.CLIENT_ACTION_REQUIRED,
                f"The account lives in another region; set {account.setting('region')}={region}.",
                region,
            )
        if not isinstance(error, RejectedError):
            silent.append(region)
    return Connection(State.CLIENT_ACTION_REQUIRED, nowhere(account, silent))


def nowhere(account: Account, silent: list[str]) -> str:
    """What to do when no region knew the account; `silent` are those that could not be asked."""
    known = "No CleverTap region" if not silent else f"No region that answered ({', '.join(silent)} did not)"
    check = f"check {account.setting('account_id')} and {account.setting('passcode')}"
    return f"{known} knows this account id and passcode; {check}."
