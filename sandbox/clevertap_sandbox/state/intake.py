"""Storing the accepted records of an upload. Reference: data 4 and 5."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.state.disturbance import set_disturbance
from clevertap_sandbox.state.losses import MOST_EVENT_TYPES, is_name, kept_of_event, kept_of_profile
from clevertap_sandbox.state.operators import apply_profile
from clevertap_sandbox.state.people import (
    IDENTITY,
    OBJECT_ID,
    Handle,
    add_device,
    attach_identity,
    find_known,
    find_or_create,
)
from clevertap_sandbox.state.records import is_somebody
from clevertap_sandbox.state.stamps import Stamps
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from clevertap_sandbox.project import Project
    from clevertap_sandbox.state.records import Record

DISTURBANCES = {
    "msg-dndemail": ("email", "Email"),
    "msg-dndphone": ("phone", "Phone"),
    "msg-dndsms": ("sms", "Phone"),
    "msg-dndwhatsapp": ("whatsapp", "Phone"),
}
"""Profile keys that silence an address, on one channel, for everybody who shares it. Reference: data 4.4."""
CATEGORIES = {
    "category-unsubscribe": "INSERT OR IGNORE INTO unsubscribed (person, channel, category) VALUES (?, ?, ?)",
    "category-resubscribe": "DELETE FROM unsubscribed WHERE person = ? AND channel = ? AND category = ?",
}
"""Profile keys that take people out of subscription categories, and back in. Reference: data 4.4."""
write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Intake:
    """Stores the records of one request, in their order."""

    def __init__(self, db: sqlite3.Connection, project: Project) -> None:
        self._db = db
        self._project = project
        self._lossy = project.behaviours.loses_silently
        self._now = int(project.clock())
        self._stamps = Stamps(project.zone)
        self._people: dict[tuple[str, str], int] = {}
        self._types: dict[str, bool] = {}
        self._events: list[tuple[Any, ...]] = []

    def take(self, records: list[Record]) -> None:
        """Store them all."""
        store: dict[str, Callable[[Record, int], None]] = {
            "profile": self._profile,
            "event": self._event,
            "token": self._token,
        }
        self._people = find_known(self._db, [record.handle for record in records])
        for record in records:
            store[record.type](record, self._person(record.handle))
        self._flush_events()

    def _person(self, handle: Handle) -> int:
        person = self._people.get(handle)
        if person is None:
            person = self._people[handle] = find_or_create(self._db, handle)
        return person

    def _event(self, record: Record, person: int) -> None:
        key = event_key(record.event_name)
        if not self._has_type(key, record.event_name):
            return
        ts = self._now if record.ts is None else record.ts
        device = record.handle.value if record.handle.kind == OBJECT_ID else None
        kept = kept_of_event(record.data, is_purchase=key == "charged", lossy=self._lossy)
        self._events.append((person, device, key, ts, self._stamps.stamp(ts), write(kept)))

    def _has_type(self, key: str, name: str) -> bool:
        """Whether the account has this type of event, now at the latest; some names and too many types get lost."""
        if key not in self._types:
            self._types[key] = self._knows_type(key) or self._makes_type(key, name)
        return self._types[key]

    def _knows_type(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM event_names WHERE key = ?", (key,)).fetchone() is not None

    def _makes_type(self, key: str, name: str) -> bool:
        (types,) = self._db.execute("SELECT count(*) FROM event_names").fetchone()
        if self._lossy and (types >= MOST_EVENT_TYPES or not is_name(name)):
            return False
        self._db.execute("INSERT INTO event_names (key, name) VALUES (?, ?)", (key, name))
        return True

    def _flush_events(self) -> None:
        rows = "INSERT INTO events (person, device, key, ts, local, props) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.executemany(rows, self._events)
        self._events.clear()

    def _profile(self, record: Record, person: int) -> None:
        if record.handle.kind == OBJECT_ID:
            person = self._attached(record, person)
        (text,) = self._db.execute("SELECT profile FROM people WHERE id = ?", (person,)).fetchone()
        profile = json.loads(text)
        kept = kept_of_profile(record.data, lossy=self._lossy)
        apply_profile(profile, kept, self._project.today(), increments=self._project.behaviours.increments)
        self._db.execute("UPDATE people SET profile = ? WHERE id = ?", (write(profile), person))
        for key, value in record.data.items():
            self._silence(key.casefold(), profile, silent=value is True)
            self._sort_out(key.casefold(), person, value)

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

    def _silence(self, key: str, profile: dict[str, Any], *, silent: bool) -> None:
        """Put the person's address on do-not-disturb, or take it off."""
        channel, field = DISTURBANCES.get(key, ("", ""))
        address = profile.get(field)
        if channel and address is not None:
            set_disturbance(self._db, channel, str(address), quiet=silent)

    def _sort_out(self, key: str, person: int, value: object) -> None:
        """Take the person out of categories, or put them back: `{"email": ["News"]}`."""
        if key not in CATEGORIES or not isinstance(value, dict):
            return
        for channel, categories in value.items():
            named = [each for each in categories if isinstance(each, str)] if isinstance(categories, list) else []
            self._db.executemany(CATEGORIES[key], [(person, channel.casefold(), category) for category in named])

    def _token(self, record: Record, person: int) -> None:
        object_id = record.handle.value
        add_device(self._db, person, object_id)
        sql = "UPDATE devices SET push_token = ? WHERE object_id = ?"
        self._db.execute(sql, (record.data["id"], object_id))
