"""What a plan is bound to, and what a repetition is."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.guard.outcomes import sealed, unsealed
from clevertap_mcp.guard.plans import LIFETIME, Deed, Plans, Shown
from clevertap_mcp.guard.repeats import HOUR, Begun, Repeats
from clevertap_mcp.refusals import PlanRefusedError, RepeatedError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import MOST_VALUES, Store
from clevertap_tools.action import CATALOGUE, Result
from clevertap_tools.actions.campaigns import CreatedCampaign
from clevertap_tools.actions.triggers import Announced, Triggered
from clevertap_tools.preview import Preview
from clevertap_tools.upload_result import RefusedRecord, UploadResult

pytestmark = pytest.mark.anyio

DEED = Deed(account="A", action="create-campaign", arguments="digest", caller="ana", meaning="same")
SHOWN = Preview("Send it.", reach=7)

GARBAGE = (
    b"",
    b"\xff\x00",
    b"null",
    b"[]",
    b'{"deed": {}, "shown": {}}',
    b'{"call": 1, "since": NaN}',
    b'{"reader": "get-events-by-cursor", "cursor": [], "since": "x"}',
    b"[" * 1000,
)
"""What no replica writes."""


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_plan_is_good_for_exactly_one_use() -> None:
    plans = Plans()
    handle = await plans.draw_up(DEED, SHOWN)
    assert (await plans.find(handle, DEED)).shown == Shown.of(SHOWN)
    await plans.use(handle, DEED)
    with pytest.raises(PlanRefusedError, match="used already"):
        await plans.use(handle, DEED)


async def test_looking_at_a_plan_does_not_use_it_up() -> None:
    plans = Plans()
    handle = await plans.draw_up(DEED, SHOWN)
    await plans.find(handle, DEED)
    await plans.use(handle, DEED)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (replace(DEED, account="B"), "another account"),
        (replace(DEED, action="stop-campaign"), "another tool"),
        (replace(DEED, arguments="digesu"), "other arguments"),
        (replace(DEED, again=True), "other arguments"),
    ],
)
async def test_a_plan_for_something_else_is_refused_and_not_used_up(other: Deed, reason: str) -> None:
    plans = Plans()
    handle = await plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match=reason):
        await plans.use(handle, other)
    await plans.use(handle, DEED)


async def test_the_plan_of_another_caller_reads_like_none_whatever_became_of_it() -> None:
    clock = Clock()
    plans = Plans(MemoryStore(clock))
    fresh, used = await plans.draw_up(DEED, SHOWN), await plans.draw_up(DEED, SHOWN)
    await plans.use(used, DEED)

    async def told(handle: str) -> str:
        with pytest.raises(PlanRefusedError) as refused:
            await plans.use(handle, replace(DEED, caller="ben"))
        return refused.value.message

    nobodys = await told("plan_2222222222222222")
    assert [await told(fresh), await told(used)] == [nobodys, nobodys]
    await plans.find(fresh, DEED)
    clock.now += LIFETIME
    assert await told(fresh) == nobodys


async def test_a_plan_expires_after_ten_minutes() -> None:
    clock = Clock()
    plans = Plans(MemoryStore(clock))
    early, late = await plans.draw_up(DEED, SHOWN), await plans.draw_up(DEED, SHOWN)
    clock.now += LIFETIME - 1
    await plans.use(early, DEED)
    clock.now += 1
    with pytest.raises(PlanRefusedError, match="expired"):
        await plans.use(late, DEED)


@given(st.text())
async def test_no_other_text_is_a_plan(handle: str) -> None:
    plans = Plans()
    await plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match="not known"):
        await plans.find(handle, DEED)


async def test_a_plan_that_belongs_to_a_question_is_none_that_a_model_can_use() -> None:
    plans = Plans()
    handle = await plans.draw_up(DEED, SHOWN, asked=True)
    with pytest.raises(PlanRefusedError, match="not known"):
        await plans.use(handle, DEED)
    await plans.use(handle, DEED, asked=True)


async def test_a_plan_that_was_shown_answers_no_question() -> None:
    plans = Plans()
    handle = await plans.draw_up(DEED, SHOWN)
    with pytest.raises(PlanRefusedError, match="not known"):
        await plans.use(handle, DEED, asked=True)


async def test_the_oldest_plans_give_way() -> None:
    plans = Plans()
    first = await plans.draw_up(DEED, SHOWN)
    handles = {await plans.draw_up(DEED, SHOWN) for _ in range(MOST_VALUES)}
    assert len(handles) == MOST_VALUES
    with pytest.raises(PlanRefusedError, match="not known"):
        await plans.find(first, DEED)


async def test_of_all_who_use_a_plan_at_once_one_gets_it(store: Store) -> None:
    """Replicas have plans of their own on one store."""
    handle = await Plans(store, "A").draw_up(DEED, SHOWN)
    used: list[Shown] = []

    async def try_it() -> None:
        with suppress(PlanRefusedError):
            used.append((await Plans(store, "A").use(handle, DEED)).shown)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(try_it)
    assert used == [Shown.of(SHOWN)]
    with pytest.raises(PlanRefusedError, match="used already"):
        await Plans(store, "A").find(handle, DEED)
    with pytest.raises(PlanRefusedError, match="not known"):
        await Plans(store, "B").find(handle, DEED)


async def test_the_store_learns_nothing_of_what_was_shown_and_no_handle_that_could_be_used() -> None:
    store = MemoryStore()
    handle = await Plans(store).draw_up(replace(DEED, caller="ana@example.org"), Preview("Erase Zoe.", ("zoe@b.co",)))
    stored = str(store._kinds)
    assert not any(word in stored for word in (handle, handle.removeprefix("plan_"), "Zoe", "zoe@", "ana@"))


@pytest.mark.parametrize("asked", [True, False])
async def test_a_plan_that_was_used_here_is_used_up_even_if_the_store_has_forgotten_that(asked: bool) -> None:
    store = MemoryStore()
    plans = Plans(store)
    handle = await plans.draw_up(DEED, SHOWN, asked=asked)
    backup = deepcopy(store._kinds)
    await plans.use(handle, DEED, asked=asked)
    store._kinds = backup
    with pytest.raises(PlanRefusedError, match="used already"):
        await plans.use(handle, DEED, asked=asked)
    store._kinds = {}
    with pytest.raises(PlanRefusedError, match="not known here"):
        await plans.use(handle, DEED, asked=asked)


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_what_somebody_else_has_put_in_the_place_of_a_plan_is_none(garbage: bytes) -> None:
    store = MemoryStore()
    plans = Plans(store)
    handle = await plans.draw_up(DEED, SHOWN)
    await store.put(plans._key(handle, asked=False), garbage, LIFETIME)
    for look in (plans.find, plans.use):
        with pytest.raises(PlanRefusedError, match="not known here"):
            await look(handle, DEED)


MADE = CreatedCampaign(id=17, name="Win-back of May", status="created")
KIND = CreatedCampaign
AGAIN = replace(DEED, again=True)


async def begun(repeats: Repeats, deed: Deed = DEED) -> Begun:
    first = await repeats.begin(deed, KIND)
    assert isinstance(first, Begun)
    return first


async def done(repeats: Repeats, deed: Deed = DEED) -> None:
    await repeats.came_to(await begun(repeats, deed), MADE)


async def test_the_same_within_an_hour_is_answered_with_the_first_one_and_a_warning() -> None:
    clock = Clock()
    repeats = Repeats(MemoryStore(clock), clock=clock)
    assert await repeats.earlier(DEED, KIND) is None
    await done(repeats)
    clock.now += HOUR - 1
    first = await repeats.earlier(replace(DEED, caller="ben", arguments="in other words"), KIND)
    assert isinstance(first, CreatedCampaign)
    assert first.id == 17
    assert "59 minutes ago" in str(first.warning)
    clock.now += 1
    assert await repeats.earlier(DEED, KIND) is None


async def test_what_was_begun_and_never_answered_is_not_done_again() -> None:
    repeats = Repeats()
    await begun(repeats)
    with pytest.raises(RepeatedError, match="outcome is not known"):
        await repeats.earlier(DEED, KIND)
    with pytest.raises(RepeatedError, match="outcome is not known"):
        await repeats.begin(DEED, KIND)


async def test_what_came_to_nothing_may_be_tried_again_and_the_one_before_counts_again() -> None:
    repeats = Repeats()
    await repeats.came_to_nothing(await begun(repeats))
    assert await repeats.earlier(DEED, KIND) is None
    await done(repeats)
    await repeats.came_to_nothing(await begun(repeats, AGAIN))
    assert await repeats.earlier(DEED, KIND) is not None


async def test_what_came_to_nothing_does_not_make_what_was_done_meanwhile_forgotten() -> None:
    repeats = Repeats()
    first = await begun(repeats)
    await done(repeats, AGAIN)
    await repeats.came_to_nothing(first)
    assert await repeats.earlier(DEED, KIND) is not None
    await repeats.came_to(first, MADE.model_copy(update={"id": 1}))
    earlier = await repeats.earlier(DEED, KIND)
    assert isinstance(earlier, CreatedCampaign)
    assert earlier.id == MADE.id


async def test_what_was_begun_again_and_again_comes_back_one_by_one() -> None:
    repeats = Repeats()
    started = [await begun(repeats, AGAIN) for _ in range(50)]
    for each in reversed(started):
        with pytest.raises(RepeatedError):
            await repeats.earlier(DEED, KIND)
        await repeats.came_to_nothing(each)
    assert await repeats.earlier(DEED, KIND) is None


async def test_other_arguments_are_no_repetition() -> None:
    repeats = Repeats()
    await begun(repeats)
    assert await repeats.earlier(replace(DEED, meaning="other"), KIND) is None
    assert await repeats.earlier(replace(DEED, account="B"), KIND) is None


async def test_however_often_it_is_begun_again_it_is_begun() -> None:
    repeats = Repeats()
    for _ in range(300):
        await begun(repeats, AGAIN)
    await done(repeats, AGAIN)
    assert await repeats.earlier(DEED, KIND) is not None


async def test_what_was_begun_here_is_known_even_if_the_store_has_forgotten_it() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    repeats = Repeats(store, clock=clock)
    deed = await begun(repeats)
    store._kinds = {}
    with pytest.raises(RepeatedError, match="outcome is not known"):
        await repeats.begin(DEED, KIND)
    await repeats.came_to(deed, MADE)
    store._kinds = {}
    for answer in (await repeats.earlier(DEED, KIND), await repeats.begin(DEED, KIND)):
        assert isinstance(answer, CreatedCampaign)
        assert answer.id == MADE.id
    clock.now += HOUR
    await repeats.came_to_nothing(await begun(repeats))
    assert await repeats.earlier(DEED, KIND) is None
    await begun(repeats, AGAIN)


@pytest.mark.parametrize("garbage", [*GARBAGE, b'{"call": "x", "since": 1, "outcome": "gAAAA"}'])
async def test_what_somebody_else_has_put_in_the_place_of_a_launch_is_no_answer(garbage: bytes) -> None:
    store = MemoryStore()
    repeats = Repeats(store)
    await done(repeats)
    await store.put(repeats._key(DEED), garbage, HOUR)
    for look in (repeats.earlier, repeats.begin):
        with pytest.raises(RepeatedError, match="outcome is not known"):
            await look(DEED, KIND)
    await repeats.came_to_nothing(await begun(repeats, AGAIN))


async def test_what_came_of_a_launch_is_for_those_who_know_the_call() -> None:
    store = MemoryStore()
    await done(Repeats(store))
    assert "Win-back of May" not in str(store._kinds)
    outcome = sealed(MADE, "same")
    assert "Win-back of May" not in outcome
    assert unsealed(outcome, "same", KIND) == MADE
    assert unsealed(outcome, "other", KIND) is None
    assert unsealed(outcome, "same", Triggered) is None


async def test_of_all_who_begin_the_same_at_once_one_does_it(store: Store) -> None:
    begun_by: list[Begun] = []

    async def try_it() -> None:
        with suppress(RepeatedError):
            begun_by.append(await begun(Repeats(store, "A")))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(try_it)
    assert len(begun_by) == 1
    await Repeats(store, "A").came_to(begun_by[0], MADE)
    earlier = await Repeats(store, "A").begin(DEED, KIND)
    assert isinstance(earlier, CreatedCampaign)
    assert earlier.model_copy(update={"warning": None}) == MADE
    assert await Repeats(store, "B").earlier(DEED, KIND) is None


natural = st.integers(0, 99)
words = st.text(max_size=9)
ranges = st.lists(st.builds(range, natural, natural), max_size=2).map(tuple)
EVERY_KIND: dict[type[Result], st.SearchStrategy[Result]] = {
    CreatedCampaign: st.builds(
        CreatedCampaign,
        id=st.none() | natural,
        name=words,
        status=words,
        estimates=st.none() | st.dictionaries(words, natural),
    ),
    UploadResult: st.builds(
        UploadResult,
        sent=natural,
        accepted=natural,
        refused=natural,
        unaccounted=natural,
        unsent=natural,
        refusals=st.lists(st.builds(RefusedRecord, index=st.none() | natural, reason=words), max_size=2),
        errors=st.lists(words, max_size=2).map(tuple),
        at_fault=st.none() | words,
        lost=ranges,
        left_behind=ranges,
        advice=words,
    ),
    Triggered: st.builds(Triggered, campaigns=natural, people=natural, message=st.none() | words),
    Announced: st.builds(Announced, name=words, starts=words),
}


def test_every_kind_of_launch_is_among_those_that_are_read_back() -> None:
    assert {action.result for action in CATALOGUE.values() if action.once} <= EVERY_KIND.keys()


@given(result=st.one_of(*EVERY_KIND.values()))
def test_what_came_of_any_launch_is_read_back_as_it_was(result: Result) -> None:
    again = unsealed(sealed(result, "same"), "same", type(result))
    assert again == result
    assert str(again.failure) == str(result.failure)
