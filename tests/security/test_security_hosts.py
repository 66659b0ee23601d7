"""DNS rebinding: a request that calls this server by a name it does not have is answered on no route."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clevertap_mcp.network import Network
from clevertap_tools.errors import ConfigurationError
from hosts import COMMAND, account_variables
from web import Served, connected, heard_until_closed, served, status_of

ROUTES = ("/healthz", "/readyz", "/metrics", "/mcp", "/sse", "/messages/", "/", "/.well-known/oauth-protected-resource")


@pytest.fixture(scope="module")
def public() -> Iterator[Served]:
    """A server that is known by a name of its own, too."""
    with served(url="https://mcp.example.com/mcp", allowed_hosts=("other.example:8443",), metrics=True) as server:
        yield server


def asked(server: Served, path: str, *hosts: str, version: str = "1.1") -> int:
    """The status of the answer to a request with these Host headers, byte for byte."""
    head = "".join(f"Host: {host}\r\n" for host in hosts)
    with connected(server.url) as connection:
        connection.sendall(f"GET {path} HTTP/{version}\r\n{head}Connection: close\r\n\r\n".encode())
        return status_of(connection.recv(65536))


@pytest.mark.parametrize("path", ROUTES)
def test_a_strange_host_is_refused_on_every_route(public: Served, path: str) -> None:
    assert asked(public, path, "evil.example") == 421


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8000",
        "localhost.evil.example",
        "evil.example#localhost",
        "evil.example@localhost",
        "localhost@evil.example",
        "mcp.example.com.evil.example",
        "other.example",
        "other.example:8444",
        "127.0.0.1.nip.io",
        "2130706433",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "localhost:80:80",
        "localhost:port",
        "localhost/",
        "",
    ],
)
def test_a_name_that_only_looks_known_is_refused(public: Served, host: str) -> None:
    assert asked(public, "/healthz", host) == 421


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8000",
        "mcp.example.com",
        "MCP.example.com:443",
        "other.example:8443",
    ],
)
def test_names_of_this_machine_and_of_the_server_are_answered(public: Served, host: str) -> None:
    assert asked(public, "/healthz", host) == 200


def test_a_request_has_exactly_one_host(public: Served) -> None:
    assert asked(public, "/healthz", version="1.0") == 421
    assert asked(public, "/healthz") == 400
    assert asked(public, "/healthz", "localhost", "evil.example") in {400, 421}


def test_a_strange_address_in_the_first_line_does_not_stand_in_for_the_host(public: Served) -> None:
    assert asked(public, "http://localhost/healthz", "evil.example") == 421


PUBLIC = {"CLEVERTAP_MCP_URL": "https://mcp.example.com/mcp"}


def start_of(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What comes of a start that is refused."""
    return subprocess.run(
        [COMMAND, "serve", "--transport", "http", "--port", "0", *options],
        check=False,
        env=account_variables("http://127.0.0.1:9", **variables),
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("options", "variables", "named"),
    [
        (["--host", "0.0.0.0"], {}, "CLEVERTAP_MCP_TOKENS_FILE"),
        (["--host", "0.0.0.0"], PUBLIC, "CLEVERTAP_MCP_OAUTH_ISSUER"),
        ([], PUBLIC, "CLEVERTAP_MCP_URL lets other machines in"),
    ],
)
def test_other_machines_are_not_let_in_unasked(options: list[str], variables: dict[str, str], named: str) -> None:
    ended = start_of(*options, **variables)
    assert ended.returncode == 2
    assert named in ended.stderr


@pytest.mark.parametrize(
    "names",
    [
        {"url": "https://mcp.example.com/mcp"},
        {"url": "https://localhost.example.com:8443"},
        {"url": "http://192.168.0.7:8000/mcp"},
        {"allowed_hosts": ("localhost", "mcp.internal:8000")},
        {"url": "http://localhost:8000/mcp", "allowed_hosts": ("[fe80::1]:8000",)},
    ],
)
def test_a_public_name_on_loopback_needs_callers_who_say_who_they_are(names: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="CLEVERTAP_MCP_TOKENS_FILE"):
        Network(**names).check_open()
    Network(**names, tokens_file=Path("tokens.toml")).check_open()


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]", "[::1]:8000"])
def test_names_of_this_machine_need_nobody_to_say_who_they_are(name: str) -> None:
    Network(url=f"http://{name}/mcp", allowed_hosts=(name,)).check_open()


def test_a_server_that_listens_to_all_has_to_know_by_what_name_it_is_called() -> None:
    with pytest.raises(ConfigurationError, match="Set CLEVERTAP_MCP_URL"):
        Network(host="0.0.0.0", tokens_file=Path("tokens.toml")).check_open()


def test_the_address_that_is_told_names_the_host() -> None:
    with served(host="localhost") as server:
        assert server.url.startswith("http://localhost:")
        with connected(server.url) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert status_of(heard_until_closed(connection)) == 200
