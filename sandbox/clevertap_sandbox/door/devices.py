"""What SDKs tell CleverTap and uploads cannot: people's devices, and events with their sessions.

Reference: data 4.3 (events that uploads refuse), 6.2 (what is known of devices), 7.4 (what is known of sessions).
All of a list is stored, or nothing of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.language.filters import is_number
from clevertap_sandbox.language.geography import FARTHEST
from clevertap_sandbox.language.sessions import STORED
from clevertap_sandbox.state.people import (
    IDENTITY,
    OBJECT_ID,
    Handle,
    add_device,
    attach_identity,
    find_or_create,
    made_object_id,
    platform_of,
)
from clevertap_sandbox.state.records import is_somebody
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from clevertap_sandbox.project import Project

PREFIXES = {"Android": "__", "iOS": "-", "Windows": "~", "Web": ""}
"""The platforms, and how the CleverTap IDs of their devices begin. Reference: data 4.1."""
FORM_FACTORS = ("Mobile", "Tablet", "Desktop", "TV")
TEXTS = (
    "make",
    "model",
    "os_version",
    "app_version",
    "sdk_version",
    "carrier",
    "os",
    "browser",
    "country",
    "region",
    "city",
)
COORDINATES = ("latitude", "longitude")
DEVICE_FIELDS = frozenset({OBJECT_ID, IDENTITY, "platform", "device", *TEXTS, *COORDINATES})
EVENT_FIELDS = frozenset({OBJECT_ID, IDENTITY, "evtName", "ts", "evtData", "session"})
LATEST = 2**63


def store_devices(project: Project, entries: object) -> int:
    """Store devices; of a device known already, only what is given changes. Returns how many there were.

    Args:
        project: Where they are stored.
        entries: A list of objects with `objectId` (or `identity` and `platform`, whose device then gets an ID that is
            made up, or both IDs, which ties them together) and any of `device` (Mobile, Tablet, Desktop, TV), `make`,
            `model`, `os_version`, `app_version`, `sdk_version`, `carrier`, `os`, `browser`, `country`, `region`,
            `city`, `latitude` and `longitude` (degrees).

    Raises:
        ValueError: an entry is no such object; the message says why.
    """
    devices = _objects(entries, DEVICE_FIELDS)
    for device in devices:
        _check_device(device)
    with project.database() as db:
        for device in devices:
            _store_device(db, device)
    return len(devices)


def store_events(project: Project, entries: object) -> int:
    """Store events, system events among them. Returns how many there were.

    Args:
        project: Where they are stored.
        entries: A list of objects with `identity` or `objectId`, `evtName`, `ts` (epoch seconds; default: now),
            `evtData`, and `session`, an object of session_source, session_referrer, utm_source, utm_medium,
            utm_campaign.

    Raises:
        ValueError: an entry is no such object; the message says why.
    """
    events = _objects(entries, EVENT_FIELDS)
    for event in events:
        _check_event(event)
    with project.database() as db:
        for event in events:
            _store_event(db, project, event)
    return len(events)


def _objects(entries: object, known: frozenset[str]) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("a list of objects is needed")
    unknown = sorted({field for entry in entries for field in entry} - known)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(unknown)}")
    return entries


def _check_device(device: Mapping[str, Any]) -> None:
    _check_who(device)
    object_id, platform = device.get(OBJECT_ID), device.get("platform")
    if platform not in (None, *PREFIXES) or (object_id is None and platform is None):
        raise ValueError(f"platform must be one of {', '.join(PREFIXES)}")
    if None not in (object_id, platform) and platform_of(str(object_id)) != platform:
        raise ValueError(f"{object_id} is no objectId of {platform}")
    if device.get("device") not in (None, *FORM_FACTORS):
        raise ValueError(f"device must be one of {', '.join(FORM_FACTORS)}")
    _check_texts(device, TEXTS)
    _check_coordinates([device.get(name) for name in COORDINATES])


def _check_who(entry: Mapping[str, Any]) -> None:
    named = [entry[kind] for kind in (OBJECT_ID, IDENTITY) if kind in entry]
    if not named or not all(isinstance(value, str) and is_somebody(value) for value in named):
        raise ValueError("an identity or an objectId is needed, as text")


def _check_texts(entry: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if not isinstance(entry.get(name, ""), str):
            raise ValueError(f"{name} must be text")  # noqa: TRY004 (bad JSON, not a bad call)


def _check_coordinates(point: list[Any]) -> None:
    if point == [None, None]:
        return
    if not all(is_number(degrees) and abs(degrees) <= most for degrees, most in zip(point, FARTHEST, strict=True)):
        raise ValueError("latitude (-90 to 90) and longitude (-180 to 180) are given together")


def _store_device(db: sqlite3.Connection, device: Mapping[str, Any]) -> None:
    object_id = device.get(OBJECT_ID) or _made_up(device)
    kind = OBJECT_ID if OBJECT_ID in device else IDENTITY
    person = find_or_create(db, Handle(kind, device[kind]))
    add_device(db, person, object_id)
    if IDENTITY in device:
        attach_identity(db, person, device[IDENTITY])
    told = {name: device[name] for name in (*TEXTS, *COORDINATES) if name in device}
    if "device" in device:
        told["form_factor"] = device["device"]
    for column, value in told.items():
        db.execute(f"UPDATE devices SET {column} = ? WHERE object_id = ?", (value, object_id))  # noqa: S608 (fixed names)


def _made_up(device: Mapping[str, Any]) -> str:
    platform = device["platform"]
    return PREFIXES[platform] + made_object_id(Handle(platform, device[IDENTITY]))


def _check_event(event: Mapping[str, Any]) -> None:
    _check_who(event)
    name, ts, data = event.get("evtName"), event.get("ts", 1), event.get("evtData", {})
    if not isinstance(name, str) or not name.strip():
        raise ValueError("evtName is needed, as text")
    if isinstance(ts, bool) or not isinstance(ts, int) or not 0 < ts < LATEST:
        raise ValueError("ts must be epoch seconds")
    if not isinstance(data, dict) or not all(_is_property(name, *property_) for property_ in data.items()):
        raise ValueError("evtData must be an object of text, numbers, true, false, and the Items of Charged")
    session = event.get("session", {})
    if not isinstance(session, dict) or not session.keys() <= set(STORED):
        raise ValueError(f"session must be an object of {', '.join(STORED)}")
    _check_texts(session, STORED)


def _is_property(event: str, name: str, value: object) -> bool:
    items = event_key(event) == "charged" and name == "Items" and isinstance(value, list)
    return items or isinstance(value, str | int | float)


def _store_event(db: sqlite3.Connection, project: Project, event: Mapping[str, Any]) -> None:
    kind = OBJECT_ID if OBJECT_ID in event else IDENTITY
    person = find_or_create(db, Handle(kind, event[kind]))
    key, ts = event_key(event["evtName"]), event.get("ts", int(project.clock()))
    props, session = (_written(event[name]) if name in event else None for name in ("evtData", "session"))
    db.execute("INSERT OR IGNORE INTO event_names (key, name) VALUES (?, ?)", (key, event["evtName"]))
    db.execute(
        "INSERT INTO events (person, device, key, ts, local, props, session) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person, event.get(OBJECT_ID), key, ts, project.stamp(ts), props or "{}", session),
    )


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)
