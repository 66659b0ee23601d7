"""Uploading a custom list: what arrives, what never leaves, and what is known when something breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    DeadlineError,
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    UnavailableError,
)
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

KEY = "upload-custom-list"
ASK, COMPLETE = "/get_custom_list_segment_url", "/upload_custom_list_segment_completed"
NAMED = {"name": "VIP May", "email": "ops@example.org", "creator": "Ops"}
INLINE: dict[str, Any] = {**NAMED, "identity": ["u-1001", 'odd, "one"'], "guid": ["_ab12cd"]}
CSV = b"Type,Identity\ni,u-1001\ng,_ab12cd\n"


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vip.csv"
    path.write_bytes(CSV)
    return path


def puts(site: Site) -> list[str]:
    """The length of each file that was put into the store."""
    return [each.headers["content-length"] for each in site.sandbox.requests if each.method == "PUT"]


async def test_the_references_example_arrives_equal(site: Site, perform: Perform, file: Path) -> None:
    given = {**NAMED, "name": "VIP Nov", "creator": "Mira", "email": "mira@example.net", "file": str(file)}
    result = await perform(site, KEY, given)
    (body,) = site.bodies(COMPLETE)
    url = body.pop("url")
    assert url.startswith(site.url)
    sample = {
        "name": "VIP Nov",
        "creator": "Mira",
        "filename": "vip.csv",
        "email": "mira@example.net",
        "replace": False,
    }
    assert body == sample
    assert (result.sent, result.segment_id) == (2, 1_780_000_000)
    assert url not in repr(result)


async def test_people_named_in_the_call_become_a_segment_that_campaigns_reach(site: Site, perform: Perform) -> None:
    people = [{"identity": "u-1001", "profileData": {}}, {"objectId": "_ab12cd", "profileData": {}}]
    await perform(site, "upload-user-profiles", {"profiles": people})
    result = await perform(site, KEY, INLINE)
    assert result.sent == 3
    assert site.bodies(COMPLETE)[0]["filename"] == "VIP May.csv"
    assert site.sandbox.mails == ["Custom list VIP May: 2 of 3 found"]
    campaign = {"name": "x", "target_mode": "webhook", "segment": result.segment_id, "estimate_only": True}
    webhook = {"webhook_endpoint_name": "w", "content": {}}
    assert (await perform(site, "create-campaign", campaign | webhook)).reach == 2


async def test_the_file_goes_without_credentials_and_with_its_length(site: Site, perform: Perform, file: Path) -> None:
    await perform(site, KEY, {**NAMED, "file": str(file)})
    (put,) = [each for each in site.sandbox.requests if each.method == "PUT"]
    assert not [name for name in put.headers if "clevertap" in name or "account" in name]
    assert (put.headers["content-length"], put.headers["content-type"]) == (str(len(CSV)), "text/csv")


@pytest.mark.parametrize("key", ["Segment ID", "segmentId", "segment_id", "id"])
async def test_the_id_is_found_under_any_key(make_site: MakeSite, perform: Perform, key: str) -> None:
    assert (await perform(make_site(segment_id_key=key), KEY, INLINE)).segment_id == 1_780_000_000


async def test_an_answer_without_an_id_is_no_failure(make_site: MakeSite, perform: Perform) -> None:
    result = await perform(make_site(segment_id_key="number"), KEY, INLINE)
    assert (result.segment_id, result.failure) == (None, None)


@pytest.mark.parametrize("form", ["expiry", "expiryEpoch"])
async def test_every_form_of_the_first_answer_is_read(make_site: MakeSite, perform: Perform, form: str) -> None:
    assert (await perform(make_site(presigned_expiry=form), KEY, INLINE)).sent == 3


@pytest.mark.parametrize("code", [400, 409])
async def test_a_name_that_is_taken_is_told_with_what_to_do(make_site: MakeSite, perform: Perform, code: int) -> None:
    site = make_site(duplicate_name_code=code)
    await perform(site, KEY, INLINE)
    with pytest.raises(InvalidRequestError, match="duplicate_name") as refused:
        await perform(site, KEY, INLINE)
    assert (refused.value.field, refused.value.changed) == ("name", "no")
    assert "replace=true" in refused.value.next
    assert (await perform(site, KEY, {**INLINE, "replace": True})).segment_id == 1_780_000_000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (NAMED, "give either 'file' or 'identity' and/or 'guid'"),
        ({**INLINE, "file": "/x.csv"}, "give either 'file' or 'identity' and/or 'guid'"),
        ({**INLINE, "identity": []}, "'identity' needs at least 1 entries"),
        ({**INLINE, "identity": ["null"]}, "'identity\\[0\\]' is a value that CleverTap refuses"),
        ({**INLINE, "email": "ops"}, "'email' is no e-mail address"),
        ({**INLINE, "name": "  "}, "'name' is empty"),
        ({**INLINE, "rows": []}, "'rows' is not an argument here"),
        ({**INLINE, "replace": "yes"}, "'replace' must be true or false"),
        ({"identity": ["a"]}, "'name' is missing"),
    ],
)
async def test_wrong_arguments_never_leave(site: Site, perform: Perform, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=words):
        await perform(site, KEY, given)
    assert site.sandbox.requests == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no rows"),
        (b"Type,Identity\n", "holds no rows"),
        (b"Identity,Type\ni,a\n", "line 1 of 'file' must be the header Type,Identity"),
        (b"Type;Identity\ni;a\n", "line 1 of 'file' must be the header Type,Identity"),
        (b"Type,Identity\ni,a,b\n", "line 2 of 'file' must be i,<your own id> or g,<CleverTap ID>"),
        (b"Type,Identity\ni,a\n\ni,b\n", "line 3 of 'file' must be"),
        (b"Type,Identity\ni,a\nx,b\n", "line 3 of 'file' has a type that is neither i"),
        (b"Type,Identity\ni,\n", "line 2 of 'file' has an identity that is a value that CleverTap refuses"),
        (b"Type,Identity\ni," + b"a" * 1025 + b"\n", "line 2 of 'file' has an identity that is longer than 1024"),
        (b'Type,Identity\ni,"a\n', "of 'file' is no CSV"),
        (b"Type,Identity\ri,a\r", "of 'file' is no CSV"),
        (b"Type,Identity\ni,a\ni,\xff\n", "line 3 of 'file' is not UTF-8"),
        (b"Type,Identity\ni," + b"a" * (1 << 20) + b"\n", "line 2 of 'file' is longer than 1,048,576 bytes"),
        (b"\x00\x01\x02", "line 1 of 'file' must be the header"),
    ],
)
async def test_a_file_that_breaks_a_rule_never_leaves(
    site: Site, perform: Perform, file: Path, content: bytes, words: str
) -> None:
    write(file, content)
    with pytest.raises(InvalidArgumentsError, match=words) as refused:
        await perform(site, KEY, {**NAMED, "file": str(file)})
    assert refused.value.field == "file"
    assert site.sandbox.requests == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfType,Identity\r\ni,u-1\r\n",
        b"type,identity\ni,u-1",
        b'"Type","Identity"\n"i","u-1"\n',
        'Type,Identity\ni,"Zoë, ""Z"""\n'.encode(),
    ],
)
async def test_a_good_file_arrives_byte_by_byte_without_its_mark(
    site: Site, perform: Perform, file: Path, content: bytes
) -> None:
    write(file, content)
    result = await perform(site, KEY, {**NAMED, "file": str(file), "filename": "other.csv"})
    assert result.sent == 1
    assert puts(site) == [str(len(content.removeprefix(b"\xef\xbb\xbf")))]
    assert site.bodies(COMPLETE)[0]["filename"] == "other.csv"
    assert site.sandbox.mails[0].endswith("of 1 found")


@pytest.mark.parametrize(
    ("kind", "how"),
    [(Kind.RESET_AFTER, {}), (Kind.EMPTY, {"handled": True}), (Kind.STATUS, {"status": 500, "handled": True})],
)
@pytest.mark.parametrize("replace", [True, False])
async def test_a_lost_last_step_is_told_as_such_and_not_repeated(
    site: Site, perform: Perform, kind: Kind, how: dict[str, Any], *, replace: bool
) -> None:
    site.breaks(kind, COMPLETE, **how)
    with pytest.raises(OutcomeUnknownError) as lost:
        await perform(site, KEY, {**INLINE, "replace": replace})
    assert len(site.asked(COMPLETE)) == 1
    assert lost.value.changed == "unknown"
    assert ("harmless" if replace else "refuses the name as taken") in lost.value.next
    if not replace:
        with pytest.raises(InvalidRequestError, match="duplicate_name"):
            await perform(site, KEY, INLINE)


@pytest.mark.parametrize(("kind", "how"), [(Kind.RESET_BEFORE, {}), (Kind.STATUS, {"status": 503}), (Kind.EMPTY, {})])
async def test_the_first_step_is_repeated(site: Site, perform: Perform, kind: Kind, how: dict[str, Any]) -> None:
    site.breaks(kind, ASK, **how)
    assert (await perform(site, KEY, INLINE)).sent == 3
    assert len(site.asked(ASK)) == 2


async def test_a_file_that_takes_too_long_to_check_never_leaves(site: Site, perform: Perform, file: Path) -> None:
    write(file, b"Type,Identity\n" + b"i,customer\n" * 400_000)
    with pytest.raises(DeadlineError) as late:
        await perform(site, KEY, {**NAMED, "file": str(file)}, deadline=0.02)
    assert late.value.changed == "no"
    assert site.sandbox.requests == []


async def test_too_many_requests_at_the_last_step_are_waited_for(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, COMPLETE, status=429)
    assert (await perform(site, KEY, INLINE)).sent == 3
    assert len(site.asked(COMPLETE)) == 2


async def test_no_address_means_nothing_was_sent(site: Site, perform: Perform) -> None:
    site.breaks(Kind.FAIL, ASK, error="URL not generated, Please come back later")
    with pytest.raises(InvalidRequestError, match="URL not generated"):
        await perform(site, KEY, INLINE)
    site.breaks(Kind.STATUS, ASK, status=200, error="x", times=None)
    with pytest.raises((InvalidRequestError, UnavailableError)):
        await perform(site, KEY, INLINE)
    assert puts(site) == []


async def test_a_replacement_is_guarded_and_told_in_words(site: Site, file: Path) -> None:
    action = CATALOGUE[KEY]
    assert action.preview is not None
    for given, source in (
        ({**INLINE, "identity": ["u-1"]}, 'Who: identity "u-1"; guid "_ab12cd"'),
        ({"file": str(file)}, "From the file"),
    ):
        asked = action.parse({**NAMED, **given, "replace": True})
        async with site.client() as client:
            preview = await action.preview(client.for_call(), asked, asked)
        assert action.effect_of(asked) is Effect.DESTROY
        assert preview.deed == 'Replace everybody in the custom list "VIP May" by 2 rows.'
        assert preview.details[0].startswith(source)
        assert preview.reach == 2
    assert site.sandbox.requests == []
    assert action.effect_of(action.parse(INLINE)) is Effect.UPSERT


def test_the_people_of_a_call_are_counted_and_those_of_a_file_are_not(file: Path) -> None:
    inline, by_file = CATALOGUE[KEY].parse(INLINE), CATALOGUE[KEY].parse({**NAMED, "file": str(file)})
    assert (inline.record_count, inline.countable, inline.files) == (3, True, ())
    assert (by_file.record_count, by_file.countable, by_file.files) == (None, False, (str(file),))


@pytest.mark.parametrize("body", [b"{}", b'{"status":"partial"}', b'{"status":"odd"}', b"[]", b"<html>"])
def test_an_odd_last_answer_is_no_success(body: bytes) -> None:
    from clevertap_tools.actions.lists import read_list  # noqa: PLC0415 - the only test that needs it

    with pytest.raises(UnavailableError):
        read_list(Answer(200, body))
