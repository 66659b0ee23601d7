"""Copies of an e-mail: whom it reaches besides those it is for (reference: engagement 3.5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from clevertap_tools.spelling import loosely
from clevertap_tools.words.lines import Name

LONGEST_ADDRESS = 254
ADDRESS = re.compile(r"[\w.+&'~-]+@[\w-]+(?:\.[\w-]+)+")
BETWEEN = re.compile(r"[\s,;]+")
KINDS = {"bcc": "hidden copy", "cc": "copy"}
"""The keys of `content`, the more telling first."""


def checked_copy(text: str) -> str:
    """One plain address: a list in one text would go to people whom nobody counts.

    Raises:
        ValueError: It is anything else.
    """
    if not is_address(text):
        raise ValueError("takes one e-mail address; name everybody else among the recipients ('to' or the audience)")
    return text


Copy = Annotated[str, AfterValidator(checked_copy)]


def is_address(text: object) -> bool:
    """Whether it is one e-mail address and nothing else, a placeholder that others fill least of all."""
    return isinstance(text, str) and len(text) <= LONGEST_ADDRESS and ADDRESS.fullmatch(text) is not None


def copies(body: object) -> list[Name] | None:
    """Everybody to whom a body sends copies, wherever and however it says so; None when nobody can tell."""
    found = [(kind, address) for kind, given in settings(body) for address in addresses(given)]
    return found if all(is_address(address) for _, address in found) else None


def settings(body: object) -> Iterator[tuple[str, Any]]:
    """Every setting that may send copies, with the kind of copy."""
    if isinstance(body, list):
        for each in body:
            yield from settings(each)
    if isinstance(body, Mapping):
        for key, value in body.items():
            kind = next((kind for start, kind in KINDS.items() if loosely(key).startswith(start)), None)
            yield from settings(value) if kind is None else [(kind, value)]


def addresses(given: object) -> list[object]:
    """The addresses in a text or a list; what is neither stays as it is."""
    if isinstance(given, str):
        return list(filter(None, BETWEEN.split(given)))
    if isinstance(given, list):
        return [address for each in given for address in addresses(each)]
    return [] if given is None else [given]


def with_copies(reach: int | None, copied: Sequence[Name] | None) -> int | None:
    """How many people are reached together; None when nobody can tell."""
    return None if reach is None or copied is None else reach + len(copied)
