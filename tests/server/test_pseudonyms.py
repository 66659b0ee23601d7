"""A pseudonym leads back to its value with its project's key, and only so."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.privacy.pseudonyms import PREFIX, PSEUDONYM, ForeignPseudonymError, Pseudonyms

KEY = "a secret of the operator's"
ours = Pseudonyms(KEY, "project-1")
values = st.text(min_size=1, max_size=40)


@given(value=values)
def test_a_pseudonym_leads_back_to_its_value(value: str) -> None:
    assert ours.value_of(ours.of(value)) == value


@given(value=values)
def test_the_same_value_has_the_same_pseudonym_in_every_process(value: str) -> None:
    assert Pseudonyms(KEY, "project-1").of(value) == ours.of(value)


@given(one=values, other=values)
def test_different_values_have_different_pseudonyms(one: str, other: str) -> None:
    assert (ours.of(one) == ours.of(other)) == (one == other)


@pytest.mark.parametrize("theirs", [Pseudonyms(KEY, "project-2"), Pseudonyms("another secret", "project-1")])
def test_a_pseudonym_of_another_project_or_key_is_refused(theirs: Pseudonyms) -> None:
    with pytest.raises(ForeignPseudonymError):
        ours.value_of(theirs.of("mira@example.org"))


@given(value=values, place=st.integers(0), letter=st.sampled_from(string.ascii_letters + string.digits + "_=@"))
def test_a_single_changed_character_is_refused(value: str, place: int, letter: str) -> None:
    made = ours.of(value)
    place %= len(made)
    changed = made[:place] + letter + made[place + 1 :]
    if changed != made:
        with pytest.raises(ForeignPseudonymError):
            ours.value_of(changed)


@given(value=values, ending=st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=9))
def test_a_longer_or_shorter_spelling_is_refused(value: str, ending: str) -> None:
    made = ours.of(value)
    for changed in (made + ending, made[: -len(ending)]):
        with pytest.raises(ForeignPseudonymError):
            ours.value_of(changed)


@given(text=st.text(max_size=80))
def test_what_is_no_pseudonym_is_refused(text: str) -> None:
    for told in (text, PREFIX + text):
        with pytest.raises(ForeignPseudonymError):
            ours.value_of(told)


@given(value=values)
def test_a_pseudonym_is_one_word_of_small_letters_and_digits(value: str) -> None:
    assert PSEUDONYM.fullmatch(ours.of(value))
    assert set(ours.of(value)) <= set(string.ascii_lowercase + string.digits + "_")


@pytest.mark.parametrize(
    "word", ["person_name", "person_1", "person_of_interest", "a_person_", "person_identifier_of_customer"]
)
def test_ordinary_words_are_no_pseudonyms(word: str) -> None:
    assert not PSEUDONYM.search(word)


def test_the_longest_identity_and_half_a_character_have_pseudonyms() -> None:
    for value in ("x" * 1024, "half \ud83d"):
        assert ours.value_of(ours.of(value)) == value


def test_neither_key_nor_values_show_in_its_repr() -> None:
    ours.of("mira@example.org")
    assert KEY not in repr(ours) + repr(vars(ours))
    assert "mira" not in repr(vars(ours))
