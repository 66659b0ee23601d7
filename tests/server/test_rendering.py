"""Whatever the account holds: what the model reads is bounded, and every cut is said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from clevertap_mcp.rendering.framing import UNTRUSTED, Frame
from clevertap_mcp.rendering.render import MOST_BYTES, Rendered, Rest, render
from clevertap_mcp.rendering.table import compact


@dataclass(frozen=True)
class Many:
    """A part so many times, written down in short."""

    part: Any
    times: int


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.builds(Many, st.text(min_size=1, max_size=5), st.integers(0, 9_000)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
        | st.builds(Many, st.lists(inner, max_size=3), st.integers(0, 40))
    ),
    max_leaves=8,
)
ROWS = st.builds(Many, st.lists(st.dictionaries(st.text(max_size=9), JSON, max_size=4), max_size=4), st.integers(1, 60))
BODY = st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8)
FRAMES = st.frozensets(st.sampled_from([*"abcdefgh", "records", "refusals"])).map(Frame)


def grown(value: Any) -> Any:
    """The value with everything in it as often as it says."""
    if isinstance(value, Many):
        return grown(value.part) * value.times
    if isinstance(value, list):
        return [grown(part) for part in value]
    return {key: grown(part) for key, part in value.items()} if isinstance(value, dict) else value


def assert_bounded(shown: Rendered) -> None:
    written = json.dumps(shown.structured, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert len(written.encode()) <= MOST_BYTES
    assert len(shown.text.encode()) <= MOST_BYTES


@settings(max_examples=30, deadline=None)
@given(BODY, FRAMES)
def test_any_result_fits_and_says_what_was_cut(body: dict[str, Any], frame: Frame) -> None:
    body = grown(body)
    shown = render(body, frame=frame)
    assert_bounded(shown)
    if not shown.structured.get("truncated"):
        assert shown.structured.keys() - {UNTRUSTED} == body.keys()
    else:
        assert "cut" in shown.structured["warning"]
        assert "cut" in shown.text


@settings(max_examples=30, deadline=None)
@given(BODY, ROWS, FRAMES)
def test_any_listing_fits_and_says_how_many_rows_there_are(body: dict[str, Any], many: Many, frame: Frame) -> None:
    rows = grown(many)
    shown = render({**grown(body), "returned": len(rows), "records": rows}, "records", Rest(), frame)
    assert_bounded(shown)
    assert shown.structured["returned"] == shown.shown == len(shown.structured["records"])
    if shown.shown < len(rows):
        assert shown.shown > 0
        assert shown.structured["truncated"] is True
        assert f"Showing {shown.shown} of {len(rows)} records" in shown.structured["warning"]
        assert f"Showing {shown.shown} of {len(rows)} records" in shown.text


def test_a_listing_is_cut_as_late_as_possible() -> None:
    rows = [{"n": number, "word": "x" * 50} for number in range(5_000)]
    shown = render({"records": rows}, "records", Rest("Ask again.", {"next_cursor": "c_1"}))
    assert shown.structured["records"] == rows[: shown.shown]
    assert shown.structured["next_cursor"] == "c_1"
    assert shown.structured["warning"] == f"Showing {shown.shown} of 5000 records here. Ask again."
    assert "returned" not in shown.structured
    assert len(compact(shown.structured)) > MOST_BYTES - 100


def test_a_row_that_does_not_fit_alone_is_clipped_and_says_how_much_is_missing() -> None:
    row = {"name": "Ann", "essay": "x" * 100_000}
    shown = render({"records": [row, row]}, "records")
    (only,) = shown.structured["records"]
    kept, _, mark = only["essay"].partition("…")
    assert only["name"] == "Ann"
    assert len(kept) > 0.9 * MOST_BYTES
    assert mark == f" [{100_000 - len(kept)} more characters]"
    assert shown.structured["warning"].startswith("Showing 1 of 2 records here. Long values are cut.")


def test_long_texts_are_cut_before_lists_and_lists_before_depth() -> None:
    body = {"essay": "y" * 20_000, "list": list(range(100)), "name": "Ann"}
    shown = render(body).structured
    assert (shown["list"], shown["name"]) == (body["list"], "Ann")
    many = render({"list": [{"n": number} for number in range(20_000)], "name": "Ann"}).structured
    assert many["name"] == "Ann"
    assert many["list"][-1] == {"…": f"{20_001 - len(many['list'])} more entries"}
    words = render({"list": ["word"] * 20_000}).structured["list"]
    assert words[-1] == f"… {20_001 - len(words)} more entries"
    wide = render({"object": {f"key {number}": number for number in range(20_000)}}).structured["object"]
    assert wide["…"] == f"{20_001 - len(wide)} more entries"


def test_fields_beside_the_rows_leave_room_for_rows() -> None:
    shown = render({"note": "z" * 60_000, "records": [{"n": number} for number in range(50)]}, "records")
    assert shown.shown == 50
    assert "Long values are cut." in shown.text


def test_an_earlier_warning_is_kept() -> None:
    rows = [{"word": "x" * 1_000}] * 90
    shown = render({"records": rows, "warning": "Mind the gap."}, "records")
    assert shown.structured["warning"].startswith("Mind the gap. Showing ")


def test_half_characters_and_numbers_that_are_none_become_writable() -> None:
    shown = render({"name": "a\ud83d", "rate": float("nan"), "deep\udc00": {"more": [float("inf"), "\ud83d\ude00"]}})
    assert shown.structured == {"name": "a\ufffd", "rate": "nan", "deep\ufffd": {"more": ["inf", "😀"]}}


def test_what_is_nested_too_deep_for_json_writers_is_told_as_text() -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    shown = render({"deep": deep})
    assert_bounded(shown)
    assert "bottom" in shown.text


def test_an_upload_names_every_refusal_in_its_text_even_where_the_list_is_cut() -> None:
    rows = [{"index": index, "code": 515, "reason": "Email is not valid"} for index in range(5_000) if index != 5]
    shown = render({"sent": 5_000, "refusals": rows}, "refusals")
    assert_bounded(shown)
    assert len(shown.structured["refusals"]) < 5_000
    assert shown.text.splitlines() == ["sent: 5000", "", "refusals", "515 Email is not valid: index 0-4, 6-4999"]


def test_a_reason_cannot_forge_a_line() -> None:
    shown = render({"sent": 1, "refusals": [{"index": 0, "reason": "No\tidentity\nsent: 9"}]}, "refusals")
    assert shown.text.splitlines() == ["sent: 1", "", "refusals", "No\\tidentity\\nsent: 9: index 0"]


def test_an_upload_without_refusals_says_so() -> None:
    assert render({"sent": 1, "refusals": []}, "refusals").text == "sent: 1\nrefusals: none"


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.text(min_size=1, max_size=50)), max_size=40),
    st.integers(1, 200),
    FRAMES,
)
def test_any_upload_fits(kinds: list[tuple[int, str]], times: int, frame: Frame) -> None:
    rows = [{"index": index, "reason": reason * times} for index, reason in kinds] * 3
    assert_bounded(render({"sent": 9, "refusals": rows}, "refusals", frame=frame))


def test_rows_of_any_depth_are_shown() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    shown = render({"records": [{"deep": deep}, {"plain": 1}]}, "records")
    assert shown.shown == 2
    assert shown.fits_in()
