"""Pieces of SQL with their parameters, so that no value of a caller ever becomes SQL text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in SQL and the parameters it takes, in order."""

    sql: str
    parameters: tuple[Any, ...] = ()

    def inside(self, before: str, after: str = ")") -> Clause:
        """Put SQL without parameters around this one."""
        return Clause(before + self.sql + after, self.parameters)

    def negated(self) -> Clause:
        """The opposite condition."""
        return self.inside("NOT (")


TRUE = Clause("1")
FALSE = Clause("0")


def every(clauses: Iterable[Clause]) -> Clause:
    """All of these hold."""
    parts = tuple(clauses)
    return _joined("AND", parts) if parts else TRUE


def some(clauses: Iterable[Clause]) -> Clause:
    """At least one of these holds."""
    parts = tuple(clauses)
    return _joined("OR", parts) if parts else FALSE


def _joined(word: str, parts: Sequence[Clause]) -> Clause:
    """Put a word between clauses, in pairs of pairs: SQLite bounds how deep an expression is, not how wide."""
    if len(parts) == 1:
        return parts[0].inside("(")
    middle = len(parts) // 2
    left, right = _joined(word, parts[:middle]), _joined(word, parts[middle:])
    return Clause(f"({left.sql} {word} {right.sql})", left.parameters + right.parameters)
