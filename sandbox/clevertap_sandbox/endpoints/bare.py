"""What the newer services have in common: they answer without the classic envelope. Reference: engagement 1.3."""

from __future__ import annotations

from typing import Any

from clevertap_sandbox.answers import Answer, RefusedError, answer

DONE = {"message": "Operation completed successfully"}


class BareRefusedError(RefusedError):
    """A request is refused in a shape of its own; `body` is all that is said, by default `{"message": ...}`."""

    def __init__(self, error: str, status: int = 400, body: dict[str, Any] | None = None) -> None:
        super().__init__(error, status)
        self.body = {"message": error} if body is None else body

    @property
    def answer(self) -> Answer:
        """The refusal as it is sent."""
        return answer(self.body, self.status)


def whole_number(text: str, least: int, most: int) -> int | None:
    """A query parameter as a number within bounds, both included; None if it is none."""
    number = int(text) if text.isascii() and text.isdecimal() else -1
    return number if least <= number <= most else None
