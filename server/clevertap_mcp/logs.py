"""The log on stderr: what others report is cut to where and of what kind; their words can hold anything.

A line that is about a call ends with the call's id and caller; as JSON (`telemetry.json_lines`) it has fields for them.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from types import TracebackType

import click

from clevertap_mcp.telemetry.facts import Facts, known
from clevertap_tools.traces import traces

log = logging.getLogger(__name__)
notes = logging.getLogger("clevertap_mcp.notes")
"""Has a level of its own as soon as there are objects only on stderr."""

HTTP_LOGGERS = ("httpx2", "httpcore2")
LOG_LINE = "%(levelname)s %(name)s: %(message)s"
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
OWN = ("clevertap_bulk", "clevertap_mcp", "clevertap_tools", "clevertap_sandbox")


class Discreet(logging.Filter):
    """Lets our own records pass, and the complaints of others without their words: those can quote what was read."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take away what is not ours to show, and what another handler has made of an exception."""
        record.exc_text = None
        if not is_own(record):
            if record.levelno < logging.WARNING:
                return False  # without its words it would say nothing
            kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
            where = f"{record.filename}:{record.lineno}{kind}"
            record.msg = f"reported at {where}."
            record.args = record.exc_info = record.stack_info = None
        return True


class TextLines(logging.Formatter):
    """Lines for people to read."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """The line; the first one, if it has several, ends with the call that it is about."""
        first, *others = super().formatMessage(record).split("\n")
        return "\n".join((first + mark(known()), *others))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - the same
        """An exception without its words."""
        return told_kinds(ei)


def mark(call: Facts | None) -> str:
    """A call as it stands at the end of a line; who may call chooses their names, so they are kept on the line."""
    if call is None:
        return ""
    caller = "".join(letter if letter.isprintable() else "?" for letter in call.caller)
    return f" [{call.request} {caller}]"


def is_own(record: logging.LogRecord) -> bool:
    """Whether a record was made by our own code."""
    return record.name.partition(".")[0] in OWN


def log_to_stderr() -> None:
    """Warnings, worse and crashes go to stderr; the HTTP library's lesser words hold addresses with query strings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    handler.setFormatter(TextLines(LOG_LINE))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in HTTP_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = tell_crash


def log_from(level: str) -> None:
    """Let everything of ours go to stderr from a level on; of others only complaints do, however low it is."""
    logging.getLogger().setLevel(level.upper())


def log_as(form: str) -> None:
    """Let each line be text or a JSON object."""
    if form == "json":
        from clevertap_mcp.telemetry.json_lines import JsonLines  # noqa: PLC0415 - only where it is asked for

        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
        notes.setLevel(logging.INFO)


def note(message: str) -> None:
    """Write a line to stderr; if that cannot be written, nobody can be told."""
    with suppress(OSError):
        click.echo(message, err=True)


def announce(message: str) -> None:
    """Say on stderr what is no complaint, whatever the level: a bare line for people, an object among objects."""
    if notes.level:
        notes.info("%s", message)
    else:
        note(message)


def tell_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Tell the operator what ended this process, without the exception's own words: they can hold arguments."""
    log.critical("This process made a mistake of its own.\n%s", "".join(traces(error)))


def told_kinds(info: ExceptionInfo | None) -> str:
    """What a record says of an exception: its kind and where it came from; empty if there is none."""
    error = info[1] if info else None
    return "".join(traces(error)).rstrip() if error else ""
