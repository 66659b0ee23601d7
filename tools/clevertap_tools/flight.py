"""Where one request to CleverTap is, and who may watch it: how often it was tried, how it ended, not what it says."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from clevertap_tools.errors import UnavailableError


@dataclass(slots=True)
class Flight:
    """Where one request is, so that nobody guesses afterwards whether CleverTap may have it."""

    left: bool = False
    """Whether this attempt has begun to leave and was not refused whole."""
    doubtful: bool = False
    """Whether an earlier attempt may have been taken in."""
    waiting: UnavailableError | None = None
    """Why the next attempt has to wait, while it does."""
    attempts: int = 0
    """How often it was tried, this attempt among them."""
    status: int | None = None
    """The HTTP status of the last answer."""

    def leave(self) -> None:
        """Take note that this attempt begins to leave."""
        self.left = True


class Observer(Protocol):
    """Somebody who watches the requests of a client."""

    def flying(self, method: str, path: str, flight: Flight) -> AbstractContextManager[object]:
        """Watch a request from before its first attempt until it is known what came of it.

        What the request raises passes through; nothing may be raised by the watching itself.

        Args:
            method: The HTTP method.
            path: The path as it is sent; it can name things and people.
            flight: Where the request is; complete at the end.
        """


class Nobody:
    """Nobody watches."""

    def flying(self, _method: str, _path: str, _flight: Flight) -> AbstractContextManager[object]:
        """See nothing."""
        return UNSEEN


UNSEEN = nullcontext()
"""Shared by all: it holds nothing."""
NOBODY = Nobody()
