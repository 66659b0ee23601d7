"""The command `import`: what a file would become is shown, somebody says yes, and it goes to CleverTap as a job."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from anyio import to_thread

from clevertap_bulk.importing.source import meaning, plan_of
from clevertap_bulk.job import Kind
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.preview import ImportPreview, Verdict, left_out, preview, proposed
from clevertap_bulk.reading import Form, form_of
from clevertap_bulk.segment import Options
from clevertap_mcp.commands.data_folder import Folder, Room, data_folder, opened_room
from clevertap_mcp.commands.doing import agreed, carried_out, declined, done
from clevertap_mcp.commands.exits import DONE, FAILED, say
from clevertap_mcp.commands.printing import show
from clevertap_mcp.commands.recording import check_allowed, check_asked
from clevertap_mcp.commands.terminal import Terminal
from clevertap_mcp.logs import note
from clevertap_tools.effect import Effect

if TYPE_CHECKING:
    from clevertap_mcp.cli import Start

SEGMENT = "segment"
EVENTFUL = frozenset({"events", SEGMENT})
MEANING = ("mapping", "options")
SHOWN = ("file", "format", "packing", "kind", "effect", *MEANING, "left_out")
"""What a preview shows of the plan."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed.

    Args:
        file: The file.
        kind: What its rows are.
        mapping: What is known of its columns.
        preview: Only show what it would do.
        dry_run: Ask CleverTap too, which stores nothing.
        yes: Do not ask.
        counters: Columns may count up and down.
        deletions: People are erased whom Segment's calls delete.
        resend_unaccounted: Send records whose answer was lost again: rather twice than never.
    """

    file: str
    kind: str
    mapping: dict[str, Any]
    preview: bool
    dry_run: bool
    yes: bool
    counters: bool
    deletions: bool
    resend_unaccounted: bool

    @property
    def only_looks(self) -> bool:
        """Whether nothing is to be sent."""
        return self.preview or self.dry_run

    @property
    def effect(self) -> Effect:
        """What sending the rows does: adding events twice doubles them, as counting up does."""
        if self.deletions:
            return Effect.DESTROY
        return Effect.APPEND if self.kind in EVENTFUL or self.counters else Effect.UPSERT


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen before anything is sent.

    Args:
        plan: The plan of the job.
        told: What doing it would do.
    """

    plan: dict[str, Any]
    told: ImportPreview

    @property
    def good(self) -> int:
        """How many rows would be sent."""
        return self.told.rows - self.told.refused


def import_file(start: Start, asked: Asked, data_dir: str | None, *, compact: bool) -> int:
    """Import a file, or show what that would do; print the result and tell the exit status.

    Args:
        start: What stood before the command, and which account.
        asked: What was typed.
        data_dir: The data folder, if it was typed.
        compact: The result as JSON in one line.

    Raises:
        UsageError: Nobody can be asked and nobody has said yes, or the file is not there or lies elsewhere.
        ConfigurationError: The settings cannot be used.
    """
    if not (asked.only_looks or asked.yes or Terminal().can_be_asked):
        raise click.UsageError("Nobody can be asked here; look with --preview, then import with --yes.")
    if asked.deletions and asked.kind != SEGMENT:
        raise click.UsageError("--deletions belongs to --kind segment.")
    folder = data_folder(start, data_dir, os.environ, Path(asked.file).absolute().parent)
    return carried_out(imported, start, asked, folder, compact)


async def imported(start: Start, asked: Asked, folder: Folder, compact: bool) -> int:
    """Look at the file, ask, and import it."""
    name = inside(folder.path, asked.file)
    async with opened_room(start, folder) as room:
        look = await looked_at(asked, name, room)
        if asked.only_looks:
            return show_preview(look, compact=compact)
        for line in described(look):
            note(line)
        await check_allowed(room.app, asked.effect, look.good)
        check_asked(room.app, asked.effect, yes=asked.yes)
        if not asked.yes and not agreed(question(asked, look)):
            return declined()
        job = room.data.workshop.create(Kind.IMPORT, look.plan)
        return await done(start, folder, room, job, compact=compact)


def inside(folder: Path, file: str) -> str:
    """What a file is called in the data folder.

    Raises:
        UsageError: It is not there, or lies elsewhere.
    """
    path, root = Path(file).resolve(), folder.resolve()
    if not path.is_file():
        raise click.UsageError(f"There is no file {file}.")
    if not path.is_relative_to(root):
        raise click.UsageError(f"{file} lies outside of the data folder, {root}; put it there, or see --data-dir.")
    return path.relative_to(root).as_posix()


async def looked_at(asked: Asked, name: str, room: Room) -> Look:
    """What importing a file would do; all of it is read.

    Raises:
        InvalidArgumentsError: It cannot be read, or what it means cannot be told.
    """
    client, now = room.app.client, room.app.client.clock()
    path = room.data.workspace.inside(name, "file")
    form = form_of(path)
    plan = {
        **await to_thread.run_sync(plan_of, path, name),
        **form._asdict(),
        **meant(asked, path, form),
        "kind": asked.kind,
        "effect": asked.effect.value,
        "resend_unaccounted": asked.resend_unaccounted,
    }
    told = await preview(path, form, meaning(plan, client.account, now), now, client if asked.dry_run else None)
    return Look(plan | {"rows": told.rows}, told)


def meant(asked: Asked, path: Path, form: Form) -> dict[str, Any]:
    """What the rows of a file mean, as a plan says it.

    Raises:
        InvalidArgumentsError: That cannot be told.
    """
    if asked.kind == SEGMENT:
        return {"deletions": asked.deletions, "options": Options.from_json(asked.mapping).to_json()}
    wanted = Mapping.from_json({**asked.mapping, "kind": asked.kind})
    mapping = proposed(path, form, wanted.kind, wanted)
    return {"mapping": mapping.to_json(), "left_out": left_out(path, form, mapping)}


def question(asked: Asked, look: Look) -> str:
    """What somebody is asked."""
    erased = " and erase for good whoever they delete" if asked.deletions else ""
    return f"Import {look.good:,} rows{erased}?"


def show_preview(look: Look, *, compact: bool) -> int:
    """Print what importing a file would do, and tell the exit status: 1 if a row would be refused."""
    if compact:
        show(figures(look), compact=True)
    else:
        for line in described(look):
            say(line)
    verdict = look.told.verdict or Verdict(0, ())
    return FAILED if look.told.refused or verdict.refused or verdict.errors else DONE


def figures(look: Look) -> dict[str, Any]:
    """What importing a file would do, as programs read it."""
    told = asdict(look.told)
    return {
        **{name: look.plan[name] for name in SHOWN if name in look.plan},
        "rows": look.told.rows,
        "refused": look.told.refused,
        "recent": look.told.recent,
        "records": told["first"],
        "refusals": told["refusals"],
        **({"verdict": told["verdict"]} if look.told.verdict else {}),
    }


def described(look: Look) -> Iterator[str]:
    """What importing a file would do, as people read it."""
    told, plan = look.told, look.plan
    packed = f", {plan['packing']}" if plan["packing"] != "none" else ""
    told_of = f"{told.rows:,} rows, {told.refused:,} of them refused by the published rules"
    yield f"{plan['file']} ({plan['format']}{packed}): {told_of}."
    for name in MEANING:
        if name in plan:
            yield f"{name.capitalize()}: {written(plan[name])}"
    if plan.get("left_out"):
        yield f"Left out: {', '.join(plan['left_out'])}"
    for record in told.first:
        yield f"Record: {written(record)}"
    for each in told.refusals:
        yield f"Refused: row {each.row}: {each.reason}"
    if told.refused > len(told.refusals):
        yield f"Refused: {told.refused - len(told.refusals):,} more."
    yield from told.warnings
    if told.verdict:
        yield from judged(told.verdict)


def judged(verdict: Verdict) -> Iterator[str]:
    """What CleverTap says, as people read it."""
    yield f"CleverTap, which stored nothing: {verdict.accepted:,} accepted, {len(verdict.refused):,} refused."
    for each in verdict.refused:
        yield f"Refused by CleverTap: row {each.row}: {each.reason} (code {each.code})"
    for error in verdict.errors:
        yield f"CleverTap was not asked about all of them: {error}"


def written(value: object) -> str:
    """A value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False)
