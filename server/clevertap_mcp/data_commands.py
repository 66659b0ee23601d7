"""The part of the command line that moves much data: what can be typed. How each ends is told in `cli`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from clevertap_mcp.options import account_option, json_flag

if TYPE_CHECKING:
    from clevertap_mcp.cli import Start

FORMATS = click.Choice(["parquet", "jsonl", "csv"])
data_dir_option = click.option(
    "--data-dir", metavar="DIR", help="The data folder.  [default: CLEVERTAP_DATA_DIR, else the current folder]"
)
folder_option = click.option(
    "--folder", default="exports", show_default=True, metavar="NAME", help="Where the files go in the data folder."
)
format_option = click.option("--format", type=FORMATS, default="parquet", show_default=True)
resend_flag = click.option(
    "--resend-unaccounted", is_flag=True, help="Send again whatever has no answer: rather twice than never."
)
profile_flag = click.option("--profile", is_flag=True, help="With people's custom properties.")


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option(
    "--kind",
    type=click.Choice(["people", "events", "tokens", "segment"]),
    required=True,
    help="What its rows are; segment: Segment's calls as JSON Lines.",
)
@click.option("--mapping", metavar="JSON|@FILE|-", help="What its columns mean; what is left out is guessed.")
@click.option("--event", metavar="NAME", help="Every row's event name.")
@click.option("--identity", metavar="COLUMN", help="The column of your own user id.")
@click.option("--time", metavar="COLUMN", help="The column of when it happened.")
@click.option("--zone", metavar="ZONE", help="The zone of times without an offset.  [default: the project's]")
@click.option("--preview", is_flag=True, help="Only show what it would do.")
@click.option("--dry-run", is_flag=True, help="The same, with CleverTap's verdict on the first thousand records.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--counters", is_flag=True, help="Let columns count up and down ($incr, $decr).")
@click.option("--deletions", is_flag=True, help="Segment: erase for good whoever its calls delete; always asked about.")
@resend_flag
@click.option(
    "--data-dir", metavar="DIR", help="The data folder.  [default: CLEVERTAP_DATA_DIR, else the folder of FILE]"
)
@account_option
@json_flag
@click.pass_obj
def import_(  # noqa: PLR0913 - what can be typed
    start: Start,
    /,
    *,
    mapping: str | None,
    event: str | None,
    identity: str | None,
    time: str | None,
    zone: str | None,
    data_dir: str | None,
    account: str | None,
    compact: bool,
    **given: Any,
) -> int:
    """Import people, events or push tokens from a CSV, JSON Lines or Parquet FILE (also .gz, .zst).

    First it shows what it would do and asks. Exit status 0 means that every row was accepted.
    """
    from clevertap_mcp.commands.importing import Asked, import_file  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.inputs import json_object  # noqa: PLC0415 - after --help

    typed = {"event": event, "identity": identity, "time": time, "zone": zone}
    known = json_object(mapping, "--mapping") if mapping else {}
    known |= {name: value for name, value in typed.items() if value is not None}
    return import_file(replace(start, account=account), Asked(mapping=known, **given), data_dir, compact=compact)


@click.group()
def export() -> None:
    """Export many events or people into files."""


@export.command()
@click.argument("names", metavar="EVENT...", nargs=-1, required=True)
@click.option("--from", "first", required=True, metavar="DAY", help="First day: YYYY-MM-DD, today or -30d.")
@click.option("--to", "last", required=True, metavar="DAY", help="Last day, included.")
@profile_flag
@folder_option
@format_option
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def events(start: Start, /, *, data_dir: str | None, account: str | None, compact: bool, **given: Any) -> int:
    """Export all occurrences of events, a file for each event and day."""
    from clevertap_mcp.commands.exporting import Asked, export_events  # noqa: PLC0415 - after --help

    return export_events(replace(start, account=account), Asked(**given), data_dir, compact=compact)


@export.command()
@click.option("--event", "names", multiple=True, metavar="NAME", help="Who did this event; repeatable.")
@click.option("--from", "first", metavar="DAY", help="First day of the events: YYYY-MM-DD, today or -30d.")
@click.option("--to", "last", metavar="DAY", help="Last day, included.")
@click.option("--query", metavar="JSON|@FILE|-", help="Which people, as get-profile-count takes it.")
@click.option("--profile/--no-profile", default=True, show_default=True, help="With people's custom properties.")
@click.option("--events", is_flag=True, help="With people's event totals.")
@folder_option
@format_option
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def people(
    start: Start, /, *, query: str | None, data_dir: str | None, account: str | None, compact: bool, **given: Any
) -> int:
    """Export people who did something or match filters, each once, into one file."""
    from clevertap_mcp.commands.exporting import Asked, export_people  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.inputs import json_object  # noqa: PLC0415 - after --help

    asked = Asked(query=json_object(query, "--query") if query else None, **given)
    return export_people(replace(start, account=account), asked, data_dir, compact=compact)


class ListingGroup(click.Group):
    """Commands of which `list` is the one that is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the command if nobody did."""
        named = any(not each.startswith("-") for each in args[:1]) or "--help" in args
        return super().parse_args(ctx, args if named else ["list", *args])


@click.group(cls=ListingGroup)
def jobs() -> None:
    """Look after imports and exports; lists them without a command."""


@jobs.command("list")
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def list_(start: Start, /, *, data_dir: str | None, account: str | None, compact: bool) -> int:
    """List imports and exports, the newest first."""
    from clevertap_mcp.commands.data_folder import known_folder  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.jobs import list_jobs  # noqa: PLC0415 - after --help

    return list_jobs(known_folder(replace(start, account=account), data_dir, os.environ), compact=compact)


@jobs.command()
@click.argument("job_id", metavar="ID")
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def show(start: Start, /, *, job_id: str, data_dir: str | None, account: str | None, compact: bool) -> int:
    """Show how far one is, and its account."""
    from clevertap_mcp.commands.data_folder import known_folder  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.jobs import show_job  # noqa: PLC0415 - after --help

    return show_job(known_folder(replace(start, account=account), data_dir, os.environ), job_id, compact=compact)


@jobs.command()
@click.argument("job_id", metavar="ID")
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def cancel(start: Start, /, *, job_id: str, data_dir: str | None, account: str | None, compact: bool) -> int:
    """Stop one, wherever it runs on this machine; it can be resumed. Of one that failed, remove what is half-done."""
    from clevertap_mcp.commands.data_folder import known_folder  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.jobs import cancel_job  # noqa: PLC0415 - after --help

    start = replace(start, account=account)
    return cancel_job(start, known_folder(start, data_dir, os.environ), job_id, compact=compact)


@jobs.command()
@click.argument("job_id", metavar="ID")
@data_dir_option
@click.option(
    "--yes", is_flag=True, help="Do not ask whether to erase people; for operators that set CLEVERTAP_CONFIRM=off."
)
@resend_flag
@account_option
@json_flag
@click.pass_obj
def resume(
    start: Start, /, *, job_id: str, data_dir: str | None, account: str | None, compact: bool, **given: Any
) -> int:
    """Go on with one that was stopped, was killed or failed; nothing is done twice."""
    from clevertap_mcp.commands.data_folder import known_folder  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.jobs import resume_job  # noqa: PLC0415 - after --help

    start = replace(start, account=account)
    return resume_job(start, known_folder(start, data_dir, os.environ), job_id, compact=compact, **given)


@click.command()
@click.argument("sql", default="")
@data_dir_option
@account_option
@json_flag
@click.pass_obj
def query(start: Start, /, *, sql: str, data_dir: str | None, account: str | None, compact: bool) -> int:
    """Answer a question in SQL about what was exported; without one, list the tables."""
    from clevertap_mcp.commands.data_folder import known_folder  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.querying import answer_question  # noqa: PLC0415 - after --help

    start = replace(start, account=account)
    return answer_question(start, known_folder(start, data_dir, os.environ), sql, compact=compact)


data_commands = (import_, export, jobs, query)
