"""Message reports: what became of the campaigns that began on some days. Reference: data 8.6, engagement 9."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.language.days import DAY_FACTOR, LAST_SECOND, day_number, read_day
from clevertap_sandbox.state.campaigns import all_campaigns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.project import Asked, Project
    from clevertap_sandbox.state.campaigns import Campaign

CHANNELS = {
    "webpush": "browser",
    "notificationinbox": "inbox",
    "webhook": "webhooks",
}
"""The words of reports for those channels that create.json calls otherwise."""
STATUSES = {"pending": "scheduled"}
WORDS: Mapping[str, frozenset[str]] = {
    "channel": frozenset(
        {"push", "email", "sms", "browser", "audiences", "inapp", "webhooks", "web_pop_up", "web_exit_intent"}
        | {"web_native_display", "web_inbox", "whatsapp", "nativedisplay", "tiktok", "inbox"}
    ),
    "delivery": frozenset(
        {"one_time", "multiple_dates", "inaction", "action", "recurring", "property_time", "api"},
    ),
    "status": frozenset({"scheduled", "running", "stopped", "completed"}),
    "message_type": frozenset({"single", "ab", "message_on_user_property"}),
}
"""What the filters take; `label` takes any text."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COUNTERS = ("sent", "viewed", "clicked")


def report(project: Project, asked: Asked) -> Answer:
    """Report on every campaign that began on these days, wherever it was made; drafts never begin."""
    body = asked.document()
    behaviours = project.behaviours
    first, last = (_day(body.get(key), behaviours.report_days) for key in ("from", "to"))
    wanted = {name: _filter(body, name) for name in (*WORDS, "label")}
    daily = body.get("daily", False)
    if first > last or not isinstance(daily, bool):
        raise RefusedError("Invalid parameters")  # made up
    with project.database() as db:
        campaigns = all_campaigns(db, project)
    begun = [each for each in campaigns if first * DAY_FACTOR <= each.scheduled <= last * DAY_FACTOR + LAST_SECOND]
    told = {each.id: _told(each, behaviours) for each in begun if each.status not in ("draft", "approval pending")}
    found = [each for each in begun if each.id in told and _passes(told[each.id], wanted)]
    messages = [_written(told[each.id], each, behaviours, daily=daily) for each in found]
    return success(total_results=len(messages), messages=messages)


def _day(raw: object, form: str) -> int:
    """Read YYYYMMDD, as text or as a number."""
    number = int(raw) if isinstance(raw, str) and re.fullmatch(r"[0-9]{8}", raw) else raw
    day = read_day(number)
    if day is None or (form != "any" and isinstance(raw, str) != (form == "text")):
        raise RefusedError("Invalid date format")
    return day_number(day)


def _filter(body: dict[str, Any], name: str) -> frozenset[str]:
    """Read a filter: a list, or as older pages have it a text with commas; empty lets everything through."""
    raw = body.get(name, [])
    words = [word.strip() for word in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RefusedError(f"Invalid {name}")  # made up
    if name in WORDS and not WORDS[name].issuperset(words):
        raise RefusedError(f"Invalid {name}")  # made up
    return frozenset(words)


def _told(campaign: Campaign, behaviours: Behaviours) -> dict[str, Any]:
    """What a report says of a campaign, in the words of the filters."""
    goal = campaign.body.get("conversion_goal")
    conversion = goal.get("event_name") if isinstance(goal, dict) else None
    labels = campaign.body.get("labels")
    devices = campaign.body.get("devices")
    return {
        "channel": CHANNELS.get(campaign.channel, campaign.channel),
        "delivery": _delivery(campaign, behaviours),
        "message_type": "single",
        "status": STATUSES.get(campaign.status, campaign.status),
        **({"conversion_event": conversion} if conversion else {}),
        "labels": labels if isinstance(labels, list) else [],
        "device": [str(device) for device in devices] if isinstance(devices, list) else [],
    }


def _delivery(campaign: Campaign, behaviours: Behaviours) -> str:
    """How a campaign goes out: by its schedule, or by who made it."""
    if behaviours.api_campaigns_are_api and campaign.origin == "api":
        return "api"
    when = campaign.body.get("when")
    schedule = when if isinstance(when, dict) else {}
    dates = schedule.get("delivery_date_time")
    if schedule.get("type") == "recurring":
        return "recurring"
    return "multiple_dates" if isinstance(dates, list) and len(dates) > 1 else "one_time"


def _passes(told: Mapping[str, Any], wanted: Mapping[str, frozenset[str]]) -> bool:
    labels = wanted["label"]
    return all(not wanted[name] or told[name] in wanted[name] for name in WORDS) and (
        not labels or not labels.isdisjoint(told["labels"])
    )


def _written(told: Mapping[str, Any], campaign: Campaign, behaviours: Behaviours, *, daily: bool) -> dict[str, Any]:
    """One message as CleverTap writes it."""
    device = [_device(each) for each in told["device"]]
    message = {
        "message id": campaign.id,
        "message_name": campaign.name,
        **{name: _capitalised(told[name]) for name in ("channel", "delivery", "message_type")},
        "start_date": _start(campaign.scheduled, padded=behaviours.report_day_padded),
        "status": _capitalised(told["status"]),
        **_counters(campaign, behaviours, daily=daily),
        **({"conversion_event": told["conversion_event"]} if "conversion_event" in told else {}),
        "labels": told["labels"],
        "device": device if behaviours.report_device_listed else ",".join(device),
    }
    return {_spelt(key, behaviours.report_keys): value for key, value in message.items()}


def _capitalised(word: str) -> str:
    """A word of a filter as reports write it: `one_time` is `One time`; `api` is an abbreviation."""
    return "API" if word == "api" else word.replace("_", " ").capitalize()


def _device(name: str) -> str:
    return "iOS" if name.lower() == "ios" else name.capitalize()


def _spelt(key: str, form: str) -> str:
    if form == "spaced":
        return key.replace("_", " ")
    return key.replace(" ", "_") if form == "underscored" else key


def _start(scheduled: int, *, padded: bool) -> str:
    """Write yyyyMMddHHmmss as `02 Jan, 2026 18:30:00`."""
    day, clock = divmod(scheduled, DAY_FACTOR)
    number = f"{day % 100:02d}" if padded else f"{day % 100}"
    month = MONTHS[day // 100 % 100 - 1]
    return f"{number} {month}, {day // 10000} {clock // 10000:02d}:{clock // 100 % 100:02d}:{clock % 100:02d}"


def _counters(campaign: Campaign, behaviours: Behaviours, *, daily: bool) -> dict[str, Any]:
    """The counters, or those of the day it began: everything here happens on that day."""
    counters: dict[str, Any] = {name: getattr(campaign, name) for name in COUNTERS}
    if not daily:
        return counters
    day = str(campaign.scheduled // DAY_FACTOR)
    if behaviours.report_daily == "by_day":
        return {day: counters}
    return {name: {day: count} for name, count in counters.items()}
