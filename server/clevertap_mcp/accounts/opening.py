"""Opens all accounts of a process together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import privacy_of, sharing, working
from clevertap_mcp.settings import Settings
from clevertap_mcp.telemetry.telemetry import SILENT, Telemetry


@asynccontextmanager
async def opened_accounts(settings: Settings, telemetry: Telemetry = SILENT) -> AsyncIterator[Accounts]:
    """An app for each account, with its connections open; they share the audit log and nothing else.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown, or the access leaves nothing of it.
    """
    async with AsyncExitStack() as stack:
        shared = await stack.enter_async_context(sharing(settings, telemetry))
        apps = {each.name: await stack.enter_async_context(working(each, shared)) for each in settings.each}
        if not settings.secret_files:
            yield Accounts.only(*apps.values())
            return
        from clevertap_mcp.accounts.rotation import Rotation  # noqa: PLC0415 - most have no accounts file

        yield Accounts(settings, apps, privacy_of(settings), Rotation(settings))
