from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from clevertap_mcp.environment import Confirm, Environment, MissingSettingError, variable
from clevertap_mcp.guard.access import Access
from clevertap_mcp.guard.caps import NO_CAPS, Caps
from clevertap_mcp.settings import read_settings
from clevertap_tools.account import Account
from clevertap_tools.errors import ConfigurationError

ACCOUNT = {"CLEVERTAP_ACCOUNT_ID": "ACC-1", "CLEVERTAP_PASSCODE": "pass-1"}
EVERY_VARIABLE = [variable(field) for field in Environment.model_fields]
FILES = ("CLEVERTAP_ACCOUNTS_FILE", "CLEVERTAP_MCP_TOKENS_FILE")
SPACED = ("CLEVERTAP_AUDIT_LOG", "CLEVERTAP_DATA_DIR", "CLEVERTAP_TOOLSETS", *FILES)

TEXTS = [name for name in EVERY_VARIABLE if name not in SPACED]
KEY = "0123456789abcdef" * 2


def refused(**variables: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({**ACCOUNT, **variables})
    return caught.value


def test_an_account_id_and_a_passcode_are_enough() -> None:
    settings = read_settings(ACCOUNT)
    assert settings.account == Account("ACC-1", SecretStr("pass-1"))
    assert settings.account.region == "eu1"
    assert (settings.access, settings.confirm, settings.caps) == (Access.FULL, Confirm.AUTO, NO_CAPS)
    assert settings.masked
    assert (settings.pseudonym_key, settings.audit_log, settings.audit_key) == (None, None, None)
    assert (settings.deadline, settings.upload_concurrency, settings.toolsets) == (55.0, 3, None)


def test_every_variable_arrives_where_it_belongs() -> None:
    settings = read_settings(
        {
            **ACCOUNT,
            "CLEVERTAP_REGION": "in1",
            "CLEVERTAP_ACCOUNT_TOKEN": "token-1",
            "CLEVERTAP_TIMEZONE": "Asia/Kolkata",
            "CLEVERTAP_DEADLINE": "7.5",
            "CLEVERTAP_UPLOAD_CONCURRENCY": "15",
            "CLEVERTAP_ACCESS": "send",
            "CLEVERTAP_CONFIRM": "plan",
            "CLEVERTAP_MAX_AUDIENCE": "5000",
            "CLEVERTAP_MAX_RECORDS": "0",
            "CLEVERTAP_MAX_SENDS_PER_DAY": "3",
            "CLEVERTAP_PII": "show",
            "CLEVERTAP_PSEUDONYM_KEY": KEY,
            "CLEVERTAP_AUDIT_LOG": "/var/log/a b.jsonl",
            "CLEVERTAP_AUDIT_KEY": KEY,
            "CLEVERTAP_LOG_LEVEL": "debug",
            "CLEVERTAP_TOOLSETS": "core,insights",
        }
    )
    assert settings.account.base_url == "https://in1.api.clevertap.com"
    assert settings.account.token == SecretStr("token-1")
    assert settings.account.zone == ZoneInfo("Asia/Kolkata")
    assert settings.deadline == 7.5
    assert settings.upload_concurrency == 15
    assert (settings.access, settings.confirm) == (Access.SEND, Confirm.PLAN)
    assert settings.caps == Caps(audience=5000, records=0, sends_per_day=3)
    assert not settings.masked
    assert settings.pseudonym_key == settings.audit_key == SecretStr(KEY)
    assert settings.sealing_key == KEY.encode()
    assert settings.audit_log == Path("/var/log/a b.jsonl")
    assert settings.log_level == "debug"
    assert settings.toolsets == "core,insights"


def test_there_is_no_default_time_zone() -> None:
    assert read_settings(ACCOUNT).account.zone is None


def test_a_legacy_region_is_accepted() -> None:
    assert read_settings({**ACCOUNT, "CLEVERTAP_REGION": "sk1"}).account.region == "sk1"


def test_a_base_url_wins_over_the_region() -> None:
    both = {**ACCOUNT, "CLEVERTAP_REGION": "in1", "CLEVERTAP_BASE_URL": "http://127.0.0.1:8100/"}
    assert read_settings(both).account.base_url == "http://127.0.0.1:8100"


def test_toolsets_on_the_command_line_win_over_the_variable() -> None:
    assert read_settings({**ACCOUNT, "CLEVERTAP_TOOLSETS": "core"}, toolsets="people").toolsets == "people"


@pytest.mark.parametrize("name", ACCOUNT)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(MissingSettingError, match=f"{name} is not set; .*--sandbox") as caught:
        read_settings({other: value for other, value in ACCOUNT.items() if other != name})
    assert caught.value.field == name


@pytest.mark.parametrize("name", EVERY_VARIABLE)
@pytest.mark.parametrize(("value", "reason"), [("", "empty"), (" ", "empty"), ("${SECRET_NAME}", "did not expand")])
def test_a_value_that_is_no_value_is_refused(name: str, value: str, reason: str) -> None:
    error = refused(**{name: value})
    assert str(error).startswith(f"{name} ")
    assert reason in str(error)
    assert "SECRET_NAME" not in str(error)
    assert error.field == name


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", ["a b", "a\n", "\ta", "a\x00b", "a\x7fb", "a\u2028b", "a\x85b"])
def test_white_space_and_control_characters_are_refused(name: str, value: str) -> None:
    assert str(refused(**{name: value})).startswith(f"{name} holds white space or a control character")


@pytest.mark.parametrize("name", ["CLEVERTAP_ACCOUNT_ID", "CLEVERTAP_PASSCODE", "CLEVERTAP_ACCOUNT_TOKEN"])
def test_what_no_header_carries_is_refused(name: str) -> None:
    assert "no HTTP header" in str(refused(**{name: "pässcode"}))


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("CLEVERTAP_REGION", "zz9secret", "choose one of in1"),
        ("CLEVERTAP_BASE_URL", "http://secret.example", "use https"),
        ("CLEVERTAP_BASE_URL", "https://secret@example.org", "scheme and host only"),
        ("CLEVERTAP_BASE_URL", "https://example.org/secret", "scheme and host only"),
        ("CLEVERTAP_BASE_URL", "https://example.org:secret", "https://host:port"),
        ("CLEVERTAP_BASE_URL", "https://[secret]", "https://host:port"),
        ("CLEVERTAP_BASE_URL", "ftp://secret", "https://host"),
        ("CLEVERTAP_BASE_URL", "secret", "https://host"),
        ("CLEVERTAP_TIMEZONE", "Mars/secret", "Europe/Berlin"),
        ("CLEVERTAP_TIMEZONE", "../secret", "Europe/Berlin"),
        ("CLEVERTAP_TIMEZONE", "Europe", "Europe/Berlin"),
        ("CLEVERTAP_TIMEZONE", "secret" * 100, "Europe/Berlin"),
        ("CLEVERTAP_DEADLINE", "secret", "more than 0 and at most 3600"),
        ("CLEVERTAP_DEADLINE", "0", "more than 0 and at most 3600"),
        ("CLEVERTAP_DEADLINE", "3601", "more than 0 and at most 3600"),
        ("CLEVERTAP_DEADLINE", "nan", "more than 0 and at most 3600"),
        ("CLEVERTAP_UPLOAD_CONCURRENCY", "secret", "from 1 to 15"),
        ("CLEVERTAP_UPLOAD_CONCURRENCY", "0", "from 1 to 15"),
        ("CLEVERTAP_UPLOAD_CONCURRENCY", "16", "from 1 to 15"),
        ("CLEVERTAP_UPLOAD_CONCURRENCY", "2.5", "from 1 to 15"),
        ("CLEVERTAP_ACCESS", "secret", "read, write, send, full"),
        ("CLEVERTAP_CONFIRM", "secret", "auto, ask, plan, off"),
        ("CLEVERTAP_MAX_AUDIENCE", "secret", "whole number"),
        ("CLEVERTAP_MAX_AUDIENCE", "-1", "0 or more"),
        ("CLEVERTAP_MAX_RECORDS", "1.5", "whole number"),
        ("CLEVERTAP_MAX_SENDS_PER_DAY", "-1", "0 or more"),
        ("CLEVERTAP_PII", "secret", "mask or show"),
        ("CLEVERTAP_PSEUDONYM_KEY", "secret", "32 characters"),
        ("CLEVERTAP_AUDIT_KEY", "secret", "32 characters"),
        ("CLEVERTAP_AUDIT_LOG", "secret.jsonl", "full path"),
        ("CLEVERTAP_LOG_LEVEL", "secret", "warning, info or debug"),
    ],
)
def test_a_malformed_value_gets_a_remedy_and_is_not_repeated(name: str, value: str, remedy: str) -> None:
    message = str(refused(**{name: value}))
    assert message.startswith(f"{name} ")
    assert remedy in message
    assert "secret" not in message
    assert "\n" not in message


def test_the_first_of_many_problems_is_reported() -> None:
    error = refused(CLEVERTAP_TOOLSETS="", CLEVERTAP_REGION="nowhere", CLEVERTAP_DEADLINE="soon")
    assert error.field == "CLEVERTAP_REGION"


@given(value=st.text(min_size=6), name=st.sampled_from(EVERY_VARIABLE))
def test_whatever_stands_in_a_variable_no_message_repeats_it(value: str, name: str) -> None:
    assume(value.strip() not in name)  # which every message tells
    message = ""
    try:
        read_settings({**ACCOUNT, name: value})
    except ConfigurationError as error:
        message = str(error)
    assert value.strip() == "" or value.strip() not in message


def test_the_sandbox_needs_nothing() -> None:
    settings = read_settings({}, sandbox=True)
    assert settings.sandbox
    assert settings.account.zone == ZoneInfo("UTC")
    assert (settings.access, settings.confirm) == (Access.FULL, Confirm.AUTO)
    assert settings.ignored == ()


def test_the_sandbox_leaves_the_account_aside_and_says_which_variables() -> None:
    settings = read_settings(
        {**ACCOUNT, "CLEVERTAP_REGION": "${CLEVERTAP_REGION}", "CLEVERTAP_BASE_URL": "http://evil.example"},
        sandbox=True,
    )
    assert settings.account == read_settings({}, sandbox=True).account
    assert settings.ignored == tuple(f"CLEVERTAP_{name}" for name in ("ACCOUNT_ID", "PASSCODE", "REGION", "BASE_URL"))


def test_the_sandbox_leaves_the_store_aside_for_it_begins_anew_with_each_process() -> None:
    for url in ("redis://store:6379/0", "sqlite:///no", "nonsense"):
        settings = read_settings({"CLEVERTAP_STORE_URL": url}, sandbox=True)
        assert settings.store_url is None
        assert settings.ignored == ("CLEVERTAP_STORE_URL",)


def test_the_sandbox_runs_in_the_zone_that_is_given() -> None:
    assert read_settings({"CLEVERTAP_TIMEZONE": "Asia/Kolkata"}, sandbox=True).account.zone == ZoneInfo("Asia/Kolkata")
    with pytest.raises(ConfigurationError, match="CLEVERTAP_TIMEZONE"):
        read_settings({"CLEVERTAP_TIMEZONE": "Mars/Base"}, sandbox=True)


def test_secrets_are_not_printed_in_whatever_form_settings_are_dumped() -> None:
    keys = {"CLEVERTAP_PSEUDONYM_KEY": KEY, "CLEVERTAP_AUDIT_KEY": KEY}
    given = {**ACCOUNT, "CLEVERTAP_ACCOUNT_TOKEN": "token-1", **keys}
    settings, environment = read_settings(given), Environment(given)
    shown = (
        f"{settings!r} {environment!r} {asdict(settings)} {environment.model_dump()} {environment.model_dump_json()}"
    )
    assert "pass-1" not in shown
    assert "token-1" not in shown
    assert KEY not in shown


@pytest.mark.parametrize(("variable_", "typed"), [("full", "read"), ("read", "full"), ("read", None)])
def test_the_lower_access_of_variable_and_command_line_counts(variable_: str, typed: str | None) -> None:
    assert read_settings({**ACCOUNT, "CLEVERTAP_ACCESS": variable_}, access=typed).access is Access.READ


def test_every_variable_is_described() -> None:
    assert all(field.description for field in Environment.model_fields.values())
