"""Where CleverTap wants a file to be put, and whether one may be put there (reference: data 10.1, 10.3).

Whoever can speak in CleverTap's name could point anywhere. A file goes only to a public https address, and to the very
one that was looked at: the name is not resolved a second time. The sandbox alone, on this machine, is its own store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx2
from pydantic import SecretStr

from clevertap_tools import wire
from clevertap_tools.account import is_host, is_loopback
from clevertap_tools.client import Client
from clevertap_tools.errors import UnreachableError, UnreadableAnswerError
from clevertap_tools.wire import Answer, JsonObject

LONGEST = 8_192
PORTS = {"https": 443, "http": 80}
SHORTEST_SECRET = 8
PLAIN = re.compile(rb"[A-Za-z0-9]")
STEP = r"(?:[/;]|%(?:25)*(?:2f|3b|5c))"
DOTS = re.compile(rf"{STEP}(?:\.|%(?:25)*2e){{1,2}}(?:{STEP}|$)", re.IGNORECASE)
"""A step of a path that leads elsewhere, also where a host would see one only after decoding it."""
WORLD = IPv6Network("2000::/3")
"""All that is given out of IPv6; the rest is private, retired or not in use yet."""
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks that have only IPv6 write them."""
UNSAFE = "CleverTap named an address for the file where none is sent: {}. Nothing was sent."
NEXT = "Try again; if it stays so, tell CleverTap's support."


class UnsafeAddressError(UnreadableAnswerError):
    """The address that CleverTap named is not one that a file may go to."""

    code = "unsafe_address"
    quotes = False
    lasting = True
    next_step = NEXT


@dataclass(frozen=True, slots=True)
class Presigned:
    """One address for a file. Whoever has it can put a file there, so it is never printed."""

    secret: SecretStr

    @property
    def url(self) -> httpx2.URL:
        """The address."""
        return httpx2.URL(self.secret.get_secret_value())


def read_presigned(answer: Answer) -> Presigned:
    """The address for a whole file.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    return presigned(wire.read_envelope(answer).get("presignedS3URL"))


def read_parts(answer: Answer) -> tuple[str, list[Presigned]]:
    """The id of an upload in parts and the addresses of the parts, however they are listed.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    body = wire.read_envelope(answer)
    upload = body.get("uploadId")
    if not isinstance(upload, str | int) or not upload:
        raise UnreadableAnswerError("CleverTap's answer names no id for the parts.")
    return str(upload), list(map(presigned, urls(body)))


def urls(body: JsonObject) -> Sequence[Any]:
    """The addresses of an answer: texts, or in objects that number them."""
    for listed in (value for value in body.values() if isinstance(value, list) and value):
        if all(isinstance(each, str) for each in listed):
            return listed
        if all(isinstance(each, dict) for each in listed):
            ordered = sorted(listed, key=lambda each: wire.natural(each.get("partNumber")) or 0)
            return [next((text for text in each.values() if looks_like_url(text)), None) for each in ordered]
    return ()


def looks_like_url(value: object) -> bool:
    """Whether it begins like an address."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def presigned(url: object) -> Presigned:
    """An address of an answer.

    Raises:
        UnreadableAnswerError: It is none.
    """
    if not isinstance(url, str) or not url:
        raise UnreadableAnswerError("CleverTap's answer names no address for the file.")
    return Presigned(SecretStr(url))


def without(answer: Answer, places: Sequence[Presigned]) -> Answer:
    """An answer without what it repeats of these addresses, in whatever spelling."""
    secrets = {secret for place in places for secret in secrets_of(place)}
    body = answer.body
    for secret in sorted(secrets, key=len, reverse=True):
        body = any_spelling(secret).sub(b"[secret]", body)
    return replace(answer, body=body)


def secrets_of(place: Presigned) -> Iterator[bytes]:
    """The parts of an address that give it away, decoded: all of it, its query, and every value there.

    Short values and numbers give nothing away, and may stand in an answer for something else.
    """
    text = place.secret.get_secret_value()
    query = text.partition("?")[2]
    values = (pair.partition("=")[2] or pair for pair in query.split("&"))
    yield unquote_to_bytes(text)
    yield from (
        secret
        for secret in map(unquote_to_bytes, (query, *values))
        if len(secret) >= SHORTEST_SECRET and not secret.isdigit()
    )


def any_spelling(secret: bytes) -> re.Pattern[bytes]:
    """A secret as an address, JSON or a web page write it, in any case of letters."""
    return re.compile(b"".join(map(spelled, re.findall(rb"(?s).", secret))), re.IGNORECASE)


def spelled(character: bytes) -> bytes:
    """One character of a secret; letters and digits have but one spelling."""
    if PLAIN.match(character):
        return character
    number = f"{ord(character):02x}".encode()
    space = rb"|\s" if character == b"+" else rb"|\+" if character == b" " else b""
    return rb"(?:\\{0,2}%b|%%(?:25)*%b|\\{1,2}u00%b|&#?\w{2,6};%b)" % (re.escape(character), number, number, space)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that a file may go to, with the host's name settled.

    Args:
        url: The address, with an IP in place of the name where it was resolved.
        host: The host as it was named.
        pinned: Whether the name was resolved.
    """

    url: httpx2.URL
    host: str
    pinned: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """The name, for whoever serves many."""
        port = self.url.port
        named = f"[{self.host}]" if ":" in self.host else self.host
        return {"Host": f"{named}:{port}" if port else named} if self.pinned else {}

    @property
    def extensions(self) -> dict[str, Any]:
        """The name that the certificate has to bear."""
        return {"sni_hostname": self.host} if self.pinned else {}


async def targets(client: Client, place: Presigned) -> list[Target]:
    """The addresses at which the host that CleverTap named may be reached.

    Raises:
        UnsafeAddressError: It is not one that a file may go to.
        UnreachableError: Its name has no address.
    """
    url = parsed(place)
    host = url.raw_host.decode("ascii")
    if is_sandbox(url, client.account.base_url):
        return [Target(url, host, pinned=False)]
    if url.scheme != "https":
        raise UnsafeAddressError(UNSAFE.format("it is no https"))
    try:
        with client.within_deadline():
            found = list(map(ip_address, await client.resolve(host, url.port or PORTS["https"])))
    except (OSError, ValueError):
        raise UnreachableError("The host that CleverTap named for the file has no address.") from None
    if not found:
        raise UnreachableError("The host that CleverTap named for the file has no address.")
    if not all(map(is_public, found)):
        raise UnsafeAddressError(UNSAFE.format("it lies in a private network"))
    return [Target(url.copy_with(host=str(each)), host) for each in sorted(found, key=lambda each: each.version)]


def parsed(place: Presigned) -> httpx2.URL:
    """An address as the HTTP library reads it, if there is but one way to read it.

    Raises:
        UnsafeAddressError: There is not.
    """
    text = place.secret.get_secret_value()
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or set(text) & {" ", "\\", "#"}:
        raise UnsafeAddressError(UNSAFE.format("it holds what no address has"))
    try:
        url = place.url
        host = url.raw_host.decode("ascii")
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise UnsafeAddressError(UNSAFE.format("it cannot be read")) from None
    if url.scheme not in PORTS or url.userinfo or "@" in text.partition("?")[0] or not is_host(host):
        raise UnsafeAddressError(UNSAFE.format("it is no plain address"))
    if DOTS.search(text.partition("?")[0]):
        raise UnsafeAddressError(UNSAFE.format("its path has steps that lead elsewhere"))
    return url


def is_sandbox(url: httpx2.URL, base_url: str) -> bool:
    """Whether an address is on the account's own host, and that is this machine."""
    base = httpx2.URL(base_url)
    return is_loopback(base.host) and origin(url) == origin(base)


def origin(url: httpx2.URL) -> tuple[str, str, int]:
    """What makes two addresses the same host."""
    return url.scheme, url.host, url.port or PORTS.get(url.scheme, 0)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is on the open internet, also where it is one of IPv4 in another's clothes."""
    beyond = isinstance(address, IPv6Address) and address not in WORLD
    if beyond or address.is_multicast or address.is_reserved or not address.is_global:
        return address in TRANSLATED and is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    inner = inner_address(address) if isinstance(address, IPv6Address) else None
    return inner is None or is_public(inner)


def inner_address(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that one of IPv6 leads to."""
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
