"""People, events and push tokens into CleverTap (reference: data 5)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import Field

from clevertap_tools.action import Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.moments import ProjectTime
from clevertap_tools.opt_outs import is_of_address, lifted
from clevertap_tools.preview import Preview
from clevertap_tools.records import NAMES, EventRecord, ProfileRecord, TokenRecord, counts_up, moments, records
from clevertap_tools.upload import TOKENS_PER_CALL
from clevertap_tools.upload_result import MOST_RECORDS, Uploading, UploadResult, uploaded
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.lines import Name, listed, people, quoted, who

TRIGGER_BACK = 2 * 3600
TRIGGER_AHEAD = 2 * 60
"""Seconds around now within which an event can trigger live campaigns (reference: data 4.2)."""


class UploadUserProfiles(Uploading):
    """Profiles to create or update."""

    profiles: Annotated[
        list[ProfileRecord],
        Field(
            min_length=1,
            max_length=MOST_RECORDS,
            description="Each one of identity, objectId, FBID, GPID, with profileData; ts: epoch seconds or ISO 8601",
        ),
    ]

    @property
    def record_count(self) -> int:
        """How many profiles."""
        return len(self.profiles)


class UploadEvents(Uploading):
    """Events to record."""

    events: Annotated[
        list[EventRecord],
        Field(
            min_length=1,
            max_length=MOST_RECORDS,
            description="Each one of identity, objectId, FBID, GPID, with evtName; ts: epoch seconds or ISO 8601",
        ),
    ]

    @property
    def record_count(self) -> int:
        """How many events."""
        return len(self.events)


class UploadDeviceTokens(Uploading):
    """Push tokens to attach."""

    tokens: Annotated[
        list[TokenRecord], Field(min_length=1, max_length=MOST_RECORDS, description="keys only for chrome")
    ]

    @property
    def record_count(self) -> int:
        """How many tokens."""
        return len(self.tokens)


def effect_of_profiles(asked: UploadUserProfiles) -> Effect:
    """An increment counts twice when it is sent twice; everything else may be repeated.

    Lifting an opt-out lets messages out, as `Resubscribe` does, so it needs the same permission.
    """
    if asked.dry_run:
        return Effect.READ
    if any(lifted(each.profileData) for each in asked.profiles):
        return Effect.SEND
    return Effect.APPEND if any(counts_up(each.profileData) for each in asked.profiles) else Effect.UPSERT


def effect_of_events(asked: UploadEvents) -> Effect:
    """CleverTap never takes two events for one."""
    return Effect.READ if asked.dry_run else Effect.APPEND


def effect_of_tokens(asked: UploadDeviceTokens) -> Effect:
    """The same token again changes nothing."""
    return Effect.READ if asked.dry_run else Effect.UPSERT


async def preview_profiles(_: Client, asked: UploadUserProfiles, told: UploadUserProfiles) -> Preview:
    """Whose opt-outs it would lift; how many others share their addresses is not known."""
    keys = Counter(key for each in told.profiles for key in lifted(each.profileData))
    lifting = [name_of(each) for each in told.profiles if lifted(each.profileData)]
    shared = any(map(is_of_address, keys))
    others = ", with every profile on the same address or number" if shared else ""
    details = (
        *who(lifting),
        *listed("By", [f"{quoted(key)} ({count:,})" for key, count in keys.items()]),
        f"Profiles of this upload in all: {len(asked.profiles):,}",
    )
    return Preview(f"Lift the opt-out of {people(len(lifting))}{others}.", details, None if shared else len(lifting))


@action(
    title="Upload user profiles",
    effect=effect_of_profiles,
    # A dry run only reads, but that is not what the tool is for.
    effects=frozenset({Effect.UPSERT, Effect.APPEND, Effect.SEND}),
    rare=frozenset({Effect.SEND}),
    toolset=Toolset.CORE,
    calls=("POST /1/upload",),
    preview=preview_profiles,
)
async def upload_user_profiles(client: Client, asked: UploadUserProfiles) -> UploadResult:
    """Create or update people, 1 to 10,000 a call; keys that are not sent stay as they are.

    For what people did use clevertap_upload_events. Operators in profileData: $set, $add, $remove (lists), $incr,
    $decr, $delete: 1. Dates are "$D_" + epoch seconds.

    Example: {"profiles": [{"identity": "c-1", "profileData": {"Name": "Mira", "Plan": "Gold"}}]}

    Raises:
        InvalidArgumentsError: The structure of some record is wrong; nothing was sent.

    Reference: data 5.1
    """
    time = ProjectTime.of(client.account, client.clock())
    given = records(asked.profiles, time, "profiles")
    return await uploaded(client, given, effect=effect_of_profiles(asked), dry_run=asked.dry_run)


@action(
    title="Upload events",
    effect=effect_of_events,
    effects=frozenset({Effect.APPEND}),
    toolset=Toolset.CORE,
    calls=("POST /1/upload",),
)
async def upload_events(client: Client, asked: UploadEvents) -> UploadResult:
    """Record what people did, 1 to 10,000 events a call; unknown people are created.

    Events are never merged: sending one twice doubles it. One dated 2 hours back to 2 minutes ahead, or without ts, can
    trigger live campaigns. A purchase is Charged. For attributes of people use
    clevertap_upload_user_profiles.

    Example: {"events": [{"identity": "c-1", "ts": "2026-03-01T12:00:00Z", "evtName": "Charged",
    "evtData": {"Amount": 9.5}}]}

    Raises:
        InvalidArgumentsError: The structure of some record is wrong; nothing was sent.

    Reference: data 5.2
    """
    time = ProjectTime.of(client.account, client.clock())
    given = records(asked.events, time, "events")
    warning = None if asked.dry_run else trigger_warning(given, time.now)
    return await uploaded(client, given, effect=effect_of_events(asked), dry_run=asked.dry_run, warning=warning)


@action(
    title="Upload device tokens",
    effect=effect_of_tokens,
    effects=frozenset({Effect.UPSERT}),
    toolset=Toolset.CORE,
    calls=("POST /1/upload",),
)
async def upload_device_tokens(client: Client, asked: UploadDeviceTokens) -> UploadResult:
    """Attach push tokens to devices that CleverTap has seen, 1 to 10,000 a call.

    Use it for tokens you already hold; objectId is the CleverTap ID of the device.

    Example: {"tokens": [{"objectId": "__f00d", "tokenData": {"id": "fcm-token", "type": "fcm"}}]}

    Reference: data 5.3
    """
    given = [each.record() for each in asked.tokens]
    return await uploaded(
        client, given, effect=effect_of_tokens(asked), dry_run=asked.dry_run, batch_size=TOKENS_PER_CALL
    )


def name_of(profile: ProfileRecord) -> Name:
    """A profile's name and its kind."""
    kind = next(name for name in NAMES if getattr(profile, name) is not None)
    return kind, getattr(profile, kind)


def trigger_warning(events: list[JsonObject], now: float) -> str | None:
    """What live campaigns may make of these events."""
    fresh = sum(moment is None or now - TRIGGER_BACK <= moment <= now + TRIGGER_AHEAD for moment in moments(events))
    if not fresh:
        return None
    return f"Recent enough to trigger live campaigns that wait for them: {fresh} of these events."
