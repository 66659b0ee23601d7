"""An authorization server on loopback, for tests: its keys can change, and its tokens can be anything."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving

AUDIENCE = "https://mcp.example.com/mcp"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def new_key(algorithm: str = "ES256") -> PrivateKey:
    """A key that an algorithm signs with."""
    match algorithm:
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case "ES256" | "ES384" | "ES512":
            curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
            return ec.generate_private_key(curves[algorithm])
    return rsa.generate_private_key(65537, 2048)


def public_jwk(key: PrivateKey, algorithm: str = "ES256", **more: Any) -> dict[str, Any]:
    """What an issuer publishes of a key; None takes a member away."""
    made = get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)
    members = {**made, "use": "sig", **more}
    members.pop("key_ops", None)
    return {name: value for name, value in {**members, **more}.items() if value is not None}


def encoded(part: object) -> str:
    """A part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class AuthorizationServer:
    """An issuer.

    Args:
        key: What it signs with.
        published: Its key set, by kid.
        path: Where it lives on its host.
        asked: The paths that were asked, in their order.
        status: The status of every answer.
        metadata: What its metadata say that is not right.
    """

    key: PrivateKey = field(default_factory=new_key)
    published: list[dict[str, Any]] = field(default_factory=list)
    path: str = ""
    base: str = ""
    asked: list[str] = field(default_factory=list)
    status: int = 200
    metadata: dict[str, Any] = field(default_factory=dict)
    well_known: str = "/.well-known/oauth-authorization-server{path}"

    def __post_init__(self) -> None:
        self.published = [public_jwk(self.key, kid="k1")]

    @property
    def url(self) -> str:
        """Its issuer identifier."""
        return f"{self.base}{self.path}"

    @property
    def app(self) -> Starlette:
        """What answers."""
        return Starlette(routes=[Route("/{rest:path}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        documents: dict[str, dict[str, Any]] = {
            self.well_known.format(path=self.path): {
                "issuer": self.url,
                "jwks_uri": f"{self.base}/keys",
                **self.metadata,
            },
            "/keys": {"keys": self.published},
        }
        found = documents.get(request.url.path)
        return Response(status_code=404) if found is None else JSONResponse(found, self.status)

    def claims(self, **more: Any) -> dict[str, Any]:
        """What a good token says; None takes a claim away."""
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "exp": int(time.time()) + 600,
            "sub": "ana",
            "client_id": "desk",
            "scope": "clevertap:read clevertap:account:*",
            **more,
        }
        return {name: value for name, value in said.items() if value is not None}

    def token(
        self,
        key: PrivateKey | None = None,
        algorithm: str = "ES256",
        head: dict[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """A token, signed."""
        headers = {"kid": "k1", **(head or {})}
        return jwt.encode(self.claims(**more), key or self.key, algorithm, headers)


@contextmanager
def issuing(server: AuthorizationServer | None = None) -> Iterator[AuthorizationServer]:
    """An authorization server on a port of its own."""
    server = server or AuthorizationServer()
    with serving(cast("Sandbox", server)) as server.base:  # all that it needs is an application
        yield server
