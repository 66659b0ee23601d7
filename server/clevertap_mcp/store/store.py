"""What a store can do: small values that expire, places that are leased, and figures with a cap.

All else that replicas share (cursors, plans, what was done within the hour, the day's sends) is made of these.
Keys are texts of this server's own making; values are bytes that mean something to their owner only. A value is gone
when its seconds are over; one that is read is never older.

What stands before the last colon of a key is its kind. A kind has at most `MOST_VALUES`; the oldest give way, so that
nobody can fill the store, and no kind can push out another.
"""

from __future__ import annotations

from typing import Protocol

MOST_VALUES = 10_000


class Values(Protocol):
    """Values that expire, as far as those need them who go on with a part of them."""

    async def get(self, key: str) -> bytes | None:
        """The value of a key; None if there is none any more."""

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Give a key a value for some seconds, whatever it had; for none, it has no value any more."""

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """The same if it has none. Of several who try, one gets true."""


class Store(Values, Protocol):
    """Small and shared. Every operation is atomic among all who use the same store.

    Raises:
        StoreGoneError: By every operation, when the store cannot be reached or does not answer in time.
    """

    @property
    def shared(self) -> bool:
        """Whether other processes may use it too, so that limits have to be counted in it."""

    @property
    def gone(self) -> bool:
        """Whether it failed when it was last asked for something."""

    async def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Put a value in the place of a certain one; whether that was there."""

    async def drop(self, key: str) -> None:
        """Take a key's value away."""

    async def lease(self, key: str, holder: str, places: int, seconds: float) -> bool:
        """Take a place of a key, or keep the one that the holder has, for some seconds; whether it has one."""

    async def release(self, key: str, holder: str) -> None:
        """Give a place back."""

    async def spend(self, key: str, amount: int, most: int, seconds: float) -> int | None:
        """Add an amount to the figure of a key, unless it would pass a cap.

        Args:
            key: The key; its figure begins at 0, and is forgotten some seconds after its first amount.
            amount: How much; a negative one gives back, and never fails, nor brings the figure below 0.
            most: The cap.
            seconds: How long the figure is kept.

        Returns:
            The figure as it is now; None if the cap stood in the way and it is as it was.
        """

    async def check(self) -> None:
        """Find out whether it could be written, and write nothing: raises if it is gone."""

    async def close(self) -> None:
        """End its connections."""


def kind(key: str) -> str:
    """What stands before the last colon of a key."""
    return key.rpartition(":")[0]
