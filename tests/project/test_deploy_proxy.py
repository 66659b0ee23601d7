"""The proxy's configuration, with the real HAProxy in front of three real replicas: TLS, sessions, and what stays inside."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import anyio
import httpx2
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from clevertap_mcp.auth.tokens_file import digest_of
from hosts import COMMAND, GENERATIONS

PROJECT = Path(__file__).parents[2]
CONFIGURATION = PROJECT / "deploy/haproxy.cfg"
PROXY: dict[str, str] = yaml.safe_load((PROJECT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"][
    "proxy"
]["environment"]
HOST = PROXY["MCP_HOST"]
TOKEN = f"ctmcp_{'a' * 43}"
REPLICAS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
A_RECORD, ANSWER, SECONDS = 1, b"\x81\x80", 5
TRIES = 9
HAPROXY = shutil.which("haproxy") or "haproxy"

pytestmark = pytest.mark.skipif(
    not shutil.which("haproxy") and not os.environ.get("CI"), reason="needs the package haproxy"
)


def certificate(folder: Path) -> Path:
    """A certificate for this machine with its key, in one file as HAProxy wants it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    file = folder / "site.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return file


@contextmanager
def names() -> Iterator[str]:
    """A name server that knows the replicas, whatever it is asked for; yields its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                asked, whom = server.recvfrom(4096)
                if not asked:
                    return
                end = asked.index(b"\0", 12) + 5
                wanted = REPLICAS if asked[end - 4 : end - 2] == A_RECORD.to_bytes(2, "big") else ()
                told = [
                    b"\xc0\x0c\0\x01\0\x01" + SECONDS.to_bytes(4, "big") + b"\0\x04" + IPv4Address(each).packed
                    for each in wanted
                ]
                counts = b"\0\x01" + len(told).to_bytes(2, "big") + b"\0\0\0\0"
                server.sendto(asked[:2] + ANSWER + counts + asked[12:end] + b"".join(told), whom)

        speaker = Thread(target=answer)
        speaker.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.sendto(b"", server.getsockname())
        speaker.join()


def free_port() -> int:
    """A port that nobody has on any of the replicas' addresses."""
    with ExitStack() as stack:
        port: int = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        for each in REPLICAS[1:]:
            stack.enter_context(socket.create_server((each, port)))
        return port


@contextmanager
def replica(address: str, port: int, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """One server on an address of its own, on the sandbox."""
    start = [COMMAND, "--sandbox", "serve", "--transport", "http", "--host", address, "--port", str(port)]
    with subprocess.Popen(start, env=environ, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert next(line for line in server.stderr if line.startswith("http"))
        try:
            yield server
        finally:
            server.terminate()
            server.communicate(timeout=20)


@dataclass
class Team:
    """Three replicas behind the proxy.

    Args:
        url: The proxy's address.
        trust: The certificate that it shows.
        replicas: The servers.
        log: What the proxy says of the requests that it passed on.
    """

    url: str
    trust: ssl.SSLContext
    replicas: list[subprocess.Popen[str]]
    log: Path

    def http(self, token: str | None = TOKEN) -> httpx2.AsyncClient:
        """A client that knows the proxy by its public name."""
        headers = {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})
        return httpx2.AsyncClient(base_url=self.url, headers=headers, verify=self.trust, timeout=20)

    @property
    def seen(self) -> set[str]:
        """The replicas that requests for `/mcp` went to."""
        return set(re.findall(r" streamable/(replica\d) ", self.log.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    tokens, port, door = folder / "tokens.toml", free_port(), free_port()
    tokens.write_text(
        f'[[token]]\nname = "ana"\nhash = "{digest_of(TOKEN)}"\naccounts = ["*"]\naccess = "read"\n', encoding="utf-8"
    )
    tokens.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
    own = {"CLEVERTAP_MCP_URL": f"https://{HOST}/mcp", "CLEVERTAP_MCP_TOKENS_FILE": str(tokens)}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(replica(each, port, {**kept, **own, "XDG_STATE_HOME": str(folder / each)}))
            for each in REPLICAS
        ]
        proxy = {
            **PROXY,
            "MCP_SERVER": f"replicas.test:{port}",
            "MCP_RESOLVER": stack.enter_context(names()),
            "MCP_LISTEN": f"127.0.0.1:{door}",
            "MCP_CERTIFICATES": str(certificate(folder)),
        }
        with (
            (folder / "proxy.log").open("wb") as log,
            subprocess.Popen(
                [HAPROXY, "-db", "-f", str(CONFIGURATION)], env={**os.environ, **proxy}, stdout=log, stderr=log
            ) as balancer,
        ):
            try:
                trust = ssl.create_default_context(cafile=proxy["MCP_CERTIFICATES"])
                found = Team(f"https://127.0.0.1:{door}", trust, servers, folder / "proxy.log")
                wait_for(found)
                yield found
            finally:
                balancer.terminate()
                balancer.wait(timeout=20)


def wait_for(team: Team) -> None:
    """Until the proxy has asked for names, and found a replica in good health.

    A request to a proxy that has none yet waits five seconds in its queue, so that there is no need to sleep here.
    """
    connected = httpx2.HTTPTransport(verify=team.trust, retries=10)
    with httpx2.Client(transport=connected, base_url=team.url, headers={"Host": HOST}, timeout=20) as client:
        for _ in range(TRIES):
            if client.post("/mcp").status_code == 401:
                return
    raise AssertionError(team.log.read_text(encoding="utf-8"))


def test_haproxy_takes_the_configuration_with_what_compose_gives_it(tmp_path: Path) -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert set(re.findall(r"\$([A-Z_]+)", text)) == PROXY.keys()
    own = {**os.environ, **PROXY, "MCP_CERTIFICATES": str(certificate(tmp_path))}
    done = subprocess.run([HAPROXY, "-c", "-f", CONFIGURATION], env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "//mcp", "/mcp/", "/", "/messages/../healthz"])
async def test_what_is_for_schedulers_and_watchers_stays_inside(team: Team, path: str) -> None:
    async with team.http() as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/mcp", "/sse", "/messages/?session_id=0"])
async def test_nobody_comes_in_without_a_token(team: Team, path: str) -> None:
    async with team.http(token=None) as client:
        assert (await client.post(path)).status_code == 401


async def count_often(host: Client) -> None:
    """Call a tool more often than there are replicas."""
    given = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}
    with anyio.fail_after(60):
        for _ in range(TRIES):
            done = await host.call_tool("clevertap_get_event_count", given)
            assert done.structured_content == {"count": 885}


@pytest.mark.slow
@pytest.mark.anyio
async def test_the_newer_generation_is_served_by_every_replica(team: Team) -> None:
    async with team.http() as http, Client(streamable_http_client(f"{team.url}/mcp", http_client=http)) as host:
        await count_often(host)
    assert len(team.seen) == len(REPLICAS)


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_session_of_the_older_generation_stays_with_its_replica(team: Team) -> None:
    way = GENERATIONS["2025-11-25"]
    async with (
        team.http() as http,
        Client(streamable_http_client(f"{team.url}/mcp", http_client=http), mode=way) as host,
    ):
        await count_often(host)


@pytest.mark.slow
@pytest.mark.anyio
async def test_an_sse_connection_gets_its_messages(team: Team) -> None:
    def same(headers: object = None, timeout: object = None, auth: object = None) -> httpx2.AsyncClient:
        return team.http()

    way = GENERATIONS["2025-11-25"]
    async with Client(sse_client(f"{team.url}/sse", httpx_client_factory=same), mode=way) as host:
        await count_often(host)


@pytest.mark.slow
@pytest.mark.anyio
async def test_with_a_replica_gone_calls_go_to_the_others(team: Team) -> None:
    """Last, for it takes one away: a connection that is refused was sent nothing, so another replica is asked."""
    team.replicas[0].kill()
    team.replicas[0].wait(timeout=20)
    async with team.http() as http, Client(streamable_http_client(f"{team.url}/mcp", http_client=http)) as host:
        await count_often(host)
