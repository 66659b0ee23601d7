from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from clevertap_tools import wire
from clevertap_tools.account import Account
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    CredentialsError,
    InvalidRequestError,
    RateLimitedError,
    ServiceError,
    UnreadableAnswerError,
)
from clevertap_tools.wire import Answer, Call

ACCOUNT = Account("the-id", SecretStr("the-passcode"), token=SecretStr("the-token"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def call(**more: Any) -> Call[Any]:
    return Call("POST", "/1/upload", Effect.APPEND, wire.read_envelope, **more)


def said(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), "application/json;charset=utf-8")


def failure(answer: Answer) -> CleverTapError:
    with pytest.raises(CleverTapError) as caught:
        wire.read_envelope(answer)
    return caught.value


def test_a_call_says_who_asks() -> None:
    assert wire.headers(ACCOUNT, call()) == {
        "X-CleverTap-Account-Id": "the-id",
        "X-CleverTap-Passcode": "the-passcode",
    }


def test_a_body_says_what_it_is() -> None:
    assert wire.headers(ACCOUNT, call(body=b"{}"))["Content-Type"] == "application/json"
    assert wire.headers(ACCOUNT, call(body=b"a,b", content_type="text/csv"))["Content-Type"] == "text/csv"


def test_the_token_goes_only_where_it_is_asked_for() -> None:
    assert "X-CleverTap-Token" not in wire.headers(ACCOUNT, call())
    assert wire.headers(ACCOUNT, call(with_token=True))["X-CleverTap-Token"] == "the-token"
    assert "X-CleverTap-Token" not in wire.headers(Account("id", SecretStr("passcode")), call(with_token=True))


def test_no_header_of_a_call_replaces_the_credentials() -> None:
    sent = wire.headers(ACCOUNT, call(headers=(("X-CleverTap-Passcode", "other"), ("X-Trace", "1"))))
    assert sent["X-CleverTap-Passcode"] == "the-passcode"
    assert sent["X-Trace"] == "1"


def test_an_address_has_a_question_mark_only_before_a_query() -> None:
    assert wire.address(ACCOUNT, call()) == "https://api.clevertap.com/1/upload"
    assert wire.address(ACCOUNT, call(query="dryRun=1")) == "https://api.clevertap.com/1/upload?dryRun=1"


@given(st.lists(st.tuples(TEXTS.filter(bool), TEXTS), unique_by=lambda pair: pair[0]))
def test_a_server_reads_every_parameter_as_it_was_meant(pairs: list[tuple[str, str]]) -> None:
    read = parse_qs(wire.query_string(pairs), keep_blank_values=True)
    assert read == {name: [value] for name, value in pairs}


@given(st.binary(min_size=1))
def test_a_cursor_that_came_encoded_is_sent_encoded_once(seen: bytes) -> None:
    query = wire.cursor_query(quote(seen, safe=""))
    assert unquote_to_bytes(query.removeprefix("cursor=")) == seen


@given(TEXTS.filter(lambda text: "%" not in text))
def test_a_cursor_that_came_raw_is_sent_encoded_once(seen: str) -> None:
    assert unquote_to_bytes(wire.cursor_query(seen).removeprefix("cursor=")) == seen.encode()


@given(TEXTS)
def test_an_encoded_cursor_is_sent_as_it_came(seen: str) -> None:
    encoded = quote(seen, safe="")
    assert wire.cursor_query(encoded) == f"cursor={encoded}"


def test_a_number_that_json_lacks_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.dump({"Amount": float("nan")})


def test_success_is_what_the_body_calls_success() -> None:
    assert wire.read_envelope(said({"status": "success", "count": 3})) == {"status": "success", "count": 3}
    assert wire.read_envelope(said({"status": "Success"})) == {"status": "Success"}
    assert wire.read_envelope(said({"message": "no status at all"})) == {"message": "no status at all"}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"status": "fail", "error": "Incorrect Usage", "code": 3}, "Incorrect Usage"),
        ({"status": "fail", "error": '["Invalid event : Foo"]', "code": 400}, "Invalid event : Foo"),
        ({"status": "fail", "error": '["one", "two"]'}, "one; two"),
        ({"status": "fail", "error": "[not json"}, "[not json"),
        ({"status": "fail", "error": "[]"}, "no reason given"),
        ({"status": "fail", "error": "[" * 100_000}, "[" * wire.LONGEST_QUOTE + "…"),
        ({"status": "fail", "message": "said elsewhere"}, "said elsewhere"),
        ({"status": "fail", "msg": "said elsewhere"}, "said elsewhere"),
        ({"status": "fail", "error": "two\nlines\tof  it"}, "two lines of it"),
        ({"status": "fail"}, "no reason given"),
        ({"error": "no status"}, "no status"),
        ({"status": "FAIL", "error": "loud"}, "loud"),
    ],
)
def test_a_failure_under_http_200_is_a_refusal_in_clevertaps_words(document: dict[str, Any], text: str) -> None:
    error = failure(said(document))
    assert isinstance(error, InvalidRequestError)
    assert error.message == text
    assert error.status == 200


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, CredentialsError), (429, RateLimitedError), (500, ServiceError), (503, ServiceError)],
)
def test_a_telling_code_in_a_body_counts_although_the_status_is_200(code: int, kind: type[CleverTapError]) -> None:
    assert isinstance(failure(said({"status": "fail", "error": "Words", "code": code})), kind)


def test_a_foreign_text_is_quoted_in_one_line_of_bounded_length() -> None:
    error = failure(said({"status": "fail", "error": "long\n" * 10_000}))
    assert len(error.message) <= wire.LONGEST_QUOTE + 1
    assert "\n" not in error.message


def test_a_status_that_means_nothing_here_is_no_answer() -> None:
    error = failure(said({"status": "partial", "req_id": 1}))
    assert isinstance(error, UnreadableAnswerError)
    assert "'partial'" in error.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(200, b""), "HTTP 200 with nothing in it"),
        (Answer(200, b"  \r\n "), "with nothing in it"),
        (Answer(200, b"<!DOCTYPE html><html></html>", "text/html"), "a web page"),
        (Answer(200, b"\n<html>", ""), "a web page"),
        (Answer(200, b"Service is down", "text/html; charset=utf-8"), "a web page"),
        (Answer(200, b'{"status":"succ'), "a text that is not complete JSON"),
        (Answer(200, b'{"status":"\xff"}'), "a text that is not complete JSON"),
        (Answer(200, b"[" * 200_000), "a text that is not complete JSON"),
        (Answer(200, b'["success"]'), "JSON that is no object"),
        (Answer(200, b"null"), "JSON that is no object"),
    ],
)
def test_what_is_not_clevertaps_json_is_called_by_its_name(answer: Answer, told: str) -> None:
    error = failure(answer)
    assert isinstance(error, UnreadableAnswerError)
    assert told in error.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, CredentialsError),
        (429, RateLimitedError),
        (500, ServiceError),
        (503, ServiceError),
        (599, ServiceError),
        (400, InvalidRequestError),
        (403, InvalidRequestError),
        (404, InvalidRequestError),
        (405, InvalidRequestError),
        (409, InvalidRequestError),
    ],
)
def test_each_http_status_is_an_error_of_its_kind_in_clevertaps_words(status: int, kind: type[CleverTapError]) -> None:
    error = failure(said({"status": "fail", "error": "Words of CleverTap", "code": status}, status))
    assert type(error) is kind
    assert "Words of CleverTap" in error.message


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_an_http_error_outweighs_a_body_that_says_success(status: int) -> None:
    assert failure(said({"status": "success"}, status))


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"<html>502 Bad Gateway</html>", "text/html", "a web page instead of an answer"),
        (b"", "", "no reason given"),
        (b'{"sta', "application/json", "no reason given"),
    ],
)
def test_an_http_error_without_clevertaps_words_says_what_came_instead(
    body: bytes, content_type: str, told: str
) -> None:
    assert told in failure(Answer(502, body, content_type)).message


def test_a_rate_limit_carries_how_long_to_wait() -> None:
    error = failure(Answer(429, b"", "", 7.0))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", 0.0),
        ("Thu, 28 May 2026 20:27:00 GMT", 20.0),
        ("Thu, 28 May 2026 22:27:00 +0200", 20.0),
        ("Thu, 28 May 2026 20:00:00 GMT", 0.0),
        ("soon", None),
        ("Thu, 99 May 2026 20:27:00 GMT", None),
        ("Thu, 28 May 2026 20:27:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert wire.seconds_to_wait(header, 1_780_000_000) == seconds


@given(st.text())
def test_any_retry_after_is_understood_or_ignored(header: str) -> None:
    waited = wire.seconds_to_wait(header, 0)
    assert waited is None or waited >= 0


@given(st.text())
def test_a_clipped_text_keeps_its_beginning(text: str) -> None:
    clipped = wire.clipped(text)
    assert " ".join(text.split()).startswith(clipped.removesuffix("…"))
    assert len(clipped) <= wire.LONGEST_QUOTE + 1


def test_after_a_401_the_other_regions_are_named() -> None:
    advice = wire.credentials_advice(Account("id", SecretStr("passcode")))
    assert "CLEVERTAP_REGION" in advice
    assert "asks eu1" in advice
    for region in ("in1", "sg1", "us1", "aps3", "mec1"):
        assert region in advice


def test_after_a_401_on_a_host_of_ones_own_no_region_is_named() -> None:
    advice = wire.credentials_advice(Account("id", SecretStr("passcode"), "https://proxy.example.org"))
    assert "CLEVERTAP_BASE_URL" in advice
    assert "in1" not in advice


@pytest.mark.parametrize("url", ["https://api.clevertap.com", "https://proxy.example.org"])
def test_after_a_401_of_one_of_several_accounts_its_own_settings_are_named(url: str) -> None:
    advice = wire.credentials_advice(Account("id", SecretStr("passcode"), url, entry="b"))
    assert advice.startswith("Check accounts.b.account_id")
    assert "accounts.b.passcode" in advice
    assert "CLEVERTAP_" not in advice


def test_calls_of_one_path_are_one_family_whatever_their_query() -> None:
    first = wire.post("/1/counts/events.json", {}, Effect.READ, wire.read_envelope)
    poll = wire.get("/1/counts/events.json", wire.read_envelope, "req_id=1")
    assert first.family == poll.family
    assert first.family != wire.get("/1/counts/profiles.json", wire.read_envelope).family
