"""Which files of the data folder make which tables."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from clevertap_bulk.workspace import Workspace

FORMS: Final = frozenset({".parquet", ".jsonl", ".csv"})
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
REFUSED: Final = re.compile(r"(?P<table>.+\.refused\.job_[a-z0-9]+)")
EVENTS: Final = "events"
PEOPLE: Final = "people"


class Holds(StrEnum):
    """What a table holds."""

    EVENTS = "events"
    PEOPLE = "people"
    REFUSED = "refused rows"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that holds rows of a table.

    Args:
        path: Where it is in the data folder.
        size: Its bytes.
        modified: When it was last written, in nanoseconds.
    """

    path: str
    size: int
    modified: int

    @property
    def form(self) -> str:
        """How it is written: its ending."""
        return PurePosixPath(self.path).suffix


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one table.

    Args:
        name: The table's name.
        holds: What it holds.
        sources: Its files, by their paths.
    """

    name: str
    holds: Holds
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table comes from: the folder of an export, and what it holds there."""

    folder: str
    holds: Holds
    name: str


def found_groups(workspace: Workspace) -> list[Group]:
    """The tables that can be made of what lies in a data folder, by name.

    An event has its own name. If several folders hold it, or its name differs from another only by its case, the folder
    stands before it, since nobody can tell whether the rows of one are in the other too.
    """
    places: dict[Place, dict[str, Source]] = defaultdict(dict)
    for path in sorted(all_files(workspace.folder)):
        if found := place_of(path):
            source = source_of(workspace.folder, path)
            rival = places[found].get(path.stem)
            if rival is None or rival.modified < source.modified:  # the same day in another format, exported anew
                places[found][path.stem] = source
    return [Group(name, place.holds, tuple(places[place].values())) for place, name in named(places)]


def all_files(folder: Path) -> Iterator[PurePosixPath]:
    """The files of a folder, by their paths in it; what is hidden or a link is none."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(parent)
        for name in names:
            if not name.startswith(".") and not (inside / name).is_symlink():
                yield PurePosixPath((inside / name).relative_to(folder).as_posix())


def place_of(path: PurePosixPath) -> Place | None:
    """What a file holds, by its path; None if it is nothing that questions are asked of."""
    if path.suffix not in FORMS:
        return None
    if path.parent.parent.name == EVENTS and DAY.fullmatch(path.stem):
        return Place(str(path.parents[2]), Holds.EVENTS, unquote(path.parent.name))
    if path.stem == PEOPLE:
        return Place(str(path.parent), Holds.PEOPLE, PEOPLE)
    if refused := REFUSED.fullmatch(path.stem):
        return Place(str(path.parent), Holds.REFUSED, refused["table"])
    return None


def source_of(folder: Path, path: PurePosixPath) -> Source:
    """A file as it is now."""
    status = (folder / path).stat()
    return Source(str(path), status.st_size, status.st_mtime_ns)


def named(places: Iterable[Place]) -> Iterator[tuple[Place, str]]:
    """Each place with the name of its table, by that name."""
    known = list(places)
    alike = Counter(place.name.casefold() for place in known)
    names = {place: place.name if alike[place.name.casefold()] == 1 else full_name(place) for place in known}
    taken: Counter[str] = Counter()
    for place, name in sorted(names.items(), key=lambda each: each[1]):
        taken[name.casefold()] += 1
        again = taken[name.casefold()]
        yield place, name if again == 1 else f"{name} ({again})"


def full_name(place: Place) -> str:
    """The name of a table with its folder."""
    inner = f"{EVENTS}/{place.name}" if place.holds is Holds.EVENTS and place.name == PEOPLE else place.name
    return inner if place.folder == "." else f"{place.folder}/{inner}"
