"""Whom the body of a raw request names, and how many records it holds (reference: data 5 and 9, engagement 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from clevertap_tools.copies import copies
from clevertap_tools.spelling import loosely, spelt
from clevertap_tools.words.lines import Name

Body = object

RECEIVERS = frozenset({"FBID", "GPID", "Email", "Identity", "objectId"})
"""The lists that `to` may hold, to the letter (reference: engagement 4)."""
AUDIENCES = frozenset({"to", "where", "segment"})
"""Keys that say whom a message is for."""
ADDRESSES = frozenset({"phone", "email", "whatsapp"})
"""Kinds of addresses in a list of records (reference: data 9.3 and 9.4)."""


def records_of_list(body: Body) -> list[Any] | None:
    """The records of a body that holds them in `d`, and in no other spelling of it."""
    if not isinstance(body, Mapping) or len(spelt(body, "d")) != 1:
        return None
    records = body.get("d")
    return records if isinstance(records, list) else None


def values_of_list(body: Body) -> list[Name] | None:
    """The addresses of a body that holds them in `d`."""
    records = records_of_list(body)
    if records is None or not all(isinstance(each, Mapping) and is_address(each) for each in records):
        return None
    return [(each["type"], each["value"]) for each in records]


def is_address(record: Mapping[str, Any]) -> bool:
    """Whether a record holds one address and says in so many words of what kind."""
    return isinstance(record.get("value"), str) and any(record.get("type") == kind for kind in ADDRESSES)


def erased(body: Body) -> list[Name] | None:
    """Who would be erased: names of exactly one kind."""
    if not isinstance(body, Mapping) or len(body) != 1 or not {"identity", "guid"} >= set(body):
        return None
    return names(body)


def split(body: Body) -> list[Name] | None:
    """Whose profiles would be taken apart."""
    return names(body) if isinstance(body, Mapping) and set(body) == {"identities"} else None


def receivers(body: Body) -> list[Name] | None:
    """Who would get a message or a copy; None if the body could mean anybody else besides."""
    if not isinstance(body, Mapping) or [key for key in body if loosely(key) in AUDIENCES] != ["to"]:
        return None
    to = body["to"]
    named = names(to) if isinstance(to, Mapping) and set(to) <= RECEIVERS else None
    copied = copies(body)
    return None if named is None or copied is None else named + copied


def names(lists: Mapping[str, Any]) -> list[Name] | None:
    """Every name with its kind; None where there is none, or something that is not read."""
    found = [(kind, name) for kind, given in lists.items() for name in each_name(given)]
    readable = all(isinstance(given, str | int) or is_list_of_names(given) for given in lists.values())
    return found if found and readable else None


def each_name(given: object) -> Iterator[object]:
    """The names in a list, or the only one."""
    yield from given if isinstance(given, list) else [given]


def is_list_of_names(given: object) -> bool:
    """Whether it holds nothing but names."""
    return isinstance(given, list) and all(isinstance(name, str | int) for name in given)


NAMED: Mapping[str, Callable[[Body], list[Name] | None]] = {
    "/1/delete/profiles.json": erased,
    "/1/demerge/profiles.json": split,
    "/1/disassociate": values_of_list,
    "/1/send/push.json": receivers,
    "/1/send/email.json": receivers,
    "/1/send/sms.json": receivers,
    "/1/send/webpush.json": receivers,
    "/1/send/whatsapp.json": receivers,
}
"""The paths whose body names everybody whom the request can touch."""
SEVERAL = "/2/send/externaltrigger.json"
"""The path that starts several campaigns at once, listed in `d`."""
LISTED = frozenset({"/1/upload", "/1/subscribe", "/1/disassociate"})


def people_named(method: str, path: str, body: Body) -> list[Name] | None:
    """Everybody whom a request can touch, with the kind of name; None when nobody can tell."""
    named = NAMED.get(path) if method == "POST" else None
    return named(body) if named else None


def records_named(method: str, path: str, body: Body) -> int | None:
    """How many records or people a request names; None where it names none, or nobody can tell."""
    listed = records_of_list(body) if method == "POST" and path in LISTED else people_named(method, path, body)
    return None if listed is None else len(listed)


def sends_listed(body: Body) -> int:
    """How many sends a body may hold in its `d`, at least one."""
    listed = spelt(body, "d") if isinstance(body, Mapping) else []
    return max(1, sum(len(each) for each in listed if isinstance(each, list)))


def may_hold_records(path: str) -> bool:
    """Whether a path takes records or names of people, so that a body in which none are found is not understood."""
    return path in LISTED or path in NAMED
