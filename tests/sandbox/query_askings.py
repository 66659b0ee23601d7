"""Random queries about a project, so made that they often meet something in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from sandbox.query_oracle import (
    ORDER,
    World,
    app_field,
    as_number,
    demographic,
    profile_field,
    technographic,
    values_of_event,
)
from sandbox.query_worlds import (
    dates,
    days_ago,
    names,
    numbers,
    places,
    points,
    sources,
    spellings,
    texts,
    unheard_names,
    versions,
    words,
)

EQUALITY = ("equals", "not_equals")


def filters(
    named: st.SearchStrategy[str], *values: st.SearchStrategy[Any], text: bool = True, ordered: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """Filters with the operators that mean something, and values of the types they take."""
    value, number = st.one_of(*values), st.one_of(numbers, dates)
    part = st.one_of(texts, *values).filter(lambda each: isinstance(each, str))
    kinds: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (EQUALITY, {"value": value}),
        (EQUALITY, {"value": st.lists(value, min_size=1, max_size=3)}),
        (("exists", "does_not_exist"), {}),
    ]
    if text:
        kinds += [
            (("contains", "does_not_contain"), {"value": st.one_of(part, st.lists(part, min_size=1, max_size=2))})
        ]
    if ordered:
        kinds += [
            (tuple(ORDER), {"value": number}),
            (("between",), {"value": st.lists(number, min_size=2, max_size=2)}),
        ]
    ways = [
        st.fixed_dictionaries({"name": named, "operator": st.sampled_from(operators), **taken})
        for operators, taken in kinds
    ]
    return st.one_of(st.fixed_dictionaries({"name": named, "value": value}), *ways)


def some_of(each: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """One of them, seldom two: each more leaves less to be found."""
    return st.one_of(*[st.lists(each, min_size=1, max_size=1)] * 2, st.lists(each, max_size=2))


event_filters = some_of(filters(names, texts, numbers, dates, ordered=True))
flags = st.one_of(st.sampled_from(["True", "False"]), st.just(["True", "False"]))
clocks = st.sampled_from(["00:00", "09:30", "12:00", "18:00", "23:59"])
session_filters = some_of(
    st.one_of(
        st.fixed_dictionaries({"name": st.just("first_time"), "value": flags}),
        st.fixed_dictionaries(
            {"name": st.just("time_of_day"), "value": st.lists(clocks, min_size=2, max_size=2)},
        ),
        filters(st.sampled_from(["utm_source", "utm_campaign", "session_source", "session_referrer"]), sources),
    )
)
phones = st.sampled_from(["+34911222333", "34911222334", 34911222333])
circles = st.tuples(points, st.sampled_from([0.5, 20, 100, 9000])).map(lambda told: [*told[0], told[1]])
common: dict[str, st.SearchStrategy[list[Any]]] = {
    "profile_fields": some_of(
        st.one_of(
            filters(st.sampled_from(["Email", "Name", "Tags", "Price", "None"]), texts, numbers, dates, ordered=True),
            filters(st.just("Phone"), phones, text=False),
        )
    ),
    "demographics": some_of(
        st.one_of(
            filters(st.just("Gender"), st.sampled_from(["Male", "Female"]), text=False),
            filters(st.sampled_from(["Education", "Employment", "Married"]), st.sampled_from(["School", "Y", "N"])),
            filters(st.just("Age"), st.integers(18, 21), text=False, ordered=True),
        )
    ),
    "technographics": some_of(
        st.one_of(
            filters(st.just("Device"), st.sampled_from(["Mobile", "Tablet", "Desktop", "TV"]), text=False),
            filters(st.just("Platform"), st.sampled_from(["AndroidApp", "iOSApp", "WindowsApp", "Web"]), text=False),
            filters(st.sampled_from(["OS", "Browser"]), st.sampled_from(["Android", "Chrome", "Acme"])),
        )
    ),
    "app_fields": some_of(
        st.one_of(
            filters(st.sampled_from(["Make", "Model", "Carrier"]), words),
            filters(st.sampled_from(["App Version", "OS Version", "SDK Version"]), versions, st.just(15), ordered=True),
        )
    ),
    "reachability": some_of(
        st.fixed_dictionaries({"name": st.sampled_from(["has_token", "has_email", "has_phone"]), "value": flags})
    ),
    "geo_fields": some_of(st.tuples(places, st.integers(1, 3)).map(lambda told: list(told[0][: told[1]]))),
    "geo_radius": some_of(circles),
}
seldom = st.sampled_from([False, False, False, True])
counts: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"value": st.integers(0, 4)}),
    st.fixed_dictionaries(
        {
            "operator": st.sampled_from(
                ["equals", "not_equals", "greater_than", "greater_than_equals", "less_than", "less_than_equals"]
            ),
            "value": st.integers(0, 4),
        }
    ),
)


parts = st.lists(
    st.sampled_from(["event_properties", "session_properties", "did_all", "did_none", "did_any", *sorted(common)]),
    min_size=1,
    max_size=2,
    unique=True,
)


READERS = {
    "profile_fields": profile_field,
    "demographics": demographic,
    "technographics": technographic,
    "app_fields": app_field,
}


@dataclass
class Asking:
    """Draws the pieces of a query about a world, so that they often meet something in it."""

    draw: st.DrawFn
    world: World

    def query(self) -> dict[str, Any]:
        chosen = self.draw(parts)
        query: dict[str, Any] = {}
        if bool({"event_properties", "session_properties"} & set(chosen)) or self.draw(seldom):
            query = {"event_name": self.name(), **self.days()}
        if "event_properties" in chosen:
            query["event_properties"] = self.event_filters()
        if "session_properties" in chosen:
            query["session_properties"] = self.draw(session_filters)
        blocks = {block: self.block(block) for block in chosen if block in common}
        query |= {"common_profile_properties": blocks} if blocks else {}
        advanced = {block: self.did(block) for block in chosen if block.startswith("did_")}
        return query | ({"advanced_query": advanced} if advanced else {})

    def name(self) -> str:
        if self.draw(seldom) and self.draw(seldom):
            return self.draw(unheard_names)
        return self.draw(spellings)(self.draw(st.sampled_from(self.world.events)).name)

    def days(self) -> dict[str, int]:
        ago = sorted([self.draw(st.just(-1) | days_ago), self.draw(st.just(400) | days_ago)])
        last, first = (int((self.world.today - timedelta(days=days)).strftime("%Y%m%d")) for days in ago)
        return {"from": first, "to": last}

    def event_filters(self) -> list[dict[str, Any]]:
        happened = self.draw(st.sampled_from(self.world.events))
        return [self.met(wanted, values_of_event(happened, wanted["name"])) for wanted in self.draw(event_filters)]

    def block(self, block: str) -> list[Any]:
        asked = self.draw(common[block])
        if block not in READERS:
            return asked
        person = self.draw(st.sampled_from(self.world.people))
        return [self.met(wanted, READERS[block](person, {"name": wanted["name"]})[0]) for wanted in asked]

    def met(self, wanted: dict[str, Any], stored: list[Any]) -> dict[str, Any]:
        """The filter, perhaps with a value that there is."""
        operator = wanted.get("operator", "equals")
        fitting = [
            each for each in stored if operator in EQUALITY or (operator in ORDER and as_number(each) is not None)
        ]
        if not fitting or self.draw(seldom):
            return wanted
        value = self.draw(st.sampled_from(fitting))
        return {**wanted, "value": str(value) if isinstance(value, bool) else value}

    def did(self, block: str) -> Any:
        entries = [self.entry() for _ in range(self.draw(st.integers(1, 2)))]
        if block == "did_any":
            return {"any_events": entries, **self.draw(counts)}
        return [entry | self.draw(counts) for entry in entries] if block == "did_all" else entries

    def entry(self) -> dict[str, Any]:
        made: dict[str, Any] = {"event_name": self.name()}
        made |= self.days() if self.draw(st.booleans()) else {}
        return made | ({"event_properties": self.event_filters()} if self.draw(seldom) else {})


@st.composite
def queries(draw: st.DrawFn, world: World) -> dict[str, Any]:
    return Asking(draw, world).query()
