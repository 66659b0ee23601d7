"""The records of exports, built row by row by SQLite as finished JSON. Reference: data 7.2 to 7.4.

`json_patch('{}', ...)` is there for one effect: a merge patch leaves out what is null.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from clevertap_sandbox.behaviours import Behaviours

FIRST_IDENTITY = "(SELECT value FROM identities WHERE person = p.id AND kind = 'identity' ORDER BY rowid LIMIT 1)"
ALL_IDENTITIES = (
    "(SELECT CASE WHEN count(*) > 1 THEN json_group_array(value) END FROM identities "
    "WHERE person = p.id AND kind = 'identity')"
)
NAMES = "'email', p.email, 'phone', p.phone, 'name', p.name"
PROFILE = ", 'profileData', json_remove(p.profile, '$.Email', '$.Phone', '$.Name')"
EVENTS = (
    ", 'events', (SELECT json_group_object(name, json_object('count', times, 'first_seen', first, 'last_seen', last)) "
    "FROM (SELECT n.name AS name, count(*) AS times, min(s.ts) AS first, max(s.ts) AS last "
    "FROM events AS s JOIN event_names AS n ON n.key = s.key WHERE s.person = p.id GROUP BY s.key))"
)
APP = ", 'os_version', d.os_version, 'app_version', d.app_version, 'make', d.make, 'model', d.model"
# Seen on the wire, never described; the figures are made up.
ID = ", 'id', p.id"
DF = """, 'df', json('{"0":11,"1":22,"2":33}')"""
LAST_SEEN = ", 'ls', (SELECT max(s.ts) FROM events AS s WHERE s.person = p.id AND s.device = d.object_id)"

SETTLED = "SELECT place, id FROM settled WHERE place >= :start AND place < :stop"
ALONE = "SELECT 0 AS place, :id AS id"
EVENT_ROWS = (
    "SELECT json_object('profile', json_patch('{{}}', json_object("
    "'objectId', coalesce(e.device, p.object_id), 'platform', d.platform, {who}{parts})), "
    "'ts', e.local, 'event_props', json(e.props), 'session_props', json(coalesce(e.session, '{{}}'))) "
    "FROM ({wanted}) AS wanted CROSS JOIN events AS e ON e.id = wanted.id JOIN people AS p ON p.id = e.person "
    "LEFT JOIN devices AS d ON d.object_id = e.device ORDER BY wanted.place"
)
PERSON_ROWS = (
    "SELECT json_patch('{{}}', json_object({who}, 'all_identities', {all}{parts}, "
    "'objectId', CASE WHEN NOT EXISTS (SELECT 1 FROM devices WHERE person = p.id) THEN p.object_id END, "
    "'platformInfo', (SELECT json_group_array(json_patch('{{}}', json_object("
    "'platform', d.platform{device}, 'push_token', d.push_token, 'objectId', d.object_id))) "
    "FROM devices AS d WHERE d.person = p.id))) "
    "FROM ({wanted}) AS wanted CROSS JOIN people AS p ON p.id = wanted.id ORDER BY wanted.place"
)
DATE = re.compile(r'"\$D_(-?[0-9]+)"')


def event_page(db: sqlite3.Connection, places: range, flags: Collection[str], behaviours: Behaviours) -> list[str]:
    """Write the events settled at these places as JSON, each with the person as it is now. Reference: data 7.4."""
    more = frozenset({"id", "df"}) if behaviours.undocumented_fields else frozenset()
    parts = _chosen({"id": ID, "profile": PROFILE, "df": DF, "app": APP, "events": EVENTS}, {*flags, *more})
    sql = EVENT_ROWS.format(who=_who(behaviours), parts=parts, wanted=SETTLED)
    return _rows(db, sql, {"start": places.start, "stop": places.stop}, behaviours)


def person_page(db: sqlite3.Connection, places: range, flags: Collection[str], behaviours: Behaviours) -> list[str]:
    """Write the people settled at these places as JSON. Reference: data 7.2."""
    sql = _person_rows(SETTLED, flags, behaviours)
    return _rows(db, sql, {"start": places.start, "stop": places.stop}, behaviours)


def person_alone(db: sqlite3.Connection, person: int, flags: Collection[str], behaviours: Behaviours) -> str:
    """Write one person as JSON. Reference: data 7.3."""
    (row,) = _rows(db, _person_rows(ALONE, flags, behaviours), {"id": person}, behaviours)
    return row


def _person_rows(wanted: str, flags: Collection[str], behaviours: Behaviours) -> str:
    parts = _chosen({"profile": PROFILE, "events": EVENTS}, flags)
    device = _chosen({"app": APP}, flags)
    if behaviours.undocumented_fields:
        device += LAST_SEEN
    return PERSON_ROWS.format(who=_who(behaviours), all=ALL_IDENTITIES, parts=parts, device=device, wanted=wanted)


def _who(behaviours: Behaviours) -> str:
    identity = f"coalesce({FIRST_IDENTITY}, '')" if behaviours.anonymous_identity_is_empty else FIRST_IDENTITY
    return f"'identity', {identity}, {NAMES}"


def _chosen(parts: dict[str, str], flags: Collection[str]) -> str:
    return "".join(sql for flag, sql in parts.items() if flag in flags)


def _rows(db: sqlite3.Connection, sql: str, parameters: dict[str, int], behaviours: Behaviours) -> list[str]:
    rows = [row for (row,) in db.execute(sql, parameters)]
    return [DATE.sub(r"\1", row) for row in rows] if behaviours.exported_dates_as_epoch else rows
