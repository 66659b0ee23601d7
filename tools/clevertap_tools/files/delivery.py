"""Putting a file where CleverTap said, piece by piece, in flat memory (reference: data 10.1, 10.3).

Nothing changes on CleverTap by this: only the call after it makes use of the file. So a failure here is harmless, and
a piece is put again where that may help.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from typing import Any, BinaryIO

import anyio
import httpx2

from clevertap_tools.client import Client, transport_error
from clevertap_tools.errors import (
    CleverTapError,
    InvalidRequestError,
    LostAnswerError,
    RedirectedError,
    ServiceError,
    UnreachableError,
    UnreadableAnswerError,
)
from clevertap_tools.files.local_files import changed
from clevertap_tools.files.presigned import Presigned, Target, targets
from clevertap_tools.replies import whole_body

CHUNK = 1 << 20
LARGEST_ANSWER = 1 << 16
STEP = 0.01
"""The least share of a file whose way is worth a word."""
UNCHANGED = "Nothing changed on CleverTap."
EXPIRED = 403


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file that is put at one address.

    Args:
        start: Its first byte.
        stop: The byte behind its last.
        ending: What is added to it.
    """

    start: int
    stop: int
    ending: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that leave."""
        return self.stop - self.start + len(self.ending)


@dataclass(slots=True)
class Delivery:
    """One file on its way.

    Args:
        client: The account, with the deadline of this call.
        file: The file, open.
        pieces: Its stretches, in order and without a gap.
    """

    client: Client
    file: BinaryIO
    pieces: Sequence[Piece]
    _digest: Any = field(default_factory=sha256, init=False)
    _told: int = field(default=0, init=False)

    async def to(self, places: Sequence[Presigned]) -> list[str]:
        """Put each piece at its address.

        Returns:
            What the store calls each of them (ETag), empty where it does not say.

        Raises:
            UnsafeAddressError: An address is not one that a file may go to; nothing was sent.
            CleverTapError: It could not be put there; nothing changed on CleverTap.
        """
        settled = [await targets(self.client, place) for place in places]
        self.file.seek(0)
        self._digest.update(self.file.read(self.pieces[0].start))
        return [await self._put(*pair) for pair in zip(self.pieces, settled, strict=True)]

    def check(self, digest: str) -> None:
        """Refuse a file that left with another content than was checked.

        Raises:
            InvalidArgumentsError: It did.
        """
        if self._digest.hexdigest() != digest:
            raise changed()

    async def _put(self, piece: Piece, ways: Sequence[Target]) -> str:
        before, way = self._digest, cycle(ways)

        async def attempt(http: httpx2.AsyncClient) -> str:
            self._digest = before.copy()
            return await self._attempt(http, piece, next(way))

        return await self.client.beside(attempt)

    async def _attempt(self, http: httpx2.AsyncClient, piece: Piece, way: Target) -> str:
        request = http.build_request(
            "PUT",
            way.url,
            headers={**way.headers, "Content-Type": "text/csv", "Content-Length": str(piece.size)},
            content=self._chunks(piece),
            extensions=way.extensions,
        )
        try:
            response = await http.send(request, stream=True)
            try:
                await whole_body(response, LARGEST_ANSWER)
            finally:
                await response.aclose()
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise broken(error) from None
        check_taken(response)
        return response.headers.get("etag", "").removeprefix("W/").strip('"')

    async def _chunks(self, piece: Piece) -> AsyncIterator[bytes]:
        self.file.seek(piece.start)
        left = piece.stop - piece.start
        while left:
            chunk = await anyio.to_thread.run_sync(self.file.read, min(CHUNK, left))
            if not chunk:
                raise changed()
            self._digest.update(chunk)
            left -= len(chunk)
            yield chunk
            await self._tell(piece.stop - left)
        if piece.ending:
            yield piece.ending

    async def _tell(self, done: int) -> None:
        total = self.pieces[-1].stop
        if done == total or done - self._told >= max(CHUNK, total * STEP):
            self._told = done
            await self.client.report(done, total, f"{done:,} of {total:,} bytes")


def check_taken(response: httpx2.Response) -> None:
    """Whether the store took a piece.

    Raises:
        InvalidRequestError: It refused; 403 means that the address is too old.
        RedirectedError: It points elsewhere, where no file follows.
        ServiceError: It failed.
    """
    status = response.status_code
    if response.is_success:
        return
    if response.is_redirect or response.has_redirect_location or 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        raise RedirectedError(
            f"The store for the file answered with a redirect (HTTP {status}), which is not followed. {UNCHANGED}",
            next_step="Try again; a new address is asked for.",
        )
    if response.is_server_error or status == 429:  # noqa: PLR2004 - HTTP's own numbers
        raise ServiceError(f"The store for the file failed (HTTP {status}). {UNCHANGED}")
    why = ", as it does when its address has expired" if status == EXPIRED else ""
    raise InvalidRequestError(
        f"The store refused the file (HTTP {status}){why}. {UNCHANGED}",
        status=status,
        next_step="Call again; a new address is asked for.",
    )


def broken(error: Exception) -> CleverTapError:
    """A failure on the way to the store, without its words, which may hold the address."""
    kind = type(transport_error(error, left=not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)))
    where = {
        UnreachableError: "There is no connection to the store for the file",
        LostAnswerError: "The connection to the store for the file broke",
        UnreadableAnswerError: "The answer of the store for the file is damaged",
    }[kind]
    return kind(f"{where} ({type(error).__name__}). {UNCHANGED}")
