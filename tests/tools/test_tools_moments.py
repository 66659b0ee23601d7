from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime, checked_day, checked_moment, plain_day
from clevertap_tools.query import as_number

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
NOWHERE = ProjectTime(None, NOON)
BERLIN = ProjectTime(ZoneInfo("Europe/Berlin"), NOON)
KIRITIMATI = ProjectTime(ZoneInfo("Pacific/Kiritimati"), NOON)


@given(st.dates())
def test_a_day_reads_the_same_with_and_without_dashes_and_arrives_as_its_number(day: date) -> None:
    assert plain_day(day.isoformat()) == day
    assert plain_day(day.isoformat().replace("-", "")) == day
    assert as_number(day) == int(day.isoformat().replace("-", ""))


@pytest.mark.parametrize("text", ["2026-02-31", "20260231", "2026-13-01", "2026-00-10", "0000-01-01", "2025-02-29"])
def test_a_day_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no day of the calendar"):
        checked_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-3-1",
        "01-03-2026",
        "7d",
        "-7",
        "-d",
        "--7d",
        "-12345d",
        "2026-03-01T00:00",
        "\uff12\uff10\uff12\uff160301",
        "TODAY",
    ],
)
def test_a_day_in_another_form_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-03-31, or 'today', or '-7d'"):
        checked_day(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-03-01"),
        ("-0d", "2026-03-01"),
        ("-1d", "2026-02-28"),
        ("-7d", "2026-02-22"),
        ("-365d", "2025-03-01"),
    ],
)
def test_a_relative_day_counts_back_from_today(text: str, day: str) -> None:
    assert BERLIN.day(text, "from") == date.fromisoformat(day)


def test_today_is_todays_date_where_the_project_is() -> None:
    assert KIRITIMATI.day("today", "from") == date(2026, 3, 2)


@pytest.mark.parametrize("text", ["today", "-7d"])
def test_a_relative_day_without_a_zone_is_refused_with_the_variables_name(text: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE") as caught:
        NOWHERE.day(text, "from")
    assert caught.value.field == "from"


def test_a_plain_day_needs_no_zone() -> None:
    assert NOWHERE.day("2026-03-31", "from") == date(2026, 3, 31)


@pytest.mark.parametrize("moment", [1_767_225_600_000, 10**11, "1767225600000", "1711051231530", "17110512315300"])
def test_milliseconds_are_refused_as_a_number_and_in_quotes(moment: int | str) -> None:
    with pytest.raises(ValueError, match="seconds"):
        checked_moment(moment)


@pytest.mark.parametrize(
    "moment", ["", "x", "1767225600", "2026-02-31T10:00:00", "2026-01-01T25:00", True, 1.5, {}, []]
)
def test_what_is_no_moment_is_refused_with_the_forms_there_are(moment: object) -> None:
    with pytest.raises(ValueError, match="epoch seconds or ISO 8601"):
        checked_moment(moment)


@pytest.mark.parametrize(
    ("moment", "epoch"),
    [
        (1_767_225_600, 1_767_225_600),
        ("2026-01-01T00:00:00Z", 1_767_225_600),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600),
        ("2026-01-01T00:00:00.9Z", 1_767_225_600),
        ("20260101T000000Z", 1_767_225_600),
        ("2026-01-01T01:00:00", 1_767_225_600),
        ("2026-01-01", 1_767_222_000),
        ("20260101", 1_767_222_000),
    ],
)
def test_a_moment_becomes_epoch_seconds_in_the_projects_zone(moment: int | str, epoch: int) -> None:
    assert BERLIN.epoch(checked_moment(moment), "ts") == epoch  # type: ignore[arg-type] # checked


def test_a_moment_without_an_offset_needs_a_zone() -> None:
    with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE") as caught:
        NOWHERE.epoch("2026-01-01T01:00:00", "events[3].ts")
    assert caught.value.field == "events[3].ts"
    assert NOWHERE.epoch("2026-01-01T01:00:00+01:00", "ts") == 1_767_225_600


@given(st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")])))
def test_any_moment_with_an_offset_means_itself(when: datetime) -> None:
    text = when.isoformat()
    assert checked_moment(text) == text
    assert abs(NOWHERE.epoch(text, "ts") - when.timestamp()) < 1


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - the project's local time
def test_an_exported_moment_is_local_time_without_offset_when_the_zone_is_not_known(when: datetime) -> None:
    stamp = int(f"{when:%Y%m%d%H%M%S}")
    assert NOWHERE.exported(stamp) == when.replace(microsecond=0).isoformat()


@pytest.mark.parametrize(
    ("stamp", "text"),
    [(20260101103000, "2026-01-01T10:30:00+01:00"), ("20260701103000", "2026-07-01T10:30:00+02:00")],
)
def test_an_exported_moment_has_the_offset_of_its_day_when_the_zone_is_known(stamp: object, text: str) -> None:
    assert BERLIN.exported(stamp) == text


@pytest.mark.parametrize(
    "stamp",
    [
        0,
        None,
        "",
        "soon",
        True,
        1_767_225_600,
        1_767_225_600_000,
        202601011030,
        20261301103000,
        20260101103060,
        1.5,
        "2026 1 1103000",
    ],
)
def test_an_exported_ts_that_is_no_time_is_passed_on_as_it_came(stamp: object) -> None:
    assert BERLIN.exported(stamp) is stamp


@pytest.mark.parametrize("start", ["20261106 10:30", 202611061030, "202611061030"])
def test_a_campaigns_start_is_understood_in_both_forms(start: object) -> None:
    assert NOWHERE.scheduled(start) == "2026-11-06T10:30"
    assert BERLIN.scheduled(start) == "2026-11-06T10:30+01:00"


@pytest.mark.parametrize("start", ["now", None, 1_767_225_600, "2026-11-06", "20261306 10:30"])
def test_a_campaigns_start_in_another_form_is_passed_on_as_it_came(start: object) -> None:
    assert BERLIN.scheduled(start) is start


def test_epoch_seconds_of_an_answer_are_told_in_utc_when_the_zone_is_not_known() -> None:
    assert NOWHERE.seen(1_767_225_600) == "2026-01-01T00:00:00+00:00"
    assert BERLIN.seen(1_767_225_600) == "2026-01-01T01:00:00+01:00"


@pytest.mark.parametrize("moment", [None, 0, -1, "1767225600", 10**15, 1.5])
def test_what_is_no_epoch_second_is_left_out(moment: object) -> None:
    assert NOWHERE.seen(moment) is None


@given(st.integers(0, 9999))
def test_any_number_of_days_back_is_that_many_days(days: int) -> None:
    assert BERLIN.day(f"-{days}d", "from") == date(2026, 3, 1) - timedelta(days=days)
