"""The stored campaigns and what each of them is at this moment. Reference: engagement 3.3 and 6 to 9.

A campaign is `pending` until its first run, `running` until its last run has taken its time (`campaign_run`), and then
`completed`; one that recurs without end stays `running`. `stopped`, `draft` and `approval pending` stay as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_sandbox.state.numbers import MADE, is_id, next_id

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Project

VIEWED_PERCENT, CLICKED_PERCENT = 40, 3
"""Shares of those a campaign was sent to, rounded down. Made up."""
CAPS = ("users_limit_overall", "users_limit_per_run", "upper_cap_for_target_segment")
COLUMNS = "id, name, channel, body, starts, last_starts, scheduled, estimates, held, held_at, origin"
API, DASHBOARD = "api", "dashboard"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign at one moment."""

    id: int
    name: str
    channel: str
    """As `target_mode` has it, in lower case."""
    body: dict[str, Any]
    """The JSON it was created with."""
    scheduled: int
    """Its first run, yyyyMMddHHmmss in the project's zone."""
    estimates: dict[str, int]
    status: str
    went_out: bool
    """Whether its first run began before anything held it."""
    origin: str
    """`api` or `dashboard`."""

    @property
    def sent(self) -> int:
        """How many messages went out: as many as were estimated, within the caps."""
        if not self.went_out:
            return 0
        caps = (self.body.get(cap) for cap in CAPS)
        return min([sum(self.estimates.values()), *(cap for cap in caps if isinstance(cap, int))])

    @property
    def viewed(self) -> int:
        """How many were seen."""
        return self.sent * VIEWED_PERCENT // 100

    @property
    def clicked(self) -> int:
        """How many were clicked."""
        return self.sent * CLICKED_PERCENT // 100


class Made(NamedTuple):
    """A campaign as it was made."""

    name: str
    channel: str
    body: dict[str, Any]
    starts: float
    """Its first run, epoch seconds."""
    last_starts: float | None
    """Its last run; None: it comes again without end."""
    estimates: dict[str, int]
    held: str | None
    """What keeps it from ever going out, as a status."""
    origin: str


def store_campaign(db: sqlite3.Connection, project: Project, made: Made) -> int:
    """Keep a campaign; its id, which looks like epoch seconds (engagement 3.3)."""
    number = next_id(db, MADE, project.clock())
    body, estimates = json.dumps(made.body), json.dumps(made.estimates)
    told = {"body": body, "estimates": estimates, "scheduled": project.stamp(made.starts), "held_at": 0}
    row = {**made._asdict(), **told, "id": number}
    db.execute(f"INSERT INTO campaigns ({COLUMNS}) VALUES (:{COLUMNS.replace(', ', ', :')})", row)  # noqa: S608 (fixed)
    return number


def stop_campaign(db: sqlite3.Connection, project: Project, number: int) -> None:
    """Stop a campaign for good; what never went out has not gone out by that."""
    sql = (
        "UPDATE campaigns SET held = 'stopped', held_at = iif(held IS NULL, ?, held_at) "
        "WHERE id = ? AND held IS NOT 'stopped'"
    )
    db.execute(sql, (project.clock(), number))


def all_campaigns(db: sqlite3.Connection, project: Project) -> list[Campaign]:
    """Every campaign, by id."""
    rows = db.execute(f"SELECT {COLUMNS} FROM campaigns ORDER BY id")  # noqa: S608 (fixed)
    return [_campaign(row, project) for row in rows]


def find_campaign(db: sqlite3.Connection, project: Project, wanted: object) -> Campaign | None:
    """One campaign by its id, which is a number."""
    if not is_id(wanted):
        return None
    row = db.execute(f"SELECT {COLUMNS} FROM campaigns WHERE id = ?", (wanted,)).fetchone()  # noqa: S608 (fixed)
    return row and _campaign(row, project)


def _campaign(row: tuple[Any, ...], project: Project) -> Campaign:
    number, name, channel, body, starts, last, scheduled, estimates, held, held_at, origin = row
    now = project.clock()
    return Campaign(
        id=number,
        name=name,
        channel=channel,
        body=json.loads(body),
        scheduled=scheduled,
        estimates=json.loads(estimates),
        status=held or _status(now, starts, last, project.behaviours.campaign_run),
        went_out=starts <= (held_at if held else now),
        origin=origin,
    )


def _status(now: float, starts: float, last: float | None, run: float) -> str:
    if now < starts:
        return "pending"
    return "running" if last is None or now < last + run else "completed"
