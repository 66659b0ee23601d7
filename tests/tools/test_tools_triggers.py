"""Campaigns of the dashboard that a call sets off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import (
    CredentialsError,
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitedError,
)

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

TRIGGER, BULLETIN = "trigger-campaign", "trigger-bulletin"
ONE, SEVERAL, ANNOUNCED = "/1/send/externaltrigger.json", "/2/send/externaltrigger.json", "/1/targets/trigger.json"
NOW = 1_780_000_000
EXAMPLE: dict[str, Any] = {
    "to": {"identity": ["u-1001"]},
    "campaign_id": "1761000042",
    "ExternalTrigger": {"Name": "Mira", "items": [{"sku": "A1", "price": "12.50"}]},
}
TWO: list[dict[str, Any]] = [
    {"to": {"email": ["a@example.net"]}, "campaign_id": "1761000042", "ExternalTrigger": {"pts": "100"}},
    {"to": {"email": ["b@example.net"]}, "campaign_id": "1761000043", "ExternalTrigger": {}},
]
EPISODE: dict[str, Any] = {
    "business_event": "Episode Released",
    "name": "Ep 7",
    "properties": {"series_id": "88"},
    "c-by": "mira@example.net",
    "when": "now",
}


async def preview(site: Site, key: str, given: dict[str, Any]) -> Preview:
    action = CATALOGUE[key]
    assert action.preview
    async with site.client() as client:
        asked = action.parse(given)
        return await action.preview(client.for_call(), asked, asked)


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else "x"


async def test_the_references_trigger_arrives_as_it_stands_by_the_first_version(site: Site, perform: Perform) -> None:
    result = await perform(site, TRIGGER, {"triggers": [EXAMPLE]})
    assert site.bodies(ONE) == [EXAMPLE]
    assert result.model_dump(exclude_none=True) == {
        "campaigns": 1,
        "people": 1,
        "message": "Added to queue for processing",
    }
    assert "x-clevertap-token" not in site.asked(ONE)[0].headers


@pytest.mark.parametrize("form", ["either", "d"])
async def test_several_triggers_arrive_as_in_the_reference_with_the_account_token(
    make_site: MakeSite, perform: Perform, form: str
) -> None:
    site = make_site(trigger_form=form)
    result = await perform(site, TRIGGER, {"triggers": TWO})
    assert site.bodies(SEVERAL) == [{"d": TWO}]
    assert site.asked(SEVERAL)[0].headers["x-clevertap-token"]
    assert (result.campaigns, result.people) == (2, 2)


async def test_numbers_are_sent_as_text_which_is_all_that_templates_read(site: Site, perform: Perform) -> None:
    variables = {"pts": 100, "price": 12.5, "vip": True, "items": [{"n": 1}, "x"], "none": {}}
    trigger = {**EXAMPLE, "campaign_id": 1761000042, "to": {"Identity": [7]}, "ExternalTrigger": variables}
    await perform(site, TRIGGER, {"triggers": [trigger]})
    assert site.bodies(ONE) == [
        {
            "to": {"identity": ["7"]},
            "campaign_id": "1761000042",
            "ExternalTrigger": {
                "pts": "100", "price": "12.5", "vip": "true", "items": [{"n": "1"}, "x"], "none": {},
            },
        }
    ]  # fmt: skip


async def test_variables_that_were_left_out_stay_left_out(site: Site, perform: Perform) -> None:
    trigger = {"campaign_id": "1761000042", "to": {"objectId": ["_a"]}}
    await perform(site, TRIGGER, {"triggers": [trigger]})
    assert site.bodies(ONE) == [trigger]


@pytest.mark.parametrize(
    ("triggers", "field", "told"),
    [
        ([], "triggers", "needs at least 1 entries"),
        ([EXAMPLE] * 6, "triggers", "takes at most 5 entries"),
        ([{**EXAMPLE, "campaign_id": "x1"}], "triggers[0].campaign_id", "must look like"),
        ([{**EXAMPLE, "campaign_id": "١٢"}], "triggers[0].campaign_id", "must look like"),
        ([{**EXAMPLE, "campaign_id": "01761000042"}], "triggers[0].campaign_id", "must look like"),
        ([{**EXAMPLE, "to": {}}], "triggers[0].to", "names nobody; give lists of identity, email, objectId"),
        ([{**EXAMPLE, "to": {"FBID": ["1"]}}], "triggers[0].to.FBID", "is not an argument here"),
        ([{**EXAMPLE, "to": {"identity": ["a", "a"]}}], "triggers[0].to", "names somebody twice"),
        ([EXAMPLE, EXAMPLE], "triggers", "names somebody twice for one campaign"),
        (
            [{**EXAMPLE, "to": {"email": [each]}} for each in ("a@b.co", " A@b.co")],
            "triggers",
            "names somebody twice for one campaign (entry 1)",
        ),
        ([{**EXAMPLE, "ExternalTrigger": {"a": None}}], "triggers[0].ExternalTrigger", "holds a null"),
        ([{**EXAMPLE, "ExternalTrigger": {"a": deep(9)}}], "triggers[0].ExternalTrigger", "levels deep"),
        ([{**EXAMPLE, "ExternalTrigger": "x"}], "triggers[0].ExternalTrigger", "must be an object"),
        ([{**EXAMPLE, "externalTrigger": {}}], "triggers[0].externalTrigger", "is not an argument here"),
    ],
)
async def test_a_bad_trigger_is_refused_before_anything_leaves(
    site: Site, perform: Perform, triggers: list[Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        await perform(site, TRIGGER, {"triggers": triggers})
    assert told in str(refused.value)
    assert refused.value.problems[0].field.startswith(field)
    assert site.sandbox.requests == []


async def test_one_campaign_may_go_to_different_people_with_different_words(site: Site, perform: Perform) -> None:
    given = [EXAMPLE, {**EXAMPLE, "to": {"identity": ["u-1002"]}, "ExternalTrigger": {"Name": "Jo"}}]
    result = await perform(site, TRIGGER, {"triggers": given})
    assert site.bodies(SEVERAL) == [{"d": given}]
    assert (result.campaigns, result.people) == (1, 2)


async def test_a_campaign_that_is_not_published_is_refused(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(trigger_campaigns=frozenset())
    with pytest.raises(InvalidRequestError, match="Invalid campaign id"):
        await perform(site, TRIGGER, {"triggers": [EXAMPLE]})


@pytest.mark.parametrize("needed", [True, False])
async def test_without_the_account_token_the_refusal_says_what_to_do(
    make_site: MakeSite, perform: Perform, needed: bool
) -> None:
    site = make_site(trigger_needs_token=needed)
    account = replace(site.account(), token=None)
    assert (await perform(site, TRIGGER, {"triggers": [EXAMPLE]}, account=account)).campaigns == 1
    if not needed:
        assert (await perform(site, TRIGGER, {"triggers": TWO}, account=account)).campaigns == 2
        return
    with pytest.raises(CredentialsError) as refused:
        await perform(site, TRIGGER, {"triggers": TWO}, account=account)
    assert "CLEVERTAP_ACCOUNT_TOKEN" in refused.value.next


@pytest.mark.parametrize("key", [TRIGGER, BULLETIN])
@pytest.mark.parametrize("kind", [Kind.RESET_AFTER, Kind.HTML, Kind.TRUNCATED, Kind.EMPTY, Kind.GZIP])
async def test_a_lost_answer_is_not_repeated_and_says_how_to_look(
    site: Site, perform: Perform, key: str, kind: Kind
) -> None:
    site.breaks(kind)
    with pytest.raises(OutcomeUnknownError) as lost:
        await perform(site, key, {"triggers": [EXAMPLE]} if key == TRIGGER else EPISODE)
    assert "Look first whether its messages went out" in lost.value.next
    assert len(site.sandbox.requests) == 1


@pytest.mark.parametrize("key", [TRIGGER, BULLETIN])
async def test_what_clevertap_was_too_busy_for_is_tried_again(site: Site, perform: Perform, key: str) -> None:
    site.breaks(Kind.STATUS, status=429)
    await perform(site, key, {"triggers": [EXAMPLE]} if key == TRIGGER else EPISODE)
    assert len(site.sandbox.requests) == 2
    site.breaks(Kind.STATUS, status=429, times=None)
    with pytest.raises(RateLimitedError):
        await perform(site, key, {"triggers": [EXAMPLE]} if key == TRIGGER else EPISODE)


async def test_a_preview_tells_which_campaign_goes_to_whom_with_what(site: Site) -> None:
    told = await preview(site, TRIGGER, {"triggers": [*TWO, {**EXAMPLE, "ExternalTrigger": {"url": "https://x.co/a"}}]})
    assert told.deed == "Start campaigns 1761000042 and 1761000043, made in the dashboard, for 3 people now."
    assert told.reach == 3
    assert told.details == (
        'Campaign 1761000042 to email "a@example.net"',
        'Campaign 1761000042, variables: "pts"="100"',
        'Campaign 1761000043 to email "b@example.net"',
        'Campaign 1761000042 to identity "u-1001"',
        'Campaign 1761000042, variables: "url"="https://x.co/a"',
        "Links: https://x.co/a",
    )
    assert site.sandbox.requests == []


async def test_everybody_who_is_named_counts(site: Site) -> None:
    triggers = [{**each, "to": {"identity": [f"c-{number}" for number in range(200)]}} for each in TWO]
    asked = CATALOGUE[TRIGGER].parse({"triggers": triggers})
    assert asked.record_count == 400
    assert (await preview(site, TRIGGER, {"triggers": triggers})).reach == 400


async def test_the_references_bulletin_arrives_as_it_stands(site: Site, perform: Perform) -> None:
    result = await perform(site, BULLETIN, EPISODE)
    assert site.bodies(ANNOUNCED) == [EPISODE]
    assert result.model_dump(exclude_none=True) == {"name": "Ep 7", "starts": "now"}


async def test_numbers_of_a_bulletin_are_sent_as_text(site: Site, perform: Perform) -> None:
    await perform(site, BULLETIN, {**EPISODE, "properties": {"series_id": 88, "price": 1.5, "free": False}})
    assert site.bodies(ANNOUNCED)[0]["properties"] == {"series_id": "88", "price": "1.5", "free": "false"}


async def test_now_is_when_a_bulletin_goes_out_unless_a_moment_is_given(site: Site, perform: Perform) -> None:
    await perform(site, BULLETIN, {name: value for name, value in EPISODE.items() if name != "when"})
    assert site.bodies(ANNOUNCED) == [EPISODE]


@pytest.mark.parametrize(
    "when", [NOW + 3600, "2026-05-28T21:26:40Z", "2026-05-28T22:26:40+01:00", "2026-05-28T21:26:40"]
)
async def test_a_moment_is_sent_as_epoch_seconds(site: Site, perform: Perform, when: Any) -> None:
    result = await perform(site, BULLETIN, {**EPISODE, "when": when})
    assert site.bodies(ANNOUNCED) == [{**EPISODE, "when": NOW + 3600}]
    assert result.starts == "2026-05-28T21:26:40+00:00"


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"business_event": "x" * 121}, "business_event", "longer than 120 characters"),
        ({"business_event": ""}, "business_event", "shorter than 1 characters"),
        ({"properties": {"series_id": ["88"]}}, "properties.series_id", "must be text"),
        ({"properties": {"series_id": 10**600}}, "properties.series_id", "longer than 512 bytes"),
        ({"properties": {"x" * 121: "1"}}, "properties", "longer than 120 characters"),
        ({"properties": {"series_id": "é" * 257}}, "properties.series_id", "longer than 512 bytes"),
        ({"c-by": "mira"}, "c-by", "must look like"),
        ({"when": "soon"}, "when", "must be epoch seconds or ISO 8601"),
        ({"when": NOW * 1000}, "when", "divide by 1000"),
        ({"when": NOW - 1}, "when", "is past"),
        ({"business_event": None}, "business_event", "is missing"),
    ],
)
async def test_a_bad_bulletin_is_refused_before_anything_leaves(
    site: Site, perform: Perform, given: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        await perform(site, BULLETIN, {**EPISODE, **given})
    assert told in str(refused.value)
    assert refused.value.problems[0].field.startswith(field)
    assert site.sandbox.requests == []


async def test_a_moment_without_an_offset_needs_the_projects_zone(site: Site, perform: Perform) -> None:
    given = {**EPISODE, "when": "2026-06-01T10:00:00"}
    with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE"):
        await perform(site, BULLETIN, given, account=site.account(zone=None))
    await perform(site, BULLETIN, given, account=site.account(zone=ZoneInfo("Asia/Kolkata")))
    assert site.bodies(ANNOUNCED)[0]["when"] == 1780288200


async def test_an_unknown_business_event_is_refused(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(business_events=frozenset())
    with pytest.raises(InvalidRequestError, match="Business event not found"):
        await perform(site, BULLETIN, EPISODE)


async def test_nobody_can_tell_how_many_a_bulletin_reaches(site: Site) -> None:
    told = await preview(site, BULLETIN, {**EPISODE, "when": NOW + 3600, "properties": {"url": "https://x.co/a"}})
    assert told.reach is None
    assert told.deed == (
        'Announce "Ep 7", a "Episode Released", to all who are interested, at 2026-05-28T21:26:40+00:00.'
    )
    assert told.details == (
        'Properties: "url"="https://x.co/a"',
        'In the name of "mira@example.net"',
        "Links: https://x.co/a",
    )
    with pytest.raises(InvalidArgumentsError):
        await preview(site, BULLETIN, {**EPISODE, "when": NOW - 1})
    assert site.sandbox.requests == []
