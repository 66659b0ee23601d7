"""What a server says of itself from its start to its end, and that nobody else talks in between."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from hosts import COMMAND, account_variables
from web import ANSWER, COUNT, INITIALIZE, LEGACY, LONGEST, MODERN, on, served, silent_account, until

CALL = "INFO clevertap_mcp.telemetry.calls: "
TWO = "".join(f'[accounts.{name}]\naccount_id = "{name}"\npasscode = "Hush-4711"\n' for name in ("shop-eu", "shop-in"))
ANA = f'[[token]]\nname = "ana"\nhash = "sha256:{"0" * 64}"\naccounts = ["*"]\naccess = "read"\n'


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator[tuple[str, list[str]]]:
    """A server over HTTP that was told to serve; its address, and all that it says, whole when it has ended."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")} | variables
    command = [COMMAND, *arguments, "serve", "--transport", "http", "--port", "0"]
    said: list[str] = []
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if "/sse" in line:
                break
        address = next(line for line in said if "/mcp" in line)
        try:
            yield address, said
        finally:
            process.terminate()
            said += process.communicate(timeout=LONGEST)[1].splitlines()


def test_the_log_of_a_server_is_its_own_from_start_to_stop() -> None:
    with started("--sandbox", CLEVERTAP_LOG_LEVEL="info") as (address, said):
        assert httpx2.post(address, headers=MODERN, json=COUNT).status_code == 200
        assert httpx2.post(address, headers=LEGACY, json=INITIALIZE).status_code == 200
    sandbox, introduction, first, second, call, *end = said
    assert sandbox == "Using the built-in sandbox, not a CleverTap account."
    assert introduction == (
        f"clevertap-mcp {version('clevertap-mcp')} starts over HTTP: the sandbox; store: memory; authentication: none."
    )
    assert [first, second] == [address, address.replace("/mcp", "/sse")]
    assert call.startswith(CALL)
    assert end == ["Stopping; calls that are running: 0.", "Stopped."]


def test_accounts_store_and_authentication_are_told_at_the_start_and_no_secret(tmp_path: Path) -> None:
    accounts, tokens = tmp_path / "accounts.toml", tmp_path / "tokens.toml"
    for file, text in ((accounts, TWO), (tokens, ANA)):
        file.write_text(text)
        file.chmod(0o600)
    with started(
        CLEVERTAP_ACCOUNTS_FILE=str(accounts),
        CLEVERTAP_MCP_TOKENS_FILE=str(tokens),
        CLEVERTAP_STORE_URL=f"sqlite:///{tmp_path}/store.sqlite",
        CLEVERTAP_AUDIT_LOG=str(tmp_path / "audit.jsonl"),
        CLEVERTAP_LOG_FORMAT="json",
        CLEVERTAP_LOG_LEVEL="debug",
    ) as (_, said):
        pass
    introduction, *_ = lines = [json.loads(line) for line in said]
    assert introduction["message"] == (
        f"clevertap-mcp {version('clevertap-mcp')} starts over HTTP: accounts shop-eu, shop-in; store: sqlite; "
        "authentication: tokens file."
    )
    assert {line["logger"].partition(".")[0] for line in lines} == {"clevertap_mcp"}
    assert lines[-1]["message"] == "Stopped."
    assert "Hush-4711" not in "".join(said)


def test_a_stop_tells_how_many_calls_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    with silent_account() as listener, served(on(listener)) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx2.post, server.mcp, json=COUNT, headers=MODERN, timeout=LONGEST)
        connection, _ = listener.accept()
        with connection:
            server.stop()
            until(lambda: "Stopping; calls that are running: 1.\n" in capsys.readouterr().err)
            connection.recv(65536)
            connection.sendall(ANSWER)
        assert asked.result(LONGEST).status_code == 200


def test_a_server_that_could_only_read_for_want_of_an_audit_log_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [COMMAND, "--sandbox", "serve", "--transport", "http", "--port", "0"]
    environ = account_variables("", CLEVERTAP_AUDIT_LOG=f"{tmp_path}/file/audit.jsonl", CLEVERTAP_ACCESS="write")
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONGEST, check=False)
    refusal = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert refusal.startswith("Error: The audit log (CLEVERTAP_AUDIT_LOG) cannot be written: ")
    assert refusal.endswith("Without it only reading works; mend that, or set CLEVERTAP_ACCESS=read.")


def test_a_server_that_may_only_read_starts_without_an_audit_log(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = f"{tmp_path}/file/audit.jsonl"
    with started("--sandbox", CLEVERTAP_AUDIT_LOG=log, CLEVERTAP_ACCESS="read") as (address, _):
        assert httpx2.post(address, headers=MODERN, json=COUNT).status_code == 200
