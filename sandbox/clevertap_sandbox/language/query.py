"""The query language, compiled to SQL. Reference: data 6, engagement 2.

`events_where` gives a condition on events `e`, `people_where` one on people `p`. What cannot be evaluated
(unknown blocks, keys, names, operators) is refused: a part ignored would silently widen the audience.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.advanced import people_did
from clevertap_sandbox.language.clauses import Clause, every
from clevertap_sandbox.language.filters import refuse_unknown_keys, refused_query
from clevertap_sandbox.language.occurrences import lately, occurred, people_of
from clevertap_sandbox.language.people import people_are
from clevertap_sandbox.language.sessions import in_sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from clevertap_sandbox.behaviours import Behaviours

BASE = frozenset({"event_name", "from", "to"})
COMMON = "common_profile_properties"
ADVANCED = "advanced_query"
QUERY_KEYS = BASE | {"event_properties", "session_properties", COMMON, ADVANCED}
PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a query is read against."""

    today: date
    knows: Callable[[str], bool]
    """Whether the account has an event of this key."""
    behaviours: Behaviours
    campaign: bool = False
    """It is the `where` of a campaign: other error texts, and no future (engagement 2.1, rule 7)."""

    def unknown_event(self, name: object) -> RefusedError:
        """Refuse an event name. Reference: data 3.2: a string that holds a JSON list."""
        if self.campaign:
            return refused_query(f"Invalid event : {name}")
        return RefusedError(f'["Invalid event : {name}"]')


def events_where(query: dict[str, Any], setting: Setting) -> Clause:
    """Compile a query to the occurrences of its base event, a condition on `e`.

    Raises:
        RefusedError: there is no base event, or something cannot be evaluated.
    """
    refuse_unknown_keys(query, QUERY_KEYS, "query", setting.behaviours)
    people = _of_people(query, setting)
    base = _base(query, setting)
    if not people:
        return base
    return every([base, every(people).inside("e.person IN (SELECT p.id FROM people AS p WHERE ")])


def people_where(query: dict[str, Any], setting: Setting) -> Clause:
    """Compile a query to people, a condition on `p`. With other filters it needs no base event.

    Raises:
        RefusedError: it asks for nothing, or something cannot be evaluated.
    """
    if setting.campaign:
        query = understood(query, setting.behaviours)
    refuse_unknown_keys(query, QUERY_KEYS, "query", setting.behaviours)
    filters = _of_people(query, setting)
    if BASE & query.keys() or query.get("event_properties") or query.get("session_properties"):
        return every([people_of(_base(query, setting)), *filters])
    if not filters and not _means_everybody(query, setting):
        raise refused_query("event_name is mandatory")
    if setting.behaviours.lookback_needs_event and filters:
        filters.append(people_of(lately(setting)))
    return every(filters)


def understood(where: dict[str, Any], behaviours: Behaviours) -> dict[str, Any]:
    """Turn a campaign's `where` in plain words into the query it means; any other is left as it is.

    Raises:
        RefusedError: this CleverTap does not take words, or they do not stand alone. Reference: engagement 2.5.
    """
    if PROMPT not in where:
        return where
    if behaviours.prompt_means is None:
        raise refused_query(f"Unknown key in query : {PROMPT}")
    if len(where) > 1 or not isinstance(where[PROMPT], str) or not where[PROMPT].strip():
        raise refused_query(f"{PROMPT} is one text and stands alone")
    return dict(behaviours.prompt_means)


def _means_everybody(query: dict[str, Any], setting: Setting) -> bool:
    """`{}` is everybody for a campaign; so is what remains when all that was asked has been ignored."""
    if not query:
        return setting.campaign
    return setting.behaviours.ignores_unknown_keys and bool({COMMON, ADVANCED} & query.keys())


def _base(query: dict[str, Any], setting: Setting) -> Clause:
    sessions = in_sessions(query.get("session_properties"), setting.behaviours)
    return every([occurred(query, setting, dated=True), sessions])


def _of_people(query: dict[str, Any], setting: Setting) -> list[Clause]:
    are = people_are(_object(query, COMMON), setting.behaviours)
    return are + people_did(_object(query, ADVANCED), setting)


def _object(query: dict[str, Any], key: str) -> dict[str, Any]:
    found = query.get(key, {})
    if not isinstance(found, dict):
        raise refused_query(f"{key} is not an object")
    return found
