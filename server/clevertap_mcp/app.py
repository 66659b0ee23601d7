"""Everything that is done with one CleverTap project in one process goes through its `App`.

The MCP server and the command line both do everything through `App.perform`, so both refuse the same things, ask the
same questions and mask the same data. Nothing here imports the MCP SDK: the command line starts without it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, cast

from clevertap_mcp.guard.access import Access, Caller
from clevertap_mcp.guard.errand import Errand, errand, holding, parted
from clevertap_mcp.guard.guard import Guard
from clevertap_mcp.guard.host import HERE, Requester
from clevertap_mcp.guard.plans import Planned
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.rendering.sight import in_sight
from clevertap_mcp.settings import Settings
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.telemetry.facts import facts
from clevertap_mcp.telemetry.telemetry import SILENT, Telemetry
from clevertap_tools.action import Action, Result, tool_name
from clevertap_tools.checking import check_json
from clevertap_tools.client import Client
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, NotAllowedError
from clevertap_tools.page import Page

log = logging.getLogger(__name__)

ELSEWHERE = (
    "'file' works only where this server runs on your own machine (over stdio, or at the command line); "
    "send the rows in the call instead"
)
WITHOUT_STORE = (
    "This server's store cannot be reached: reading goes on, with limits counted by this server alone; no further send "
    "is begun."
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
        telemetry: Who is told what happens.
        store: What replicas and restarts share.
    """

    settings: Settings
    client: Client
    guard: Guard
    privacy: Privacy
    actions: Actions
    telemetry: Telemetry = SILENT
    store: Store = field(default_factory=MemoryStore)

    @property
    def name(self) -> str:
        """What the accounts file calls the account; empty without one."""
        return self.settings.name

    @property
    def namespace(self) -> str:
        """What sets this account apart from all others: whatever of it is kept beside theirs begins with this.

        The credentials are no part of it, so a passcode that changes takes nothing away.
        """
        return namespace(self.settings)

    def access(self, caller: Caller) -> Access:
        """What a caller may do here: never more than the process may."""
        return self.settings.access.narrowed(caller.access)

    @property
    def warning(self) -> str | None:
        """What whoever reads an answer should know of the store."""
        return WITHOUT_STORE if self.store.gone else None

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
        facts().meant(tool_name(action.key), self.name)
        check_json(given)
        controls, written = parted(action, given)
        named = self.privacy.named(written, action.arguments.of_masked)
        account, mask = self.settings.account.id, partial(self.privacy.text, given=named)
        try:
            asked = errand(action, named, written, requester.caller, controls, account, mask, self.name)
            facts().effect = asked.effect.value
            contents = await self._contents(asked, requester)
            shown = partial(self.privacy.shown, given=named)
            rule = partial(self.guard.check, requester.caller)
            connect = partial(self.client.for_call, requester.progress, contents, shown, rule)
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


def namespace(settings: Settings) -> str:
    """See `App.namespace`."""
    account = settings.account
    return sha256(f"{settings.name}\n{account.id}\n{account.base_url}".encode()).hexdigest()[:32]
