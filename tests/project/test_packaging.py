"""What is shipped: a wheel of exactly three packages that works without the source tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = {"clevertap_tools", "clevertap_mcp", "clevertap_sandbox", "clevertap_bulk"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_installs_exactly_four_import_names(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_the_wheel_says_that_it_is_typed_and_carries_the_shop(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert {"clevertap_sandbox/shop.csv.gz", "clevertap_sandbox/ORIGIN"} <= names


def test_the_wheel_works_with_the_source_gone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    query = '{"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}'
    command = [sys.executable, "-m", "clevertap_mcp", "--sandbox", "run", "get-event-count", "--input", query, "--json"]
    # The unpacked wheel comes before the source tree, which the development install put on the path.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environ["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == '{"count":885}', done.stderr


def test_the_source_archive_carries_what_a_reader_looks_for(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    shutil.unpack_archive(next(tmp_path.glob("*.tar.gz")), tmp_path, filter="data")
    tops = {path.name for path in tmp_path.glob("*/*")}
    assert {"README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "Makefile", "constraints.txt", "tests"} <= tops


def imports(package: str) -> set[str]:
    """The top-level names that the modules of a package import."""
    sources = next(PROJECT.glob(f"*/{package}")).rglob("*.py")
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    return set(re.findall(r"^\s*(?:from|import) ([a-z_0-9]+)", text, re.MULTILINE))


def test_the_arrows_of_import_point_one_way() -> None:
    assert not imports("clevertap_tools") & {"clevertap_mcp", "clevertap_sandbox", "mcp"}
    assert not imports("clevertap_sandbox") & {"clevertap_mcp", "clevertap_tools", "mcp", "httpx2"}


def test_the_http_library_is_imported_only_where_calls_and_files_leave_and_keys_are_fetched() -> None:
    sources = [*PROJECT.glob("tools/**/*.py"), *PROJECT.glob("server/**/*.py")]
    users = {
        source.name for source in sources if re.search(r"^\s*(?:from|import) httpx", source.read_text(), re.MULTILINE)
    }
    calls = {"client.py", "ways.py", "replies.py", "host.py", "connection.py"}
    assert users == calls | {"delivery.py", "presigned.py", "issuer.py"}


def test_every_dependency_has_a_reason_in_the_readme_and_every_tested_version_is_pinned() -> None:
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^    "([a-z0-9-]+)[>=]', project, re.MULTILINE)
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    pinned = (PROJECT / "constraints.txt").read_text(encoding="utf-8")
    assert len(names) >= 10
    assert [name for name in names if f"`{name}`" not in readme] == []
    assert [name for name in names if f"\n{name}==" not in pinned] == []
