"""Changing the file of tokens: each change is one step, and what an operator wrote beside the tokens stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from tempfile import NamedTemporaryFile

import tomlkit
from filelock import FileLock, Timeout
from tomlkit import TOMLDocument
from tomlkit.items import AoT, Table

from clevertap_mcp.auth.tokens_file import Token, TokensFileError, parsed
from clevertap_mcp.trail.durable import PRIVATE, put, sync_folder
from clevertap_tools.errors import ConfigurationError

LONGEST_WAIT = 10.0
"""Seconds to wait for another process that changes the file."""
HEAD = "Who may call this server over the network; `clevertap-mcp tokens` keeps it. It holds digests, no tokens."
TABLES = "token"


class NameTakenError(ConfigurationError):
    """A token of that name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a token named {name} already; revoke it first, or choose another name.")


class NoSuchTokenError(ConfigurationError):
    """No token has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no token named {name}.")


def add(file: Path, entry: Token) -> None:
    """Add an entry; makes the file if there is none.

    Raises:
        NameTakenError: It has an entry of that name.
        TokensFileError: It is malformed, or another process is changing it.
        OSError: It cannot be read or written.
    """
    with changing(file) as document:
        if entry.name in names_in(document):
            raise NameTakenError(entry.name)
        tables_of(document).append(table_of(entry))


def revoke(file: Path, name: str) -> Token:
    """Take an entry out, and tell what it was.

    Raises:
        NoSuchTokenError: It has no entry of that name.
        TokensFileError: It is malformed, or another process is changing it.
        OSError: It cannot be read or written.
    """
    with changing(file) as document:
        names = names_in(document)
        if name not in names:
            raise NoSuchTokenError(name)
        tables = tables_of(document)
        entry = entries_of(file)[names.index(name)]
        del tables[names.index(name)]
        if not tables:  # written out, none would stand there as an empty list, to which no table can be added
            del document[TABLES]
        return entry


def entries_of(file: Path) -> Sequence[Token]:
    """What a file says.

    Raises:
        TokensFileError: It is malformed.
        OSError: It cannot be read.
    """
    return parsed(file.read_bytes())


@contextmanager
def changing(file: Path) -> Iterator[TOMLDocument]:
    """The content of a file to change; what became of it takes the file's place, unless something goes wrong."""
    file = file.resolve()
    with locked(file):
        text = file.read_bytes() if file.exists() else f"# {HEAD}\n".encode()
        parsed(text)
        # A table that is added would stand on a last line that has no end.
        document = tomlkit.parse(text if text.endswith(b"\n") else text + b"\n")
        yield document
        changed = tomlkit.dumps(document).encode()
        parsed(changed)
        replace(file, changed)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other commands that would change the file waiting.

    Raises:
        TokensFileError: Another one does not come to an end.
    """
    lock = FileLock(file.with_name(f"{file.name}.lock"), timeout=LONGEST_WAIT, mode=PRIVATE)
    try:
        held = lock.acquire()
    except Timeout:
        raise TokensFileError("is being changed by another process; try again") from None
    with held:
        yield


def names_in(document: TOMLDocument) -> list[str]:
    """The names of the tokens, in their order."""
    return [str(table["name"]) for table in document.get(TABLES, [])]


def tables_of(document: TOMLDocument) -> AoT:
    """The tables of the tokens.

    Raises:
        TokensFileError: They are written as a list.
    """
    tables = document.setdefault(TABLES, tomlkit.aot())
    if not isinstance(tables, AoT):
        raise TokensFileError("must hold its tokens as [[token]]")
    return tables


def table_of(entry: Token) -> Table:
    """An entry as it stands in the file."""
    table = tomlkit.table()
    for name, value in entry.model_dump(by_alias=True, exclude_none=True).items():
        table[name] = list(value) if isinstance(value, tuple) else value
    table.add(tomlkit.nl())
    return table


def replace(file: Path, text: bytes) -> None:
    """Give a file a new content in one step; it keeps its owner and its rights, so that its server can still read it.

    Raises:
        OSError: It cannot be written; then it is as it was.
    """
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as fresh:
        try:
            if file.exists():
                adopt(file, fresh.fileno())
            put(fresh.fileno(), text)
            Path(fresh.name).replace(file)
        except BaseException:
            Path(fresh.name).unlink()
            raise
    sync_folder(file.parent)


def adopt(file: Path, descriptor: int) -> None:
    """Give a new file the owner and the rights of another.

    Raises:
        OSError: This user may not.
    """
    if os.name == "nt":
        return  # there a file has them from its folder
    status, wanted = os.fstat(descriptor), file.stat()
    if (status.st_uid, status.st_gid) != (wanted.st_uid, wanted.st_gid):
        os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
    os.fchmod(descriptor, S_IMODE(wanted.st_mode))
