"""Characters that nobody sees are left out of texts; what is seen stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_tools.unseen import UNSEEN, plain

unseen = st.one_of([st.integers(first, last) for first, last in UNSEEN]).map(chr)


@given(text=st.text(st.one_of(st.characters(), unseen)))
def test_nothing_unseen_is_left_and_nothing_seen_is_lost(text: str) -> None:
    assert plain(text) == "".join(
        each for each in text if not any(first <= ord(each) <= last for first, last in UNSEEN)
    )


@given(text=st.text(st.one_of(st.characters(), unseen)))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    "text",
    ["Mira Solano\n\tMadrid", "मीरा देशपांडे", "ليلى الحسن", "Марина Соколова", "José 👋🏽 🇪🇸", "王小明", "e\u0301"],
)
def test_what_people_write_stays(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "\u200b",
        "\u200d",
        "\u202e",
        "\u2066",
        "\u061c",
        "\ufeff",
        "\u00ad",
        "\U000e0041",
        "\ufe0f",
        "\U000e0100",
        "\u3164",
        "\u034f",
        "\u180e",
        "\u2063",
        "\x1b",
        "\x00",
        "\r",
        "\x85",
        "\ufff9",
        "\u206a",
        "\u17b4",
    ],
)
def test_what_hides_in_a_word_is_taken_out(hidden: str) -> None:
    assert plain(f"mi{hidden}ra") == "mira"
