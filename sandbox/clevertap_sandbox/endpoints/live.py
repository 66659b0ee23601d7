"""Who is active now, in blocks. Reference: data 8.3, engagement 10.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_sandbox.answers import Answer, RefusedError, answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from clevertap_sandbox.project import Asked, Project

LIVE_SECONDS = 300
# The people of the last five minutes, one row each, with the session and the device of their last event. The four
# user types are made to add up to the count, as in the vendor's sample: a customer has bought at some time, an
# addressable person can be written to, a new one has done nothing before.
LIVE = """
WITH seen AS (
    SELECT person, max(ts), device, session FROM events WHERE ts BETWEEN :since AND :now GROUP BY person
)
SELECT
    NOT EXISTS (SELECT 1 FROM events AS old WHERE old.person = p.id AND old.ts < :since) AS is_new,
    EXISTS (SELECT 1 FROM events AS paid WHERE paid.person = p.id AND paid.key = 'charged') AS has_paid,
    p.email IS NOT NULL OR p.phone IS NOT NULL OR EXISTS (
        SELECT 1 FROM devices WHERE person = p.id AND push_token IS NOT NULL) AS has_address,
    json_extract(seen.session, '$.session_source') AS source,
    d.platform, d.os, d.browser, d.form_factor
FROM people AS p
JOIN seen ON seen.person = p.id
LEFT JOIN devices AS d ON d.object_id = coalesce(
    seen.device, (SELECT object_id FROM devices WHERE person = p.id ORDER BY rowid LIMIT 1))
"""
USER_TYPES = ("new", "repeat", "addressable", "customer")
SOURCES = ("direct", "others", "search", "social", "email", "unavailable")
BROWSERS = ("others", "firefox", "chrome", "ie", "mobileapp")
SYSTEMS = ("others", "android", "ios", "windows", "mac", "linux")
DEVICES = ("desktop", "mobile", "tablet")
OF_APPS = ("android", "ios")


class Visitor(NamedTuple):
    """Somebody who is here, as far as their last event and its device tell."""

    is_new: int
    has_paid: int
    has_address: int
    source: str | None
    platform: str | None
    system: str | None
    software: str | None
    form_factor: str | None

    @property
    def user_type(self) -> str:
        """Which of the four types."""
        if self.has_paid:
            return "customer"
        return "addressable" if self.has_address else "new" if self.is_new else "repeat"

    @property
    def session_source(self) -> str:
        """How they came; uploads do not say."""
        return among(SOURCES, self.source or "unavailable")

    @property
    def browser(self) -> str:
        """With what they came; an app is one of the browsers here."""
        return "mobileapp" if self.os in OF_APPS else among(BROWSERS, self.software or "")

    @property
    def os(self) -> str:
        """Their operating system, as the device or else its platform tells."""
        return among(SYSTEMS, self.system or self.platform or "")

    @property
    def device(self) -> str:
        """What they hold in their hand; everything large passes for a desktop."""
        usual = "mobile" if self.os in OF_APPS else "desktop"
        found = (self.form_factor or usual).lower()
        return found if found in DEVICES else "desktop"


BLOCKS = {"session_source": SOURCES, "browser": BROWSERS, "os": SYSTEMS, "device": DEVICES}


def live(project: Project, asked: Asked) -> Answer:
    """Count who was active in the last five minutes. Reference: data 8.3."""
    flags = asked.document()
    if any(not isinstance(value, bool) for value in flags.values()):
        raise RefusedError("Invalid parameters")  # made up
    now = int(project.clock())
    with project.database() as db:
        visitors = _visitors(db, now)
    body: dict[str, Any] = {"status": "success", "count": len(visitors)}
    if flags.get("user_type"):
        body["user_type"] = tally((each.user_type for each in visitors), USER_TYPES)
    if not project.behaviours.now_has_only_user_type:
        body |= _blocks(visitors, [name for name in BLOCKS if flags.get(name)])
        if flags.get("new"):
            body["new"] = _blocks([each for each in visitors if each.is_new], list(BLOCKS))
    return answer({**body, "last_processed_ts": now})


def _visitors(db: sqlite3.Connection, now: int) -> list[Visitor]:
    return [Visitor(*row) for row in db.execute(LIVE, {"since": now - LIVE_SECONDS, "now": now})]


def _blocks(visitors: list[Visitor], names: list[str]) -> dict[str, dict[str, int]]:
    return {name: tally((getattr(each, name) for each in visitors), BLOCKS[name]) for name in names}


def tally(found: Iterable[str], buckets: tuple[str, ...]) -> dict[str, int]:
    """How many fell into each bucket, empty ones included."""
    seen = list(found)
    return {bucket: seen.count(bucket) for bucket in buckets}


def among(buckets: tuple[str, ...], name: str) -> str:
    """The bucket that a name belongs to, such as mac for `Mac OS X`."""
    return next((bucket for bucket in buckets if name.lower().startswith(bucket)), "others")
