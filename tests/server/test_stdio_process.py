"""The server as a process that a host starts and speaks to over a pipe, in raw JSON-RPC."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

LONGEST = 60
VERSION = "io.modelcontextprotocol/protocolVersion"
MODERN = {VERSION: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
HANDSHAKE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
COUNT = {
    "name": "clevertap_get_event_count",
    "arguments": {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"},
}


class Pipe:
    """A server process and the host's end of its pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def send(self, method: str, params: dict[str, Any], number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self.write(json.dumps(message if number is None else {**message, "id": number}) + "\n")

    def write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def ask(self, number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.send(method, params, number)
        answer = self.read()
        assert answer["id"] == number
        return answer

    def shake_hands(self) -> dict[str, Any]:
        answer = self.ask(0, "initialize", HANDSHAKE)
        self.send("notifications/initialized", {})
        return answer


Start = Callable[..., Pipe]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **variables: str) -> Pipe:
        process = subprocess.Popen(
            [sys.executable, "-m", "clevertap_mcp", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **variables},
        )
        started.append(process)
        return Pipe(process)

    yield run
    for process in started:
        with process:
            process.terminate()


@contextmanager
def silent_clevertap() -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """A CleverTap that takes a connection and never answers, and what leads there."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(LONGEST)
        yield (
            listener,
            {
                "CLEVERTAP_BASE_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
                "CLEVERTAP_ACCOUNT_ID": "A",
                "CLEVERTAP_PASSCODE": "P",
            },
        )


def in_flight(listener: socket.socket) -> socket.socket:
    """The connection of a request that has arrived."""
    connection, _ = listener.accept()
    connection.settimeout(LONGEST)
    assert connection.recv(65_536)
    return connection


def assert_gone(connection: socket.socket) -> None:
    """The other side has closed the connection."""
    with closing(connection):
        while connection.recv(65_536):
            pass


def test_a_host_may_probe_and_then_shake_hands_on_one_pipe(start: Start) -> None:
    pipe = start("--sandbox")
    for number in (1, 2):
        found = pipe.ask(number, "server/discover", {"_meta": MODERN})["result"]
        assert found["supportedVersions"] == ["2026-07-28"]
        assert (found["ttlMs"], found["cacheScope"]) == (300_000, "private")
        assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "clevertap-mcp"
    assert pipe.shake_hands()["result"]["protocolVersion"] == "2025-06-18"
    assert len(pipe.ask(3, "tools/list", {})["result"]["tools"]) >= 15
    assert pipe.ask(4, "tools/call", COUNT)["result"]["structuredContent"]["count"] > 0


def test_a_host_may_probe_and_then_call_in_the_new_generation(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.ask(1, "server/discover", {"_meta": MODERN})
    result = pipe.ask(2, "tools/call", {**COUNT, "_meta": MODERN})["result"]
    assert result["resultType"] == "complete"
    assert pipe.ask(3, "server/discover", {"_meta": MODERN})["result"]["supportedVersions"]


def test_a_probe_of_another_version_is_refused_and_decides_nothing(start: Start) -> None:
    pipe = start("--sandbox")
    assert pipe.ask(1, "server/discover", {"_meta": {**MODERN, VERSION: "2099-01-01"}})["error"]["code"] == -32022
    assert "result" in pipe.shake_hands()


def test_lines_that_are_no_messages_do_no_harm(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    pipe.write("not json\n\n")
    pipe.send("tools/list", {}, 2)
    answers = [pipe.read()]
    while answers[-1].get("id") != 2:
        answers.append(pipe.read())
    assert answers[-1]["result"]["tools"]


def test_the_end_of_stdin_ends_the_server(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    stray, _ = pipe.process.communicate(timeout=LONGEST)
    assert (pipe.process.returncode, stray) == (0, "")


def test_a_last_line_without_an_end_is_still_read(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HANDSHAKE}))
    assert pipe.process.communicate(timeout=LONGEST)
    assert pipe.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_cleanly(start: Start, number: int) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    pipe.process.send_signal(number)
    assert pipe.process.wait(LONGEST) == 0
    assert pipe.process.stderr
    assert "Traceback" not in pipe.process.stderr.read()


def test_a_signal_ends_a_server_with_a_call_in_flight(start: Start) -> None:
    with silent_clevertap() as (listener, variables):
        pipe = start(**variables)
        pipe.shake_hands()
        pipe.send("tools/call", COUNT, 1)
        connection = in_flight(listener)
        pipe.process.send_signal(signal.SIGTERM)
        assert pipe.process.wait(LONGEST) == 0
        assert_gone(connection)


def test_a_cancelled_call_stops_its_request_and_the_server_goes_on(start: Start) -> None:
    with silent_clevertap() as (listener, variables):
        pipe = start(**variables)
        pipe.shake_hands()
        pipe.send("tools/call", COUNT, 1)
        connection = in_flight(listener)
        pipe.send("notifications/cancelled", {"requestId": 1})
        assert_gone(connection)
        pipe.send("ping", {}, 2)
        while pipe.read().get("id") != 2:
            pass


def test_a_host_that_no_longer_reads_ends_the_server_without_noise(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    assert pipe.process.stdout
    pipe.process.stdout.close()
    pipe.send("tools/list", {}, 1)
    pipe.send("tools/list", {}, 2)
    assert pipe.process.stdin
    pipe.process.stdin.close()
    assert pipe.process.wait(LONGEST) == 0
    assert pipe.process.stderr
    assert "Traceback" not in pipe.process.stderr.read()


def test_prints_of_others_do_not_reach_the_pipe() -> None:
    code = (
        "import os\n"
        "from clevertap_mcp.transports.descriptors import write_all\n"
        "from clevertap_mcp.transports.standard_streams import protected_stdout\n"
        "with protected_stdout() as own:\n"
        "    print('stray', flush=True)\n"
        "    write_all(own, b'message\\n')\n"
        "print('after', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=LONGEST)
    assert (done.stdout, done.stderr) == ("message\nafter\n", "stray\n")


def test_a_request_that_cannot_be_read_is_answered_and_the_server_goes_on(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    assert pipe.ask(1, "tools/call", "text")["error"]["code"] == -32602  # type: ignore[arg-type]  # that is the point
    half = {"name": "clevertap_get_user_profile", "arguments": {"email": "a\ud800"}}
    assert pipe.ask(2, "tools/call", half)["result"]["structuredContent"]["error"]["code"] == "invalid_arguments"
    pipe.write('{"jsonrpc":"2.0","id":3,"method":"ping","params":{"x":' + "[" * 900 + "]" * 900 + "}}\n")
    assert pipe.read()["error"] == {
        "code": -32602,
        "message": "This message is nested too deeply; send at most 200 levels.",
    }
    assert pipe.ask(4, "tools/call", COUNT)["result"]["structuredContent"]["count"] > 0


def test_a_line_of_48_mib_is_refused_and_the_server_goes_on(start: Start) -> None:
    pipe = start("--sandbox")
    pipe.shake_hands()
    pipe.send("tools/call", {**COUNT, "padding": "x" * (48 << 20)}, 1)
    answer = pipe.read()
    assert answer["error"]["message"] == "This line is longer than 32 MiB; send less at once."
    assert pipe.ask(2, "tools/call", COUNT)["result"]["structuredContent"]["count"] > 0
