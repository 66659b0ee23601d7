"""Numbers out of Thrift's compact form, in which Parquet describes its pages and itself.

Only what is asked for is kept, nothing is trusted, and whatever the bytes are the reading of them ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

LARGEST_NUMBER = 10
"""Bytes of a number."""
DEEPEST = 12
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
LONG = 15
"""The length of a list that stands in a number of its own."""
CONTINUED = 128

Wanted = Mapping[int, "Wanted"]
"""The fields of a structure that are asked for, each with those inside of it."""
Fields = dict[int, Any]
"""Numbers, structures and lists of these by the numbers of their fields."""


class BrokenError(ValueError):
    """These bytes are not what they should be."""


class Thrift:
    """Bytes that start with a structure.

    Args:
        data: The bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0
        """How far it was read."""

    def struct(self, wanted: Wanted, deep: int = 0) -> Fields:
        """A structure: of its fields those that are asked for.

        Raises:
            BrokenError: There is none.
        """
        if deep > DEEPEST:
            raise BrokenError
        found: Fields = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._signed()
            if field in wanted:
                found[field] = self._value(head & 15, wanted[field], deep)
            else:
                self._value(head & 15, None, deep)
        return found

    def _value(self, kind: int, wanted: Wanted | None, deep: int) -> Any:
        """A value; None where it is not asked for."""
        if kind in {I16, I32, I64}:
            return self._signed()
        if kind == STRUCT:
            return self.struct(wanted or {}, deep + 1)
        if kind in {LIST, SET}:
            return self._list(wanted, deep + 1)
        if kind in {BYTE, DOUBLE, BINARY}:
            length = 1 if kind == BYTE else 8 if kind == DOUBLE else self._unsigned()
            self.place += length
        elif kind not in {TRUE, FALSE}:
            raise BrokenError
        return None

    def _list(self, wanted: Wanted | None, deep: int) -> list[Any]:
        head = self._byte()
        length = head >> 4 if head >> 4 < LONG else self._unsigned()
        kind = BYTE if head & 15 in {TRUE, FALSE} else head & 15
        if length > len(self._data) - self.place or deep > DEEPEST:  # each takes a byte at least
            raise BrokenError
        kept = []
        for _ in range(length):
            value = self._value(kind, wanted, deep)
            if wanted is not None:
                kept.append(value)
        return kept

    def _byte(self) -> int:
        if self.place >= len(self._data):
            raise BrokenError
        self.place += 1
        return self._data[self.place - 1]

    def _unsigned(self) -> int:
        value = 0
        for shift in range(0, 7 * LARGEST_NUMBER, 7):
            byte = self._byte()
            value |= (byte & ~CONTINUED) << shift
            if byte < CONTINUED:
                return value
        raise BrokenError

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def number(fields: Fields, name: int) -> int:
    """A number that cannot be negative; 0 if there is none.

    Raises:
        BrokenError: It is negative, or none.
    """
    value = fields.get(name, 0)
    if not isinstance(value, int) or value < 0:
        raise BrokenError
    return value


def structs(fields: Fields, name: int) -> list[Fields]:
    """A list of structures; an empty one if there is none.

    Raises:
        BrokenError: It is something else.
    """
    value = fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BrokenError
    return cast("list[Fields]", value)


def struct_in(fields: Fields, name: int) -> Fields:
    """A structure; an empty one if there is none."""
    value = fields.get(name, {})
    return cast("Fields", value) if isinstance(value, dict) else {}
