"""The docs say what the code does: tables are current, examples run, configurations start the server."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clevertap_mcp.settings import Environment, variable
from hosts import COMMAND

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SECURITY = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


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
    named = set(re.findall(r"CLEVERTAP_[A-Z_]+", README + SECURITY))
    assert named <= set(map(variable, Environment.model_fields))


def test_what_is_protected_names_the_modules_that_do_it() -> None:
    rows = re.findall(r"^\|.*\| (`.*`) \|$", SECURITY, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    sources = [*PROJECT.glob("server/**/*.py"), *PROJECT.glob("tools/**/*.py")]
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
