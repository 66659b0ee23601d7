"""What is typed on the command line, as values: JSON, files, `name=value`, headers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def json_object(given: str, option: str) -> dict[str, Any]:
    """The JSON object that an option holds or points to."""
    value = json_value(given, option)
    if not isinstance(value, dict):
        raise click.UsageError(f'{option} must be a JSON object, such as \'{{"event_name": "Charged"}}\'.')
    return value


def json_value(given: str, option: str) -> Any:
    """The JSON value that an option holds or points to (`@file`, or `-` for stdin)."""
    text = read(all_of_stdin(option), "stdin") if given == "-" else text_value(given, option)
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise click.UsageError(f"{option} is not JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise click.UsageError(f"{option} is not JSON that can be read: it is nested too deeply.") from None
    except ValueError:  # Python bounds the digits of a whole number
        raise click.UsageError(f"{option} is not JSON that can be read: a number in it is too long.") from None


def all_of_stdin(option: str) -> bytes:
    """What comes over stdin until its end."""
    if sys.stdin is None:
        raise click.UsageError(f"{option} reads stdin, and stdin is closed.")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise click.UsageError(f"{option} cannot read stdin: {error.strerror}.") from None


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads but JSON does not know."""
    raise click.UsageError(f"{name} is not JSON; leave it out or write a number.")


def text_value(given: str, option: str) -> str:
    """The text that an option holds or, as `@file`, points to."""
    if not given.startswith("@"):
        return given
    try:
        return read(Path(given[1:]).read_bytes(), given[1:])
    except OSError as error:
        raise click.UsageError(f"{option} cannot read {given[1:]}: {error.strerror}.") from None


def read(content: bytes, name: str) -> str:
    """UTF-8 text, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{name} is not UTF-8 text: byte {error.start} cannot be read.") from None


def request_arguments(
    *,
    path: str,
    method: str | None,
    headers: Iterable[str],
    data: str | None,
    raw_data: str | None,
    content_type: str | None,
    queries: Iterable[str],
    path_params: Iterable[str],
) -> dict[str, Any]:
    """The arguments of the `request` action; what was not typed is absent."""
    if data is not None and raw_data is not None:
        raise click.UsageError("--data and --raw-data are both a body; give one of them.")
    has_body = data is not None or raw_data is not None
    arguments = {
        "method": method or ("POST" if has_body else "GET"),
        "path": path,
        "path_params": unique(pairs(path_params, "=", "--path-param"), "--path-param"),
        "query": [{"name": name, "value": value} for name, value in pairs(queries, "=", "--query")],
        "headers": unique(pairs(headers, ":", "--header"), "--header", same=str.lower),
        "content_type": content_type,
    }
    if data is not None:
        arguments["body"] = json_value(data, "--data")
    if raw_data is not None:
        arguments["raw_body"] = text_value(raw_data, "--raw-data")
    return {name: value for name, value in arguments.items() if value not in (None, {}, []) or name == "body"}


def pairs(given: Iterable[str], separator: str, option: str) -> Iterator[tuple[str, str]]:
    """Each text as a name and a value."""
    for text in given:
        name, found, value = text.partition(separator)
        if not found or not name.strip():
            raise click.UsageError(f"{option} must look like NAME{separator}VALUE.")
        yield (name.strip(), value.strip()) if separator == ":" else (name, value)


def unique(named: Iterable[tuple[str, str]], option: str, *, same: Callable[[str], str] = str) -> dict[str, str]:
    """Names and values as an object; a name given twice is refused, not overwritten.

    Args:
        named: Names and values.
        option: Where they were typed.
        same: Makes names equal that mean the same.
    """
    collected: dict[str, str] = {}
    for name, value in named:
        if same(name) in map(same, collected):
            raise click.UsageError(f"{option} names {name} twice; give it once.")
        collected[name] = value
    return collected
