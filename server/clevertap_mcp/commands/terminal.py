"""A person's yes at the terminal where the command was typed."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click

from clevertap_mcp.guard.host import Answered


@dataclass(frozen=True, slots=True)
class Terminal:
    """Whoever sits at the terminal; plans do not outlive the command, so none are kept."""

    keeps_plans: bool = False
    answered: Answered | None = None

    @property
    def can_be_asked(self) -> bool:
        """Whether somebody can read the question and type an answer."""
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))

    async def ask(self, question: str, plan: str) -> bool:
        """Put the question on stderr and read yes or no."""
        del plan
        return click.confirm(f"{question}\nDo it?", default=False, err=True)
