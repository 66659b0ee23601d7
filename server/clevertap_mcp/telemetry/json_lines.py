"""Lines of the log as JSON objects, for whoever collects them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from clevertap_mcp.logs import is_own, told_kinds
from clevertap_mcp.telemetry.facts import Facts, known

EXCEPTION = "exception"
ABSENT = (None, "")


class JsonLines(JsonFormatter):
    """One object per line: when, how bad, who says what, and of which call."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put in what we know, and no field that somebody else has hung on the record."""
        del message_dict
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about(known()),
            **(getattr(record, "figures", {}) if is_own(record) else {}),
            EXCEPTION: told_kinds(record.exc_info),
        }
        log_data.update({name: value for name, value in fields.items() if value not in ABSENT})


def about(call: Facts | None) -> dict[str, str]:
    """The call that a line is about, as far as it is known."""
    if call is None:
        return {}
    return {
        "request": call.request,
        "caller": call.caller,
        "account": call.account,
        "tool": call.tool,
        "trace": call.trace,
    }
