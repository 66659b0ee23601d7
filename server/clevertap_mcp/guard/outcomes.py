"""What came of a launch, as the store has it: sealed with what the launch meant, of which the store has a digest only.

So whoever reads the store learns nothing that CleverTap answered, and whoever writes it makes no outcome up, unless
they know the call to the letter; whoever makes the same call again reads it without a key of their own.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, TypeVar

from pydantic_core import to_json

from clevertap_tools.action import Result

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

R = TypeVar("R", bound=Result)

PURPOSE = b"clevertap-mcp outcomes v1"
"""Sets the key apart from the digest by which the launch is found."""


def sealed(result: Result, meaning: str) -> str:
    """What came of a launch, for nobody but who means the same."""
    return lock(meaning).encrypt(whole(result)).decode()


def unsealed(outcome: str, meaning: str, kind: type[R]) -> R | None:
    """What came of a launch; None if it was not sealed so, or is of no such kind."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see below

    try:
        return kind.model_validate_json(lock(meaning).decrypt(outcome.encode()))
    except (InvalidToken, ValueError):
        return None


def lock(meaning: str) -> Fernet:
    """What seals the outcome of a launch that means this."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - the command line starts without it

    return Fernet(urlsafe_b64encode(hmac.digest(PURPOSE, meaning.encode(), "sha256")))


def whole(result: Result) -> bytes:
    """A result as JSON, with what no answer shows too, so that it can be read back as it was."""
    return to_json(dict(result), fallback=parts)


def parts(value: range) -> list[int]:
    """A range as `clevertap_tools.upload_result.rows` reads it."""
    return [value.start, value.stop, value.step]
