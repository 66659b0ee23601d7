"""How CleverTap is called: deadline, retries by effect, limits on concurrency; `ways` leads to the network itself.

One `Client` serves one account. `for_call` gives a view of it for one tool call: everything that is done through that
view, retries and polls among it, shares one deadline.
"""

from __future__ import annotations

import random as chance
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
import httpx2

from clevertap_tools import wire
from clevertap_tools.account import Account
from clevertap_tools.contact import Contact
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    CredentialsError,
    DeadlineError,
    InvalidArgumentsError,
    LostAnswerError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
    UnreachableError,
    UnreadableAnswerError,
)
from clevertap_tools.files.local_files import Files
from clevertap_tools.files.resolving import Resolve, addresses
from clevertap_tools.flight import NOBODY, Flight, Observer
from clevertap_tools.limits import CONCURRENCY, MOST_UPLOADS, Families, Limits
from clevertap_tools.memory import Memory
from clevertap_tools.retry import RetryBudget, RetryPolicy
from clevertap_tools.ways import Transport, Ways
from clevertap_tools.wire import Answer, Call, JsonObject

if TYPE_CHECKING:
    from clevertap_tools.bulk import Bulk

T = TypeVar("T")
Progress = Callable[[float, float | None, str], Awaitable[None]]
"""Told how much is done, how much there is (None: not known) and a few words."""

DEADLINE = 55.0


async def no_progress(_done: float, _total: float | None, _message: str) -> None:
    """Tell nobody."""


def as_it_is(stored: JsonObject) -> JsonObject:
    """The same."""
    return stored


Rule = Callable[[Effect, int | None], None]
"""Raises `NotAllowedError` where a caller may not do something of an effect to so many records; None: nobody knows."""


def no_rule(_effect: Effect, _records: int | None) -> None:
    """Everything may be done."""


class Client:
    """Calls one CleverTap account.

    Raises:
        ConfigurationError: The environment's proxy or certificate settings cannot be used.

    Args:
        account: Where and as whom.
        deadline: Seconds for one tool call, with all its retries and polls.
        upload_concurrency: Simultaneous uploads, 1 to 15.
        transport: Another way to the host than the network, such as `in_process`.
        clock: The time of day in epoch seconds.
        random: A number from 0 to 1.
        sleep: Waits for some seconds.
        resolve: Finds the addresses of a host's name.
        files: The files of this machine that calls may read.
        observer: Who watches its requests.
        limits: Who counts the requests in flight; this process alone unless told otherwise.
    """

    def __init__(  # noqa: PLR0913 - the whole configuration, by keyword
        self,
        account: Account,
        *,
        deadline: float = DEADLINE,
        upload_concurrency: int = CONCURRENCY,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = chance.random,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        resolve: Resolve = addresses,
        files: Files = Files(),  # noqa: B008 - immutable
        observer: Observer = NOBODY,
        limits: Limits | None = None,
    ) -> None:
        self.account = account
        self.clock = clock
        self.memory = Memory(clock)
        """What this account said a moment ago; all calls share it."""
        self.contact = Contact(clock)
        """When it last said anything."""
        self.shown: Callable[[JsonObject], JsonObject] = as_it_is
        """What CleverTap has stored, as a preview may quote it: some of it may be for nobody's eyes."""
        self.rule: Rule = no_rule
        """What an action asks whose call turns out to do more than its arguments say."""
        self.bulk: Callable[[], Bulk] | None = None
        """Opens what moves much data between the account and files, where there is a folder for it."""
        self.resolve = resolve
        self.files = files
        self.upload_concurrency = min(upload_concurrency, MOST_UPLOADS)
        self._seconds = deadline
        self._until: float | None = None
        self._progress: Progress = no_progress
        self._sleep = sleep
        self._observer = observer
        self._retry = RetryPolicy(RetryBudget(), random)
        self._limits = limits or Families(self.upload_concurrency)
        self._ways = Ways(account, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._ways.close()

    def renew(self, account: Account) -> None:
        """Call the same project with other credentials, from the next call on; what it said before is forgotten."""
        self.account = account
        self.memory = Memory(self.clock)

    def for_call(
        self,
        progress: Progress | None = None,
        approved: Mapping[str, str] | None = None,
        shown: Callable[[JsonObject], JsonObject] = as_it_is,
        rule: Rule | None = None,
    ) -> Self:
        """A view for one tool call: the same connections and limits, a deadline and a listener of its own.

        Args:
            progress: Told how far the call is.
            approved: The digests of the files that somebody has said yes to.
            shown: See the attribute of that name.
            rule: The same.
        """
        view = copy(self)
        view.files = self.files.approving(approved) if approved else self.files
        view.shown = shown
        view.rule = rule or no_rule
        view._until = anyio.current_time() + self._seconds  # noqa: SLF001 - a copy of ourselves
        view._progress = progress or no_progress  # noqa: SLF001 - a copy of ourselves
        return view

    async def report(self, done: float, total: float | None, message: str) -> None:
        """Tell whoever waits how far this call is."""
        await self._progress(done, total, message)

    async def pause(self, seconds: float) -> None:
        """Wait within the deadline.

        Raises:
            DeadlineError: It would end first.
        """
        with self.within_deadline():
            await self._sleep(seconds)

    @contextmanager
    def within_deadline(self) -> Iterator[None]:
        """Give up what is done within when the time for this call has run out.

        Raises:
            DeadlineError: It has.
        """
        with self._deadline() as scope:
            yield
        if scope.cancelled_caught:
            raise self._too_late()

    async def beside(self, attempt: Callable[[httpx2.AsyncClient], Awaitable[T]]) -> T:
        """Do what changes nothing on CleverTap by the same connections, again where that may help.

        Args:
            attempt: One attempt. No credentials go along.

        Raises:
            CleverTapError: What the last attempt raised, or that the time for this call has run out.
        """
        self._retry.budget.pay_in()
        with self.within_deadline():
            return await self._persistently(Effect.READ, lambda: attempt(self._ways.library))

    async def send(self, call: Call[T]) -> T:
        """Send a call, again where its effect allows, and read its answer.

        Raises:
            RejectedError: CleverTap refused; nothing changed.
            OutcomeUnknownError: It may have changed something; the answer was lost.
            UnavailableError: There was no answer and nothing changed.
        """
        flight = Flight()
        with self._observer.flying(call.method, call.path, flight):
            return await self._sent(call, flight)

    async def _sent(self, call: Call[T], flight: Flight) -> T:
        self._retry.budget.pay_in()
        with self._deadline():
            try:
                return await self._persistently(call.effect, lambda: self._attempt(call, flight))
            except UnavailableError as error:
                raise self._outcome(call, flight, error) from None
            except RejectedError as error:
                raise self._outcome(call, flight, self._advised(error)) from None
        raise self._outcome(call, flight, flight.waiting or self._too_late(left=flight.left))

    async def _persistently(self, effect: Effect, attempt: Callable[[], Awaitable[T]]) -> T:
        """What comes of an attempt, or of another where that may help."""
        number = 1
        while True:
            try:
                return await attempt()
            except UnavailableError as error:
                wait = self._retry.wait(effect, number, error, self._time_left())
                if wait is None:
                    raise
            await self._sleep(wait)
            number += 1

    async def _attempt(self, call: Call[T], flight: Flight) -> T:
        flight.waiting = None
        try:
            async with self._limits.place(call.family):
                answer = await self._exchange(call, flight)
            return readable(call, answer)
        except CleverTapError as error:
            flight.left = isinstance(error, UnavailableError) and error.taken
            flight.doubtful |= flight.left
            flight.waiting = error if isinstance(error, UnavailableError) else None
            raise

    async def _exchange(self, call: Call[Any], flight: Flight) -> Answer:
        """One request and its whole answer, without what it repeats of our secrets."""
        flight.left = False
        flight.attempts += 1
        address = wire.address(self.account, call)
        try:
            # Put together here: a name of this frame would hold the credentials.
            reply = await self._ways.to_account.ask(
                call.method, address, wire.headers(self.account, call), call.body, flight.leave
            )
        except httpx2.InvalidURL:
            raise InvalidArgumentsError.of("", "these arguments make too long an address; shorten them") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise transport_error(error, left=flight.left) from error
        flight.status = reply.status
        self.contact.made()
        return Answer(
            reply.status,
            self.account.without_secrets(reply.body),
            self.account.without_secrets(reply.headers.get("content-type", "").encode()).decode(),
            wire.seconds_to_wait(reply.headers.get("retry-after"), self.clock()),
        )

    def _advised(self, error: RejectedError) -> RejectedError:
        """A refusal with what to check, if it is about the credentials."""
        if not isinstance(error, CredentialsError):
            return error
        return CredentialsError(
            f"CleverTap refused the credentials: {error}.", next_step=wire.credentials_advice(self.account)
        )

    def _outcome(self, call: Call[Any], flight: Flight, error: CleverTapError) -> CleverTapError:
        """The failure as the caller must understand it: nothing happened, or nobody knows.

        Even a refusal leaves it open when an earlier attempt was lost: that one may have been carried out.
        """
        if call.effect is Effect.READ or not (flight.left or flight.doubtful):
            return error
        alone = "" if call.effect.repeatable else "; it was not sent again"
        return OutcomeUnknownError(
            f"{error.message} The request had left, so nobody knows whether CleverTap carried it out{alone}.",
        )

    def _deadline(self) -> anyio.CancelScope:
        until = anyio.current_time() + self._seconds if self._until is None else self._until
        return anyio.CancelScope(deadline=until)

    def _time_left(self) -> float:
        """Seconds until this call's deadline; for what belongs to no call, all of them."""
        return self._seconds if self._until is None else self._until - anyio.current_time()

    def _too_late(self, *, left: bool = False) -> DeadlineError:
        return DeadlineError(
            f"The time for this call ran out ({self._seconds:g} s, CLEVERTAP_DEADLINE).",
            next_step="Try again, ask for less at once, or have the operator raise CLEVERTAP_DEADLINE.",
            taken=left,
        )


def readable(call: Call[T], answer: Answer) -> T:
    """What a call's answer says.

    Raises:
        UnreadableAnswerError: It is so odd that reading it fails; that must cost no more than this one call.
        CleverTapError: It says that something went wrong.
    """
    try:
        return call.read(answer)
    except CleverTapError:
        raise
    except Exception as error:
        raise UnreadableAnswerError(f"CleverTap's answer makes no sense here ({type(error).__name__}).") from error


def transport_error(error: Exception, *, left: bool) -> UnavailableError:
    """What a failure of the HTTP library means, without its text, which may hold addresses."""
    kind = type(error).__name__
    if isinstance(error, httpx2.DecodingError):
        return UnreadableAnswerError("CleverTap's answer is damaged: it cannot be unpacked.")
    if not left:
        return UnreachableError(f"No connection to CleverTap ({kind}).")
    return LostAnswerError(f"The connection to CleverTap broke before its answer was complete ({kind}).")
