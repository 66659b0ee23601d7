"""One message of a report, whatever spelling CleverTap gives its keys and dates (reference: data 8.6, engagement 9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from clevertap_tools import wire
from clevertap_tools.moments import ProjectTime
from clevertap_tools.spelling import loosely
from clevertap_tools.wire import JsonObject

NAMES = {
    "id": ("message id", "id"),
    "name": ("message_name", "name"),
    "channel": ("channel",),
    "delivery": ("delivery",),
    "message_type": ("message_type",),
    "status": ("status",),
    "start": ("start_date",),
    "sent": ("sent",),
    "delivered": ("delivered",),
    "viewed": ("viewed",),
    "clicked": ("clicked",),
    "converted": ("converted", "conversions"),
    "errors": ("errors",),
    "conversion_event": ("conversion_event",),
    "labels": ("labels", "label"),
    "device": ("device", "devices"),
}
"""What we call each part, in the order in which it is told, and CleverTap's words for it."""
OURS = {loosely(theirs): ours for ours, spellings in NAMES.items() for theirs in spellings}
WORDS = frozenset({"channel", "delivery", "message_type", "status"})
"""Told as the filters spell them: `One time` is `one_time`."""
COUNTERS = ("sent", "delivered", "viewed", "clicked", "converted", "errors")
SHARED = ("delivered", "viewed", "clicked", "converted")
"""Counters of which a share of those sent means something."""
DAY = re.compile(r"\d{8}", re.ASCII)
START = re.compile(r"(\d{1,2}) ([a-z]{3})[a-z]*,? (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII | re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_message(said: Mapping[str, Any], time: ProjectTime) -> JsonObject:
    """A message under our names, with its rates; what has no name of ours keeps CleverTap's, in `other`."""
    plain, daily = parted(said)
    ours = {name: value for key, value in plain.items() if (name := OURS.get(loosely(key)))}
    other = {key: value for key, value in plain.items() if loosely(key) not in OURS}
    told = {name: tidy(name, ours[name], time) for name in NAMES if name in ours}
    told |= {name: sum(figures) for name in COUNTERS if name not in told and (figures := of_days(daily, name))}
    shares = rates(told)
    return told | {name: part for name, part in (("rates", shares), ("days", daily), ("other", other)) if part}


def parted(said: Mapping[str, Any]) -> tuple[JsonObject, dict[str, dict[str, int]]]:
    """What CleverTap says of a message as a whole, and its counters day by day, however those are laid out."""
    whole: JsonObject = {}
    days: dict[str, dict[str, int]] = {}
    for key, value in said.items():
        split = by_day(key, value)
        if not split:
            whole[key] = value
        for day, figures_of_day in split.items():
            days.setdefault(iso(day), {}).update(counters(figures_of_day))
    return whole, dict(sorted(days.items()))


def by_day(key: str, value: Any) -> dict[str, dict[str, Any]]:
    """What is said day by day: under a day itself, or under each day inside; empty if it is no such thing."""
    if not isinstance(value, dict):
        return {}
    if DAY.fullmatch(key):
        return {key: value}
    if not all(map(DAY.fullmatch, value)):
        return {}
    return {day: inner if isinstance(inner, dict) else {key: inner} for day, inner in value.items()}


def counters(said: Mapping[str, Any]) -> dict[str, int]:
    """The figures of an object under our names."""
    return {
        OURS.get(loosely(key), key): figure
        for key, value in said.items()
        if (figure := wire.natural(value)) is not None
    }


def of_days(days: Mapping[str, Mapping[str, int]], name: str) -> list[int]:
    """A counter on each day that has it."""
    return [counted[name] for counted in days.values() if name in counted]


def tidy(name: str, value: Any, time: ProjectTime) -> Any:
    """One part of a message in the form in which it is told."""
    if name in COUNTERS or name == "id":
        figure = wire.natural(value)
        return value if figure is None else figure
    if name == "start":
        return started(value, time)
    if name in WORDS and isinstance(value, str):
        return "_".join(value.casefold().split())
    return value


def started(text: object, time: ProjectTime) -> object:
    """`02 Jan, 2026 18:30:00` as ISO 8601, with the offset if the zone is known; else as it came."""
    found = START.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or found[2].lower() not in MONTHS:
        return text
    month = MONTHS.index(found[2].lower()) + 1
    try:
        when = datetime(
            int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6] or 0), tzinfo=time.zone
        )
    except ValueError:
        return text
    return when.isoformat()


def iso(day: str) -> str:
    """YYYYMMDD as YYYY-MM-DD."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def rates(told: Mapping[str, Any]) -> dict[str, float]:
    """The shares of those sent, as far as the figures are there."""
    return totals([told])[1]


def totals(messages: Iterable[Mapping[str, Any]]) -> tuple[dict[str, int], dict[str, float]]:
    """The counters of some messages together, and their shares of those sent, over the messages that have both."""
    listed = list(messages)
    sums = {name: sum(figures) for name in COUNTERS if (figures := list(figures_of(listed, name)))}
    shares = {}
    for name in SHARED:
        both = [each for each in listed if isinstance(each.get("sent"), int) and isinstance(each.get(name), int)]
        sent = sum(each["sent"] for each in both)
        if sent:
            shares[name] = round(sum(each[name] for each in both) / sent, 4)
    return sums, shares


def figures_of(messages: Iterable[Mapping[str, Any]], name: str) -> Iterator[int]:
    """A counter of each message that has it."""
    return (each[name] for each in messages if isinstance(each.get(name), int))


def by_channel(messages: Iterable[Mapping[str, Any]]) -> dict[str, JsonObject]:
    """The totals of each channel."""
    channels: dict[str, list[Mapping[str, Any]]] = {}
    for each in messages:
        channels.setdefault(str(each.get("channel") or "unknown"), []).append(each)
    return {name: {"messages": len(inside), **figures(inside)} for name, inside in channels.items()}


def figures(messages: list[Mapping[str, Any]]) -> JsonObject:
    """The totals of some messages as they are told."""
    sums, shares = totals(messages)
    return sums | ({"rates": shares} if shares else {})


def identity(said: Mapping[str, Any]) -> object:
    """What tells a message from all others: its id, or else everything about it."""
    ids = [value for key, value in said.items() if OURS.get(loosely(key)) == "id" and value is not None]
    return str(ids[0]) if ids else repr(sorted(said.items()))
