"""Pieces of SQL with their parameters, so that no value of a caller ever becomes SQL text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def joined(word: str, clauses: Iterable[Clause], empty: Clause) -> Clause:
    """Put a word between clauses and parentheses around all."""
    parts = tuple(clauses)
    if not parts:
        return empty
    text = f" {word} ".join(part.sql for part in parts)
    return Clause(f"({text})", tuple(value for part in parts for value in part.parameters))


def every(clauses: Iterable[Clause]) -> Clause:
    """All of these hold."""
    return joined("AND", clauses, TRUE)


def some(clauses: Iterable[Clause]) -> Clause:
    """At least one of these holds."""
    return joined("OR", clauses, FALSE)
