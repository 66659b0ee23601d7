"""The records of exports, built row by row by SQLite as finished JSON. Reference: data 7.2 to 7.4.

`json_patch('{}', ...)` is there for one effect: a merge patch leaves out what is null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

IDENTITY = "(SELECT value FROM identities WHERE person = p.id AND kind = 'identity' ORDER BY rowid LIMIT 1)"
ALL_IDENTITIES = (
    "(SELECT CASE WHEN count(*) > 1 THEN json_group_array(value) END FROM identities "
    "WHERE person = p.id AND kind = 'identity')"
)
WHO = f"'identity', {IDENTITY}, 'email', p.email, 'phone', p.phone, 'name', p.name"
PROFILE = "'profileData', json_remove(p.profile, '$.Email', '$.Phone', '$.Name')"
EVENTS = (
    "'events', (SELECT json_group_object(name, json_object('count', times, 'first_seen', first, 'last_seen', last)) "
    "FROM (SELECT n.name AS name, count(*) AS times, min(s.ts) AS first, max(s.ts) AS last "
    "FROM events AS s JOIN event_names AS n ON n.key = s.key WHERE s.person = p.id GROUP BY s.key))"
)
APP = "'os_version', d.os_version, 'app_version', d.app_version, 'make', d.make, 'model', d.model"

EVENT_ROWS = (
    "SELECT json_object('profile', json_patch('{{}}', json_object("
    "'objectId', coalesce(e.device, p.object_id), 'platform', d.platform, {who}{parts})), "
    "'ts', e.local, 'event_props', json(e.props), 'session_props', json('{{}}')) "
    "FROM json_each(?) AS wanted CROSS JOIN events AS e ON e.id = wanted.value JOIN people AS p ON p.id = e.person "
    "LEFT JOIN devices AS d ON d.object_id = e.device ORDER BY wanted.key"
)
PERSON_ROWS = (
    "SELECT json_patch('{{}}', json_object({who}, 'all_identities', {all}{parts}, "
    "'objectId', CASE WHEN NOT EXISTS (SELECT 1 FROM devices WHERE person = p.id) THEN p.object_id END, "
    "'platformInfo', (SELECT json_group_array(json_patch('{{}}', json_object("
    "'platform', d.platform{device}, 'push_token', d.push_token, 'objectId', d.object_id))) "
    "FROM devices AS d WHERE d.person = p.id))) "
    "FROM json_each(?) AS wanted CROSS JOIN people AS p ON p.id = wanted.value ORDER BY wanted.key"
)


def event_rows(db: sqlite3.Connection, ids: Sequence[int], flags: Collection[str]) -> list[str]:
    """Write these events as JSON, each with the person as it is now. Reference: data 7.4."""
    parts = {"profile": PROFILE, "app": APP, "events": EVENTS}
    return _rows(db, EVENT_ROWS.format(who=WHO, parts=_chosen(parts, flags)), ids)


def person_rows(db: sqlite3.Connection, ids: Sequence[int], flags: Collection[str]) -> list[str]:
    """Write these people as JSON. Reference: data 7.2."""
    parts = _chosen({"profile": PROFILE, "events": EVENTS}, flags)
    device = _chosen({"app": APP}, flags)
    return _rows(db, PERSON_ROWS.format(who=WHO, all=ALL_IDENTITIES, parts=parts, device=device), ids)


def _chosen(parts: dict[str, str], flags: Collection[str]) -> str:
    return "".join(f", {sql}" for flag, sql in parts.items() if flag in flags)


def _rows(db: sqlite3.Connection, sql: str, ids: Sequence[int]) -> list[str]:
    return [row for (row,) in db.execute(sql, (json.dumps(list(ids)),))]
