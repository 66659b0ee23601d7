"""API segments. Reference: data 10.2, engagement 12."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.conftest import NOW
from contract.test_contract_lists import members

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

CREATE, UPDATE = "/api/createSegment", "/api/updateSegment"
GOLD = {"segment_name": "Gold users", "customer_segment_id": "SEG-77"}
TWO = [
    {"segment_name": "Gold 2026", "customer_segment_id": "G26"},
    {"segment_name": "At risk", "customer_segment_id": "AR1"},
]
CHANGES = {
    "bulk_profiles": [
        {
            "user_profiles": [{"identity": "cust-9001"}, {"guid": "__f00dbabe"}],
            "segments": [
                {"customer_segment_id": "SEG-77", "action": "ADD"},
                {"ct_segment_id": NOW + 1, "action": "REMOVE"},
            ],
        }
    ]
}
"""The body of data 10.2."""


def moves(identity: str, **segment: Any) -> dict[str, Any]:
    return {"bulk_profiles": [{"user_profiles": [{"identity": identity}], "segments": [segment]}]}


def test_a_segment_is_created_as_data_10_has_it(door: Door) -> None:
    made = {"segment_name": "Gold users", "ct_segment_id": NOW, "customer_segment_id": "SEG-77"}
    assert door.gets("POST", CREATE, [GOLD]) == {"status": "success", "processed": [made], "unprocessed": []}


def test_a_segment_is_created_as_engagement_12_has_it(make_door: MakeDoor) -> None:
    door = make_door(created_segments="segments")
    assert door.gets("POST", CREATE, [TWO[0]]) == {"status": "success", "segments": [{"id": NOW, **TWO[0]}]}
    assert door.gets("POST", CREATE, [TWO[1], TWO[0] | {"segment_name": "Other"}]) == {
        "status": "partial",
        "segments": [{"id": NOW + 1, **TWO[1]}],
        "errors": [{"customer_segment_id": "G26", "error": "Duplicate customer_segment_id"}],
    }
    assert door.ask("POST", CREATE, [TWO[1]]) == (400, {"status": "fail", "error": "Invalid request", "code": 400})


def test_what_is_refused_is_listed_beside_what_is_made(door: Door) -> None:
    door.gets("POST", CREATE, [TWO[1]])
    answer = door.gets("POST", CREATE, TWO)
    assert answer["status"] == "partial"
    assert answer["processed"] == [TWO[0] | {"ct_segment_id": NOW + 1}]
    assert answer["unprocessed"] == [{"status": "fail", "error": "Duplicate customer_segment_id", **TWO[1]}]
    assert door.gets("POST", CREATE, TWO)["status"] == "fail"


def test_names_are_unique_within_a_request(door: Door) -> None:
    answer = door.gets("POST", CREATE, [GOLD, GOLD | {"customer_segment_id": "SEG-78"}])
    assert (len(answer["processed"]), len(answer["unprocessed"])) == (1, 1)


@pytest.mark.parametrize("required", [True, False])
def test_an_id_of_ones_own_may_be_optional(make_door: MakeDoor, *, required: bool) -> None:
    door = make_door(customer_segment_id_required=required)
    answer = door.gets("POST", CREATE, [{"segment_name": "Gold users"}])
    assert answer["status"] == ("fail" if required else "success")


@pytest.mark.parametrize("body", [[], {}, {"segments": [GOLD]}, [1], [GOLD] * 101])
def test_a_body_that_is_no_list_of_at_most_a_hundred_is_refused(door: Door, body: Any) -> None:
    assert door.ask("POST", CREATE, body) == (400, {"status": "fail", "error": "Invalid request", "code": 400})


def test_an_account_has_2500_of_them(door: Door) -> None:
    for start in range(0, 2500, 100):
        named = [{"segment_name": f"s-{n}", "customer_segment_id": f"S{n}"} for n in range(start, start + 100)]
        assert door.gets("POST", CREATE, named)["status"] == "success"
    assert door.gets("POST", CREATE, [GOLD])["status"] == "fail"


def test_those_without_an_id_of_ones_own_count_too(make_door: MakeDoor) -> None:
    door = make_door(customer_segment_id_required=False)
    for start in range(0, 2500, 100):
        named = [{"segment_name": f"s-{n}"} for n in range(start, start + 100)]
        assert door.gets("POST", CREATE, named)["status"] == "success"
    assert door.gets("POST", CREATE, [{"segment_name": "one more"}])["status"] == "fail"


def test_no_segment_shares_its_id_with_a_campaign_of_the_same_second(door: Door) -> None:
    mail = {"subject": "s", "body": "b", "sender_name": "n"}
    campaign = {"name": "x", "target_mode": "email", "where": {}, "when": "now", "content": mail}
    first = door.gets("POST", "/1/targets/create.json", campaign)["id"]
    segment = door.gets("POST", CREATE, [GOLD])["processed"][0]["ct_segment_id"]
    second = door.gets("POST", "/1/targets/create.json", campaign)["id"]
    assert (first, segment, second) == (NOW, NOW + 1, NOW + 2)


@pytest.mark.parametrize("segment", [{"ct_segment_id": [1]}, {"ct_segment_id": 2**63}, {"customer_segment_id": {}}])
def test_an_id_in_another_form_names_no_segment(door: Door, segment: dict[str, Any]) -> None:
    answer = door.gets("POST", UPDATE, moves("u-1", **segment, action="ADD"))
    assert answer["unprocessed"] == [{"status": "fail", "error": "Segment not found"}]


@pytest.mark.parametrize("name", [["x"], {}, 1])
def test_a_name_in_another_form_is_refused(door: Door, name: Any) -> None:
    assert door.gets("POST", CREATE, [{**GOLD, "segment_name": name}])["status"] == "fail"


def test_people_are_put_in_and_taken_out_and_unknown_ones_created(door: Door) -> None:
    door.gets("POST", CREATE, [GOLD, TWO[0]])
    door.gets("POST", UPDATE, moves("cust-9001", customer_segment_id="G26", action="ADD"))
    assert members(door, NOW + 1) == 1
    assert door.gets("POST", UPDATE, CHANGES) == {"status": "success", "processed": 2, "unprocessed": []}
    assert (members(door, NOW), members(door, NOW + 1)) == (2, 0)
    assert door.gets("GET", "/1/profile.json?objectId=__f00dbabe")["record"] is not None


def test_each_change_raises_the_system_event_once(door: Door) -> None:
    door.gets("POST", CREATE, [GOLD])
    for action in ("ADD", "ADD", "REMOVE"):
        door.gets("POST", UPDATE, moves("u-1001", ct_segment_id=str(NOW), action=action))
    query = {"event_name": "Segment Membership Change", "from": 20260501, "to": 20260531}
    cursor = door.gets("POST", "/1/events.json", query)["cursor"]
    records = door.gets("GET", f"/1/events.json?cursor={cursor}")["records"]
    told = [record["event_props"] for record in records]
    same = {"Segment Name": "Gold users", "Segment ID": NOW, "Customer_Segment_ID": "SEG-77"}
    assert sorted(told, key=lambda props: props["Action"]) == [{"Action": "ADD", **same}, {"Action": "REMOVE", **same}]


def test_a_segment_that_is_not_there_is_told_as_data_10_has_it(door: Door) -> None:
    door.gets("POST", CREATE, [GOLD])
    groups = [
        *moves("u-1", customer_segment_id="SEG-77", action="ADD")["bulk_profiles"],
        *moves("u-9", customer_segment_id="SEG-78", action="ADD")["bulk_profiles"],
    ]
    assert door.gets("POST", UPDATE, {"bulk_profiles": groups}) == {
        "status": "partial",
        "processed": 1,
        "unprocessed": [{"status": "fail", "error": "Segment not found"}],
    }


def test_a_segment_that_is_not_there_is_told_as_engagement_12_has_it(make_door: MakeDoor) -> None:
    door = make_door(updated_segments="named")
    door.gets("POST", CREATE, [GOLD])
    assert door.gets("POST", UPDATE, moves("u-1", customer_segment_id="SEG-77", action="ADD")) == {"status": "success"}
    assert door.gets("POST", UPDATE, moves("u-9", customer_segment_id="SEG-78", action="ADD")) == {
        "status": "partial",
        "unprocessed": [{"identity": "u-9", "error": "Segment not found"}],
    }


def test_a_segment_deleted_in_the_dashboard_is_refused(door: Door) -> None:
    door.gets("POST", CREATE, [GOLD])
    with door.sandbox._store.transaction() as db:
        db.execute("UPDATE segments SET status = 'deleted'")
    answer = door.ask("POST", UPDATE, moves("u-1", customer_segment_id="SEG-77", action="ADD"))
    assert answer == (400, {"status": "fail", "error": "Segment deleted", "code": 400})


def test_an_uploaded_list_is_no_segment_of_the_api(door: Door) -> None:
    url = door.gets("POST", "/get_custom_list_segment_url")["presignedS3URL"]
    body = {"name": "l", "creator": "c", "filename": "f", "email": "e", "url": url}
    number = door.gets("POST", "/upload_custom_list_segment_completed", body)["Segment ID"]
    answer = door.gets("POST", UPDATE, moves("u-1", ct_segment_id=number, action="ADD"))
    assert answer["unprocessed"] == [{"status": "fail", "error": "Segment not found"}]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"bulk_profiles": []},
        {"bulk_profiles": [{}]},
        {"bulk_profiles": [{"user_profiles": [], "segments": [1]}]},
        {"bulk_profiles": [{"user_profiles": [{"identity": str(n)} for n in range(101)], "segments": [1]}]},
    ],
)
def test_a_body_without_people_or_segments_or_with_too_many_people_is_refused(door: Door, body: Any) -> None:
    assert door.ask("POST", UPDATE, body)[0] == 400


@pytest.mark.parametrize("action", ["add", "", None])
def test_an_action_is_add_or_remove_to_the_letter(door: Door, action: Any) -> None:
    door.gets("POST", CREATE, [GOLD])
    answer = door.gets("POST", UPDATE, moves("u-1", customer_segment_id="SEG-77", action=action))
    assert (answer["status"], members(door, NOW)) == ("fail", 0)


@pytest.mark.parametrize("path", ["/1/segments/list.json", "/1/segments/get.json"])
def test_segments_are_not_listed_everywhere(door: Door, path: str) -> None:
    assert door.ask("POST", path, {}) == (404, {"status": "fail", "error": "Not Found", "code": 404})


def test_segments_may_be_listed(make_door: MakeDoor) -> None:
    door = make_door(segments_listed=True)
    door.gets("POST", CREATE, [TWO[0]])
    listed = {"id": NOW, "name": "Gold 2026", "status": "active"}
    page = {"status": "success", "segments": [listed], "total_pages": 1, "total_count": 1}
    assert door.gets("POST", "/1/segments/list.json", {"page": 1, "limit": 100}) == page
    assert door.gets("POST", "/1/segments/get.json", {"segment_id": NOW}) == page
    assert door.ask("POST", "/1/segments/get.json", {"segment_id": 1})[0] == 400
    assert door.ask("POST", "/1/segments/list.json", {"page": 0})[0] == 400
