"""The log on stderr: what others report is cut to where and of what kind; their words can hold anything."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

log = logging.getLogger(__name__)

HTTP_LOGGERS = ("httpx2", "httpcore2")
LOG_LINE = "%(levelname)s %(name)s: %(message)s"
OWN = ("clevertap_mcp", "clevertap_tools", "clevertap_sandbox")


class Discreet(logging.Filter):
    """Lets every record pass, those of others without their words: a message that cannot be read is quoted there."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take away what is not ours to show."""
        if record.name.partition(".")[0] not in OWN:
            kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
            where = f"{record.filename}:{record.lineno}{kind}"
            record.msg = f"reported at {where}; what it says is left out, it may be personal data."
            record.args = record.exc_info = record.exc_text = record.stack_info = None
        return True


def log_to_stderr() -> None:
    """Warnings, worse and crashes go to stderr; the HTTP library's lesser words hold addresses with query strings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, format=LOG_LINE)
    for name in HTTP_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = tell_crash


def log_from(level: str) -> None:
    """Let everything from a level on go to stderr; what others report stays cut, however low the level is."""
    logging.getLogger().setLevel(level.upper())


def tell_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Tell the operator what ended this process, without the exception's own words: they can hold arguments."""
    log.critical("This process made a mistake of its own.\n%s", "".join(traces(error)))


def traces(error: BaseException) -> Iterator[str]:
    """Of what kind an exception is and where it came from, and so for each of a group; no words, no values."""
    yield f"{type(error).__qualname__}\n"
    yield from traceback.format_tb(error.__traceback__)
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from traces(inner)
