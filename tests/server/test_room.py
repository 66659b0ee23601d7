"""Room for calls: what takes a place, what waits for one, and who keeps it."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from clevertap_mcp.room import Room, kept, lent

pytestmark = pytest.mark.anyio

SOON = 20
"""Turns of the event loop after which whatever can go on has gone on."""


async def a_while() -> None:
    for _ in range(SOON):
        await checkpoint()


async def test_a_place_is_taken_until_it_is_left() -> None:
    room = Room(1, asking=1)
    with room.entered():
        assert room.full
        with pytest.raises(anyio.WouldBlock), room.entered():
            pass
    assert not room.full


async def test_a_call_keeps_the_place_of_its_request_that_is_over() -> None:
    room = Room(1, asking=1)
    over, done = anyio.Event(), anyio.Event()

    async def call() -> None:
        async with kept():
            over.set()
            await done.wait()

    async with anyio.create_task_group() as tasks:
        with room.entered():
            tasks.start_soon(call)
            await over.wait()
        assert room.full
        done.set()
    assert not room.full


async def test_a_call_that_begins_when_its_request_is_over_waits_for_a_place() -> None:
    room = Room(1, asking=1)
    running: list[bool] = []

    async def call() -> None:
        async with kept():
            running.append(room.full)

    async with anyio.create_task_group() as tasks:
        with room.entered():
            tasks.start_soon(call)
        with room.entered():
            await a_while()
            assert running == []
    assert running == [True]
    assert not room.full


async def test_whoever_comes_back_from_a_person_waits_for_a_place_and_is_next() -> None:
    room = Room(1, asking=1)
    asked, said, back = anyio.Event(), anyio.Event(), anyio.Event()

    async def call() -> None:
        with room.entered():
            async with lent():
                asked.set()
                await said.wait()
            back.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await asked.wait()
        with room.entered():
            said.set()
            await a_while()
            assert not back.is_set()
        assert room.full, "nobody else gets in before"
    assert not room.full


async def test_a_call_that_is_given_up_while_it_waits_leaves_nothing_behind() -> None:
    room = Room(1, asking=1)
    asked = anyio.Event()

    async def call() -> None:
        with room.entered():
            async with lent():
                asked.set()
                await anyio.sleep_forever()

    for _ in range(2):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await asked.wait()
            await a_while()
            assert not room.full, "nobody asks any more"
            tasks.cancel_scope.cancel()
        assert not room.full


async def test_those_who_are_too_many_keep_their_places_while_they_ask() -> None:
    room = Room(1, asking=0)
    with room.entered():
        async with lent():
            assert room.full


async def test_without_a_room_there_is_room_for_everything() -> None:
    async with kept(), lent():
        pass
