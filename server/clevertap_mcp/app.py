"""The composition root: settings become a client, the actions that are on, and what guards them.

The MCP server and the command line both do everything through `App.perform`, so both refuse the same things. Nothing
here imports the MCP SDK: the command line starts without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from clevertap_mcp.guard import Guard
from clevertap_mcp.settings import Settings
from clevertap_mcp.toolsets import choose
from clevertap_tools.action import Action, Result
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.client import Client, Progress, Transport, in_process


@dataclass(frozen=True, slots=True)
class App:
    """Everything that one process needs to work one CleverTap project."""

    settings: Settings
    client: Client
    guard: Guard
    actions: Mapping[str, Action[Any, Any]]

    async def perform(
        self, action: Action[Any, Any], given: Mapping[str, Any], progress: Progress | None = None
    ) -> Result:
        """Check the arguments, ask the guard, and do it within one deadline.

        Raises:
            CleverTapError: Whatever stood in the way; see `clevertap_tools.errors`.
        """
        asked = action.parse(given)
        self.guard.check(action.effect_of(asked))
        done: Result = await action(self.client.for_call(progress), asked)
        return done


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """An app with its connections open.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown.
    """
    with way_to(settings) as transport:
        client = Client(
            settings.account,
            deadline=settings.deadline,
            upload_concurrency=settings.upload_concurrency,
            transport=transport,
        )
        async with client:
            yield App(settings, client, Guard(settings.allow), chosen(settings))


@contextmanager
def way_to(settings: Settings) -> Iterator[Transport | None]:
    """How the account is reached: the network, or the sandbox inside this process without a port."""
    if not settings.sandbox:
        yield None
        return
    from clevertap_sandbox import Sandbox  # noqa: PLC0415 - only whoever wants the sandbox pays for it

    # Without its control path: an agent could plan faults against itself.
    with Sandbox(zone=settings.account.zone or UTC, control=False) as sandbox:
        yield in_process(sandbox.app)


def chosen(settings: Settings) -> dict[str, Action[Any, Any]]:
    """The actions that are on.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown.
    """
    return choose(settings.toolsets, CATALOGUE)
