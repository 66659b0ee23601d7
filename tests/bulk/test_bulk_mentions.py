"""The first look for personal values in the other texts of a row passes over none that the mask would hide."""

from __future__ import annotations

import json
from collections.abc import Callable
from unicodedata import normalize
from urllib.parse import quote

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from bulk.questioning import masked_by
from clevertap_bulk.questions.mentions import Mentions

WORDS = st.sampled_from(
    [
        "Mira",
        "Solano",
        "O'Brien",
        "Weiß",
        "İpek",
        "\u0131ş\u0131k",
        "Σίσυφος",
        "José",
        "Zoë-Ann",
        "李小龍",
        "みら",
        "김",
        "de",
        "9001",
    ]
)
ARABIC = "\u0663\u0664\u0666\u0660\u0660\u0667\u0660\u0660\u0668\u0660\u0660"
"""34600700800 in other digits."""
VALUES = st.one_of(
    st.lists(WORDS, min_size=1, max_size=3).map(" ".join).map(lambda name: ("name", name)),
    st.integers(10**6, 10**12).map(lambda number: ("phone", f"+{number}")),
    st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.org", fullmatch=True).map(lambda email: ("email", email)),
    st.text(min_size=1, max_size=9).map(lambda identity: ("identity", identity)),
)
WAYS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    str.casefold,
    quote,
    json.dumps,
    lambda text: normalize("NFD", text),
    lambda text: normalize("NFC", text),
    lambda text: " ".join(reversed(text.split())),
    lambda text: "-".join([text[:4], text[4:7], text[7:]]),
    lambda text: f"{text} {text}",
    lambda text: text[::-1],
)


@given(value=VALUES, ways=st.lists(st.sampled_from(WAYS), max_size=2), around=st.tuples(st.text(), st.text()))
@example(value=("name", "Mira Solano"), ways=[str.upper], around=("dear ", "!"))
@example(value=("phone", "+34600700800"), ways=[], around=(ARABIC, ""))
@example(value=("phone", "+34600700800"), ways=[], around=("%33%34%36%30%30%37%30%30%38%30%30", ""))
@example(value=("name", "\ufb01ona"), ways=[], around=("dear FIONA", ""))
@example(value=("name", "\uae40 \ucca0\uc218"), ways=[lambda text: normalize("NFD", text)], around=("", ""))
@example(value=("phone", "+34911000111"), ways=[], around=("call 34 911-000-111 or ", ""))
def test_the_first_look_finds_all_that_would_be_hidden(
    value: tuple[str, str], ways: list[Callable[[str], str]], around: tuple[str, str]
) -> None:
    name, personal = value
    text = personal
    for way in ways:
        text = way(text)
    text = text.join((f"{around[0]} ", f" {around[1]}")).replace("\0", "")
    personal = personal.replace("\0", "")
    if not personal.strip() or any("\ud800" <= mark <= "\udfff" for mark in text + personal):
        return
    told = masked_by().without(text, [(name, personal)], people=True)
    if told.count("person_") > text.count("person_"):
        assert may_stand(name, personal, text), (personal, text)


def may_stand(name: str, personal: str, text: str) -> bool:
    """Whether the first look takes a text for one in which a value may stand."""
    with duckdb.connect() as db:
        db.execute("CREATE TABLE people AS SELECT ? AS value, ? AS note", [personal, text])
        return bool(Mentions(db, "people", [(name, "r.value")]).columns({"note": "r.note"}))
