"""Files on their way in: the addresses that were given out for them, and what was put there.

They lie in temporary files of this process, not in the project's database: nobody needs them once they are read.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

STORAGE = "/_storage/"
IN_MEMORY = 1 << 20
"""Bytes of a file that are kept in memory; a longer one goes to the disk."""


def spool() -> IO[bytes]:
    """A file that goes to the disk only when it grows, and is gone when it is closed."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)


@dataclass(slots=True)
class Place:
    """One address that was given out, and what was put there."""

    expires: float
    file: IO[bytes] | None = None
    etag: str = ""

    def put(self, file: IO[bytes], etag: str) -> None:
        """Lay a file there; an earlier one is gone."""
        self.clear()
        self.file, self.etag = file, etag

    def clear(self) -> None:
        """Take away what lies there."""
        if self.file is not None:
            self.file.close()
        self.file = None


def _ticket(url: str) -> str:
    return url.partition(STORAGE)[2]


class Shelf:
    """The places that were given out and have not expired. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._uploads: dict[str, list[str]] = {}

    def reserve(self, now: float, life: float) -> str:
        """Give out the ticket of a new place: the end of its address."""
        ticket = f"{secrets.token_hex(16)}?X-Amz-Expires={life:.0f}&X-Amz-Signature={secrets.token_hex(32)}"
        with self._lock:
            self._forget(now)
            self._places[ticket] = Place(now + life)
        return ticket

    def _forget(self, now: float) -> None:
        """Throw away what has expired, and the ids of files of which a part has."""
        for late in [each for each, place in self._places.items() if place.expires <= now]:
            self._places.pop(late).clear()
        gone = [upload for upload, urls in self._uploads.items() if not all(map(self._has, urls))]
        for upload in gone:
            del self._uploads[upload]

    def _has(self, url: str) -> bool:
        return _ticket(url) in self._places

    def at(self, ticket: str) -> Place | None:
        """Find the place of a ticket, expired or not; None if none was given out."""
        with self._lock:
            return self._places.get(ticket)

    def of_url(self, url: object) -> Place | None:
        """Find the place of an address that was given out."""
        return self.at(_ticket(url)) if isinstance(url, str) else None

    def begin(self, urls: list[str]) -> str:
        """Give out an id for a file that comes in parts, one at each address."""
        upload = secrets.token_urlsafe(24)
        with self._lock:
            self._uploads[upload] = urls
        return upload

    def parts(self, upload: object) -> list[Place]:
        """Find the places of the parts of a file, in order; none if the id was not given out, or one has expired."""
        with self._lock:
            urls = self._uploads.get(upload, []) if isinstance(upload, str) else []
        places = [self.of_url(url) for url in urls]
        return [] if None in places else [place for place in places if place]

    def close(self) -> None:
        """Throw everything away."""
        with self._lock, ExitStack() as stack:
            for place in self._places.values():
                stack.callback(place.clear)
            self._places.clear()
            self._uploads.clear()
