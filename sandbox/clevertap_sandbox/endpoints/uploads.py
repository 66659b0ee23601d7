"""POST /1/upload: profiles, events and device tokens. Reference: data 5."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer
from clevertap_sandbox.state.operators import apply_profile
from clevertap_sandbox.state.people import (
    IDENTITY,
    OBJECT_ID,
    Handle,
    add_device,
    attach_identity,
    find,
    find_or_create,
)
from clevertap_sandbox.state.records import Flaw, Record, check, is_somebody, refusal
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from clevertap_sandbox.project import Asked, Project

MOST_RECORDS = 1000
DISTURBANCES = {
    "msg-dndemail": ("email", "Email"),
    "msg-dndphone": ("phone", "Phone"),
    "msg-dndsms": ("sms", "Phone"),
    "msg-dndwhatsapp": ("whatsapp", "Phone"),
}
"""Profile keys that silence an address, on one channel, for everybody who shares it. Reference: data 4.4."""


def upload(project: Project, asked: Asked) -> Answer:
    """Take in a batch, record by record. Reference: data 5."""
    raws = asked.document().get("d")
    if not isinstance(raws, list):
        raise RefusedError("Malformed JSON")
    if len(raws) > MOST_RECORDS:
        raise RefusedError(f"Cannot have more than {MOST_RECORDS} records in a request")
    with project.database() as db:
        accepted, unprocessed = _sort_out(db, raws, project)
        if asked.query.get("dryRun") != "1":
            _Intake(db, project).take(accepted)
    return answer({"status": _verdict(accepted, unprocessed), "processed": len(accepted), "unprocessed": unprocessed})


def _verdict(accepted: list[Record], unprocessed: list[dict[str, Any]]) -> str:
    if not unprocessed:
        return "success"
    return "partial" if accepted else "fail"


def _sort_out(db: sqlite3.Connection, raws: list[Any], project: Project) -> tuple[list[Record], list[dict[str, Any]]]:
    def knows_device(object_id: str) -> bool:
        return not project.behaviours.tokens_need_device or find(db, Handle(OBJECT_ID, object_id)) is not None

    accepted, unprocessed = [], []
    for number, raw in enumerate(raws, 1):
        try:
            accepted.append(check(raw, knows_device, project.behaviours.discarded_events))
        except Flaw as flaw:
            unprocessed.append(refusal(raw, flaw.code, number))
    return accepted, unprocessed


class _Intake:
    """Stores the accepted records of one request, in their order."""

    def __init__(self, db: sqlite3.Connection, project: Project) -> None:
        self._db = db
        self._project = project
        self._now = int(project.clock())
        self._today = project.today()
        self._people: dict[Handle, int] = {}
        self._names: dict[str, str] = {}
        self._events: list[tuple[Any, ...]] = []

    def take(self, records: list[Record]) -> None:
        """Store them all."""
        store: dict[str, Callable[[Record, int], None]] = {
            "profile": self._profile,
            "event": self._event,
            "token": self._token,
        }
        for record in records:
            store[record.type](record, self._person(record.handle))
        self._flush_events()

    def _person(self, handle: Handle) -> int:
        if handle not in self._people:
            self._people[handle] = find_or_create(self._db, handle)
        return self._people[handle]

    def _event(self, record: Record, person: int) -> None:
        key = event_key(record.event_name)
        self._names.setdefault(key, record.event_name)
        ts = self._now if record.ts is None else record.ts
        device = record.handle.value if record.handle.kind == OBJECT_ID else None
        props = json.dumps(_kept(record.data, key), ensure_ascii=False)
        self._events.append((person, device, key, ts, self._project.stamp(ts), props))

    def _flush_events(self) -> None:
        names = "INSERT OR IGNORE INTO event_names (key, name) VALUES (?, ?)"
        self._db.executemany(names, self._names.items())
        rows = "INSERT INTO events (person, device, key, ts, local, props) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.executemany(rows, self._events)
        self._events.clear()

    def _profile(self, record: Record, person: int) -> None:
        if record.handle.kind == OBJECT_ID:
            person = self._attached(record, person)
        (text,) = self._db.execute("SELECT profile FROM people WHERE id = ?", (person,)).fetchone()
        profile = json.loads(text)
        apply_profile(profile, record.data, self._today, increments=self._project.behaviours.increments)
        stored = json.dumps(profile, ensure_ascii=False)
        self._db.execute("UPDATE people SET profile = ? WHERE id = ?", (stored, person))
        self._silence(record.data, profile)

    def _attached(self, record: Record, person: int) -> int:
        """Tie the identity inside profileData to the device. Reference: data 4.1."""
        identity = str(record.data.get(IDENTITY, record.data.get("Identity", "")))
        if not is_somebody(identity):
            return person
        # Joining two people moves stored events, so those still waiting must be stored before.
        self._flush_events()
        owner = attach_identity(self._db, person, identity)
        if owner != person:
            self._people = {handle: owner if found == person else found for handle, found in self._people.items()}
        return owner

    def _silence(self, sent: dict[str, Any], profile: dict[str, Any]) -> None:
        for key, value in sent.items():
            channel, field = DISTURBANCES.get(key.casefold(), ("", ""))
            address = profile.get(field)
            if not channel or address is None:
                continue
            sql = (
                "INSERT OR IGNORE INTO undisturbed (channel, address) VALUES (?, ?)"
                if value is True
                else "DELETE FROM undisturbed WHERE channel = ? AND address = ?"
            )
            self._db.execute(sql, (channel, str(address)))

    def _token(self, record: Record, person: int) -> None:
        object_id = record.handle.value
        add_device(self._db, person, object_id)
        sql = "UPDATE devices SET push_token = ? WHERE object_id = ?"
        self._db.execute(sql, (record.data["id"], object_id))


def _kept(data: dict[str, Any], key: str) -> dict[str, Any]:
    """Drop what is silently lost: nulls, objects and lists except the `Items` of Charged (data 4.3)."""
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, str | int | float) or (key == "charged" and name == "Items" and isinstance(value, list))
    }
