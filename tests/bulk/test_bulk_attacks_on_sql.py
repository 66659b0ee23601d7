"""What questions may not do: read other files, write, learn of the machine, or take more than their share."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bulk.questioning import asking, at, export, write
from clevertap_bulk.questions.answering import Answering, opened
from clevertap_bulk.questions.asking import QuestionError

pytestmark = pytest.mark.anyio

CANARY = "canary-7f3a"
READING = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('{data}/events/Charged/2026-01-02.parquet')",
    "SELECT * FROM read_blob('{data}/secret.csv')",
    "SELECT * FROM read_parquet('{data}/events/*/*.parquet')",
    "SELECT * FROM read_parquet('../../events/Charged/2026-01-02.parquet')",
    "SELECT * FROM read_json('{data}/secret.csv')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '{data}/events/Charged/2026-01-02.parquet'",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'secret.csv'",
    "SELECT * FROM sniff_csv('{data}/secret.csv')",
    "SELECT * FROM parquet_metadata('{data}/events/Charged/2026-01-02.parquet')",
    "SELECT * FROM read_duckdb('{data}/other.duckdb', table_name = 't')",
    "ATTACH '{data}/other.duckdb' AS other",
    "ATTACH ':memory:' AS other",
    "COPY Charged FROM '{data}/secret.csv'",
    "IMPORT DATABASE '{data}'",
]
WRITING = [
    "COPY Charged TO '{data}/out.csv'",
    "COPY (SELECT 1) TO '/tmp/out.parquet'",
    "EXPORT DATABASE '{data}/out'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO Charged SELECT * FROM Charged",
    "UPDATE Charged SET identity = 'x'",
    "DELETE FROM Charged",
    "WITH d AS (DELETE FROM Charged RETURNING *) SELECT * FROM d",
    "DROP TABLE Charged",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN TRANSACTION",
]
OPENING = [
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{data}/evil.duckdb_extension'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET memory_limit",
    "PRAGMA threads = 64",
    "PRAGMA database_list",
    "CALL enable_logging()",
    "SELECT * FROM enable_logging('QueryLog')",
    "USE system",
    "PREPARE p AS SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
]
TELLING = [
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT (1).current_setting()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_databases",
    "SELECT path FROM system.main.duckdb_databases",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SHOW DATABASES",
    "SHOW ALL TABLES",
    "SELECT * FROM (SHOW DATABASES)",
    "SELECT * FROM query('SELECT * FROM duckdb_databases()')",
    "SELECT * FROM query_table('duckdb_databases')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT json_serialize_plan('SELECT * FROM duckdb_databases()')",
    "SELECT (SELECT path FROM duckdb_databases() LIMIT 1)",
    "SELECT 1 UNION ALL SELECT count(*) FROM duckdb_logs",
    "WITH d AS (SELECT * FROM duckdb_databases()) SELECT * FROM d",
    "SELECT * FROM duckdb_databases, (WITH duckdb_databases AS (SELECT 1) SELECT * FROM duckdb_databases)",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM sys",
    "SELECT write_log('hello')",
]
SEVERAL = [
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE Charged",
    "SELECT 1; COPY Charged TO '{data}/out.csv'",
    "",
    ";",
    "-- nothing but words",
    "no sql at all",
]
DEEP = [
    "SELECT " + "(" * 9_000 + "1" + ")" * 9_000,
    "SELECT " + "NOT " * 4_900 + "true",
    "SELECT " + "-" + " -" * 9_000 + "1",
    "SELECT " + "[" * 9_000 + "]" * 9_000,
    "SELECT " + "(SELECT " * 2_000 + "1" + ")" * 2_000,
    "SELECT " + "CASE WHEN true THEN " * 900 + "1" + " END" * 900,
    "SELECT 1" + " UNION ALL SELECT 1" * 1_000,
    "SELECT '" + "x" * 20_000 + "'",
]
ENDLESS = [
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
    "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = -1",
    "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",  # deaf to the database's own interrupt
    "SELECT range FROM range(1000000000000)",
]
GREEDY = [
    "SELECT list(a.range) FROM range(100000000) a",
    "SELECT * FROM range(100000000) a ORDER BY hash(range)",
    "SELECT length(repeat(repeat('x', 1000000), 3000))",  # past the database's own limit
    "SELECT len(range(1000000000))",  # as above
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an export, and with files that nobody may read."""
    folder = tmp_path_factory.mktemp("data")
    export(folder, "Charged", [{"ts": at("2026-01-02T10:00:00"), "identity": "a", "props.Amount": 1.0}])
    (folder / "secret.csv").write_text(f"{CANARY}\n{CANARY}\n")
    with closing(duckdb.connect(folder / "other.duckdb")) as db:
        db.execute(f"CREATE TABLE t AS SELECT '{CANARY}' AS canary")
    return folder


async def refused(data: Path, sql: str, **limits: Any) -> str:
    """What is said of a question, which leaves no trace."""
    before = files(data)
    with pytest.raises(QuestionError) as caught:
        await asking(data, **limits).ask(sql)
    assert files(data) == before
    return f"{caught.value.message} {caught.value.next}"


def refused_here(data: Path, sql: str) -> str:
    """The same without a process of its own, which takes time to come up."""
    before = files(data)
    told = answered_here(data, sql.format(data=data))
    said = str(asking(data)._error(told["failed"], told["message"]))
    assert CANARY not in said
    assert str(data) not in said
    assert files(data) == before
    return said


def answered_here(data: Path, sql: str) -> dict[str, Any]:
    """What a process of its own would answer."""
    questions = asking(data)
    listing = questions._copy.current()
    return Answering(questions._request(listing, sql, None, data / "answer.csv")).answer()


def files(data: Path) -> set[Path]:
    """All that lies in a data folder, beside what is ours."""
    return {path for path in data.rglob("*") if ".clevertap" not in path.parts}


@pytest.mark.parametrize("sql", READING)
def test_no_other_file_is_read(data: Path, sql: str) -> None:
    assert refused_here(data, sql)


@pytest.mark.parametrize("sql", WRITING)
def test_nothing_is_written(data: Path, sql: str) -> None:
    assert refused_here(data, sql)


@pytest.mark.parametrize("sql", OPENING)
def test_nothing_is_loaded_set_or_opened(data: Path, sql: str) -> None:
    assert refused_here(data, sql)


@pytest.mark.parametrize("sql", TELLING)
def test_nothing_is_told_of_the_machine(data: Path, sql: str) -> None:
    assert refused_here(data, sql)


@pytest.mark.parametrize("sql", SEVERAL)
def test_a_question_is_one_statement(data: Path, sql: str) -> None:
    assert refused_here(data, sql)


@pytest.mark.parametrize("sql", [READING[0], WRITING[0], OPENING[0], TELLING[0], SEVERAL[0]])
async def test_a_process_of_its_own_refuses_the_same(data: Path, sql: str) -> None:
    assert str(data) not in await refused(data, sql.format(data=data))


@pytest.mark.parametrize("sql", DEEP, ids=[sql[:20] for sql in DEEP])
async def test_nesting_without_end_breaks_nothing(data: Path, sql: str) -> None:
    """It is answered or refused, in a process whose end would end nothing else."""
    with suppress(QuestionError):
        assert (await asking(data).ask(sql)).rows


@pytest.mark.parametrize("sql", ENDLESS)
async def test_a_question_without_end_is_ended(data: Path, sql: str) -> None:
    assert "took more than 0.5 seconds" in await refused(data, sql, seconds=0.5)


@pytest.mark.parametrize("sql", GREEDY)
async def test_a_question_that_takes_all_memory_is_ended(data: Path, sql: str) -> None:
    assert "took more than 64 MiB of memory" in await refused(data, sql, memory=64 << 20)


@pytest.mark.parametrize("sql", [*READING, *OPENING[:6], *WRITING[:3]])
def test_the_database_itself_refuses_what_the_check_would_have(data: Path, tmp_path: Path, sql: str) -> None:
    """The second lock, with the first one left out."""
    mine = tmp_path / "mine.duckdb"
    duckdb.connect(mine).close()
    asked = {"database": str(mine), "zone": "UTC", "threads": 1, "memory": 64 << 20}
    with closing(opened(asked)) as db:
        db.execute("SET lock_configuration = true")
        with pytest.raises(duckdb.Error):
            db.execute(sql.format(data=data)).fetchall()


async def test_names_of_python_are_no_tables(data: Path) -> None:
    nearby = write  # noqa: F841 - what a database that looks around would find
    assert "There is no readable table" in await refused(data, "SELECT * FROM nearby")


async def test_who_asks_hands_on_nothing_of_its_environment(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", str(data / "secret.csv"))
    monkeypatch.setenv("DUCKDB_CANARY", CANARY)
    assert os.environ["DUCKDB_CANARY"] == CANARY
    assert await refused(data, "SELECT getenv('DUCKDB_CANARY')")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH c AS (SELECT * FROM Charged) SELECT count(*) FROM c",
        'FROM "Charged" SELECT count(*)',
        "SELECT count(*) FROM charged JOIN Charged AS other USING (identity);",
        "SELECT count(*) FROM Charged, range(1)",
        "SELECT count(*) FROM (SELECT unnest([1]))",
        "(SELECT 1) INTERSECT (VALUES (1))",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 9) SELECT min(i) FROM r",
        "SELECT 1 -- ; DROP TABLE Charged",
    ],
)
def test_what_only_reads_tables_is_answered(data: Path, sql: str) -> None:
    assert answered_here(data, sql)["rows"] == [[1]]


async def test_a_table_may_be_described(data: Path) -> None:
    assert len((await asking(data).ask("DESCRIBE Charged")).rows) == 8
    assert len((await asking(data).ask("SUMMARIZE Charged")).rows) == 8
