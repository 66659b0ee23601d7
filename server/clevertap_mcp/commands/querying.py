"""The command `query`: a question in SQL about what was exported, answered with pseudonyms for personal data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clevertap_mcp.commands.data_folder import Folder, opened_room
from clevertap_mcp.commands.doing import carried_out
from clevertap_mcp.commands.exits import DONE, say
from clevertap_mcp.commands.printing import columns, show
from clevertap_mcp.logs import note

if TYPE_CHECKING:
    from clevertap_bulk.questions.asking import Answered
    from clevertap_bulk.questions.listing import Table
    from clevertap_mcp.cli import Start


def answer_question(start: Start, folder: Folder, sql: str, *, compact: bool) -> int:
    """Print the answer to a question, or the tables that there are, and tell the exit status.

    Args:
        start: What stood before the command, and which account.
        folder: The data folder.
        sql: One SELECT; empty for the tables.
        compact: As JSON in one line.

    Raises:
        ConfigurationError: The settings cannot be used, or what it takes is not installed.
    """
    return carried_out(answered, start, folder, sql, compact)


async def answered(start: Start, folder: Folder, sql: str, compact: bool) -> int:
    """Answer a question."""
    async with opened_room(start, folder) as room:
        if sql:
            show_answer(await room.data.questions.ask(sql), compact=compact)
        else:
            show_tables(await room.data.questions.tables(), compact=compact)
    return DONE


def show_answer(found: Answered, *, compact: bool) -> None:
    """Print an answer."""
    names = [column.name for column in found.columns]
    if compact:
        records = [dict(zip(names, row, strict=True)) for row in found.rows]
        file = {"file": found.file} if found.file else {}
        show({"records": records, "total": found.total, "truncated": found.truncated, **file}, compact=True)
        return
    say(columns([names, *(list(map(cell, row)) for row in found.rows)]))
    if found.truncated:
        note(f"These are {len(found.rows):,} of {found.total:,} rows; all are in {found.file}.")


def show_tables(tables: Sequence[Table], *, compact: bool) -> None:
    """Print the tables that questions can be asked of."""
    if compact:
        show([figures(table) for table in tables], compact=True)
    elif not tables:
        note("Nothing was exported yet.")
    for table in () if compact else tables:
        for line in described(table):
            say(line)


def figures(table: Table) -> dict[str, Any]:
    """A table as programs read it."""
    told = asdict(table)
    del told["sources"]
    return told


def described(table: Table) -> Iterator[str]:
    """A table as people read it."""
    span = f", {table.first} to {table.last}" if table.first else ""
    yield f'"{table.name}" ({table.holds}): {table.rows:,} rows{span}'
    for column in table.columns:
        yield f'  "{column.name}" {column.type}'


def cell(value: object) -> str:
    """A value of an answer, in one line."""
    return "" if value is None else " ".join(str(value).split())
