"""What an authorization server tells about itself over HTTP: its metadata and its keys."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2

from clevertap_mcp.auth.key import Key, usable_keys
from clevertap_mcp.network import Issuer
from clevertap_mcp.variables import safe_url

LONGEST_WAIT = 5.0
"""Seconds for one answer, all of it."""
LARGEST_ANSWER = 1024 * 1024
"""Bytes of one answer."""
OK = 200

Fetch = Callable[[str], Awaitable[bytes]]
KeySource = Callable[[], Awaitable[Sequence[Key]]]


class IssuerError(Exception):
    """An authorization server does not say what is asked. The message holds nothing that it said."""


def key_source(issuer: Issuer, fetch: Fetch | None = None) -> KeySource:
    """Where the keys of an issuer are fetched.

    Args:
        issuer: The authorization server.
        fetch: How a document is fetched; over HTTP unless given.
    """
    get = fetch or fetched

    async def keys() -> Sequence[Key]:
        """The keys as they are now.

        Raises:
            IssuerError: They cannot be had.
        """
        document = await read(get, issuer.jwks_url or await jwks_url(issuer, get))
        entries = document.get("keys")
        if not isinstance(entries, list):
            raise IssuerError("its key set holds no list of keys")
        return tuple(usable_keys(entries))

    return keys


async def jwks_url(issuer: Issuer, fetch: Fetch) -> str:
    """Where the keys are, by the metadata.

    Raises:
        IssuerError: No metadata of this very issuer tell.
    """
    wrong = IssuerError("it has no metadata")
    for address in metadata_urls(issuer.url):
        try:
            return jwks_url_in(await read(fetch, address), issuer)
        except IssuerError as error:
            wrong = error
    raise wrong


def metadata_urls(issuer: str) -> Iterator[str]:
    """Where the metadata of an issuer may be: as RFC 8414 puts them, and as OpenID Connect does."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    yield f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}"
    yield f"{parts.scheme}://{parts.netloc}{path}/.well-known/openid-configuration"


def jwks_url_in(metadata: dict[str, Any], issuer: Issuer) -> str:
    """Where metadata say that the keys are.

    Raises:
        IssuerError: They are another issuer's, or name no address that is safe to ask.
    """
    if metadata.get("issuer") != issuer.url:
        raise IssuerError("its metadata name another issuer")
    try:
        return safe_url(str(metadata.get("jwks_uri")))
    except ValueError:
        raise IssuerError("its metadata name no safe address of its keys") from None


async def read(fetch: Fetch, url: str) -> dict[str, Any]:
    """A JSON document.

    Raises:
        IssuerError: It cannot be had, or is none.
    """
    try:
        document = json.loads(await fetch(url))
    except (ValueError, RecursionError):
        raise IssuerError("it answers something that is no JSON") from None
    if not isinstance(document, dict):
        raise IssuerError("it answers something that is no JSON object")
    return document


async def fetched(url: str) -> bytes:
    """A document over HTTP, without redirects: who is trusted is the address that was configured.

    Raises:
        IssuerError: It cannot be had in time, or is too large.
    """
    try:
        with anyio.fail_after(LONGEST_WAIT):
            # A proxy of the environment is for what leaves this machine.
            async with (
                httpx2.AsyncClient(timeout=LONGEST_WAIT, mounts={"http://": None}) as client,
                client.stream("GET", url, headers={"Accept": "application/json"}) as response,
            ):
                return await whole(response)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise IssuerError(f"it does not answer ({type(error).__name__})") from None


async def whole(response: httpx2.Response) -> bytes:
    """The body of a good answer.

    Raises:
        IssuerError: It is another answer, or too large.
    """
    if response.status_code != OK:
        raise IssuerError(f"it answers with status {response.status_code}")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise IssuerError(f"its answer is larger than {LARGEST_ANSWER} bytes")
    return bytes(body)
