"""Values as lines of plain text, for the person who has to say yes.

What is shown there was often written by somebody else, so nothing in it may break the line, hide in it, push something
else out of it, or look like our own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from clevertap_tools import wire
from clevertap_tools.unseen import plain

LONGEST_LINE = 400
LONGEST_VALUE = 80
"""Characters of one value inside a longer sentence."""
LONGEST_NAME = 80
"""Characters of whatever names a person; of a longer one both ends are shown."""
NAME_HEAD, NAME_TAIL = 40, 30
MOST_NAMES = 10
MOST_PAIRS = 20
MOST_OBJECTS = 8
MARKS = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\u301f\uff02'
"""Whatever looks like a quotation mark at the end of a value."""
UNMARKED = str.maketrans(dict.fromkeys(MARKS, "'"))

Name = tuple[str, object]
"""The kind of a person's name (`identity`), in our own or CleverTap's words, and the name."""


def flat(text: str) -> str:
    """A text in one line, without the characters that nobody sees."""
    spaced = " ".join(text.split())  # first, because some of what separates words is not seen either
    seen = "".join(character for character in plain(spaced) if character.isprintable())
    return " ".join(seen.split())


def line(text: str, most: int = LONGEST_LINE) -> str:
    """The beginning of a text in one line of what can be seen."""
    seen = flat(text)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def quoted(text: object, most: int = LONGEST_VALUE) -> str:
    """A value in quotation marks that it cannot close, nor seem to."""
    return f'"{line(str(text), most).translate(UNMARKED)}"'


def named(name: Name) -> str:
    """A person by kind and name: `identity "c-1"`."""
    kind, text = name[0], flat(str(name[1]))
    shown = text if len(text) <= LONGEST_NAME else f"{text[:NAME_HEAD]}…{text[-NAME_TAIL:]}"
    return f"{kind} {quoted(shown, LONGEST_NAME)}"


def told(value: object) -> str:
    """A value inside a sentence: numbers as they are, everything else in quotation marks."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else quoted(value)


def pair(name: str, value: object) -> str:
    """A name and its value, each cut by itself: `"deep_link"="shop://sale"`."""
    return f"{quoted(name)}={quoted(value if isinstance(value, str) else as_json(value))}"


def as_json(value: object) -> str:
    """A free value as JSON."""
    return wire.dump(value).decode()


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return " ".join([", ".join(parts[:-1]), last, parts[-1]]) if len(parts) > 1 else "".join(parts)


def first(parts: Sequence[str], most: int = MOST_NAMES) -> str:
    """The first of many, and how many more there are."""
    more = len(parts) - most
    return f"{', '.join(parts[:most])} and {more:,} more" if more > 0 else joined(parts)


def listed(label: str, parts: Sequence[str], most: int = MOST_PAIRS) -> list[str]:
    """The first of many parts in as many lines as they need, so that none hides another; no line if there are none."""
    more = len(parts) - most
    rows: list[str] = []
    for part in [*parts[:most], *([f"and {more:,} more"] if more > 0 else [])]:
        if rows and len(rows[-1]) + len(part) + 2 <= LONGEST_LINE:
            rows[-1] += f"; {part}"
        else:
            rows.append(f"{label}{', continued' if rows else ''}: {part}")
    return rows


def pairs(label: str, given: Mapping[str, object]) -> list[str]:
    """Names and their values, none if there are none."""
    return listed(label, [pair(name, value) for name, value in given.items()])


def nested(label: str, given: Mapping[str, object]) -> list[str]:
    """Names and their values, with lines of its own for each object among these."""
    objects = {name: value for name, value in given.items() if isinstance(value, Mapping) and value}
    rows = pairs(label, {name: value for name, value in given.items() if name not in objects})
    for name in list(objects)[:MOST_OBJECTS]:
        rows += pairs(f"{label}, in {quoted(name)}", objects[name])
    return rows + listed(f"{label}, not shown", [quoted(name) for name in list(objects)[MOST_OBJECTS:]])


def who(names: Iterable[Name]) -> list[str]:
    """The first of the people whom a call names, and how many more there are."""
    return listed("Who", [named(each) for each in names], MOST_NAMES)


def counted(number: int, one: str, many: str) -> str:
    """`1 person`, `1,200 people`."""
    return f"{number:,} {one if number == 1 else many}"


def people(number: int) -> str:
    """`1 person`, `1,200 people`."""
    return counted(number, "person", "people")


def moment(text: str) -> str:
    """A moment as CleverTap reads it (`YYYYMMDD HH:MM`), with dashes."""
    return f"{datetime.strptime(text, '%Y%m%d %H:%M'):%Y-%m-%d %H:%M}"  # noqa: DTZ007 - whose zone is said beside it
