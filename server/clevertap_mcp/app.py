"""The composition root: settings become a client, the actions that are on, and what guards them.

The MCP server and the command line both do everything through `App.perform`, so both refuse the same things, ask the
same questions and mask the same data. Nothing here imports the MCP SDK: the command line starts without it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC
from functools import cache, partial
from typing import Any, cast

from clevertap_mcp.guard.access import Access, Caller
from clevertap_mcp.guard.confirmation import Confirmation
from clevertap_mcp.guard.errand import Errand, errand, holding, parted
from clevertap_mcp.guard.guard import Guard
from clevertap_mcp.guard.host import HERE, Requester
from clevertap_mcp.guard.plans import Planned, Plans
from clevertap_mcp.guard.repeats import Repeats
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_mcp.rendering.sight import in_sight
from clevertap_mcp.settings import Settings
from clevertap_mcp.toolsets import choose
from clevertap_mcp.trail.trail import LOG, SANDBOX_LOG, Trail, default_file
from clevertap_tools.action import Action, Result, check_json
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.client import Client, Transport, in_process
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, NotAllowedError
from clevertap_tools.files.local_files import Files
from clevertap_tools.page import Page

log = logging.getLogger(__name__)

ELSEWHERE = (
    "'file' works only where this server runs on your own machine (over stdio, or at the command line); "
    "send the rows in the call instead"
)
Actions = Mapping[str, Action[Any, Any]]


@dataclass(frozen=True, slots=True)
class App:
    """Everything that one process needs to work one CleverTap project.

    Args:
        settings: What the operator decided.
        client: The way to the project.
        guard: The operator's rules.
        privacy: What is masked on its way out, and unmasked on its way in.
        actions: The actions that are on.
    """

    settings: Settings
    client: Client
    guard: Guard
    privacy: Privacy
    actions: Actions

    def access(self, caller: Caller) -> Access:
        """What a caller may do here: never more than the process may."""
        return self.settings.access.narrowed(caller.access)

    @property
    def patience(self) -> float:
        """How many seconds a person gets to answer."""
        return self.guard.confirmation.patience

    async def perform(self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester = HERE) -> Result:
        """Check the arguments, have the guard carry it out, and mask what comes back.

        Each look at CleverTap before a confirmation, and the deed itself, has the whole deadline; how long a person
        thinks about it does not count.

        Raises:
            CleverTapError: Whatever stood in the way; see `clevertap_tools.errors` and `clevertap_mcp.refusals`.
        """
        result, named = await self._carried_out(action, given, requester)
        return result if isinstance(result, Planned) else self.privacy.result(result, named)

    async def perform_for_model(
        self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester
    ) -> tuple[Result, int]:
        """The same for a model, without what could never be shown to it; and how many rows were left out so.

        Raises:
            CleverTapError: See `perform`.
        """
        result, named = await self._carried_out(action, given, requester)
        if isinstance(result, Planned):
            return result, 0
        seen = in_sight(result)
        return self.privacy.result(seen.result, named), seen.beyond

    async def unmasked_page(self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester) -> Page:
        """The page that an action reads, as CleverTap wrote it: whoever shows some of it masks that (`privacy`).

        A page holds up to 5,000 people and an answer some fifty of them; masking the others would take longer than
        fetching them.

        Raises:
            CleverTapError: See `perform`.
        """
        page, _ = await self._carried_out(action, given, requester)
        return cast("Page", page)

    async def _carried_out(
        self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester
    ) -> tuple[Result, Mapping[str, Any]]:
        """What came of a call, unmasked, and its arguments with persons named."""
        check_json(given)
        controls, written = parted(action, given)
        named = self.privacy.named(written)
        account, mask = self.settings.account.id, partial(self.privacy.text, given=named)
        try:
            asked = errand(action, named, written, requester.caller, controls, account, mask)
            contents = await self._contents(asked, requester)
            shown = partial(self.privacy.shown, given=named)
            connect = partial(self.client.for_call, requester.progress, contents, shown)
            result = await self.guard.carry_out(holding(asked, contents), connect, requester.host)
        except CleverTapError as error:
            log.debug("%s: %s", action.key, error.code)
            raise self.privacy.error(error, named) from None
        log.debug("%s: %s", action.key, "done" if result.failure is None else result.failure.code)
        return result, named

    async def _contents(self, asked: Errand, requester: Requester) -> dict[str, str]:
        """The digests of the files that a call names, if what it does is bound to what they hold.

        Raises:
            InvalidArgumentsError: One cannot be read, or whoever calls does not sit at this machine.
            DeadlineError: There was not enough time to read them.
        """
        names = asked.asked.files
        if names and not requester.local:
            raise InvalidArgumentsError.of("file", ELSEWHERE)
        if not names or not asked.effect.guarded or not self._may(asked):
            return {}
        client = self.client.for_call()
        with client.within_deadline():
            return await client.files.digests(names)

    def _may(self, asked: Errand) -> bool:
        """Whether the guard lets a call by at all: for one that it refuses no file is read."""
        try:
            self.guard.caps.check_records(asked.effect, asked.asked)
        except NotAllowedError:
            return False
        return self.access(asked.caller).permits(asked.effect)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """An app with its connections open.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown, or the access leaves nothing of it.
    """
    with way_to(settings) as transport:
        client = Client(
            settings.account,
            deadline=settings.deadline,
            upload_concurrency=settings.upload_concurrency,
            transport=transport,
            files=Files(settings.data_dir),
        )
        async with client:
            yield App(settings, client, guard_of(settings), privacy_of(settings), chosen(settings))


@contextmanager
def way_to(settings: Settings) -> Iterator[Transport | None]:
    """How the account is reached: the network, or the sandbox inside this process without a port."""
    if not settings.sandbox:
        yield None
        return
    with ExitStack() as stack:

        @cache
        def application() -> Any:
            """The sandbox, made when it is first asked something: only whoever uses it waits for it."""
            from clevertap_sandbox import Sandbox  # noqa: PLC0415 - see above

            # Without its control path: an agent could plan faults against itself.
            return stack.enter_context(Sandbox(zone=settings.account.zone or UTC, control=False)).app

        async def at_first_use(scope: Any, receive: Any, send: Any) -> None:
            await application()(scope, receive, send)

        yield in_process(at_first_use)


def chosen(settings: Settings) -> dict[str, Action[Any, Any]]:
    """The actions that are on: chosen by toolset, and of some use at this access.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown, or the access leaves nothing of it.
    """
    return choose(settings.toolsets, CATALOGUE, settings.access)


def guard_of(settings: Settings) -> Guard:
    """The guard that the settings make."""
    return Guard(
        settings.access,
        Confirmation(settings.confirm, Plans()),
        settings.caps,
        Repeats(),
        Trail(settings.audit_log or default_file(SANDBOX_LOG if settings.sandbox else LOG), key=settings.sealing_key),
        settings.account.zone,
    )


def privacy_of(settings: Settings) -> Privacy:
    """The mask that the settings make; without a key it lasts as long as this process."""
    if not settings.masked:
        return Privacy(None)
    key = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else secrets.token_hex()
    return Privacy(Pseudonyms(key, settings.account.id))
