"""The file of this server's own tokens: what an entry says, and what is wrong with one that says it badly.

A TOML file with a table for each token:

    [[token]]
    name = "ana"
    hash = "sha256:..."
    accounts = ["shop-eu"]
    access = "read"
    expires = 2027-01-31T00:00:00Z
"""

from __future__ import annotations

import re
import secrets
import tomllib
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from clevertap_mcp.auth.scopes import EVERY
from clevertap_mcp.guard.access import Access
from clevertap_mcp.variables import ACCOUNT_NAME
from clevertap_tools.errors import ConfigurationError

VARIABLE = "CLEVERTAP_MCP_TOKENS_FILE"
MARK = "ctmcp_"
"""How a token of ours begins."""
RANDOM_BYTES = 32
TOKEN = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ALGORITHM = "sha256:"
DIGEST = rf"^{ALGORITHM}[0-9a-f]{{64}}$"
THUMBPRINT = 12
"""Hexadecimal digits."""


def new_token() -> str:
    """A token that nobody guesses."""
    return MARK + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(token: str) -> str:
    """What the file keeps of a token.

    A token holds 256 random bits, so that nobody can try them all; a slow digest, as for passwords, would gain nothing.
    """
    return f"{ALGORITHM}{sha256(token.encode()).hexdigest()}"


def token_name(value: str) -> str:
    """A name that can stand in a log, and is no token that was put in the wrong place."""
    if not NAME.fullmatch(value) or value.startswith(MARK):
        raise ValueError("is not a name: 1 to 64 letters, digits, dots, dashes or underscores")
    return value


def account_name(value: str) -> str:
    """The name of an account here, or the mark for all."""
    if value != EVERY and not ACCOUNT_NAME.fullmatch(value):
        raise ValueError('must list names of accounts, or "*" for all')
    return value


class Token(BaseModel):
    """An entry of the file."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, AfterValidator(token_name)]
    digest: str = Field(alias="hash", pattern=DIGEST)
    accounts: tuple[Annotated[str, AfterValidator(account_name)], ...] = Field(min_length=1, strict=False)
    access: Access = Field(strict=False)
    expires: AwareDatetime | None = None

    @property
    def thumbprint(self) -> str:
        """The beginning of its digest: tells it from an earlier or later token of the same name."""
        return self.digest.removeprefix(ALGORITHM)[:THUMBPRINT]

    def expired(self, now: datetime) -> bool:
        """Whether it has stopped working."""
        return self.expires is not None and self.expires <= now


class TokensFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    token: tuple[Token, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def each_once(self) -> TokensFile:
        """No two entries have the same name or the same token."""
        for field in ("name", "digest"):
            seen = [getattr(entry, field) for entry in self.token]
            for number, value in enumerate(seen):
                if value in seen[:number]:
                    raise ValueError(
                        f"token {number + 1} has the same {'hash' if field == 'digest' else field} as another"
                    )
        return self


class TokensFileError(ConfigurationError):
    """The file of tokens cannot be used. The message names the entry and its field, and no value."""

    def __init__(self, message: str) -> None:
        super().__init__(f"The file of {VARIABLE} {message}.", field=VARIABLE)


def parsed(text: bytes) -> tuple[Token, ...]:
    """The entries of a file.

    Raises:
        TokensFileError: It is malformed.
    """
    try:
        content = tomllib.loads(text.decode())
    except UnicodeDecodeError:
        raise TokensFileError("is not UTF-8") from None
    except (ValueError, RecursionError) as error:  # not TOML, or a number or a list without end
        line = re.search(r"at line \d+", str(error))
        raise TokensFileError(f"is not TOML{f' ({line[0]})' if line else ''}") from None
    try:
        return TokensFile.model_validate(content).token
    except ValidationError as error:
        raise TokensFileError(fault_in(error, content)) from None


REMEDIES = {
    "hash": "must be sha256: and 64 hexadecimal digits, as `clevertap-mcp tokens add` writes it",
    "accounts": 'must list names of accounts, or "*" for all',
    "access": f"must be one of {', '.join(Access)}",
    "expires": "must be a date and time with a zone, such as 2027-01-31T00:00:00Z",
    "name": "must be a name of 1 to 64 letters, digits, dots, dashes or underscores",
}
"""What to do where pydantic's own words would not say it, or would repeat the value."""


def fault_in(error: ValidationError, content: dict[str, Any]) -> str:
    """The first thing that is wrong, by entry and field, without a value."""
    fault = error.errors(include_url=False, include_input=False)[0]
    match fault["loc"]:
        case ("token", int(number), str(field), *_):
            return f"has a fault in {entry_name(content, number)}: {rule(field, fault['type'])}"
        case ("token", int(number)):
            return f"has a fault in token {number + 1}: it must be a table"
        case ("token",):
            return "must hold its tokens as [[token]]"
        case (str(),):
            return "holds a key that is not [[token]]"
    return f"has a fault: {fault['ctx']['error']}"


def rule(field: str, kind: str) -> str:
    """What a field of an entry must be."""
    if kind == "extra_forbidden":
        return "it holds a key that is none of name, hash, accounts, access and expires"
    return f"{field} is missing" if kind == "missing" else f"{field} {REMEDIES[field]}"


def entry_name(content: dict[str, Any], number: int) -> str:
    """An entry by its place, and by its name if that is one."""
    entry = content["token"][number]
    name = entry.get("name") if isinstance(entry, dict) else None
    named = isinstance(name, str) and NAME.fullmatch(name) and not name.startswith(MARK)
    return f"token {number + 1} ({name})" if named else f"token {number + 1}"
