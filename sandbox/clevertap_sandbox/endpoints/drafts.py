"""Reading and checking the body of create.json. Reference: engagement 3.1 to 3.7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.days import read_minute

if TYPE_CHECKING:
    from datetime import datetime

    from clevertap_sandbox.project import Project

REQUIRED_CONTENT = {
    "push": ("title", "body"),
    "email": ("subject", "body", "sender_name"),
    "sms": ("body",),
    "webpush": ("title", "body"),
    "whatsapp": ("message_type",),
    "webhook": (),
    "notificationinbox": (),
}
WHATSAPP_CONTENT = {"template": ("template_name", "locale"), "freeform": ("msg",)}
DEVICES = ("android", "ios", "windows")
BROWSERS = ("chrome", "firefox", "safari", "kaios")
LOWEST_CAP = 100
CAPS = ("users_limit_overall", "users_limit_per_run", "upper_cap_for_target_segment")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a campaign starts, and whether it comes again."""

    starts: datetime | None
    """None: now."""
    recurring: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign that has passed its checks, but for its audience."""

    name: str
    mode: str
    schedule: Schedule
    devices: tuple[str, ...]
    body: dict[str, Any]


def read_draft(body: dict[str, Any], project: Project) -> Draft:
    """Check a campaign's body in the order name, when, audience, channel, content.

    Raises:
        RefusedError: with the text of engagement 3.7 where it has one.
    """
    name = _filled(body, "name")
    schedule = _schedule(body, project)
    if "where" not in body and "segment" not in body and not project.behaviours.missing_where_is_everybody:
        raise RefusedError("Query specified in where failed to parse")
    mode = str(body.get("target_mode", "push")).lower()
    if mode not in REQUIRED_CONTENT:
        raise RefusedError("Invalid target_mode")
    _check_content(body, mode)
    _check_extras(body)
    draft = Draft(name, mode, schedule, _devices(body, mode), body)
    _check_android(draft, project)
    return draft


def _filled(holder: dict[str, Any], field: str, where: str = "") -> str:
    value = holder.get(field)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"Field {field} is empty{where}")
    return value


def _check_content(body: dict[str, Any], mode: str) -> None:
    content = body.get("content")
    if mode == "notificationinbox":
        if not isinstance(content, list) or not content:
            raise RefusedError("Field content is empty")
        return
    inside = content if isinstance(content, dict) else {}
    for field in REQUIRED_CONTENT[mode]:
        _filled(inside, field, " (inside content)")
    if mode == "whatsapp":
        _check_whatsapp(body, inside)
    if mode == "webhook":
        _filled(body, "webhook_endpoint_name")


def _check_whatsapp(body: dict[str, Any], content: dict[str, Any]) -> None:
    """A WhatsApp message names its provider and a template, or holds its text. Reference: engagement 3.5.5."""
    fields = WHATSAPP_CONTENT.get(str(content["message_type"]).lower())
    if fields is None:
        raise RefusedError("Invalid message_type (inside content)")
    for field in fields:
        _filled(content, field, " (inside content)")
    _filled(body, "provider_nick_name")


def _check_extras(body: dict[str, Any]) -> None:
    group = body.get("control_group")
    if isinstance(group, dict) and group.get("type") == "custom":
        # None can be defined here, so each is unknown.
        raise RefusedError(f"No custom control group with name {group.get('name')} is defined")
    for cap in CAPS:
        limit = body.get(cap, LOWEST_CAP)
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < LOWEST_CAP:
            raise RefusedError(f"Field {cap} should be at least {LOWEST_CAP}")


def _devices(body: dict[str, Any], mode: str) -> tuple[str, ...]:
    """The estimate's keys that depend on the body: devices of a push, browsers of a web push."""
    if mode == "webpush":
        platforms = body["content"].get("platform_specific")
        named = platforms if isinstance(platforms, dict) else {}
        return tuple(browser for browser in BROWSERS if browser in named) or BROWSERS[:1]
    if mode not in ("push", "notificationinbox"):
        return ()
    devices = body.get("devices", ["android", "ios"] if mode == "notificationinbox" else [])
    if not isinstance(devices, list) or not devices:
        raise RefusedError("Field devices is empty")
    if not set(map(str, devices)) <= set(DEVICES):
        raise RefusedError("Invalid devices")
    return tuple(dict.fromkeys(devices))


def _check_android(draft: Draft, project: Project) -> None:
    """A push to Android names a channel, at the top or for the platform. Reference: engagement 3.5.1."""
    if draft.mode != "push" or "android" not in draft.devices:
        return
    platforms = draft.body["content"].get("platform_specific")
    android = platforms.get("android") if isinstance(platforms, dict) else None
    inside = android.get("wzrk_cid") if isinstance(android, dict) else None
    channel = inside or draft.body.get("wzrk_cid")
    if not channel:
        raise RefusedError("Notification channel is required for devices having Android 8.0 or above")
    known = project.behaviours.notification_channels
    if known is not None and channel not in known:
        raise RefusedError("Invalid Notification Channel ID")


def _schedule(body: dict[str, Any], project: Project) -> Schedule:
    """Read `when` in its text and object forms. Reference: engagement 3.4."""
    when = body.get("when")
    if not when:
        raise RefusedError("Field when is empty")
    if isinstance(when, str):
        return Schedule(None if when == "now" else _future(when, project))
    if not isinstance(when, dict) or str(body.get("target_mode", "")).lower() == "whatsapp":
        raise RefusedError("Field when is not valid")
    match when.get("type"):
        case "now":
            return Schedule(None)
        case "later":
            dates = when.get("delivery_date_time")
            moments = [_future(each, project) for each in (dates if isinstance(dates, list) else [dates])]
            if moments:
                return Schedule(min(moments))
        case "recurring":
            return Schedule(_future(when.get("start_time"), project), recurring=True)
    raise RefusedError("Field when is not valid")


def _future(value: object, project: Project) -> datetime:
    moment = read_minute(value, project.zone)
    if moment is None:
        raise RefusedError("Field when is not valid")
    if moment.timestamp() <= project.clock():
        raise RefusedError("Field when is in the past")
    return moment
