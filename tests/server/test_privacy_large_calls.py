"""What it takes to mask an answer hangs on its own length, however much a call holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from clevertap_mcp.privacy.kinds import Kind
from clevertap_mcp.privacy.mentions import Known, Search
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, Problem

pseudonyms = Pseudonyms("a secret of the operator's", "project")
privacy = Privacy(pseudonyms)


def calls(work: Callable[[], object]) -> int:
    """How many functions some work calls; the same each time, unlike the time it takes."""
    made = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal made
        made += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return made


def people(count: int) -> dict[str, Any]:
    return {"profiles": [{"identity": f"cust_{each}", "Email": f"m{each}@example.org"} for each in range(count)]}


def wrong(problems: int, about: str = "nobody") -> InvalidArgumentsError:
    return InvalidArgumentsError([Problem(f"a[{each}]", f"'a[{each}]' is wrong: {about}") for each in range(problems)])


def test_a_call_is_looked_through_once_for_all_that_an_error_says() -> None:
    given = people(3_000)
    assert calls(lambda: privacy.error(wrong(20), given)) < 1.2 * calls(lambda: privacy.error(wrong(1), given))


def test_what_it_takes_to_mask_an_error_grows_with_the_call_and_no_faster() -> None:
    few, many = people(300), people(3_000)
    about = "cust_7 and m8@exam…"
    assert calls(lambda: privacy.error(wrong(20, about), many)) < 11 * calls(
        lambda: privacy.error(wrong(20, about), few)
    )


def test_an_error_of_a_large_call_quotes_nobody() -> None:
    told = privacy.error(wrong(2, "cust_2999 and m2998@exam…"), people(3_000))
    for text in (told.message, *(each.message for each in told.problems)):
        assert pseudonyms.of("cust_2999") in text
        assert pseudonyms.of("m2998@example.org") in text
        assert "2998@" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("cust_{}", Kind.IDENTITY), "refused: cust_7, sorry"),
        (("Ann {}", Kind.NAME), "refused: ANN 7, sorry"),
        (("+4917123450{}", Kind.PHONE), "refused: 49 171 2345 0100, sorry"),
        (("王小明{}", Kind.NAME), "拒绝王小明7对不起"),
    ],
)
def test_values_that_begin_alike_are_found_without_a_look_at_each(value: tuple[str, Kind], text: str) -> None:
    def finding(count: int) -> Search:
        search = Search(Known((value[0].format(each), value[1]) for each in range(count)), pseudonyms.of)
        search.text("what is made once is made")
        return search

    few, many = finding(150), finding(15_000)
    assert calls(lambda: many.text(text)) < 2 * calls(lambda: few.text(text))
    assert "person_" in many.text(text)


def test_a_value_that_is_longer_than_numbers_are_is_an_identity_like_any_other() -> None:
    number = "7" * 5_000
    told = privacy.error(InvalidRequestError(f"no such one: {number}, sorry", status=400), {"identity": number})
    assert told.message == f"no such one: {pseudonyms.of(number)}, sorry"


@pytest.mark.parametrize(
    ("name", "text"),
    [("WEISS", "Weiß"), ("ibrahim", "İbrahim"), ("Y\u0131ld\u0131z", "YILDIZ"), ("Ann", "Ann, %41nn")],
)
def test_a_value_is_found_in_either_spelling(name: str, text: str) -> None:
    told = privacy.error(InvalidRequestError(f"unknown: {text}.", status=400), {"first_name": name}).message
    assert not any(spelling in told for spelling in text.split(", "))


def test_pseudonyms_are_found_at_any_depth_with_one_look_at_each_value() -> None:
    def deep(levels: int) -> dict[str, Any]:
        value: Any = [0] * 500 + [{"identity": pseudonyms.of("c-1")}]
        for _ in range(levels):
            value = {"a": value}
        return {"body": value}

    assert "c-1" in str(privacy.named(deep(60)))
    assert calls(lambda: privacy.named(deep(60))) < 2 * calls(lambda: privacy.named(deep(1)))
