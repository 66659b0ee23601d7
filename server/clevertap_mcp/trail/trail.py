"""The trail: an append-only log with a line for everything that was done, planned or refused.

The lines make a chain (see `chain`). The head of the chain stands in a file of its own beside the log, as do the key,
unless the operator gives one, and the lock over the processes that share the log. A line is on the disk before its head
is, so whatever stops a writer leaves something that the next one can mend; it mends nothing else.

Who can write the files and has the key can forge the log, and who puts back an older log together with its older head
is noticed only by the processes that have seen the newer one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import anyio
import anyio.to_thread
from filelock import Timeout
from pydantic import JsonValue

from clevertap_mcp.refusals import SpentError, TrailError
from clevertap_mcp.trail.chain import BrokenChainError, Chain, Fault, Head
from clevertap_mcp.trail.durable import appending, put, replace, sync_folder
from clevertap_mcp.trail.files import LONGEST_WAIT, head_of, key_beside, locked
from clevertap_mcp.trail.quota import Quota, Sends, stamp

LOG = "audit.jsonl"
SANDBOX_LOG = "audit-sandbox.jsonl"
"""What is done to the sandbox inside this process has no place among what was done to real accounts."""


class Trail:
    """The audit log of this process and of all others that write to the same file.

    Args:
        file: The log; it is made on first use, with its folder, for this user alone.
        key: What the lines are sealed with; without it a random key in a file beside the log.
        clock: Tells the time in epoch seconds.
        longest_wait: Seconds to wait for another process that writes.
    """

    def __init__(
        self,
        file: Path,
        *,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._file = file
        self._key = key
        self._clock = clock
        self._longest_wait = longest_wait
        self._chain: Chain | None = None
        self._seen = Head()
        self._last = b""
        self._sends = Sends()
        self._turn = anyio.CapacityLimiter(1)

    async def write(
        self, entry: Mapping[str, JsonValue], quota: Quota | None = None, arguments: bytes | None = None
    ) -> None:
        """Add a line with its number, the time and a seal; when this returns, it is on the disk.

        A line that has been begun is finished even if the task is cancelled: it is there whole or not at all.

        Args:
            entry: What the line shall say, without personal data and secrets, and without `n`, `time` and `mac`.
            quota: Write only if there is room for it. Sends are made by a line with the event `started` and how many in
                `sends` (true is one); they do not count once a line `done` with the same `call` has the outcome
                `refused` or `failed`.
            arguments: What the line shall hold a digest of.

        Raises:
            TrailError: The line cannot be written, or the log is damaged; then the action must not be done.
            SpentError: The quota is used up.
        """
        await anyio.to_thread.run_sync(partial(self._write, dict(entry), quota, arguments), limiter=self._turn)

    async def check(self) -> None:
        """Find out whether lines can be written, without writing one; a log that has not begun is begun, empty.

        Raises:
            TrailError: They cannot, or the log is damaged.
        """
        await anyio.to_thread.run_sync(self._check, limiter=self._turn)

    def digest(self, canonical: bytes) -> str:
        """What stands in the log for arguments: 64 hexadecimal digits that nobody without the key can guess from.

        Args:
            canonical: The arguments in the one form that equal arguments share.

        Raises:
            TrailError: The key cannot be read or made.
        """
        return self._opened().digest(canonical)

    def _opened(self) -> Chain:
        if self._chain is None:
            with telling(), locked(self._file, self._longest_wait):
                self._chain = Chain(self._key or key_beside(self._file))
        return self._chain

    def _check(self) -> None:
        chain = self._opened()
        with telling(), locked(self._file, self._longest_wait), appending(self._file) as log:
            self._catch_up(log, chain)

    def _write(self, entry: dict[str, JsonValue], quota: Quota | None, arguments: bytes | None) -> None:
        chain = self._opened()
        if arguments is not None:
            entry["digest"] = chain.digest(arguments)
        with telling(), locked(self._file, self._longest_wait), appending(self._file) as log:
            self._catch_up(log, chain)
            if quota and (used := self._sends.count(quota.account, quota.since)) + quota.wanted > quota.most:
                raise SpentError(used, quota.most, stamp(quota.since), quota.wanted)
            self._append(log, chain, entry)

    def _catch_up(self, log: BinaryIO, chain: Chain) -> None:
        """Read what others have written, and mend what one of them left undone."""
        head = self._head(log, chain)
        log.seek(self._seen.size - len(self._last))
        if log.read(len(self._last)) != self._last:
            raise BrokenChainError(Fault.CUT_OFF, "Its last line is changed or cut off.", line=self._seen.lines)
        while self._seen.size < head.size:
            self._take(chain, log.readline())
        if self._seen != head:
            raise BrokenChainError(Fault.HEAD_CHANGED, "Its head does not fit the lines that were read.")
        if rest := log.read():
            self._mend(log, chain, rest)

    def _head(self, log: BinaryIO, chain: Chain) -> Head:
        """The head in its file; an empty log gets its first one."""
        file = head_of(self._file)
        with suppress(FileNotFoundError):
            return chain.read(file.read_bytes())
        if self._seen.lines or log.seek(0, os.SEEK_END):
            raise BrokenChainError(Fault.HEAD_MISSING, "Its head is missing.")
        replace(file, chain.written(Head()))
        return Head()

    def _take(self, chain: Chain, line: bytes) -> None:
        self._seen = chain.follow(self._seen, line)
        self._last = line
        self._sends.take(line)

    def _mend(self, log: BinaryIO, chain: Chain, rest: bytes) -> None:
        """Go on after a writer that was stopped: before the new head, or in the middle of a line."""
        if b"\n" in rest:
            replace(head_of(self._file), chain.written(chain.follow(self._seen, rest)))
            self._take(chain, rest)
        else:
            os.ftruncate(log.fileno(), self._seen.size)
            self._append(log, chain, {"event": "recovered", "cut": len(rest)})

    def _append(self, log: BinaryIO, chain: Chain, entry: dict[str, JsonValue]) -> None:
        line = chain.line(self._seen, {"time": stamp(self._clock()), **entry})
        try:
            put(log.fileno(), line)
            replace(head_of(self._file), chain.written(chain.follow(self._seen, line)))
        except OSError:
            with suppress(OSError):  # what stays is for the next writer to mend
                os.ftruncate(log.fileno(), self._seen.size)
            raise
        self._take(chain, line)
        sync_folder(self._file.parent)


def default_file(name: str = LOG) -> Path:
    """Where the log is unless the operator says so: in the folder for the state of this user's programs."""
    from platformdirs import user_state_path  # noqa: PLC0415 - only needed where no file is given

    return user_state_path("clevertap-mcp", appauthor=False) / name


@contextmanager
def telling() -> Iterator[None]:
    """Let every failure end as one that says what the operator can do, without the name of a file."""
    try:
        yield
    except Timeout:
        raise TrailError.unwritable("another process has held it for too long") from None
    except OSError as error:
        raise TrailError.unwritable(error.strerror or type(error).__name__) from None
    except BrokenChainError as error:
        raise TrailError.damaged(error.message) from None
