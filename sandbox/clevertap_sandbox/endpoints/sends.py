"""Messages to named users, at once. Reference: engagement 4.

What counts is the queue: the answer says that the message is in it, never who got it. Whoever is unknown drops out
without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.endpoints.drafts import check_android_channel, check_content
from clevertap_sandbox.endpoints.receivers import MOST_RECEIVERS, OF_SENDS, TOO_MANY, receivers
from clevertap_sandbox.state.sends import campaign_of, have_android, is_campaign, keep, known

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

QUEUED = "Added to queue for processing"
LONGEST_MESSAGE_ID = 8


def send(project: Project, asked: Asked) -> Answer:
    """Queue one message to at most a thousand users, over the channel that the path names."""
    channel = asked.path.removeprefix("/1/send/").removesuffix(".json")
    body = asked.document()
    names = receivers(body, OF_SENDS)
    if len(names) > MOST_RECEIVERS:
        raise RefusedError(TOO_MANY)
    check_content(body, channel)
    if not isinstance(body.get("tag_group"), str | None):
        raise RefusedError("Field tag_group is not valid")  # made up
    if channel == "whatsapp":
        _check_message_id(body, project)
    with project.database() as db:
        people = known(db, names)
        if channel == "push" and project.behaviours.sends_need_android_channel and have_android(db, people):
            check_android_channel(body, project)
        campaign = _campaign(db, project, channel, body)
        keep(db, project.clock(), (channel, body), people, campaign)
    told = {"campaign_id": campaign} if project.behaviours.send_tells_campaign else {}
    return success(message=QUEUED, **told)


def _check_message_id(body: dict[str, Any], project: Project) -> None:
    given = body.get("message_id")
    if given is None and not project.behaviours.whatsapp_needs_message_id:
        return
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_MESSAGE_ID:
        raise RefusedError("Field message_id is empty" if not given else "Field message_id is not valid")  # made up


def _campaign(db: sqlite3.Connection, project: Project, channel: str, body: dict[str, Any]) -> int:
    """What the figures of a send are counted under: the campaign it names, or else that of its tag group."""
    if "campaign_id" not in body:
        return campaign_of(db, project.clock(), channel, body.get("tag_group"))
    if not is_campaign(db, body["campaign_id"]):
        raise RefusedError("Invalid campaign id")
    return int(body["campaign_id"])
