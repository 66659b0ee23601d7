"""Names that stand for personal data: the same value always has the same one, and only its key leads back.

A pseudonym is the value itself under authenticated deterministic encryption (AES-SIV, RFC 5297), so there is no table
to keep or lose, and nobody without the key can make one up or change one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

PREFIX: Final = "person_"
PSEUDONYM: Final = re.compile(r"person_[a-z2-7]{28,}")
"""What a pseudonym looks like; 28 letters are the 16 bytes of the tag and one of a value."""
LABEL: Final = b"clevertap-mcp pseudonyms 1\0"
KEY_BYTES: Final = 64
REMEMBERED: Final = 16_384
"""Values whose pseudonyms are kept at hand."""


class ForeignPseudonymError(ValueError):
    """Not a pseudonym of this project and key, or a garbled one."""


class Pseudonyms:
    """The pseudonyms of one project under one key.

    Args:
        key: The operator's secret.
        project: The project's account id; another project's pseudonyms differ, and are refused here.
    """

    def __init__(self, key: str | bytes, project: str) -> None:
        # Imported late: whoever shows personal data, or asks for help only, does not wait for it.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        secret = key.encode() if isinstance(key, str) else key
        derived = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=LABEL + project.encode()).derive(secret)
        self._cipher = AESSIV(derived)
        self.of: Callable[[str], str] = lru_cache(REMEMBERED)(self._made)
        """The pseudonym of a value, which may not be empty."""

    def value_of(self, pseudonym: str) -> str:
        """The value that a pseudonym stands for.

        Raises:
            ForeignPseudonymError: It is of another project or key, or not one at all.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above

        if not PSEUDONYM.fullmatch(pseudonym):
            raise ForeignPseudonymError("This is not a pseudonym.")
        try:
            value = self._cipher.decrypt(decoded(pseudonym), None).decode(errors="surrogatepass")
        except (InvalidTag, ValueError):
            raise ForeignPseudonymError("This pseudonym is of another project or key, or garbled.") from None
        return value

    def _made(self, value: str) -> str:
        return encoded(self._cipher.encrypt(value.encode(errors="surrogatepass"), None))


def encoded(data: bytes) -> str:
    """Bytes as a pseudonym: base 32 in small letters, without padding."""
    return PREFIX + base64.b32encode(data).decode().rstrip("=").lower()


def decoded(pseudonym: str) -> bytes:
    """The bytes of a pseudonym.

    Raises:
        ValueError: It is no base 32, or not the one spelling that these bytes have.
    """
    letters = pseudonym.removeprefix(PREFIX).upper()
    try:
        data = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if encoded(data) != pseudonym:
        raise ValueError("not the one spelling of these bytes")
    return data
