"""The commands `tokens add`, `tokens list` and `tokens revoke`: who has a token of this server's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from clevertap_mcp.accounts.file import FILE as ACCOUNTS_FILE
from clevertap_mcp.accounts.file import tables
from clevertap_mcp.auth.scopes import EVERY
from clevertap_mcp.auth.tokens_editing import add, entries_of, revoke
from clevertap_mcp.auth.tokens_file import VARIABLE, Token, account_name, digest_of, new_token, token_name
from clevertap_mcp.commands.exits import DONE, need_stdout, say
from clevertap_mcp.commands.printing import columns, show
from clevertap_mcp.guard.access import Access
from clevertap_mcp.logs import note
from clevertap_mcp.variables import file_path
from clevertap_tools.errors import ConfigurationError

LIFETIME = re.compile(r"([1-9][0-9]{0,3})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def add_token(
    file: Path, name: str, access: str, accounts: Sequence[str], lifetime: str | None, *, compact: bool
) -> int:
    """Make a token, print it and nothing else, and tell the exit status.

    Args:
        file: The file to add it to.
        name: Whose it is.
        access: The most that it allows.
        accounts: The names of the accounts that it opens, or the mark for all.
        lifetime: After what time it stops working, such as 90d; None for never.
        compact: As JSON in one line.

    Raises:
        ClickException: An argument is malformed, or stdout is closed.
        ConfigurationError: The name is taken, or the file cannot be used.
        OSError: The file cannot be read or written.
    """
    need_stdout()
    token = new_token()
    entry = Token(
        name=fitting(token_name, name, "NAME"),
        hash=digest_of(token),
        accounts=tuple(accounts),
        access=Access(access),
        expires=expiry(lifetime, datetime.now(UTC)),
    )
    add(file, entry)
    show({**told(entry), "token": token}, compact=True) if compact else say(token)
    for line in advice(file, entry):
        note(line)
    return DONE


def list_tokens(file: Path, *, compact: bool) -> int:
    """Print who has a token, and tell the exit status.

    Raises:
        ConfigurationError: The file cannot be used.
        OSError: It cannot be read.
    """
    entries = [told(entry) for entry in entries_of(file)]
    if compact:
        show(entries, compact=True)
    elif entries:
        say(columns([spoken(entry) for entry in entries]))
    else:
        note("There are no tokens.")
    return DONE


def revoke_token(file: Path, name: str, *, compact: bool) -> int:
    """Take a token out of the file, and tell the exit status.

    Raises:
        ClickException: It is to be told as JSON, and stdout is closed.
        ConfigurationError: There is none of that name, or the file cannot be used.
        OSError: It cannot be read or written.
    """
    if compact:
        need_stdout()
    entry = revoke(file, name)
    if compact:
        show({**told(entry), "revoked": True}, compact=True)
    note(f"The token of {name} no longer works: a running server notices with the next request.")
    return DONE


def tokens_file(given: str | None, environ: Mapping[str, str]) -> Path:
    """The file that is meant: the one that was typed, else that of the settings.

    Raises:
        ConfigurationError: Neither says, or the variable is malformed.
    """
    if given:
        return Path(given)
    if VARIABLE not in environ:
        raise ConfigurationError(f"{VARIABLE} is not set; set it, or name the file with --file.", field=VARIABLE)
    try:
        return file_path(environ[VARIABLE])
    except ValueError as error:
        raise ConfigurationError(f"{VARIABLE} {error}.", field=VARIABLE) from None


def opened_by(given: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The accounts that a new token is to open; with a single account, which has no name, all of them.

    Args:
        given: What was typed.
        environ: The variables, of which one may name the accounts file.

    Raises:
        BadParameter: One is malformed or not in the accounts file, or none was typed though there are several.
    """
    names = tuple(fitting(account_name, name, "--account") for name in given)
    if ACCOUNTS_FILE not in environ:
        return names or (EVERY,)
    known = accounts_in(environ)
    if not names:
        choice = ", ".join(known) or "a name there"
        raise click.BadParameter(f'with {ACCOUNTS_FILE} say {choice}, or "*" for all.', param_hint="--account")
    for name in names:
        if known and name not in {EVERY, *known}:
            raise click.BadParameter(f"{name} is not in {ACCOUNTS_FILE}: {', '.join(known)}.", param_hint="--account")
    return names


def accounts_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names in the accounts file; none if it cannot be read here, which is said: only its server has to."""
    try:
        return tuple(name for name, _ in tables(file_path(environ[ACCOUNTS_FILE])))
    except (ConfigurationError, ValueError) as error:
        reason = error.message if isinstance(error, ConfigurationError) else f"{ACCOUNTS_FILE} {error}."
        note(f"Names of accounts are not checked. {reason}")
        return ()


def fitting(rule: Callable[[str], str], value: str, parameter: str) -> str:
    """A value that keeps its rule.

    Raises:
        BadParameter: It does not.
    """
    try:
        return rule(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint=parameter) from None


def expiry(lifetime: str | None, now: datetime) -> datetime | None:
    """When a token stops working, to the second.

    Raises:
        BadParameter: It is no length of time.
    """
    if lifetime is None:
        return None
    match = LIFETIME.fullmatch(lifetime)
    if match is None:
        raise click.BadParameter("must be hours, days or weeks, such as 12h, 90d or 4w.", param_hint="--expires")
    return now.replace(microsecond=0) + int(match[1]) * UNITS[match[2]]


def told(entry: Token) -> dict[str, Any]:
    """An entry as programs read it; never its digest."""
    return {
        "name": entry.name,
        "access": entry.access,
        "accounts": list(entry.accounts),
        "expires": written(entry.expires) if entry.expires else None,
        "expired": entry.expired(datetime.now(UTC)),
    }


def written(moment: datetime) -> str:
    """A moment as the file has it."""
    return moment.isoformat().replace("+00:00", "Z")


def spoken(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """An entry as people read it, a cell for each part."""
    until = f"{'expired' if entry['expired'] else 'until'} {entry['expires']}" if entry["expires"] else "for ever"
    return entry["name"], entry["access"], ",".join(entry["accounts"]), until


def advice(file: Path, entry: Token) -> Iterator[str]:
    """What to do with a new token."""
    accounts = "every account" if EVERY in entry.accounts else ", ".join(entry.accounts)
    until = f" until {written(entry.expires)}" if entry.expires else ""
    yield f"The token of {entry.name} allows {entry.access} at {accounts}{until}."
    yield f"It is shown this once: {file} keeps only a digest of it."
    yield "Clients send it in a header, Authorization: Bearer TOKEN. Servers started with"
    yield f"{VARIABLE}={file.resolve()} take it from the next request on."
