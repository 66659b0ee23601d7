"""The command `health`, as schedulers and containers ask it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clevertap_mcp.commands.health import LONGEST_BODY, show_health
from hosts import listening

if TYPE_CHECKING:
    from cli.conftest import Shell

SHORT = 0.2


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Something on loopback that says the same to one caller, whatever is asked; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def say() -> None:
            caller, _ = taken.accept()
            with caller:
                caller.recv(LONGEST_BODY)
                caller.sendall(answer)

        speaker = Thread(target=say)
        speaker.start()
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/healthz"
        speaker.join()


def test_a_server_that_lives_is_well(shell: Shell) -> None:
    with listening("http") as address:
        done = shell("health", "--url", address.replace("/mcp", "/healthz"))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"status": "ok"}


def test_where_nobody_listens_nothing_is_well(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = shell("health", "--url", f"http://127.0.0.1:{port}/healthz")
    assert (done.returncode, done.stdout) == (1, "")
    where = f"http://127.0.0.1:{port}/healthz"
    assert done.stderr == f"Error: Nothing answers as a server would at {where}: ConnectionRefusedError.\n"


def test_a_server_that_is_not_ready_is_not_well_and_its_reasons_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b'HTTP/1.1 503 Service Unavailable\r\n\r\n{"status":"unready"}') as url:
        assert show_health(url) == 1
    assert capsys.readouterr().err == f'Error: {url} answers 503: {{"status":"unready"}}\n'


def test_what_could_be_a_password_in_a_url_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b"") as url:
        assert show_health(url.replace("//", "//user:Hush-4711@") + "?token=Hush-4711") == 1
    told = capsys.readouterr().err
    assert url in told
    assert "Hush" not in told


def test_what_speaks_no_http_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b"220 mail.example.org\r\n") as url:
        assert show_health(url) == 1
    assert "BadStatusLine" in capsys.readouterr().err


def test_a_server_that_says_nothing_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert show_health(f"http://127.0.0.1:{silent.getsockname()[1]}/healthz", patience=SHORT) == 1
    assert "TimeoutError" in capsys.readouterr().err


def test_a_proxy_of_the_environment_is_not_asked(shell: Shell) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\nyes") as url:
        done = shell("health", "--url", url, http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (0, "yes\n")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://127.0.0.1/", "http://[::1", "http://:80/", "http://a:0/"])
def test_what_is_no_address_of_a_web_server_is_wrong_usage(shell: Shell, url: str) -> None:
    done = shell("health", "--url", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --url must look like http://127.0.0.1:8000/healthz.\n"
