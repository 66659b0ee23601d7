"""Message reports: cut into fortnights, joined, and told in one spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import (
    CredentialsError,
    IncompleteError,
    InvalidArgumentsError,
    InvalidRequestError,
    ServiceError,
)
from clevertap_tools.moments import ProjectTime
from clevertap_tools.reports.message_report import read_message
from tools.saying import account, saying

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

PATH = "/1/message/report.json"
WEEK = {"from": "2026-05-25", "to": "2026-05-31"}
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
EMAIL = {
    "target_mode": "email",
    "where": {},
    "content": {"subject": "Hi", "body": "Hi", "sender_name": "x"},
    "labels": ["sale"],
}
UTC_TIME = ProjectTime(ZoneInfo("UTC"), 0.0)
EXAMPLE = {
    "message id": 1767225999,
    "message_name": "New year nudge",
    "channel": "Push",
    "delivery": "One time",
    "message_type": "Single",
    "start_date": "02 Jan, 2026 18:30:00",
    "status": "Completed",
    "sent": 1200,
    "viewed": 640,
    "clicked": 75,
    "conversion_event": "Charged",
    "labels": ["new-year"],
    "device": ["Android", "iOS"],
}
READ = {
    "id": 1767225999,
    "name": "New year nudge",
    "channel": "push",
    "delivery": "one_time",
    "message_type": "single",
    "status": "completed",
    "start": "2026-01-02T18:30:00+00:00",
    "sent": 1200,
    "viewed": 640,
    "clicked": 75,
    "conversion_event": "Charged",
    "labels": ["new-year"],
    "device": ["Android", "iOS"],
    "rates": {"viewed": 0.5333, "clicked": 0.0625},
}


async def launch(site: Site, *starts: str) -> None:
    """Campaigns to five people, one for each start."""
    people = [{"identity": f"c-{n}", "profileData": {"Email": f"c{n}@example.org"}} for n in range(5)]
    async with site.client() as client:
        upload, create = CATALOGUE["upload-user-profiles"], CATALOGUE["create-campaign"]
        await upload(client.for_call(), upload.parse({"profiles": people}))
        for start in starts:
            await create(client.for_call(), create.parse({**EMAIL, "name": f"at {start}", "when": start}))
    site.forget()


def in_order(site: Site) -> list[dict[str, Any]]:
    """What was asked, from the first day on: slices are asked for side by side."""
    return sorted(site.bodies(PATH), key=lambda each: str(each["from"]))


# What goes out


async def test_the_example_arrives_as_it_stands(site: Site, perform: Perform) -> None:
    asked = {"from": "2026-01-01", "to": "2026-01-07", "channel": ["push", "email"], "status": ["completed"]}
    await perform(site, "get-message-reports", {**asked, "daily": False})
    assert site.bodies(PATH) == [
        {"from": "20260101", "to": "20260107", "channel": ["push", "email"], "status": ["completed"], "daily": False}
    ]


async def test_what_is_left_out_stays_left_out(site: Site, perform: Perform) -> None:
    await perform(site, "get-message-reports", {"from": "20260101", "to": "-0d"})
    assert in_order(site)[0] == {"from": "20260101", "to": "20260114"}
    assert in_order(site)[-1] == {"from": "20260521", "to": "20260528"}


async def test_every_filter_goes_out_with_every_slice(site: Site, perform: Perform) -> None:
    filters = {
        "channel": ["whatsapp"],
        "delivery": ["api"],
        "status": ["running"],
        "message_type": ["ab"],
        "label": ["sale"],
        "daily": True,
    }
    await perform(site, "get-message-reports", {"from": "2026-01-01", "to": "2026-01-31", **filters})
    assert in_order(site) == [
        {"from": first, "to": last, **filters}
        for first, last in (("20260101", "20260114"), ("20260115", "20260128"), ("20260129", "20260131"))
    ]


async def test_a_year_is_cut_into_fortnights_that_cover_each_day_once(site: Site, perform: Perform) -> None:
    told = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    await perform(site, "get-message-reports", YEAR, progress=listen)
    days = [(each["from"], each["to"]) for each in in_order(site)]
    assert len(days) == 27
    assert (days[0][0], days[-1]) == ("20260101", ("20261231", "20261231"))
    assert [done for done, _, _ in told] == list(range(1, 28))
    assert {total for _, total, _ in told} == {27}
    assert "2026-01-01 to 2026-01-14" in [message for _, _, message in told]
    assert site.sandbox.peak(PATH) <= 3


# What comes back


async def test_messages_of_all_slices_are_joined_in_order(site: Site, perform: Perform) -> None:
    await launch(site, "now", "2026-06-20 09:00", "2026-07-30 09:00")
    told = await perform(site, "get-message-reports", YEAR)
    assert [(each["name"], each["start"], each["status"]) for each in told.messages] == [
        ("at now", "2026-05-28T20:26:40+00:00", "completed"),
        ("at 2026-06-20 09:00", "2026-06-20T09:00:00+00:00", "scheduled"),
        ("at 2026-07-30 09:00", "2026-07-30T09:00:00+00:00", "scheduled"),
    ]
    assert told.totals == {
        "email": {"messages": 3, "sent": 5, "viewed": 2, "clicked": 0, "rates": {"viewed": 0.4, "clicked": 0.0}}
    }
    assert told.missing is None
    assert told.failure is None


@pytest.mark.parametrize("report_keys", ["id_spaced", "spaced", "underscored"])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("report_daily", ["by_counter", "by_day"])
async def test_every_spelling_is_read_alike(
    make_site: MakeSite, perform: Perform, report_keys: str, padded: bool, report_daily: str
) -> None:
    site = make_site(report_keys=report_keys, report_day_padded=padded, report_daily=report_daily)
    await launch(site, "2026-06-02 09:00")
    (whole,) = (await perform(site, "get-message-reports", {**WEEK, "to": "2026-06-03"})).messages
    (daily,) = (await perform(site, "get-message-reports", {**WEEK, "to": "2026-06-03", "daily": True})).messages
    figures = {"sent": 0, "viewed": 0, "clicked": 0}
    assert whole["start"] == "2026-06-02T09:00:00+00:00"
    assert whole.items() >= {"delivery": "one_time", "message_type": "single", **figures}.items()
    assert "other" not in whole
    assert daily == {**whole, "days": {"2026-06-02": figures}}


def test_the_reference_s_message_is_read() -> None:
    assert read_message(EXAMPLE, UTC_TIME) == READ
    assert list(read_message(EXAMPLE, UTC_TIME)) == list(READ)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"message id": "17"}, {"id": 17}),
        ({"message id": "m-17"}, {"id": "m-17"}),
        ({"start_date": "7 Oct, 2026 11:20:00"}, {"start": "2026-10-07T11:20:00+00:00"}),
        ({"start_date": "7 October 2026 11:20"}, {"start": "2026-10-07T11:20:00+00:00"}),
        ({"start_date": "31 Feb, 2026 11:20:00"}, {"start": "31 Feb, 2026 11:20:00"}),
        ({"start_date": "7 Okt, 2026 11:20:00"}, {"start": "7 Okt, 2026 11:20:00"}),
        ({"start_date": None}, {"start": None}),
        ({"channel": "Web Pop Up"}, {"channel": "web_pop_up"}),
        ({"delivery": "API"}, {"delivery": "api"}),
        ({"device": "Android"}, {"device": "Android"}),
        ({"Errors": 3}, {"errors": 3}),
        ({"sent": "1200"}, {"sent": 1200}),
        ({"sent": "n/a"}, {"sent": "n/a"}),
        ({"Delivered": 900}, {"delivered": 900}),
        ({"conversions": 12}, {"converted": 12}),
        ({"Quick-Replies": 4, "ab": {"A": 1}}, {"other": {"Quick-Replies": 4, "ab": {"A": 1}}}),
    ],
)
def test_whatever_clevertap_writes_finds_its_place(more: dict[str, Any], told: dict[str, Any]) -> None:
    assert read_message({**EXAMPLE, **more}, UTC_TIME).items() >= told.items()


def test_rates_are_shares_of_those_sent_as_far_as_figures_exist() -> None:
    def rates(**figures: Any) -> Any:
        return read_message(figures, UTC_TIME).get("rates")

    assert rates(sent=8, delivered=6, clicked=1, converted=2) == {
        "delivered": 0.75,
        "clicked": 0.125,
        "converted": 0.25,
    }
    assert rates(sent=0, viewed=0) is None
    assert rates(viewed=3) is None
    assert rates(sent=3) is None


def test_a_daily_split_in_an_object_of_its_own_is_read() -> None:
    days = {"20260102": {"Sent": 3, "viewed": "2"}, "20260101": {"sent": 5}}
    told = read_message({"message_name": "x", "daily": days}, UTC_TIME)
    assert told["days"] == {"2026-01-01": {"sent": 5}, "2026-01-02": {"sent": 3, "viewed": 2}}
    assert (told["sent"], told["viewed"]) == (8, 2)


def test_without_a_zone_the_start_has_no_offset() -> None:
    assert read_message(EXAMPLE, ProjectTime(None, 0.0))["start"] == "2026-01-02T18:30:00"


async def test_a_message_that_two_slices_tell_is_told_once_and_one_without_id_is_itself(
    site: Site, perform: Perform
) -> None:
    twice = {"status": "success", "messages": [EXAMPLE, {**EXAMPLE, "message id": "1767225999"}, {"name": "x"}, "odd"]}
    asked = {"from": "2026-01-01", "to": "2026-01-20"}
    told = await perform(site, "get-message-reports", asked, transport=saying(twice))
    assert [each["name"] for each in told.messages] == ["New year nudge", "x"]
    assert told.totals["push"]["messages"] == 1
    assert told.totals["unknown"] == {"messages": 1}


async def test_an_answer_without_messages_has_none(site: Site, perform: Perform) -> None:
    told = await perform(site, "get-message-reports", WEEK, transport=saying({"status": "success"}))
    assert (told.messages, told.totals) == ([], None)


# What goes wrong


async def test_days_that_could_not_be_read_are_named_and_the_rest_is_told(site: Site, perform: Perform) -> None:
    async def answer(asked: Any) -> tuple[int, Any]:
        if asked["from"] in ("20260115", "20260129", "20260226"):
            return 400, {"status": "fail", "error": f"No {asked['from']}", "code": 400}
        return 200, {"status": "success", "messages": [{**EXAMPLE, "message id": int(asked["from"])}]}

    asked = {"from": "2026-01-01", "to": "2026-03-31"}
    told = await perform(site, "get-message-reports", asked, transport=account(answer))
    assert [each["id"] for each in told.messages] == [20260101, 20260212, 20260312, 20260326]
    assert told.missing == ["2026-01-15 to 2026-02-11", "2026-02-26 to 2026-03-11"]
    assert isinstance(told.failure, IncompleteError)
    assert told.failure.message == (
        "Of 2026-01-15 to 2026-02-11, 2026-02-26 to 2026-03-11 nothing could be read: "
        "No 20260115 No 20260129 No 20260226"
    )
    assert told.failure.next.startswith("Ask again for 2026-01-15 to 2026-02-11, 2026-02-26 to 2026-03-11")
    assert told.failure.changed == "no"
    assert not told.complete


async def test_when_nothing_could_be_read_the_failure_is_the_answer(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, PATH, status=500, times=None)
    with pytest.raises(ServiceError):
        await perform(site, "get-message-reports", YEAR)


async def test_refused_credentials_are_not_tried_for_every_slice(site: Site, perform: Perform) -> None:
    with pytest.raises(CredentialsError):
        await perform(site, "get-message-reports", YEAR, account=site.account(passcode="wrong"))
    assert len(site.asked(PATH)) <= 3


async def test_at_the_deadline_what_was_read_is_told(site: Site, perform: Perform) -> None:
    async def answer(asked: Any) -> tuple[int, Any]:
        if asked["from"] > "20260201":
            await anyio.sleep_forever()
        return 200, {"status": "success", "messages": [{**EXAMPLE, "message id": int(asked["from"])}]}

    told = await perform(site, "get-message-reports", YEAR, transport=account(answer), deadline=1.0)
    assert [each["id"] for each in told.messages] == [20260101, 20260115, 20260129]
    assert told.missing == ["2026-02-12 to 2026-12-31"]
    assert "CLEVERTAP_DEADLINE" in str(told.failure)


async def test_a_fault_that_passes_is_not_noticed(site: Site, perform: Perform) -> None:
    await launch(site, "now")
    site.breaks(Kind.STATUS, PATH, status=429, times=2)
    told = await perform(site, "get-message-reports", YEAR)
    assert len(told.messages) == 1
    assert told.failure is None


async def test_a_refusal_of_the_only_slice_is_told_in_clevertaps_words(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(report_days="number")
    with pytest.raises(InvalidRequestError, match="Invalid date format"):
        await perform(site, "get-message-reports", WEEK)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"from": "2026-01-01", "to": "2027-01-02"}, "from", "more than a year"),
    ({"from": "2026-06-02"}, "from", "Swap them"),
    ({"channel": ["pigeon"]}, "channel[0]", "must be one of push, email"),
    ({"channel": "push"}, "channel", "must be a list"),
    ({"delivery": ["One time"]}, "delivery[0]", "must be one of one_time"),
    ({"status": ["done"]}, "status[0]", "must be one of scheduled"),
    ({"message_type": ["multi"]}, "message_type[0]", "must be one of single"),
    ({"label": "sale"}, "label", "must be a list"),
    ({"daily": "yes"}, "daily", "true or false"),
    ({"labels": ["sale"]}, "labels", "nearest: 'label'"),
]


@pytest.mark.parametrize(("wrong", "field", "told"), BAD)
async def test_bad_arguments_are_refused_by_field_and_remedy_before_anything_is_sent(
    site: Site, perform: Perform, wrong: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, "get-message-reports", {**WEEK, **wrong})
    assert [each.field for each in caught.value.problems] == [field]
    assert told in caught.value.message
    assert site.sandbox.requests == []
