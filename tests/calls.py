"""One call of every action that is off unless chosen, with a person wherever an argument takes words.

Tests that search all that a process emits make these calls beside their own. Order matters: a call may need what an
earlier one made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Calls = list[tuple[str, dict[str, Any]]]


def further_calls(person: Mapping[str, Any]) -> Calls:
    """The calls.

    Args:
        person: Somebody by `identity`, `Email`, `Phone` and `Name`.
    """
    return [
        *of_people(person),
        *of_insights(person),
        *of_messaging(person),
        *of_audiences(person),
        *of_content(person),
    ]


def of_people(person: Mapping[str, Any]) -> Calls:
    """Lifecycle and subscription."""
    return []


def of_insights(person: Mapping[str, Any]) -> Calls:
    """Trends, top values, message reports, schema."""
    return []


def of_messaging(person: Mapping[str, Any]) -> Calls:
    """Sends and triggers."""
    return []


def of_audiences(person: Mapping[str, Any]) -> Calls:
    """Custom lists and segments."""
    return []


def of_content(person: Mapping[str, Any]) -> Calls:
    """Catalogues, content blocks, variables."""
    return []
