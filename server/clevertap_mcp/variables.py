"""The rules that values of settings keep, whichever variable or file they stand in.

Every refusal reads on after the name of its setting, and none repeats the value.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr

from clevertap_tools.account import is_host, is_loopback, region_url

BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
UNEXPANDED = re.compile(r"\$\{.*\}", re.DOTALL)
ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What an account can be called, in the accounts file and wherever else it is named."""
RIGHTS_OF_OTHERS = 0o026
"""What makes a file of secrets risky: that all may read it, or anybody but its owner write it.

A group may read it: that is how Kubernetes hands a secret to a process that is not root."""
SHORTEST_KEY = 32
"""Characters of a key; `openssl rand -hex 32` makes one of 64."""
STORES = ("memory:", "sqlite:///", "redis://", "rediss://")
"""How the address of a store begins."""


def expanded(value: str) -> str:
    """A value that is there and is no `${...}` that a host left as it stood."""
    if not value.strip():
        raise ValueError("is empty; give it a value or unset it")
    if UNEXPANDED.search(value):
        raise ValueError("still reads ${...}: the host did not expand it; give it a value or unset it")
    return value


def unbroken(value: str) -> str:
    """A value without white space and control characters."""
    if BLANK_OR_CONTROL.search(expanded(value)):
        raise ValueError("holds white space or a control character; copy it again without them")
    return value


def header_safe(value: str) -> str:
    """A value that can travel in an HTTP header."""
    if not unbroken(value).isascii():
        raise ValueError("holds a character that no HTTP header carries; copy it again")
    return value


def known_region(value: str) -> str:
    """A region that has a host."""
    region_url(value)
    return value


def known_zone(value: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown; no plain name; the name of a folder of zones
        raise ValueError("is not an IANA time zone; use a name such as Europe/Berlin or UTC") from None


def long_enough(value: str) -> str:
    """A key that nobody guesses."""
    if len(unbroken(value)) < SHORTEST_KEY:
        raise ValueError(f"is shorter than {SHORTEST_KEY} characters; make one with: openssl rand -hex 32")
    return value


def file_path(value: str) -> Path:
    """A file by its full name, `~` for the home directory."""
    path = Path(expanded(value)).expanduser()
    if not path.is_absolute():
        raise ValueError("must be the full path of a file: hosts start servers in folders of their own")
    return path


def folder_path(value: str) -> Path:
    """A folder by its full name, `~` for the home directory."""
    path = Path(expanded(value)).expanduser()
    if not path.is_absolute() or not path.is_dir():
        raise ValueError("must be the full path of a folder that is there")
    return path


def readable_file(value: str) -> Path:
    """A file that is there, by its full name."""
    path = file_path(value)
    if not path.is_file():
        raise ValueError("must be the full path of a file that is there")
    return path


def safe_url(value: str) -> str:
    """An address that nobody between us and it can read or change: https, or http on this machine."""
    unbroken(value)
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises for a port that is none, in words that hold the value
    except ValueError:
        raise ValueError("must look like https://host/path") from None
    if (
        parts.scheme not in ("https", "http")
        or not is_host(parts.hostname or "")
        or any(mark in value for mark in "@?#")
    ):
        raise ValueError("must look like https://host/path, without user, query or fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("may use plain http only on loopback; use https")
    return value


def known_store(value: str) -> str:
    """The address of a store of a known kind."""
    if not unbroken(value).startswith(STORES):
        raise ValueError("must be memory:, sqlite:///FILE with a full path, redis://HOST or rediss://HOST")
    return value


def host_name(value: str) -> str:
    """A name or an address that a server can listen on."""
    if not is_host(unbroken(value)):
        raise ValueError("must be a host name or an IP address, such as 0.0.0.0")
    return value


def host_names(value: str) -> str:
    """Names of hosts with commas, each with or without a port."""
    for name in listed(unbroken(value)):
        try:
            parts = urlsplit(f"//{name}")
            parts.port  # noqa: B018 - see safe_url
        except ValueError:
            raise ValueError("must be host names with commas, each with or without :port") from None
        if not is_host(parts.hostname or "") or parts.netloc != name or "@" in name:
            raise ValueError("must be host names with commas, each with or without :port")
    return value


def origins(value: str) -> str:
    """Origins of web pages with commas."""
    for origin in listed(unbroken(value)):
        if urlsplit(safe_url(origin)).path:
            raise ValueError("must be origins with commas, such as https://app.example.com")
    return value


def listed(value: str) -> tuple[str, ...]:
    """The entries of a list with commas."""
    return tuple(value.split(","))


Text = Annotated[str, AfterValidator(unbroken)]
HeaderText = Annotated[str, AfterValidator(header_safe)]
HeaderSecret = Annotated[SecretStr, BeforeValidator(header_safe)]
Key = Annotated[SecretStr, BeforeValidator(long_enough)]
Unbroken = BeforeValidator(unbroken)
