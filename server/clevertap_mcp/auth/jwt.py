"""Tokens of an authorization server: JSON Web Tokens that it signed, for this server, for now.

Nothing that stands in a token decides how it is checked: the algorithm must be one that the issuer's own key is for,
and keys or addresses of keys in its head are not looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from jwt import PyJWS, PyJWTError
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from clevertap_mcp.auth.key import ALGORITHMS, Key
from clevertap_mcp.auth.keys import Keys
from clevertap_mcp.auth.refused import UnfitTokenError
from clevertap_mcp.network import Issuer

LONGEST = 8 * 1024
"""Characters of a token."""
SKEW = 60.0
"""Seconds by which the issuer's clock and ours may differ."""
TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
"""What a token may say that it is; others are meant for something else, such as the end of a session."""

Clock = Callable[[], float]
Part = Annotated[str, Field(min_length=1)]


class Claims(BaseModel):
    """What a token says, as far as it matters here; times in seconds since 1970."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    iss: str
    aud: str | list[str]
    exp: FiniteFloat
    nbf: FiniteFloat | None = None
    iat: FiniteFloat | None = None
    sub: Part | None = None
    client_id: Part | None = None
    azp: Part | None = None
    scope: str = ""
    scp: str | list[str] = ""
    cnf: Any = None

    @property
    def client(self) -> str | None:
        """The program that the token was made for."""
        return self.client_id or self.azp

    @property
    def scopes(self) -> list[str]:
        """What the token allows."""
        more = self.scp.split() if isinstance(self.scp, str) else self.scp
        return list(dict.fromkeys([*self.scope.split(), *more]))


class Jwts:
    """The tokens of an issuer.

    Args:
        issuer: Whose tokens are taken, and for what audience.
        keys: The keys that it signs with.
        clock: Seconds since 1970.
    """

    def __init__(self, issuer: Issuer, keys: Keys, clock: Clock = time.time) -> None:
        self._issuer = issuer
        self._keys = keys
        self._clock = clock
        self._signatures = PyJWS(algorithms=ALGORITHMS)

    async def claims(self, token: str) -> Claims:
        """What a token says, once everything about it is right.

        Raises:
            UnfitTokenError: Something is not.
        """
        claims = claims_in(await self._signed(token))
        check_origin(claims, self._issuer)
        check_time(claims, self._clock())
        check_bearer(claims)
        return claims

    async def _signed(self, token: str) -> bytes:
        """What a token says, once its signature is right.

        Raises:
            UnfitTokenError: It is no token, not one of this issuer, or was changed.
        """
        if len(token) > LONGEST:
            raise UnfitTokenError("it is too long")
        try:
            head = self._signatures.get_unverified_header(token)
        except (PyJWTError, ValueError):  # not ASCII, for one
            raise UnfitTokenError("it is malformed") from None
        algorithm, kid = checked_algorithm(head), head.get("kid")

        def read_with(key: Key) -> bytes | None:
            fits = key.fits(algorithm) and kid in (None, key.kid)
            return self._read(token, key, algorithm) if fits else None

        payload = await self._keys.tried(read_with)
        if payload is None:
            raise UnfitTokenError("no key of the issuer that fits it has signed it")
        return payload

    def _read(self, token: str, key: Key, algorithm: str) -> bytes | None:
        """What a token says; None if it was not signed with this key."""
        try:
            payload = self._signatures.decode(token, key.public, algorithms=[algorithm])
        except (PyJWTError, ValueError):
            return None
        assert isinstance(payload, bytes)
        return payload


def checked_algorithm(head: dict[str, Any]) -> str:
    """The algorithm that a token's head names.

    Raises:
        UnfitTokenError: It is none that is taken, or the head asks for more than is understood here.
    """
    algorithm, kind = head.get("alg"), head.get("typ")
    if algorithm not in ALGORITHMS:
        raise UnfitTokenError("its algorithm is not taken")
    if (kind.lower() if isinstance(kind, str) else kind) not in TYPES:
        raise UnfitTokenError("it is a token for something else")
    if "crit" in head or "b64" in head:
        raise UnfitTokenError("its head asks for something that is not understood")
    return str(algorithm)


def claims_in(payload: bytes) -> Claims:
    """What a token says.

    Raises:
        UnfitTokenError: Something is missing or malformed.
    """
    try:
        return Claims.model_validate_json(payload)
    except ValidationError as error:
        place = error.errors(include_url=False, include_input=False)[0]["loc"]
        raise UnfitTokenError(f"its {place[0] if place else 'content'} is missing or malformed") from None


def check_origin(claims: Claims, issuer: Issuer) -> None:
    """Refuse what another issuer made, or what was made for another server.

    Raises:
        UnfitTokenError: It is such a token.
    """
    if claims.iss != issuer.url:
        raise UnfitTokenError("it is another issuer's")
    if issuer.audience not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
        raise UnfitTokenError("it is for another audience")


def check_time(claims: Claims, now: float) -> None:
    """Refuse what is over or has not begun.

    Raises:
        UnfitTokenError: It is such a token.
    """
    if claims.exp + SKEW <= now:
        raise UnfitTokenError("it has expired")
    if any(begin is not None and begin - SKEW > now for begin in (claims.nbf, claims.iat)):
        raise UnfitTokenError("it is not valid yet")


def check_bearer(claims: Claims) -> None:
    """Refuse what is nobody's, or bound to a key that whoever sends it would have to show.

    Raises:
        UnfitTokenError: It is such a token.
    """
    if claims.sub is None and claims.client is None:
        raise UnfitTokenError("it says neither whose it is nor for which client")
    if claims.cnf is not None:
        raise UnfitTokenError("it is bound to a key and cannot be taken as a bearer token")
