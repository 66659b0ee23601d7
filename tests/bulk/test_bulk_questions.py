"""Questions on exported files: what they are asked of, and what comes back."""

from __future__ import annotations

import csv
import json
import os
import stat
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import pyarrow as pa
import pytest

from bulk.questioning import PSEUDONYMS, ZONE, asking, at, export, masked_by, write
from clevertap_bulk.exporting.columns import Kind
from clevertap_bulk.exporting.files import Content, schema
from clevertap_bulk.exporting.files import write as write_file
from clevertap_bulk.questions.asking import QuestionError, Questions
from clevertap_bulk.questions.mask import Mask
from clevertap_bulk.questions.sources import Holds
from clevertap_bulk.workspace import NoRoomError, Workspace
from clevertap_mcp.privacy.pseudonyms import Pseudonyms

pytestmark = pytest.mark.anyio

MIRA = {
    "identity": "cust-9001",
    "object_id": "__f00dbabe",
    "email": "mira@example.org",
    "phone": "+34911000111",
    "name": "Mira Solano",
    "platform": "Web",
}
SECRETS = ("cust-9001", "f00dbabe", "mira@", "911000111", "911-000", "Solano", "Mira", "M%69ra", "600700800")


def bought(when: str = "2026-01-02T10:00:00", /, **properties: Any) -> dict[str, Any]:
    return MIRA | {"ts": at(when)} | {f"props.{name}": value for name, value in properties.items()}


def files_named(folder: Path, pattern: str) -> list[Path]:
    return list(folder.rglob(pattern))


async def test_each_event_is_a_table_of_its_own_name_with_columns_rows_and_range(tmp_path: Path) -> None:
    export(tmp_path / "shop", "Charged", [bought(Amount=9.5), bought("2026-07-03T23:59:59", Amount=1.0, Gift=True)])
    export(tmp_path / "shop", "App Launched", [bought()])
    write(tmp_path / "shop" / "people.parquet", [MIRA | {"props.Plan": "Gold"}])
    tables = {table.name: table for table in await asking(tmp_path).tables()}
    assert list(tables) == ["App Launched", "Charged", "people"]
    charged = tables["Charged"]
    assert (charged.rows, charged.first, charged.last) == (2, "2026-01-02T10:00:00+01:00", "2026-07-03T23:59:59+02:00")
    assert {each.name: each.type for each in charged.columns} == {
        "ts": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(("identity", "object_id", "email", "phone", "name", "platform"), "VARCHAR"),
        "props.Amount": "DOUBLE",
        "props.Gift": "BOOLEAN",
    }
    assert (tables["people"].holds, tables["people"].rows, tables["people"].first) == (Holds.PEOPLE, 1, None)


async def test_nothing_exported_is_nothing_to_ask_of(tmp_path: Path) -> None:
    questions = asking(tmp_path)
    assert await questions.tables() == ()
    assert (await questions.ask("SELECT 1 AS one")).rows == ((1,),)


async def test_names_of_events_are_as_they_are_whatever_is_in_them(tmp_path: Path) -> None:
    for folder in ("A%2FB", 'Say "yes"', "Días", "%2E%2E"):
        export(tmp_path, folder, [bought()])
    questions = asking(tmp_path)
    assert {table.name for table in await questions.tables()} == {"A/B", 'Say "yes"', "Días", ".."}
    asked = 'SELECT count(*) FROM "A/B", "Say ""yes""", "Días", ".."'
    assert (await questions.ask(asked)).rows == ((1,),)


async def test_one_event_in_two_folders_is_two_tables_because_they_may_overlap(tmp_path: Path) -> None:
    export(tmp_path / "all", "Charged", [bought(), bought()])
    export(tmp_path / "some", "Charged", [bought()])
    assert {t.name: t.rows for t in await asking(tmp_path).tables()} == {"all/Charged": 2, "some/Charged": 1}


async def test_a_day_exported_anew_in_another_format_counts_once(tmp_path: Path) -> None:
    old = export(tmp_path, "Charged", [bought(Amount=1)])[0]
    os.utime(old, (1, 1))
    old.with_suffix(".jsonl").write_text(
        json.dumps({"ts": "2026-01-02T10:00:00+01:00", "identity": "a", "props.Amount": 2})
    )
    assert (await asking(tmp_path).ask('SELECT sum("props.Amount") FROM "Charged"')).rows == ((2,),)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_text_formats_tell_numbers_and_truths_from_text(tmp_path: Path, form: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "ts": "2026-01-02T10:00:00+01:00",
            "identity": "007",
            "props.Code": "007",
            "props.Price": 1.5,
            "props.Gift": True,
        },
        {
            "ts": "2026-03-29T03:30:00+02:00",
            "identity": "8",
            "props.Code": "9",
            "props.Price": None,
            "props.Gift": False,
        },
    ]
    path = tmp_path / "events" / "Charged" / f"2026-01-02.{form}"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="") as file:
        if form == "jsonl":
            file.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            table = csv.writer(file)
            table.writerow(rows[0])
            table.writerows([str(v).lower() if isinstance(v, bool) else v for v in row.values()] for row in rows)
    answer = await asking(tmp_path).ask("SELECT * FROM Charged ORDER BY ts")
    assert [column.type for column in answer.columns] == [
        *("TIMESTAMP WITH TIME ZONE", "VARCHAR", "VARCHAR", "DOUBLE", "BOOLEAN")
    ]
    assert answer.rows == (
        ("2026-01-02T10:00:00+01:00", "007", "007", 1.5, True),
        ("2026-03-29T03:30:00+02:00", "8", "9", None, False),
    )


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
async def test_what_an_export_writes_reads_the_same_in_each_format(tmp_path: Path, form: str) -> None:
    kinds = {"props.Note": Kind.TEXT, "props.Price": Kind.NUMBER, "props.Gift": Kind.BOOLEAN, "props.Items": Kind.TEXT}
    rows = [
        {"ts": at("2026-01-02T10:00:00"), "identity": "007", "props.Note": 'say "x", é;\n', "props.Price": 1.5},
        {"ts": at("2026-07-02T10:00:00"), "props.Note": "", "props.Gift": False, "props.Items": '[{"a": "b, c"}]'},
    ]
    columns = schema(kinds, ZONE)
    path = tmp_path / "events" / "Charged" / f"2026-01-02.{form}"
    path.parent.mkdir(parents=True)
    batch = pa.RecordBatch.from_pylist(rows, schema=columns)
    with path.open("wb") as file:
        sink: Any = file
        write_file(form, sink, Content(columns, [batch], ZONE))
    asked = 'SELECT ts, identity, "props.Note", "props.Price", "props.Gift", "props.Items" FROM Charged ORDER BY ts'
    assert (await asking(tmp_path).ask(asked)).rows == (
        ("2026-01-02T10:00:00+01:00", "007", 'say "x", é;\n', 1.5, None, None),
        ("2026-07-02T10:00:00+02:00", None, "", None, False, '[{"a": "b, c"}]'),
    )


async def test_days_without_events_are_tables_without_rows(tmp_path: Path) -> None:
    for event, rows in {"Never": "", "Once": '{"ts": "2026-01-02T10:00:00+01:00", "identity": "a"}'}.items():
        folder = tmp_path / "events" / event
        folder.mkdir(parents=True)
        (folder / "2026-01-01.jsonl").write_text("")
        (folder / "2026-01-02.jsonl").write_text(rows)
    questions = asking(tmp_path, masked_by())
    assert {table.name: table.rows for table in await questions.tables()} == {"Never": 0, "Once": 1}
    assert (await questions.ask("SELECT count(identity), max(ts) FROM Never")).rows == ((0, None),)


async def test_a_property_of_two_types_becomes_text_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Size=4.5)])
    export(tmp_path, "Charged", [bought("2026-01-03T10:00:00", Size="large", Color="red")])
    answer = await asking(tmp_path).ask('SELECT "props.Size", "props.Color" FROM Charged ORDER BY ts')
    assert answer.rows == (("4.5", None), ("large", "red"))


async def test_days_are_days_of_the_projects_zone(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought("2026-07-01T00:30:00"), bought("2026-07-01T23:30:00")])
    asked = "SELECT CAST(date_trunc('day', ts) AS DATE) AS day, count(*) FROM Charged GROUP BY ALL"
    assert (await asking(tmp_path).ask(asked)).rows == (("2026-07-01", 2),)


async def test_refused_rows_of_imports_are_tables(tmp_path: Path) -> None:
    (tmp_path / "people.refused.job_abc.csv").write_text(
        'Email,Visits,clevertap_code,clevertap_reason\nmira@example.org,007,512,"Bad phone of mira@example.org"\n'
    )
    questions = asking(tmp_path, masked_by())
    (table,) = await questions.tables()
    assert (table.name, table.holds, table.rows) == ("people.refused.job_abc", Holds.REFUSED, 1)
    email, visits = PSEUDONYMS.of("mira@example.org"), PSEUDONYMS.of("007")
    answer = await questions.ask('SELECT * FROM "people.refused.job_abc"')
    assert answer.rows == ((email, visits, "512", f"Bad phone of {email}"),)


async def test_of_refused_rows_nothing_is_told_but_why_whatever_their_columns_are_called(tmp_path: Path) -> None:
    (tmp_path / "leads.refused.job_abc.csv").write_text(
        "acct,wer,kto,clevertap_code,clevertap_reason\nVIP-4712,Ana Diaz,600700800,512,VIP-4712 is unknown\n"
    )
    answer = await asking(tmp_path, masked_by()).ask('SELECT * FROM "leads.refused.job_abc"')
    account = PSEUDONYMS.of("VIP-4712")
    hidden = (account, PSEUDONYMS.of("Ana Diaz"), PSEUDONYMS.of("600700800"))
    assert answer.rows == ((*hidden, "512", f"{account} is unknown"),)


async def test_personal_columns_hold_the_pseudonyms_of_all_other_tools(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Mobile=34600700800.0, Plan="Gold")])
    answer = await asking(tmp_path, masked_by()).ask("SELECT * EXCLUDE (ts) FROM Charged")
    hidden = [PSEUDONYMS.of(MIRA[name]) for name in ("identity", "object_id", "email", "phone", "name")]
    assert answer.rows == ((*hidden, "Web", PSEUDONYMS.of("34600700800"), "Gold"),)


@pytest.mark.parametrize(
    "text",
    [
        "Write to mira@example.org or +34 911 000 111",
        "hello MIRA SOLANO!",
        "order of cust-9001, and of cust-9001",
        '[{"Email": "mira@example.org", "Name": "Tea"}]',
        "Mira, here is your tea",
        "mrs SOLANO",
        "mira@example.org mira@example.org",
        "solano mira solano",
        "call 34 911-000-111",
        "https://example.org/?to=M%69ra",
        "to M\\u0069ra",
    ],
)
async def test_nobody_is_told_by_the_texts_beside_them(tmp_path: Path, text: str) -> None:
    export(tmp_path, "Charged", [bought(Note=text), bought(Note="Tea")])
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Note" FROM Charged ORDER BY 1')
    told = json.dumps(answer.rows).casefold()
    assert not [secret for secret in SECRETS if secret.casefold() in told], told
    assert "person_" in told
    assert "tea" in told


async def test_a_text_may_mention_many_personal_columns(tmp_path: Path) -> None:
    named = {f"Last Name {number}": f"Solano-{chr(65 + number)}" for number in range(26)}
    export(tmp_path, "Charged", [bought(Note=" and ".join(named.values()), **named)])
    with anyio.fail_after(60):  # a copy whose work doubled with each column would not end
        answer = await asking(tmp_path, masked_by()).ask(
            """SELECT contains("props.Note", 'Solano'), len(string_split("props.Note", 'person_')) FROM Charged"""
        )
    assert answer.rows == ((False, len(named) + 1),)


async def test_a_word_that_only_contains_an_identity_stays(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Order="2026-cust-90017", Note="cust-9001")])
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Order", "props.Note" FROM Charged')
    assert answer.rows == (("2026-cust-90017", PSEUDONYMS.of("cust-9001")),)


async def test_a_large_number_that_is_personal_keeps_all_its_digits(tmp_path: Path) -> None:
    export(
        tmp_path, "Charged", [bought() | {"props.Customer Id": 9007199254740993, "props.Note": "of 9007199254740993"}]
    )
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Customer Id", "props.Note" FROM Charged')
    hidden = PSEUDONYMS.of("9007199254740993")
    assert answer.rows == ((hidden, f"of {hidden}"),)


async def test_a_name_that_is_no_persons_stays(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Name="Green Tea", Note="Some Green Tea")])
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Name", "props.Note" FROM Charged')
    assert answer.rows == (("Green Tea", "Some Green Tea"),)


async def test_names_of_events_and_properties_are_masked_too(tmp_path: Path) -> None:
    export(tmp_path, "Mail from mira@example.org", [bought() | {"props.seen mira@example.org": 1.0}])
    (table,) = await asking(tmp_path, masked_by()).tables()
    told = json.dumps([table.name, *(column.name for column in table.columns)])
    assert "mira@" not in told
    assert PSEUDONYMS.of("mira@example.org") in told


async def test_a_reversed_pseudonym_is_all_that_reversing_shows(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    asked = "SELECT reverse(identity), substr(email, 1, 12), [phone][1], encode(name) FROM Charged"
    answer = await asking(tmp_path, masked_by()).ask(asked)
    hidden = {name: PSEUDONYMS.of(MIRA[name]) for name in MIRA}
    assert answer.rows == (
        (hidden["identity"][::-1], hidden["email"][:12], hidden["phone"], hidden["name"].encode().hex()),
    )


async def test_without_a_mask_values_are_as_they_are(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Note="mira@example.org")])
    asked = 'SELECT identity, "props.Note" FROM Charged'
    assert (await asking(tmp_path).ask(asked)).rows == (("cust-9001", "mira@example.org"),)


async def test_another_key_or_none_at_all_makes_the_copy_anew(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    other = Pseudonyms("another key of the tests, long enough", "TEST-PROJECT")
    asked = "SELECT identity FROM Charged"
    told = [
        (await asking(tmp_path, mask).ask(asked)).rows[0][0]
        for mask in (None, masked_by(), masked_by(other), masked_by())
    ]
    known = PSEUDONYMS.of("cust-9001")
    assert told == ["cust-9001", known, other.of("cust-9001"), known]


async def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought(Amount=1.0)])
    opened = export(tmp_path, "Opened", [bought()])[0]
    questions = asking(tmp_path)
    await questions.tables()
    size, times = opened.stat().st_size, (opened.stat().st_atime_ns, opened.stat().st_mtime_ns)
    opened.write_bytes(b"x" * size)  # so that reading it again would fail
    os.utime(opened, ns=times)
    export(tmp_path, "Charged", [bought("2026-01-03T10:00:00", Amount=2.0)])
    asked = 'SELECT (SELECT sum("props.Amount") FROM Charged), (SELECT count(*) FROM Opened)'
    assert (await questions.ask(asked)).rows == ((3.0, 1),)


async def test_a_table_goes_with_its_files(tmp_path: Path) -> None:
    (file,) = export(tmp_path, "Charged", [bought()])
    questions = asking(tmp_path)
    assert len(await questions.tables()) == 1
    file.unlink()
    assert await questions.tables() == ()
    with pytest.raises(QuestionError, match="There is no readable table 'Charged'"):
        await questions.ask("SELECT * FROM Charged")


async def test_a_file_that_is_not_what_it_says_spoils_no_other_table(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    broken = tmp_path / "events" / "Broken" / "2026-01-01.parquet"
    broken.parent.mkdir()
    broken.write_bytes(b"PAR1 this is none PAR1")
    questions = asking(tmp_path, masked_by())
    assert {table.name: len(table.columns) for table in await questions.tables()} == {"Broken": 0, "Charged": 7}
    assert (await questions.ask("SELECT count(*) FROM Charged")).rows == ((1,),)


async def test_the_copy_is_its_owners_and_only_one_remains(tmp_path: Path) -> None:
    questions = asking(tmp_path)
    for day in ("2026-01-02", "2026-01-03", "2026-01-04"):
        export(tmp_path, "Charged", [bought(f"{day}T10:00:00")])
        await questions.tables()
    folder = tmp_path / ".clevertap" / "questions"
    left = sorted(path.suffix for path in folder.iterdir())
    assert left == ["", ".duckdb", ".json"]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [folder, *folder.iterdir()]} == {0}


async def test_many_may_ask_while_exports_go_on(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    questions, told = asking(tmp_path), []

    async def ask() -> None:
        told.append((await questions.ask("SELECT count(*) FROM Charged")).rows[0][0])

    async with anyio.create_task_group() as group:
        for day in range(3, 7):
            group.start_soon(ask)
            export(tmp_path, "Charged", [bought(f"2026-01-0{day}T10:00:00")])
    assert len(told) == 4
    assert set(told) <= set(range(1, 6))


async def test_more_than_200_rows_are_in_a_file_and_the_first_are_told(tmp_path: Path) -> None:
    answer = await asking(tmp_path).ask("SELECT i, 'n' || i AS name, [i] AS list FROM range(1000) AS t(i)")
    assert (len(answer.rows), answer.total, answer.truncated) == (200, 1000, True)
    assert answer.rows[199] == (199, "n199", [199])
    assert answer.file
    file = tmp_path / answer.file
    with file.open(newline="") as opened:
        rows = list(csv.reader(opened))
    assert (rows[0], rows[1000], len(rows)) == (["i", "name", "list"], ["999", "n999", "[999]"], 1001)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_few_rows_leave_no_file(tmp_path: Path) -> None:
    answer = await asking(tmp_path).ask("SELECT * FROM range(200)")
    assert (len(answer.rows), answer.truncated, answer.file) == (200, False, None)
    assert files_named(tmp_path, "*.csv") == []


async def test_rows_that_are_too_long_to_be_told_are_in_the_file(tmp_path: Path) -> None:
    answer = await asking(tmp_path).ask("SELECT repeat('x', 900) FROM range(100)")
    assert (len(answer.rows), answer.total, answer.truncated) == (17, 100, True)
    answer = await asking(tmp_path).ask("SELECT repeat('x', 5000) AS x")
    assert len(answer.rows[0][0]) == 1001
    assert answer.file
    assert len((tmp_path / answer.file).read_text()) > 5000


async def test_an_answer_for_which_there_is_no_room_leaves_nothing(tmp_path: Path) -> None:
    questions = Questions(Workspace(tmp_path, quota=100_000), None, ZoneInfo("UTC"))
    with pytest.raises(NoRoomError):
        await questions.ask("SELECT i, 'a text that takes room' FROM range(1000000) AS t(i)")
    assert files_named(tmp_path, "*.csv") == []


async def test_an_export_for_whose_copy_there_is_no_room_is_refused(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    with pytest.raises(NoRoomError):
        await Questions(Workspace(tmp_path, quota=4_000), None).tables()


async def test_every_kind_of_value_can_be_told(tmp_path: Path) -> None:
    told = {
        "(SELECT sum(i) FROM range(3) AS t(i))": 3,
        "170141183460469231731687303715884105727": 2**127 - 1,
        "1.25::DECIMAL(9, 2)": 1.25,
        "'infinity'::DOUBLE": "inf",
        "DATE '2026-01-02'": "2026-01-02",
        "TIMESTAMPTZ '2026-07-01 12:00:00+00'": "2026-07-01T14:00:00+02:00",
        "TIME '10:00:00'": "10:00:00",
        "{'a': [1, NULL]}": {"a": [1, None]},
        "'\\xFF'::BLOB": "ff",
        "'a\x07b'": "a\x07b",
        "NULL": None,
        "INTERVAL 3 DAYS": "0 months 3 days 0 seconds",
    }
    assert (await asking(tmp_path).ask(f"SELECT {', '.join(told)}")).rows == (tuple(told.values()),)


async def test_columns_of_one_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    answer = await asking(tmp_path).ask("SELECT 1 AS a, 2 AS a")
    assert ([column.name for column in answer.columns], answer.rows) == (["a", "a"], ((1, 2),))


async def test_values_are_given_beside_the_sql(tmp_path: Path) -> None:
    assert (await asking(tmp_path).ask("SELECT $a || $b", {"a": "'; --", "b": "é"})).rows == (("'; --é",),)


async def test_what_is_wrong_is_told_without_places_of_files(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    with pytest.raises(QuestionError, match='"nope" not found') as caught:
        await asking(tmp_path).ask("SELECT nope FROM Charged")
    assert str(tmp_path) not in caught.value.message


async def test_each_key_of_a_wide_json_line_is_a_column_and_people_in_it_are_hidden(tmp_path: Path) -> None:
    path = tmp_path / "events" / "Surveyed" / "2026-01-02.jsonl"
    path.parent.mkdir(parents=True)
    lines = [
        {"ts": "2026-01-02T10:00:00+01:00", **MIRA, **{f"props.q{each}": each for each in range(n % 7, 220, 7)}}
        for n in range(50)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    answer = await asking(tmp_path, masked_by()).ask("SELECT * FROM Surveyed LIMIT 1")
    assert len(answer.columns) == 1 + len(MIRA) + 220
    told = json.dumps(answer.rows).casefold()
    assert not [secret for secret in SECRETS if secret.casefold() in told]


async def test_a_number_that_is_the_persons_own_is_hidden_wherever_it_stands(tmp_path: Path) -> None:
    row = bought() | {"identity": "1000234", "phone": "+34600700800"}
    export(tmp_path, "Signed", [row | {"props.Referrer": 1000234, "props.Dial": 34600700800.0, "props.Fee": 1000235}])
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Referrer", "props.Dial", "props.Fee" FROM Signed')
    assert answer.rows == ((PSEUDONYMS.of("1000234"), PSEUDONYMS.of("+34600700800"), 1000235),)


@pytest.mark.parametrize("mask", [masked_by(), None], ids=["masked", "shown"])
async def test_properties_that_differ_only_in_case_are_two(tmp_path: Path, mask: Mask | None) -> None:
    export(tmp_path, "Paid", [bought(Fee=10.0)])
    export(tmp_path, "Paid", [bought("2026-01-03T10:00:00", fee=20.0)])
    answer = await asking(tmp_path, mask).ask('SELECT "props.Fee", "props.fee (2)" FROM Paid ORDER BY ts')
    assert answer.rows == ((10.0, None), (None, 20.0))


async def test_many_texts_that_mention_somebody_take_little_memory(tmp_path: Path) -> None:
    export(tmp_path, "Wide", [bought(**{f"Note {number}": f"hi mira {number}" for number in range(60)})])
    answer = await asking(tmp_path, masked_by()).ask('SELECT "props.Note 0", "props.Note 59" FROM Wide')
    assert answer.rows == ((f"hi {PSEUDONYMS.of('mira')} 0", f"hi {PSEUDONYMS.of('mira')} 59"),)


async def test_a_table_with_too_many_columns_spoils_no_other(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    export(tmp_path, "Odd", [bought(**{f"n{number}": 1.0 for number in range(1_001)})])
    questions = asking(tmp_path, masked_by())
    assert {table.name: len(table.columns) for table in await questions.tables()} == {"Charged": 7, "Odd": 0}


async def test_processes_with_keys_of_their_own_leave_each_others_copies_alone(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    keys = [Pseudonyms(f"a key of the tests that is long enough, {number}", "TEST-PROJECT") for number in range(2)]
    sides = [asking(tmp_path, masked_by(key)) for key in keys]
    for _ in range(2):
        for key, side in zip(keys, sides, strict=True):
            assert (await side.ask("SELECT identity FROM Charged")).rows == ((key.of(MIRA["identity"]),),)
    copies = {path.name for path in (tmp_path / ".clevertap" / "questions").glob("*.duckdb")}
    assert len(copies) == 2
    export(tmp_path, "Charged", [bought("2026-01-05T10:00:00")])
    await sides[0].tables()
    left = {path.name for path in (tmp_path / ".clevertap" / "questions").glob("*.duckdb")}
    assert len(left & copies) == 1
    assert len(left) == 2


async def test_a_copy_that_nobody_has_used_for_long_is_removed(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    await asking(tmp_path, None).tables()
    folder = tmp_path / ".clevertap" / "questions"
    (folder / "0123456789ab-killed.spill").mkdir()
    (folder / "0123456789ab-killed.duckdb").touch()  # of a process that was killed before it had a listing
    (folder / "answer.csv").touch()
    before = {path.name for path in folder.iterdir()} - {"lock"}
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    (folder / "ba9876543210-made.duckdb").touch()  # somebody makes it at this moment
    await asking(tmp_path, masked_by()).tables()
    left = {path.name for path in folder.iterdir()}
    assert not before & left
    assert {"lock", "ba9876543210-made.duckdb"} < left


@pytest.mark.parametrize("odd", ["x[1]", "x*", "x?", "year=2026"])
async def test_the_name_of_a_folder_means_that_folder_only(tmp_path: Path, odd: str) -> None:
    export(tmp_path / "x1", "Charged", [bought(), bought()])
    export(tmp_path / odd, "Charged", [bought()])
    tables = {table.name: table for table in await asking(tmp_path).tables()}
    assert {name: table.rows for name, table in tables.items()} == {"x1/Charged": 2, f"{odd}/Charged": 1}
    assert len(tables[f"{odd}/Charged"].columns) == 7


async def test_a_listing_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    export(tmp_path, "Charged", [bought()])
    await asking(tmp_path).tables()
    (listing,) = (tmp_path / ".clevertap" / "questions").glob("*.json")
    listing.write_text('{"layout": 0}')
    assert [table.name for table in await asking(tmp_path).tables()] == ["Charged"]


async def test_a_name_that_stands_for_several_tables_is_told_with_their_folders(tmp_path: Path) -> None:
    export(tmp_path / "a", "Charged", [bought()])
    export(tmp_path / "b", "Charged", [bought()])
    with pytest.raises(QuestionError, match="no readable table 'Charged'; there are 'a/charged', 'b/charged'"):
        await asking(tmp_path).ask("SELECT * FROM Charged")


async def test_a_histogram_is_told(tmp_path: Path) -> None:
    answer = await asking(tmp_path).ask("SELECT histogram(i) FROM (VALUES (1), (1), (2)) AS t(i)")
    assert answer.rows == (([[1, 2], [2, 1]],),)
