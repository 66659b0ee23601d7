"""The terms of a campaign: caps, control group, conversion goal, do not disturb. Reference: engagement 3.2 and 3.6.

The reference has a text for an unknown control group only; the others say what they mean in the same manner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.filters import is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.project import Project

LOWEST_CAP = 100
CAPS = ("users_limit_overall", "users_limit_per_run", "upper_cap_for_target_segment")
WHOLE_GROUP = 100
"""Per cent."""
CONVERSION_TIMES = (
    *("30m", "1H", "2H", "4H", "6H", "8H", "12H"),
    *("1D", "2D", "3D", "5D", "1W", "2W", "1M", "2M", "5M"),
)
TTL_TYPES = {"relative": ("relative", "absolute"), "units": ("seconds", "minutes", "hours", "days")}
DND_STATES = ("delay", "discard")
DND_ZONES = ("user", "account", "user_timezone", "account_timezone")
TEMPLATE_TYPES = ("simple", "carousel", "carousel-image", "message-icon")
ORIENTATIONS = ("p", "l")


def check_terms(body: dict[str, Any], mode: str, project: Project) -> None:
    """Check what does not depend on the audience.

    Raises:
        RefusedError: The first term that is none.
    """
    _check_control_group(body, project.behaviours)
    for cap in CAPS:
        limit = body.get(cap, LOWEST_CAP)
        if not _is_whole(limit) or limit < LOWEST_CAP:
            raise RefusedError(f"Field {cap} should be at least {LOWEST_CAP}")  # made up
    _each_is(body, "labels", _are_texts)
    _each_is(body, "subscription_groups", _are_texts)
    _each_is(body, "conversion_goal", _is_goal)
    _each_is(body, "dnd", _is_dnd)
    _each_is(body, "ttl", lambda ttl: _is_ttl(ttl, project.behaviours))
    if mode == "notificationinbox":
        _each_is(body, "template_type", TEMPLATE_TYPES.__contains__)
        _each_is(body, "orientation", ORIENTATIONS.__contains__)


def _each_is(body: dict[str, Any], field: str, valid: Callable[[Any], bool]) -> None:
    if body.get(field) is not None and not valid(body[field]):
        raise RefusedError(f"Field {field} is not valid")  # made up


def _check_control_group(body: dict[str, Any], behaviours: Behaviours) -> None:
    """Control groups are checked, and then change nothing. Reference: engagement 3.2."""
    group = body.get("control_group")
    if group is None:
        return
    kind = group.get("type") if isinstance(group, dict) else None
    if kind == "custom" and str(group.get("name")) not in behaviours.control_groups:
        raise RefusedError(f"No custom control group with name {group.get('name')} is defined")
    share = group.get("percentage") if kind == "campaign" else 0
    if kind not in ("custom", "campaign") or not is_number(share) or not 0 <= share <= WHOLE_GROUP:
        raise RefusedError("Field control_group is not valid")  # made up


def _is_goal(goal: object) -> bool:
    """Whether it is a conversion goal, whose `filter_type` may be empty but not absent. Reference: engagement 3.6."""
    return (
        isinstance(goal, dict)
        and bool(goal.get("event_name"))
        and isinstance(goal.get("filter_type"), dict)
        and goal.get("conversion_time", "1D") in CONVERSION_TIMES
    )


def _is_dnd(dnd: object) -> bool:
    return (
        isinstance(dnd, dict)
        and dnd.get("message_state", "delay") in DND_STATES
        and dnd.get("dnd_timezone", "user") in DND_ZONES
    )


def _is_ttl(ttl: object, behaviours: Behaviours) -> bool:
    """Whether it is an object of the reading that holds here, or the number of older clients."""
    if not isinstance(ttl, dict):
        return _is_whole(ttl)
    return ttl.get("ttl_type", "absolute") in TTL_TYPES[behaviours.ttl_types] and _is_whole(ttl.get("value"))


def _are_texts(labels: object) -> bool:
    return isinstance(labels, list) and all(isinstance(label, str) for label in labels)


def _is_whole(number: object) -> bool:
    return is_number(number) and isinstance(number, int)
