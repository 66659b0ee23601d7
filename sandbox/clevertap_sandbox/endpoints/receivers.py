"""Whom a send or a trigger names in `to`. Reference: engagement 4 and 5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle
from clevertap_sandbox.state.sends import EMAIL

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_SENDS = {"FBID": "FBID", "GPID": "GPID", "Email": EMAIL, "Identity": IDENTITY, OBJECT_ID: OBJECT_ID}
OF_TRIGGERS = {"email": EMAIL, "identity": IDENTITY, OBJECT_ID: OBJECT_ID}
"""The lists that `to` may hold, to the letter, and the kind of name in each."""
MOST_RECEIVERS = 1000
NOBODY = "Invalid payload: no users in to"
TOO_MANY = f"Cannot have more than {MOST_RECEIVERS} users in a request"  # made up


def receivers(body: dict[str, Any], lists: Mapping[str, str]) -> list[Handle]:
    """Read the names of everybody a message is for; a list of another spelling is not seen.

    Raises:
        RefusedError: Nobody is named. CleverTap's own text for it is not known.
    """
    to = body.get("to")
    given = to if isinstance(to, dict) else {}
    names = [Handle(kind, name) for key, kind in lists.items() for name in _names(given.get(key))]
    if not names:
        raise RefusedError(NOBODY)
    return names


def _names(given: object) -> list[str]:
    names = given if isinstance(given, list) else []
    return [str(name) for name in names if isinstance(name, str | int) and not isinstance(name, bool) and name != ""]
