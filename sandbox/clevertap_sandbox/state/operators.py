"""Profile values and the operators on them. Reference: data 5.1 (operator table), 4.3, 4.4."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.language.filters import date_of
from clevertap_sandbox.state.losses import MOST_PROFILE_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ENTRIES = 100
NOT_STORED = frozenset({"identity", "category-unsubscribe", "category-resubscribe"})
"""Keys that are instructions rather than values; see `intake` for what the categories do."""

Scalar = str | int | float | bool


def apply_profile(stored: dict[str, Any], sent: dict[str, Any], today: date, *, increments: bool) -> None:
    """Set the keys sent, leave the others; who has 256 gets no more."""
    for key, value in sent.items():
        if key.casefold() in NOT_STORED or value is None or (key not in stored and len(stored) >= MOST_PROFILE_KEYS):
            continue
        if isinstance(value, dict):
            _apply_operator(stored, key, value, increments=increments)
        elif isinstance(value, list):
            _set(stored, key, value)
        else:
            stored[key] = str(value).removeprefix("+") if key == "Phone" else value
    born = date_of(sent.get("DOB"))
    if born is not None and "Age" not in sent:
        stored["Age"] = _age(born, today)


def _age(born: int, today: date) -> int:
    try:
        birth = datetime.fromtimestamp(born, UTC).date()
    except (OverflowError, ValueError, OSError):
        return 0
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _apply_operator(stored: dict[str, Any], key: str, value: dict[str, Any], *, increments: bool) -> None:
    """Apply `{"$operator": operand}`; any other object is a nested one, not enabled in this account."""
    operator, operand = next(iter(value.items()), ("", None))
    if operator in ("$incr", "$decr"):
        if increments:
            _add_number(stored, key, operand, 1 if operator == "$incr" else -1)
    elif operator in OPERATORS and len(value) == 1:
        OPERATORS[operator](stored, key, operand)


def _texts(operand: object) -> list[str]:
    """Read the operand of a list operator: entries become texts; of equal ones the first stays."""
    entries = operand if isinstance(operand, list) else [operand]
    return list(dict.fromkeys(_text(entry) for entry in entries if isinstance(entry, Scalar)))


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _present(stored: dict[str, Any], key: str) -> list[str]:
    """Read a stored value as a list: a scalar becomes a text in a list of one."""
    value = stored.get(key)
    if isinstance(value, list):
        return value
    return [] if value is None else [_text(value)]


def _set(stored: dict[str, Any], key: str, operand: object) -> None:
    _keep(stored, key, _texts(operand))


def _add(stored: dict[str, Any], key: str, operand: object) -> None:
    _keep(stored, key, list(dict.fromkeys([*_present(stored, key), *_texts(operand)])))


def _remove(stored: dict[str, Any], key: str, operand: object) -> None:
    gone = set(_texts(operand))
    if key in stored:
        _keep(stored, key, [entry for entry in _present(stored, key) if entry not in gone])


def _delete(stored: dict[str, Any], key: str, _operand: object) -> None:
    stored.pop(key, None)


def _keep(stored: dict[str, Any], key: str, entries: list[str]) -> None:
    """Store a list: over 100 the oldest entries go, an empty list goes altogether. Reference: data 2.2."""
    if entries:
        stored[key] = entries[-MOST_ENTRIES:]
    else:
        stored.pop(key, None)


def _add_number(stored: dict[str, Any], key: str, operand: object, sign: int) -> None:
    """Add to a number, from 0 if there is none; what is no number, or would be none by that, is left alone."""
    present = stored.get(key, 0)
    if not _is_number(present) or not isinstance(operand, int | float) or not _is_number(operand) or operand <= 0:
        return
    with suppress(OverflowError):
        total = present + sign * operand
        stored[key] = total if isfinite(total) else present


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


OPERATORS: dict[str, Callable[[dict[str, Any], str, object], None]] = {
    "$set": _set,
    "$add": _add,
    "$remove": _remove,
    "$delete": _delete,
}
