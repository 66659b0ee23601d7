"""Web pages: only those of this machine and those that are named may call, and only the named ones may read."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from web import COUNT, MODERN, Served, served

PAGE = "https://app.example.com"
ROUTES = ("/healthz", "/readyz", "/metrics", "/mcp", "/sse", "/messages/", "/nothing")
STRANGE = (
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "file://",
    "http://localhost:3000/page",
    "chrome-extension://localhost",
)


@pytest.fixture(scope="module")
def closed() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture(scope="module")
def opened_to_a_page() -> Iterator[Served]:
    with served(allowed_origins=(PAGE,)) as server:
        yield server


@pytest.mark.parametrize("path", ROUTES)
def test_a_foreign_page_is_refused_on_every_route(closed: Served, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        answer = httpx2.request(method, closed.url + path, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", STRANGE)
def test_an_origin_that_only_looks_known_is_refused(opened_to_a_page: Served, origin: str) -> None:
    answer = httpx2.post(opened_to_a_page.mcp, json=COUNT, headers=MODERN | {"Origin": origin})
    assert answer.status_code == 403


def test_a_second_origin_does_not_hide_behind_a_known_one(opened_to_a_page: Served) -> None:
    headers = [*MODERN.items(), ("Origin", PAGE), ("Origin", "https://evil.example")]
    assert httpx2.post(opened_to_a_page.mcp, json=COUNT, headers=headers).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:6274", "http://127.0.0.1", "https://[::1]:8443"])
def test_a_page_of_this_machine_may_call_and_is_told_nothing_more(closed: Served, origin: str) -> None:
    answer = httpx2.post(closed.mcp, json=COUNT, headers=MODERN | {"Origin": origin})
    assert answer.json()["result"]["structuredContent"] == {"count": 1_857}
    assert "access-control-allow-origin" not in answer.headers


def test_a_named_page_may_call_and_read(opened_to_a_page: Served) -> None:
    answer = httpx2.post(opened_to_a_page.mcp, json=COUNT, headers=MODERN | {"Origin": PAGE})
    assert answer.json()["result"]["structuredContent"] == {"count": 1_857}
    assert answer.headers["access-control-allow-origin"] == PAGE
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"mcp-session-id", "www-authenticate", "retry-after"}
    assert "access-control-allow-credentials" not in answer.headers


def test_a_named_page_may_ask_first(opened_to_a_page: Served) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
    answer = httpx2.options(opened_to_a_page.mcp, headers={"Origin": PAGE, **asked})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    refused = httpx2.options(opened_to_a_page.mcp, headers={"Origin": "https://evil.example", **asked})
    assert refused.status_code == 403
