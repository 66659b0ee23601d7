"""CleverTap's query language as types, and as the JSON that CleverTap reads (reference: data 6, engagement 2).

All parts are joined by AND. No part is a free object: CleverTap ignores keys that it does not know, which would widen
an audience without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.filters import (
    LONGEST_VALUE,
    OF_TEXT,
    OPERATORS,
    WITHOUT_VALUE,
    EventFilter,
    Filter,
    ProfileFilter,
)
from clevertap_tools.moments import Day, ProjectTime
from clevertap_tools.wire import JsonObject

NOTHING_FOUND = (
    "Nothing matched. Property names are compared to the letter, and a number is no text; "
    "a misspelt one matches nothing."
)
NOBODY_EXCLUDED = "A property in did_none is not checked: if it is misspelt, it excludes nobody."
OUR_WARNINGS = frozenset({None, NOTHING_FOUND, NOBODY_EXCLUDED})
"""What is said of queries in words of our own alone."""
OF_COUNTS = tuple(each for each in OPERATORS if each not in WITHOUT_VALUE | OF_TEXT)


def checked_count_operator(operator: object) -> object:
    """One of the operators that compare numbers.

    Raises:
        ValueError: It is none of them.
    """
    if operator not in OF_COUNTS:
        raise ValueError(f"must be one of {', '.join(OF_COUNTS)}")
    return operator


EventName = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
CountOperator = Annotated[str, BeforeValidator(checked_count_operator), WithJsonSchema({"type": "string"})]
Times = Annotated[int, Field(ge=0), WithJsonSchema({"type": "integer"})]
# What nested filters look like is published once, in the event_properties of the base event.
LikeAbove = WithJsonSchema({"type": "array", "items": {"type": "object"}, "description": "As above"})
PLACES = WithJsonSchema(
    {
        "type": "array",
        "items": {"type": "object"},
        "description": "{country, region, city} or {latitude, longitude, radius (km)}",
    }
)


class Did(Arguments):
    """An event that people did or did not do besides the base event."""

    which: Literal["did_all", "did_any", "did_none"]
    event_name: EventName
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    event_properties: Annotated[list[Filter], LikeAbove] = []
    times_operator: CountOperator | None = None
    times: Times | None = None

    @model_validator(mode="after")
    def _count_is_whole(self) -> Did:
        if (self.times is None) != (self.times_operator is None):
            raise ValueError("needs both times_operator and times, or neither")
        if self.which == "did_none" and self.times is not None:
            raise ValueError("takes no times_operator and times with which=did_none")
        return self

    def cql(self, time: ProjectTime, field: str) -> JsonObject:
        """The entry as CleverTap reads it, without its count."""
        made: JsonObject = {"event_name": self.event_name, **span(self.from_, self.to, time, field)}
        if self.event_properties:
            made["event_properties"] = [each.cql() for each in self.event_properties]
        return made

    def count(self) -> JsonObject:
        """How often, as CleverTap reads it; empty if any number will do."""
        return {} if self.times is None else {"operator": self.times_operator, "value": self.times}


class Geo(Arguments):
    """Where people are: a place by name, or a circle."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    radius: Annotated[float | None, Field(gt=0)] = None

    @model_validator(mode="after")
    def _place_or_circle(self) -> Geo:
        named = [self.country, self.region, self.city]
        circle = [self.latitude, self.longitude, self.radius]
        if any(part is not None for part in named) == any(part is not None for part in circle):
            raise ValueError("must be either country, region, city or latitude, longitude, radius")
        if self.is_circle and None in circle:
            raise ValueError("needs latitude, longitude and radius together")
        if not self.is_circle and named[: len(self.parts)] != self.parts:
            raise ValueError("needs the country before a region, and the region before a city")
        return self

    @property
    def is_circle(self) -> bool:
        """Whether it is a point with a radius."""
        return self.radius is not None or self.latitude is not None or self.longitude is not None

    @property
    def parts(self) -> list[Any]:
        """The list that CleverTap reads."""
        told = (
            [self.latitude, self.longitude, self.radius] if self.is_circle else [self.country, self.region, self.city]
        )
        return [part for part in told if part is not None]


class PeopleQuery(Arguments):
    """Which people: those who did an event, match filters, did or did not do other events, are somewhere."""

    event_name: Annotated[EventName | None, Field(description="Event they did")] = None
    from_: Annotated[Day | None, Field(alias="from", description="First day: YYYY-MM-DD, today, -7d; project time")] = (
        None
    )
    to: Annotated[Day | None, Field(description="Last day, inclusive")] = None
    event_properties: Annotated[
        list[EventFilter],
        Field(description="All must hold. No operator: equals; a list: any of"),
    ] = []
    profile_filters: Annotated[
        list[ProfileFilter], Field(description="Of person (Email, Phone, ...) or session; operators as above")
    ] = []
    did: Annotated[
        list[Did],
        Field(description="Other events; undated: 365 days; count did_any once, as a group"),
    ] = []
    geo: Annotated[list[Geo], PLACES] = []

    @model_validator(mode="after")
    def _base_is_whole(self) -> PeopleQuery:
        if self.event_name and not (self.from_ and self.to):
            raise ValueError("'event_name' needs 'from' and 'to', such as from='-30d', to='today'")
        base = self.from_ or self.to or self.event_properties
        if base and not self.event_name:
            raise ValueError("'from', 'to' and 'event_properties' belong to 'event_name', which is missing")
        counted = [each for each in self.did if each.which == "did_any" and each.times is not None]
        if len(counted) > 1:
            raise ValueError("'did' counts the did_any events as one group: give times_operator and times once")
        return self

    @property
    def names_properties(self) -> bool:
        """Whether it filters by names that the project gave, which may be misspelt."""
        return bool(self.event_properties or self.profile_filters or any(each.event_properties for each in self.did))

    @property
    def excludes_by_property(self) -> bool:
        """Whether somebody stays in only because an event does not have a property, which may be misspelt."""
        return any(each.which == "did_none" and each.event_properties for each in self.did)

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing in particular, which means everybody."""
        return not (self.event_name or self.profile_filters or self.did or self.geo)

    def cql(self, time: ProjectTime, within: str = "") -> JsonObject:
        """The query as CleverTap reads it.

        Args:
            time: The project's zone and now, for relative days.
            within: The field that the query sits in, for errors.

        Raises:
            InvalidArgumentsError: `from` is after `to`, or a relative day without a known zone.
        """
        made: JsonObject = {}
        if self.event_name:
            made = {"event_name": self.event_name, **span(self.from_, self.to, time, within)}
        if self.event_properties:
            made["event_properties"] = [each.cql() for each in self.event_properties]
        session = [each.cql() for each in self.profile_filters if each.kind == "session_properties"]
        made |= {"session_properties": session} if session else {}
        common = common_profile_properties(self.profile_filters, self.geo)
        made |= {"common_profile_properties": common} if common else {}
        others = advanced_query(self.did, time, within)
        made |= {"advanced_query": others} if others else {}
        return made


class EventQuery(PeopleQuery):
    """Which occurrences of one event."""

    event_name: Annotated[EventName, Field(description="Event to look at")]
    from_: Annotated[Day, Field(alias="from", description="First day: YYYY-MM-DD, today, -7d; project time")]
    to: Annotated[Day, Field(description="Last day, inclusive")]


def span(first: str | None, last: str | None, time: ProjectTime, within: str) -> JsonObject:
    """`from` and `to` as CleverTap reads them, as far as they were given.

    Raises:
        InvalidArgumentsError: `from` is after `to`.
    """
    start = time.day(first, f"{within}from") if first else None
    end = time.day(last, f"{within}to") if last else None
    if start and end and start > end:
        raise InvalidArgumentsError.of(
            f"{within}from",
            f"'{within}from' is after '{within}to' ({start} > {end}). Swap them, or pass from='-30d'.",
        )
    return {name: as_number(day) for name, day in (("from", start), ("to", end)) if day}


def as_number(day: date) -> int:
    """YYYYMMDD as a number."""
    return day.year * 10_000 + day.month * 100 + day.day


def common_profile_properties(filters: Sequence[ProfileFilter], geo: Sequence[Geo]) -> JsonObject:
    """The filters on the person, by their kind, and the places."""
    made: JsonObject = {}
    for each in filters:
        if each.kind != "session_properties":
            made.setdefault(each.kind, []).append(each.cql())
    for place in geo:
        made.setdefault("geo_radius" if place.is_circle else "geo_fields", []).append(place.parts)
    return made


def advanced_query(did: Sequence[Did], time: ProjectTime, within: str) -> JsonObject:
    """The other events, by block; the count of `did_any` is the group's."""
    made: JsonObject = {}
    for index, each in enumerate(did):
        entry = each.cql(time, f"{within}did[{index}].")
        if each.which == "did_any":
            group = made.setdefault("did_any", {"any_events": []})
            group["any_events"].append(entry)
            group |= each.count()
        else:
            made.setdefault(each.which, []).append(entry | each.count())
    return made
