"""How a command ends: its exit status and the sentence on stderr."""

from __future__ import annotations

import click

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def complain(message: str) -> None:
    """Say on stderr what stands in the way."""
    click.echo(f"Error: {message}", err=True)
