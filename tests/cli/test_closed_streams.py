"""Commands whose stdin or stdout is closed, full, or read by nobody: one sentence at most, and never a traceback."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = shlex.quote(str(Path(sys.executable).with_name("clevertap-mcp")))
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
}
COMMANDS = ["--sandbox run real-time-user-count", "--sandbox connection", "actions", "actions --json", "sandbox"]
FULL = "Error: Cannot read or write here: No space left on device."
NOTICE = "Using the built-in sandbox, not a CleverTap account."


def ended(command: str, given: str = "") -> tuple[int, list[str]]:
    """The exit status of a command typed in a shell, and the lines that it leaves on stderr."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLEVERTAP_", "PYTHONUNBUFFERED"))
    }
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {SCRIPT} {command}"],
        env=kept,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [line for line in done.stderr.splitlines() if line != NOTICE]


@pytest.mark.parametrize("command", ["--help", "--version"])
def test_help_and_version_end_quietly_where_nobody_reads_them(command: str) -> None:
    assert ended(f"{command} >&-") == (0, [])
    assert ended(f"{command} 2>&-") == (0, [])
    assert ended(f"{command} >/dev/full") == (1, [FULL])
    assert ended(f"{command} | head -c 0")[1] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stdout_that_is_full_is_said(command: str) -> None:
    assert ended(f"{command} >/dev/full") == (1, [FULL])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_who_has_left_ends_a_command_quietly(command: str) -> None:
    assert ended(f"{command} | head -c 0") == (1, [])


@pytest.mark.parametrize("command", [*COMMANDS, "--sandbox"])
def test_a_stdout_that_is_closed_stops_a_command_before_it_does_anything(command: str) -> None:
    assert ended(f"{command} >&-") == (1, ["Error: stdout is closed; let it lead to a file or a command."])


def test_a_stdin_that_is_closed_has_no_host_at_its_other_end() -> None:
    sentence = "Error: stdin is closed; a host that speaks over it must hold it open."
    assert ended("--sandbox <&-") == (1, [sentence])


def test_input_cannot_come_from_a_stdin_that_is_closed() -> None:
    sentence = "Error: --input reads stdin, and stdin is closed."
    assert ended("--sandbox run get-event-count --input - <&-") == (2, [sentence])


def test_input_cannot_come_from_a_stdin_that_cannot_be_read() -> None:
    sentence = "Error: --input cannot read stdin: "
    status, (told,) = ended("--sandbox run get-event-count --input - <&- 0>/dev/null")
    assert status == 2
    assert told.startswith(sentence)


def test_a_host_that_cannot_be_answered_ends_the_server_with_a_sentence() -> None:
    assert ended("--sandbox >/dev/full", json.dumps(INITIALIZE) + "\n") == (1, [FULL])


def test_a_server_needs_no_stderr() -> None:
    assert ended("--sandbox 2>&- >/dev/null", json.dumps(INITIALIZE) + "\n") == (0, [])
    assert ended("actions >/dev/full 2>/dev/full") == (1, [])
