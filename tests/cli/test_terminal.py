"""At a terminal the command asks whoever sits there; a yes in so many words lets it happen."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Iterator

import pytest

from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from hosts import COMMAND, account_variables

ERASE = ["run", "delete-user-profile", "--input", '{"identity": ["0003"]}', "--json"]


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


def typed(answer: str, url: str) -> tuple[int, str]:
    """The status of a deletion at a terminal where somebody types an answer, and all that is shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *ERASE], env=account_variables(url), stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    os.write(ours, answer.encode())
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the terminal is gone with the process
        pass
    os.close(ours)
    watchdog.cancel()
    return process.wait(timeout=60), shown.decode()


def test_a_yes_lets_it_happen(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    status, shown = typed("y\n", url)
    assert status == 0
    assert "Erase 1 person for good" in shown
    assert "0003" in shown
    assert [each.path for each in sandbox.requests] == ["/1/delete/profiles.json"]


@pytest.mark.parametrize("answer", ["n\n", "\n", "nope\nn\n"])
def test_anything_else_does_not(account: tuple[Sandbox, str], answer: str) -> None:
    sandbox, url = account
    status, shown = typed(answer, url)
    assert status == 1
    assert "did not say yes" in shown
    assert sandbox.requests == []


def test_the_end_of_input_does_not_either(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    assert typed("\x04", url)[0] != 0
    assert sandbox.requests == []
