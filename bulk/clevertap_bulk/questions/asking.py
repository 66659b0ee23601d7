"""Questions asked: what goes in, how long it may take, and what comes back."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

import anyio
from anyio import to_thread

from clevertap_bulk.questions.copying import MaskedCopy
from clevertap_bulk.questions.listing import Column, Listing, Table
from clevertap_bulk.questions.mask import Mask
from clevertap_bulk.workspace import NoRoomError, Workspace, owned
from clevertap_tools.errors import InvalidArgumentsError

ANSWERS: Final = "answers"
"""The folder for answers that are too long to be told."""
PROGRAM: Final = "clevertap_bulk.questions.answering"
KEPT: Final = ("SYSTEMROOT",)
"""What Python needs of the environment; nothing else is handed on."""
PATH: Final = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s'\"\\/]+[\\/])+[^\s'\":]*")
AT_A_TIME: Final = 2
SPARE: Final = 5.0
"""Seconds that the process may take to come up on a busy machine, beside those for the question."""
ANEW: Final = 3
"""How often a question is asked again because the copy was made anew meanwhile."""
SMALLER: Final = "Narrow it, or group before you join."
LONGEST_MESSAGE: Final = 600
ALARM: Final = -14
"""How a process ends whose time is up."""
KILLED: Final = -9
"""How one ends that the system takes memory from."""
Value = str | int | float | None
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a question may take.

    Args:
        rows: Rows that are told.
        bytes: Bytes of these rows as JSON.
        seconds: Time.
        memory: Bytes of memory for the database.
        threads: Cores.
        file: Bytes of a file with the whole answer.
    """

    rows: int = 200
    bytes: int = 16_000
    seconds: float = 10.0
    memory: int = 512 << 20
    threads: int = 1
    file: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question found.

    Args:
        columns: The columns, with their types.
        rows: The first rows, as JSON has their values.
        total: How many rows there are.
        truncated: Whether rows, or parts of long values, are left out here.
        file: Where all of it is in the data folder, as CSV; None if all of it is here.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int
    truncated: bool
    file: str | None


class QuestionError(InvalidArgumentsError):
    """A question that has no answer; the message says why."""

    code: ClassVar[str] = "invalid_question"
    next_step: ClassVar[str] = "Correct the SQL and ask again."


class Questions:
    """Questions on one data folder.

    Args:
        workspace: The data folder.
        mask: What is put in place of personal data; None where it may be shown.
        zone: The project's time zone.
        limits: What a question may take.
    """

    def __init__(
        self,
        workspace: Workspace,
        mask: Mask | None = None,
        zone: ZoneInfo | None = None,
        limits: Limits = Limits(),
    ) -> None:
        self._workspace = workspace
        self._copy = MaskedCopy(workspace, mask, zone)
        self._limits = limits
        self._room = anyio.CapacityLimiter(AT_A_TIME)

    async def tables(self) -> tuple[Table, ...]:
        """What questions can be asked of, as the files are now.

        Raises:
            NoRoomError: The quota or the disk would be full.
        """
        return (await self._listing()).tables

    async def ask(self, sql: str, parameters: Values | None = None) -> Answered:
        """Answer a question.

        Args:
            sql: One SELECT in DuckDB's SQL on the tables of `tables`, whose personal columns hold pseudonyms.
            parameters: Values for each `$name` in it.

        Raises:
            QuestionError: It is no SELECT, reads something else, is wrong, or takes more than it may.
            NoRoomError: There is no room for the whole answer.
        """
        async with self._room:
            part = self._copy.folder / f"{secrets.token_hex(8)}.csv"
            try:
                told = await self._told(sql, parameters, part)
                return answered(told, None if told["whole"] else self._kept(part))
            finally:
                part.unlink(missing_ok=True)

    async def _listing(self) -> Listing:
        return await to_thread.run_sync(self._copy.current)

    async def _told(self, sql: str, parameters: Values | None, file: Path) -> dict[str, Any]:
        listing = await self._listing()
        self._copy.folder.mkdir(mode=0o700, exist_ok=True)
        owned(file).close()
        told = await self._computed(self._request(listing, sql, parameters, file))
        for _ in range(ANEW):
            if told.get("failed") == "gone":  # somebody made the copy anew between the two
                told = await self._computed(self._request(await self._listing(), sql, parameters, file))
        if why := told.get("failed"):
            raise self._error(why, told["message"])
        return told

    def _request(self, listing: Listing, sql: str, parameters: Values | None, file: Path) -> dict[str, Any]:
        limits = self._limits
        return {
            "database": str(self._copy.folder / listing.database),
            "zone": self._copy.zone,
            "tables": [table.name for table in listing.tables if table.columns],
            "sql": sql,
            "parameters": dict(parameters or {}),
            "rows": limits.rows,
            "bytes": limits.bytes,
            "seconds": limits.seconds,
            "memory": limits.memory,
            "threads": limits.threads,
            "file": str(file),
            "file_bytes": min(limits.file, self._workspace.left()),
        }

    async def _computed(self, request: dict[str, Any]) -> dict[str, Any]:
        """What a process of its own makes of a question."""
        command = [sys.executable, "-P", "-s", "-B", "-m", PROGRAM]
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment = {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
        with anyio.move_on_after(self._limits.seconds + SPARE):
            done = await anyio.run_process(
                command, input=json.dumps(request).encode(), stderr=DEVNULL, check=False, env=environment
            )
            return read_answer(done.stdout, done.returncode)
        return {"failed": "time", "message": ""}

    def _kept(self, part: Path) -> str:
        """Put a file with a whole answer where its reader finds it; its name in the data folder."""
        file = self._workspace.folder_for(ANSWERS, "sql") / f"answer-{part.stem[:8]}.csv"
        with self._workspace.written(file) as temporary:
            part.replace(temporary)
        return file.relative_to(self._workspace.folder).as_posix()

    def _error(self, why: str, message: str) -> InvalidArgumentsError | NoRoomError:
        limits = self._limits
        if why == "room":
            return NoRoomError(
                "The whole answer is larger than the room for it.",
                next_step="Group the rows, or ask for fewer of them.",
            )
        fixed = {
            "time": f"The question took more than {limits.seconds:g} seconds. {SMALLER}",
            "memory": f"The question took more than {limits.memory >> 20} MiB of memory. {SMALLER}",
            "gone": "The exports are being changed by others; ask again when they are done.",
            "broken": "The question could not be computed. Write it in a simpler way.",
            "deep": "The question is nested too deep.",
            "value": f"The answer holds a value that cannot be told ({message}). Cast it to text.",
        }
        return QuestionError.of("sql", fixed.get(why) or without_paths(message))


def read_answer(output: bytes, code: int) -> dict[str, Any]:
    """What a process said; one that says nothing was ended, or broke."""
    try:
        told: dict[str, Any] = json.loads(output)
    except ValueError:
        return {"failed": {ALARM: "time", KILLED: "memory"}.get(code, "broken"), "message": ""}
    return told


def answered(told: dict[str, Any], file: str | None) -> Answered:
    """An answer as it came from the process that computed it."""
    columns = tuple(Column(each["name"], each["type"]) for each in told["columns"])
    return Answered(columns, tuple(map(tuple, told["rows"])), told["total"], file is not None, file)


def without_paths(message: str) -> str:
    """What a database said, without the places of files."""
    return PATH.sub("(a file)", message)[:LONGEST_MESSAGE]
