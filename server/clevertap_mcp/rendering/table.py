"""Results as text for a model with little room: `key: value` lines, then rows as columns and lines.

Values come from the account, so they cannot be trusted: whatever could end a cell or a line is escaped, and no value
can pass for a row, a column or a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Path = tuple[str, ...]
LINE_ENDS = "\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a cell or, to one reader or another, a line."""
IN_TEXT = {ord("\\"): "\\\\"} | {ord(end): json.dumps(end)[1:-1] for end in LINE_ENDS}
IN_JSON = {ord(end): json.dumps(end)[1:-1] for end in LINE_ENDS}
EVERY_LEVEL = 32
ERROR = "error"
"""The field of a result that says what went wrong."""
MESSAGE = "message"
"""The part of it that may quote others."""


def compact(value: Any) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text(body: Mapping[str, Any], rows: str | None = None) -> str:
    """A result as text: what went wrong, then all but the rows as lines, then the rows as a table."""
    lines = list(spoken(body[ERROR])) if ERROR in body else []
    lines += scalars({key: value for key, value in body.items() if key not in (ERROR, rows)})
    listed = body.get(rows) if rows else None
    if rows and listed is not None:
        lines += [*([""] if lines else []), table(listed, rows)] if listed else [f"{rows}: none"]
    return "\n".join(lines)


def spoken(error: Any) -> Iterator[str]:
    """An error: its code, its message line by line if it is here, then the rest of it."""
    if isinstance(error, Mapping) and "code" in error:
        yield f"{ERROR}: {cell(error['code'])}"
        yield from map(cell, str(error.get(MESSAGE, "")).splitlines())
        yield from scalars({key: part for key, part in error.items() if key not in ("code", MESSAGE)})
    else:
        yield from scalars({ERROR: error})


def scalars(body: Mapping[str, Any]) -> Iterator[str]:
    """One `key: value` line for each value; the keys of objects inside are joined by dots."""
    for path, value in leaves(body, EVERY_LEVEL):
        yield f"{heading(path)}: {cell(value)}"


def table(rows: Sequence[Any], name: str) -> str:
    """One line of column names, then one line a row; cells are separated by tabs.

    Objects inside a row become columns of their own, unless those would be mostly empty.
    """
    wide, narrow = (lined(rows, name, levels) for levels in (EVERY_LEVEL, 1))
    return min(wide, narrow, key=len)


def lined(rows: Sequence[Any], name: str, levels: int) -> str:
    """The table with objects opened down to some level."""
    cells: list[dict[Path, Any]] = [
        dict(leaves(row, levels)) if isinstance(row, Mapping) else {(name,): row} for row in rows
    ]
    columns = list(dict.fromkeys(path for row in cells for path in row))
    lines = ["\t".join(map(heading, columns))]
    lines += ["\t".join(cell(row[path]) if path in row else "" for path in columns) for row in cells]
    return "\n".join(lines)


def leaves(body: Mapping[str, Any], levels: int, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of an object with the keys that lead to it."""
    for key, value in body.items():
        path = (*above, key)
        if isinstance(value, Mapping) and value and len(path) < levels:
            yield from leaves(value, levels, path)
        else:
            yield path, value


def heading(path: Path) -> str:
    """The keys that lead to a value, as one word."""
    return ".".join(key.translate(IN_TEXT) for key in path)


def cell(value: Any) -> str:
    """A value that cannot leave its cell."""
    return value.translate(IN_TEXT) if isinstance(value, str) else compact(value).translate(IN_JSON)


def refusals(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All refusals, a text for each kind: `515 Email is not valid: index 0-4, 7, 9-12`."""
    kinds: dict[str, list[int]] = {}
    for row in rows:
        kind = " ".join(str(row[key]) for key in ("code", "reason") if row.get(key) is not None)
        kinds.setdefault(kind, []).extend([row["index"]] if row.get("index") is not None else [])
    return [f"{kind}: index {places(indexes)}" if indexes else kind for kind, indexes in kinds.items()]


def places(indexes: Iterable[int]) -> str:
    """Places in a list as ranges: `0-4, 7, 9-12`."""
    ranges: list[list[int]] = []
    for index in sorted(indexes):
        if ranges and index <= ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)
