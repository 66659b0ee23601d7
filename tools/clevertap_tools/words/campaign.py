"""A campaign in words: what will happen, when, to whom, and which protections it does without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clevertap_tools.campaign import Campaign, Content, ControlGroup, Options, Schedule
from clevertap_tools.moments import ProjectTime, plain_day
from clevertap_tools.preview import ESTIMATE
from clevertap_tools.query import NOBODY_EXCLUDED
from clevertap_tools.spelling import spelt
from clevertap_tools.words.audience import audience
from clevertap_tools.words.content import content_lines, links
from clevertap_tools.words.lines import counted, first, joined, line, listed, moment, quoted

CHANNELS = {
    "push": "push",
    "email": "email",
    "sms": "SMS",
    "webpush": "web push",
    "whatsapp": "WhatsApp",
    "webhook": "webhook",
    "notificationinbox": "App Inbox",
}
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
LONGEST_STATE = 20
"""Characters of a status or a moment in CleverTap's words."""
REACH_UNKNOWN = f"{ESTIMATE} CleverTap gave no estimate that can be read"
ZONES = {"user": "each person's own time", "account": "project time"}
BYPASSES = (
    ("respect_frequency_caps", True, "frequency caps are ignored (respect_frequency_caps=false)"),
    ("respect_throttle", True, "the throttle is ignored (respect_throttle=false)"),
    ("respect_communication_preference", True, "opt-outs are ignored (respect_communication_preference=false)"),
    ("send_email_to_opted_out_users", False, "people who opted out of e-mail get it (send_email_to_opted_out_users)"),
    ("system_control_group_include", True, "the system control group gets it (system_control_group_include=false)"),
    ("send_to_all_devices", False, "every device of a person gets it (send_to_all_devices)"),
)
"""Switches with the value that keeps a protection (reference: engagement 3.2 and 4)."""
HOOK = "pa_webhook_name"
REST = (
    "devices",
    "provider_nick_name",
    "labels",
    "ttl",
    "subscription_groups",
    "webhook_key_value",
    "conversion_goal",
    "dnd",
)
"""Settings that are worth a word but not a line."""


def campaign_deed(asked: Campaign) -> str:
    """One sentence, such as: Send the push campaign "Win-back" now."""
    campaign = f"the {CHANNELS[asked.target_mode]} campaign {quoted(asked.name)}"
    if asked.estimate_only:
        return f"Estimate the reach of {campaign}; nothing is sent."
    return line(f"{'Save the draft of' if asked.draft else 'Send'} {campaign} {start(asked)}.")


def campaign_details(asked: Campaign, estimates: Mapping[str, int] | None, time: ProjectTime) -> tuple[str, ...]:
    """One line for each thing to know before a campaign goes out.

    Args:
        asked: The campaign.
        estimates: How many people by device or channel; None when CleverTap did not say.
        time: The project's zone and now, for relative days.
    """
    options = asked.options or Options()
    made = [f"Audience: {audience(asked.where, asked.segment, time)}", reach(asked, estimates)]
    made += [NOBODY_EXCLUDED] if asked.where and asked.where.excludes_by_property else []
    made += listed("Limits", limits(asked, options))
    made += listed("Mind", bypassed(asked.model_dump() | options.model_dump()))
    made += message(asked, options)
    made += listed("Also set", rest(asked))
    return tuple(map(line, made))


def message(asked: Campaign, options: Options) -> list[str]:
    """What is said, and whom it is told besides."""
    content = (asked.content or Content()).sent(asked.target_mode)
    led = links([content, options.model_dump(exclude_none=True)])
    return [*content_lines(content, asked.target_mode), *webhook(asked), *led]


def webhook(asked: Campaign) -> list[str]:
    """Where a webhook campaign sends what it knows of people."""
    if not asked.webhook_endpoint_name:
        return []
    fields = ", ".join(asked.webhook_fields or ()) or "nothing of its own"
    return [f"Webhook: {quoted(asked.webhook_endpoint_name)} is told {fields}"]


def stop_deed(number: int, name: str | None, status: str | None, start: str | None) -> str:
    """One sentence, such as: Stop campaign 123 "Win-back" (pending, 2026-11-30 09:00) for good; ...

    Args:
        number: The id.
        name: Its name, None when it was not found; what CleverTap tells of it may be missing too.
        status: How far it is.
        start: When it starts, in local ISO 8601.
    """
    called = f" {quoted(name)}" if name else ""
    known = ", ".join(line(each, LONGEST_STATE) for each in (status, start and start.replace("T", " ")) if each)
    return f"Stop campaign {number}{called}{f' ({known})' if known else ''} for good; what was sent stays sent."


def start(asked: Campaign) -> str:
    """When a campaign begins, and how often it comes."""
    if asked.schedule is None:
        return "now" if asked.when in (None, "now") else f"on {moment(asked.when or '')} (project time)"
    return scheduled(asked.schedule)


def scheduled(schedule: Schedule) -> str:
    """A start that is more than one moment."""
    when = {"now": at_once, "later": later, "recurring": recurring}[schedule.type](schedule)
    cutoff = f", until {schedule.campaign_cutoff} of each day" if schedule.campaign_cutoff else ""
    missed = ", and the next day to those whose time has passed" if schedule.user_timezone_wrap_around else ""
    return f"{when}{cutoff}{missed}"


def at_once(_: Schedule) -> str:
    """The start of a schedule that only says until when of the day it may go on."""
    return "now"


def later(schedule: Schedule) -> str:
    """On one day or several."""
    dates = [moment(each) for each in schedule.delivery_date_time or ()]
    return f"on {first(dates)} ({zone(schedule)})" if dates else "later, at a time that is not given"


def recurring(schedule: Schedule) -> str:
    """Again and again, from when, until when."""
    every = counted(schedule.repeats_every or 1, schedule.repeat_type or "day", f"{schedule.repeat_type or 'day'}s")
    days = [WEEKDAYS[number - 1] for number in schedule.repeat_on_days_of_week or ()]
    begins = f" from {moment(schedule.start_time)} ({zone(schedule)})" if schedule.start_time else ""
    on = f" on {joined(list(dict.fromkeys(days)))}" if days else ""
    return f"every {every.removeprefix('1 ')}{on}{begins}{end(schedule)}"


def end(schedule: Schedule) -> str:
    """When a recurring campaign ends."""
    limits = [f"until {plain_day(schedule.end_by_date)}"] if schedule.end_by_date else []
    limits += [counted(schedule.end_by_occurrences, "time", "times")] if schedule.end_by_occurrences else []
    return f", {joined(limits, 'or')}" if limits else ", without an end"


def zone(schedule: Schedule) -> str:
    """Whose clock is meant."""
    return ZONES[schedule.delivery_timezone or "account"]


def reach(asked: Campaign, estimates: Mapping[str, int] | None) -> str:
    """The estimate, in all and by device."""
    if estimates is None:
        return REACH_UNKNOWN
    parts = [f"{line(name, 40)} {number:,}" for name, number in estimates.items()]
    again = " for one run, as of now" if asked.recurs else ""
    return f"{ESTIMATE} {sum(estimates.values()):,}{again} ({', '.join(parts)})"


def limits(asked: Campaign, options: Options) -> list[str]:
    """What keeps a campaign smaller than its audience."""
    caps = {
        "at most {:,} people in all": asked.users_limit_overall,
        "at most {:,} people a run": options.users_limit_per_run,
        "a cap of {:,} on the target segment": options.upper_cap_for_target_segment,
    }
    made = [form.format(cap) for form, cap in caps.items() if cap is not None]
    return [*made, held_out(asked.control_group)] if asked.control_group else made


def held_out(group: ControlGroup) -> str:
    """Who is held out."""
    who = f"{group.percentage:g}% of the audience" if group.percentage is not None else "a part of the audience"
    return f"the control group {quoted(group.name)} is held out" if group.name else f"{who} is held out"


def bypassed(campaign: Mapping[str, Any]) -> list[str]:
    """Every protection that a campaign or a send goes around, and everything that widens it."""
    hooks = [f"the webhook {quoted(hook)} is told of each delivery" for hook in spelt(campaign, HOOK) if hook]
    return hooks + [
        words
        for name, safe, words in BYPASSES
        if any(value is not None and value is not safe for value in spelt(campaign, name))
    ]


def rest(asked: Campaign) -> list[str]:
    """The names of the other settings."""
    return [name for name in REST if getattr(asked, name) is not None]
