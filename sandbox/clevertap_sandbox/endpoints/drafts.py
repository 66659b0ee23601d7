"""Reading and checking the body of create.json. Reference: engagement 3.1 to 3.7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.endpoints.schedules import Schedule, read_schedule
from clevertap_sandbox.endpoints.terms import check_terms
from clevertap_sandbox.fields import filled

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign that has passed its checks, but for its audience."""

    name: str
    mode: str
    schedule: Schedule
    devices: tuple[str, ...]
    body: dict[str, Any]


def read_draft(body: dict[str, Any], project: Project) -> Draft:
    """Check a campaign's body in the order name, when, audience, channel, content, terms, devices.

    Raises:
        RefusedError: with the text of engagement 3.7 where it has one.
    """
    name = filled(body, "name")
    schedule = read_schedule(body, project)
    if "where" not in body and "segment" not in body and not project.behaviours.missing_where_is_everybody:
        raise RefusedError("Query specified in where failed to parse")
    mode = str(body.get("target_mode", "push")).lower()
    if mode not in REQUIRED_CONTENT:
        raise RefusedError("Invalid target_mode")  # made up
    check_content(body, mode)
    check_liquid(body, mode, project)
    check_terms(body, mode, project)
    draft = Draft(name, mode, schedule, _devices(body, mode), body)
    _check_android(draft, project)
    return draft


def check_content(body: dict[str, Any], mode: str) -> None:
    """Check what is said, with the keys of its channel. Reference: engagement 3.5 and 3.7.

    Raises:
        RefusedError: Something is missing.
    """
    content = body.get("content")
    if mode == "notificationinbox":
        if not isinstance(content, list) or not content:
            raise RefusedError("Field content is empty")
        return
    inside = content if isinstance(content, dict) else {}
    for field in REQUIRED_CONTENT[mode]:
        filled(inside, field, " (inside content)")
    if mode == "whatsapp":
        _check_whatsapp(body, inside)
    if mode == "webhook":
        filled(body, "webhook_endpoint_name")


def _check_whatsapp(body: dict[str, Any], content: dict[str, Any]) -> None:
    """A WhatsApp message names its provider and a template, or holds its text. Reference: engagement 3.5.5."""
    fields = WHATSAPP_CONTENT.get(str(content["message_type"]).lower())
    if fields is None:
        raise RefusedError("Invalid message_type (inside content)")  # made up
    for field in fields:
        filled(content, field, " (inside content)")
    filled(body, "provider_nick_name")


def check_liquid(body: dict[str, Any], mode: str, project: Project) -> None:
    """Have no Liquid where it is not understood: in WhatsApp, and in a push of some accounts.

    Raises:
        RefusedError: There are Liquid's braces.

    Reference: engagement 3.5.1 and 3.5.5
    """
    content = body["content"]
    if mode == "whatsapp":
        said = str(content)
    elif mode == "push" and not project.behaviours.liquid_in_push:
        said = f"{content['title']} {content['body']}"
    else:
        return
    if "{{" in said:
        raise RefusedError("Liquid is not supported (inside content)")  # made up


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
        raise RefusedError("Invalid devices")  # made up
    return tuple(dict.fromkeys(devices))


def _check_android(draft: Draft, project: Project) -> None:
    if draft.mode == "push" and "android" in draft.devices:
        check_android_channel(draft.body, project)


def check_android_channel(body: dict[str, Any], project: Project) -> None:
    """Have a push to Android name a channel, at the top or for the platform. Reference: engagement 3.5.1.

    Raises:
        RefusedError: It names none, or an unknown one.
    """
    platforms = body["content"].get("platform_specific")
    android = platforms.get("android") if isinstance(platforms, dict) else None
    inside = android.get("wzrk_cid") if isinstance(android, dict) else None
    channel = inside or body.get("wzrk_cid")
    if not channel:
        raise RefusedError("Notification channel is required for devices having Android 8.0 or above")
    known = project.behaviours.notification_channels
    if known is not None and str(channel) not in known:
        raise RefusedError("Invalid Notification Channel ID")
