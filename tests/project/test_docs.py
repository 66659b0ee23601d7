"""The docs say what the code does: tables are current, examples run, configurations start the server."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clevertap_mcp.environment import Environment, variable
from clevertap_sandbox.routes import ENDPOINTS
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.routes import TABLE, route_of
from hosts import COMMAND

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SECURITY = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
SANDBOX = (PROJECT / "docs/sandbox.md").read_text(encoding="utf-8")
STATED = re.compile(r"```sh\n(curl.*?)```\n\n```json\n(.*?)```", re.DOTALL)
"""A command of a page, and what it answers."""
VARIABLES = re.findall(r"^export (\w+)=(.*)$", SANDBOX, re.MULTILINE)
NOT_IN_THE_TABLE = {("GET", "/1/targets/create.json")}
"""What the sandbox has under a switch only, because nobody has seen it."""


def blocks(language: str, page: str = README) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def shell_examples() -> list[str]:
    """The README's commands that end by themselves and need no account."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith(("clevertap-mcp --sandbox", "clevertap-mcp actions"))]


def test_the_generated_tables_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=PROJECT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("line", shell_examples())
def test_an_example_of_the_command_line_runs(line: str) -> None:
    arguments = shlex.split(line, comments=True)[1:]
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_docs_name_no_variable_that_does_not_exist() -> None:
    named = set(re.findall(r"CLEVERTAP_[A-Z_]+", README + SECURITY + SANDBOX))
    assert named <= set(map(variable, Environment.model_fields))


def test_every_endpoint_that_an_action_calls_is_in_the_table() -> None:
    calls = {call for action in CATALOGUE.values() for call in action.calls}
    assert {call for call in calls if route_of(*call.split(" ", 1)) is None} == set()


def test_every_endpoint_of_the_sandbox_is_in_the_table() -> None:
    served = {(method, path) for path, methods in ENDPOINTS.items() for method in methods}
    assert {each for each in served if route_of(*each) is None} == NOT_IN_THE_TABLE


def test_every_endpoint_of_the_table_is_there_once() -> None:
    assert len({(each.method, each.path) for each in TABLE}) == len(TABLE)


@pytest.fixture
def sandbox_variables() -> Iterator[dict[str, str]]:
    """What a sandbox of its own process prints, as an environment."""
    start = [COMMAND, "sandbox", "--seed", "none"]
    with subprocess.Popen(start, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        printed = [next(server.stdout) for _ in VARIABLES]
        yield {**os.environ, **dict(line.removeprefix("export ").strip().split("=", 1) for line in printed)}
        server.terminate()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_examples_of_the_sandbox_answer_what_the_page_says(sandbox_variables: dict[str, str]) -> None:
    examples = STATED.findall(SANDBOX)
    assert len(examples) == 3
    for command, stated in examples:
        done = subprocess.run(["/bin/sh", "-c", command], env=sandbox_variables, capture_output=True, check=True)
        assert json.loads(done.stdout) == json.loads(stated)


def test_the_variables_that_the_sandbox_prints_are_those_on_the_page(sandbox_variables: dict[str, str]) -> None:
    shown = dict(VARIABLES)
    for name, value in shown.items():
        if name != "CLEVERTAP_BASE_URL":
            assert sandbox_variables[name] == value
    assert sandbox_variables["CLEVERTAP_BASE_URL"].startswith("http://127.0.0.1:")


def test_the_python_example_of_the_sandbox_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks("python", SANDBOX)
    exec(example, {})  # noqa: S102 - our own page
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_what_is_protected_names_the_modules_that_do_it() -> None:
    rows = re.findall(r"^\|.*\| (`.*`) \|$", SECURITY, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    sources = [path for root in ("server", "tools", "bulk") for path in PROJECT.glob(f"{root}/**/*.py")]
    modules = {name for path in sources for name in (path.stem, path.parent.name)}
    assert len(rows) >= 10
    assert named <= modules


def test_there_are_examples_to_run() -> None:
    assert len(shell_examples()) >= 3


@pytest.mark.parametrize("text", blocks("json"))
def test_a_host_configuration_in_the_readme_is_json_that_names_the_command(text: str) -> None:
    servers = json.loads(text)
    started = (servers.get("mcpServers") or servers["servers"]).values()
    assert all(server["command"].endswith(".venv/bin/clevertap-mcp") for server in started)


def test_mcp_json_offers_the_account_and_the_sandbox_without_holding_a_secret() -> None:
    servers = json.loads((PROJECT / "mcp.json").read_text(encoding="utf-8"))["mcpServers"]
    assert servers.keys() == {"clevertap", "clevertap-sandbox"}
    assert all(value.startswith("${") for value in servers["clevertap"]["env"].values())
    assert servers["clevertap-sandbox"]["args"] == ["--sandbox"]
    assert "env" not in servers["clevertap-sandbox"]


def test_the_demo_ends_well_and_finds_every_figure_right() -> None:
    done = subprocess.run([sys.executable, "docs/demo.py"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFFERENT" not in done.stdout
    assert done.stdout.count("next: Nothing has been done yet.") == 3, (
        "the launch, the schedule and the stop are planned"
    )
    assert "error: plan_refused" in done.stdout
