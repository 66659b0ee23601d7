"""Content blocks as the references have them (engagement 14.1, data 10.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

CREATE = "/v1/contentBlock/create"
UPDATE = "/v1/contentBlock/update"
INFO = "/v1/contentBlock/info"
LIST = "/v1/contentBlock/list"
MADE_AT = datetime(2026, 10, 2, 8, 15, 30, 120_000, UTC)
FOOTER = {"type": "HTML", "name": "Footer 2026", "content": "<p>bye</p>", "createdBy": "mira@example.net"}
MADE = {
    "id": 172594000000001,
    "name": "Footer 2026",
    "type": "HTML",
    "content": "<p>bye</p>",
    "createdAt": "2026-10-02T08:15:30.120Z",
    "createdBy": "mira@example.net",
    "updatedAt": "2026-10-02T08:15:30.120Z",
    "updatedBy": "mira@example.net",
}
OFF = "Content Blocks isn't enabled on your account"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = MADE_AT

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(make_door: MakeDoor, clock: Clock) -> Door:
    return make_door(clock=clock)


def test_a_new_block_is_answered_as_in_the_reference(door: Door) -> None:
    assert door.gets("POST", CREATE, FOOTER) == MADE
    assert door.gets("GET", f"{INFO}?id=172594000000001") == MADE


def test_a_block_of_a_partner_is_taken(door: Door) -> None:
    assert door.gets("POST", CREATE, {**FOOTER, "partner": "Taxi"})["name"] == "Footer 2026"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Image"},
        {"type": None},
        {"name": "-Footer"},
        {"name": "Foot/er"},
        {"name": ""},
        {"content": ""},
        {"content": 5},
    ],
)
def test_a_block_that_breaks_a_rule_is_refused(door: Door, wrong: dict[str, Any]) -> None:
    status, answer = door.ask("POST", CREATE, {**FOOTER, **wrong})
    assert (status, answer["status"]) == (400, "fail")


def test_a_name_is_taken_once(door: Door) -> None:
    door.gets("POST", CREATE, FOOTER)
    assert door.ask("POST", CREATE, FOOTER)[0] == 409
    assert door.gets("POST", CREATE, {**FOOTER, "name": "Foot_er-1. (x)"})["id"] == 172594000000002


def test_an_update_puts_another_content_in_place(door: Door, clock: Clock) -> None:
    door.gets("POST", CREATE, FOOTER)
    clock.now += timedelta(days=1)
    change = {"id": MADE["id"], "content": "<p>hi</p>", "updatedBy": "omar@example.net", "type": "Text"}
    changed = {"content": "<p>hi</p>", "updatedBy": "omar@example.net", "updatedAt": "2026-10-03T08:15:30.120Z"}
    assert door.gets("POST", UPDATE, change) == {**MADE, **changed}
    assert door.gets("GET", f"{INFO}?id={MADE['id']}") == {**MADE, **changed}


@pytest.mark.parametrize("lacking", ["content", "updatedBy"])
def test_an_update_without_what_it_needs_is_refused(door: Door, lacking: str) -> None:
    door.gets("POST", CREATE, FOOTER)
    change = {"id": MADE["id"], "content": "<p>hi</p>", "updatedBy": "omar@example.net"}
    del change[lacking]
    assert door.ask("POST", UPDATE, change)[0] == 400


def test_a_block_that_does_not_exist_is_not_found(door: Door) -> None:
    assert door.ask("GET", f"{INFO}?id=1")[0] == 404
    assert door.ask("GET", f"{INFO}?id=footer")[0] == 400
    assert door.ask("GET", INFO)[0] == 400
    assert door.ask("POST", UPDATE, {"id": 1, "content": "x", "updatedBy": "a@example.net"})[0] == 404


def test_the_list_is_bare_or_in_an_envelope(make_door: MakeDoor, clock: Clock) -> None:
    bare, wrapped = make_door(clock=clock), make_door(clock=clock, content_blocks_in_envelope=True)
    for door in (bare, wrapped):
        door.gets("POST", CREATE, FOOTER)
    assert bare.gets("GET", LIST) == {"contentBlocks": [MADE], "total": 1, "pageNumber": 1, "pageSize": 10}
    assert wrapped.gets("GET", LIST) == {"status": "success", "contentBlocks": [MADE], "total": 1}


def test_the_last_page_is_the_one_that_is_not_full(door: Door) -> None:
    for number in range(5):
        door.gets("POST", CREATE, {**FOOTER, "name": f"n{number}"})
    pages = [door.gets("GET", f"{LIST}?pageNumber={page}&pageSize=2")["contentBlocks"] for page in (1, 2, 3, 4)]
    assert [[each["name"] for each in page] for page in pages] == [["n0", "n1"], ["n2", "n3"], ["n4"], []]


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=101", "pageNumber=0", "pageNumber=x"])
def test_an_odd_page_is_refused(door: Door, query: str) -> None:
    assert door.ask("GET", f"{LIST}?{query}")[0] == 400


def test_the_list_is_narrowed_by_moments_both_ends_included(door: Door, clock: Clock) -> None:
    for name in ("a", "b", "c"):
        door.gets("POST", CREATE, {**FOOTER, "name": name})
        clock.now += timedelta(days=1)
    door.gets("POST", UPDATE, {"id": MADE["id"], "content": "x", "updatedBy": "a@example.net"})

    def names(query: str) -> list[str]:
        return [each["name"] for each in door.gets("GET", f"{LIST}?{query}")["contentBlocks"]]

    second, last = "2026-10-03T08:15:30.120Z", "2026-10-05T00:00:00.000Z"
    assert names(f"createdAtFrom={second}") == ["b", "c"]
    assert names(f"createdAtTo={second}") == ["a", "b"]
    assert names(f"updatedFrom={second}&updatedTo={last}") == ["b", "c"]
    assert names(f"updatedFrom={last}") == ["a"]


@pytest.mark.parametrize("name", ["createdAtFrom", "createdAtTo", "updatedFrom", "updatedTo"])
@pytest.mark.parametrize("date", ["2026-01-01", "2026-01-01T00:00:00Z", "20260101", "now"])
def test_a_date_in_another_form_is_refused_as_in_the_reference(door: Door, name: str, date: str) -> None:
    refused = {"status": "fail", "error": "Enter date in ISO format"}
    assert door.ask("GET", f"{LIST}?{name}={date}") == (400, refused)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("fail_error", {"status": "fail", "error": OFF}),
        ("code_msg", {"code": 403, "msg": OFF}),
        ("message", {"message": OFF}),
    ],
)
def test_an_account_without_content_blocks_is_refused_on_every_path(
    make_door: MakeDoor, way: str, said: dict[str, Any]
) -> None:
    door = make_door(content_blocks=False, content_block_refusal=way)
    for method, path in (("POST", CREATE), ("POST", UPDATE), ("GET", f"{INFO}?id=1"), ("GET", LIST)):
        assert door.ask(method, path, FOOTER) == (403, said)


def test_content_blocks_want_the_passcode(door: Door) -> None:
    status, answer = door.ask("GET", LIST, headers={"X-CleverTap-Passcode": "wrong"})
    assert (status, answer) == (401, {"status": "fail", "error": "Invalid Credentials", "code": 401})


def test_no_call_deletes_a_block(door: Door) -> None:
    assert door.ask("DELETE", f"{INFO}?id=1")[0] == 405
    assert door.ask("POST", "/v1/contentBlock/delete", {"id": 1})[0] == 404
