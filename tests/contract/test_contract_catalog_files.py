"""Classic catalogs, whole and in parts. Reference: data 10.3, engagement 13.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

ASK, ASK_PARTS, COMPLETE = "/get_catalog_url", "/get_multipart_upload_catalog_url", "/upload_catalog_completed"
CSV = b"Identity,Name,ImageURL\np-1,Mug,https://x.example/1.png\np-2,Cup,https://x.example/2.png\n"
SUCCESS = {"status": "success"}


def body(url: str, **other: Any) -> dict[str, Any]:
    """The body of data 10.3."""
    named = {"name": "Shop", "creator": "Ops", "email": "ops@example.org", "url": url}
    return named | {"replace": True, "override": False} | other


def uploaded(door: Door, content: bytes = CSV) -> str:
    """The address of a file that lies there."""
    url = str(door.gets("POST", ASK)["presignedS3URL"])
    assert httpx2.put(url, content=content).status_code == 200
    return url


def in_parts(door: Door, *contents: bytes) -> dict[str, Any]:
    """The last step's body for a file that was put there in parts."""
    answer = door.gets("GET", f"{ASK_PARTS}?totalParts={len(contents)}")
    tags = [
        {"partNumber": number, "eTag": httpx2.put(url, content=content).headers["etag"]}
        for number, (url, content) in enumerate(zip(answer["presignedS3URLs"], contents, strict=True), 1)
    ]
    whole = {name: value for name, value in body("").items() if name != "url"}
    return whole | {"uploadId": answer["uploadId"], "eTags": tags}


def test_the_first_step_gives_an_address(door: Door) -> None:
    answer = door.gets("POST", ASK)
    assert answer.keys() == {"presignedS3URL", "expiry", "status"}
    assert answer["expiry"] == "29 May, 08:26 PM"


def test_the_expiry_may_come_as_in_engagement_13(make_door: MakeDoor) -> None:
    answer = make_door(presigned_expiry="expiryEpoch").gets("POST", ASK)
    assert answer.keys() == {"presignedS3URL", "expiryEpoch", "status"}
    assert answer["expiryEpoch"] == {"$date": "2026-05-29T20:26:40.000Z"}


def test_a_whole_file_is_taken(door: Door) -> None:
    assert door.gets("POST", COMPLETE, body(uploaded(door))) == SUCCESS
    assert door.sandbox.mails == ["Catalog Shop: 2 items"]


@pytest.mark.parametrize(
    ("text", "code"), [("duplicate_name", 400), ("Catalog already exists", 409), ("duplicate_name", 409)]
)
def test_a_name_can_be_used_once_unless_replaced(make_door: MakeDoor, text: str, code: int) -> None:
    door = make_door(duplicate_catalog=text, duplicate_name_code=code)
    assert door.gets("POST", COMPLETE, body(uploaded(door), replace=False)) == SUCCESS
    again = door.ask("POST", COMPLETE, body(uploaded(door), replace=False))
    assert again == (code, {"status": "fail", "error": text, "code": code})
    assert door.gets("POST", COMPLETE, body(uploaded(door))) == SUCCESS


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_file_in_parts_is_put_together(door: Door, count: int) -> None:
    lines = [f"p-{number},Mug,https://x.example/{number}.png\n".encode() for number in range(count - 1)]
    assert door.gets("POST", COMPLETE, in_parts(door, b"Identity,Name,ImageURL\n", *lines)) == SUCCESS
    assert door.sandbox.mails == [f"Catalog Shop: {count - 1} items"]


def test_the_parts_may_be_listed_as_objects(make_door: MakeDoor) -> None:
    answer = make_door(multipart_urls="objects").gets("GET", f"{ASK_PARTS}?totalParts=2")
    assert [each["partNumber"] for each in answer["presignedS3URLs"]] == [1, 2]


@pytest.mark.parametrize("query", ["", "?totalParts=1", "?totalParts=5", "?totalParts=x"])
def test_there_are_two_to_four_parts(door: Door, query: str) -> None:
    assert door.ask("GET", f"{ASK_PARTS}{query}")[0] == 400


def test_parts_need_the_names_that_the_store_gave_them(door: Door) -> None:
    parts = in_parts(door, CSV, b"p-3,Jug,https://x.example/3.png\n")
    wrong = parts | {"eTags": [parts["eTags"][0]]}
    assert door.ask("POST", COMPLETE, wrong)[0] == 400
    assert door.ask("POST", COMPLETE, parts | {"uploadId": "x"})[0] == 400
    unquoted = [each | {"eTag": each["eTag"].strip('"')} for each in parts["eTags"]]
    assert door.gets("POST", COMPLETE, parts | {"eTags": unquoted}) == SUCCESS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Identity,Name\np-1,Mug\n", "these columns are missing: ImageURL"),
        (b"Identity,Name,ImageURL\np-1,Mug\n", "row 1 is no item"),
        (b"Identity,Name,ImageURL\n,Mug,u\n", "row 1 is no item"),
        (
            b"Identity,Name,ImageURL," + b",".join(b"c%d" % n for n in range(18)) + b"\n",
            "there are more than 20 columns",
        ),
        (b"Identity,Name,ImageURL\np-1,Mug,u\np-1,Cup,u\n", "1 items"),
    ],
)
def test_what_is_in_a_file_is_told_by_mail_only(door: Door, content: bytes, told: str) -> None:
    assert door.gets("POST", COMPLETE, body(uploaded(door, content))) == SUCCESS
    assert door.sandbox.mails == [f"Catalog Shop: {told}"]


def test_a_column_may_be_left_out_only_with_override(door: Door) -> None:
    more = b"Identity,Name,ImageURL,Price\np-1,Mug,u,9\n"
    for content, override in ((more, False), (CSV, False), (CSV, True)):
        door.gets("POST", COMPLETE, body(uploaded(door, content), override=override))
    assert door.sandbox.mails[1:] == ["Catalog Shop: these columns are missing: Price", "Catalog Shop: 2 items"]


def test_a_category_may_be_required(make_door: MakeDoor) -> None:
    door = make_door(catalog_needs_category=True)
    door.gets("POST", COMPLETE, body(uploaded(door)))
    assert door.sandbox.mails == ["Catalog Shop: these columns are missing: Category"]


def test_there_are_five_catalogs_of_each_kind(door: Door) -> None:
    for number in range(6):
        door.gets("POST", COMPLETE, body(uploaded(door), name=f"c-{number}"))
    door.gets("POST", COMPLETE, body(uploaded(door), name="places", isLocationCatalog=True))
    assert door.sandbox.mails[-2:] == ["Catalog c-5: there are more than 5 catalogs", "Catalog places: 2 items"]


def test_a_sixth_that_was_refused_leaves_the_five_as_they_were(door: Door) -> None:
    for number in range(6):
        door.gets("POST", COMPLETE, body(uploaded(door), name=f"c-{number}"))
    door.gets("POST", COMPLETE, body(uploaded(door), name="c-0"))
    door.gets("POST", COMPLETE, body(uploaded(door), name="c-5"))
    assert door.sandbox.mails[-2:] == ["Catalog c-0: 2 items", "Catalog c-5: there are more than 5 catalogs"]


@pytest.mark.parametrize("tags", ["x", 1, ["a"], [None], [{"partNumber": [1]}], {"a": 1}])
def test_names_of_parts_in_another_form_are_refused(door: Door, tags: Any) -> None:
    refused = door.ask("POST", COMPLETE, in_parts(door, CSV, b"") | {"eTags": tags})
    assert refused == (400, {"status": "fail", "error": "Invalid eTags", "code": 400})


def test_what_was_begun_is_forgotten_with_its_places(make_door: MakeDoor) -> None:
    now = [1_780_000_000.0]
    door = make_door(clock=lambda: now[0])
    shelf = door.sandbox._shelf
    door.gets("GET", f"{ASK_PARTS}?totalParts=3")
    assert (len(shelf._places), len(shelf._uploads)) == (3, 1)
    now[0] += 10 * 24 * 3600
    door.gets("GET", f"{ASK_PARTS}?totalParts=2")
    assert (len(shelf._places), len(shelf._uploads)) == (2, 1)
    door.sandbox.close()
    assert (len(shelf._places), len(shelf._uploads)) == (0, 0)


@pytest.mark.parametrize("field", ["name", "creator", "email", "url"])
def test_the_last_step_needs_each_field(door: Door, field: str) -> None:
    assert door.ask("POST", COMPLETE, {**body(uploaded(door)), field: ""})[0] == 400
