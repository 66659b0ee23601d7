"""Addresses and what ties people together: subscribe, disassociate, demerge. Reference: data 9.2 to 9.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.state.demerges import settle_demerges
from clevertap_sandbox.state.disturbance import set_disturbance
from clevertap_sandbox.state.people import IDENTITY, Handle, find
from clevertap_sandbox.state.records import EMAIL, PHONE
from clevertap_sandbox.state.system_events import raise_event

if TYPE_CHECKING:
    import re
    import sqlite3
    from collections.abc import Callable

    from clevertap_sandbox.project import Asked, Project

MOST_RECORDS = 1000
MOST_IDENTITIES = 100
UNSUBSCRIBED = "Channel Unsubscribed"
FORMS: dict[str, tuple[re.Pattern[str], int, str]] = {
    "email": (EMAIL, 515, "Email is not valid"),
    "phone": (PHONE, 516, "Phone number is not valid"),
    "whatsapp": (PHONE, 516, "Phone number is not valid"),
}
"""What each kind of address looks like, and the code and text of one that does not."""
STATUSES = ("Unsubscribe", "Resubscribe")
Record = dict[str, Any]


class _Flaw(Exception):  # noqa: N818 (a verdict on one record, not an error of this program)
    """A record is refused, with this code and text."""


def subscribe(project: Project, asked: Asked) -> Answer:
    """Set or lift the do-not-disturb of addresses, for everybody who has them. Reference: data 9.3."""

    def take(db: sqlite3.Connection, record: Record) -> None:
        _check_address(record, FORMS.keys() - (set() if project.behaviours.subscribe_whatsapp else {"whatsapp"}))
        if record.get("status") not in STATUSES:
            raise _Flaw(555, "Invalid status")  # made up
        _subscribe(db, project, record)

    return _each(project, asked, take)


def disassociate(project: Project, asked: Asked) -> Answer:
    """Free phone numbers from the profiles that they identify. Reference: data 9.4."""

    def take(db: sqlite3.Connection, record: Record) -> None:
        _check_address(record, {"phone"})
        for number in _spellings(record["value"]):
            db.execute("DELETE FROM identities WHERE kind = ? AND value = ?", (IDENTITY, number))
            db.execute("UPDATE people SET profile = json_remove(profile, '$.Phone') WHERE phone = ?", (number,))

    return _each(project, asked, take)


def _each(project: Project, asked: Asked, take: Callable[[sqlite3.Connection, Record], None]) -> Answer:
    """Go through the records, each by itself, and answer as an upload does."""
    records = asked.document().get("d")
    if not isinstance(records, list):
        raise RefusedError("Malformed JSON")
    if len(records) > MOST_RECORDS:
        raise RefusedError(f"Cannot have more than {MOST_RECORDS} records in a request")
    unprocessed = []
    with project.database() as db:
        for record in records:
            try:
                take(db, record if isinstance(record, dict) else {})
            except _Flaw as flaw:
                code, text = flaw.args
                unprocessed.append({"status": "fail", "code": code, "error": text, "record": record})
    processed = len(records) - len(unprocessed)
    status = "success" if not unprocessed else "partial" if processed else "fail"
    return answer({"status": status, "processed": processed, "unprocessed": unprocessed})


def _check_address(record: Record, kinds: set[str]) -> None:
    kind, value = record.get("type"), record.get("value")
    if not isinstance(kind, str) or kind not in kinds:
        raise _Flaw(555, "Invalid type")
    form, code, text = FORMS[kind]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _Flaw(code, text)


def _spellings(address: str) -> tuple[str, ...]:
    """A number is stored with or without its plus."""
    plain = address.removeprefix("+")
    return (address,) if "@" in address else (f"+{plain}", plain)


def _subscribe(db: sqlite3.Connection, project: Project, record: Record) -> None:
    channel, quiet = record["type"], record["status"] == "Unsubscribe"
    for address in _spellings(record["value"]):
        set_disturbance(db, channel, address, quiet=quiet)
        if quiet:
            people = _people_at(db, "email" if channel == "email" else "phone", address)
            raise_event(db, project, UNSUBSCRIBED, people, {})


def _people_at(db: sqlite3.Connection, column: str, address: str) -> list[int]:
    sql = f"SELECT id FROM people WHERE {column} = ?"  # noqa: S608 (one of two columns)
    return [person for (person,) in db.execute(sql, (address,))]


def demerge(project: Project, asked: Asked) -> Answer:
    """Queue profiles to be taken apart; whoever is unknown does not show up. Reference: data 9.2."""
    names = asked.document().get("identities")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise RefusedError("Identities should be specified")  # made up
    if len(names) > MOST_IDENTITIES:
        raise RefusedError(f"Cannot have more than {MOST_IDENTITIES} profiles in a request")
    now = project.clock()
    with project.database() as db:
        people = {find(db, Handle(IDENTITY, name)) for name in names} - {None}
        due = now + project.behaviours.demerge_delay
        db.executemany("INSERT INTO demerges (person, due) VALUES (?, ?)", [(person, due) for person in people])
        settle_demerges(db, now)
    return success()
