"""The seal on what travels with a question to a host and back, which every replica can break that has the same key."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mcp.server.request_state import RequestStateSecurity
from pydantic import SecretStr

PURPOSE = b"clevertap-mcp questions v1"
"""So that who learns this key, or that of pseudonyms, knows no other that is made of the same secret."""


def sealed_with(secret: SecretStr) -> RequestStateSecurity:
    """Seals as the SDK does, with a key that hangs on nothing but a secret: no store has to keep it.

    Args:
        secret: What all replicas have in common.
    """
    derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.get_secret_value().encode())
    return RequestStateSecurity(keys=[derived])
