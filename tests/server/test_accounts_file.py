"""The accounts file: the rules of the variables, and refusals that name account and key and never a value."""

from __future__ import annotations

import logging
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from clevertap_mcp.accounts.file import KEYS, LARGEST_FILE
from clevertap_mcp.environment import Environment
from clevertap_mcp.guard.access import Access
from clevertap_mcp.guard.caps import Caps
from clevertap_mcp.settings import Settings, read_settings
from clevertap_tools.account import Account
from clevertap_tools.errors import ConfigurationError

FILE = "CLEVERTAP_ACCOUNTS_FILE"
PLAIN = 'account_id = "ACC-1"\npasscode = "pass-1"\n'
TWO = f'[accounts.one]\n{PLAIN}[accounts.two]\naccount_id = "ACC-2"\npasscode = "pass-2"\n'
SECRET = "Hush-4711"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.toml"


def write(file: Path, text: str | bytes, mode: int = 0o600) -> None:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(mode)


def read(file: Path, text: str | bytes, **variables: str) -> Settings:
    write(file, text)
    return read_settings({FILE: str(file), **variables})


def refusal(file: Path, text: str | bytes, **variables: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(file, text, **variables)
    assert SECRET not in caught.value.message
    return caught.value.message


def test_each_table_is_an_account_of_its_own(file: Path) -> None:
    full = (
        '[accounts.shop-eu]\naccount_id = "ACC-1"\npasscode = "pass-1"\nregion = "in1"\naccount_token = "token-1"\n'
        'timezone = "Europe/Berlin"\naccess = "read"\nmax_audience = 1\nmax_records = 2\nmax_sends_per_day = 3\n'
        '[accounts.2nd]\naccount_id = "ACC-2"\npasscode = "pass-2"\nbase_url = "http://127.0.0.1:8200/"\n'
    )
    one, two = read(file, full).accounts
    india = "https://in1.api.clevertap.com"
    assert one.account == Account("ACC-1", SecretStr("pass-1"), india, SecretStr("token-1"), ZoneInfo("Europe/Berlin"))
    assert (one.name, one.access, one.caps) == ("shop-eu", Access.READ, Caps(1, 2, 3))
    assert two.account == Account("ACC-2", SecretStr("pass-2"), "http://127.0.0.1:8200")
    assert (two.name, two.access, two.caps) == ("2nd", Access.FULL, Caps())


def test_an_account_gets_the_lower_of_its_own_and_of_the_process(file: Path) -> None:
    text = f'[accounts.one]\n{PLAIN}access = "full"\nmax_audience = 9\nmax_records = 1\n[accounts.two]\n{PLAIN}'
    variables = {
        "CLEVERTAP_ACCESS": "send",
        "CLEVERTAP_MAX_AUDIENCE": "5",
        "CLEVERTAP_MAX_RECORDS": "5",
        "CLEVERTAP_MAX_SENDS_PER_DAY": "5",
    }
    one, two = read(file, text, **variables).accounts
    assert (one.access, one.caps) == (Access.SEND, Caps(5, 1, 5))
    assert (two.access, two.caps) == (Access.SEND, Caps(5, 5, 5))
    assert read_settings({FILE: str(file), **variables}, access="read").accounts[0].access is Access.READ


def test_all_else_is_the_same_for_every_account(file: Path) -> None:
    settings = read(file, TWO, CLEVERTAP_DEADLINE="7", CLEVERTAP_PII="show", CLEVERTAP_TOOLSETS="core")
    assert {(each.deadline, each.masked, each.toolsets) for each in settings.accounts} == {(7.0, False, "core")}


def test_secrets_may_stand_in_variables_and_files(file: Path, tmp_path: Path) -> None:
    (tmp_path / "passcode").write_text("pass-1\r\n")
    (tmp_path / "token").write_text("token-2")
    text = (
        f'[accounts.one]\naccount_id = "ACC-1"\npasscode_file = "{tmp_path}/passcode"\naccount_token_env = "TOKEN_1"\n'
        f'[accounts.two]\naccount_id = "ACC-2"\npasscode_env = "PASS_2"\naccount_token_file = "{tmp_path}/token"\n'
    )
    settings = read(file, text, TOKEN_1="token-1", PASS_2="pass-2")
    assert [each.account.secrets for each in settings.accounts] == [("pass-1", "token-1"), ("pass-2", "token-2")]
    assert settings.secret_files == (file, tmp_path / "passcode", tmp_path / "token")


def test_a_single_account_is_what_the_variables_make_but_for_its_name(file: Path) -> None:
    settings = read(file, f"[accounts.one]\n{PLAIN}")
    alone = read_settings({"CLEVERTAP_ACCOUNT_ID": "ACC-1", "CLEVERTAP_PASSCODE": "pass-1"})
    assert (settings.account, settings.access, settings.accounts) == (alone.account, alone.access, ())
    assert settings.at(None) is settings
    assert settings.at("one") is settings


def test_one_of_several_has_to_be_named(file: Path) -> None:
    settings = read(file, TWO)
    assert settings.at("two").account.id == "ACC-2"
    for name in (None, "", "three"):
        with pytest.raises(ConfigurationError, match="--account: one, two"):
            settings.at(name)


@pytest.mark.parametrize("variable", ["ACCOUNT_ID", "PASSCODE", "REGION", "BASE_URL", "ACCOUNT_TOKEN", "TIMEZONE"])
def test_a_single_account_beside_the_file_is_refused(file: Path, variable: str) -> None:
    message = refusal(file, TWO, **{f"CLEVERTAP_{variable}": SECRET})
    assert message.startswith(f"CLEVERTAP_{variable} and {FILE} are both set")


def test_the_sandbox_ignores_the_file_and_says_so(tmp_path: Path) -> None:
    settings = read_settings({FILE: str(tmp_path / "is not there")}, sandbox=True)
    assert settings.ignored == (FILE,)
    assert settings.accounts == ()


@pytest.mark.parametrize(
    ("table", "key", "why"),
    [
        ('passcode = "x"', "account_id", "is missing"),
        ('account_id = "x"', "passcode", "is missing"),
        (f'{PLAIN}colour = "{SECRET}"', "'colour'", "is not known here"),
        (f"{PLAIN}region = 5", "region", "must be text"),
        (f'{PLAIN}region = "{SECRET}"', "region", "is not a CleverTap region"),
        (f'{PLAIN}base_url = "http://{SECRET}"', "base_url", "plain http only on loopback"),
        (f'{PLAIN}timezone = "{SECRET}"', "timezone", "is not an IANA time zone"),
        (f'{PLAIN}access = "{SECRET}"', "access", "must be one of read, write, send, full"),
        (f'{PLAIN}max_audience = "{SECRET}"', "max_audience", "whole number"),
        (f"{PLAIN}max_audience = true", "max_audience", "whole number"),
        (f"{PLAIN}max_records = 1.5", "max_records", "whole number"),
        (f"{PLAIN}max_sends_per_day = -1", "max_sends_per_day", "0 or more"),
        (f'account_id = "a"\npasscode = "{SECRET} "', "passcode", "white space"),
        ('account_id = "a"\npasscode = ""', "passcode", "is empty"),
        (f'account_id = "a"\npasscode = "${{{SECRET}}}"', "passcode", "did not expand"),
        ('account_id = "a"\npasscode_env = "EMPTY"', "passcode_env", "is empty"),
        (f'account_id = "a"\npasscode_env = "{SECRET}"', "passcode_env", "variable that is not set"),
        (f'account_id = "a"\npasscode_file = "{SECRET}"', "passcode_file", "full path"),
        (f'account_id = "a"\npasscode_file = "/{SECRET}"', "passcode_file", "cannot be read"),
        (f'{PLAIN}passcode_env = "{SECRET}"', "passcode and passcode_env", "keep one of them"),
        (f'{PLAIN}account_token_env = "A"\naccount_token_file = "B"', "account_token_env and", "keep one of them"),
    ],
)
def test_a_bad_table_is_refused_by_account_and_key(file: Path, table: str, key: str, why: str) -> None:
    message = refusal(file, f"[accounts.good]\n{PLAIN}[accounts.shop-eu]\n{table}\n", EMPTY="")
    assert message.startswith(f"{FILE}: accounts.shop-eu: {key}"), message
    assert why in message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no account"),
        ("[accounts]\n", "holds no account"),
        ("accounts = 5\n", "holds no account"),
        (f'accounts.one = "{SECRET}"\n', "one must be a table"),
        (f'{TWO}[other]\nx = "{SECRET}"\n', "nothing but tables"),
        (f'[accounts.one]\npasscode = "{SECRET}\n', "is not TOML at line 2"),
        (f'{TWO}[accounts.one]\npasscode = "{SECRET}"\n', "is not TOML"),
        (b"\xff", "is not UTF-8"),
        (TWO + "#" * LARGEST_FILE, "is longer than 1 MiB"),
        *(
            (f'[accounts."{name}"]\n{PLAIN}', "name of account 1")
            for name in ("", "-a", "Shop", "a b", "a.b", "x" * 41)
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused(file: Path, text: str | bytes, why: str) -> None:
    assert why in refusal(file, text)


def test_the_longest_file_is_read_to_its_end(file: Path) -> None:
    assert len(read(file, TWO.rjust(LARGEST_FILE, "\n")).accounts) == 2


def test_the_longest_name_is_a_name(file: Path) -> None:
    assert read(file, f"[accounts.{'x' * 40}]\n{PLAIN}").name == "x" * 40


def test_every_bad_variable_is_still_refused_by_its_name(file: Path) -> None:
    assert refusal(file, TWO, CLEVERTAP_ACCESS=SECRET).startswith("CLEVERTAP_ACCESS must be one of")
    assert refusal(file, TWO, CLEVERTAP_DEADLINE=SECRET).startswith("CLEVERTAP_DEADLINE must be")


@pytest.mark.parametrize(
    ("text", "mode", "warned"),
    [
        (TWO, 0o600, False),
        (TWO, 0o440, False),
        (TWO, 0o604, True),
        (TWO, 0o620, True),
        ('[accounts.one]\naccount_id = "a"\npasscode_env = "PASS"\n', 0o644, False),
    ],
)
def test_secrets_that_others_can_read_are_warned_of(
    file: Path, text: str, mode: int, *, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "clevertap_mcp"):
        write(file, text, mode)
        read_settings({FILE: str(file), "PASS": "pass"})
    assert bool([each for each in caplog.messages if "all can read it" in each]) is warned


def test_no_settings_show_a_secret(file: Path) -> None:
    assert SECRET not in repr(read(file, f'[accounts.one]\naccount_id = "a"\npasscode = "{SECRET}"\n'))


def test_each_key_but_the_places_of_secrets_is_a_variable_of_a_single_account() -> None:
    assert {key.removesuffix("_env").removesuffix("_file") for key in KEYS} <= Environment.model_fields.keys()
