"""What the commands print and how they end; in this process, against a sandbox on loopback."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from clevertap_mcp.cli import status_of
from clevertap_sandbox import Fault, Kind, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.action import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.conftest import AccountAt

MIRA = {"identity": "c-1", "profileData": {"Name": "Mira"}}
NOBODY = {"identity": "c-2", "profileData": {"Email": "no address"}}


class Ended(Protocol):
    """Runs a command line; tells its exit status, stdout and stderr."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, account_at: AccountAt) -> Iterator[Sandbox]:
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        for name, value in account_at(url).items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def ended(capsys: pytest.CaptureFixture[str]) -> Ended:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = status_of(list(arguments))
        return (status, *capsys.readouterr())

    return run


def upload(*profiles: dict[str, Any]) -> str:
    return json.dumps({"profiles": profiles})


@pytest.mark.usefixtures("sandbox")
def test_a_result_is_printed_for_people(ended: Ended) -> None:
    status, out, err = ended("run", "upload-user-profiles", "--input", upload(MIRA))
    assert (status, err) == (0, "")
    assert out.startswith("{\n  ")
    assert json.loads(out)["accepted"] == 1


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("key", ["get-user-profile", "get_user_profile", "clevertap_get_user_profile"])
def test_a_key_is_known_however_it_is_written(ended: Ended, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended("run", "upload-user-profiles", "--input", upload({**MIRA, "profileData": {"Name": "Mïra"}}))
    status, out, _ = ended("run", key, "--input", '{"identity": "c-1"}', "--json")
    assert status == 0
    assert out.count("\n") == 1
    assert "person_" in out
    assert "Mïra" not in out
    monkeypatch.setenv("CLEVERTAP_PII", "show")
    assert "Mïra" in ended("run", key, "--input", '{"identity": "c-1"}', "--json")[1]


@pytest.mark.usefixtures("sandbox")
def test_input_comes_from_a_file_or_from_stdin(ended: Ended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given.json").write_text(upload(MIRA))
    assert ended("run", "upload-user-profiles", "--input", f"@{tmp_path}/given.json")[0] == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(upload(MIRA).encode())))
    assert ended("run", "upload-user-profiles", "--input", "-")[0] == 0


@pytest.mark.usefixtures("sandbox")
def test_a_record_that_is_refused_makes_the_status_1_with_the_whole_result_on_stdout(ended: Ended) -> None:
    status, out, err = ended("run", "upload-user-profiles", "--input", upload(MIRA, NOBODY))
    assert status == 1
    assert [refusal["index"] for refusal in json.loads(out)["refusals"]] == [1]
    assert err.startswith("Error: ")


@pytest.mark.usefixtures("sandbox")
def test_whoever_goes_on_gets_refused_records_and_status_0(ended: Ended) -> None:
    status, out, err = ended("run", "upload-user-profiles", "--input", upload(MIRA, NOBODY), "--continue-on-fail")
    assert (status, err) == (0, "")
    assert json.loads(out)["refused"] == 1


def test_a_lost_answer_makes_the_status_1_and_the_figures_are_printed(ended: Ended, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.RESET_AFTER, path="/1/upload", times=None))
    event = '{"events": [{"identity": "c-1", "evtName": "Charged", "evtData": {"Amount": 9}}]}'
    status, out, err = ended("run", "upload-events", "--input", event)
    assert status == 1
    assert json.loads(out)["unaccounted"] == 1
    assert err.startswith("Error: ")
    status, out, err = ended("run", "upload-events", "--input", event, "--continue-on-fail", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["unaccounted"] == 1
    assert json.loads(out)["error"]["changed"] in ("unknown", "partly")


@pytest.mark.usefixtures("sandbox")
def test_a_refusal_is_one_sentence_on_stderr_and_status_1(ended: Ended) -> None:
    status, out, err = ended("run", "get-event-count", "--input", '{"event_name": "Charged", "form": "x"}')
    assert (status, out) == (1, "")
    assert err.startswith("Error: ")
    assert "'form' is not an argument here" in err


@pytest.mark.usefixtures("sandbox")
def test_whoever_goes_on_gets_the_error_as_json(ended: Ended) -> None:
    status, out, err = ended("run", "get-events-by-cursor", "--continue-on-fail", "--json")
    assert (status, err) == (0, "")
    error = json.loads(out)["error"]
    assert error["code"] == "invalid_arguments"
    assert error["field"] == "cursor"
    assert error["changed"] == "no"
    assert "null" not in out


def test_what_nobody_can_be_asked_about_is_not_done(ended: Ended, sandbox: Sandbox) -> None:
    status, _, err = ended("run", "delete-user-profile", "--input", '{"identity": ["c-1"]}')
    assert status == 1
    assert "Nobody can be asked here" in err
    assert "CLEVERTAP_CONFIRM=off" in err
    assert sandbox.requests == []


def test_what_the_access_excludes_is_refused_by_name(ended: Ended, sandbox: Sandbox) -> None:
    status, _, err = ended("--access", "read", "run", "delete-user-profile", "--input", '{"identity": ["c-1"]}')
    assert status == 2
    assert "delete-user-profile is excluded by --access (or CLEVERTAP_ACCESS) read" in err
    status, _, err = ended("--access", "write", "request", "/1/delete/profiles.json", "-d", '{"identity": "c-1"}')
    assert status == 1
    assert "does not allow that" in err
    assert "stop-campaign" not in ended("--access", "send", "actions")[1]
    assert sandbox.requests == []


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("get-event-cuont", "nearest: get-event-count"),
        ("qqqqqq", "`clevertap-mcp actions` lists them"),
    ],
)
def test_an_unknown_key_is_wrong_usage_and_gets_the_nearest(ended: Ended, key: str, sentence: str) -> None:
    status, out, err = ended("run", key)
    assert (status, out) == (2, "")
    assert sentence in err


@pytest.mark.usefixtures("sandbox")
def test_an_action_that_is_not_chosen_is_wrong_usage(ended: Ended) -> None:
    status, _, err = ended("--toolsets", "-request", "request", "/1/now.json")
    assert status == 2
    assert "not among the chosen toolsets" in err


@pytest.mark.usefixtures("sandbox")
def test_bad_json_is_wrong_usage(ended: Ended) -> None:
    status, out, err = ended("run", "get-event-count", "--input", "{")
    assert (status, out) == (2, "")
    assert "line 1, column 2" in err


def test_a_request_goes_out_as_it_was_typed(ended: Ended, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ("--path-param", "what=now", "-d", '{"os": true}', "-H", "X-Note: 1", "--query", "a=b c")
    monkeypatch.setenv("CLEVERTAP_CONFIRM", "off")  # a parameter that nobody knows may do anything
    status, out, _ = ended("request", "/1/{what}.json", *typed)
    assert status == 0
    assert json.loads(out)["status"] == 200
    sent = sandbox.requests[-1]
    assert (sent.method, sent.path, sent.query) == ("POST", "/1/now.json", {"a": "b c"})
    assert sent.headers["x-note"] == "1"
    assert json.loads(sent.body) == {"os": True}


@pytest.mark.usefixtures("sandbox")
def test_a_request_for_another_host_is_refused(ended: Ended) -> None:
    status, out, err = ended("request", "//evil.example/1/now.json")
    assert (status, out) == (1, "")
    assert "'path'" in err


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("arguments", [["request"], ["request", "/x", "-X", "BREW"], ["run"], ["fly"], ["--fly"]])
def test_wrong_usage_is_one_sentence_and_status_2(ended: Ended, arguments: list[str]) -> None:
    status, out, err = ended(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("sandbox")
def test_a_connection_that_stands_is_ready(ended: Ended) -> None:
    status, out, err = ended("connection")
    assert (status, err) == (0, "")
    assert out.startswith("READY: ")


def test_a_passcode_that_is_wrong_is_for_the_operator(
    ended: Ended, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEVERTAP_PASSCODE", "wrong")
    status, out, _ = ended("connection", "--json")
    assert status == 1
    assert json.loads(out)["state"] == "CLIENT_ACTION_REQUIRED"
    assert len(sandbox.requests) == 1, "a base URL of one's own: no other region is asked"


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("value", "status", "state"), [(None, 1, "CLIENT_ACTION_REQUIRED"), ("", 2, "CONFIGURATION_ERROR")]
)
def test_a_missing_variable_and_a_malformed_one_differ(
    ended: Ended, monkeypatch: pytest.MonkeyPatch, value: str | None, status: int, state: str
) -> None:
    if value is None:
        monkeypatch.delenv("CLEVERTAP_PASSCODE")
    else:
        monkeypatch.setenv("CLEVERTAP_PASSCODE", value)
    ended_with, out, _ = ended("connection")
    assert ended_with == status
    assert out.startswith(f"{state}: CLEVERTAP_PASSCODE ")


@pytest.mark.usefixtures("sandbox")
def test_a_malformed_variable_stops_a_command_with_status_2(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEVERTAP_REGION", "${CLEVERTAP_REGION}")
    status, out, err = ended("run", "real-time-user-count")
    assert (status, out) == (2, "")
    assert err.startswith("Error: CLEVERTAP_REGION ")


def test_the_list_of_actions_needs_no_account(ended: Ended) -> None:
    status, out, err = ended("actions")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(CATALOGUE)


def test_the_list_of_actions_is_complete_as_json(ended: Ended) -> None:
    status, out, _ = ended("actions", "--json")
    assert status == 0
    listed = json.loads(out)
    assert [entry["key"] for entry in listed] == list(CATALOGUE)
    assert all(entry["description"] and entry["input_schema"]["type"] == "object" for entry in listed)


def test_the_list_of_actions_can_be_short(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended("actions", "--limit", "3")[1].count("\n") == 3
    assert ended("actions", "--limit", "0")[0] == 2
    assert ended("--toolsets", "get-events", "actions")[1].startswith("get-events ")
    monkeypatch.setenv("CLEVERTAP_TOOLSETS", "request")
    assert ended("actions")[1].startswith("request ")


def test_an_intent_brings_the_best_action_first(ended: Ended) -> None:
    status, out, _ = ended("actions", "--intent", "who is active right now", "--limit", "1")
    assert status == 0
    assert out.startswith("real-time-user-count ")


def test_an_intent_that_fits_nothing_is_said(ended: Ended) -> None:
    status, out, err = ended("actions", "--intent", "qqq zzz")
    assert (status, out) == (0, "")
    assert "No action fits" in err
    assert ended("actions", "--intent", "qqq zzz", "--json")[1] == "[]\n"


JANUARY = '{"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}'


def test_the_sandbox_says_that_it_is_one_and_what_it_ignores(ended: Ended, sandbox: Sandbox) -> None:
    status, out, err = ended("--sandbox", "run", "get-event-count", "--json", "--input", JANUARY)
    assert status == 0
    assert json.loads(out)["count"] == 885
    assert "sandbox" in err
    assert "ignoring CLEVERTAP_ACCOUNT_ID, CLEVERTAP_PASSCODE, CLEVERTAP_BASE_URL, CLEVERTAP_ACCOUNT_TOKEN" in err
    assert sandbox.requests == []


def test_the_sandbox_connection_is_ready(ended: Ended) -> None:
    assert ended("--sandbox", "connection")[0] == 0


def test_stdio_has_no_port(ended: Ended) -> None:
    status, _, err = ended("serve", "--port", "1")
    assert status == 2
    assert "--transport http or sse" in err


def test_a_start_of_the_sandbox_that_is_not_there_is_wrong_usage(ended: Ended) -> None:
    assert ended("sandbox", "--seed", "/absent.csv")[0] == 2
