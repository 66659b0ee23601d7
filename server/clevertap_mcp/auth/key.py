"""A public key that an authorization server signs with, and what it may be used for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
SIGNS: Mapping[tuple[str, str | None], tuple[str, ...]] = MappingProxyType(
    {
        ("RSA", None): RSA,
        ("EC", "P-256"): ("ES256",),
        ("EC", "P-384"): ("ES384",),
        ("EC", "P-521"): ("ES512",),
        ("OKP", "Ed25519"): ("EdDSA",),
    }
)
"""The algorithms of each type of key and curve: never one with a shared secret, never none at all."""
ALGORITHMS = tuple(name for names in SIGNS.values() for name in names)
SHORTEST_RSA = 2048
"""Bits of an RSA key."""
PUBLIC = ("kty", "crv", "n", "e", "x", "y")
"""All that is read of a key; among the rest may be addresses and certificates, which nobody here follows."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that tokens may be signed with.

    Args:
        kid: Its name at the issuer; None if it has none.
        algorithms: What it may be used with.
        public: The key.
    """

    kid: str | None
    algorithms: tuple[str, ...]
    public: PublicKey

    def fits(self, algorithm: str) -> bool:
        """Whether it may be used with an algorithm."""
        return algorithm in self.algorithms


def usable_keys(entries: Sequence[Any]) -> Iterator[Key]:
    """The keys of a key set that tokens may be signed with; the others are passed over."""
    for entry in entries:
        key = usable_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            yield key


def usable_key(entry: Mapping[str, Any]) -> Key | None:
    """A key of a key set; None if it is secret, not meant for signatures, too short or of a type that is not known."""
    algorithms = algorithms_of(entry)
    if not algorithms or "d" in entry or "k" in entry or not for_signatures(entry):
        return None
    public = public_key(entry, algorithms[0])
    kid = entry.get("kid")
    return None if public is None else Key(kid if isinstance(kid, str) else None, algorithms, public)


def algorithms_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What a key may be used with, by its type and by its own word."""
    kind, curve, said = entry.get("kty"), entry.get("crv"), entry.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    fitting = SIGNS.get((kind, curve), ())
    return fitting if said is None else tuple(name for name in fitting if name == said)


def for_signatures(entry: Mapping[str, Any]) -> bool:
    """Whether a key is meant for checking signatures, as far as it says."""
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def public_key(entry: Mapping[str, Any], algorithm: str) -> PublicKey | None:
    """The key itself; None if its figures make no key, or one that is too short."""
    try:
        public = PyJWK({name: entry[name] for name in PUBLIC if name in entry}, algorithm).key
    except (PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):  # what its figures can be is without end
        return None
    if isinstance(public, RSAPublicKey):
        return public if public.key_size >= SHORTEST_RSA else None
    return public if isinstance(public, EllipticCurvePublicKey | Ed25519PublicKey) else None
