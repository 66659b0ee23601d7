"""What a request does where its body decides: uploads, campaigns, subscriptions, replacements, memberships.

What a body does not say clearly counts as the worst that its path can do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clevertap_tools.effect import Effect
from clevertap_tools.opt_outs import lifted
from clevertap_tools.records import counts_up
from clevertap_tools.spelling import spelt

Body = object
Rule = Effect | Callable[[Body], Effect]
OTHER_SWITCHES = ("skip_estimate", "async_estimate", "draft")
"""Switches of a campaign beside which nobody knows what `estimate_only` means."""


def of_upload(body: Body) -> Effect:
    """Profiles and tokens without increments may be repeated, events may not, and lifted opt-outs let messages out."""
    records = body.get("d") if isinstance(body, Mapping) else None
    if not isinstance(records, list) or not all(map(is_readable, records)):
        return Effect.SEND  # a body that is not read may hold anything that an upload can do
    if lifted(body):
        return Effect.SEND
    return Effect.UPSERT if all(map(repeatable, records)) else Effect.APPEND


def is_readable(record: Any) -> bool:
    """Whether a record of an upload is one, so that what it says of a person can be seen."""
    return isinstance(record, Mapping) and isinstance(record.get("profileData") or {}, Mapping)


def repeatable(record: Mapping[str, Any]) -> bool:
    """Whether a record of an upload changes nothing the second time."""
    return record.get("type") in ("profile", "token") and not counts_up(record.get("profileData") or {})


def of_campaign(body: Body) -> Effect:
    """Only an estimate creates nothing."""
    if not isinstance(body, Mapping) or any(switched_on(body, name) for name in OTHER_SWITCHES):
        return Effect.SEND
    asked = body.get("estimate_only") is True and all(value is True for value in spelt(body, "estimate_only"))
    return Effect.READ if asked else Effect.SEND


def of_subscription(body: Body) -> Effect:
    """Lifting an opt-out lets messages through to everybody on the address; only pure unsubscribing is harmless."""
    records = body.get("d") if isinstance(body, Mapping) and set(body) == {"d"} else None
    harmless = isinstance(records, list) and records and all(map(unsubscribes, records))
    return Effect.UPSERT if harmless else Effect.SEND


def unsubscribes(record: Any) -> bool:
    """Whether a record says so and says nothing else."""
    known = isinstance(record, Mapping) and set(record) <= {"type", "value", "status"}
    return known and record.get("status") == "Unsubscribe"


def of_replacement(body: Body) -> Effect:
    """An upload that replaces takes the old one away; one that does not makes a new one, and fails the second time."""
    harmless = isinstance(body, Mapping) and not switched_on(body, "replace") and not switched_on(body, "override")
    return Effect.APPEND if harmless else Effect.DESTROY


def of_membership(body: Body) -> Effect:
    """Who is taken out of a segment is nowhere noted; who joins one may set off campaigns, as an event may."""
    groups = body.get("bulk_profiles") if isinstance(body, Mapping) else None
    if not isinstance(groups, list):
        return Effect.DESTROY
    return Effect.APPEND if all(map(only_adds, groups)) else Effect.DESTROY


def only_adds(group: Any) -> bool:
    """Whether a group of people only joins segments."""
    segments = group.get("segments") if isinstance(group, Mapping) else None
    return isinstance(segments, list) and all(
        isinstance(each, Mapping) and each.get("action") == "ADD" and len(spelt(each, "action")) == 1
        for each in segments
    )


def switched_on(body: Mapping[str, Any], name: str) -> bool:
    """Whether a body says anything but no to a switch, in whatever spelling."""
    return any(value is not None and value is not False for value in spelt(body, name))
