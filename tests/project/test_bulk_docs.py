"""docs/bulk.md says what works: its commands run one after the other, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clevertap_mcp.commands.doing import STOPPING
from clevertap_mcp.environment import Environment, variable
from hosts import COMMAND

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/bulk.md").read_text(encoding="utf-8")
WALK = PAGE.partition("## An import and an export")[2].partition("\n## ")[0]
STEPS = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", WALK, re.DOTALL)
"""Each block of commands, and what it prints if the page says so."""
SERVED = "clevertap-mcp sandbox"
BETWEEN = "----- next -----"
CHANGING = {r"job_[a-z2-9]{8}": "JOB", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d": "MOMENT"}
"""What is another one each time."""


@pytest.fixture
def variables() -> Iterator[dict[str, str]]:
    """What leads to the sandbox that the page's first command serves, as an environment."""
    served = STEPS[0][0].split()[1:]
    with subprocess.Popen([COMMAND, *served], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        printed = [next(server.stdout).removeprefix("export ").strip().split("=", 1) for _ in range(5)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
        bin_ = str(Path(sys.executable).parent)
        yield {**kept, **dict(printed), "PATH": os.pathsep.join([bin_, os.environ["PATH"]])}
        server.terminate()


def fixed(text: str) -> str:
    """A text without what is another one each time."""
    for pattern, name in CHANGING.items():
        text = re.sub(pattern, name, text)
    return text


def test_the_walk_prints_what_the_page_says(tmp_path: Path, variables: dict[str, str]) -> None:
    assert STEPS[0][0].startswith(SERVED)
    steps = STEPS[1:]
    script = f"\necho {BETWEEN}\n".join(commands for commands, _ in steps)
    done = subprocess.run(
        ["/bin/sh"], input=script, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    printed = done.stdout.split(f"{BETWEEN}\n")
    assert len(printed) == len(steps), done.stderr
    for (commands, stated), out in zip(steps, printed, strict=True):
        assert fixed(out) == fixed(stated), commands
    assert sum(bool(stated) for _, stated in steps) >= 7


def test_the_options_of_the_page_are_those_of_the_commands() -> None:
    shown = {command: help_of(*command.split()) for command in ("import", "export events", "export people")}
    imports, exports = (PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0] for title in ("Imports", "Exports"))
    assert set(options(imports)) == set(options(shown["import"])) - {"--data-dir", "--account", "--help"}
    of_exports = set(options(shown["export events"])) | set(options(shown["export people"]))
    assert set(options(exports)) == of_exports - {"--data-dir", "--account", "--json", "--help"}


def test_every_command_for_jobs_is_on_the_page() -> None:
    shown = help_of("jobs").partition("Commands:")[2].split("\n")
    commands = {line.split()[0] for line in shown if line.startswith("  ") and not line.startswith("   ")}
    named = set(re.findall(r"`jobs (\w+)", PAGE.partition("## Stopping")[2]))
    assert named == commands == {"list", "show", "cancel", "resume"}


def help_of(*command: str) -> str:
    """What a command says of itself."""
    return subprocess.run([COMMAND, *command, "--help"], capture_output=True, text=True, check=True).stdout


def options(text: str) -> list[str]:
    """The options that a text names."""
    return re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)


def test_what_is_said_when_it_stops_stands_on_the_page() -> None:
    assert STOPPING in PAGE


def test_the_page_names_no_variable_that_does_not_exist() -> None:
    assert set(re.findall(r"CLEVERTAP_[A-Z_]+", PAGE)) <= set(map(variable, Environment.model_fields))


def test_a_link_of_the_page_leads_somewhere() -> None:
    assert all((PROJECT / "docs" / target).exists() for target in re.findall(r"\]\(([^)]+)\)", PAGE))
