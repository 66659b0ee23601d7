"""What a plan is bound to, and what a repetition is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.guard.plans import LIFETIME, MOST_PLANS, Deed, Plans
from clevertap_mcp.guard.repeats import HOUR, MOST_REMEMBERED, Repeats
from clevertap_mcp.refusals import PlanRefusedError, RepeatedError
from clevertap_tools.actions.campaigns import CreatedCampaign
from clevertap_tools.preview import Preview

DEED = Deed(account="A", action="create-campaign", arguments="digest", caller="ana", meaning="same")
SHOWN = Preview("Send it.", reach=7)


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_plan_is_good_for_exactly_one_use() -> None:
    plans = Plans()
    handle = plans.draw_up(DEED, SHOWN)
    assert plans.find(handle, DEED).shown == SHOWN
    plans.use(handle, DEED)
    with pytest.raises(PlanRefusedError, match="used already"):
        plans.use(handle, DEED)


def test_looking_at_a_plan_does_not_use_it_up() -> None:
    plans = Plans()
    handle = plans.draw_up(DEED, SHOWN)
    plans.find(handle, DEED)
    plans.use(handle, DEED)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (replace(DEED, account="B"), "another account"),
        (replace(DEED, caller="ben"), "another caller"),
        (replace(DEED, action="stop-campaign"), "another tool"),
        (replace(DEED, arguments="digesu"), "other arguments"),
        (replace(DEED, again=True), "other arguments"),
    ],
)
def test_a_plan_for_something_else_is_refused_and_not_used_up(other: Deed, reason: str) -> None:
    plans = Plans()
    handle = plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match=reason):
        plans.use(handle, other)
    plans.use(handle, DEED)


def test_a_plan_expires_after_ten_minutes() -> None:
    clock = Clock()
    plans = Plans(clock)
    early, late = plans.draw_up(DEED, SHOWN), plans.draw_up(DEED, SHOWN)
    clock.now += LIFETIME - 1
    plans.use(early, DEED)
    clock.now += 1
    with pytest.raises(PlanRefusedError, match="expired"):
        plans.use(late, DEED)


@given(st.text())
def test_no_other_text_is_a_plan(handle: str) -> None:
    plans = Plans()
    plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match="not known"):
        plans.find(handle, DEED)


def test_a_plan_that_belongs_to_a_question_is_none_that_a_model_can_use() -> None:
    plans = Plans()
    handle = plans.draw_up(DEED, SHOWN, asked=True)
    with pytest.raises(PlanRefusedError, match="not known"):
        plans.use(handle, DEED)
    plans.use(handle, DEED, asked=True)


def test_a_plan_that_was_shown_answers_no_question() -> None:
    plans = Plans()
    handle = plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match="not known"):
        plans.use(handle, DEED, asked=True)


def test_the_oldest_plans_give_way() -> None:
    plans = Plans()
    first = plans.draw_up(DEED, SHOWN)
    handles = {plans.draw_up(DEED, SHOWN) for _ in range(MOST_PLANS)}
    assert len(handles) == MOST_PLANS
    with pytest.raises(PlanRefusedError, match="not known"):
        plans.find(first, DEED)


MADE = CreatedCampaign(id=17, name="Hi", status="created")


def test_the_same_within_an_hour_is_answered_with_the_first_one_and_a_warning() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    assert repeats.earlier(DEED) is None
    repeats.begin(DEED).result = MADE
    clock.now += HOUR - 1
    first = repeats.earlier(replace(DEED, caller="ben", arguments="in other words"))
    assert isinstance(first, CreatedCampaign)
    assert first.id == 17
    assert "59 minutes ago" in str(first.warning)
    clock.now += 1
    assert repeats.earlier(DEED) is None


def test_what_was_begun_and_never_answered_is_not_done_again() -> None:
    repeats = Repeats()
    repeats.begin(DEED)
    with pytest.raises(RepeatedError, match="outcome is not known"):
        repeats.earlier(DEED)


def test_what_came_to_nothing_may_be_tried_again_and_the_one_before_counts_again() -> None:
    repeats = Repeats()
    repeats.came_to_nothing(repeats.begin(DEED))
    assert repeats.earlier(DEED) is None
    repeats.begin(DEED).result = MADE
    repeats.came_to_nothing(repeats.begin(DEED))
    assert repeats.earlier(DEED) is not None


def test_what_came_to_nothing_does_not_make_what_was_done_meanwhile_forgotten() -> None:
    repeats = Repeats()
    first = repeats.begin(DEED)
    repeats.begin(replace(DEED, again=True)).result = MADE
    repeats.came_to_nothing(first)
    assert repeats.earlier(DEED) is not None


def test_other_arguments_are_no_repetition() -> None:
    repeats = Repeats()
    repeats.begin(DEED)
    assert repeats.earlier(replace(DEED, meaning="other")) is None
    assert repeats.earlier(replace(DEED, account="B")) is None


def test_only_so_many_are_remembered() -> None:
    repeats = Repeats()
    for number in range(MOST_REMEMBERED + 1):
        repeats.begin(replace(DEED, meaning=str(number)))
    assert repeats.earlier(replace(DEED, meaning="0")) is None
