"""Who has a token of this server's own, what they may do, and until when.

The file is looked at with every request, so a token that is taken out or has expired stops working with the next one.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clevertap_mcp.auth.refused import UnfitTokenError
from clevertap_mcp.auth.tokens_file import TOKEN, VARIABLE, Token, TokensFileError, digest_of, parsed
from clevertap_mcp.variables import RIGHTS_OF_OTHERS

log = logging.getLogger(__name__)

SETTLED = 2.0
"""Seconds after which another change of a file is sure to have another time."""

Now = Callable[[], datetime]
Marks = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells one state of a file from another.

    Args:
        marks: The file itself, its size and its times.
        settled: Whether its next state is sure to differ in them: times of files are coarse.
    """

    marks: Marks
    settled: bool


def marks_of(status: os.stat_result) -> Marks:
    """The marks of a file's state."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class Tokens:
    """The tokens of a file as it is at each moment.

    Args:
        file: The file.
        now: The time.
        marks: What is looked at to see whether the file has changed.

    Raises:
        TokensFileError: There is no such file, or it is malformed.
    """

    def __init__(
        self,
        file: Path,
        now: Now = lambda: datetime.now(UTC),
        marks: Callable[[os.stat_result], Marks] = marks_of,
    ) -> None:
        self._file = file
        self._now = now
        self._marks = marks
        self._seen: Seen | None = None
        self._entries: tuple[Token, ...] = ()
        self._said: set[str] = set()
        self._fault: TokensFileError | None = None
        self._look()
        if self._fault is not None:
            raise self._fault

    @property
    def whole(self) -> bool:
        """Whether the file can be used as it is now; while it cannot, nobody gets in."""
        self._look()
        return self._fault is None

    def entry(self, token: str) -> Token:
        """The entry of a token.

        Raises:
            UnfitTokenError: There is none, or it has expired.
        """
        if not TOKEN.fullmatch(token):
            raise UnfitTokenError("it is malformed")
        self._look()
        digest, found = digest_of(token), None
        for entry in self._entries:  # to the end in any case: how long it takes tells nothing
            if hmac.compare_digest(entry.digest, digest):
                found = entry
        if found is None:
            raise UnfitTokenError("it is unknown, or was revoked")
        if found.expired(self._now()):
            raise UnfitTokenError(f"that of {found.name} has expired")
        return found

    def known(self, name: str, thumbprint: str | None) -> Token | None:
        """The entry of a token that was known before; None if it is gone or has expired."""
        self._look()
        found = next((entry for entry in self._entries if (entry.name, entry.thumbprint) == (name, thumbprint)), None)
        return None if found is None or found.expired(self._now()) else found

    def _look(self) -> None:
        """Read the file again if it may have changed."""
        try:
            marks = self._marks(self._file.stat())
            if self._seen is None or self._seen.marks != marks or not self._seen.settled:
                self._read()
        except OSError as error:
            self._seen = None
            self._close(TokensFileError(f"cannot be read ({error.strerror})"))
        except TokensFileError as error:
            self._close(error)

    def _read(self) -> None:
        """Read the file.

        Raises:
            OSError: It cannot be read.
            TokensFileError: It is malformed.
        """
        with self._file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            text = opened.read()
        seen = Seen(self._marks(status), settled=self._now().timestamp() - status.st_ctime > SETTLED)
        if self._seen is None or seen.marks != self._seen.marks:
            self._said.clear()
        self._seen = seen
        self._entries, self._fault = parsed(text), None
        for warning in warnings(status):
            self._say(logging.WARNING, warning)

    def _close(self, fault: TokensFileError) -> None:
        """Let nobody in."""
        self._entries, self._fault = (), fault
        self._say(logging.ERROR, f"{fault.message} Nobody with a token of this server's own gets in.")

    def _say(self, level: int, message: str) -> None:
        """Tell the operator, once for each state of the file."""
        if message not in self._said:
            self._said.add(message)
            log.log(level, "%s", message)


def warnings(status: os.stat_result) -> Iterator[str]:
    """What is risky about a file, though it can be used."""
    if os.name != "nt" and status.st_mode & RIGHTS_OF_OTHERS:
        yield f"The file of {VARIABLE} can be read by everybody, or written by others than its owner; chmod 600 it."
