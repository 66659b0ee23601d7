"""Who may be written to: opt-outs, freed numbers, groups, and profiles that are taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions.subscriptions import read_groups
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, UnreadableAnswerError
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

SET, FREE, DEMERGE, GROUPS = (
    "set-subscription",
    "disassociate-phone",
    "demerge-user-profiles",
    "get-subscription-groups",
)
SUBSCRIBE, DISASSOCIATE, DEMERGED = "/1/subscribe", "/1/disassociate", "/1/demerge/profiles.json"
EMAIL = {"type": "email", "value": "mira@example.org", "status": "Unsubscribe"}
PHONE = {"type": "phone", "value": "+34911222333", "status": "Resubscribe"}
SHORT = {"type": "phone", "value": "12", "status": "Unsubscribe"}


def numbers(count: int) -> list[str]:
    return [f"+34911{number:06}" for number in range(count)]


def silenced(count: int) -> list[dict[str, Any]]:
    return [{"type": "phone", "value": number, "status": "Unsubscribe"} for number in numbers(count)]


async def preview(site: Site, key: str, given: dict[str, Any]) -> Preview:
    action = CATALOGUE[key]
    assert action.preview
    async with site.client() as client:
        asked = action.parse(given)
        return await action.preview(client.for_call(), asked, asked)


async def test_the_references_subscriptions_arrive_as_they_stand(site: Site, perform: Perform) -> None:
    result = await perform(site, SET, {"subscriptions": [EMAIL, PHONE]})
    assert site.bodies(SUBSCRIBE) == [{"d": [EMAIL, PHONE]}]
    assert (result.sent, result.accepted, result.failure) == (2, 2, None)


async def test_a_refused_address_is_told_by_its_place(site: Site, perform: Perform) -> None:
    result = await perform(site, SET, {"subscriptions": [*silenced(1500), SHORT, EMAIL]})
    (refusal,) = result.refusals
    assert (refusal.index, refusal.code, refusal.reason) == (1500, 516, "Phone number is not valid")
    assert (result.sent, result.accepted, result.refused) == (1502, 1501, 1)
    assert [len(body["d"]) for body in site.bodies(SUBSCRIBE)] == [1000, 502]


@pytest.mark.parametrize("takes", [True, False])
async def test_whatsapp_is_an_address_where_clevertap_takes_it(
    make_site: MakeSite, perform: Perform, takes: bool
) -> None:
    site = make_site(subscribe_whatsapp=takes)
    result = await perform(site, SET, {"subscriptions": [{**PHONE, "type": "whatsapp"}]})
    assert result.accepted == int(takes)
    if not takes:
        assert result.refusals[0].reason == "Invalid type"
        assert result.failure.changed == "no"


@pytest.mark.parametrize(
    ("subscriptions", "effect"), [([EMAIL], Effect.UPSERT), ([PHONE], Effect.SEND), ([EMAIL, PHONE], Effect.SEND)]
)
def test_lifting_an_opt_out_is_a_send(subscriptions: list[Any], effect: Effect) -> None:
    action = CATALOGUE[SET]
    asked = action.parse({"subscriptions": subscriptions})
    assert action.effect_of(asked) is effect
    assert asked.record_count == len(subscriptions)


async def test_a_lost_unsubscription_is_repeated_and_a_lost_resubscription_is_not(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, SUBSCRIBE)
    assert (await perform(site, SET, {"subscriptions": [EMAIL]})).complete
    assert len(site.asked(SUBSCRIBE)) == 2
    site.forget()
    site.breaks(Kind.RESET_AFTER, SUBSCRIBE)
    result = await perform(site, SET, {"subscriptions": [PHONE]})
    assert (result.unaccounted, result.failure.changed) == (1, "unknown")
    assert len(site.asked(SUBSCRIBE)) == 1


async def test_a_preview_names_whose_opt_outs_are_lifted(site: Site) -> None:
    told = await preview(site, SET, {"subscriptions": [EMAIL, PHONE, *silenced(2)]})
    assert told.deed == "Lift the opt-out of 1 address, with every profile on the same one."
    assert told.details == ('Who: phone "+34911222333"', "Also silenced: 3 addresses")
    assert told.reach is None
    assert site.sandbox.requests == []


@pytest.mark.parametrize(
    ("key", "given", "field", "told"),
    [
        (SET, {"subscriptions": []}, "subscriptions", "needs at least 1 entries"),
        (SET, {"subscriptions": [{**EMAIL, "type": "fax"}]}, "subscriptions[0].type", "must be one of"),
        (SET, {"subscriptions": [{**EMAIL, "status": "unsubscribe"}]}, "subscriptions[0].status", "must be one of"),
        (SET, {"subscriptions": [{**EMAIL, "value": ""}]}, "subscriptions[0].value", "refuses"),
        (
            SET,
            {"subscriptions": [EMAIL, {**EMAIL, "status": "Resubscribe"}]},
            "subscriptions",
            "names somebody twice (email[1])",
        ),
        (SET, {"subscriptions": [{**EMAIL, "x": 1}]}, "subscriptions[0].x", "is not an argument here"),
        (FREE, {"phones": []}, "phones", "needs at least 1 entries"),
        (FREE, {"phones": "+34911222333"}, "phones", "must be a list"),
        (FREE, {"phones": ["+34911222333"] * 2}, "phones", "names somebody twice (phone[1])"),
        (FREE, {"phones": ["+34911222333", "+34911222333 "]}, "phones", "names somebody twice (phone[1])"),
        (FREE, {"phones": numbers(10_001)}, "phones", "takes at most 10000 entries"),
        (DEMERGE, {"identities": ["c-1", "c-1"]}, "identities", "names somebody twice"),
        (DEMERGE, {"identities": ["none"]}, "identities[0]", "refuses as an identity"),
        (DEMERGE, {"guid": ["__a"]}, "guid", "is not an argument here"),
        (GROUPS, {"type": "email"}, "type", "is not an argument here"),
    ],
)
async def test_bad_arguments_are_refused_before_anything_leaves(
    site: Site, perform: Perform, key: str, given: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        await perform(site, key, given)
    assert told in str(refused.value)
    assert field in {problem.field for problem in refused.value.problems}
    assert site.sandbox.requests == []


async def test_the_references_number_is_freed(site: Site, perform: Perform) -> None:
    result = await perform(site, FREE, {"phones": ["+34911222333"]})
    assert site.bodies(DISASSOCIATE) == [{"d": [{"type": "phone", "value": "+34911222333"}]}]
    assert result.complete


async def test_numbers_are_freed_a_thousand_at_a_time_and_refused_one_by_one(site: Site, perform: Perform) -> None:
    result = await perform(site, FREE, {"phones": [*numbers(1200), "99"]})
    assert [len(body["d"]) for body in site.bodies(DISASSOCIATE)] == [1000, 201]
    assert site.sandbox.peak(DISASSOCIATE) == 1
    assert [(each.index, each.code) for each in result.refusals] == [(1200, 516)]


async def test_the_references_profiles_are_demerged(site: Site, perform: Perform) -> None:
    result = await perform(site, DEMERGE, {"identities": ["cust-9001", "cust-9010"]})
    assert site.bodies(DEMERGED) == [{"identities": ["cust-9001", "cust-9010"]}]
    assert result.accepted == 2
    assert "Accepted means queued" in result.warning


async def test_profiles_are_demerged_a_hundred_at_a_time(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(demerge_delay=0)
    await perform(site, "upload-user-profiles", {"profiles": [{"identity": "c-1", "profileData": {}}]})
    result = await perform(site, DEMERGE, {"identities": [f"c-{number}" for number in range(250)]})
    assert [len(body["identities"]) for body in site.bodies(DEMERGED)] == [100, 100, 50]
    assert result.complete
    assert not (await perform(site, "get-user-profile", {"identity": "c-1"})).found


@pytest.mark.parametrize(
    ("key", "path", "given", "size"),
    [
        (FREE, DISASSOCIATE, {"phones": numbers(2500)}, 1000),
        (DEMERGE, DEMERGED, {"identities": [f"c-{number}" for number in range(250)]}, 100),
    ],
)
@pytest.mark.parametrize(("kind", "lost"), [(Kind.STATUS, False), (Kind.FAIL, False), (Kind.RESET_AFTER, True)])
async def test_what_cannot_be_undone_stops_at_the_first_failure(
    site: Site,
    perform: Perform,
    key: str,
    path: str,
    given: dict[str, Any],
    size: int,
    kind: Kind,
    lost: bool,
) -> None:
    site.breaks(kind, path, skip=1, status=None if lost else 400)
    result = await perform(site, key, given)
    assert (result.accepted, result.refused, result.unaccounted) == (size, 0 if lost else size, size if lost else 0)
    assert result.unsent == size // 2
    assert len(site.asked(path)) == 2


@pytest.mark.parametrize(
    ("key", "given", "deed", "who"),
    [
        (
            FREE,
            {"phones": ["+34911222333"]},
            "Take 1 phone number from whoever they identify, for good.",
            'Who: phone "+34911222333"',
        ),
        (
            DEMERGE,
            {"identities": ["c-1"]},
            "Take the profiles of 1 person apart for good; they lose all their identities.",
            'Who: identity "c-1"',
        ),
    ],
)
async def test_a_preview_names_whom_it_takes_something_from(
    site: Site, key: str, given: dict[str, Any], deed: str, who: str
) -> None:
    told = await preview(site, key, given)
    assert (told.deed, told.details, told.reach) == (deed, (who,), 1)
    assert site.sandbox.requests == []


@pytest.mark.parametrize("shape", ["list", "category_groups"])
async def test_groups_are_read_in_either_shape(make_site: MakeSite, perform: Perform, shape: str) -> None:
    site = make_site(category_groups=shape)
    result = await perform(site, GROUPS)
    assert [each.name for each in result.groups] == ["Newsletter", "Offers"]
    assert [each.key for each in result.groups] == ([1, 2] if shape == "list" else [None, None])
    assert result.returned == 2


def test_groups_are_read_from_a_mixture_and_missed_where_there_is_no_list() -> None:
    body = b'{"status":"success","list":["News",{"name":"Offers","key":"7"},{"key":null}]}'
    assert [(each.key, each.name) for each in read_groups(Answer(200, body))] == [
        (None, "News"),
        (7, "Offers"),
        (None, ""),
    ]
    with pytest.raises(UnreadableAnswerError):
        read_groups(Answer(200, b'{"status":"success"}'))
