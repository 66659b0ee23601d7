"""Tokens as the MCP SDK asks about them: our own by how they begin, all others an authorization server's."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings

from clevertap_mcp.auth.issuer import key_source
from clevertap_mcp.auth.jwt import SKEW, Jwts
from clevertap_mcp.auth.keys import Keys
from clevertap_mcp.auth.refused import Refusals, UnfitTokenError
from clevertap_mcp.auth.scopes import ENTRANCE, scopes_of, spelled_out
from clevertap_mcp.auth.tokens import Tokens
from clevertap_mcp.auth.tokens_file import MARK, Token
from clevertap_mcp.network import Issuer, Network

KEPT_NOWHERE = "-"
"""In place of the token: nobody behind the door needs it, so nobody can pass it on or write it down."""
NO_ISSUER = "http://localhost"
"""The SDK wants an issuer, and tells nobody of it where there is no metadata."""


class Verifier:
    """Who is behind each token.

    Args:
        tokens: The tokens of our own; None for none.
        jwts: The tokens of an authorization server; None for none.
        resource: The address that tokens are for, as clients know it; None where nobody is told.
        clock: The time of day in epoch seconds.
    """

    def __init__(
        self,
        tokens: Tokens | None,
        jwts: Jwts | None,
        resource: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._jwts = jwts
        self._resource = resource
        self._refusals = Refusals()

    @property
    def ready(self) -> bool:
        """Whether the file of tokens, if there is one, can be used."""
        return self._tokens is None or self._tokens.whole

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who has a token, and what they may do; None if it is good for nothing."""
        try:
            return self._own(token) if token.startswith(MARK) else await self._issued(token)
        except UnfitTokenError as error:
            self._refusals.tell(f"A token was refused: {error}.")
            return None

    def holder_now(self, holder: AccessToken) -> AccessToken | None:
        """What whoever came in with a token may do by now; None if they would not get in any more."""
        if holder.claims is not None:
            return holder if holder.expires_at is None or holder.expires_at > self._clock() else None
        entry = self._tokens.known(holder.client_id, holder.subject) if self._tokens is not None else None
        return None if entry is None else self._holder(entry)

    def _own(self, token: str) -> AccessToken:
        if self._tokens is None:
            raise UnfitTokenError("this server has none of its own")
        return self._holder(self._tokens.entry(token))

    def _holder(self, entry: Token) -> AccessToken:
        return AccessToken(
            token=KEPT_NOWHERE,
            client_id=entry.name,
            subject=entry.thumbprint,
            scopes=scopes_of(entry.access, entry.accounts),
            expires_at=None if entry.expires is None else ceil(entry.expires.timestamp()),
            resource=self._resource,
        )

    async def _issued(self, token: str) -> AccessToken:
        if self._jwts is None:
            raise UnfitTokenError("it is none of this server's own")
        claims = await self._jwts.claims(token)
        return AccessToken(
            token=KEPT_NOWHERE,
            client_id=claims.client or "",
            scopes=spelled_out(claims.scopes),
            expires_at=ceil(claims.exp + SKEW),
            resource=self._resource,
            subject=claims.sub,
            claims={"iss": claims.iss},
        )


def verifier_of(network: Network) -> Verifier:
    """The verifier that the operator's decisions make.

    Raises:
        ConfigurationError: The file of tokens is missing or malformed.
    """
    tokens = Tokens(network.tokens_file) if network.tokens_file else None
    return Verifier(tokens, jwts_of(network.issuer) if network.issuer else None, network.url)


def jwts_of(issuer: Issuer) -> Jwts:
    """The tokens of an issuer, with the keys that it publishes."""
    return Jwts(issuer, Keys(key_source(issuer)))


def auth_settings(network: Network) -> AuthSettings:
    """What the SDK asks of callers: a token that allows at least to read.

    Clients are told where to get one only if there is an authorization server.
    """
    issuer = network.issuer
    return AuthSettings.model_validate(
        {
            "issuer_url": issuer.url if issuer else NO_ISSUER,
            "resource_server_url": network.url if issuer else None,
            "required_scopes": [ENTRANCE],
            "validate_token_resource": issuer is not None,
        }
    )
