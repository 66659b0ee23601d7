"""The composition root: settings become a client, the actions that are on, and what guards them.

The MCP server and the command line both do everything through `App.perform`, so both refuse the same things. Nothing
here imports the MCP SDK: the command line starts without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from clevertap_mcp.guard import Guard
from clevertap_mcp.settings import Settings
from clevertap_tools.action import CATALOGUE, Action, Result
from clevertap_tools.client import Client, Progress, Transport, in_process

import clevertap_tools.actions  # noqa: F401  isort: skip - fills the catalogue


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
    """An app with its connections open."""
    client = Client(
        settings.account,
        deadline=settings.deadline,
        upload_concurrency=settings.upload_concurrency,
        transport=sandbox_transport(settings) if settings.sandbox else None,
    )
    async with client:
        yield App(settings, client, Guard(settings.allow), chosen(settings))


def sandbox_transport(settings: Settings) -> Transport:
    """A CleverTap inside this process: no port, no network."""
    from clevertap_sandbox import Sandbox  # noqa: PLC0415 - only whoever wants the sandbox pays for it

    return in_process(Sandbox(zone=settings.account.zone).app)


def chosen(settings: Settings) -> dict[str, Action[Any, Any]]:
    """The actions that are on: those of the chosen toolsets, else the default ones."""
    names = settings.toolsets
    return {
        key: action
        for key, action in CATALOGUE.items()
        if (action.default if names is None else action.toolset in names or key in names)
    }
