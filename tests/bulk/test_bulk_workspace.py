"""Nothing is read or written outside of the data folder, nor more than there is room for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from clevertap_bulk.workspace import NoRoomError, Workspace, owned
from clevertap_tools.errors import InvalidArgumentsError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "data", quota=1_000)


def test_names_stand_for_paths_inside(workspace: Workspace) -> None:
    assert workspace.inside("a.csv", "file") == workspace.folder / "a.csv"
    assert workspace.inside("2026/../b/a.csv", "file") == workspace.folder / "b" / "a.csv"


@pytest.mark.parametrize(
    "name",
    ["../a.csv", "a/../../a.csv", "/etc/passwd", ".clevertap/jobs.sqlite", "x/../.clevertap", "a\0b"],
)
def test_what_leads_out_or_to_our_own_is_refused_without_a_path_in_the_words(workspace: Workspace, name: str) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        workspace.inside(name, "file")
    assert str(workspace.folder) not in str(refused.value)
    assert refused.value.field == "file"


def test_links_are_followed_before_it_is_decided(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a")
    (workspace.folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (workspace.folder / "up").symlink_to(tmp_path)
    (workspace.folder / "own").symlink_to(workspace.own)
    (workspace.folder / "round").symlink_to(workspace.folder / "round")
    for name in ("link.csv", "up/secret.csv", "own/jobs.sqlite", "round/x"):
        with pytest.raises(InvalidArgumentsError):
            workspace.inside(name, "file")


def test_a_folder_is_made_for_its_owner_only_and_never_over_a_file(workspace: Workspace) -> None:
    made = workspace.folder_for("out/2026", "folder")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    (workspace.folder / "taken").write_text("x")
    for name in ("taken", "taken/below", "a" * 5_000):
        with pytest.raises(InvalidArgumentsError, match="cannot be made"):
            workspace.folder_for(name, "folder")


def test_a_file_gets_its_name_when_it_is_complete_and_is_its_owners(workspace: Workspace) -> None:
    target = workspace.folder / "a.csv"
    with workspace.written(target) as temporary:
        temporary.write_text("all of it")
        assert not target.exists()
    assert target.read_text() == "all of it"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [file.name for file in workspace.folder.iterdir() if file.is_file()] == ["a.csv"]


def test_what_is_not_written_to_its_end_leaves_what_was_there(workspace: Workspace) -> None:
    target = workspace.folder / "a.csv"
    target.write_text("before")
    with pytest.raises(UnicodeEncodeError), workspace.written(target) as temporary:
        temporary.write_text("half \ud800", encoding="utf-8")
    assert target.read_text() == "before"
    assert [file.name for file in workspace.folder.iterdir() if file.is_file()] == ["a.csv"]


def test_more_than_the_quota_is_refused_before_it_is_written(workspace: Workspace) -> None:
    (workspace.folder / "a.csv").write_bytes(b"x" * 600)
    (workspace.own / "spool").write_bytes(b"x" * 100)
    assert workspace.used() == 700
    workspace.check_room(300)
    with pytest.raises(NoRoomError, match=r"301 bytes are wanted, 300 are left") as refused:
        workspace.check_room(301)
    assert "CLEVERTAP_DATA_QUOTA" in refused.value.next


def test_a_disk_is_not_filled_whatever_the_quota_is(tmp_path: Path) -> None:
    with pytest.raises(NoRoomError):
        Workspace(tmp_path / "data", quota=1 << 62).check_room(1 << 60)


def test_what_is_ours_is_readable_by_its_owner_only(workspace: Workspace) -> None:
    assert stat.S_IMODE(workspace.own.stat().st_mode) == 0o700
    with owned(workspace.own / "spool") as file:
        file.write(b"x")
    assert stat.S_IMODE((workspace.own / "spool").stat().st_mode) == 0o600
