"""Where a CleverTap project lives and as whom to call it (reference: data 1.1 and 1.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr

DEFAULT_REGION = "eu1"
LOOKS_LIKE = "must look like https://host or https://host:port"
HOST_NAME = re.compile(r"[A-Za-z0-9._-]+")
NUMBERED = re.compile(r"[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*")
HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "in1": "in1.api.clevertap.com",
        "sg1": "sg1.api.clevertap.com",
        "us1": "us1.api.clevertap.com",
        "aps3": "aps3.api.clevertap.com",
        "mec1": "mec1.api.clevertap.com",
        "eu1": "api.clevertap.com",
    }
)
"""The published regions. Europe is the bare host."""
LEGACY_HOSTS: Mapping[str, str] = MappingProxyType({"sk1": "sk1.api.clevertap.com"})
"""Accepted when configured, never suggested: no longer in CleverTap's table."""


@dataclass(frozen=True, slots=True)
class Account:
    """One CleverTap project and the right to call it.

    Args:
        id: The project id, sent as `X-CleverTap-Account-Id`. Its shape is CleverTap's business.
        passcode: The secret, sent as `X-CleverTap-Passcode`; never printed.
        base_url: Scheme and host that every call goes to, without a trailing slash.
        token: The account token, for the few calls that ask for `X-CleverTap-Token`; never printed either.
        zone: The project's time zone; None when the operator has not named it.
        entry: What its table in the operator's file of accounts is called; empty where variables say all of this.
    """

    id: str
    passcode: SecretStr
    base_url: str = f"https://{HOSTS[DEFAULT_REGION]}"
    token: SecretStr | None = None
    zone: ZoneInfo | None = None
    entry: str = field(default="", compare=False)

    def setting(self, key: str) -> str:
        """Where the operator sets something of it, such as the passcode: a variable, or a key of its table."""
        return f"accounts.{self.entry}.{key}" if self.entry else f"CLEVERTAP_{key.upper()}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen outside the headers of a call."""
        return tuple(secret.get_secret_value() for secret in (self.passcode, self.token) if secret)

    def without_secrets(self, text: bytes) -> bytes:
        """What a host said, without our secrets: some repeat in an answer what they were asked with."""
        for spelling in spelled(self.secrets):
            text = text.replace(spelling, b"[secret]")
        return text

    @property
    def region(self) -> str | None:
        """The region that the base URL belongs to, None when it is nobody's."""
        host = urlsplit(self.base_url).hostname
        return next((name for name, known in {**HOSTS, **LEGACY_HOSTS}.items() if known == host), None)


@lru_cache
def spelled(secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """All ways in which some secrets are written, the longest first."""
    found = {spelling.encode() for secret in secrets for spelling in spellings(secret)}
    return tuple(sorted(found, key=len, reverse=True))


def spellings(secret: str) -> Iterator[str]:
    """The ways in which an address, JSON, a web page or a log of headers writes a secret."""
    for written in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], escape(secret)):
        yield from (written, written.lower(), written.upper())


def region_url(region: str) -> str:
    """The base URL of a region.

    Raises:
        ValueError: The region is not known.
    """
    host = HOSTS.get(region) or LEGACY_HOSTS.get(region)
    if host is None:
        raise ValueError(f"is not a CleverTap region; choose one of {', '.join(HOSTS)}")
    return f"https://{host}"


def checked_base_url(url: str) -> str:
    """The same base URL without its trailing slash, if passcodes may travel to it.

    Raises:
        ValueError: It is no bare http(s) address, or plain http to a machine that is not this one.
    """
    if not url.isprintable() or "\\" in url or " " in url:
        raise ValueError("holds characters that no address has")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none, in words that hold the value
    except ValueError:
        raise ValueError(LOOKS_LIKE) from None
    if parts.scheme not in ("https", "http") or not is_host(parts.hostname or ""):
        raise ValueError(LOOKS_LIKE)
    if any(mark in url for mark in "@?#") or parts.path not in ("", "/"):
        raise ValueError("must be scheme and host only, without user, path or query")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("may use plain http only on loopback; use https")
    return url.rstrip("/")


def is_host(name: str) -> bool:
    """Whether a text can be the name or the address of a host."""
    if not NUMBERED.fullmatch(name):
        return HOST_NAME.fullmatch(name) is not None
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
