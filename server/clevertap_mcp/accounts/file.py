"""The accounts file: several CleverTap projects, a TOML table for each, in place of the variables of a single one.

Each table is read as if it were the variables of its account, so both keep the same rules. No refusal repeats a value.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clevertap_mcp.environment import Environment, checked, first_fault, variable
from clevertap_mcp.guard.caps import Caps
from clevertap_mcp.settings import OF_ONE_ACCOUNT, Settings, Typed, made, read_settings
from clevertap_mcp.variables import ACCOUNT_NAME, RIGHTS_OF_OTHERS, file_path
from clevertap_tools.errors import ConfigurationError

log = logging.getLogger(__name__)

FILE = variable("accounts_file")
TEXTS = ("account_id", "region", "base_url", "timezone", "access")
FIGURES = ("max_audience", "max_records", "max_sends_per_day")
SECRETS = ("passcode", "account_token")
ENV, IN_FILE = "_env", "_file"
"""What follows the name of a secret where it stands elsewhere: in a variable, in a file."""
ELSEWHERE = tuple(f"{secret}{place}" for secret in SECRETS for place in (ENV, IN_FILE))
KEYS = (*TEXTS, *FIGURES, *SECRETS, *ELSEWHERE)
NOBODY = {variable("account_id"): "-", variable("passcode"): "-"}
"""Stands where a single account would, so that all other variables are checked as ever."""
LARGEST_FILE = 1 << 20


class EntryError(ConfigurationError):
    """A table of the accounts file is wrong.

    Args:
        account: Its name.
        key: The key in it.
        reason: Why, reading on after the key.
    """

    def __init__(self, account: str, key: str, reason: str) -> None:
        super().__init__(f"{FILE}: accounts.{account}: {key} {reason}.", field=f"accounts.{account}.{key}")


def settings_of_each(environ: Mapping[str, str], typed: Typed) -> Settings:
    """The settings that the variables and the accounts file make; a single account counts as if it had no file.

    Args:
        environ: The variables.
        typed: What the command line says.

    Raises:
        ConfigurationError: A variable or the file is malformed, or both name accounts.
    """
    own = [name for name in map(variable, OF_ONE_ACCOUNT) if name in environ]
    process = made(checked({name: value for name, value in environ.items() if name not in own} | NOBODY), typed)
    if own:
        raise ConfigurationError(f"{own[0]} and {FILE} are both set; unset one of them.", field=own[0])
    file = file_path(environ[FILE])
    entries = [Entry(name, table, environ) for name, table in tables(file)]
    warn_of_readers(file, entries)
    several = tuple(entry.settings(process, typed) for entry in entries)
    whole = several[0] if len(several) == 1 else replace(process, accounts=several)
    return replace(
        whole,
        secret_files=(file, *(each for entry in entries for each in entry.files)),
        reread=partial(read_settings, environ, toolsets=typed.toolsets, access=typed.access),
    )


def tables(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables of the file by the names of their accounts.

    Raises:
        ConfigurationError: It cannot be read, is no TOML, or holds something else.
    """
    accounts = parsed(content(file)).get("accounts")
    if not isinstance(accounts, dict) or not accounts:
        raise ConfigurationError(f"{FILE} holds no account; begin each with [accounts.NAME].", field=FILE)
    for number, (name, table) in enumerate(accounts.items(), 1):
        if not ACCOUNT_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{FILE}: the name of account {number} must be 1 to 40 small letters, digits and dashes, and begin "
                "with no dash.",
                field=FILE,
            )
        if not isinstance(table, dict):
            raise ConfigurationError(f"{FILE}: {name} must be a table; begin it with [accounts.{name}].", field=FILE)
        yield name, table


def content(file: Path) -> str:
    """What a file holds.

    Raises:
        ConfigurationError: It cannot be read, or is longer than any that people write.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise ConfigurationError(f"{FILE} is longer than {LARGEST_FILE >> 20} MiB.", field=FILE)
        return text.decode()
    except OSError as error:
        raise ConfigurationError(f"{FILE} cannot be read: {error.strerror}.", field=FILE) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{FILE} is not UTF-8 text: byte {error.start} cannot be read.", field=FILE) from None


def parsed(text: str) -> dict[str, Any]:
    """The TOML document; nothing may stand in it but accounts.

    Raises:
        ConfigurationError: It is none, or holds something else.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"\(at ([a-z0-9, ]+)\)$", str(error))  # all else in these words can be a secret
        where = f" at {place[1]}" if place else ""
        raise ConfigurationError(f"{FILE} is not TOML{where}.", field=FILE) from None
    if len(document) > 1 or not document.keys() <= {"accounts"}:
        raise ConfigurationError(f"{FILE} may hold nothing but tables that begin with [accounts.NAME].", field=FILE)
    return document


def warn_of_readers(file: Path, entries: list[Entry]) -> None:
    """Tell the operator of secrets that others on this machine can get at."""
    if file.stat().st_mode & RIGHTS_OF_OTHERS and any(entry.holds_secret for entry in entries):
        log.warning("%s holds secrets, and all can read it or others than its owner write it; chmod 600 it.", FILE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the accounts file.

    Args:
        name: The name of its account.
        table: What stands in it.
        environ: The variables, of which some may hold secrets for it.
    """

    name: str
    table: Mapping[str, Any]
    environ: Mapping[str, str]

    @property
    def holds_secret(self) -> bool:
        """Whether a secret itself stands in it."""
        return not self.table.keys().isdisjoint(SECRETS)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that its secrets are in."""
        named = (self.table.get(f"{secret}{IN_FILE}") for secret in SECRETS)
        return tuple(file_path(name) for name in named if name)

    def settings(self, process: Settings, typed: Typed) -> Settings:
        """What holds for its account: of access and caps the lower of its own and the process's.

        Args:
            process: What holds for the whole process.
            typed: What the command line says.

        Raises:
            EntryError: Something in it is missing or malformed.
        """
        own = made(self._checked(), typed)
        access, caps = own.access.narrowed(process.access), lower(own.caps, process.caps)
        return replace(own, name=self.name, account=replace(own.account, entry=self.name), access=access, caps=caps)

    def _checked(self) -> Environment:
        self._check_keys()
        own = {variable(key): str(value) for key, value in self.table.items() if key in TEXTS + FIGURES}
        secrets = {variable(key): value for key in SECRETS if (value := self._secret(key)) is not None}
        try:
            return Environment({**self.environ, **own, **secrets})
        except ValidationError as error:
            key, reason = first_fault(error)
        raise EntryError(self.name, self._written(key), reason or "is missing")

    def _written(self, key: str) -> str:
        """The key as it stands in the table, which may be the way to a secret."""
        return next((way for way in self._ways(key) if way in self.table), key)

    def _check_keys(self) -> None:
        for key, value in self.table.items():
            if key not in KEYS:
                raise EntryError(self.name, repr(key), f"is not known here; there are {', '.join(KEYS)}")
            if key in FIGURES and (not isinstance(value, int) or isinstance(value, bool)):
                raise EntryError(self.name, key, "must be a whole number, 0 or more")
            if key not in FIGURES and not isinstance(value, str):
                raise EntryError(self.name, key, "must be text")

    def _ways(self, secret: str) -> tuple[str, ...]:
        return (secret, f"{secret}{ENV}", f"{secret}{IN_FILE}")

    def _secret(self, key: str) -> str | None:
        """A secret, wherever it stands; None where it is not named at all."""
        ways = [way for way in self._ways(key) if way in self.table]
        if len(ways) > 1:
            raise EntryError(self.name, " and ".join(ways), "stand beside each other; keep one of them")
        if not ways:
            return None
        way, value = ways[0], self.table[ways[0]]
        if way == key:
            return str(value)
        return self._of_variable(way, value) if way.endswith(ENV) else self._of_file(way, value)

    def _of_variable(self, key: str, name: str) -> str:
        if name not in self.environ:
            raise EntryError(self.name, key, "names a variable that is not set")
        return self.environ[name]

    def _of_file(self, key: str, name: str) -> str:
        """What a file holds, without the line's end that editors and secret stores leave."""
        try:
            return file_path(name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except OSError as error:
            raise EntryError(self.name, key, f"names a file that cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise EntryError(self.name, key, "names a file that holds no text") from None
        except ValueError as error:
            raise EntryError(self.name, key, str(error)) from None


def lower(one: Caps, other: Caps) -> Caps:
    """The lower of each cap."""
    return Caps(
        least(one.audience, other.audience),
        least(one.records, other.records),
        least(one.sends_per_day, other.sends_per_day),
    )


def least(*caps: int | None) -> int | None:
    """The lowest of some caps, of which None is none."""
    return min((cap for cap in caps if cap is not None), default=None)
