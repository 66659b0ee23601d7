"""An audience in words: everything a query asks of people, so that nobody is included unseen."""

from __future__ import annotations

from collections.abc import Sequence

from clevertap_tools.filters import Filter, ProfileFilter, as_sent
from clevertap_tools.moments import ProjectTime
from clevertap_tools.query import Did, Geo, PeopleQuery
from clevertap_tools.words.lines import counted, joined, quoted, told

COMPARED = {
    None: "is",
    "equals": "is",
    "not_equals": "is not",
    "contains": "contains",
    "does_not_contain": "does not contain",
    "greater_than": "is over",
    "greater_than_equals": "is at least",
    "less_than": "is under",
    "less_than_equals": "is at most",
}
COUNTED = {
    "equals": "exactly",
    "not_equals": "any number but",
    "greater_than": "more than",
    "greater_than_equals": "at least",
    "less_than": "fewer than",
    "less_than_equals": "at most",
}
LOOKBACK = " in the last 365 days"
"""What CleverTap takes for the days of an event that has none (reference: engagement 2.2)."""
KINDS = {
    "profile_fields": "profile field",
    "demographics": "demographic",
    "technographics": "device trait",
    "app_fields": "app field",
    "reachability": "reachability",
    "session_properties": "session property",
}


def audience(where: PeopleQuery | None, segment: int | None, time: ProjectTime) -> str:
    """Whom a campaign is for.

    Args:
        where: The query, None when a segment is named.
        segment: The id of the segment.
        time: The project's zone and now, for relative days.

    Raises:
        InvalidArgumentsError: A relative day without a known zone.
    """
    if where is None:
        return f"segment {segment}"
    return "everybody" if where.is_empty else f"people {'; and '.join(conditions(where, time))}"


def conditions(where: PeopleQuery, time: ProjectTime) -> list[str]:
    """What must hold of a person, all of it."""
    made = [f"who did {base(where, time)}"] if where.event_name else []
    made += [of_person(each) for each in where.profile_filters]
    made += [of_event(each, time) for each in where.did if each.which != "did_any"]
    made += of_group([each for each in where.did if each.which == "did_any"], time)
    return made + of_places(where.geo)


def base(where: PeopleQuery, time: ProjectTime) -> str:
    """The event that a query begins with."""
    return event(where.event_name or "", where.from_, where.to, where.event_properties, time)


def event(name: str, first: str | None, last: str | None, filters: Sequence[Filter], time: ProjectTime) -> str:
    """An event, its days and what must hold of it."""
    days = f"{day('from', first, time)}{day('to', last, time)}" or LOOKBACK
    conditioned = joined([condition(each) for each in filters])
    return f"{quoted(name)}{days}{f' where {conditioned}' if conditioned else ''}"


def day(word: str, text: str | None, time: ProjectTime) -> str:
    """One end of a range of days."""
    return f" {word} {time.day(text, word)}" if text else ""


def condition(asked: Filter) -> str:
    """What must hold of one property."""
    if asked.operator == "exists":
        return f"{quoted(asked.name)} is set"
    if asked.operator == "does_not_exist":
        return f"{quoted(asked.name)} is not set"
    return f"{quoted(asked.name)} {COMPARED[asked.operator]} {values(asked)}"


def values(asked: Filter) -> str:
    """What a property is compared with; a list means any of its values."""
    sent = "" if asked.value is None else as_sent(asked.value)
    return joined([told(each) for each in sent], "or") if isinstance(sent, list) else told(sent)


def of_person(asked: ProfileFilter) -> str:
    """What must hold of the person, their devices or the session."""
    return f"whose {KINDS[asked.kind]} {condition(asked)}"


def of_event(asked: Did, time: ProjectTime) -> str:
    """One other event, done or not done."""
    did = "did not do" if asked.which == "did_none" else "did"
    return f"who {did} {other(asked, time)}{times(asked)}"


def of_group(asked: Sequence[Did], time: ProjectTime) -> list[str]:
    """Other events of which one is enough; the count is the group's."""
    if not asked:
        return []
    often = next((times(each) for each in asked if each.times is not None), "")
    return [f"who did {joined([other(each, time) for each in asked], 'or')}{f' (together{often})' if often else ''}"]


def other(asked: Did, time: ProjectTime) -> str:
    """An event besides the base event."""
    return event(asked.event_name, asked.from_, asked.to, asked.event_properties, time)


def times(asked: Did) -> str:
    """How often, if that was asked."""
    if asked.times is None or asked.times_operator is None:
        return ""
    return f" {COUNTED[asked.times_operator]} {counted(asked.times, 'time', 'times')}"


def of_places(geo: Sequence[Geo]) -> list[str]:
    """Where they are: in any of the places by name, within any of the circles."""
    named = [", ".join(line_of(each)) for each in geo if not each.is_circle]
    circles = [f"{each.radius} km of {each.latitude}, {each.longitude}" for each in geo if each.is_circle]
    made = [f"who are in {joined(named, 'or')}"] if named else []
    return [*made, f"who are within {joined(circles, 'or')}"] if circles else made


def line_of(place: Geo) -> list[str]:
    """A place, the city first."""
    return [quoted(part) for part in reversed(place.parts)]
