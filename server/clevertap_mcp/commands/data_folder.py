"""The data folder of a command, and all that jobs in it need, open.

Which folder it is: the one that `--data-dir` names, else that of the settings (`CLEVERTAP_DATA_DIR`), else the one that
the file to be imported lies in, else the current one. Of several accounts each has the folder of its name in it.
Nothing is read or written outside.
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from clevertap_bulk.journal import Journal
from clevertap_bulk.workspace import OWN
from clevertap_mcp.app import App
from clevertap_mcp.commands.printing import spoken
from clevertap_mcp.environment import variable
from clevertap_mcp.opening import opened
from clevertap_mcp.variables import folder_path
from clevertap_tools.bulk import bulk_of
from clevertap_tools.errors import CleverTapError, ConfigurationError

if TYPE_CHECKING:
    from clevertap_bulk.data_room import DataRoom
    from clevertap_mcp.cli import Start

VARIABLE = variable("data_dir")
JOURNAL = "jobs.sqlite"


@dataclass(frozen=True, slots=True)
class Folder:
    """A data folder as it was named.

    Args:
        base: Where it is, or of several accounts the folders of them all.
        account: The account's name among several.
        typed: What has to be typed for the same one to be found again; nothing where the settings name it.
    """

    base: Path
    account: str | None = None
    typed: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.base / (self.account or "")

    @property
    def journal(self) -> Path:
        """The file with all of its jobs."""
        return self.path / OWN / JOURNAL


def data_folder(start: Start, typed: str | None, environ: Mapping[str, str], otherwise: Path = Path()) -> Folder:
    """The folder that is meant.

    Args:
        start: Says which account.
        typed: What was typed.
        environ: The variables, of which one may name it.
        otherwise: Where neither says so.

    Raises:
        ConfigurationError: The variable names no folder.
    """
    if typed is None and VARIABLE in environ:
        try:
            return Folder(folder_path(environ[VARIABLE]), start.account)
        except ValueError as error:
            raise ConfigurationError(f"{VARIABLE} {error}.", field=VARIABLE) from None
    path = Path(typed or otherwise).absolute()
    return Folder(path, start.account, ("--data-dir", str(path)))


def known_folder(start: Start, typed: str | None, environ: Mapping[str, str]) -> Folder:
    """The folder that is meant, where something has been done before.

    Raises:
        UsageError: Nothing has.
        ConfigurationError: The variable names no folder.
    """
    folder = data_folder(start, typed, environ)
    if not folder.journal.is_file():
        raise click.UsageError(f"Nothing was imported or exported in {folder.path}; name the folder with --data-dir.")
    return folder


def command_line(start: Start, *words: str, folder: Folder) -> str:
    """What has to be typed to go on with the same account and folder.

    Args:
        start: What stood before the command, and which account.
        words: The command.
        folder: The data folder.
    """
    account = ("--account", start.account) if start.account else ()
    return shlex.join(["clevertap-mcp", *(["--sandbox"] if start.sandbox else []), *words, *account, *folder.typed])


@dataclass(frozen=True, slots=True)
class Room:
    """All that a command needs.

    Args:
        app: The account, and the operator's rules.
        data: The data folder with its jobs.
    """

    app: App
    data: DataRoom


@asynccontextmanager
async def opened_room(start: Start, folder: Folder) -> AsyncIterator[Room]:
    """The room of a folder.

    Raises:
        ConfigurationError: The settings cannot be used, or what this takes is not installed.
    """
    settings = replace(start.settings().at(start.account), data_dir=folder.base)
    async with opened(settings) as app:
        yield Room(app, cast("DataRoom", bulk_of(app.client)))


@contextmanager
def journal_of(folder: Folder) -> Iterator[Journal]:
    """The journal of a folder, open.

    Raises:
        OSError: It cannot be made.
        ClickException: It cannot be used: it is damaged, or another process is in the way.
    """
    try:
        with closing(Journal(folder.journal)) as journal:
            yield journal
    except CleverTapError as error:
        raise click.ClickException(spoken(error)) from error
