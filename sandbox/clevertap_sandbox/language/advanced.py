"""`advanced_query`: other events people did or did not do. Reference: data 6.3, engagement 2.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.language.clauses import Clause, some
from clevertap_sandbox.language.filters import COMPARISONS, refuse_unknown_keys, refused_query
from clevertap_sandbox.language.occurrences import occurred, people_of

if TYPE_CHECKING:
    from clevertap_sandbox.language.query import Setting

ENTRY = frozenset({"event_name", "from", "to", "event_properties"})
COUNT = frozenset({"operator", "value"})
COUNT_SIGNS = {"equals": "=", "not_equals": "<>", **COMPARISONS}
MOST_TIMES = 2**63
"""SQLite's integers end here."""


def people_did(advanced: dict[str, Any], setting: Setting) -> list[Clause]:
    """Compile `advanced_query` to conditions on `p`, all of which must hold.

    Raises:
        RefusedError: a block is unknown, or something in it cannot be evaluated.
    """
    refuse_unknown_keys(advanced, frozenset({"did_all", "did_any", "did_none"}), "advanced_query", setting.behaviours)
    clauses = [_did(each, [each], setting) for each in _entries(advanced, "did_all", ENTRY | COUNT, setting)]
    none = _entries(advanced, "did_none", ENTRY, setting)
    clauses += [people_of(occurred(each, setting, dated=False)).negated() for each in none]
    if "did_any" in advanced:
        clauses.append(_did_any(advanced["did_any"], setting))
    return clauses


def _did_any(block: object, setting: Setting) -> Clause:
    if not isinstance(block, dict) or "any_events" not in block:
        raise refused_query("did_any is not an object with any_events")
    refuse_unknown_keys(block, COUNT | {"any_events"}, "did_any", setting.behaviours)
    return _did(block, _entries(block, "any_events", ENTRY, setting), setting)


def _entries(holder: dict[str, Any], block: str, known: frozenset[str], setting: Setting) -> list[dict[str, Any]]:
    raw = holder.get(block, [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise refused_query(f"{block} is not a list of events")
    for entry in raw:
        refuse_unknown_keys(entry, known, block, setting.behaviours)
    return raw


def _did(counted: dict[str, Any], entries: list[dict[str, Any]], setting: Setting) -> Clause:
    """People with occurrences of these events taken together, compared with a number if one is given."""
    happened = some(occurred(entry, setting, dated=False) for entry in entries)
    if not COUNT & counted.keys():
        return people_of(happened)
    sign, times = COUNT_SIGNS.get(counted.get("operator", "equals")), counted.get("value")
    if sign is None or isinstance(times, bool) or not isinstance(times, int) or abs(times) >= MOST_TIMES:
        raise refused_query("A count needs an operator and a number")
    often = people_of(happened.inside("", f" GROUP BY e.person HAVING count(*) {sign} ?"))
    return Clause(often.sql, (*often.parameters, times))
