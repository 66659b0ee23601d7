"""What a question may say: one SELECT on the tables there are, with functions that only compute.

The database is closed to everything else anyway; this tells why, and keeps out of sight what it tells about itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ONE_SELECT: Final = "A question is one SELECT (or WITH ... SELECT) and nothing else."
LONGEST: Final = 20_000
"""Characters of a question."""
TABLE_FUNCTIONS: Final = frozenset({"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"})
"""Functions in FROM that read nothing but their arguments."""
CLOSED: Final = frozenset(
    {
        *("current_setting", "getenv", "getvariable", "current_query", "current_database", "current_catalog"),
        *("write_log", "sleep_ms", "pg_sleep", "nextval", "currval", "setval", "stats", "vector_type", "index_key"),
        *("json_serialize_sql", "json_serialize_plan", "json_deserialize_sql", "json_execute_serialized_sql"),
        *("pg_get_viewdef", "pg_conf_load_time", "in_search_path", "create_sort_key", "get_block_size"),
        *("inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port"),
    }
)
"""Functions that tell of the machine, wait, or are not meant to be called."""
INTERNAL: Final = "__"
OF_THE_SYSTEM: Final = re.compile(r"(duckdb|pragma|pg|sqlite|information_schema)(_.*)?", re.IGNORECASE)
"""Names that the database has for what it tells about itself."""
Node = dict[str, Any]


class NotAllowedHereError(ValueError):
    """The question says what none may say; the message tells what."""


def check(db: DuckDBPyConnection, sql: str, tables: Collection[str]) -> None:
    """Let nothing through but a SELECT on known tables.

    Args:
        db: A database whose grammar counts.
        sql: The question.
        tables: The names of all tables.

    Raises:
        NotAllowedHereError: It is something else.
    """
    if len(sql) > LONGEST:
        raise NotAllowedHereError(f"The question has {len(sql):,} characters; {LONGEST:,} are the most.")
    statements = db.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name != "SELECT":
        raise NotAllowedHereError(ONE_SELECT)
    told = db.execute("SELECT CAST(json_serialize_sql(?) AS VARCHAR)", [statements[0].query]).fetchone()
    read = json.loads(told[0]) if told else {"error": True}
    if read["error"]:
        raise NotAllowedHereError(ONE_SELECT)
    nodes = list(nodes_of(read))
    known = {name.casefold() for name in tables} | set(named_within(nodes))
    for node in nodes:
        check_node(node, known)


def nodes_of(value: Any) -> Iterator[Node]:
    """All objects of a JSON value, whatever their depth."""
    left = [value]
    while left:
        at_hand = left.pop()
        if isinstance(at_hand, dict):
            yield at_hand
            left.extend(at_hand.values())
        elif isinstance(at_hand, list):
            left.extend(at_hand)


def named_within(nodes: Collection[Node]) -> Iterator[str]:
    """The names that WITH gives.

    Raises:
        NotAllowedHereError: One is a name that the database has for itself.
    """
    for node in nodes:
        for entry in (node.get("cte_map") or {}).get("map", ()):
            if OF_THE_SYSTEM.fullmatch(entry["key"]):
                raise NotAllowedHereError(f"WITH may not name anything {entry['key']!r}.")
            yield entry["key"].casefold()


def check_node(node: Node, tables: Collection[str]) -> None:
    """Let no node through that reads anything else.

    Raises:
        NotAllowedHereError: It does.
    """
    match node.get("type"):
        case "BASE_TABLE":
            check_table(path_of(node), tables)
        case "TABLE_FUNCTION":
            check_source(path_of(node["function"]))
        case "SHOW_REF" if node.get("show_type") not in {"DESCRIBE", "SUMMARY"} or not node.get("query"):
            raise NotAllowedHereError("SHOW is not available; the listing of tables tells what there is.")
        case "FUNCTION":
            check_function(path_of(node))


def path_of(node: Node) -> list[str]:
    """The name of a table or function, with what stands before it."""
    path: list[str] = (node.get("qualified_name") or {}).get("path") or []
    return path


def check_table(path: list[str], tables: Collection[str]) -> None:
    """Let only known tables through, by their bare names."""
    if len(path) != 1 or path[0].casefold() not in tables:
        name = ".".join(path)
        like = sorted(each for each in tables if each.endswith(f"/{name.casefold()}"))
        there = f"there are {', '.join(map(repr, like))}" if like else "the listing of tables tells which there are"
        raise NotAllowedHereError(f"There is no readable table {name!r}; {there}.")


def check_source(path: list[str]) -> None:
    """Let only functions through that read nothing but their arguments."""
    if len(path) != 1 or path[0].casefold() not in TABLE_FUNCTIONS:
        raise NotAllowedHereError(f"{'.'.join(path)}() is not available; questions read tables only.")


def check_function(path: list[str]) -> None:
    """Let only functions through that compute."""
    name = path[-1].casefold()
    if name in CLOSED or name.startswith(INTERNAL):
        raise NotAllowedHereError(f"{path[-1]}() is not available in questions.")
