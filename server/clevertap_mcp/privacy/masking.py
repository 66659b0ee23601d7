"""Pseudonyms in place of the personal data of any JSON value, whatever its shape.

A value is personal by the key that it stands under, and so is everything below it; all other texts, and the keys
themselves, are searched for what is recognisable. If a personal value of a record may stand in another of its texts,
the record is gone through a second time to find it. Texts that hold JSON are read, masked and written again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_plus

from pydantic import BaseModel

from clevertap_mcp.privacy.free_text import found_hidden
from clevertap_mcp.privacy.kinds import Kind, is_personal, kind_in, kind_of, kind_of_named, only_totals, still_people
from clevertap_mcp.privacy.mentions import Known, Search, Value
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM, Pseudonyms
from clevertap_mcp.privacy.spellings import SHORTEST, SHORTEST_NUMBER, words_in
from clevertap_tools.unseen import plain

LONGEST_REMEMBERED: Final = 200
"""Characters of a text that is kept at hand with what came of it."""
DEEPEST: Final = 64
"""Objects and lists inside each other that are looked into."""
TOO_DEEP: Final = "(left out: nested too deep to be masked)"
HANDLES: Final = frozenset({"next_cursor", "previous_cursor", "cursor", "req_id", "presignedS3URL"})
"""Keys of an answer itself whose values lead on and must stay as they are."""
PAIR: Final = re.compile(
    r"""
    (?P<quote>["'])(?P<key>[^"'\\\n]{1,200})(?P=quote)\s{0,9}:\s{0,9}
    (?:(?P<mark>["'])(?P<text>(?:(?!(?P=mark))[^\\\n]|\\.)++)(?P=mark)?|(?P<figure>-?\d{1,20}+(?:\.\d++)?))
    """,
    re.VERBOSE,
)
"""A key and its value in a piece of JSON that is broken off, or stands within a sentence; Python quotes otherwise."""
PARAMETER: Final = re.compile(r"(?<=[?&])(?P<key>[^=&?#\s]{1,200})=(?P<text>[^&#\s\"'<>]++)")
"""A parameter of an address and its value."""
LIKE_JSON: Final = frozenset('{["')
"""What a text begins with that may be JSON."""

Field = tuple[str, Kind | None, bool]
"""Of one key: the key as it is shown, the kind of its value, and whether that is about people."""
Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of an object by its keys alone: each field, and the words of all keys."""

    fields: tuple[Field, ...]
    words: Words


@dataclass(slots=True)
class Traits:
    """What was met in a record: personal values, and the words of everything else, large numbers among them."""

    values: list[Value] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


class Mask:
    """Puts pseudonyms in place of personal data."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.hide = pseudonyms.of
        self._remembered = lru_cache(16_384)(self._free_text)
        self._shape = lru_cache(4096)(self._new_shape)

    def text(self, text: str, known: Known) -> str:
        """A text with its personal data replaced; as JSON where it is JSON."""
        told: str = self.record(text, known, people=True)
        return told

    def answer(self, value: Any, known: Known, *, people: bool) -> Any:
        """A whole answer: each entry of its lists is a record of its own, and what leads on stays."""
        if type(value) is list:
            return [self.record(each, known, people=people) for each in value]
        if type(value) is not dict:
            return self.record(value, known, people=people)
        lists = {key: inner for key, inner in value.items() if type(inner) is list and kind_of(key) is None}
        handles = {key: plain(inner) for key, inner in value.items() if key in HANDLES and type(inner) is str}
        others = {key: inner for key, inner in value.items() if key not in lists and key not in handles}
        told: dict[str, Any] = self.record(others, known, people=people) | handles
        for key, rows in lists.items():
            about = still_people(key, people=people)
            told[self.text(key, known)] = [self.record(each, known, people=about) for each in rows]
        return told

    def record(self, value: Any, known: Known, *, people: bool) -> Any:
        """One record; the personal values in it are looked for in all its texts."""
        met = Traits()
        told = self._value(value, None, people, 0, met)
        own = Known(met.values, known)
        if own.may_be_in(met.words):
            return searched(told, Search(own, self.hide))
        return told

    def _value(self, value: Any, kind: Kind | None, people: bool, level: int, met: Traits) -> Any:
        shape = type(value)
        if shape is str:
            if kind is None or not is_personal(kind, value, people=people):
                return self._text(value, people, level, met)
        elif shape is dict:
            return self._object(value, kind, people, level, met)
        elif shape is list or shape is tuple:
            return self._entries(value, kind, people, level, met)
        elif kind is None or not is_personal(kind, value, people=people):
            return self._figure(value, kind, people, level, met)
        text = str(int(value) if type(value) is float and value.is_integer() else value)
        met.values.append((text, kind))
        return self.hide(text)

    def _figure(self, value: Any, kind: Kind | None, people: bool, level: int, met: Traits) -> Any:
        if isinstance(value, BaseModel):
            return value.model_copy(update=self._object(dict(value), kind, people, level, met))
        if type(value) is int and value >= SHORTEST_NUMBER:
            met.words.append(frozenset((str(value),)))
        return value

    def _entries(self, value: Any, kind: Kind | None, people: bool, level: int, met: Traits) -> Any:
        if level >= DEEPEST:
            return TOO_DEEP
        return type(value)([self._value(each, kind, people, level + 1, met) for each in value])

    def _object(self, value: dict[str, Any], kind: Kind | None, people: bool, level: int, met: Traits) -> Any:
        if level >= DEEPEST:
            return TOO_DEEP
        if kind is not None and only_totals(value):
            kind = None
        named = kind_of_named(value)
        shape = self._shape(tuple(value), kind, people, named)
        met.words.append(shape.words)
        told = {}
        for (key, below, about), inner in zip(shape.fields, value.values(), strict=True):
            # Most values are short texts: they take the short way.
            if type(inner) is not str or len(inner) > LONGEST_REMEMBERED or not inner:
                told[key] = self._value(inner, below, about, level + 1, met)
            elif below is None and (remembered := self._remembered(inner))[0] is not None:
                told[key], words = remembered
                if words:
                    met.words.append(words)
            else:
                told[key] = self._value(inner, below, about, level + 1, met)
        return told

    def _new_shape(self, keys: tuple[str, ...], kind: Kind | None, people: bool, named: Kind | None) -> Shape:
        shown = [found_hidden(plain(key), self.hide) for key in keys]
        fields = [
            (seen, kind_in(key, kind, named), still_people(key, people=people))
            for seen, key in zip(shown, keys, strict=True)
        ]
        return Shape(tuple(fields), words_in(" ".join(shown)))

    def _text(self, text: str, people: bool, level: int, met: Traits) -> str:
        found, words = self._remembered(text) if len(text) <= LONGEST_REMEMBERED else self._free_text(text)
        if found is None:
            return self._json_text(plain(text), people, level, met)
        met.words.append(words)
        return found

    def _free_text(self, text: str) -> tuple[str | None, Words]:
        """A text with what is recognisable replaced, and its words; None if it may be JSON, which must be read."""
        seen = plain(text)
        if seen.lstrip()[:1] in LIKE_JSON:
            return None, frozenset()
        found = self._found_hidden(seen)
        return found, words_in(found)

    def _found_hidden(self, text: str) -> str:
        """A text with what is recognisable replaced, by its form or by the key before it in a piece of JSON."""
        if ":" in text and ('"' in text or "'" in text):
            text = PAIR.sub(self._pair_hidden, text)
        if "=" in text and ("?" in text or "&" in text):
            text = PARAMETER.sub(self._parameter_hidden, text)
        return found_hidden(text, self.hide)

    def _pair_hidden(self, pair: re.Match[str]) -> str:
        kind = kind_of(pair["key"])
        value = pair["text"] if pair["figure"] is None else float(pair["figure"])
        if kind is None or not is_personal(kind, value, people=True) or PSEUDONYM.fullmatch(str(value)):
            return pair[0]
        return f'"{pair["key"]}":"{self.hide(pair["text"] or pair["figure"])}"'

    def _parameter_hidden(self, parameter: re.Match[str]) -> str:
        kind, value = kind_of(unquote_plus(parameter["key"])), unquote_plus(parameter["text"])
        if kind is None or not is_personal(kind, value, people=True) or len(value) < SHORTEST or is_hidden(value):
            return parameter[0]
        return f"{parameter['key']}={self.hide(value)}"

    def _json_text(self, text: str, people: bool, level: int, met: Traits) -> str:
        """A text that begins like JSON: read whole, or line by line, and only where it is none, searched."""

        def masked(value: Any) -> Any:
            return self._value(value, None, people, level + 1, met)

        def free(line: str) -> str:
            found = self._found_hidden(line)
            met.words.append(words_in(found))
            return found

        return each_json(text, masked, free)


def is_hidden(value: str) -> bool:
    """Whether a value holds a pseudonym already."""
    return bool(PSEUDONYM.search(value))


def each_json(text: str, whole: Callable[[Any], Any], free: Callable[[str], str]) -> str:
    """A text that may be JSON, as a whole or in each line, with its values changed and written again.

    Args:
        text: The text.
        whole: Changes a JSON value.
        free: Changes a text that is no JSON.
    """
    told = reread(text, whole)
    if told is not None:
        return told
    lines = text.split("\n") if "\n" in text else ()
    return "\n".join(each_json(line, whole, free) for line in lines) if lines else free(text)


def reread(text: str, whole: Callable[[Any], Any]) -> str | None:
    """A JSON text with its value changed; None if it is no JSON that holds texts."""
    try:
        value = json.loads(text)
        return json.dumps(whole(value), ensure_ascii=False) if isinstance(value, dict | list | str) else None
    except ValueError:
        return None
    except RecursionError:
        return TOO_DEEP


def searched(value: Any, search: Search) -> Any:
    """A masked value with the known values in its texts, keys and numbers replaced too."""
    if isinstance(value, str):
        if value.lstrip()[:1] not in LIKE_JSON:
            return search.text(value)
        return each_json(value, lambda inner: searched(inner, search), search.text)
    if isinstance(value, dict):
        return {search.text(key): searched(inner, search) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([searched(inner, search) for inner in value])
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: searched(inner, search) for name, inner in value})
    return search.number(value) if type(value) is int else value
