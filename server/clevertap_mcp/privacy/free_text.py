# ruff: noqa: RUF001 - signs of many scripts are what is looked for
"""Personal data that can be told by its form alone: e-mails, international phone numbers, ids of known form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from unicodedata import decimal

from clevertap_mcp.privacy.pseudonyms import PSEUDONYM

Hide = Callable[[str], str]
"""Gives the pseudonym of a value."""

AT: Final = r"(?:[@＠﹫]|%(?:25)*40|&\#0*64;|&\#[xX]0*40;|&commat;|\\u0040)+"
PLUS: Final = r"(?:[+＋﹢]|%(?:25)*2[Bb]|&\#0*43;|\\u002[bB])"
ENCODED_DOT: Final = r"(?:%(?:25)*2[Ee]|&\#0*46;)"
DOT: Final = rf"(?:[.．。｡․﹒]|{ENCODED_DOT})"
OUTSIDE: Final = r"""\s@＠﹫<>()\[\]{},;:"'/\\=&?|"""
"""What no address holds, inside of square brackets."""
# Lengths are bounded so that the time it takes grows no faster than the text.
# A percent sign belongs to an address unless it stands for the @ itself; an apostrophe if it stands within a name.
LOCAL: Final = rf"(?<![^{OUTSIDE}%])(?<!%(?!25|40))(?<!\w')(?:[^{OUTSIDE}%]|%(?!(?:25)*40)|(?<=\w)'(?=\w)){{1,600}}+"
LABEL: Final = rf"[^{OUTSIDE}!\#%*….．。｡․﹒]+"
BETWEEN: Final = r"(?:[\s\-‐-―−.()/·•*_]|%20){0,3}"
ZERO: Final = "[0٠۰०０]"
ONE_TO_NINE: Final = "[1-9١-٩۱-۹१-९１-９]"
ABROAD: Final = rf"(?:(?<!\d){PLUS}|(?<![\w.,+-])(?<!\d:){ZERO}{ZERO}(?=\W?{ONE_TO_NINE}))"
"""What an international number begins with: `+`, or `00` and the digit of a country."""
FOUND: Final = re.compile(
    rf"""
    (?P<pseudonym>(?<![a-z2-7]){PSEUDONYM.pattern})
    | (?P<email>{LOCAL}{AT}(?:(?:{LABEL}{DOT})+{LABEL}|[^\s…]{{0,250}}(?=…)))
    | (?P<phone>{ABROAD}{BETWEEN}\d(?:(?:{BETWEEN}\d){{7,14}}(?!\d)|(?:{BETWEEN}\d){{2,6}}(?=…)))
    | (?P<id>
        (?<![0-9a-fA-F])[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}(?![0-9a-fA-F])  # UUID
        | (?<![A-Za-z0-9_-])[A-Za-z0-9_-]++:APA91[A-Za-z0-9_-]+  # token of Firebase
        | (?<![A-Za-z0-9])[0-9a-fA-F]{{32,}}+(?![A-Za-z0-9])  # token of Apple, id of a device
        | (?<![\w.~-])__h?[0-9a-fA-F]{{6,}}+(?!\w)  # CleverTap ID of Android
        | (?<![\w.~-])[_~-]h?(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{{6,}}+(?!\w)  # of others
    )
    """,
    re.VERBOSE,
)
SUSPICIOUS: Final = re.compile(r"[@＠﹫%&\\+＋﹢~_\-\d]")
"""Without one of these characters a text holds nothing that `FOUND` finds."""
SHORTEST: Final = 6
"""Characters of the shortest e-mail address, the shortest of all that is looked for."""


def found_hidden(text: str, hide: Hide) -> str:
    """A text with each e-mail, international phone number and id of known form replaced."""
    if len(text) < SHORTEST or not SUSPICIOUS.search(text):
        return text
    return FOUND.sub(lambda found: _hidden(found, hide), text)


def _hidden(found: re.Match[str], hide: Hide) -> str:
    if found.lastgroup == "email":
        return hide(re.sub(ENCODED_DOT, ".", re.sub(AT, "@", found[0])))
    if found.lastgroup == "phone":
        return hide(international(found[0]))
    return hide(found[0]) if found.lastgroup == "id" else found[0]


def international(phone: str) -> str:
    """A phone number as CleverTap takes it, however it was written: `+` and digits."""
    number = digits(re.sub(rf"{PLUS}|%(?:25)*20", " ", phone))
    return f"+{number.removeprefix('00')}"


def digits(text: str) -> str:
    """The digits of a text, of any script, as ours."""
    written = text if text.isdecimal() else "".join(filter(str.isdecimal, text))
    return written if written.isascii() else "".join(str(decimal(digit)) for digit in written)
