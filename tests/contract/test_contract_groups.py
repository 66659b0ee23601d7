"""E-mail subscription groups. Reference: engagement 15.2 and data 10.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

PATH = "/category-groups"


def test_groups_come_with_their_keys(make_door: MakeDoor) -> None:
    door = make_door(subscription_groups=("News",))
    assert door.gets("GET", PATH) == {"status": "success", "list": [{"key": 1, "name": "News"}]}


def test_groups_come_as_names_in_the_other_reading(make_door: MakeDoor) -> None:
    door = make_door(category_groups="category_groups")
    assert door.gets("GET", PATH) == {"status": "success", "category_groups": ["Newsletter", "Offers"]}


def test_groups_are_only_read_and_only_with_credentials(door: Door) -> None:
    assert door.ask("POST", PATH, {})[0] == 405
    assert door.ask("GET", PATH, headers={"X-CleverTap-Passcode": "wrong"})[0] == 401
