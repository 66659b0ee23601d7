from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.errors import InvalidRequestError, ServiceError

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

PROFILE = "/1/profile.json"
DELETE = "/1/delete/profiles.json"


@pytest.mark.parametrize("way", ["null_record", "no_record", "fail_200", "fail_404"])
async def test_nobody_is_not_found_in_each_of_clevertaps_ways(make_site: MakeSite, perform: Perform, way: str) -> None:
    site = make_site(profile_not_found=way)
    found = await perform(site, "get-user-profile", {"identity": "nobody"})
    assert found.model_dump(exclude_none=True) == {"found": False}
    assert len(site.asked(PROFILE)) == 1


@pytest.mark.parametrize(
    ("by", "value"),
    [("identity", "c-1"), ("email", "mira+shop@example.org"), ("objectId", "__dev/1"), ("identity", "a&b=c d%2B")],
)
async def test_a_person_is_found_by_any_one_name_however_it_is_spelled(
    site: Site, perform: Perform, by: str, value: str
) -> None:
    profile: dict[str, Any] = {"profileData": {"Plan": "Gold", "Email": "mira+shop@example.org"}}
    name = {"identity" if by == "email" else by: "c-1" if by == "email" else value}
    await perform(site, "upload-user-profiles", {"profiles": [{**name, **profile}]})
    found = await perform(site, "get-user-profile", {by: value})
    assert found.found
    assert found.record["profileData"]["Plan"] == "Gold"
    assert site.asked(PROFILE)[0].query == {by: value}


async def test_another_refusal_is_not_taken_for_nobody(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, PROFILE, status=403, error="Not permitted")
    with pytest.raises(InvalidRequestError, match="Not permitted"):
        await perform(site, "get-user-profile", {"identity": "c-1"})


async def test_an_outage_is_not_taken_for_nobody(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, PROFILE, status=503, times=None)
    with pytest.raises(ServiceError):
        await perform(site, "get-user-profile", {"identity": "c-1"})


def names(count: int) -> list[str]:
    return [f"c-{number}" for number in range(count)]


@pytest.mark.parametrize("kind", ["identity", "guid"])
async def test_people_are_erased_a_hundred_at_a_time_one_request_after_the_other(
    site: Site, perform: Perform, kind: str
) -> None:
    result = await perform(site, "delete-user-profile", {kind: names(250)})
    assert site.bodies(DELETE) == [{kind: names(250)[start : start + 100]} for start in (0, 100, 200)]
    assert site.sandbox.peak(DELETE) == 1
    assert (result.sent, result.accepted, result.unsent) == (250, 250, 0)
    assert result.failure is None
    assert "24 to 48 hours" in result.warning


async def test_an_erased_person_is_gone(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(deletion_delay=0)
    await perform(site, "upload-user-profiles", {"profiles": [{"identity": "c-1", "profileData": {}}]})
    await perform(site, "delete-user-profile", {"identity": ["c-1"]})
    assert not (await perform(site, "get-user-profile", {"identity": "c-1"})).found


@pytest.mark.parametrize(
    ("kind", "how", "refused", "unaccounted", "unsent", "requests"),
    [
        (Kind.STATUS, {"status": 400}, 100, 0, 100, 2),
        (Kind.STATUS, {"status": 401}, 100, 0, 100, 2),
        (Kind.STATUS, {"status": 429, "times": 4}, 100, 0, 100, 5),
        (Kind.STATUS, {"status": 500}, 0, 100, 100, 2),
        (Kind.FAIL, {}, 100, 0, 100, 2),
        (Kind.HTML, {}, 0, 100, 100, 2),
        (Kind.RESET_AFTER, {}, 0, 100, 100, 2),
    ],
)
async def test_erasing_stops_at_the_first_failure(
    site: Site,
    perform: Perform,
    kind: Kind,
    how: dict[str, Any],
    refused: int,
    unaccounted: int,
    unsent: int,
    requests: int,
) -> None:
    site.breaks(kind, DELETE, skip=1, **how)
    result = await perform(site, "delete-user-profile", {"identity": names(300)})
    assert (result.accepted, result.refused, result.unaccounted, result.unsent) == (100, refused, unaccounted, unsent)
    assert result.accepted + result.refused + result.unaccounted == result.sent == 200
    assert result.first_unsent == 200
    assert len(site.asked(DELETE)) == requests
    assert result.failure.changed == ("unknown" if unaccounted else "partly")


async def test_progress_is_told_while_people_are_erased(site: Site, perform: Perform) -> None:
    told = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    await perform(site, "delete-user-profile", {"identity": names(150)}, progress=listen)
    assert told == [(100, 150, "100 accepted for deletion"), (150, 150, "150 accepted for deletion")]
