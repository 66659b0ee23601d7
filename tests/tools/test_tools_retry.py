from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    DeadlineError,
    LostAnswerError,
    RateLimitedError,
    ServiceError,
    UnavailableError,
    UnreachableError,
    UnreadableAnswerError,
)
from clevertap_tools.retry import RetryBudget, RetryPolicy, may_repeat

LEFT = (LostAnswerError("lost"), ServiceError("500"), UnreadableAnswerError("html"))
NEVER_TAKEN = (UnreachableError("refused"), RateLimitedError("429"))


def policy(random: float = 1.0, budget: RetryBudget | None = None) -> RetryPolicy:
    return RetryPolicy(budget or RetryBudget(), lambda: random)


def wait_after(
    attempt: int, error: UnavailableError, time_left: float = float("inf"), made: RetryPolicy | None = None
) -> float | None:
    """What is waited after so many attempts at a read, the last of which failed."""
    return (made or policy()).wait(Effect.READ, attempt, error, time_left)


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("error", LEFT, ids=lambda error: type(error).__name__)
def test_what_may_have_been_taken_in_is_repeated_only_if_that_is_harmless(
    effect: Effect, error: UnavailableError
) -> None:
    harmless = effect in (Effect.READ, Effect.UPSERT)
    assert may_repeat(effect, error) is harmless
    assert (policy().wait(effect, 1, error, 60.0) is not None) is harmless


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("error", NEVER_TAKEN, ids=lambda error: type(error).__name__)
def test_what_was_never_taken_in_may_be_repeated_whatever_it_does(effect: Effect, error: UnavailableError) -> None:
    assert may_repeat(effect, error)


@given(attempt=st.integers(1, 3), random=st.floats(0, 1))
def test_a_wait_is_anything_up_to_a_bound_that_doubles(attempt: int, random: float) -> None:
    assert wait_after(attempt, ServiceError("500"), made=policy(random)) == random * 2.0 ** (attempt - 1)


@given(asked=st.floats(0, 30), attempt=st.integers(1, 3))
def test_what_clevertap_asks_for_up_to_thirty_seconds_is_waited_exactly(asked: float, attempt: int) -> None:
    assert wait_after(attempt, RateLimitedError("429", retry_after=asked)) == asked


@pytest.mark.parametrize("asked", [30.5, 3600.0, float("inf")])
@pytest.mark.parametrize("kind", [RateLimitedError, ServiceError])
def test_who_asks_for_more_than_thirty_seconds_gets_no_further_attempt(
    asked: float, kind: type[RateLimitedError | ServiceError]
) -> None:
    assert wait_after(1, kind("wait", retry_after=asked)) is None


def test_who_asks_for_more_time_than_is_left_gets_no_further_attempt() -> None:
    error = RateLimitedError("429", retry_after=4.0)
    assert wait_after(1, error, time_left=3.9) is None
    assert wait_after(1, error, time_left=4.1) == 4.0


def test_attempts_are_four_at_most() -> None:
    waits = [wait_after(attempt, ServiceError("500")) for attempt in (1, 2, 3, 4)]
    assert waits == [1.0, 2.0, 4.0, None]


@given(st.lists(st.booleans(), max_size=200))
def test_retries_stay_below_the_reserve_and_a_fifth_of_the_requests(steps: list[bool]) -> None:
    budget = RetryBudget()
    requests = retries = 0
    for retry in steps:
        if retry:
            retries += budget.take()
        else:
            budget.pay_in()
            requests += 1
        assert retries <= 10 + requests / 5 + 1e-6


def test_a_purse_that_is_empty_fills_again_with_requests_and_never_over_the_reserve() -> None:
    budget = RetryBudget(share=0.5, reserve=2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    budget.pay_in()
    assert not budget.take()
    for _ in range(100):
        budget.pay_in()
    assert [budget.take() for _ in range(3)] == [True, True, False]


def test_the_purse_is_not_touched_by_what_stops_for_another_reason() -> None:
    budget = RetryBudget(reserve=1)
    assert wait_after(4, ServiceError("500"), made=policy(budget=budget)) is None
    assert wait_after(1, ServiceError("500", retry_after=31), made=policy(budget=budget)) is None
    assert policy(budget=budget).wait(Effect.SEND, 1, ServiceError("500"), 60.0) is None
    assert budget.take()


def test_every_unavailable_error_says_whether_it_was_taken_in() -> None:
    never = {kind for kind in UnavailableError.__subclasses__() if not kind.taken}
    assert {UnreachableError, RateLimitedError, DeadlineError} <= never
    assert never.isdisjoint({LostAnswerError, ServiceError, UnreadableAnswerError})
