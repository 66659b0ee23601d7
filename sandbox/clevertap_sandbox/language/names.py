"""The event names an account has. Reference: data 4.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.language.query import Setting
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Project

# "Web Page Viewed" is not on the published list but was refused on the wire (data 3.3).
RESERVED = (
    "Notification Sent",
    "Notification Viewed",
    "Notification Clicked",
    "Notification Delivered",
    "Notification Replied",
    "UTM Visited",
    "App Launched",
    "App Uninstalled",
    "App Version Changed",
    "Stayed",
    "Reply Sent",
    "Experiment Rendered",
    "Reachable By",
    "Identity Reset",
    "Identity Set",
    "Identity Error",
    "Web Page Viewed",
)
RESERVED_KEYS = frozenset(map(event_key, RESERVED))
"""Uploads of these are refused with 513."""
SYSTEM_KEYS = RESERVED_KEYS | {
    event_key(name) for name in ("Channel Unsubscribed", "Segment Membership Change", "Session Concluded")
}
"""These exist in every account."""
UNEXPORTED_KEYS = frozenset(key for key in RESERVED_KEYS if key.startswith("notification"))
"""Exports of these are refused (data 7.1)."""


def setting(db: sqlite3.Connection, project: Project, *, campaign: bool = False) -> Setting:
    """Say what queries are read against in this project."""

    def knows(key: str) -> bool:
        sql = "SELECT 1 FROM event_names WHERE key = ?"
        return key in SYSTEM_KEYS or db.execute(sql, (key,)).fetchone() is not None

    return Setting(project.today(), knows, project.behaviours, campaign)
