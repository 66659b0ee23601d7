"""What an import and an export have in common as work: how it is begun, done in parts and ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clevertap_bulk.entries import Held
from clevertap_bulk.job import Job, Part, StoppedError, Tally
from clevertap_bulk.workspace import Workspace
from clevertap_tools.client import Client

__all__ = ["Bench", "StoppedError", "Work"]


@dataclass(frozen=True, slots=True)
class Bench:
    """All that work needs.

    Args:
        client: The account.
        workspace: The data folder.
        journal: Where every step is written down, as long as the job is ours.
        stopping: Whether the job was asked to stop: looked at between two requests; then `StoppedError` is raised.
        progress: Told the tally of the part at hand, each time that it changes; it may miss one of them.
    """

    client: Client
    workspace: Workspace
    journal: Held
    stopping: Callable[[], bool]
    progress: Callable[[Part, Tally], None]

    def check_on(self) -> None:
        """Go on only if the job was not asked to stop.

        Raises:
            StoppedError: It was.
        """
        if self.stopping():
            raise StoppedError


class Work(Protocol):
    """One kind of job."""

    async def divide(self, job: Job, bench: Bench) -> None:
        """Write the parts of a job into the journal; called again it adds what is missing.

        Raises:
            CleverTapError: It cannot be done at all.
        """

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """Do a part, from where it was left; its account.

        Raises:
            StoppedError: See `Bench.check_on`.
            CleverTapError: It cannot go on.
        """

    async def end(self, job: Job, bench: Bench) -> str:
        """When all parts are done: write what the whole job leaves behind. A note for whoever reads its account."""

    def at_once(self, job: Job) -> int:
        """How many parts may be done at the same time; 1 where one has to follow the other."""
