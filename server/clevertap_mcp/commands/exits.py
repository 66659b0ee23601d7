"""How a command ends: its exit status, what it writes to stdout, and the sentence on stderr."""

from __future__ import annotations

import os
import sys

import click

from clevertap_mcp.logs import note

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
STDOUT, STDERR, STANDARD_STREAMS = 1, 2, 3


class OutputLostError(Exception):
    """Nothing can be written to stdout any more.

    Args:
        error: What the operating system said.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.error = error


def say(text: str | bytes) -> None:
    """Write a line to stdout.

    Raises:
        OutputLostError: It cannot be written.
    """
    try:
        click.echo(text)
    except OSError as error:
        raise OutputLostError(error) from None


def complain(message: str) -> None:
    """Say on stderr what stands in the way."""
    note(f"Error: {message}")


def lost(error: OSError) -> int:
    """Tell what the operating system refuses; whoever has stopped reading knows that already."""
    if not isinstance(error, BrokenPipeError):
        complain(f"Cannot read or write here: {error.strerror}.")
    return FAILED


def need_stdout() -> None:
    """Stop before anything is done whose result could not be written.

    Raises:
        ClickException: stdout is closed.
    """
    if sys.stdout is None:
        raise click.ClickException("stdout is closed; let it lead to a file or a command.")


def need_stdin() -> None:
    """Stop before listening to nobody.

    Raises:
        ClickException: stdin is closed.
    """
    if sys.stdin is None:
        raise click.ClickException("stdin is closed; a host that speaks over it must hold it open.")


def hold_streams() -> None:
    """Let no file or connection take the number of a standard stream that was closed before the start."""
    for number in range(STANDARD_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one


def settle_streams() -> None:
    """Give up what stdout and stderr could not take: the interpreter would try once more, and complain."""
    for number, stream in ((STDOUT, sys.stdout), (STDERR, sys.stderr)):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
