"""Whom a campaign would reach, counted from the stored people and devices. Reference: engagement 3.1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.clauses import TRUE, Clause, every
from clevertap_sandbox.language.names import setting
from clevertap_sandbox.language.query import people_where
from clevertap_sandbox.state.segments import segment_where

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.endpoints.drafts import Draft
    from clevertap_sandbox.project import Project

NOT_REACHED = "SELECT address FROM undisturbed WHERE channel"
# An address, not silenced, of a person who has not opted out. WhatsApp alone is off until the person says yes.
# Reference: data 4.4.
REACHED = {
    "email": f"p.email IS NOT NULL AND p.email NOT IN ({NOT_REACHED} = 'email') "
    "AND coalesce(json_extract(p.profile, '$.MSG-email'), 1)",
    "sms": f"p.phone IS NOT NULL AND p.phone NOT IN ({NOT_REACHED} IN ('phone', 'sms')) "
    "AND coalesce(json_extract(p.profile, '$.MSG-sms'), 1)",
    "whatsapp": f"p.phone IS NOT NULL AND p.phone NOT IN ({NOT_REACHED} IN ('phone', 'whatsapp')) "
    "AND coalesce(json_extract(p.profile, '$.MSG-whatsapp'), 0)",
    "webhook": "1",
}
LEFT_GROUPS = (
    "SELECT count(*) FROM unsubscribed WHERE person = p.id AND channel = 'email' "
    "AND category IN (SELECT value FROM json_each(?))"
)
OPTED_OUT_TOO = "p.email IS NOT NULL"
PUSHED = "coalesce(json_extract(p.profile, '$.MSG-push'), 1)"
PLATFORMS = {"android": "Android", "ios": "iOS", "windows": "Windows"}
SEGMENTS = 10
LARGEST_FACTOR = 2**31
MIXED = "((p.id * 2654435761 + ? * 2246822519) % 4294967296 >> 13)"
"""A number that has nothing to do with what else goes by ids, such as who has an address (multiplicative hashing)."""


def estimate(db: sqlite3.Connection, project: Project, draft: Draft) -> dict[str, int]:
    """Count whom a campaign would reach, under the keys its channel has."""
    people = every([_audience(db, project, draft), _subscribed(draft)])
    if draft.devices:
        return {device: _device_reach(db, draft, device, people) for device in draft.devices}
    sql = f"SELECT count(*) FROM people AS p WHERE {_reached(draft)}"  # noqa: S608 (fixed text)
    return {_key(draft.mode, project): _number(db, sql, people)}


def _reached(draft: Draft) -> str:
    if draft.mode == "email" and draft.body.get("send_email_to_opted_out_users") is True:
        return OPTED_OUT_TOO
    return REACHED[draft.mode]


def _subscribed(draft: Draft) -> Clause:
    """Who is subscribed to at least one of the groups that an e-mail is for. Reference: engagement 3.2."""
    groups = sorted(set(draft.body.get("subscription_groups") or ())) if draft.mode == "email" else []
    if not groups:
        return TRUE
    return Clause(f"({LEFT_GROUPS}) < ?", (json.dumps(groups), len(groups)))


def _key(mode: str, project: Project) -> str:
    if mode == "whatsapp":
        return project.behaviours.whatsapp_estimate_key
    return project.behaviours.webhook_estimate_key if mode == "webhook" else "web"


def _device_reach(db: sqlite3.Connection, draft: Draft, device: str, people: Clause) -> int:
    """Count people with such a device, or the devices if all of a person's devices get the message."""
    counted = "count(*)" if draft.body.get("send_to_all_devices") is True else "count(DISTINCT p.id)"
    # The inbox waits inside the app; only what is pushed needs a token and consent.
    pushed = "1" if draft.mode == "notificationinbox" else f"d.push_token IS NOT NULL AND {PUSHED}"
    devices = "people AS p JOIN devices AS d ON d.person = p.id"
    # A web device that nobody has told the browser of passes for Chrome.
    kind = "d.platform = ?" if device in PLATFORMS else "d.platform = 'Web' AND fold(coalesce(d.browser, 'chrome')) = ?"
    sql = f"SELECT {counted} FROM {devices} WHERE {pushed} AND {kind}"  # noqa: S608 (fixed text)
    return _number(db, sql, people, PLATFORMS.get(device, device))


def _number(db: sqlite3.Connection, sql: str, people: Clause, *before: str) -> int:
    (number,) = db.execute(f"{sql} AND {people.sql}", (*before, *people.parameters)).fetchone()
    return int(number)


def _audience(db: sqlite3.Connection, project: Project, draft: Draft) -> Clause:
    """The people a campaign is for: `segment`, or else `where`; `{}` is everybody (engagement 2.1)."""
    if "segment" in draft.body:
        return _segment(db, draft.body["segment"], project.behaviours.dashboard_segments)
    where = draft.body.get("where", {})
    if not isinstance(where, dict):
        raise RefusedError("Query specified in where failed to parse")
    return people_where(where, setting(db, project, campaign=True)) if where else TRUE


def _segment(db: sqlite3.Connection, segment: object, dashboard: frozenset[int] | None) -> Clause:
    """A saved segment: "all", or the id of an uploaded list, an API segment, or one made in the dashboard.

    The last stand for a tenth of the people, made up but steady.
    """
    if segment == "all":
        return TRUE
    if isinstance(segment, bool) or not isinstance(segment, int) or segment < 1:
        raise RefusedError("Invalid segment")
    if segment_where(db, "id", segment) is not None:
        return Clause("p.id IN (SELECT person FROM members WHERE segment = ?)", (segment,))
    if dashboard is not None and segment not in dashboard:
        raise RefusedError("Invalid segment")
    return Clause(f"{MIXED} % {SEGMENTS} = 0", (segment % LARGEST_FACTOR,))
