"""Triggers and bulletins in words: which campaign goes to whom, with what in it."""

from __future__ import annotations

from clevertap_tools.moments import ProjectTime
from clevertap_tools.trigger import Bulletin, Trigger, Triggers
from clevertap_tools.words.content import links
from clevertap_tools.words.lines import first, line, listed, named, pair, pairs, people, quoted

MOST_NAMES = 5
MOST_VARIABLES = 6
"""Of each campaign, what is shown."""


def triggers_deed(asked: Triggers) -> str:
    """One sentence, such as: Start campaign 1761000042 for 3 people now."""
    numbers = list(dict.fromkeys(each.campaign_id for each in asked.triggers))
    campaigns = f"campaign{'s' if len(numbers) > 1 else ''} {first(numbers)}"
    return f"Start {campaigns}, made in the dashboard, for {people(asked.record_count)} now."


def triggers_details(asked: Triggers) -> tuple[str, ...]:
    """Who gets which campaign, and what stands in it for them."""
    made = [row for each in asked.triggers for row in trigger_lines(each)]
    return tuple(map(line, made + links([each.ExternalTrigger for each in asked.triggers])))


def trigger_lines(trigger: Trigger) -> list[str]:
    """One campaign."""
    names = first([named(name) for name in trigger.to.names], MOST_NAMES)
    label = f"Campaign {trigger.campaign_id}"
    variables = [pair(key, value) for key, value in (trigger.ExternalTrigger or {}).items()]
    return [f"{label} to {names}", *listed(f"{label}, variables", variables, MOST_VARIABLES)]


def bulletin_deed(asked: Bulletin, time: ProjectTime) -> str:
    """One sentence, such as: Announce "Ep 7", an "Episode Released", to all who are interested, now."""
    start = asked.start(time)
    when = "now" if isinstance(start, str) else f"at {time.seen(start)}"
    return line(f"Announce {quoted(asked.name)}, a {quoted(asked.business_event)}, to all who are interested, {when}.")


def bulletin_details(asked: Bulletin) -> tuple[str, ...]:
    """What it is about, and in whose name."""
    made = [*pairs("Properties", asked.properties), f"In the name of {quoted(asked.c_by)}"]
    return tuple(map(line, made + links(asked.properties)))
