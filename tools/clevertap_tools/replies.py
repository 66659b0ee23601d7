"""Whole answers over HTTP, up to a size that no honest one has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx2

from clevertap_tools.errors import UnreadableAnswerError

LARGEST_ANSWER = 256 << 20
"""Bytes; a page of 5,000 large profiles stays well below."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer.

    Args:
        status: The HTTP status.
        headers: By name in lower case.
        body: Unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Way(Protocol):
    """A way to a host."""

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, leaves: Callable[[], None]
    ) -> Reply:
        """The answer to a request.

        Args:
            method: The HTTP method.
            address: The full URL.
            headers: What the request says beside what every request does.
            body: Empty for none.
            leaves: Told when it begins to leave.

        Raises:
            TransportError: There was no connection, or it broke, or took too long.
            DecodingError: The answer cannot be unpacked.
            UnreadableAnswerError: The answer is larger than any.
            InvalidURL: The address is none.
        """

    async def close(self) -> None:
        """Hang up."""


async def whole_body(response: httpx2.Response, most: int = LARGEST_ANSWER) -> bytes:
    """All of an answer's body, unpacked.

    Args:
        response: The answer, its head read.
        most: Bytes that are too many for any answer of CleverTap's to have.

    Raises:
        UnreadableAnswerError: It is larger.
    """
    return await gathered(response.aiter_bytes(), most)


async def gathered(parts: AsyncIterator[bytes], most: int = LARGEST_ANSWER) -> bytes:
    """The parts of a body in one piece; see `whole_body`."""
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > most:
            raise UnreadableAnswerError(f"CleverTap's answer is larger than {most} bytes; ask for less.")
    return bytes(body)
