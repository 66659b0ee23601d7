"""Results as text."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.rendering.table import places, refusals, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.text(), JSON, max_size=4)


def test_scalars_are_lines_and_rows_are_columns() -> None:
    body = {
        "returned": 2,
        "reach": {"push": 3, "email": 4},
        "records": [{"name": "Ann", "where": {"city": "Oslo"}}, {"name": "Bo", "where": {"city": "Rome"}, "n": [1]}],
    }
    assert text(body, "records").splitlines() == [
        "returned: 2",
        "reach.push: 3",
        "reach.email: 4",
        "",
        "name\twhere.city\tn",
        "Ann\tOslo\t",
        "Bo\tRome\t[1]",
    ]


def test_no_rows_are_said_to_be_none() -> None:
    assert text({"records": []}, "records") == "records: none"


def test_rows_that_are_no_objects_are_a_column_of_their_own() -> None:
    assert text({"names": ["a", "b"]}, "names") == "names\na\nb"


def test_objects_that_would_make_mostly_empty_columns_stay_in_one() -> None:
    rows = [{"did": {f"event {number}": {"count": 1}}} for number in range(9)]
    assert text({"records": rows}, "records").splitlines()[:2] == ["did", '{"event 0":{"count":1}}']


def test_values_that_look_like_rows_stay_in_their_cell() -> None:
    row = {"name": "x\ty\nz\u2028w\\", "tags": ["a\nb\u2029"], "a\tb": 1}
    assert text({"records": [row]}, "records").splitlines() == [
        "name\ttags\ta\\tb",
        'x\\ty\\nz\\u2028w\\\\\t["a\\nb\\u2029"]\t1',
    ]


@given(st.lists(OBJECT, min_size=1, max_size=5))
def test_a_table_has_one_line_for_each_row_and_equal_cells(rows: list[dict[str, Any]]) -> None:
    lines = text({"records": rows}, "records").split("\n")
    assert len(lines) == 1 + len(rows)
    assert len(text({"records": rows}, "records").splitlines()) <= len(lines)
    assert len({line.count("\t") for line in lines}) == 1


@given(OBJECT)
def test_a_value_cannot_forge_a_line(body: dict[str, Any]) -> None:
    def leaves(value: Any) -> int:
        return sum(map(leaves, value.values())) if isinstance(value, dict) and value else 1

    assert len(text(body).split("\n")) == max(1, leaves(body) if body else 1)


def test_refusals_are_grouped_by_kind_with_ranges() -> None:
    rows = [{"index": index, "code": 515, "reason": "Email is not valid"} for index in (9, 0, 1, 2, 3, 4, 7, 10)]
    rows += [{"index": 5, "code": 512, "reason": "No\tidentity"}, {"reason": "All of them"}]
    assert refusals(rows) == ["515 Email is not valid: index 0-4, 7, 9-10", "512 No\tidentity: index 5", "All of them"]


@given(st.sets(st.integers(0, 200)))
def test_ranges_name_exactly_the_places(indexes: set[int]) -> None:
    named: set[int] = set()
    for part in filter(None, places(indexes).split(", ")):
        first, _, last = part.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == indexes


@given(JSON)
def test_nested_values_stay_readable_json(value: Any) -> None:
    line = text({"value": [value]})
    assert json.loads(line.removeprefix("value: ")) == [value]
