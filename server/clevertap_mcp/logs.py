"""The log on stderr: what others report is cut to where and of what kind; their words can hold anything."""

from __future__ import annotations

import logging
import sys

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
    """Warnings and worse go to stderr; the HTTP library's lesser words hold addresses with query strings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, format=LOG_LINE)
    for name in HTTP_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
