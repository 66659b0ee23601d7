"""Files of this machine go only where they may, and only as a person has seen them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from clevertap_mcp.app import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.errors import ConfigurationError, InvalidArgumentsError
from clevertap_tools.local_files import Files
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
        Client(build_server(app, local=True), cache=None) as host,
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
        Client(build_server(app, local=True), mode=mode, cache=None, elicitation_callback=person) as host,
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
        Client(build_server(app, local=True), cache=None) as host,
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
        Client(build_server(app), cache=None) as host,
    ):
        assert (await host.call_tool(TOOL, {**NAMED, "file": str(file)})).is_error
