"""The console script as a process: what only a process can show."""

from __future__ import annotations

import json
import re
import signal
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from cli.conftest import AccountAt, Shell

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
}
JANUARY = '{"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}'
WHAT_IT_IMPORTS = """
import sys
from clevertap_mcp.cli import status_of
status = status_of(sys.argv[1:])
print("imported:", *{name.partition(".")[0] for name in sys.modules})
sys.exit(status)
"""


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The packages that a process imported until its end."""
    return set(done.stdout.partition("imported:")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["serve", "--help"]])
def test_help_and_version_answer_before_anything_is_imported(python: Shell, arguments: list[str]) -> None:
    done = python("-c", WHAT_IT_IMPORTS, *arguments)
    assert done.returncode == 0
    assert imported(done) > {"click"}
    assert imported(done).isdisjoint({"pydantic", "anyio", "httpx2", "mcp", "clevertap_sandbox"})


@pytest.mark.parametrize(
    ("arguments", "region"), [(["serve"], "nowhere"), ([], "nowhere"), (["--toolsets", "nothing", "serve"], "in1")]
)
def test_a_configuration_error_answers_before_the_sdk_is_imported(
    python: Shell, arguments: list[str], region: str
) -> None:
    account = {"CLEVERTAP_ACCOUNT_ID": "a", "CLEVERTAP_PASSCODE": "b", "CLEVERTAP_REGION": region}
    done = python("-c", WHAT_IT_IMPORTS, *arguments, **account)
    assert done.returncode == 2
    assert imported(done) > {"pydantic"}
    assert "mcp" not in imported(done)


def test_the_version_is_the_package_s(shell: Shell) -> None:
    done = shell("--version")
    assert done.returncode == 0
    assert version("clevertap-mcp") in done.stdout


def test_the_module_is_the_script(python: Shell) -> None:
    assert version("clevertap-mcp") in python("-m", "clevertap_mcp", "--version").stdout


def test_bare_means_serve_and_a_missing_variable_stops_it(shell: Shell) -> None:
    done = shell()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: CLEVERTAP_ACCOUNT_ID is not set")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--sandbox"], ["serve", "--sandbox", "--toolsets", "core"]])
def test_stdio_carries_nothing_but_the_protocol(shell: Shell, arguments: list[str]) -> None:
    done = shell(*arguments, given=json.dumps(INITIALIZE) + "\n", CLEVERTAP_REGION="${CLEVERTAP_REGION}")
    assert done.returncode == 0
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == "clevertap-mcp"
    assert done.stderr == "Using the built-in sandbox, not a CleverTap account; ignoring CLEVERTAP_REGION.\n"


@pytest.mark.parametrize(("transport", "paths"), [("http", ("/mcp", "/sse")), ("sse", ("/sse", "/mcp"))])
def test_a_network_transport_prints_both_addresses_on_stderr(
    shell: Shell, transport: str, paths: tuple[str, str]
) -> None:
    with shell.start("serve", "--sandbox", "--transport", transport, "--port", "0") as process:
        assert process.stderr is not None
        notice, introduction, address, other = (process.stderr.readline() for _ in range(4))
        with pytest.raises(HTTPError, match="404"):  # an answer at all: it is up
            urlopen(address.strip() + "/absent", timeout=shell.longest)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=shell.longest)
    assert "sandbox" in notice
    assert "starts over HTTP" in introduction
    for path, told in zip(paths, (address, other), strict=True):
        assert re.fullmatch(rf"http://127\.0\.0\.1:[1-9]\d*{path}\n", told)
    assert (process.returncode, out, err) == (0, "", "Stopping; calls that are running: 0.\nStopped.\n")


def test_a_port_that_is_taken_is_said(shell: Shell) -> None:
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        port = url.rpartition(":")[2]
        for arguments in (["--sandbox", "serve", "--transport", "http"], ["sandbox"]):
            done = shell(*arguments, "--port", port)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"Cannot listen on port {port}: " in done.stderr


def test_the_sandbox_command_prints_the_variables_that_lead_to_it(shell: Shell, tmp_path: Path) -> None:
    seed = tmp_path / "seed.csv"
    seed.write_text("customer_id,date,quantity,amount\n1,1997-01-01,2,29.33\n")
    with shell.start("sandbox", "--db", str(tmp_path / "kept.sqlite"), "--seed", str(seed)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        done = shell("run", "get-event-count", "--json", "--input", JANUARY, **variables)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=shell.longest)
    assert (process.returncode, err) == (0, "")
    assert all(line.startswith("export CLEVERTAP_") for line in lines)
    assert json.loads(done.stdout) == {"count": 1}
    assert (tmp_path / "kept.sqlite").is_file()


def test_a_seed_for_a_file_that_holds_data_is_said_to_be_of_no_use(shell: Shell, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept.sqlite")
    with Sandbox(kept, seed=None) as sandbox:
        sandbox.open()
    for arguments, notice in (([], ""), (["--seed", "none"], f"--seed fills new files only; {kept} keeps")):
        with shell.start("sandbox", "--db", kept, *arguments) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=shell.longest)
        assert err.startswith(notice)
        assert (process.returncode, bool(err)) == (0, bool(notice))


def test_an_empty_sandbox_can_be_had(shell: Shell) -> None:
    with shell.start("sandbox", "--seed", "none") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("export CLEVERTAP_BASE_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=shell.longest)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--db", "/absent/x.db"], "--db cannot be used: unable to open database file."),
        (["--db", "{place}"], "--db cannot be used: unable to open database file."),
        (["--db", "{place}/wrong.csv"], "--db cannot be used: file is not a database."),
        (["--seed", "{place}/wrong.csv"], "--seed cannot be used: line 3 of {place}/wrong.csv is not customer_id,"),
        (["--seed", "{place}/wrong.gz"], "--seed cannot be used: {place}/wrong.gz: Not a gzipped file"),
        (["--seed", "{place}/binary"], "--seed cannot be used: {place}/binary is no CSV of customer_id,"),
    ],
)
def test_a_sandbox_that_cannot_work_says_so_and_announces_nothing(
    shell: Shell, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    for name in ("wrong.csv", "wrong.gz"):
        (tmp_path / name).write_text("customer_id,date,quantity,amount\n1,1997-01-01,2,29.33\n1,1997-02-31,2,29.33\n")
    (tmp_path / "binary").write_bytes(b"\n\xff")
    done = shell("sandbox", *(argument.format(place=tmp_path) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {reason.format(place=tmp_path)}")
    assert done.stderr.count("\n") == 1


def test_an_interruption_ends_with_130_and_without_a_traceback(shell: Shell, account_at: AccountAt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(shell.longest)
        variables = account_at(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with shell.start("run", "real-time-user-count", **variables) as process:
            asked, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=shell.longest)
            asked.close()
    assert (process.returncode, out) == (130, ""), err
    assert "Traceback" not in err
