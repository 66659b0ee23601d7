from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions.proxy import call_of, read_raw
from clevertap_tools.disguises import OWN_HEADERS
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    CredentialsError,
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    RedirectedError,
    UnreadableAnswerError,
)
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

REQUEST = CATALOGUE["request"]
CONNECT = {"method": "GET", "path": "/v1/connect"}
NOW = {"method": "POST", "path": "/1/now.json"}
ASK = {**NOW, "body": {}}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def refused(given: dict[str, Any]) -> str:
    with pytest.raises(InvalidArgumentsError) as caught:
        call_of(REQUEST.parse(given))
    return caught.value.message


@pytest.mark.parametrize(
    "path",
    [
        "",
        "1/now.json",
        "//evil.example.org",
        "//evil.example.org/1/now.json",
        "///1/now.json",
        "http://evil.example.org",
        "https://api.clevertap.com/1/now.json",
        "HTTP:/evil",
        "@evil.example.org/1",
        "user:password@evil.example.org",
        "\\1\\now.json",
        "/\\evil.example.org",
        "/1\\now.json",
        "/%5cevil.example.org",
        "/%5Cevil.example.org",
        "/..",
        "/../1/now.json",
        "/1/../now.json",
        "/1/..",
        "/.",
        "/1/./now.json",
        "/%2e%2e/1",
        "/%2E%2e/1",
        "/.%2e/1",
        "/1/%2e%2e",
        "/%252e%252e/1",
        "/%25252e%25252e/1",
        "/1%2f..%2fnow.json",
        "/1%2Fnow.json",
        "/1%252fnow.json",
        "/%2f%2fevil.example.org",
        "/1//now.json",
        "/1/now.json?a=b",
        "/1/now.json#a",
        "/1/now.json\n",
        "/1/now.json\r\nX-Evil: 1",
        "/1/now.json\t",
        "/1/now.json\x00",
        "/1/now.json\x7f",
        "/1/now.json%00",
        "/1/now.json%0d%0a",
        "/1/now.json%0A",
        "/1/%e2%80%a8",
        "/1/now json",
        "/1/now.json%",
        "/1/now.json%zz",
        "/1/caf\u00e9",
        "/\u2025/1",
        "/\uff0e\uff0e/1",
        "/1/\u2215",
        "/1/{id",
        "/1/<x>",
        '/1/"x"',
        "/1/|",
        "/" + "x" * 2048,
    ],
)
async def test_a_path_that_could_mean_something_else_is_refused_and_nothing_leaves(
    site: Site, perform: Perform, path: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, "request", {"method": "POST", "path": path})
    assert caught.value.field == "path"
    assert caught.value.message.startswith("'path' ")
    assert site.sandbox.requests == []


@pytest.mark.parametrize("path", ["/", "/1/now.json", "/1/", "/a-b_c.d~e", "/1/a%20b", "/a:b@c", "/1/%C3%A9"])
def test_a_plain_path_is_sent_to_the_letter(path: str) -> None:
    assert call_of(REQUEST.parse({"method": "GET", "path": path})).path == path


@given(st.text(max_size=30))
def test_no_path_leaves_the_accounts_own_host(path: str) -> None:
    try:
        call = call_of(REQUEST.parse({"method": "GET", "path": path}))
    except CleverTapError:
        return
    assert call.path == path
    assert call.path.startswith("/")
    assert not call.path.startswith("//")
    assert call.path.isascii()
    assert call.path.isprintable()
    assert ".." not in call.path.split("/")
    assert not set(call.path) & set("\\?# ")


@given(TEXTS)
def test_a_path_parameter_is_percent_encoded_into_one_step(value: str) -> None:
    try:
        call = call_of(REQUEST.parse({"method": "GET", "path": "/v2/catalogs/{id}/x", "path_params": {"id": value}}))
    except InvalidArgumentsError:
        return
    head, v2, catalogs, step, tail = call.path.split("/")
    assert (head, v2, catalogs, tail) == ("", "v2", "catalogs", "x")
    assert call.path.isascii()
    assert step not in (".", "..", "")
    assert not set(step) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%")


@pytest.mark.parametrize(
    ("value", "step"),
    [("a/b", "a%2Fb"), ("caf\u00e9 1+1", "caf%C3%A9%201%2B1"), ("50%", "50%25"), ("a?b#c", "a%3Fb%23c")],
)
def test_path_parameters_are_encoded_once(value: str, step: str) -> None:
    given_ = {"method": "GET", "path": "/v2/catalogs/{id}/{id}", "path_params": {"id": value}}
    assert call_of(REQUEST.parse(given_)).path == f"/v2/catalogs/{step}/{step}"


@pytest.mark.parametrize("value", ["", ".", "..", "../x", "x/..", "..\\x", "%2e%2e", "a\nb", "a\x00", "%00", "..%2fx"])
def test_a_path_parameter_that_would_climb_or_break_the_line_is_refused(value: str) -> None:
    told = refused({"method": "GET", "path": "/v2/catalogs/{id}", "path_params": {"id": value}})
    assert "path_params.id" in told


@pytest.mark.parametrize(
    ("path", "params", "told"),
    [
        ("/v2/catalogs/{id}", {}, "'path_params.id' is missing"),
        ("/v2/catalogs/{id}", {"other": "1"}, "'path_params.id' is missing"),
        ("/v2/catalogs", {"id": "1"}, "'path_params.id' stands nowhere in 'path'"),
    ],
)
def test_every_placeholder_is_filled_and_nothing_else(path: str, params: dict[str, str], told: str) -> None:
    assert told in refused({"method": "GET", "path": path, "path_params": params})


def test_a_filled_path_is_judged_as_it_will_be_sent() -> None:
    climbing = {"method": "POST", "path": "/1/{rest}", "path_params": {"rest": "events.json"}}
    assert REQUEST.effect_of(REQUEST.parse(climbing)) is Effect.READ
    hidden = {"method": "POST", "path": "/1/{rest}", "path_params": {"rest": "counts/events.json"}}
    assert REQUEST.effect_of(REQUEST.parse(hidden)) is Effect.DESTROY


@pytest.mark.parametrize("name", [*sorted(OWN_HEADERS), "X-CleverTap-Passcode", "HOST", "Content-Length"])
def test_headers_of_ours_may_not_be_set(name: str) -> None:
    assert f"may not set {name}" in refused({**CONNECT, "headers": {name: "x"}})


def test_the_two_credentials_and_the_host_are_among_ours() -> None:
    assert {"x-clevertap-account-id", "x-clevertap-passcode", "x-clevertap-token", "host"} <= OWN_HEADERS


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-CleverTap-Passcode: b"},
        {"X-A": "a\n"},
        {"X-A": "a\rb"},
        {"X-A": "a\x00"},
        {"X-A": "caf\u00e9"},
        {"X A": "a"},
        {"X-A:": "a"},
        {"X-A\n": "a"},
        {"": "a"},
    ],
)
async def test_a_header_that_is_none_or_breaks_the_line_is_refused(
    site: Site, perform: Perform, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, "request", {**CONNECT, "headers": headers})
    assert caught.value.field == "headers"
    assert site.sandbox.requests == []


def test_a_header_that_is_not_known_makes_a_read_the_worst_that_it_could_be() -> None:
    for headers, effect in (({"X-Http-Verb": "DELETE"}, Effect.DESTROY), ({"Accept": "text/csv"}, Effect.READ)):
        asked = REQUEST.parse({**CONNECT, "headers": headers})
        assert REQUEST.effect_of(asked) is call_of(asked).effect is effect


async def test_other_headers_and_the_credentials_arrive(site: Site, perform: Perform) -> None:
    await perform(site, "request", {**CONNECT, "headers": {"X-Trace": "t-1", "Accept": "application/json"}})
    (asked,) = site.sandbox.requests
    assert asked.headers["x-trace"] == "t-1"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-clevertap-account-id"] == ACCOUNT_ID
    assert asked.headers["x-clevertap-passcode"] == PASSCODE
    assert "x-clevertap-token" not in asked.headers


async def test_the_token_goes_along_where_the_reference_asks_for_it(site: Site, perform: Perform) -> None:
    for path in ("/2/send/externaltrigger.json", "/1/send/externaltrigger.json"):
        with pytest.raises(InvalidRequestError):
            await perform(site, "request", {"method": "POST", "path": path, "body": {}})
    second, first = site.sandbox.requests
    assert second.headers["x-clevertap-token"] == ACCOUNT_TOKEN
    assert "x-clevertap-token" not in first.headers


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ([{"name": "a", "value": "1"}, {"name": "a", "value": "2"}], "'query' has 'a' twice"),
        ([{"name": "", "value": "1"}], "'query[0].name' is shorter than 1"),
        ([{"value": "1"}], "'query[0].name' is missing"),
        ([{"name": "a"}], "'query[0].value' is missing"),
        ([{"name": "a", "value": 1}], "'query[0].value' must be text"),
        ({"a": "1"}, "'query' must be a list"),
    ],
)
def test_a_query_with_duplicate_or_empty_names_is_refused(query: Any, told: str) -> None:
    assert told in refused({**CONNECT, "query": query})


async def test_query_parameters_arrive_as_they_were_meant(site: Site, perform: Perform) -> None:
    query = {"partner": "a&b=c", "empty": "", "sp ace": "caf\u00e9 +%2B", "Partner": "other"}
    pairs = [{"name": name, "value": value} for name, value in query.items()]
    answer = await perform(site, "request", {**CONNECT, "query": pairs})
    assert answer.status == 200
    assert site.sandbox.requests[0].query == query


@pytest.mark.parametrize("body", [{"user_type": True}, {}, {"deep": [{"a": None}]}])
async def test_a_json_body_arrives_as_json(site: Site, perform: Perform, body: Any) -> None:
    with_answer = await perform(site, "request", {**NOW, "body": body}) if body != {"deep": [{"a": None}]} else None
    if with_answer is None:
        with pytest.raises(InvalidRequestError):
            await perform(site, "request", {**NOW, "body": body})
    (asked,) = site.sandbox.requests
    assert json.loads(asked.body) == body
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [0, False, "", [], "text", [1, "a"]])
def test_any_json_value_is_a_body(body: Any) -> None:
    assert json.loads(call_of(REQUEST.parse({**NOW, "body": body})).body) == body


async def test_a_raw_body_arrives_byte_by_byte_with_its_type(site: Site, perform: Perform) -> None:
    raw = '{"user_type":true}\r\n'
    answer = await perform(site, "request", {**NOW, "raw_body": raw, "content_type": "application/json; charset=utf-8"})
    (asked,) = site.sandbox.requests
    assert asked.body == raw.encode()
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert "user_type" in answer.json_


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({**NOW, "body": {}, "raw_body": "a", "content_type": "text/csv"}, "either 'body' or 'raw_body'"),
        ({**NOW, "raw_body": "a"}, "'content_type' is missing"),
        ({**NOW, "content_type": "text/csv"}, "'content_type' belongs to 'raw_body'"),
        ({**CONNECT, "body": {}}, "do not go with GET"),
        ({**CONNECT, "raw_body": "a", "content_type": "text/csv"}, "do not go with GET"),
        ({**NOW, "raw_body": "a", "content_type": "text/csv\r\nX-A: b"}, "'content_type' "),
        ({**NOW, "raw_body": "a", "content_type": "csv"}, "'content_type' "),
        ({**NOW, "method": "post"}, "'method' must be one of 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'"),
        ({**NOW, "method": "CONNECT"}, "'method' must be one of"),
        ({**NOW, "method": "TRACE"}, "'method' must be one of"),
        ({"path": "/1/now.json"}, "'method' is missing"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(given_: dict[str, Any], told: str) -> None:
    assert told in refused(given_)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_sent_as_they_are(site: Site, perform: Perform, method: str) -> None:
    with pytest.raises(InvalidRequestError, match="Not Found"):
        await perform(site, "request", {"method": method, "path": "/nobody/knows/5", "body": {"a": 1}})
    (asked,) = site.sandbox.requests
    assert (asked.method, asked.path, asked.body) == (method, "/nobody/knows/5", b'{"a":1}')


async def test_a_json_answer_comes_as_json(site: Site, perform: Perform) -> None:
    answer = await perform(site, "request", CONNECT)
    assert answer.model_dump(mode="json", exclude_none=True) == {
        "status": 200,
        "content_type": "application/json;charset=utf-8",
        "json": {"status": "success"},
        "truncated": False,
    }


def test_a_text_answer_comes_as_text() -> None:
    answer = read_raw(Answer(200, b"Type,Identity\ni,c-1\n", "text/csv"))
    assert (answer.text, answer.base64, answer.content_type) == ("Type,Identity\ni,c-1\n", None, "text/csv")


def test_a_binary_answer_comes_as_base64_with_its_type() -> None:
    body = bytes(range(256))
    answer = read_raw(Answer(200, body, "image/png"))
    assert answer.text is None
    assert base64.b64decode(answer.base64 or "") == body
    assert answer.content_type == "image/png"


def test_an_answer_without_content_is_one_if_it_says_so() -> None:
    assert read_raw(Answer(204, b"")).status == 204


def test_a_bare_json_value_is_an_answer() -> None:
    assert read_raw(Answer(200, b"[1,2]", "application/json")).json_ == [1, 2]


async def test_a_path_that_does_not_exist_answers_nothing_and_that_is_no_success(site: Site, perform: Perform) -> None:
    with pytest.raises(OutcomeUnknownError, match="nothing in it"):
        await perform(site, "request", {"method": "GET", "path": "/nobody/knows"})


async def test_a_path_that_is_not_there_is_told(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(unknown_get_is_empty=False)
    with pytest.raises(InvalidRequestError, match="Not Found"):
        await perform(site, "request", {"method": "GET", "path": "/nobody/knows"})


async def test_a_wrong_method_is_told(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidRequestError, match="Method Not Allowed"):
        await perform(site, "request", {"method": "GET", "path": "/1/now.json"})


async def test_a_failure_under_http_200_is_a_failure(site: Site, perform: Perform) -> None:
    site.breaks(Kind.FAIL, error="Invalid group")
    with pytest.raises(InvalidRequestError, match="Invalid group"):
        await perform(site, "request", ASK)


async def test_half_a_json_answer_is_none(site: Site, perform: Perform) -> None:
    site.breaks(Kind.TRUNCATED, times=None)
    with pytest.raises(UnreadableAnswerError, match="not complete JSON"):
        await perform(site, "request", ASK)


async def test_a_redirect_is_told_and_not_followed(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, status=307, times=None)
    with pytest.raises(RedirectedError, match="redirect"):
        await perform(site, "request", ASK)
    assert [each.path for each in site.sandbox.requests] == ["/1/now.json"]


async def test_wrong_credentials_are_told_with_what_to_check(site: Site, perform: Perform) -> None:
    with pytest.raises(CredentialsError) as caught:
        await perform(site, "request", ASK, account=site.account(passcode="wrong"))
    assert "CLEVERTAP_PASSCODE" in caught.value.next


@pytest.mark.parametrize(
    ("given_", "requests"),
    [
        (ASK, 2),
        (
            {
                "method": "POST",
                "path": "/1/upload",
                "body": {"d": [{"type": "profile", "identity": "a", "profileData": {}}]},
            },
            2,
        ),
        (
            {
                "method": "POST",
                "path": "/1/upload",
                "body": {"d": [{"type": "event", "identity": "a", "evtName": "b"}]},
            },
            1,
        ),
        ({"method": "POST", "path": "/1/upload", "raw_body": '{"d":[]}', "content_type": "application/json"}, 1),
        ({"method": "POST", "path": "/1/delete/profiles.json", "body": {"identity": ["a"]}}, 1),
        ({"method": "POST", "path": "/1/unheard-of", "body": {}}, 1),
    ],
)
async def test_a_lost_answer_is_asked_for_again_only_where_the_table_says_it_is_harmless(
    site: Site, perform: Perform, given_: dict[str, Any], requests: int
) -> None:
    site.breaks(Kind.RESET_AFTER)
    if requests == 1:
        with pytest.raises(OutcomeUnknownError):
            await perform(site, "request", given_)
    else:
        await perform(site, "request", given_)
    assert len(site.sandbox.requests) == requests
