"""The stored campaigns and what each of them is at this moment. Reference: engagement 3.3 and 6 to 9.

A campaign is `pending` until its first run, `running` until its last run has taken its time (`campaign_run`), and then
`completed`; one that recurs without end stays `running`. `stopped`, `draft` and `approval pending` stay as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from clevertap_sandbox.endpoints.drafts import Draft
    from clevertap_sandbox.project import Project

VIEWED_PERCENT, CLICKED_PERCENT = 40, 3
"""Shares of those a campaign was sent to, rounded down. Made up."""
TARGET_CAP = "upper_cap_for_target_segment"
COLUMNS = "id, name, channel, body, starts, last_starts, scheduled, estimates, held, held_at, origin"
LARGEST_ID = 2**63
API = "api"


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
        caps = (self.body.get(cap) for cap in ("users_limit_overall", "users_limit_per_run", TARGET_CAP))
        return min([sum(self.estimates.values()), *(cap for cap in caps if isinstance(cap, int))])

    @property
    def viewed(self) -> int:
        """How many were seen."""
        return self.sent * VIEWED_PERCENT // 100

    @property
    def clicked(self) -> int:
        """How many were clicked."""
        return self.sent * CLICKED_PERCENT // 100


def store_campaign(db: sqlite3.Connection, project: Project, draft: Draft, estimates: dict[str, int]) -> int:
    """Keep a campaign made by the API; its id."""
    now = datetime.fromtimestamp(project.clock(), UTC)
    starts = draft.schedule.starts or now
    last = None if draft.schedule.endless else (draft.schedule.last or starts).timestamp()
    row = {
        "name": draft.name,
        "channel": draft.mode,
        "body": json.dumps(draft.body),
        "starts": starts.timestamp(),
        "last_starts": last,
        "estimates": json.dumps(estimates),
        "held": _held(project, draft, estimates),
        "origin": API,
    }
    return _insert(db, project, row)


def store_dashboard_campaign(db: sqlite3.Connection, project: Project, made: Mapping[str, Any]) -> int:
    """Keep a campaign made in the dashboard; its id.

    Args:
        db: The project's data.
        project: The project.
        made: Its `name`, `channel`, `starts` (epoch seconds) and `estimates`; what else there is becomes its body.
    """
    row = {
        **{name: made[name] for name in ("name", "channel", "starts")},
        "body": json.dumps(made),
        "last_starts": made["starts"],
        "estimates": json.dumps(made["estimates"]),
        "held": None,
        "origin": "dashboard",
    }
    return _insert(db, project, row)


def _insert(db: sqlite3.Connection, project: Project, row: dict[str, Any]) -> int:
    # Ten digits that look like epoch seconds (engagement 3.3), and no two alike.
    now = int(project.clock())
    (number,) = db.execute("SELECT max(?, coalesce(max(id), 0) + 1) FROM campaigns", (now,)).fetchone()
    whole = {**row, "id": number, "scheduled": project.stamp(row["starts"]), "held_at": 0}
    db.execute(f"INSERT INTO campaigns ({COLUMNS}) VALUES (:{COLUMNS.replace(', ', ', :')})", whole)  # noqa: S608 (fixed)
    return int(number)


def _held(project: Project, draft: Draft, estimates: dict[str, int]) -> str | None:
    """What keeps a new campaign from ever going out."""
    if draft.body.get("draft") is True:
        return "draft"
    if project.behaviours.approval_workflow:
        return "approval pending"  # made up; the dashboard says Approval Pending (engagement 17)
    cap = draft.body.get(TARGET_CAP)
    too_many = project.behaviours.target_cap_cancels and cap is not None and sum(estimates.values()) > cap
    return "stopped" if too_many else None


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
    if isinstance(wanted, bool) or not isinstance(wanted, int) or abs(wanted) >= LARGEST_ID:
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
