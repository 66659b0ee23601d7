"""The data room of an account: made when it is first asked for, for it takes libraries that most never need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

import anyio

from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from anyio.abc import TaskGroup

    from clevertap_bulk.data_room import DataRoom
    from clevertap_mcp.privacy.privacy import Privacy
    from clevertap_mcp.settings import Settings
    from clevertap_tools.bulk import Bulk
    from clevertap_tools.client import Client

EXTRA = "pip install 'clevertap-mcp[data]'"
GIBIBYTE = 1 << 30


@asynccontextmanager
async def data_room(settings: Settings, client: Client, privacy: Privacy) -> AsyncIterator[Callable[[], Bulk] | None]:
    """What opens the data room; None where there is no folder for it. Jobs that go on at the end can be resumed.

    Args:
        settings: What the operator decided.
        client: The account.
        privacy: Its mask.
    """
    folder = data_folder(settings)
    if folder is None:
        yield None
        return
    failure: Exception | None = None
    with ExitStack() as stack:
        async with anyio.create_task_group() as tasks:

            @cache
            def room() -> Bulk:
                made = opened_room(settings, client, privacy, folder, tasks)
                stack.callback(made.close)
                return made

            try:
                yield room
            except Exception as error:  # noqa: BLE001 - raised below, outside of the group, which would wrap it
                failure = error
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def data_folder(settings: Settings) -> Path | None:
    """The folder of an account's data: of several accounts each has its own."""
    return settings.data_dir / settings.name if settings.data_dir and settings.name else settings.data_dir


def opened_room(settings: Settings, client: Client, privacy: Privacy, folder: Path, tasks: TaskGroup) -> DataRoom:
    """The data room.

    Raises:
        ConfigurationError: What it takes is not installed, or the folder cannot be used.
    """
    try:
        from clevertap_bulk.data_room import DataRoom  # noqa: PLC0415 - see above
        from clevertap_bulk.questions.mask import PERSONAL  # noqa: PLC0415 - see above
    except ImportError:
        raise ConfigurationError(f"Moving data takes the extra data: {EXTRA}") from None
    try:
        return DataRoom(client, folder, tasks, privacy.of_columns(PERSONAL), settings.data_quota * GIBIBYTE)
    except OSError as error:
        raise ConfigurationError(f"CLEVERTAP_DATA_DIR cannot be used: {error.strerror}.") from None
