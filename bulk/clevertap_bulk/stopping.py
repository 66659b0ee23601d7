"""How a job is stopped by whoever does not work at it, and how one that failed is given up."""

from __future__ import annotations

import shutil
from pathlib import Path

from clevertap_bulk.exporting.room import on_disk
from clevertap_bulk.journal import Journal


def stop(journal: Journal, own: Path, name: str) -> None:
    """Ask for a job to stop; of one that failed, remove what is half-done.

    Args:
        journal: Where it is.
        own: The folder inside the data folder for what is ours.
        name: The job.

    Raises:
        CleverTapError: The journal cannot be written, or what is half-done not be removed.
    """
    folder = own / name

    def remove() -> None:
        if folder.exists():
            shutil.rmtree(folder)

    journal.cancel(name)
    with on_disk():
        journal.give_up(name, remove)
