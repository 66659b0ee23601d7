"""Counts by the values of a property, as CleverTap gives them in buckets by type (reference: data 8.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clevertap_tools import wire


@dataclass(frozen=True, slots=True)
class TopValue:
    """One value, or one band of numbers, and how often it occurs.

    Args:
        type: CleverTap's bucket, such as STR or NUMBER; None where there are no buckets.
        value: The value as text.
        count: How often.
    """

    type: str | None
    value: str
    count: int


def top_values(said: Mapping[str, Any], *, rising: bool) -> list[TopValue]:
    """The values of a group in order; whatever buckets there are.

    Args:
        said: What CleverTap says of the group.
        rising: Whether the rarest come first.
    """
    return sorted(found(said), key=lambda each: each.count if rising else -each.count)


def found(said: Mapping[str, Any], bucket: str | None = None) -> Iterator[TopValue]:
    """The values of a group, bucket by bucket."""
    for key, inner in said.items():
        if isinstance(inner, Mapping):
            yield from found(inner, key)
        elif (count := wire.natural(inner)) is not None:
            yield TopValue(bucket, key, count)
