"""The typed actions of content blocks against a served project (engagement 14.1, data 10.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from clevertap_sandbox import Kind
from clevertap_tools.actions.content_blocks import read_block
from clevertap_tools.borders import border
from clevertap_tools.content_block import ROOM, beginning, read_part, size
from clevertap_tools.errors import (
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    UnreadableAnswerError,
)
from clevertap_tools.instants import earliest, latest
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

CREATE = "/v1/contentBlock/create"
UPDATE = "/v1/contentBlock/update"
INFO = "/v1/contentBlock/info"
LIST = "/v1/contentBlock/list"
FIRST = 172594000000001
FOOTER = {"type": "HTML", "name": "Footer 2026", "content": "<p>bye</p>", "createdBy": "mira@example.net"}
CHANGE = {"id": FIRST, "content": "<p>hi</p>", "updatedBy": "omar@example.net"}
NOW = 1_780_000_000
MADRID = ProjectTime(ZoneInfo("Europe/Madrid"), NOW)


async def test_a_new_block_arrives_as_in_the_reference(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-content-block", FOOTER)
    assert site.bodies(CREATE) == [FOOTER]
    assert (made.id, made.name) == (FIRST, "Footer 2026")
    await perform(site, "create-content-block", {"type": "Text", "name": "t", "content": "x", "partner": "Taxi"})
    assert site.bodies(CREATE)[1] == {"type": "Text", "name": "t", "content": "x", "partner": "Taxi"}


async def test_a_block_is_updated_and_shown(site: Site, perform: Perform) -> None:
    await perform(site, "create-content-block", FOOTER)
    assert (await perform(site, "update-content-block", CHANGE)).id == FIRST
    assert site.bodies(UPDATE) == [CHANGE]
    shown = await perform(site, "get-content-block", {"id": FIRST})
    assert (shown.block["content"], shown.block["updatedBy"]) == ("<p>hi</p>", "omar@example.net")
    assert (shown.characters, shown.truncated, shown.next_offset) == (9, False, None)
    assert site.asked(INFO)[0].query == {"id": str(FIRST)}


async def test_a_long_block_is_shown_in_parts_that_make_the_whole(site: Site, perform: Perform) -> None:
    page = "".join(f'<td class="é{number}">\n' for number in range(3000))
    await perform(site, "create-content-block", {**FOOTER, "content": page})
    parts: list[str] = []
    offset: int | None = 0
    while offset is not None:
        shown = await perform(site, "get-content-block", {"id": FIRST, "offset": offset})
        assert (shown.characters, shown.truncated) == (len(page), shown.next_offset is not None)
        parts.append(shown.block["content"])
        offset = shown.next_offset
    assert "".join(parts) == page
    assert len(parts) > 3


@over(content=st.text(st.characters()), times=st.integers(1, 4000), offset=st.integers(0, 60_000))
def test_a_part_always_leads_on_and_fits(content: str, times: int, offset: int) -> None:
    whole = content * times
    block, characters, rest = read_part({"content": whole}, offset)
    assert whole[border(whole, offset) :].startswith(block["content"])
    assert size(block["content"]) <= ROOM
    assert characters == len(whole)
    assert rest is None or offset < rest < len(whole)


@pytest.mark.parametrize("text", ["x", "ab ", "\n"])
def test_a_content_that_just_fits_is_not_cut(text: str) -> None:
    whole = (text * ROOM)[: ROOM // size(text) * len(text)]
    block, _, rest = read_part({"content": whole}, 0)
    assert (block["content"], rest) == (whole, None)


SECRETS = (
    "mira.kapoor@example.net",
    "+91 98200 12345",
    "0091(98200)12345",
    "mira&#64;example.net",
    "mira%40example.net",
    '"phone": "98200 12345"',
)
FILLERS = ("word ", "<td>", "山田", "/a", "0; ", 'k="v" ', "x")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("filler", FILLERS)
def test_the_beginning_of_a_content_ends_beside_an_address_or_a_number_never_in_it(secret: str, filler: str) -> None:
    for before in range(90, 125):
        content = f"{(filler * 200)[:before]} {secret} {filler * 200}"
        shown = beginning(content).removesuffix("…")
        assert content.startswith(shown)
        assert len(shown) <= 120
        assert not before + 1 < len(shown) < before + 1 + len(secret)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("filler", FILLERS)
def test_the_parts_of_a_content_meet_beside_an_address_or_a_number_never_in_it(secret: str, filler: str) -> None:
    for before in (ROOM - 30, ROOM - 16, ROOM - 5):
        content = f"{(filler * ROOM)[:before]} {secret} {filler * 900}"
        offset: int | None = 0
        parts = []
        while offset is not None:
            block, _, offset = read_part({"content": content}, offset)
            parts.append(block["content"])
            assert offset is None or not before + 1 < offset < before + 1 + len(secret)
        assert "".join(parts) == content


def test_a_part_begins_with_the_whole_of_the_address_that_the_offset_points_into() -> None:
    content = "write to mira.kapoor@example.net or ring +91 98200 12345 now"
    for at in range(10, 32):
        assert read_part({"content": content}, at)[0]["content"].startswith("mira.kapoor@example.net or")
    for at in range(42, 55):
        assert read_part({"content": content}, at)[0]["content"].startswith("+91 98200 12345 now")


def test_the_beginning_of_an_unbroken_text_is_not_shown_for_it_may_be_a_secret() -> None:
    assert beginning("k3Y" * 50) == "…"
    assert beginning("k3Y" * 40) == "k3Y" * 40
    assert beginning(f"x{'山' * 200}") == f"x{'山' * 119}…"


async def test_a_block_that_does_not_exist_is_refused(site: Site, perform: Perform) -> None:
    for key, given in (("get-content-block", {"id": 1}), ("update-content-block", {**CHANGE, "id": 1})):
        with pytest.raises(InvalidRequestError, match="not found") as caught:
            await perform(site, key, given)
        assert caught.value.field == "id"
        assert "clevertap_list_content_blocks" in caught.value.next


@pytest.mark.parametrize("wrapped", [False, True])
async def test_pages_of_blocks_lead_to_the_end_in_either_shape(
    make_site: MakeSite, perform: Perform, *, wrapped: bool
) -> None:
    site = make_site(content_blocks_in_envelope=wrapped)
    for number in range(5):
        await perform(site, "create-content-block", {**FOOTER, "name": f"n{number}", "content": "x " * 2500})
    met: list[tuple[str, str, int]] = []
    page: int | None = 1
    while page is not None:
        told = await perform(site, "list-content-blocks", {"pageNumber": page, "pageSize": 2})
        assert (told.total, told.returned, told.truncated) == (5, len(told.blocks), told.next_page is not None)
        met += [(row["name"], row["content"], row["characters"]) for row in told.blocks]
        page = told.next_page
    assert met == [(f"n{number}", f"{'x ' * 60}…", 5000) for number in range(5)]


async def test_a_list_without_a_total_ends_with_a_page_that_is_not_full(site: Site, perform: Perform) -> None:
    assert (await perform(site, "list-content-blocks")).next_page is None
    assert site.asked(LIST)[0].query == {"pageNumber": "1", "pageSize": "20"}


async def test_days_and_moments_go_out_as_milliseconds_in_utc(site: Site, perform: Perform) -> None:
    given = {"createdAtFrom": "2026-05-01", "createdAtTo": "-1d", "updatedFrom": "2026-05-01T10:00:00+02:00"}
    await perform(site, "list-content-blocks", {**given, "updatedTo": "2026-05-27T10:00:00.5Z"})
    sent = site.asked(LIST)[0].query
    assert sent["createdAtFrom"] == "2026-05-01T00:00:00.000Z"
    assert sent["createdAtTo"] == "2026-05-27T23:59:59.999Z"
    assert sent["updatedFrom"] == "2026-05-01T08:00:00.000Z"
    assert sent["updatedTo"] == "2026-05-27T10:00:00.500Z"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-28", "2026-03-27T23:00:00.000Z", "2026-03-28T22:59:59.999Z"),
        ("20260329", "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z"),  # the clocks go forward
        ("2026-10-25", "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z"),  # and back
        ("today", "2026-05-27T22:00:00.000Z", "2026-05-28T21:59:59.999Z"),
        ("2026-03-31T18:30:00.123", "2026-03-31T16:30:00.123Z", "2026-03-31T16:30:00.123Z"),
        ("2026-03-31T18:30Z", "2026-03-31T18:30:00.000Z", "2026-03-31T18:30:00.000Z"),
    ],
)
def test_a_day_is_one_of_the_projects_from_its_first_to_its_last_millisecond(text: str, first: str, last: str) -> None:
    assert (earliest(text, MADRID, "f"), latest(text, MADRID, "f")) == (first, last)


@pytest.mark.parametrize("bound", ["2026-03-31", "today", "-7d", "2026-03-31T18:30"])
async def test_without_a_zone_only_moments_with_an_offset_can_be_meant(
    site: Site, perform: Perform, bound: str
) -> None:
    account = site.account(zone=None)
    with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE"):
        await perform(site, "list-content-blocks", {"updatedTo": bound}, account=account)
    assert site.sandbox.requests == []
    await perform(site, "list-content-blocks", {"updatedTo": "2026-03-31T18:30Z"}, account=account)


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("list-content-blocks", {"pageSize": 101}, "pageSize", "at most 100"),
    ("list-content-blocks", {"pageNumber": 0}, "pageNumber", "at least 1"),
    ("list-content-blocks", {"createdAtFrom": "yesterday"}, "createdAtFrom", "a day like 2026-03-31"),
    ("list-content-blocks", {"createdAtFrom": "2026-02-31"}, "createdAtFrom", "no day of the calendar"),
    ("list-content-blocks", {"createdAtFrom": 20260101}, "createdAtFrom", "must be text"),
    ("list-content-blocks", {"createdAtFrom": "2026-02-03", "createdAtTo": "2026-02-02"}, "createdAtFrom", "Swap them"),
    ("list-content-blocks", {"updatedFrom": "today", "updatedTo": "-1d"}, "updatedFrom", "Swap them"),
    ("get-content-block", {"id": -1}, "id", "at least 0"),
    ("get-content-block", {"id": 1, "offset": -1}, "offset", "at least 0"),
    ("create-content-block", {**FOOTER, "type": "html"}, "type", "'Text' or 'HTML'"),
    ("create-content-block", {**FOOTER, "name": " Footer"}, "name", "must look like"),
    ("create-content-block", {**FOOTER, "name": "Foot/er"}, "name", "must look like"),
    ("create-content-block", {**FOOTER, "name": "Footer\n"}, "name", "must look like"),
    ("create-content-block", {**FOOTER, "content": ""}, "content", "shorter than 1"),
    ("update-content-block", {"id": 1, "content": "x"}, "updatedBy", "missing"),
    ("update-content-block", {**CHANGE, "type": "Text"}, "type", "not an argument"),
]


@pytest.mark.parametrize(("key", "given", "field", "remedy"), BAD)
async def test_bad_arguments_never_leave(
    site: Site, perform: Perform, key: str, given: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, key, given)
    assert caught.value.field == field
    assert remedy in caught.value.message
    assert site.sandbox.requests == []


EACH: list[tuple[str, dict[str, Any]]] = [
    ("list-content-blocks", {}),
    ("get-content-block", {"id": FIRST}),
    ("create-content-block", FOOTER),
    ("update-content-block", CHANGE),
]


@pytest.mark.parametrize("way", ["fail_error", "code_msg", "message"])
@pytest.mark.parametrize(("key", "given"), EACH)
async def test_an_account_without_the_feature_is_told_so_in_every_shape(
    make_site: MakeSite, perform: Perform, way: str, key: str, given: dict[str, Any]
) -> None:
    site = make_site(content_blocks=False, content_block_refusal=way)
    with pytest.raises(InvalidRequestError, match="Content Blocks isn't enabled on your account") as caught:
        await perform(site, key, given)
    assert "Ask CleverTap" in caught.value.next


@pytest.mark.parametrize("way", ["fail_error", "code_msg", "message"])
async def test_a_refusal_is_read_in_every_shape(make_site: MakeSite, perform: Perform, way: str) -> None:
    site = make_site(content_block_refusal=way)
    await perform(site, "create-content-block", FOOTER)
    with pytest.raises(InvalidRequestError, match="already exists") as caught:
        await perform(site, "create-content-block", FOOTER)
    assert (caught.value.status, caught.value.field) == (409, "name")
    assert "Choose another name" in caught.value.next


async def test_a_block_that_may_have_been_made_is_not_made_again(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, CREATE)
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, "create-content-block", FOOTER)
    assert "clevertap_list_content_blocks" in caught.value.next
    assert len(site.asked(CREATE)) == 1


async def test_an_update_is_sent_again_because_that_is_harmless(site: Site, perform: Perform) -> None:
    await perform(site, "create-content-block", FOOTER)
    site.breaks(Kind.RESET_AFTER, UPDATE)
    assert (await perform(site, "update-content-block", CHANGE)).id == FIRST
    assert len(site.asked(UPDATE)) == 2
    site.breaks(Kind.HTML, UPDATE, times=None)
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, "update-content-block", CHANGE)
    assert "clevertap_get_content_block" in caught.value.next


@pytest.mark.parametrize("body", [b'{"message":"hello"}', b'{"id":5}', b"{}"])
def test_an_answer_without_a_block_is_none(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError, match="does not hold a content block"):
        read_block(Answer(200, body))


def test_a_block_may_be_wrapped() -> None:
    assert read_block(Answer(200, b'{"contentBlock":{"id":5,"content":"x"}}')) == {"id": 5, "content": "x"}
