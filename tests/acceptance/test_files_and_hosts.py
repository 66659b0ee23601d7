"""Files of this machine go only where they may, and only as a person has seen them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.errors import ConfigurationError, InvalidArgumentsError
from clevertap_tools.files import local_files
from clevertap_tools.files.local_files import LARGEST, Files
from hosts import COMMAND, account_variables, attached, says_yes

pytestmark = pytest.mark.anyio

TOOL = "clevertap_upload_custom_list"
NAMED = {"name": "VIP", "email": "ops@example.org", "creator": "Ops"}
CSV = b"Type,Identity\ni,0001\ni,0002\n"
OUTSIDE = "'file' names no file inside the operator's folder (CLEVERTAP_DATA_DIR)"
COMPLETE = "/upload_custom_list_segment_completed"


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "vip.csv"
    path.parent.mkdir()
    write(path)
    return path


def write(path: Path, content: bytes = CSV) -> None:
    path.write_bytes(content)


def variables(url: str, **more: str) -> dict[str, str]:
    return account_variables(url, CLEVERTAP_TOOLSETS="all", **more)


def told(answer: CallToolResult) -> dict[str, Any]:
    return dict(answer.structured_content or {})


def completed(sandbox: Sandbox) -> int:
    """How often a list was handed over."""
    return sum(each.path == COMPLETE for each in sandbox.requests)


async def test_over_stdio_a_file_of_this_machine_is_uploaded_and_nothing_says_where_to(
    account: tuple[Sandbox, str], file: Path
) -> None:
    sandbox, url = account
    heard: list[str] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append(f"{progress} {total} {message}")

    async with attached("stdio", "2026-07-28", env=variables(url, CLEVERTAP_PII="show")) as host:
        answer = await host.call_tool(TOOL, {**NAMED, "file": str(file)}, progress_callback=progress)
    assert not answer.is_error, answer.content
    assert told(answer)["sent"] == 2
    assert sandbox.mails == ["Custom list VIP: 2 of 2 found"]
    assert heard == [f"{len(CSV)}.0 {len(CSV)}.0 {len(CSV)} of {len(CSV)} bytes"]
    assert not [words for words in (*heard, answer.model_dump_json()) if "X-Amz" in words or "_storage" in words]


@pytest.mark.parametrize(("transport", "generation"), [("http", "2026-07-28"), ("sse", "2025-11-25")])
async def test_over_http_no_file_is_touched_and_the_remedy_is_told(
    account: tuple[Sandbox, str], file: Path, transport: str, generation: str
) -> None:
    sandbox, url = account
    async with attached(transport, generation, env=variables(url), person=says_yes) as host:
        for path in (str(file), str(file.with_name("none.csv")), "/etc/passwd"):
            for replace in (True, False):
                answer = await host.call_tool(TOOL, {**NAMED, "file": path, "replace": replace})
                assert answer.is_error
                error = told(answer)["error"]
                assert (error["code"], error["field"], error["changed"]) == ("invalid_arguments", "file", "no")
                assert error["message"].startswith("'file' works only where this server runs on your own machine")
        assert sandbox.requests == []
        inline = await host.call_tool(TOOL, {**NAMED, "identity": ["0001"]})
        assert told(inline)["sent"] == 1


def test_at_the_command_line_a_file_is_uploaded(account: tuple[Sandbox, str], file: Path) -> None:
    sandbox, url = account
    given = json.dumps({**NAMED, "file": file.name})
    run = [COMMAND, "run", "upload-custom-list", "--json", "--input", given]
    done = subprocess.run(run, env=variables(url), cwd=file.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 2
    assert sandbox.mails == ["Custom list VIP: 2 of 2 found"]
    assert "X-Amz" not in done.stdout + done.stderr


def test_the_embedded_sandbox_is_its_own_store(file: Path) -> None:
    given = json.dumps({**NAMED, "file": str(file)})
    run = [COMMAND, "--sandbox", "run", "upload-custom-list", "--json", "--input", given]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 2


class Folder:
    """An operator's folder with what may be read in it, what must not, and the ways around."""

    def __init__(self, file: Path) -> None:
        self.path = file.parent
        self.secret = file.parent.parent / "secret.csv"
        write(self.secret)
        (self.path / "link.csv").symlink_to(self.secret)
        (self.path / "dangling.csv").symlink_to(self.secret.with_name("none.csv"))
        (self.path / "loop.csv").symlink_to(self.path / "loop.csv")
        (self.path / "up").symlink_to(self.path.parent)
        (self.path / "inner.csv").symlink_to(file)
        self.sibling = file.parent.with_name("database")
        self.sibling.mkdir()
        write(self.sibling / "vip.csv")


@pytest.fixture
def folder(file: Path) -> Folder:
    return Folder(file)


def message(files: Files, name: str) -> str:
    with pytest.raises(InvalidArgumentsError) as refused:
        files.opened(name).close()
    return refused.value.message.partition(";")[0]


WAYS_OUT = [
    "../secret.csv", "../none.csv", "{0}/../secret.csv", "{0}/../none.csv", "link.csv", "dangling.csv", "up/secret.csv",
    "up/none.csv", "../database/vip.csv", "/etc/passwd", "/none/at/all", "~/secret.csv", "~nobody-here/x", "loop.csv",
    "vip.csv\0", "{0}",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
def test_whatever_lies_outside_the_folder_is_refused_alike_whether_it_is_there_or_not(folder: Folder, way: str) -> None:
    said = message(Files(folder.path), way.format(folder.path))
    assert said == ("'file' is no regular file" if way == "{0}" else OUTSIDE)


@pytest.mark.parametrize("name", ["vip.csv", "./vip.csv", "up/data/vip.csv", "inner.csv", "{0}/vip.csv"])
def test_whatever_lies_inside_the_folder_is_read_by_any_name(folder: Folder, name: str) -> None:
    with Files(folder.path).opened(name.format(folder.path)) as file:
        assert file.read() == CSV


def test_a_folder_that_is_a_link_itself_is_followed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(folder.path)
    with Files(tmp_path / "alias").opened("vip.csv") as file:
        assert file.read() == CSV
    assert message(Files(tmp_path / "alias"), "../secret.csv") == OUTSIDE


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for special in (str(tmp_path / "pipe"), str(tmp_path), "/dev/zero", "/dev/null"):
        assert message(Files(), special) == "'file' is no regular file"
    assert message(Files(), str(tmp_path / "none.csv")) == "'file' cannot be read: No such file or directory"
    assert message(Files(tmp_path), "none.csv") == "'file' cannot be read: No such file or directory"


OPEN = os.open


def meddled(before: Callable[[], object] = str, after: Callable[[], object] = str) -> Callable[..., int]:
    """The system's way to open a file, with somebody who is at it just before and just after."""

    def open_meanwhile(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        before()
        try:
            return OPEN(path, flags, mode, dir_fd=dir_fd)
        finally:
            after()

    return open_meanwhile


def test_a_folder_that_is_exchanged_for_a_link_just_then_leads_nowhere(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, aside = folder.path / "inner", folder.path / "aside"
    inner.mkdir()
    write(inner / "vip.csv", b"inside")

    def lay_link() -> None:
        inner.rename(aside)
        inner.symlink_to(folder.sibling)

    def take_link_away() -> None:
        inner.unlink()
        aside.rename(inner)

    monkeypatch.setattr(os, "open", meddled(lay_link, take_link_away))
    assert message(Files(folder.path), "inner/vip.csv").startswith("'file' cannot be read")
    monkeypatch.undo()
    with Files(folder.path).opened("inner/vip.csv") as file:
        assert file.read() == b"inside"


def test_a_file_with_another_name_that_may_lie_outside_is_refused(folder: Folder) -> None:
    (folder.path / "hard.csv").hardlink_to(folder.secret)
    assert message(Files(folder.path), "hard.csv") == "'file' has several names (hard links)"
    with Files().opened(str(folder.path / "hard.csv")) as file:
        assert file.read() == CSV


def test_the_other_name_of_a_file_cannot_be_hidden_by_taking_this_one_away(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hard = folder.path / "hard.csv"
    for last in (hard.unlink, lambda: (folder.path / "vip.csv").replace(hard)):
        hard.hardlink_to(folder.secret)
        monkeypatch.setattr(os, "open", meddled(after=last))
        assert message(Files(folder.path), "hard.csv").startswith(("'file' cannot be read", "'file' has changed"))
        monkeypatch.undo()


def test_where_files_cannot_be_opened_by_steps_the_same_is_read_and_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "BY_STEPS", False)
    files, hard = Files(folder.path), folder.path / "hard.csv"
    with files.opened("up/data/vip.csv") as file:
        assert file.read() == CSV
    assert message(files, "up/secret.csv") == OUTSIDE
    hard.hardlink_to(folder.secret)
    assert message(files, "hard.csv") == "'file' has several names (hard links)"

    def lay_link() -> None:
        hard.unlink()
        hard.symlink_to(folder.secret)

    monkeypatch.setattr(os, "open", meddled(after=lay_link))
    assert message(files, "hard.csv") in ("'file' has changed since it was checked", OUTSIDE)


async def refused(env: dict[str, str], file: str) -> dict[str, Any]:
    """How the server refuses to replace a list by a file."""
    async with (
        opened(read_settings(env)) as app,
        Client(build_server(Accounts.only(app), local=True), cache=None) as host,
    ):
        answer = await host.call_tool(TOOL, {**NAMED, "file": file, "replace": True})
    assert answer.is_error
    return dict(told(answer)["error"])


@pytest.mark.parametrize(
    ("limit", "code"),
    [({"CLEVERTAP_ACCESS": "write"}, "not_allowed"), ({"CLEVERTAP_MAX_RECORDS": "100"}, "over_cap")],
)
async def test_for_a_call_that_may_not_be_made_no_file_is_read(
    account: tuple[Sandbox, str], file: Path, limit: dict[str, str], code: str
) -> None:
    sandbox, url = account
    for name in (str(file), str(file.with_name("none.csv"))):
        assert (await refused(variables(url, **limit), name))["code"] == code
    assert sandbox.requests == []


async def test_a_file_larger_than_clevertap_takes_is_not_read(account: tuple[Sandbox, str], file: Path) -> None:
    sandbox, url = account
    os.truncate(file, LARGEST + 1)
    assert message(Files(), str(file)) == "'file' has 5,368,709,121 bytes"
    assert "CleverTap takes 5,368,709,120" in (await refused(variables(url), str(file)))["message"]
    assert sandbox.requests == []


OPEN_FILES = Path("/proc/self/fd")


def open_files() -> set[Path]:
    return {each.resolve() for each in OPEN_FILES.iterdir()}


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="only Linux lists what is open")
async def test_nobody_reads_on_when_the_time_for_a_call_has_run_out(account: tuple[Sandbox, str], file: Path) -> None:
    sandbox, url = account
    os.truncate(file, LARGEST)
    assert (await refused(variables(url, CLEVERTAP_DEADLINE="0.3"), str(file)))["code"] == "deadline"
    assert file not in open_files()
    assert sandbox.requests == []


@pytest.mark.parametrize("name", ["passwd", "secret.csv"])
async def test_no_word_of_a_file_that_is_refused_comes_out(
    account: tuple[Sandbox, str], folder: Folder, name: str
) -> None:
    sandbox, url = account
    write(folder.path / "secret.csv", b"hunter2,Identity\ni,letmein\n")
    path = "/etc/passwd" if name == "passwd" else "secret.csv"
    env = variables(url, CLEVERTAP_DATA_DIR=str(folder.path), CLEVERTAP_CONFIRM="off")
    async with (
        opened(read_settings(env)) as app,
        Client(build_server(Accounts.only(app), local=True), cache=None) as host,
    ):
        for replace in (True, False):
            answer = await host.call_tool(TOOL, {**NAMED, "file": path, "replace": replace})
            assert answer.is_error
            said = answer.model_dump_json()
            assert not [word for word in ("root:", "hunter2", "letmein") if word in said]
            assert (OUTSIDE if name == "passwd" else "must be the header Type,Identity") in said
    assert sandbox.requests == []


@pytest.mark.parametrize("value", ["relative/data", "", "/none/at/all", "${DATA}"])
def test_a_folder_that_is_none_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigurationError, match="CLEVERTAP_DATA_DIR") as refused:
        read_settings({"CLEVERTAP_DATA_DIR": value}, sandbox=True)
    assert "none/at" not in refused.value.message


class Writer:
    """A person who says yes while somebody writes another content into the file."""

    def __init__(self, file: Path, content: bytes) -> None:
        self.file, self.content = file, content
        self.questions: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        write(self.file, self.content)
        return ElicitResult(action="accept", content={"confirm": True})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("other", [b"Type,Identity\ni,0003\ni,0004\n", CSV])
async def test_a_yes_holds_only_for_the_content_that_it_was_given_to(
    account: tuple[Sandbox, str], file: Path, mode: Any, other: bytes
) -> None:
    sandbox, url = account
    person = Writer(file, other)
    settings = read_settings(variables(url))
    async with (
        opened(settings) as app,
        Client(
            build_server(Accounts.only(app), local=True), mode=mode, cache=None, elicitation_callback=person
        ) as host,
    ):
        answer = await host.call_tool(TOOL, {**NAMED, "file": str(file), "replace": True})
    assert 'Replace everybody in the custom list "VIP" by 2 rows.' in person.questions[0]
    assert "SHA-256" in person.questions[0]
    assert answer.is_error == (other != CSV)
    assert completed(sandbox) == (other == CSV)
    if answer.is_error:
        assert "has changed" in told(answer)["error"]["message"]
        assert told(answer)["error"]["changed"] == "no"


async def test_a_plan_holds_only_for_the_content_that_was_shown(account: tuple[Sandbox, str], file: Path) -> None:
    sandbox, url = account
    given = {**NAMED, "file": str(file), "replace": True}
    async with (
        opened(read_settings(variables(url, CLEVERTAP_CONFIRM="plan"))) as app,
        Client(build_server(Accounts.only(app), local=True), cache=None) as host,
    ):
        first = told(await host.call_tool(TOOL, given))["plan"]
        write(file, CSV.replace(b"0002", b"0003"))
        refused = await host.call_tool(TOOL, {**given, "plan": first})
        assert told(refused)["error"]["code"] == "plan_refused"
        assert "another content of the file" in told(refused)["error"]["message"]
        assert completed(sandbox) == 0
        write(file)
        second = told(await host.call_tool(TOOL, given))["plan"]
        assert told(await host.call_tool(TOOL, {**given, "plan": second}))["sent"] == 2
        assert completed(sandbox) == 1


async def test_a_server_is_taken_for_remote_unless_it_is_told_otherwise(
    account: tuple[Sandbox, str], file: Path
) -> None:
    _, url = account
    async with (
        opened(read_settings(variables(url))) as app,
        Client(build_server(Accounts.only(app)), cache=None) as host,
    ):
        assert (await host.call_tool(TOOL, {**NAMED, "file": str(file)})).is_error
