"""The commands that say who may call over the network, and the file that they keep."""

from __future__ import annotations

import json
import os
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from clevertap_mcp.auth.tokens import Tokens
from clevertap_mcp.auth.tokens_file import TOKEN, digest_of, new_token
from clevertap_mcp.cli import status_of
from clevertap_mcp.commands.tokens import expiry
from entering import works

if TYPE_CHECKING:
    from cli.conftest import Shell

VARIABLE = "CLEVERTAP_MCP_TOKENS_FILE"


class Ended(Protocol):
    """Runs `tokens` with a file; tells its exit status, stdout and stderr."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


@pytest.fixture
def ended(file: Path, capsys: pytest.CaptureFixture[str]) -> Ended:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = status_of(["tokens", *arguments, "--file", str(file)])
        return (status, *capsys.readouterr())

    return run


def entries(file: Path) -> list[dict[str, Any]]:
    return list(tomllib.loads(file.read_text()).get("token", []))


def test_a_new_token_is_printed_once_and_only_its_digest_is_kept(ended: Ended, file: Path) -> None:
    status, out, err = ended("add", "ana")
    token = out.removesuffix("\n")
    assert status == 0
    assert TOKEN.fullmatch(token)
    assert "allows read at every account." in err
    assert f"{VARIABLE}={file}" in err
    assert token not in err
    assert token not in file.read_text()
    assert entries(file) == [{"name": "ana", "hash": digest_of(token), "accounts": ["*"], "access": "read"}]
    assert Tokens(file).entry(token).name == "ana"


def test_a_new_token_is_printed_for_programs_with_what_it_allows(ended: Ended, file: Path) -> None:
    more = ("--access", "send", "--account", "shop-eu", "--account", "shop-us", "--expires", "90d", "--json")
    status, out, _ = ended("add", "ben", *more)
    told = json.loads(out)
    assert status == 0
    assert {**told, "token": None, "expires": None} == {
        "name": "ben",
        "access": "send",
        "accounts": ["shop-eu", "shop-us"],
        "expires": None,
        "expired": False,
        "token": None,
    }
    until = datetime.fromisoformat(told["expires"])
    assert timedelta(days=89, hours=23) < until - datetime.now(UTC) <= timedelta(days=90)
    assert entries(file)[0]["expires"] == until


@pytest.mark.skipif(os.name == "nt", reason="files have other rights there")
def test_the_file_is_its_owners_alone_and_keeps_the_rights_that_it_has(ended: Ended, file: Path) -> None:
    ended("add", "ana")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    ended("add", "ben")
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in file.parent.iterdir()) == ["tokens.toml", "tokens.toml.lock"]


def test_what_stands_beside_the_tokens_stays(ended: Ended, file: Path) -> None:
    hand_made = f'# ours\n[[token]]  # the desk\nname = "desk"\n# made by hand\nhash = "{digest_of(new_token())}"\n'
    file.write_text(f'{hand_made}accounts = ["*"]\naccess = "read"')
    assert ended("add", "ana")[0] == 0
    assert file.read_text().startswith(hand_made)
    assert [entry["name"] for entry in entries(file)] == ["desk", "ana"]
    assert ended("revoke", "ana")[0] == 0
    assert file.read_text().startswith(hand_made)
    assert [entry["name"] for entry in entries(file)] == ["desk"]


def test_a_revoked_token_no_longer_works_and_the_others_do(ended: Ended, file: Path) -> None:
    tokens = {name: ended("add", name)[1].strip() for name in ("ana", "ben", "cleo")}
    known = Tokens(file)
    status, out, err = ended("revoke", "ben")
    assert (status, out) == (0, "")
    assert "ben" in err
    assert [name for name, token in tokens.items() if works(known, token)] == ["ana", "cleo"]


def test_what_was_revoked_is_told_to_programs(ended: Ended, file: Path) -> None:
    ended("add", "ana", "--account", "shop-eu")
    status, out, err = ended("revoke", "ana", "--json")
    assert status == 0
    assert json.loads(out) == {
        "name": "ana",
        "access": "read",
        "accounts": ["shop-eu"],
        "expires": None,
        "expired": False,
        "revoked": True,
    }
    assert "no longer works" in err
    assert entries(file) == []


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An accounts file that a variable names; its secrets are out of reach, as for whoever only keeps the tokens."""
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[accounts.shop-eu]\npasscode_file = "/not/here"\n[accounts.shop-us]\n')
    monkeypatch.setenv("CLEVERTAP_ACCOUNTS_FILE", str(accounts))
    return accounts


def test_with_several_accounts_a_token_says_which_and_none_that_is_not_there(
    ended: Ended, file: Path, accounts: Path
) -> None:
    assert ended("add", "ana") == (
        2,
        "",
        'Error: Invalid value for --account: with CLEVERTAP_ACCOUNTS_FILE say shop-eu, shop-us, or "*" for all.\n',
    )
    assert ended("add", "ana", "--account", "shop-us", "--account", "shop") == (
        2,
        "",
        "Error: Invalid value for --account: shop is not in CLEVERTAP_ACCOUNTS_FILE: shop-eu, shop-us.\n",
    )
    assert not file.exists()
    assert ended("add", "ana", "--account", "shop-us")[0] == 0
    assert ended("add", "ben", "--account", "*")[0] == 0
    assert [entry["accounts"] for entry in entries(file)] == [["shop-us"], ["*"]]


@pytest.mark.parametrize("content", [None, "no TOML"])
def test_names_are_not_checked_where_the_accounts_file_cannot_be_read_and_that_is_said(
    ended: Ended, accounts: Path, content: str | None
) -> None:
    accounts.unlink() if content is None else accounts.write_text(content)
    status, _, err = ended("add", "ana")
    assert status == 2
    assert "say a name there" in err
    status, _, err = ended("add", "ana", "--account", "shop-eu")
    assert status == 0
    assert "Names of accounts are not checked. CLEVERTAP_ACCOUNTS_FILE" in err


def test_the_last_token_can_be_revoked_and_another_made(ended: Ended, file: Path) -> None:
    first = ended("add", "ana")[1].strip()
    assert ended("revoke", "ana")[0] == 0
    assert entries(file) == []
    assert ended("list")[1] == ""
    second = ended("add", "ana")[1].strip()
    assert first != second
    assert [works(Tokens(file), token) for token in (first, second)] == [False, True]


def test_the_list_names_who_and_what_and_no_token(ended: Ended, file: Path) -> None:
    token = ended("add", "ana", "--account", "shop-eu", "--account", "shop-us")[1].strip()
    old = f'[[token]]\nname = "old"\nhash = "{digest_of(new_token())}"\naccounts = ["*"]\naccess = "full"\n'
    file.write_text(f"{file.read_text()}\n{old}expires = 2020-01-31T00:00:00Z\n")
    status, out, _ = ended("list")
    assert status == 0
    assert out.splitlines() == [
        "ana  read  shop-eu,shop-us  for ever",
        "old  full  *                expired 2020-01-31T00:00:00Z",
    ]
    assert "sha256" not in out
    assert digest_of(token)[7:] not in out
    told = json.loads(ended("list", "--json")[1])
    assert [(entry["name"], entry["expired"]) for entry in told] == [("ana", False), ("old", True)]


def test_a_name_is_taken_once(ended: Ended, file: Path) -> None:
    ended("add", "ana")
    before = file.read_bytes()
    status, out, err = ended("add", "ana")
    assert (status, out) == (2, "")
    assert err == "Error: There is a token named ana already; revoke it first, or choose another name.\n"
    assert file.read_bytes() == before


def test_nobody_can_be_revoked_who_is_not_there(ended: Ended) -> None:
    ended("add", "ana")
    assert ended("revoke", "ben") == (2, "", "Error: There is no token named ben.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ana@example.com",),
        (new_token(),),
        ("",),
        ("ana", "--access", "all"),
        ("ana", "--account", "Shop EU"),
        ("ana", "--account", ""),
        ("ana", "--expires", "0d"),
        ("ana", "--expires", "90"),
        ("ana", "--expires", "-1d"),
        ("ana", "--expires", "99999w"),
    ],
)
def test_a_malformed_argument_makes_nothing(ended: Ended, file: Path, arguments: tuple[str, ...]) -> None:
    status, out, err = ended("add", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert not file.exists()


@pytest.mark.parametrize("text", ["[[token]]\nname = 1\n", "[[token]", "other = 1\n", "token = 1\n"])
def test_a_malformed_file_is_left_as_it_is(ended: Ended, file: Path, text: str) -> None:
    file.write_text(text)
    for command in (("add", "ana"), ("revoke", "ana"), ("list",)):
        status, out, err = ended(*command)
        assert (status, out) == (2, "")
        assert err.startswith("Error: The file of CLEVERTAP_MCP_TOKENS_FILE ")
    assert file.read_text() == text


def test_tokens_written_as_a_list_are_not_added_to(ended: Ended, file: Path) -> None:
    inline = f'{{name = "ana", hash = "{digest_of(new_token())}", accounts = ["*"], access = "read"}}'
    file.write_text(f"token = [{inline}]\n")
    assert ended("list")[0] == 0
    status, _, err = ended("add", "ben")
    assert status == 2
    assert "must hold its tokens as [[token]]" in err


def test_commands_that_run_at_once_lose_no_token(file: Path) -> None:
    names = [f"n{number}" for number in range(12)]

    def add(name: str) -> int:
        return status_of(["tokens", "add", name, "--file", str(file)])

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(add, names)) == {0}
    assert sorted(entry["name"] for entry in entries(file)) == sorted(names)


def test_the_file_is_that_of_the_settings_unless_another_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(file))
    assert status_of(["tokens", "add", "ana"]) == 0
    assert entries(file)
    monkeypatch.setenv(VARIABLE, "tokens.toml")
    assert status_of(["tokens", "list"]) == 2
    monkeypatch.delenv(VARIABLE)
    assert status_of(["tokens", "list"]) == 2
    assert f"{VARIABLE} is not set" in capsys.readouterr().err
    assert status_of(["tokens", "list", "--file", str(file.with_name("missing"))]) == 1


def test_a_link_to_the_file_stays_a_link(ended: Ended, file: Path) -> None:
    real = file.with_name("real.toml")
    real.touch()
    file.symlink_to(real)
    ended("add", "ana")
    assert file.is_symlink()
    assert entries(real)


def test_a_token_is_made_by_a_process_without_any_account(shell: Shell, file: Path) -> None:
    done = shell("tokens", "add", "ana", "--file", str(file))
    assert done.returncode == 0
    assert TOKEN.fullmatch(done.stdout.strip())


@pytest.mark.parametrize(("lifetime", "hours"), [("12h", 12), ("90d", 2160), ("4w", 672), ("9999w", 9999 * 168)])
def test_a_lifetime_is_hours_days_or_weeks(lifetime: str, hours: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert expiry(lifetime, now) == now + timedelta(hours=hours)
