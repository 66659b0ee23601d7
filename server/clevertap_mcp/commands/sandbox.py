"""The command `sandbox`: a local CleverTap for anybody's client, with the variables that lead there."""

from __future__ import annotations

import os
from pathlib import Path

import click

from clevertap_mcp.commands.exits import DONE, say
from clevertap_mcp.environment import variable
from clevertap_mcp.logs import note
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, SHOP, DatabaseError, Sandbox, SeedError
from clevertap_sandbox.serve import serve

NOTHING = "none"
IN_MEMORY = ":memory:"


def serve_sandbox(port: int, database: str | None, seed: str | None) -> int:
    """Serve until a signal comes.

    Args:
        port: The loopback port; 0 picks one.
        database: The file that keeps the data; None keeps it in memory.
        seed: The CSV that a new project is filled with, or `none`; None is the sample shop.

    Raises:
        ClickException: A file is not there or not what it should be, or the port is taken.
    """
    zone = read_settings(os.environ, sandbox=True).account.zone
    assert zone is not None, "the sandbox always has a zone"
    with Sandbox(database or IN_MEMORY, seed=purchases(seed), zone=zone) as sandbox:
        if not prepare(sandbox) and seed is not None:
            note(f"--seed fills new files only; {database} keeps the data it holds.")
        try:
            serve(sandbox, port, lambda url: announce(url, zone.key))
        except OSError as error:
            raise click.ClickException(f"Cannot listen on port {port}: {error.strerror}.") from None
    return DONE


def prepare(sandbox: Sandbox) -> bool:
    """Open and fill the project, so that whoever is told its address can use it; whether it is a new one."""
    try:
        return sandbox.open()
    except SeedError as error:
        raise click.UsageError(f"--seed cannot be used: {error}.") from None
    except DatabaseError as error:
        raise click.UsageError(f"--db cannot be used: {error}.") from None


def purchases(seed: str | None) -> Path | None:
    """The file that fills a new project."""
    if seed is None or seed == NOTHING:
        return SHOP if seed is None else None
    if not (file := Path(seed)).is_file():
        raise click.UsageError(f"--seed names no file: {seed}.")
    return file


def announce(url: str, zone: str) -> None:
    """Print what a shell needs to reach the sandbox."""
    values = {
        "base_url": url,
        "account_id": ACCOUNT_ID,
        "passcode": PASSCODE,
        "account_token": ACCOUNT_TOKEN,
        "timezone": zone,
    }
    for field, value in values.items():
        say(f"export {variable(field)}={value}")
