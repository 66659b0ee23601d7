"""Going through pages by handle: nothing is lost, nothing comes twice, and nothing leads round for ever."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.types import CallToolResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from clevertap_mcp.app import App
from clevertap_mcp.cursors import Cursors
from clevertap_mcp.expose import Desk
from clevertap_tools.action import CATALOGUE
from clevertap_tools.page import Page

pytestmark = pytest.mark.anyio

FIRST, NEXT = CATALOGUE["get-user-profiles"], CATALOGUE["get-user-profiles-by-cursor"]
EVERYBODY = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}


class Export:
    """A CleverTap with nothing but pages of profiles.

    Args:
        pages: The records of each page.
        after: Where the last page leads; None is the end.
    """

    def __init__(self, pages: list[list[Any]], after: int | None = None) -> None:
        self.pages = pages
        self.after = after
        self.read: list[int] = []

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/1/profiles.json", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> JSONResponse:
        if "cursor" not in request.query_params:
            return JSONResponse({"status": "success", "cursor": "page 0"})
        number = int(request.query_params["cursor"].removeprefix("page "))
        self.read.append(number)
        following = number + 1 if number + 1 < len(self.pages) else self.after
        way = {} if following is None else {"next_cursor": f"page {following}"}
        return JSONResponse({"status": "success", "records": self.pages[number], **way})


def figures(result: CallToolResult) -> dict[str, Any]:
    told: dict[str, Any] = result.structured_content
    return told


async def walked(desk: Desk, **asked: Any) -> AsyncIterator[dict[str, Any]]:
    result = figures(await desk.call(FIRST, {**EVERYBODY, **asked}))
    yield result
    while "next_cursor" in result:
        result = figures(await desk.call(NEXT, {"cursor": result["next_cursor"]}))
        yield result


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(st.integers(0, 40_000), max_size=6), min_size=1, max_size=4), wanted=st.integers(1, 40))
async def test_a_walk_returns_every_record_once_and_in_order(
    open_app: Callable[..., Any], pages: list[list[int]], wanted: int
) -> None:
    export = Export(
        [[{"n": (page, n), "essay": "x" * size} for n, size in enumerate(sizes)] for page, sizes in enumerate(pages)]
    )
    async with open_app(export.app) as app:
        answers = [answer async for answer in walked(Desk(app, Cursors()), batch_size=wanted)]
    seen = [record["n"] for answer in answers for record in answer["records"]]
    assert seen == [[page, n] for page, sizes in enumerate(pages) for n in range(len(sizes))]
    for answer in answers:  # truncated: there are more records, or values of a huge one are clipped
        clipped = "Long values are cut" in answer.get("warning", "")
        assert answer["truncated"] == ("next_cursor" in answer or clipped)
    if wanted < 23:
        assert all(answer["returned"] <= wanted for answer in answers)


async def test_going_on_inside_a_page_does_not_read_it_again(open_app: Callable[..., Any]) -> None:
    export = Export([[{"essay": "x" * 20_000}] * 4, [{"n": 1}]])
    async with open_app(export.app) as app:
        answers = [answer async for answer in walked(Desk(app, Cursors()))]
    assert [answer["returned"] for answer in answers] == [1, 1, 1, 1, 1]
    assert export.read == [0, 1]


async def test_a_page_that_fell_out_of_memory_is_read_again(open_app: Callable[..., Any]) -> None:
    export = Export([[{"n": n, "essay": "x" * 20_000} for n in range(2)]])
    async with open_app(export.app) as app:
        cursors = Cursors()
        desk = Desk(app, cursors)
        first = figures(await desk.call(FIRST, EVERYBODY))
        for _ in range(4):
            await desk.call(FIRST, EVERYBODY | {"to": "1998-06-29"})
        cursors._pages.clear()
        rest = figures(await desk.call(NEXT, {"cursor": first["next_cursor"]}))
    assert [record["n"] for record in first["records"] + rest["records"]] == [0, 1]


async def test_an_old_handle_answers_again(open_app: Callable[..., Any]) -> None:
    export = Export([[{"n": n}] for n in range(4)])
    async with open_app(export.app) as app:
        desk = Desk(app, Cursors())
        handles = [answer.get("next_cursor") async for answer in walked(desk)]
        again = [figures(await desk.call(NEXT, {"cursor": handle})) for handle in (handles[1], handles[0], handles[2])]
    assert [answer["records"] for answer in again] == [[{"n": 2}], [{"n": 1}], [{"n": 3}]]
    assert not any("warning" in answer for answer in again)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_cursor_that_leads_back_ends_the_walk_with_what_was_read(
    open_app: Callable[..., Any], after: int
) -> None:
    async with open_app(Export([[{"n": n}] for n in range(3)], after).app) as app:
        answers = [answer async for answer in walked(Desk(app, Cursors()))]
    assert [answer["records"][0]["n"] for answer in answers] == [0, 1, 2]
    assert "may be incomplete" in answers[-1]["warning"]
    assert answers[-1]["truncated"] is True


async def test_a_page_that_is_not_ready_is_asked_for_again(app: App) -> None:
    cursors = Cursors()
    desk = Desk(app, cursors)
    unready = Page(records=[], returned=0, truncated=True, next_cursor="C", own_cursor="C", warning="Not ready.")
    place = await cursors.begin("get-user-profiles-by-cursor", unready)
    shown = (await desk._paging._shown(unready, place)).structured
    assert (await cursors.find(shown["next_cursor"], "get-user-profiles-by-cursor")).cursor == "C"
    assert cursors.kept(place) is None


async def test_clevertap_cursors_do_not_reach_the_model(open_app: Callable[..., Any]) -> None:
    async with open_app(Export([[{"n": 0}], [{"n": 1}]]).app) as app:
        result = await Desk(app, Cursors()).call(FIRST, EVERYBODY)
    assert "page 1" not in json.dumps(result.model_dump(mode="json"))
    assert figures(result)["next_cursor"].startswith("c_")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cursor": "c_unknown"}, "'cursor' is not known here"),
        ({"cursor": 5}, "'cursor' must be text"),
        ({}, "'cursor' is missing"),
    ],
)
async def test_a_cursor_that_is_none_is_refused_with_the_remedy(app: App, given: dict[str, Any], told: str) -> None:
    result = await Desk(app, Cursors()).call(NEXT, given)
    assert result.is_error
    assert figures(result)["error"]["field"] == "cursor"
    assert told in figures(result)["error"]["message"]


async def test_other_arguments_are_checked_even_if_the_page_is_remembered(open_app: Callable[..., Any]) -> None:
    async with open_app(Export([[{"essay": "x" * 20_000}] * 2]).app) as app:
        desk = Desk(app, Cursors())
        first = figures(await desk.call(FIRST, EVERYBODY))
        result = await desk.call(NEXT, {"cursor": first["next_cursor"], "no_such_argument": 1})
    assert "'no_such_argument' is not an argument here" in figures(result)["error"]["message"]
