"""The command `audit verify`: whether the audit log is whole, as text or JSON, and as an exit status."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from filelock import Timeout

from clevertap_mcp.commands.exits import DONE, FAILED, WRONG_USAGE, complain, say
from clevertap_mcp.commands.printing import show
from clevertap_mcp.trail.chain import BrokenChainError, Chain, Fault, Head, figure
from clevertap_mcp.trail.files import LONGEST_WAIT, head_of, lock_of, stored_key

TORN = "The last line is torn: its writer was stopped in the middle. The next write cuts it off and says so in the log."
SET_KEY = "If it is sealed with a key of yours, set CLEVERTAP_AUDIT_KEY to that."
WRONG_KEY = f"Neither the first line nor the head fits the key: it is another key, or both are changed. {SET_KEY}"


def verify_audit(file: Path, key: bytes | None, *, compact: bool, longest_wait: float = LONGEST_WAIT) -> int:
    """Print whether a log is whole, else what is wrong with it, and tell the exit status.

    The status is 0 if it is whole, 1 if it is not, and 2 if it cannot be read.

    Args:
        file: The log.
        key: What its lines are sealed with; None for the key in the file beside it.
        compact: As JSON in one line.
        longest_wait: Seconds to wait for a process that writes.
    """
    try:
        verdict = examine(file, key, longest_wait)
    except Timeout:
        complain("The audit log cannot be read: another process has held it for too long.")
    except OSError as error:
        complain(f"The audit log {file} cannot be read: {error.strerror or type(error).__name__}.")
    except BrokenChainError as error:
        complain(f"The audit log {file} cannot be read. {error.message} {SET_KEY}")
    else:
        tell(verdict, compact=compact)
        return DONE if verdict.whole else FAILED
    return WRONG_USAGE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a log.

    Args:
        fault: The machine's word for it.
        message: The same in words.
        line: The number of the line where it shows, counted from 1; None if it is no line's.
    """

    fault: Fault
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a log stands.

    Args:
        lines: How many whole lines its file has.
        findings: What is wrong.
        ahead: Whether the last line is not in the head yet: its writer was stopped, and the next one puts it there.
    """

    lines: int
    findings: tuple[Finding, ...] = ()
    ahead: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


class Walk:
    """A log as it is read from its first line to its last, up to the first one that does not follow."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.lines = 0
        self.before = self.reached = Head()
        self.finding: Finding | None = None

    def take(self, line: bytes) -> None:
        """Go on with the next line."""
        self.lines += line.endswith(b"\n")
        if self.finding is None:
            self.finding = self._follow(line)

    def _follow(self, line: bytes) -> Finding | None:
        if not line.endswith(b"\n"):
            return Finding(Fault.TORN, TORN, self.reached.lines + 1)
        try:
            self.before, self.reached = self.reached, self._chain.follow(self.reached, line)
        except BrokenChainError as error:
            return Finding(error.fault, error.message, error.line)
        return None


def examine(file: Path, key: bytes | None, longest_wait: float = LONGEST_WAIT) -> Verdict:
    """How a log stands, read from beginning to end.

    Raises:
        OSError: It cannot be read, or there is none.
        BrokenChainError: Its key cannot be read.
    """
    with unmoved(file, longest_wait), opened(file) as log:
        chain = Chain(key or stored_key(file))
        walk = Walk(chain)
        for line in log:
            walk.take(line)
        return judge(walk, chain, head_of(file))


def judge(walk: Walk, chain: Chain, file: Path) -> Verdict:
    """What the lines and the file of their head say together."""
    try:
        return compare(walk, chain.read(file.read_bytes()))
    except FileNotFoundError:
        wrong = Finding(Fault.HEAD_MISSING, "The head is missing.")
    except BrokenChainError as error:
        wrong = Finding(error.fault, error.message)
    if walk.finding is None:
        return Verdict(walk.lines, (wrong,))
    if wrong.fault is Fault.HEAD_CHANGED and (walk.finding.fault, walk.finding.line) == (Fault.CHANGED, 1):
        return Verdict(walk.lines, (Finding(Fault.KEY, WRONG_KEY),))
    return Verdict(walk.lines, (walk.finding, wrong))


def compare(walk: Walk, head: Head) -> Verdict:
    """What the lines and a head that is sealed say together."""
    says = f"the head says {figure(head.lines)}, the file has {walk.lines}"
    if walk.lines < head.lines and (walk.finding is None or walk.finding.fault is Fault.TORN):
        return Verdict(walk.lines, (Finding(Fault.CUT_OFF, f"Lines are cut off at the end: {says}."),))
    if walk.finding:
        return Verdict(walk.lines, (walk.finding,))
    if head in (walk.reached, walk.before):
        return Verdict(walk.lines, ahead=head != walk.reached)
    if walk.lines > head.lines:
        return Verdict(walk.lines, (Finding(Fault.HEAD_BEHIND, f"The head is older than the log: {says}."),))
    return Verdict(walk.lines, (Finding(Fault.HEAD_CHANGED, "The head is of another log, sealed with the same key."),))


def unmoved(file: Path, longest_wait: float) -> AbstractContextManager[object]:
    """Keep writers out while a log is read. A copy, which has no lock, has none, and reading leaves nothing behind."""
    lock = lock_of(file, longest_wait)
    return lock if os.access(lock.lock_file, os.W_OK) else nullcontext()


def opened(file: Path) -> BinaryIO:
    """The log; an empty one if only its head is there.

    Raises:
        OSError: It cannot be read.
    """
    if head_of(file).exists() and not file.exists():
        return BytesIO()
    return file.open("rb")


def tell(verdict: Verdict, *, compact: bool) -> None:
    """Print how a log stands."""
    if compact:
        show({"lines": verdict.lines, "whole": verdict.whole, "findings": told(verdict)}, compact=True)
        return
    head = "its last line is not in the head yet; the next write puts it there" if verdict.ahead else "head agrees"
    say(f"{figure(verdict.lines)}, " + (f"whole; {head}." if verdict.whole else "not whole."))
    for finding in verdict.findings:
        say(finding.message)


def told(verdict: Verdict) -> list[dict[str, str | int]]:
    """What is wrong, as programs read it."""
    findings = map(asdict, verdict.findings)
    return [{name: value for name, value in finding.items() if value is not None} for finding in findings]
