"""The query language read row by row in plain Python, as the references describe it (data 6, engagement 2).

Nothing here comes from the sandbox but the values of its `Behaviours`: what the two agree on, two readers of the
references have written down independently.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from math import acos, cos, pi, sin
from typing import Any

from clevertap_sandbox import Behaviours

SYSTEM_EVENTS = {"applaunched", "appuninstalled", "notificationclicked"}
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "greater_than": operator.gt,
    "greater_than_equals": operator.ge,
    "less_than": operator.lt,
    "less_than_equals": operator.le,
}
TIMES: dict[str, Callable[[Any, Any], bool]] = {"equals": operator.eq, "not_equals": operator.ne, **ORDER}
OPPOSITES = {"not_equals": "equals", "does_not_contain": "contains", "does_not_exist": "exists"}
APP_FIELDS = {
    "Make": "make",
    "Model": "model",
    "App Version": "app_version",
    "OS Version": "os_version",
    "SDK Version": "sdk_version",
    "Carrier": "carrier",
}


class RefusedQuery(Exception):  # noqa: N818 (a verdict)
    """CleverTap would not answer this query."""


@dataclass(eq=False)
class Person:
    """A person: the profile as stored, and their devices as told of."""

    profile: dict[str, Any]
    devices: list[dict[str, Any]]


@dataclass(eq=False)
class Event:
    """An occurrence of an event."""

    person: Person
    name: str
    ts: int
    properties: dict[str, Any]
    session: dict[str, str]


@dataclass
class World:
    """What a project holds, its events in the order they arrived, and how its CleverTap behaves."""

    people: list[Person]
    events: list[Event]
    zone: tzinfo
    today: date
    behaviours: Behaviours = field(default_factory=Behaviours)

    def count_events(self, query: dict[str, Any]) -> int:
        """How many occurrences match."""
        self._check_names(query)
        return sum(self._is(event.person, query) for event in self._base(query))

    def count_people(self, query: dict[str, Any]) -> int:
        """How many people match."""
        self._check_names(query)
        has_base = query.keys() & {"event_name", "from", "to"}
        did = {event.person for event in self._base(query)} if has_base else set(self.people)
        asked = [part for part in query.get("common_profile_properties", {}).values() if part]
        advanced = query.get("advanced_query", {})
        asked += [part for part in (advanced.get("did_all"), advanced.get("did_none"), advanced.get("did_any")) if part]
        if not has_base and not asked:
            raise RefusedQuery
        if not has_base and self.behaviours.lookback_needs_event:
            did = {event.person for event in self.events if self._in_days(event, {})}
        return sum([self._is(person, query) for person in self.people if person in did])

    def _base(self, query: dict[str, Any]) -> list[Event]:
        if not {"event_name", "from", "to"} <= query.keys():
            raise RefusedQuery
        sessions = query.get("session_properties", [])
        return [e for e in self._happened(query) if all(self._in_session(e, wanted) for wanted in sessions)]

    def _happened(self, entry: dict[str, Any]) -> list[Event]:
        """The occurrences of an entry's event in its days, with its properties."""
        filters = entry.get("event_properties", [])
        return [
            event
            for event in self.events
            if (same_name(event.name, entry["event_name"]) or self._is_any(entry["event_name"]))
            and self._in_days(event, entry)
            and all(self._passes(values_of_event(event, wanted["name"]), wanted) for wanted in filters)
        ]

    def _check_names(self, query: dict[str, Any]) -> None:
        advanced = query.get("advanced_query", {})
        entries = [*advanced.get("did_all", []), *advanced.get("did_none", [])]
        entries += advanced.get("did_any", {}).get("any_events", [])
        if not all(self._knows(entry["event_name"]) for entry in [query, *entries] if "event_name" in entry):
            raise RefusedQuery

    def _is_any(self, name: str) -> bool:
        return self.behaviours.any_event_name and name == "-1"

    def _knows(self, name: str) -> bool:
        known = any(same_name(event.name, name) for event in self.events)
        return known or self._is_any(name) or plain(name) in SYSTEM_EVENTS

    def _in_days(self, event: Event, entry: dict[str, Any]) -> bool:
        day = datetime.fromtimestamp(event.ts, self.zone).date()
        if "from" not in entry:
            return self.today - timedelta(days=365) <= day <= self.today
        return bool(entry["from"] <= int(day.strftime("%Y%m%d")) <= entry["to"])

    def _in_session(self, event: Event, wanted: dict[str, Any]) -> bool:
        value = wanted.get("value")
        if wanted["name"] == "first_time":
            return str(self._is_first(event)) in listed(value)
        if wanted["name"] == "time_of_day":
            return within(datetime.fromtimestamp(event.ts, self.zone).strftime("%H:%M"), *listed(value))
        stored = event.session.get(wanted["name"])
        return self._passes([] if stored is None else [stored], wanted)

    def _is_first(self, event: Event) -> bool:
        mine = [e for e in self.events if e.person is event.person and same_name(e.name, event.name)]
        return min(mine, key=lambda e: e.ts) is event

    def _is(self, person: Person, query: dict[str, Any]) -> bool:
        return self._fits(person, query.get("common_profile_properties", {})) and self._did(
            person, query.get("advanced_query", {})
        )

    def _fits(self, person: Person, common: dict[str, Any]) -> bool:
        of_block = {
            "profile_fields": profile_field,
            "demographics": demographic,
            "technographics": technographic,
            "app_fields": app_field,
        }
        return (
            all(
                self._passes(*read(person, wanted))
                for block, read in of_block.items()
                for wanted in common.get(block, [])
            )
            and all(
                str(reached(person, each["name"])) in listed(each["value"]) for each in common.get("reachability", [])
            )
            and (not common.get("geo_fields") or any(in_place(person, each) for each in common["geo_fields"]))
            and (not common.get("geo_radius") or any(self._in_circle(person, each) for each in common["geo_radius"]))
        )

    def _in_circle(self, person: Person, circle: list[float]) -> bool:
        radius = circle[2] * self.behaviours.kilometres_per_radius
        return any(distance(d, circle) <= radius for d in person.devices if "latitude" in d)

    def _did(self, person: Person, advanced: dict[str, Any]) -> bool:
        def times(entries: list[dict[str, Any]]) -> int:
            return len({id(event) for entry in entries for event in self._happened(entry) if event.person is person})

        group = advanced.get("did_any")
        did_all = [enough(times([entry]), entry) for entry in advanced.get("did_all", [])]
        did_none = [not times([entry]) for entry in advanced.get("did_none", [])]
        return all(did_all) and all(did_none) and (group is None or enough(times(group["any_events"]), group))

    def _passes(self, values: list[Any], wanted: dict[str, Any]) -> bool:
        """Whether one of the values a property has passes a filter; for a negation, whether none does."""
        name = wanted.get("operator", "equals")
        if name not in OPPOSITES:
            return any(self._is_true(name, value, wanted.get("value")) for value in values)
        none = not any(self._is_true(OPPOSITES[name], value, wanted.get("value")) for value in values)
        missing_counts = name == "does_not_exist" or self.behaviours.negation_matches_missing
        return none and (bool(values) or missing_counts)

    def _is_true(self, name: str, stored: Any, wanted: Any) -> bool:
        if name == "exists":
            return True
        if name == "equals":
            return any(equal(stored, each) for each in listed(wanted))
        if name == "contains":
            return isinstance(stored, str) and any(self._contains(stored, each) for each in listed(wanted))
        if name == "between":
            return in_order("greater_than_equals", stored, wanted[0]) and in_order(
                "less_than_equals", stored, wanted[1]
            )
        return in_order(name, stored, wanted)

    def _contains(self, stored: str, wanted: str) -> bool:
        if self.behaviours.contains_ignores_case:
            return wanted.casefold() in stored.casefold()
        return wanted in stored


def plain(name: str) -> str:
    """An event's name as it is compared: without case and spaces (data 4.3)."""
    return "".join(name.split()).casefold()


def same_name(one: str, other: str) -> bool:
    """Whether two names are of one event."""
    return plain(one) == plain(other)


def listed(value: Any) -> list[Any]:
    """A list as any of its values, one value as itself."""
    return value if isinstance(value, list) else [value]


def within(minute: str, start: str, end: str) -> bool:
    """Whether a minute is in a range of the day, which may go past midnight."""
    return start <= minute <= end if start <= end else minute >= start or minute <= end


def enough(times: int, counted: dict[str, Any]) -> bool:
    """Whether something that happened so often happened often enough; not at all is never enough."""
    if "value" not in counted:
        return times > 0
    return times > 0 and TIMES[counted.get("operator", "equals")](times, counted["value"])


def as_date(value: Any) -> int | None:
    """The seconds of a date, such as "$D_1735689600"."""
    found = re.fullmatch(r"\$D_(0|-?[1-9][0-9]*)", value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def as_number(value: Any) -> float | int | None:
    """What a number is compared with: a number, or a date."""
    return as_date(value) if isinstance(value, bool | str) else value


def equal(stored: Any, wanted: Any) -> bool:
    """Whether a stored value is the one asked for; booleans are asked for as texts."""
    if isinstance(wanted, str):
        return bool(stored == wanted) or (isinstance(stored, bool) and str(stored) == wanted)
    return as_number(stored) is not None and bool(as_number(stored) == wanted)


def in_order(name: str, stored: Any, wanted: Any) -> bool:
    """Whether a stored number or date compares so with a number, or a stored date with a date."""
    if as_date(wanted) is not None:
        return as_date(stored) is not None and ORDER[name](as_date(stored), as_date(wanted))
    return as_number(stored) is not None and ORDER[name](as_number(stored), wanted)


def values_of_event(event: Event, name: str) -> list[Any]:
    """The values of an event's property; of Charged those of its items too."""
    values = [event.properties[name]] if name in event.properties and name != "Items" else []
    items = event.properties.get("Items", []) if same_name(event.name, "Charged") else []
    return values + [item[name] for item in items if name in item]


def values_of_profile(person: Person, key: str) -> list[Any]:
    """The values of a profile key; of a multi-value all of them."""
    return listed(person.profile[key]) if key in person.profile else []


def profile_field(person: Person, wanted: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The values that a filter on a profile field is about, and the filter."""
    if wanted["name"] == "Phone" and "value" in wanted:
        digits = [str(each).removeprefix("+") for each in listed(wanted["value"])]
        wanted = {**wanted, "value": digits if isinstance(wanted["value"], list) else digits[0]}
    return values_of_profile(person, wanted["name"]), wanted


def demographic(person: Person, wanted: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The same for a demographic; a stored M is asked for as Male."""
    if wanted["name"] == "Gender":
        return [{"M": "Male", "F": "Female"}[each] for each in values_of_profile(person, "Gender")], wanted
    key = "Employed" if wanted["name"] == "Employment" else wanted["name"]
    return values_of_profile(person, key), wanted


def technographic(person: Person, wanted: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The same for what somebody's devices are."""
    return [each for device in person.devices if (each := kind_of(device, wanted["name"])) is not None], wanted


def kind_of(device: dict[str, Any], name: str) -> Any:
    """What a device is, as it says or as its platform has it."""
    platform = device["platform"]
    if name == "Platform":
        return "Web" if platform == "Web" else f"{platform}App"
    if name == "Device":
        return device.get("device") or ("Mobile" if platform in ("Android", "iOS") else "Desktop")
    if name == "OS":
        return device.get("os") or (None if platform == "Web" else platform)
    return device.get("browser")


def app_field(person: Person, wanted: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The same for what somebody's devices say about themselves."""
    key = APP_FIELDS[wanted["name"]]
    return [device[key] for device in person.devices if key in device], wanted


def reached(person: Person, name: str) -> bool:
    """Whether somebody can be reached in a way."""
    if name == "has_token":
        return any("token" in device for device in person.devices)
    return {"has_email": "Email", "has_phone": "Phone"}[name] in person.profile


def in_place(person: Person, place: Iterable[str]) -> bool:
    """Whether one of somebody's devices is in a place: country, region, city, as far as given."""
    levels = ("country", "region", "city")
    return any(
        all(device.get(level) == name for level, name in zip(levels, place, strict=False)) for device in person.devices
    )


def distance(device: dict[str, Any], circle: list[float]) -> float:
    """Kilometres from a device to the middle of a circle, by the law of cosines on a ball of 6,371 km."""
    north, east = device["latitude"] * pi / 180, device["longitude"] * pi / 180
    other_north, other_east = circle[0] * pi / 180, circle[1] * pi / 180
    cosine = sin(north) * sin(other_north) + cos(north) * cos(other_north) * cos(east - other_east)
    return 6371 * acos(max(-1.0, min(1.0, cosine)))
