"""docs/deploy.md says what works: its commands run, its configurations are read by those who read them in earnest."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from clevertap_mcp.accounts.file import KEYS
from clevertap_mcp.auth.scopes import ACCOUNT, LEVEL_SCOPES
from clevertap_mcp.auth.tokens_file import parsed
from clevertap_mcp.environment import Environment, variable
from clevertap_mcp.network import Issuer
from clevertap_mcp.settings import Settings, read_settings
from hosts import COMMAND

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/deploy.md").read_text(encoding="utf-8")
SECRETS = {"ACCOUNT_ID": "TEST-ACC-OUNT", "PASSCODE": "AAA-BBB-CCCC", "PSEUDONYM_KEY": "p" * 64, "AUDIT_KEY": "a" * 64}
"""What stands in place of the dots."""
needs_caddy = pytest.mark.skipif(
    not shutil.which("caddy") and not os.environ.get("CI"), reason="needs the package caddy"
)


def blocks(language: str) -> list[str]:
    """The fenced blocks of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(name: str) -> list[str]:
    """The page's commands of one program."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith(f"{name} ")]


def variables(block: str) -> dict[str, str]:
    """The variables that a block sets, with values for the dots."""
    pairs = (line.split("=", 1) for line in block.splitlines())
    return {name: SECRETS[name.removeprefix("CLEVERTAP_")] if value == "..." else value for name, value in pairs}


def account(block: str, folder: Path) -> Settings:
    """The settings that the page's accounts file makes, with the secrets that it names in a folder of the test."""
    for name in re.findall(r'passcode_file = "/run/secrets/([a-z-]+)"', block):
        (folder / name).write_text("AAA-BBB-CCCC\n", encoding="utf-8")
    file = folder / "accounts.toml"
    file.write_text(block.replace("/run/secrets", str(folder)), encoding="utf-8")
    return read_settings({"CLEVERTAP_ACCOUNTS_FILE": str(file)})


def test_the_page_names_no_variable_that_does_not_exist() -> None:
    named = set(re.findall(r"CLEVERTAP_[A-Z_]+", PAGE))
    assert named <= set(map(variable, Environment.model_fields))


def test_a_link_of_the_page_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {f"#{re.sub(r'[^a-z0-9 -]', '', heading.lower()).replace(' ', '-')}" for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        here = target in anchors if target.startswith("#") else (PROJECT / "docs" / target.split("#")[0]).exists()
        assert here, target


def test_the_commands_that_keep_the_tokens_do_what_the_page_says(tmp_path: Path) -> None:
    lines = commands("clevertap-mcp tokens")
    done = []
    for line in lines:
        arguments = shlex.split(line.replace("/data/", f"{tmp_path}/"))[1:]
        done.append(subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=True))
    added, listed, _revoked = done
    assert re.fullmatch(r"ctmcp_[\w-]{43}\n", added.stdout)
    assert "ana" in listed.stdout
    assert parsed((tmp_path / "tokens.toml").read_bytes()) == ()


def test_every_command_of_ours_is_one_that_exists() -> None:
    for line in commands("clevertap-mcp"):
        words = shlex.split(line)[1:]
        options = [word for word in words if word.startswith("--")]
        spoken = [word for word in words if word in {"serve", "tokens", "add", "list", "revoke", "health"}]
        shown = subprocess.run([COMMAND, *spoken, "--help"], capture_output=True, text=True, check=True).stdout
        assert [option for option in options if option not in shown] == [], line


@pytest.mark.parametrize("program", ["docker", "kubectl"])
def test_a_command_of_another_program_names_files_that_are_here(program: str) -> None:
    files = [file for line in commands(program) for file in re.findall(r"--(?:file|filename) (deploy\S+)", line)]
    assert files
    assert [file for file in files if not (PROJECT / file).is_file()] == []


def test_the_tokens_file_of_the_page_is_read_as_the_server_reads_it() -> None:
    (text,) = (block for block in blocks("toml") if "[[token]]" in block)
    (entry,) = parsed(text.encode())
    assert (entry.name, entry.accounts, entry.access) == ("ana", ("shop-eu",), "read")
    assert entry.expires is not None


def test_the_accounts_file_of_the_page_is_read_as_the_server_reads_it(tmp_path: Path) -> None:
    (text,) = (block for block in blocks("toml") if "[accounts." in block)
    first, second = account(text, tmp_path).each
    assert (first.name, first.access, first.caps.audience) == ("shop-eu", "full", 5000)
    assert (second.name, second.access, second.caps.audience) == ("shop-in", "read", None)


def test_the_keys_of_an_account_are_all_explained() -> None:
    rows = PAGE.partition("| key | value |")[2].partition("\n\n")[0].splitlines()[2:]
    assert sorted(key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])) == sorted(KEYS)


def test_the_variables_of_the_page_let_a_server_face_a_network() -> None:
    single, oauth = (variables(block) for block in blocks("sh") if block.startswith("CLEVERTAP_"))
    read_settings(single).network.check_open()
    kept = {name: single[name] for name in ("CLEVERTAP_ACCOUNT_ID", "CLEVERTAP_PASSCODE")}
    network = read_settings({**kept, **oauth}).network
    network.check_open()
    assert network.issuer == Issuer(
        "https://auth.example.com", "https://mcp.example.com/mcp", "https://auth.example.com/keys"
    )


def test_the_scopes_of_the_page_are_those_that_count() -> None:
    named = set(re.findall(r"`(clevertap:[a-z:*-]+)`", PAGE))
    assert set(LEVEL_SCOPES) <= named
    assert {name for name in named - set(LEVEL_SCOPES) if not name.startswith(ACCOUNT)} == set()


@pytest.mark.parametrize("text", blocks("json"))
def test_a_host_configuration_names_the_address_and_holds_no_token(text: str) -> None:
    servers = json.loads(text)
    ((name, server),) = (servers.get("mcpServers") or servers["servers"]).items()
    assert (name, server["url"]) == ("clevertap", "https://mcp.example.com/mcp")
    assert re.fullmatch(r"Bearer \$\{[\w:-]+\}", server["headers"]["Authorization"])


@needs_caddy
def test_caddy_takes_its_configuration_and_lets_through_what_haproxy_does(tmp_path: Path) -> None:
    file = tmp_path / "Caddyfile"
    (text,) = blocks("caddyfile")
    file.write_text(text, encoding="utf-8")
    adapted = ["caddy", "adapt", "--config", str(file), "--adapter", "caddyfile", "--validate"]
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(adapted, env={**os.environ, **home}, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    (paths,) = re.findall(r'"path":(\[[^]]*\])', done.stdout)
    assert set(json.loads(paths)) == {"/mcp", "/sse", "/messages/*", "/.well-known/oauth-protected-resource*"}


def test_every_claim_for_the_security_officer_names_a_test_that_is_there() -> None:
    claims = re.findall(r"^\| (.+?) \| (`test_.+) \|$", PAGE.split("## For the security officer")[1], re.MULTILINE)
    named = {name for _, files in claims for name in re.findall(r"`(test_\w+)`", files)}
    there = {path.stem for path in PROJECT.glob("tests/**/test_*.py")}
    assert len(claims) >= 12
    assert named <= there
