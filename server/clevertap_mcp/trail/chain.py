"""A chain of lines, each sealed together with the one before it; pure, without files and clock.

A line is a JSON object that ends with its seal, `"mac"`: the HMAC-SHA256 over the seal of the line before and the
line's own bytes without its seal. The head says how far the chain reaches, and is sealed too. So nobody without the key
can change, leave out, move or cut off a line unnoticed.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

START = "0" * 64
"""Stands for the seal of the line before the first one."""
SEALED = re.compile(rb'(\{.+),"mac":"([0-9a-f]{64})"\}\n', re.DOTALL)
NUMBERED = re.compile(rb'\{"n":([1-9][0-9]{0,17}),')


class Fault(StrEnum):
    """What can be wrong with a chain."""

    CHANGED = "changed"
    MISSING = "missing"
    CUT_OFF = "cut_off"
    TORN = "torn"
    HEAD_BEHIND = "head_behind"
    HEAD_CHANGED = "head_changed"
    HEAD_MISSING = "head_missing"
    KEY = "key"


class BrokenChainError(Exception):
    """The chain does not hold.

    Args:
        fault: What is wrong.
        message: The same in words.
        line: The number of the line where it shows, counted from 1; None for the head.
    """

    def __init__(self, fault: Fault, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain reaches.

    Args:
        lines: How many lines there are.
        size: How many bytes they take.
        mac: The seal of the last one, in hexadecimal digits.
    """

    lines: int = 0
    size: int = 0
    mac: str = START

    def after(self, line: bytes, mac: str) -> Head:
        """The head once that line is the last one."""
        return Head(self.lines + 1, self.size + len(line), mac)


class Chain:
    """Makes and checks the lines of a chain.

    Args:
        key: The secret behind every seal; whoever knows it can make a chain that holds.
    """

    def __init__(self, key: bytes) -> None:
        self._line_key = derived(key, "lines")
        self._head_key = derived(key, "head")
        self._argument_key = derived(key, "arguments")

    def line(self, head: Head, entry: Mapping[str, JsonValue]) -> bytes:
        """The line that follows a head, with its number and its seal."""
        return sealed(self._line_key, head.mac, {"n": head.lines + 1, **entry})

    def follow(self, head: Head, line: bytes) -> Head:
        """The head after a line that is whole and follows.

        Raises:
            BrokenChainError: It is changed, or lines before it are missing.
        """
        mac = opened(self._line_key, head.mac, line)
        if mac is None:
            raise misfit(head, line)
        return head.after(line, mac)

    def written(self, head: Head) -> bytes:
        """A head as it stands in its file."""
        return sealed(self._head_key, START, {"lines": head.lines, "bytes": head.size, "digest": head.mac})

    def read(self, text: bytes) -> Head:
        """The head that stands in a file.

        Raises:
            BrokenChainError: The seal does not fit.
        """
        if opened(self._head_key, START, text) is None:
            raise BrokenChainError(Fault.HEAD_CHANGED, "The head is changed, or sealed with another key.")
        told = json.loads(text)
        return Head(told["lines"], told["bytes"], told["digest"])

    def digest(self, canonical: bytes) -> str:
        """What stands for arguments: 64 hexadecimal digits that tell nothing to anybody without the key."""
        return hmac.digest(self._argument_key, canonical, "sha256").hex()


def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, so that no seal passes for one of another kind."""
    return hmac.digest(key, f"clevertap-mcp audit {purpose}".encode(), "sha256")


def sealed(key: bytes, before: str, entry: Mapping[str, JsonValue]) -> bytes:
    """An entry as a line with its seal. ASCII only: every character of the text has one form."""
    bare = json.dumps(entry, separators=(",", ":"), allow_nan=False).encode("ascii").removesuffix(b"}")
    return b'%b,"mac":"%b"}\n' % (bare, mac_of(key, before, bare).encode("ascii"))


def opened(key: bytes, before: str, line: bytes) -> str | None:
    """The seal of a line, None if it does not fit."""
    parts = SEALED.fullmatch(line)
    if parts is None:
        return None
    mac = mac_of(key, before, parts[1])
    return mac if hmac.compare_digest(mac.encode("ascii"), parts[2]) else None


def mac_of(key: bytes, before: str, bare: bytes) -> str:
    """The seal of a line that stands there without it; the brace that closes it counts."""
    return hmac.digest(key, before.encode("ascii") + bare + b"}", "sha256").hex()


def misfit(head: Head, line: bytes) -> BrokenChainError:
    """Why a line does not follow a head."""
    wanted = head.lines + 1
    if not line:
        return BrokenChainError(Fault.CUT_OFF, f"The file ends after {figure(head.lines)}.", line=head.lines)
    number = NUMBERED.match(line)
    if number and int(number[1]) > wanted:
        gap = f"{figure(int(number[1]) - wanted)} missing before line {int(number[1])}."
        return BrokenChainError(Fault.MISSING, gap, line=wanted)
    return BrokenChainError(Fault.CHANGED, f"Line {wanted} is changed.", line=wanted)


def figure(lines: int) -> str:
    """A number of lines in words."""
    return "1 line" if lines == 1 else f"{lines} lines"
