"""What people make in CleverTap's dashboard and no API can: campaigns. Reference: engagement 6, 7 and 9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.language.filters import is_number
from clevertap_sandbox.state.campaigns import DASHBOARD, Made, store_campaign

if TYPE_CHECKING:
    from clevertap_sandbox.project import Project

LATEST = 1e11
"""What is later is milliseconds."""


def store_campaigns(project: Project, entries: object) -> int:
    """Store campaigns of the dashboard, all or none. Returns how many there were.

    Args:
        project: Where they are stored.
        entries: A list of objects with `name`, `channel` (as `target_mode` has it), and optionally `starts` (epoch
            seconds; default: now), `estimates` (people by device or `web`), `labels` and `devices`.

    Raises:
        ValueError: an entry is no such object; the message says why.
    """
    if not isinstance(entries, list):
        raise ValueError("a list of objects is needed")  # noqa: TRY004 (bad JSON, not a bad call)
    made = [_campaign(entry, project.clock()) for entry in entries]
    with project.database() as db:
        for each in made:
            store_campaign(db, project, each)
    return len(made)


def _campaign(entry: object, now: float) -> Made:
    given: dict[str, Any] = {"starts": now, "estimates": {}} | (entry if isinstance(entry, dict) else {})
    if not all(isinstance(given.get(field), str) for field in ("name", "channel")):
        raise ValueError("name and channel are needed, as text")
    if not is_number(given["starts"]) or not 0 < given["starts"] < LATEST:
        raise ValueError("starts must be epoch seconds")
    estimates = given["estimates"]
    if not isinstance(estimates, dict) or not all(isinstance(figure, int) for figure in estimates.values()):
        raise ValueError("estimates must be an object of whole numbers")
    labels = given.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels must be a list of texts")
    return Made(
        name=given["name"],
        channel=given["channel"],
        body=given,
        starts=given["starts"],
        last_starts=given["starts"],
        estimates=estimates,
        held=None,
        origin=DASHBOARD,
    )
