"""What an event's folder is called: its name as far as a file may be called so.

What a file system or a shell would take for something else is percent-encoded, so the name can be read back; one that
is too long ends in a digest instead.
"""

from __future__ import annotations

from hashlib import sha256

UNSAFE = frozenset('/\\%:*?"<>|~')
LONGEST = 180
"""Bytes; file systems take 255, and a temporary name is longer."""
DIGITS = 16


def folder_name(event: str) -> str:
    """The folder of an event's files."""
    safe = "".join(spelled(letter, place) for place, letter in enumerate(event))
    if len(safe.encode()) <= LONGEST:
        return safe
    cut = safe.encode()[: LONGEST - DIGITS - 1].decode(errors="ignore")
    return f"{cut}~{sha256(event.encode(errors='surrogatepass')).hexdigest()[:DIGITS]}"


def spelled(letter: str, place: int) -> str:
    """A letter of a name, as it may stand at a place."""
    hidden = place == 0 and letter in ". "
    return encoded(letter) if hidden or is_unsafe(letter) else letter


def encoded(letter: str) -> str:
    """A letter percent-encoded, even one that no address needs encoded."""
    return "".join(f"%{byte:02X}" for byte in letter.encode(errors="surrogatepass"))


def is_unsafe(letter: str) -> bool:
    """Whether a letter means something to somebody, or cannot be seen."""
    return letter in UNSAFE or not (letter.isprintable() or letter == " ")
