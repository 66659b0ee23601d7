"""One filter of the query language, read and turned into SQL. Reference: data 6.1, engagement 2.2.

Type rules: a number compares with numbers and dates, `"$D_<epoch>"` with dates, `"True"` and `"False"` with
booleans and texts, any other text with texts only. What is no operator of the table is refused, never
ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
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
CONTAINMENT = frozenset({"contains", "does_not_contain"})
OPERATORS = frozenset({"equals", "contains", "exists", *COMPARISONS, *NEGATIONS})
BETWEEN = "between"
ENDS = 2
FILTER_KEYS = frozenset({"name", "operator", "value"})
DATE = "$D_"
BOOLEANS = {"True": "true", "False": "false"}
"""What queries call booleans, and what SQLite calls their types."""
NUMERIC = "('integer', 'real')"

Value = str | int | float


def refused_query(why: str) -> RefusedError:
    """Refuse a query. Reference: engagement 2.1, rule 7, for the words before the dash; what follows is made up."""
    return RefusedError(f"Query parse failure - {why}")


@dataclass(frozen=True, slots=True)
class Filter:
    """A property, an operator, and the values any of which will do (`between`: its two ends)."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value in the database: the SQL of its JSON type and of itself."""

    type: str
    value: str


def read_filters(raw: object, block: str, behaviours: Behaviours) -> tuple[Filter, ...]:
    """Read a list of filters; None is an empty list.

    Raises:
        RefusedError: a filter has unknown keys, an unknown operator, or a value the operator cannot use.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise refused_query(f"{block} is not a list")
    return tuple(_read_filter(entry, block, behaviours) for entry in raw)


def _read_filter(raw: object, block: str, behaviours: Behaviours) -> Filter:
    if not isinstance(raw, dict):
        raise refused_query(f"a filter of {block} is not an object")
    refuse_unknown_keys(raw, FILTER_KEYS, block, behaviours)
    name, operator = raw.get("name"), raw.get("operator", "equals")
    if not isinstance(name, str) or not name:
        raise refused_query(f"a filter of {block} has no name")
    known = OPERATORS | {BETWEEN} if behaviours.between else OPERATORS
    if not isinstance(operator, str) or operator not in known:
        raise refused_query(f"Invalid operator : {operator}")
    return Filter(name, operator, () if operator in EXISTENCE else _read_values(raw.get("value"), name, operator))


def refuse_unknown_keys(raw: dict[str, Any], known: frozenset[str], block: str, behaviours: Behaviours) -> None:
    """Refuse what would otherwise silently widen the query, unless that is how this CleverTap behaves."""
    unknown = sorted(raw.keys() - known)
    if unknown and not behaviours.ignores_unknown_keys:
        raise refused_query(f"Unknown key in {block} : {unknown[0]}")


def _read_values(value: object, name: str, operator: str) -> tuple[Value, ...]:
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
    if operator == BETWEEN and (len(values) != ENDS or not all(map(_is_ordered, values))):
        raise refused_query(f"{operator} needs two numbers : {name}")
    if operator in CONTAINMENT and not all(isinstance(each, str) for each in values):
        raise refused_query(f"{operator} needs text : {name}")
    return tuple(values)


def is_number(value: object) -> bool:
    """Whether a value of JSON is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ordered(value: object) -> bool:
    return is_number(value) or date_of(value) is not None


def date_of(value: object) -> int | None:
    """Read `$D_<epoch>`. Reference: data 4.2."""
    found = re.fullmatch(r"\$D_(0|-?[1-9][0-9]{0,17})", value) if isinstance(value, str) else None
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
    return every([found.negated(), places(_exists)])


def _test(operator: str, values: tuple[Value, ...], leaf: Leaf, behaviours: Behaviours) -> Clause:
    """Test one value with a positive operator."""
    if operator == "exists":
        return _exists(leaf)
    if operator == "equals":
        return _equals(values, leaf)
    if operator == "contains":
        return _contains(values, leaf, behaviours)
    if operator == BETWEEN:
        return every([_compares(">=", values[0], leaf), _compares("<=", values[1], leaf)])
    return _compares(COMPARISONS[operator], values[0], leaf)


def _exists(leaf: Leaf) -> Clause:
    return Clause(f"{leaf.type} <> 'null'")


def _equals(values: tuple[Value, ...], leaf: Leaf) -> Clause:
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if not isinstance(value, str)]
    # One parameter for all values: a list may be longer than SQLite allows an expression to be.
    ways = [Clause(f"{leaf.type} = '{kind}'") for text, kind in BOOLEANS.items() if text in texts]
    if texts:
        ways.append(Clause(f"({leaf.type} = 'text' AND {leaf.value} IN {LISTED})", (_listed(texts),)))
    if numbers:
        ways.append(Clause(f"{_number(leaf)} IN {LISTED}", (_listed(numbers),)))
    return some(ways)


def _contains(values: tuple[Value, ...], leaf: Leaf, behaviours: Behaviours) -> Clause:
    fold = "fold" if behaviours.contains_ignores_case else ""
    found = f"instr({fold}({leaf.value}), {fold}(wanted.value)) > 0"
    one = f"EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE {found})"  # noqa: S608 (columns of this package)
    return Clause(f"({leaf.type} = 'text' AND {one})", (_listed(values),))


def _compares(sign: str, value: Value, leaf: Leaf) -> Clause:
    """Compare in order: a date with dates, a number with numbers and dates."""
    bound = date_of(value)
    if bound is not None:
        return Clause(f"{_date(leaf)} {sign} ?", (bound,))
    # Read as JSON, a number is the same number as the one stored as JSON, whatever its size.
    return Clause(f"{_number(leaf)} {sign} json_extract(?, '$')", (json.dumps(value),))


LISTED = "(SELECT value FROM json_each(?))"


def _listed(values: Sequence[Value]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _date(leaf: Leaf) -> str:
    """The epoch seconds of a stored date, NULL for all else."""
    digits = f"substr({leaf.value}, {len(DATE) + 1})"
    epoch = f"CAST({digits} AS INTEGER)"
    is_date = f"{leaf.type} = 'text' AND {leaf.value} GLOB '{DATE}*' AND CAST({epoch} AS TEXT) = {digits}"
    return f"CASE WHEN {is_date} THEN {epoch} END"


def _number(leaf: Leaf) -> str:
    """What a number compares with: a stored number or date, NULL for all else."""
    return f"CASE WHEN {leaf.type} IN {NUMERIC} THEN {leaf.value} ELSE {_date(leaf)} END"
