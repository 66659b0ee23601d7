"""What stands in for personal data in the copy that questions are asked of; whoever serves them supplies it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

PERSONAL: Final = ("identity", "object_id", "email", "phone", "name")
"""Columns of exports that always hold personal data."""
PREFIXES: Final = ("props.", "session.", "profile.")
"""What columns of exports begin with that are named by the project."""


class Mask(Protocol):
    """Puts pseudonyms in place of personal data; the same value always has the same one."""

    def hides(self, name: str) -> bool:
        """Whether a property of that name holds personal data, numbers too."""

    def pseudonyms(self, name: str, values: Sequence[str], *, people: bool) -> Sequence[str]:
        """What stands for each value of a property that holds personal data.

        Args:
            name: The property's name, or one of `PERSONAL`.
            values: Different values, none of them blank.
            people: Whether the table is about people, so that a `name` in it is a person's.
        """

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """Texts with what can be told by its form, such as e-mail addresses and phone numbers, replaced."""

    def without(self, text: str, known: Sequence[tuple[str, str]], *, people: bool) -> str:
        """A text with the values of properties replaced wherever they stand in it, parts of names among them.

        Args:
            text: The text.
            known: The name of each property, and its value, which is not blank.
            people: Whether the text is of a table about people.
        """


def is_hidden(mask: Mask, column: str) -> bool:
    """Whether a mask puts pseudonyms in place of all values of a column."""
    return column in PERSONAL or mask.hides(property_of(column))


def property_of(column: str) -> str:
    """The name of the property that a column holds."""
    for prefix in PREFIXES:
        column = column.removeprefix(prefix)
    return column


def fingerprint(mask: Mask | None) -> str:
    """Tells one mask from another: a copy that was masked otherwise has to be made anew."""
    return "".join(mask.pseudonyms("identity", ["whoever"], people=True)) if mask else ""
