"""Campaigns: estimate, launch, list, measure, stop (reference: engagement 3, 6, 7, 8)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Listing, Result, Toolset, action
from clevertap_tools.campaign import Campaign
from clevertap_tools.campaign_list import found, listed
from clevertap_tools.client import Client
from clevertap_tools.copies import with_copies
from clevertap_tools.effect import Effect
from clevertap_tools.errors import OutcomeUnknownError
from clevertap_tools.estimate import estimated, post_campaign, read_estimate
from clevertap_tools.moments import Day, ProjectTime
from clevertap_tools.nearest import to_mind
from clevertap_tools.preview import Preview
from clevertap_tools.query import OUR_WARNINGS, span
from clevertap_tools.wire import Answer, JsonObject
from clevertap_tools.words.campaign import campaign_deed, campaign_details, stop_deed

STOP = "/1/targets/stop.json"
REPORT = "/1/targets/result.json"
CONFLICT = 409
NO_REACH = "CleverTap gave no estimate that can be read; the reach is not known."
UNFINISHED_TEXTS = ("this target has no result as of yet", "this target hasn't been completed")
"""What CleverTap says, under one HTTP status or another, of a campaign that has no report."""


class CampaignRange(Arguments):
    """Which campaigns: those scheduled to start on these days."""

    from_: Annotated[Day, Field(alias="from", description="First day: YYYY-MM-DD, today, -7d; project time")]
    to: Annotated[Day, Field(description="Last day, inclusive; may lie ahead")]


class CampaignId(Arguments):
    """One campaign."""

    id: Annotated[int, Field(ge=1, description="Campaign id")]


class CampaignRow(Result):
    """One campaign of the list."""

    id: int | None = None
    name: str | None = None
    status: str | None = None
    scheduled_on: str | None = Field(default=None, description="ISO 8601, project time")


class Campaigns(Listing):
    """The campaigns of a range."""

    rows: ClassVar[str] = "campaigns"

    campaigns: list[CampaignRow]
    returned: int
    truncated: bool = False

    @property
    def theirs(self) -> frozenset[str]:
        """The campaigns: names are written by whoever made them."""
        return frozenset({"campaigns"})


class CampaignReport(Result):
    """How a campaign did."""

    id: int
    finished: bool = Field(description="False: no figures yet, ask again later")
    sent: int | None = None
    clicked: int | None = None
    result: dict[str, Any] | None = Field(default=None, description="All figures CleverTap gave")

    @property
    def theirs(self) -> frozenset[str]:
        """All that CleverTap gave."""
        return frozenset({"result"})


class CreatedCampaign(Result):
    """A campaign that was created, or the reach of one that was not."""

    id: int | None = Field(default=None)
    name: str
    status: str
    estimates: dict[str, int] | None = Field(default=None)
    reach: int | None = Field(default=None, description="Upper bound")
    warning: str | None = None

    @property
    def found(self) -> int:
        """How many people of the audience are expected."""
        return sum((self.estimates or {}).values())

    @property
    def theirs(self) -> frozenset[str]:
        """The warning, where it names properties of the project."""
        return frozenset({"warning"} if self.warning not in {*OUR_WARNINGS, NO_REACH} else ())


class StoppedCampaign(Result):
    """A campaign that is stopped."""

    id: int
    status: str


def effect_of_campaign(asked: Campaign) -> Effect:
    """An estimate creates nothing."""
    return Effect.READ if asked.estimate_only else Effect.SEND


async def preview_campaign(client: Client, asked: Campaign, told: Campaign) -> Preview:
    """What a campaign says, to whom and when; its reach is asked of CleverTap.

    Raises:
        InvalidRequestError: CleverTap would refuse the campaign too.
    """
    time = ProjectTime.of(client.account, client.clock())
    estimate = await estimated(client, asked.sent(time))
    known = estimate.parts if estimate.certain else None
    reach = with_copies(estimate.reach, asked.copies)
    return Preview(campaign_deed(told), campaign_details(told, known, time), reach, comes_again=asked.recurs)


async def preview_stop(client: Client, asked: CampaignId, told: CampaignId) -> Preview:
    """What stopping means; nobody can tell how many will not be reached."""
    row = campaign_row(client.shown(await found(client, asked.id)), ProjectTime(None, client.clock()))
    return Preview(stop_deed(told.id, row.name, row.status, row.scheduled_on))


@action(
    title="Get campaigns",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/targets/list.json",),
)
async def get_campaigns(client: Client, asked: CampaignRange) -> Campaigns:
    """List the campaigns scheduled to start in a range of days, best up to 31.

    Pending ones lie ahead. Campaigns made in the dashboard may be missing. For figures use
    clevertap_get_campaign_report.

    Raises:
        InvalidArgumentsError: `from` is after `to`, or a relative day without a known zone.

    Reference: engagement 7
    """
    time = ProjectTime.of(client.account, client.clock())
    rows = [campaign_row(each, time) for each in await listed(client, span(asked.from_, asked.to, time, ""))]
    return Campaigns(campaigns=rows, returned=len(rows))


@action(
    title="Get campaign report",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/targets/result.json",),
)
async def get_campaign_report(client: Client, asked: CampaignId) -> CampaignReport:
    """Tell how a completed campaign did: sent, clicked and what else CleverTap counts.

    An id comes from clevertap_get_campaigns or clevertap_create_campaign. finished=false means that it has not
    completed.

    Reference: engagement 8
    """
    result = await client.send(wire.post(REPORT, {"id": asked.id}, Effect.READ, read_report))
    if result is None:
        return CampaignReport(id=asked.id, finished=False)
    return CampaignReport(
        id=asked.id,
        finished=True,
        sent=wire.natural(result.get("sent")),
        clicked=wire.natural(result.get("clicked")),
        result=result,
    )


@action(
    title="Create campaign",
    effect=effect_of_campaign,
    effects=frozenset({Effect.READ, Effect.SEND}),
    toolset=Toolset.CORE,
    calls=("POST /1/targets/create.json", "GET /getSchema"),
    preview=preview_campaign,
    once=True,
)
async def create_campaign(client: Client, asked: Campaign) -> CreatedCampaign:
    """Launch a campaign to an audience, or with estimate_only tell whom it would reach.

    Estimate first and show the reach: a launch messages real people and cannot be recalled.

    Example: {"name": "Win-back", "target_mode": "push", "where": {"event_name": "Charged", "from": "-90d", "to":
    "-60d"}, "devices": ["ios"], "content": {"title": "Hi", "body": "Back soon?"}, "estimate_only": true}

    Raises:
        OutcomeUnknownError: The answer was lost; the campaign may exist.

    Reference: engagement 3
    """
    time = ProjectTime.of(client.account, client.clock())
    try:
        body = await post_campaign(client, asked.sent(time), effect_of_campaign(asked))
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(
            error.message,
            next_step=f"Look for the name {asked.name!r} with clevertap_get_campaigns before trying again.",
        ) from None
    made = created(asked, body)
    if asked.where is None or not asked.estimate_only or made.warning:
        return made
    return made.model_copy(update={"warning": await to_mind(client, asked.where, nothing=not made.found)})


@action(
    title="Stop campaign",
    effect=Effect.DESTROY,
    toolset=Toolset.CORE,
    calls=("POST /1/targets/list.json", "POST /1/targets/stop.json"),
    preview=preview_stop,
)
async def stop_campaign(client: Client, asked: CampaignId) -> StoppedCampaign:
    """Stop a scheduled or running campaign for good.

    It cannot be started again; what was sent stays sent. The id comes from clevertap_get_campaigns.

    Raises:
        OutcomeUnknownError: The answer was lost; it may have stopped.

    Reference: engagement 6
    """
    try:
        await client.send(wire.post(STOP, {"id": asked.id}, Effect.DESTROY, wire.read_envelope))
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(
            error.message,
            next_step="Look at its status with clevertap_get_campaigns; stopping it twice is harmless.",
        ) from None
    return StoppedCampaign(id=asked.id, status="stopped")


def read_report(answer: Answer) -> JsonObject | None:
    """The figures of a campaign, None while it has none: 409, 500 with its own text, or 200 with only `error`.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    said = wire.error_text(answer).lower()
    if answer.status == CONFLICT or any(text in said for text in UNFINISHED_TEXTS):
        return None
    body = wire.read_body(answer)
    if body.get("error") and "result" not in body and body.get("status") != "fail":
        return None
    result = wire.read_envelope(answer).get("result")
    return result if isinstance(result, dict) else {}


def created(asked: Campaign, body: JsonObject) -> CreatedCampaign:
    """What CleverTap made of a campaign."""
    estimate = read_estimate(body)
    return CreatedCampaign(
        id=wire.natural(body.get("id")),
        name=asked.name,
        status="estimate" if asked.estimate_only else "draft" if asked.draft else "created",
        estimates=estimate.parts or None,
        reach=with_copies(estimate.reach, asked.copies),
        warning=None if estimate.certain or asked.skip_estimate else NO_REACH,
    )


def campaign_row(target: JsonObject, time: ProjectTime) -> CampaignRow:
    """One campaign of CleverTap's list."""
    start = target.get("scheduled_on")
    return CampaignRow(
        id=wire.natural(target.get("id")),
        name=text(target.get("name")),
        status=text(target.get("status")),
        scheduled_on=text(time.scheduled(start)) if start is not None else None,
    )


def text(value: object) -> str | None:
    """A value as text, None if there is none."""
    return None if value is None else str(value)
