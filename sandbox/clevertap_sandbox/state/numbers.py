"""The ids that a project gives out: they count up, and none is given out twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    import sqlite3

MADE = "made"
"""The counter of campaigns and segments: each can stand where the other does, so no two of them are alike."""
BEYOND = 2**63
"""The least number that the database cannot hold."""


def next_id(db: sqlite3.Connection, counter: str, least: float) -> int:
    """Give out an id.

    Args:
        db: The project's data.
        counter: The name that ids share among which no two are to be alike, such as that of their table.
        least: The first id; where ids look like epoch seconds (engagement 3.3), the time it is.
    """
    sql = (
        "INSERT INTO meta (name, value) VALUES (?1, ?2) "
        "ON CONFLICT (name) DO UPDATE SET value = max(?2, value + 1) RETURNING value"
    )
    return int(db.execute(sql, (f"last id: {counter}", int(least))).fetchone()[0])


def is_id(value: object) -> TypeGuard[int]:
    """Whether a value of JSON is a number that can be an id."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < BEYOND
