"""One filter of the query language, read and turned into SQL. Reference: data 6.1, engagement 2.2.

Type rules: a number compares with numbers and dates, `"$D_<epoch>"` with dates, `"True"` and `"False"` with
booleans and texts, any other text with texts only. What is no operator of the table is refused, never
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.clauses import Clause, every, some

if TYPE_CHECKING:
    from clevertap_sandbox.behaviours import Behaviours

COMPARISONS = {
    "greater_than": ">",
    "greater_than_equals": ">=",
    "less_than": "<",
    "less_than_equals": "<=",
}
NEGATIONS = {"not_equals": "equals", "does_not_contain": "contains", "does_not_exist": "exists"}
EXISTENCE = frozenset({"exists", "does_not_exist"})
OPERATORS = frozenset({"equals", "contains", "exists", *COMPARISONS, *NEGATIONS})
DATE = "$D_"
LARGEST = 2**63
NUMERIC = "('integer', 'real')"

Value = str | int | float


def refused_query(why: str) -> RefusedError:
    """Refuse a query. Reference: engagement 2.1, rule 7, for the words before the dash."""
    return RefusedError(f"Query parse failure - {why}")


@dataclass(frozen=True, slots=True)
class Filter:
    """A property, an operator, and the values any of which will do."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value in the database: the SQL of its JSON type and of itself."""

    type: str
    value: str


def read_filters(raw: object, block: str) -> tuple[Filter, ...]:
    """Read a list of filters; None is an empty list."""
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise refused_query(f"{block} is not a list")
    return tuple(read_filter(entry, block) for entry in raw)


def read_filter(raw: object, block: str) -> Filter:
    """Read one filter.

    Raises:
        RefusedError: it has unknown keys, an unknown operator, or a value the operator cannot use.
    """
    if not isinstance(raw, dict):
        raise refused_query(f"a filter of {block} is not an object")
    refuse_unknown_keys(raw, {"name", "operator", "value"}, block)
    name, operator = raw.get("name"), raw.get("operator", "equals")
    if not isinstance(name, str) or not name:
        raise refused_query(f"a filter of {block} has no name")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise refused_query(f"Invalid operator : {operator}")
    return Filter(name, operator, () if operator in EXISTENCE else _read_values(raw, name, operator))


def refuse_unknown_keys(raw: dict[str, Any], known: set[str] | frozenset[str], block: str) -> None:
    """Refuse what would otherwise silently widen the query."""
    unknown = sorted(set(raw) - known)
    if unknown:
        raise refused_query(f"Unknown key in {block} : {unknown[0]}")


def _read_values(raw: dict[str, Any], name: str, operator: str) -> tuple[Value, ...]:
    value = raw.get("value")
    values: list[Any] = value if isinstance(value, list) else [value]
    if not values:
        raise refused_query(f"No value for {name}")
    for each in values:
        if isinstance(each, bool):
            raise refused_query(f'Booleans are given as "True" or "False" : {name}')
        if not isinstance(each, str | int | float):
            raise refused_query(f"The value of {name} is no primitive")
    if operator in COMPARISONS and (isinstance(value, list) or not _is_ordered(value)):
        raise refused_query(f"{operator} needs one number : {name}")
    if operator in ("contains", "does_not_contain") and not all(isinstance(each, str) for each in values):
        raise refused_query(f"{operator} needs text : {name}")
    return tuple(_bindable(each) for each in values)


def _bindable(value: Value) -> Value:
    """SQLite's integers have 64 bits; larger ones do as floats."""
    return float(value) if isinstance(value, int) and abs(value) >= LARGEST else value


def _is_ordered(value: object) -> bool:
    return isinstance(value, int | float) or date_of(value) is not None


def date_of(value: object) -> int | None:
    """Read `$D_<epoch>`. Reference: data 4.2."""
    found = re.fullmatch(r"\$D_(-?[0-9]{1,18})", value) if isinstance(value, str) else None
    return int(found[1]) if found else None


Places = Callable[[Callable[[Leaf], Clause]], Clause]
"""Where a property's values may stand: turns a test of one value into "one of them passes it"."""


def holds(wanted: Filter, places: Places, behaviours: Behaviours) -> Clause:
    """Compile a filter over the places where its property may stand."""
    positive = NEGATIONS.get(wanted.operator, wanted.operator)
    found = places(lambda leaf: _test(positive, wanted.values, leaf, behaviours))
    if wanted.operator not in NEGATIONS:
        return found
    if wanted.operator == "does_not_exist" or behaviours.negation_matches_missing:
        return found.negated()
    return every([found.negated(), places(lambda leaf: _test("exists", (), leaf, behaviours))])


def _test(operator: str, values: tuple[Value, ...], leaf: Leaf, behaviours: Behaviours) -> Clause:
    """Test one value with a positive operator."""
    if operator == "exists":
        return Clause(f"{leaf.type} <> 'null'")
    if operator == "equals":
        return some(_equals(value, leaf) for value in values)
    if operator == "contains":
        return some(_contains(str(value), leaf, behaviours) for value in values)
    return _compares(COMPARISONS[operator], values[0], leaf)


def _equals(value: Value, leaf: Leaf) -> Clause:
    if not isinstance(value, str):
        return _compares("=", value, leaf)
    text = Clause(f"({leaf.type} = 'text' AND {leaf.value} = ?)", (value,))
    if value.lower() in ("true", "false"):
        return some([text, Clause(f"{leaf.type} = ?", (value.lower(),))])
    return text


def _contains(value: str, leaf: Leaf, behaviours: Behaviours) -> Clause:
    fold = "fold" if behaviours.contains_ignores_case else ""
    return Clause(f"({leaf.type} = 'text' AND instr({fold}({leaf.value}), {fold}(?)) > 0)", (value,))


def _compares(sign: str, value: Value, leaf: Leaf) -> Clause:
    """Compare in order: with dates always, with numbers unless the value is a date itself."""
    bound = date_of(value)
    epoch = f"CAST(substr({leaf.value}, 4) AS INTEGER)"
    # The CASE keeps SQLite from comparing a text with a number, which it would do, and find greater.
    dates = f"({leaf.type} = 'text' AND substr({leaf.value}, 1, 3) = '{DATE}' AND {epoch} {sign} ?)"
    if bound is not None:
        return Clause(dates, (bound,))
    return Clause(f"(({leaf.type} IN {NUMERIC} AND {leaf.value} {sign} ?) OR {dates})", (value, value))
