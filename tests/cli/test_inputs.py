from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest

from clevertap_mcp.commands.inputs import json_object, json_value, request_arguments, text_value

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_TYPED: dict[str, Any] = {
    "path": "/1/now.json",
    "method": None,
    "headers": (),
    "data": None,
    "raw_data": None,
    "content_type": None,
    "queries": (),
    "path_params": (),
}


def typed(**given: Any) -> dict[str, Any]:
    return request_arguments(**{**NOTHING_TYPED, **given})


def test_json_comes_from_the_option_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text('{"event_name": "Köln"}', encoding="utf-8-sig")
    assert json_object('{"a": 1}', "--input") == {"a": 1}
    assert json_object(f"@{file}", "--input") == {"event_name": "Köln"}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ('{"a": 1', "line 1, column 8"),
        ('{\n"a": ]}', "line 2, column 6"),
        ("", "line 1, column 1"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": Infinity}', "Infinity is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "a number in it is too long"),
    ],
)
def test_bad_json_says_where(given: str, place: str) -> None:
    with pytest.raises(click.UsageError, match="is not JSON") as caught:
        json_object(given, "--input")
    assert place in str(caught.value)


@pytest.mark.parametrize("given", ["[1]", "1", "null", '"text"'])
def test_arguments_are_an_object(given: str) -> None:
    with pytest.raises(click.UsageError, match="--input must be a JSON object"):
        json_object(given, "--input")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"a": "K\xf6ln"}')
    with pytest.raises(click.UsageError, match=r"--data cannot read .*absent: No such file"):
        json_value(f"@{tmp_path}/absent", "--data")
    with pytest.raises(click.UsageError, match=r"--data cannot read .*: Is a directory"):
        text_value(f"@{tmp_path}", "--data")
    with pytest.raises(click.UsageError, match="latin is not UTF-8 text: byte 8"):
        text_value(f"@{tmp_path}/latin", "--raw-data")


def test_what_was_not_typed_is_absent() -> None:
    assert typed() == {"method": "GET", "path": "/1/now.json"}


def test_a_body_makes_it_a_post_unless_a_method_is_typed() -> None:
    assert typed(data="{}") == {"method": "POST", "path": "/1/now.json", "body": {}}
    assert typed(data="null") == {"method": "POST", "path": "/1/now.json", "body": None}
    assert typed(data="[]", method="PUT")["method"] == "PUT"
    assert typed(raw_data="a,b", content_type="text/csv") == {
        "method": "POST",
        "path": "/1/now.json",
        "raw_body": "a,b",
        "content_type": "text/csv",
    }


def test_queries_headers_and_path_parameters_are_split_once() -> None:
    given = typed(queries=("a=b=c", "d="), headers=("X-Note: one: two",), path_params=("id=7/8",))
    assert given["query"] == [{"name": "a", "value": "b=c"}, {"name": "d", "value": ""}]
    assert given["headers"] == {"X-Note": "one: two"}
    assert given["path_params"] == {"id": "7/8"}


def test_a_query_name_given_twice_is_left_to_the_action_to_refuse() -> None:
    assert len(typed(queries=("a=1", "a=2"))["query"]) == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"queries": ("a",)}, "--query must look like NAME=VALUE"),
        ({"queries": ("=1",)}, "--query must look like NAME=VALUE"),
        ({"headers": ("X-Note",)}, "--header must look like NAME:VALUE"),
        ({"headers": ("X: 1", "x: 2")}, "--header names x twice"),
        ({"path_params": ("id=1", "id=2")}, "--path-param names id twice"),
        ({"data": "{}", "raw_data": "x"}, "--data and --raw-data"),
        ({"data": "{"}, "--data is not JSON"),
    ],
)
def test_what_is_typed_wrong_is_named(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(click.UsageError, match=sentence):
        typed(**given)


def test_deep_but_possible_json_is_read() -> None:
    nested = "[" * 200 + "]" * 200
    assert json.dumps(json_value(nested, "--data")) == nested
