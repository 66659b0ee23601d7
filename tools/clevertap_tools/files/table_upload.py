"""A table into CleverTap, in three steps: ask where to, put the file there, have it taken (reference: data 10.1, 10.3).

Only the last step changes anything. CleverTap answers it before it has looked into the file and tells by e-mail what
came of it, so the file is checked here before the first step.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from io import BytesIO, StringIO
from itertools import pairwise
from math import ceil
from os import fstat
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import anyio
from pydantic import AfterValidator, Field

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError, OutcomeUnknownError
from clevertap_tools.files.delivery import Piece
from clevertap_tools.files.table_file import Lines, Rules, Table, read_table
from clevertap_tools.wire import Answer, JsonObject
from clevertap_tools.words.lines import counted, quoted

T = TypeVar("T")

LONGEST_PATH = 4_096
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
SINGLE = 100 << 20
"""Bytes above which a file goes in parts."""
MOST_PARTS = 4
TAKEN = ("duplicate_name", "already exists")
NAME_TAKEN = "The name is taken, also by an upload that failed: choose another, or pass replace=true to overwrite it."
LOST = "Call again with the same name: if it was taken in, CleverTap refuses the name as taken and nothing changes."
LOST_REPLACING = "Replacing it once more is harmless: call again."
LATER = "CleverTap looks into it later and e-mails the outcome"


def filled(text: str) -> str:
    """A text that says something.

    Raises:
        ValueError: It does not.
    """
    if not text.strip():
        raise ValueError("is empty; give it a value")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(filled)]


def address(text: str) -> str:
    """A text that looks like an e-mail address.

    Raises:
        ValueError: It does not.
    """
    if not EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address; give that of an admin of the account")
    return text


class TableUpload(Arguments):
    """What every upload of a table takes."""

    name: Annotated[Text, Field(description="Unique unless replace")]
    email: Annotated[Text, AfterValidator(address), Field(description="Account admin who is told the outcome")]
    creator: Annotated[Text, Field(description="Who made it")]
    file: Annotated[
        str | None,
        Field(min_length=1, max_length=LONGEST_PATH, description="CSV on this server's machine"),
    ] = None
    replace: Annotated[bool, Field(description="Overwrite the one of that name")] = False

    @property
    def files(self) -> tuple[str, ...]:
        """The file, if there is one."""
        return (self.file,) if self.file is not None else ()

    @property
    def countable(self) -> bool:
        """Rows of a file are not counted before it is read."""
        return self.file is None


class UploadedTable(Result):
    """A table that CleverTap has taken to look into."""

    sent: int = Field(description="Rows that left")
    warning: str | None = None


def effect_of_upload(asked: TableUpload) -> Effect:
    """What replaces takes the old one away."""
    return Effect.DESTROY if asked.replace else Effect.UPSERT


@dataclass(frozen=True, slots=True)
class Source:
    """A table that was checked, and its bytes.

    Args:
        file: The very file that was checked, still open; whoever asked for it closes it.
        table: What was found in it.
    """

    file: BinaryIO
    table: Table

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    @property
    def pieces(self) -> list[Piece]:
        """The parts in which it goes: each ends with a newline, only the first has the header."""
        table = self.table
        bounds = [table.start, *table.cuts, table.size]
        ending = b"" if table.terminated or not table.cuts else b"\n"
        return [Piece(start, stop, ending if stop == table.size else b"") for start, stop in pairwise(bounds)]


async def from_file(client: Client, name: str, rules: Rules, *, in_parts: bool = False) -> Source:
    """The table in a file of this machine, checked to its end.

    Args:
        client: The account, with the deadline of this call.
        name: The path.
        rules: What it must look like.
        in_parts: Whether it may go in parts if it is large.

    Raises:
        InvalidArgumentsError: It cannot be read, breaks a rule, or is not what somebody has said yes to.
        DeadlineError: There was not enough time to read it.
    """
    with ExitStack() as unless_good:
        file = unless_good.enter_context(client.files.opened(name))
        lines = Lines(file)
        check = partial(read_table, lines, rules, cuts(fstat(file.fileno()).st_size) if in_parts else ())
        try:
            with client.within_deadline():
                table = await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
        finally:
            lines.abandoned = True
        client.files.check_approved(name, table.sha256)
        unless_good.pop_all()
    return Source(file, table)


def cuts(size: int) -> list[int]:
    """Where a file should be cut: nowhere up to 100 MB, else into 2 to 4 parts."""
    count = min(MOST_PARTS, ceil(size / SINGLE))
    return [size * number // count for number in range(1, count)]


def from_rows(rows: Iterable[Sequence[object]], rules: Rules) -> Source:
    """The table that rows make, the header first."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    file = BytesIO(text.getvalue().encode())
    # All of it is in memory anyway, so no line is too long for that.
    return Source(file, read_table(Lines(file, longest=len(file.getbuffer()) + 1), rules))


async def complete(client: Client, path: str, body: JsonObject, asked: TableUpload, read: Callable[[Answer], T]) -> T:
    """Have CleverTap take what was put, which is the only step that changes anything.

    Args:
        client: The account, with the deadline of this call.
        path: The path of this step.
        body: What it says.
        asked: What was asked for.
        read: Reads the answer.

    Raises:
        InvalidRequestError: CleverTap refused it; nothing changed.
        OutcomeUnknownError: The answer was lost.
    """
    # Sent again, a name that was taken in would be refused as taken, as if nothing had happened.
    effect = Effect.DESTROY if asked.replace else Effect.APPEND
    try:
        return await client.send(wire.post(path, body, effect, read))
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(error.message, next_step=LOST_REPLACING if asked.replace else LOST) from None
    except InvalidRequestError as error:
        if not any(text in error.message.casefold() for text in TAKEN):
            raise
        raise InvalidRequestError(error.message, status=error.status, field="name", next_step=NAME_TAKEN) from None


def file_name(asked: TableUpload) -> str:
    """What the file is called in the dashboard, unless somebody chose."""
    return Path(asked.file).name if asked.file else f"{asked.name}.csv"


def file_words(told: TableUpload, table: Table) -> tuple[str, ...]:
    """Which file it is, for the person who has to say yes; nothing for rows that stand in the call."""
    if told.file is None:
        return ()
    size = counted(table.size, "byte", "bytes")
    return (f"From the file {quoted(told.file)}: {size}, SHA-256 {table.sha256[:16]}…",)
