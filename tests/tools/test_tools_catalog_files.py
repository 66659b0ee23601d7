"""Uploading a classic catalog, whole and in parts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions.catalog_files import CatalogRules
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, OutcomeUnknownError
from clevertap_tools.files import table_upload
from clevertap_tools.files.table_file import Lines, read_table
from clevertap_tools.files.table_upload import SINGLE, Source, cuts

if TYPE_CHECKING:
    from pathlib import Path

    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

KEY = "upload-catalog"
ASK, ASK_PARTS, COMPLETE = "/get_catalog_url", "/get_multipart_upload_catalog_url", "/upload_catalog_completed"
NAMED = {"name": "Shop", "creator": "Ops", "email": "ops@example.org"}
MUG: dict[str, Any] = {"Identity": "p-1", "Name": 'Mug, "blue"', "ImageURL": "https://x.example/1.png"}
INLINE = {
    **NAMED,
    "rows": [{**MUG, "Price": 9.5, "New": True}, {**MUG, "Identity": "p-2", "Size": None, "Text": "one\r\ntwo\r"}],
}
HEADER = b"Identity,Name,ImageURL\n"


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_bytes(HEADER + b"p-1,Mug,u\np-2,Cup,u\n")
    return path


def puts(site: Site) -> list[str]:
    """The length of each file that was put into the store."""
    return [each.headers["content-length"] for each in site.sandbox.requests if each.method == "PUT"]


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred megabytes for every hundred bytes."""
    monkeypatch.setattr(table_upload, "SINGLE", 100)


async def test_the_references_example_arrives_equal(site: Site, perform: Perform, file: Path) -> None:
    await perform(site, KEY, {**NAMED, "file": str(file), "replace": True, "override": False})
    (body,) = site.bodies(COMPLETE)
    assert body.pop("url").startswith(site.url)
    assert body == {**NAMED, "replace": True, "override": False}


async def test_the_example_of_engagement_13_arrives_equal(site: Site, perform: Perform, file: Path) -> None:
    named = {"name": "Shoes", "creator": "Mira", "email": "mira@example.net"}
    await perform(site, KEY, {**named, "file": str(file), "replace": True})
    (body,) = site.bodies(COMPLETE)
    del body["url"]
    assert body == {**named, "replace": True}


async def test_rows_become_a_table_with_every_column(site: Site, perform: Perform) -> None:
    result = await perform(site, KEY, INLINE)
    assert (result.sent, result.parts) == (2, 1)
    with site.sandbox._store.transaction() as db:
        assert db.execute("SELECT columns, items FROM catalog_files").fetchall() == [
            ('["Identity", "Name", "ImageURL", "Price", "New", "Size", "Text"]', 2)
        ]


async def test_a_row_may_be_as_long_as_its_cells(site: Site, perform: Perform) -> None:
    row = {**MUG, **{f"c{number}": '"' * 131_072 for number in range(9)}, "Odd": "\x00\u2028\x0b"}
    assert (await perform(site, KEY, {**NAMED, "rows": [row]})).sent == 1
    assert int(puts(site)[0]) > 2 << 20


async def test_items_with_the_same_identity_are_told(site: Site, perform: Perform, file: Path) -> None:
    write(file, HEADER + b"p-1,Mug,u\np-2,Cup,u\np-1,Jug,u\np-1,Jar,u\n")
    result = await perform(site, KEY, {**NAMED, "file": str(file)})
    assert "2 rows repeat an Identity, the last one counts" in result.warning
    assert site.sandbox.mails == ["Catalog Shop: 2 items"]


@pytest.mark.parametrize(("text", "code"), [("duplicate_name", 400), ("Catalog already exists", 409)])
async def test_a_name_that_is_taken_is_told_with_what_to_do(
    make_site: MakeSite, perform: Perform, text: str, code: int
) -> None:
    site = make_site(duplicate_catalog=text, duplicate_name_code=code)
    await perform(site, KEY, INLINE)
    with pytest.raises(InvalidRequestError, match=text) as refused:
        await perform(site, KEY, INLINE)
    assert (refused.value.field, refused.value.changed) == ("name", "no")
    assert "replace=true" in refused.value.next


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (NAMED, "give either 'file' or 'rows'"),
        ({**INLINE, "file": "/x.csv"}, "give either 'file' or 'rows'"),
        ({**INLINE, "override": True}, "'override' means something only with 'replace'"),
        ({**NAMED, "rows": []}, "'rows' needs at least 1 entries"),
        ({**NAMED, "rows": [{"Identity": "p-1", "Name": " "}]}, "'rows\\[0\\]' lacks Name, ImageURL"),
        ({**NAMED, "rows": [MUG, {**MUG, "Tags": ["a"]}]}, "'rows\\[1\\]' has a list or an object in it"),
        ({**NAMED, "rows": [MUG | {f"c{n}": n for n in range(18)}]}, "'rows' have more than 20 columns"),
        ({**NAMED, "rows": ["p-1"]}, "'rows\\[0\\]' must be an object"),
        ({**NAMED, "rows": [{**MUG, "Si\rze": 1}]}, "'rows\\[0\\]' has a column whose name .* line break"),
        ({**NAMED, "rows": [MUG, {**MUG, "Si\nze": 1}]}, "'rows\\[1\\]' has a column whose name .* rename"),
        ({**NAMED, "rows": [{**MUG, " ": 1}]}, "'rows\\[0\\]' has a column whose name is empty"),
        ({**NAMED, "rows": [MUG, {**MUG, "Text": "x" * 131_073}]}, "'rows\\[1\\]' has .* 131,072 .*; shorten it"),
        ({**NAMED, "rows": [{**MUG, "x" * 131_073: 1}]}, "'rows\\[0\\]' has .* a column's name of more than 131,072"),
    ],
)
async def test_wrong_arguments_never_leave(site: Site, perform: Perform, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=words):
        await perform(site, KEY, given)
    assert site.sandbox.requests == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER, "holds no rows"),
        (b"Identity,Name,Image\np,M,u\n", "line 1 of 'file' must be a header .* ImageURL missing"),
        (b"Identity,Name,ImageURL,Name\np,M,u,x\n", "line 1 of 'file' names a column twice"),
        (HEADER[:-1] + b",c" * 18 + b"\n", "line 1 of 'file' has 21 columns; CleverTap takes 20"),
        (HEADER + b"p-1,Mug\n", "line 2 of 'file' has 2 cells where the header has 3"),
        (HEADER + b" ,Mug,u\n", "line 2 of 'file' has no Identity"),
        (HEADER + b"p," + b"M" * 131_073 + b",u\n", "line 2 of 'file' has a cell of more than 131,072 characters"),
        (HEADER + b'p-1,"Mug\nwith handle",u\n,Cup,u\n', "line 4 of 'file' has no Identity"),
    ],
)
async def test_a_file_that_breaks_a_rule_never_leaves(
    site: Site, perform: Perform, file: Path, content: bytes, words: str
) -> None:
    write(file, content)
    with pytest.raises(InvalidArgumentsError, match=words):
        await perform(site, KEY, {**NAMED, "file": str(file)})
    assert site.sandbox.requests == []


def test_a_file_may_have_as_many_rows_as_clevertap_takes() -> None:
    content = HEADER + b"".join(b"p-%d,Mug,u\n" % number for number in range(3))
    assert read_table(Lines(io.BytesIO(content)), CatalogRules(3)).rows == 3
    with pytest.raises(InvalidArgumentsError, match="line 4 of 'file' is beyond the 2 rows"):
        read_table(Lines(io.BytesIO(content)), CatalogRules(2))


@pytest.mark.parametrize(
    ("size", "parts"),
    [(1, 1), (SINGLE, 1), (SINGLE + 1, 2), (2 * SINGLE + 1, 3), (3 * SINGLE + 1, 4), (40 * SINGLE, 4)],
)
def test_a_file_goes_in_parts_above_a_hundred_megabytes(size: int, parts: int) -> None:
    assert len(cuts(size)) == parts - 1


@pytest.mark.usefixtures("in_small_parts")
@pytest.mark.parametrize("listed", ["texts", "objects"])
@pytest.mark.parametrize("ending", [b"\n", b"", b"\r\n"])
async def test_a_large_file_arrives_whole_in_parts(
    make_site: MakeSite, perform: Perform, file: Path, listed: str, ending: bytes
) -> None:
    site = make_site(multipart_urls=listed)
    rows = [b'p-%d,"Mug ""%d""\nwith, handle",u' % (number, number) for number in range(30)]
    content = HEADER + b"\n".join(rows) + ending
    write(file, content)
    told: list[tuple[float, float | None, str]] = []

    async def progress(*words: Any) -> None:
        told.append(words)

    result = await perform(site, KEY, {**NAMED, "file": str(file)}, progress=progress)
    assert (result.sent, result.parts) == (30, 4)
    assert site.asked(ASK_PARTS)[0].query == {"totalParts": "4"}
    assert site.asked(ASK) == []
    (body,) = site.bodies(COMPLETE)
    assert [each["partNumber"] for each in body["eTags"]] == [1, 2, 3, 4]
    assert "url" not in body
    assert site.sandbox.mails == ["Catalog Shop: 30 items"]
    assert told[-1] == (len(content), len(content), f"{len(content):,} of {len(content):,} bytes")


@over(
    st.lists(st.tuples(st.text("a,\"\n\r'ü", max_size=9), st.text("b \n", max_size=9)), min_size=1, max_size=40),
    st.booleans(),
)
def test_a_table_is_cut_between_its_rows_wherever_they_lie(cells: list[tuple[str, str]], end: bool) -> None:
    text = io.StringIO()
    rows = [["Identity", "Name", "ImageURL"], *([f"p{number}", *pair] for number, pair in enumerate(cells))]
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    content = text.getvalue().removesuffix("" if end else "\n").encode()
    targets = [len(content) * number // 4 for number in (1, 2, 3)]
    table = read_table(Lines(io.BytesIO(content)), CatalogRules(1000), targets)
    pieces = Source(io.BytesIO(content), table).pieces
    stretches = [content[piece.start : piece.stop] + piece.ending for piece in pieces]
    assert 1 <= len(pieces) <= 4
    assert "".join(each.decode() for each in stretches).rstrip("\n") == content.decode().rstrip("\n")
    assert len(pieces) == 1 or all(each.endswith(b"\n") for each in stretches)
    read = [row for each in stretches for row in csv.reader(io.StringIO(each.decode(), newline=""), strict=True)]
    assert read == rows


@pytest.mark.usefixtures("in_small_parts")
@pytest.mark.parametrize(("kind", "status"), [(Kind.RESET_BEFORE, None), (Kind.RESET_AFTER, None), (Kind.HTML, 503)])
async def test_a_part_that_breaks_is_put_again(
    site: Site, perform: Perform, file: Path, kind: Kind, status: int | None
) -> None:
    write(file, HEADER + b"".join(b"p-%d,Mug,u\n" % number for number in range(30)))
    site.breaks(kind, method="PUT", skip=1, status=status)
    assert (await perform(site, KEY, {**NAMED, "file": str(file)})).sent == 30
    assert site.sandbox.mails == ["Catalog Shop: 30 items"]


async def test_a_lost_last_step_is_told_as_such(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, COMPLETE)
    with pytest.raises(OutcomeUnknownError) as lost:
        await perform(site, KEY, INLINE)
    assert "refuses the name as taken" in lost.value.next
    assert len(site.asked(COMPLETE)) == 1


async def test_a_replacement_is_guarded_and_told_in_words(site: Site) -> None:
    action = CATALOGUE[KEY]
    assert action.preview is not None
    asked = action.parse({**INLINE, "replace": True, "override": True})
    async with site.client() as client:
        preview = await action.preview(client.for_call(), asked, asked)
    assert preview.deed == 'Replace all items of the catalog "Shop" by 2 rows.'
    assert preview.details == ("Columns of the old one that are missing are lost.",)
    assert (action.effect_of(asked), asked.record_count) == (Effect.DESTROY, 2)
    assert action.effect_of(action.parse(INLINE)) is Effect.UPSERT
