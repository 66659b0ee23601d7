"""A sandbox on a socket, on the command line, in a file."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import httpx2
import pytest

from clevertap_sandbox import (
    ACCOUNT_ID,
    PASSCODE,
    SHOP,
    Behaviours,
    DatabaseError,
    Fault,
    Kind,
    Sandbox,
    SeedError,
)
from clevertap_sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from pathlib import Path

HEADERS = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
COUNT = "/1/counts/profiles.json"
PURCHASES = {"event_name": "Charged", "from": 19970101, "to": 19980630}

PROGRAM = """
import sys
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serve

with Sandbox(seed=None) as sandbox:
    serve(sandbox, 0, on_ready=lambda url: print(url, flush=True))
print("over", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_returns_after_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            assert httpx2.get(f"{url}/v1/connect", headers=HEADERS).json() == {"status": "success"}
            process.send_signal(number)
            assert process.stdout.read() == "over\n"
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_a_taken_port_is_an_error() -> None:
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), serving(sandbox, port):
            pass


def test_serving_stops_though_somebody_is_waiting_for_an_answer() -> None:
    with Sandbox(seed=None) as sandbox:
        sandbox.faults.add(Fault(kind=Kind.DRIP, seconds=3600))
        with serving(sandbox) as url, httpx2.Client(base_url=url, headers=HEADERS) as client:
            stream = client.stream("GET", "/v1/connect")
            stream.__enter__()
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(url)


def test_a_project_in_a_file_is_seeded_once_and_kept(tmp_path: Path) -> None:
    record = {"type": "event", "identity": "new", "evtName": "Charged", "ts": 852120000}
    counts = []
    for _ in range(2):
        with Sandbox(tmp_path / "project.db") as sandbox, serving(sandbox) as url:
            assert httpx2.post(f"{url}/1/upload", json={"d": [record]}, headers=HEADERS).status_code == 200
            counts.append(httpx2.post(f"{url}/1/counts/events.json", json=PURCHASES, headers=HEADERS).json()["count"])
    assert counts == [6920, 6921]
    assert [file.name for file in tmp_path.iterdir()] == ["project.db"], "nothing else is left lying about"


@pytest.mark.anyio
async def test_a_project_in_a_file_cannot_change_its_zone(tmp_path: Path, anyio_backend: str) -> None:
    async def count(zone: tzinfo) -> int:
        with Sandbox(tmp_path / "project.db", zone=zone) as sandbox:
            transport = httpx2.ASGITransport(sandbox.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
                return (await client.post(COUNT, json=PURCHASES)).status_code

    assert await count(UTC) == 200
    with pytest.raises(ValueError, match="this project's time zone is UTC, not Asia/Kolkata"):
        await count(ZoneInfo("Asia/Kolkata"))


def test_a_project_is_seeded_from_any_purchases(tmp_path: Path, opened: Callable[[Sandbox], httpx2.Client]) -> None:
    purchases = tmp_path / "purchases.csv"
    purchases.write_text("customer_id,date,quantity,amount\nx,2026-01-01,1,9.5\ny,2026-01-02,2,1\n", encoding="utf-8")
    client = opened(Sandbox(seed=purchases))
    body = {"event_name": "Charged", "from": 20260101, "to": 20260101}
    assert client.post(COUNT, json=body).json() == {"status": "success", "count": 1}


def test_nothing_is_opened_before_the_first_request(tmp_path: Path) -> None:
    database = tmp_path / "project.db"
    with Sandbox(database) as sandbox:
        assert not database.exists()
        with serving(sandbox) as url:
            httpx2.get(f"{url}/v1/connect", headers=HEADERS)
        assert not database.exists()


def test_a_project_can_be_opened_and_filled_before_anybody_asks(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "project.db") as sandbox:
        sandbox.open()
        assert (tmp_path / "project.db").stat().st_size


def test_a_file_that_is_no_database_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "project.db").write_text("no database" * 100)
    with Sandbox(tmp_path / "project.db") as sandbox, pytest.raises(DatabaseError, match="not a database"):
        sandbox.open()


def test_a_file_of_another_version_of_the_sandbox_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "project.db", seed=None) as sandbox:
        sandbox.open()
    with closing(sqlite3.connect(tmp_path / "project.db")) as database:
        database.execute("PRAGMA user_version = 1")
    with Sandbox(tmp_path / "project.db") as sandbox, pytest.raises(DatabaseError, match="another version"):
        sandbox.open()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,2026-01-01,1", "line 2 of .* is not customer_id,date,quantity,amount"),
        ("x,2026-02-30,1,9.5", "line 2"),
        ("x,2026-01-01,one,9.5", "line 2"),
        ("x,2026-01-01,1,nan", "line 2"),
        ("", "line 2"),
    ],
)
def test_purchases_that_are_none_are_named_by_their_line(tmp_path: Path, line: str, reason: str) -> None:
    purchases = tmp_path / "purchases.csv"
    purchases.write_text(f"customer_id,date,quantity,amount\n{line}\n", encoding="utf-8")
    with Sandbox(seed=purchases) as sandbox, pytest.raises(SeedError, match=reason):
        sandbox.open()


def test_a_cut_gz_is_no_seed(tmp_path: Path) -> None:
    purchases = tmp_path / "purchases.csv.gz"
    purchases.write_bytes(SHOP.read_bytes()[:1000])
    with Sandbox(seed=purchases) as sandbox, pytest.raises(SeedError, match="is no CSV of"):
        sandbox.open()


def test_a_sandbox_can_do_without_its_control_path(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, control=False))
    assert client.post("/_sandbox/faults", json=[{"kind": "status", "status": 401}]).status_code == 404
    assert client.get("/_sandbox/requests").content == client.get("/elsewhere").content
    assert client.get("/v1/connect").status_code == 200


def test_a_sandbox_can_have_an_account_of_its_own(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, account_id="AAA-BBB-CCCZ", passcode="secret"))
    own = {"X-CleverTap-Account-Id": "AAA-BBB-CCCZ", "X-CleverTap-Passcode": "secret"}
    assert client.get("/v1/connect").status_code == 401
    assert client.get("/v1/connect", headers=own).status_code == 200


def test_the_shop_is_shipped_inside_the_package_with_its_origin() -> None:
    assert SHOP.is_file()
    assert "MIT" in SHOP.with_name("ORIGIN").read_text(encoding="utf-8")


def test_every_behaviour_has_a_docstring_that_says_where_it_comes_from() -> None:
    source = (SHOP.parent / "behaviours.py").read_text(encoding="utf-8")
    assert source.count('"""') == 2 * (len(Behaviours.__dataclass_fields__) + 2)


def test_importing_the_sandbox_imports_neither_uvicorn_nor_the_other_packages() -> None:
    program = "import sys, json, clevertap_sandbox; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    roots = {name.partition(".")[0] for name in modules}
    assert roots.isdisjoint({"uvicorn", "clevertap_tools", "clevertap_mcp", "httpx2", "pydantic"})
