"""What could never be shown is not masked either, and what is missing is told all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from clevertap_mcp.cursors import Cursors
from clevertap_mcp.expose import Desk
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_mcp.rendering.clip import Limits, shortened
from clevertap_mcp.rendering.render import MOST_BYTES
from clevertap_mcp.rendering.sight import ENTRIES, LONGEST, MOST_WEIGHT, in_sight, near_enough, weight
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.actions.catalogs import OneCatalog
from clevertap_tools.actions.project_schema import ProjectSchema
from clevertap_tools.upload_result import RefusedRecord, UploadResult

if TYPE_CHECKING:
    from server.conftest import OpenApp

MANY = 50_000
LONG = "write to mira@example.org " * 20_000


class Counting(Pseudonyms):
    """Pseudonyms that tell how many values they were asked for."""

    def __init__(self) -> None:
        super().__init__("a secret of the operator's", "project")
        made, self.asked = self.of, set[str]()

        def of(value: str) -> str:
            self.asked.add(value)
            return made(value)

        self.of = of


def project(body: Any) -> Starlette:
    """A CleverTap with one answer."""

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(body)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


NUMBERS = {f"v{number}": f"+9198{number:08}" for number in range(MANY)}
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("get-variables", {"identity": "1"}, {"status": "success", "vars": NUMBERS}),
    ("get-schema", {}, {"status": "success", "events": list(NUMBERS.values())}),
    ("request", {"method": "GET", "path": "/1/x"}, {"list": list(NUMBERS.values())}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("key", "arguments", "body"), CALLS, ids=[key for key, _, _ in CALLS])
async def test_no_more_is_masked_than_could_be_shown_and_all_that_is_missing_is_told(
    open_app: OpenApp, key: str, arguments: dict[str, Any], body: Any
) -> None:
    pseudonyms = Counting()
    async with open_app(project(body)) as app:
        desk = Desk(replace(app, privacy=Privacy(pseudonyms)), Cursors())
        answer = await desk.call(CATALOGUE[key], arguments)
    assert len(pseudonyms.asked) <= ENTRIES[0]
    told = json.dumps(answer.structured_content)
    assert len(told) > MOST_BYTES // 2
    shown = told.count("person_")
    assert f"{MANY - shown} more entries" in told or f"Showing {shown} of {MANY} " in told


def test_the_end_of_a_long_text_is_cut_where_no_address_is_split() -> None:
    text = near_enough(LONG)
    assert len(text) < LONGEST + 50
    kept, _, mark = text.rpartition("… ")
    assert mark == f"[{len(LONG) - len(kept)} more characters]"
    assert LONG[len(kept) - 1].isspace() or LONG[len(kept)].isspace()


def test_cuts_of_one_value_add_up() -> None:
    twice = shortened(near_enough({"a": LONG, "b": list(range(MANY))}), Limits(chars=200, entries=10))
    assert twice["a"].endswith(f"… [{len(LONG) - 200} more characters]")
    words = shortened(near_enough([f"w{number}" for number in range(MANY)]), Limits(entries=40))
    assert words[-1] == f"… {MANY - 40} more entries"
    fields = shortened(near_enough({"x": NUMBERS}), Limits(entries=10))["x"]
    assert fields["…"] == f"{MANY - 10} more entries"


def test_a_long_text_that_holds_json_still_holds_it() -> None:
    text = json.dumps({"names": [f"Mira {number}" for number in range(MANY)]})
    assert json.loads(near_enough(text))["names"][-1] == f"… {MANY - ENTRIES[0]} more entries"


def test_lists_within_lists_weigh_little_in_the_end() -> None:
    value = [[["x" * 1000] * 30] * 100] * 100
    assert weight(value) > MOST_WEIGHT
    assert weight(near_enough(value)) <= MOST_WEIGHT


def test_what_is_short_stays_as_it_is() -> None:
    catalog = OneCatalog(id=1, catalog={"catalogName": "shoes", "x": [1, {"y": None}], "z": ("a", "b")})
    assert in_sight(catalog).result == catalog
    names = ProjectSchema(names=[{"name": "a"}, {"name": "b"}])
    assert in_sight(names).result == names
    assert in_sight(names).beyond == 0


def test_refusals_are_kept_because_all_of_them_are_told_by_kind() -> None:
    refusals = [RefusedRecord(index=number, reason="no") for number in range(5_000)]
    result = UploadResult(sent=5_000, accepted=0, refused=5_000, unaccounted=0, unsent=0, refusals=refusals)
    assert in_sight(result).result == result
