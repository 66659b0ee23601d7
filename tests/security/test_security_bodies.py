"""Bodies that are too long are refused, whether their head says how long they are or not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest

from clevertap_mcp.transports.patience import LONGEST_BODY
from web import (
    COUNT,
    INITIALIZE,
    LEGACY,
    MODERN,
    Served,
    connected,
    heard_until_closed,
    served,
    status_of,
    tokens_file,
)

ROUTES = ("/healthz", "/readyz", "/metrics", "/mcp", "/sse", "/messages/", "/nothing")
PIECE = b" " * (64 << 10)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tokens_file=tokens_file(tmp_path_factory.mktemp("tokens"), "ana")) as server:
        yield server


def padded(message: object, size: int) -> bytes:
    """A message that is exactly so many bytes."""
    text = json.dumps(message).encode()
    return text + b" " * (size - len(text))


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes in pieces, for a body of which nobody says how long it is."""
    for _ in range(size // len(PIECE)):
        yield PIECE


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_that_is_announced_as_too_long_is_refused_on_every_route(server: Served, path: str, method: str) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LONGEST_BODY + 1}\r\n\r\n"
    with connected(server.url) as connection:
        connection.sendall(head.encode())
        assert status_of(connection.recv(65536)) == 413


@pytest.mark.parametrize("headers", [MODERN, LEGACY])
def test_a_body_is_refused_as_soon_as_it_has_become_too_long(server: Served, headers: dict[str, str]) -> None:
    answer = httpx2.post(
        server.mcp,
        content=pieces(LONGEST_BODY + 2 * len(PIECE)),
        headers=headers | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["error"] == "request_entity_too_large"


def test_a_body_for_a_stream_of_events_is_refused_as_soon_as_it_has_become_too_long(server: Served) -> None:
    answer = httpx2.post(f"{server.url}/messages/?session_id={'0' * 32}", content=pieces(LONGEST_BODY + 2 * len(PIECE)))
    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "refused"), [("/mcp", 401), ("/nothing", 404)])
@pytest.mark.parametrize("size", [LONGEST_BODY, LONGEST_BODY + 1, 2 * LONGEST_BODY - 1])
def test_whoever_is_refused_can_send_everything_and_read_why(
    guarded: Served, path: str, refused: int, size: int
) -> None:
    body = b" " * size
    announced = (f"Content-Length: {size}", body, 413 if size > LONGEST_BODY else refused)
    chunked = ("Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (size, body), refused)
    for framing, sent, status in (announced, chunked):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{framing}\r\n\r\n"
        with connected(guarded.url) as connection:
            connection.sendall(head.encode())
            connection.sendall(sent)
            answer = heard_until_closed(connection)
        assert status_of(answer) == status
        assert answer.endswith(b"}")


def test_no_more_than_twice_the_longest_body_is_taken_in(guarded: Served) -> None:
    head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(guarded.url) as connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        send(connection, head.encode(), pieces(16 * LONGEST_BODY))


def send(connection: socket.socket, head: bytes, parts: Iterator[bytes]) -> None:
    """Send a request in chunks."""
    connection.sendall(head)
    for part in parts:
        connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))


def test_the_longest_body_is_taken(server: Served) -> None:
    headers = MODERN | {"Content-Type": "application/json"}
    answer = httpx2.post(server.mcp, content=padded(COUNT, LONGEST_BODY), headers=headers)
    assert answer.json()["result"]["structuredContent"] == {"count": 1_857}
    assert httpx2.post(server.mcp, content=padded(COUNT, LONGEST_BODY + 1), headers=headers).status_code == 413


def test_a_body_that_is_too_long_opens_no_session(server: Served) -> None:
    headers = LEGACY | {"Content-Type": "application/json"}
    assert httpx2.post(server.mcp, content=padded(INITIALIZE, LONGEST_BODY + 1), headers=headers).status_code == 413
    assert server.server.sessions == 0


def test_a_stream_whose_client_leaves_in_the_middle_of_a_body_ends_without_a_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with served() as server, connected(server.url) as connection:
        connection.sendall(b"GET /sse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
        assert status_of(connection.recv(65536)) == 200
        connection.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_client_that_leaves_in_the_middle_of_its_body_does_no_harm(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(server.url) as connection:
        connection.sendall(
            b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Accept: application/json, text/event-stream\r\nContent-Length: 1000\r\n\r\n{"
        )
    assert httpx2.get(f"{server.url}/healthz").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
