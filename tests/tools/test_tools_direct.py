"""The direct way to an account: connections that are kept, bodies of any size, TLS, and proxies left to the library."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import anyio
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from clevertap_tools.account import Account
from clevertap_tools.direct.connection import UNREAD
from clevertap_tools.direct.host import KEPT_FOR, Host
from clevertap_tools.replies import Reply
from clevertap_tools.ways import Ways

pytestmark = pytest.mark.anyio

LOOPBACK = "127.0.0.1"
Answer = Callable[[socket.socket], None]


@contextmanager
def host(*answers: Answer, context: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[int]]]:
    """A host that gives each connection to the next answer; and the ports of those who came."""
    came: list[int] = []

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):  # whoever hangs up early, and those who never came
            accepted, (_, port) = listening.accept()
            came.append(port)
            answer = answers[len(came) - 1]
            with context.wrap_socket(accepted, server_side=True) if context else accepted as connection:
                answer(connection)

    with socket.create_server((LOOPBACK, 0)) as listening:
        threads = [threading.Thread(target=serve, args=(listening,), daemon=True) for _ in answers]
        for thread in threads:
            thread.start()
        yield f"http{'s' if context else ''}://{LOOPBACK}:{listening.getsockname()[1]}", came
        listening.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


def head_of(connection: socket.socket) -> bytes:
    """A request without a body, or nothing if the other side is gone."""
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        if not (part := connection.recv(65_536)):
            return b""
        received += part
    return received


def saying(body: bytes, times: int, *headers: str) -> Answer:
    """An answer that comes so often on one connection."""
    lines = [f"Content-Length: {len(body)}", *headers]
    whole = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *lines, "")).encode() + body

    def answer(connection: socket.socket) -> None:
        for _ in range(times):
            if not head_of(connection):
                return
            connection.sendall(whole)
        head_of(connection)

    return answer


@asynccontextmanager
async def directly(
    url: str, clock: Callable[[], float] = lambda: 0.0, patience: float = 10.0
) -> AsyncIterator[Callable[..., Awaitable[Reply]]]:
    """Asks a host for something by the direct way."""
    context = ssl.create_default_context()
    asked = Host(url, context, {}, connecting=10.0, patience=patience, most_kept=3, clock=clock)

    async def ask(path: str = "/", body: bytes = b"", method: str = "GET", **headers: str) -> Reply:
        return await asked.ask(method, url + path, headers, body, lambda: None)

    yield ask
    await asked.close()


async def test_one_connection_serves_one_request_after_another() -> None:
    with host(saying(b"yes", 3)) as (url, came):
        async with directly(url) as ask:
            assert [(await ask()).body for _ in range(3)] == [b"yes"] * 3
    assert len(came) == 1


async def test_a_connection_that_was_silent_for_long_is_not_used_again() -> None:
    times = iter([0.0, KEPT_FOR, KEPT_FOR])
    with host(saying(b"1", 1), saying(b"2", 1)) as (url, came):
        async with directly(url, clock=lambda: next(times)) as ask:
            assert [(await ask()).body for _ in range(2)] == [b"1", b"2"]
    assert len(came) == 2


async def test_a_connection_that_the_host_has_closed_is_not_used_again() -> None:
    def once(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")

    with host(once, once, once) as (url, came):
        async with directly(url) as ask:
            assert [(await ask()).body for _ in range(3)] == [b"1"] * 3
    assert len(came) == 3


async def test_a_host_that_wants_no_second_request_gets_none() -> None:
    last = saying(b"bye", 1, "Connection: close")
    with host(last, last) as (url, came):
        async with directly(url) as ask:
            assert [(await ask()).body for _ in range(2)] == [b"bye", b"bye"]
    assert len(came) == 2


async def test_an_answer_that_is_not_waited_for_costs_its_connection() -> None:
    def half(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        head_of(connection)

    with host(half, saying(b"small", 1)) as (url, came):
        async with directly(url) as ask:
            with anyio.move_on_after(0.05):
                await ask()
            assert (await ask()).body == b"small"
    assert len(came) == 2


async def test_an_answer_larger_than_there_is_room_for_comes_whole() -> None:
    body = bytes(range(256)) * (20 * UNREAD // 256)
    with host(saying(body, 1)) as (url, _):
        async with directly(url) as ask:
            assert (await ask()).body == body


async def test_a_packed_answer_is_unpacked_and_one_that_cannot_be_fails() -> None:
    packed = gzip.compress(b"yes")
    with host(saying(packed, 1, "Content-Encoding: gzip"), saying(b"no", 1, "Content-Encoding: gzip")) as (url, _):
        async with directly(url) as ask:
            assert (await ask()).body == b"yes"
        async with directly(url) as ask:
            with pytest.raises(httpx2.DecodingError):
                await ask()


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    def until_the_end(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    with host(until_the_end) as (url, _):
        async with directly(url) as ask:
            assert (await ask()).body == b"all of it"


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"220 mail.example.org ESMTP\r\n\r\n"]
)
async def test_what_is_no_answer_fails_as_the_library_has_it(said: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(said)

    with host(answer) as (url, _):
        async with directly(url) as ask:
            with pytest.raises(httpx2.RemoteProtocolError):
                await ask()


async def test_a_header_that_is_none_is_not_sent() -> None:
    with host(saying(b"", 1)) as (url, came):
        async with directly(url) as ask:
            with pytest.raises(httpx2.LocalProtocolError):
                await ask(note="two\r\nlines: yes")
    assert len(came) == 1


async def test_a_silent_host_is_not_waited_for_for_ever() -> None:
    def silent(connection: socket.socket) -> None:
        head_of(connection)
        head_of(connection)

    with host(silent) as (url, _):
        async with directly(url, patience=0.05) as ask:
            with pytest.raises(httpx2.ReadTimeout):
                await ask()


async def test_nobody_there_is_no_connection() -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as taken:
        port = taken.getsockname()[1]
    async with directly(f"http://{LOOPBACK}:{port}") as ask:
        with pytest.raises(httpx2.ConnectError):
            await ask()


async def test_an_answer_that_comes_before_all_of_the_body_has_gone_is_heard() -> None:
    def refusing(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        while connection.recv(65_536):
            pass

    with host(refusing) as (url, _):
        async with directly(url) as ask:
            assert (await ask(body=b"x" * 5_000_000, method="POST")).status == 413


async def test_what_needs_it_is_percent_encoded_and_nothing_twice() -> None:
    asked: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        for _ in range(2):
            asked.append(head_of(connection).split(b" ")[1])
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        head_of(connection)

    with host(listen) as (url, _):
        async with directly(url) as ask:
            await ask("/a b/\u00fc%2F?q=\u00fc")
            await ask("/a b/\u00fc%2F")
    assert asked == [b"/a%20b/%C3%BC%2F?q=%C3%BC", b"/a%20b/%C3%BC%2F"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """What a host on loopback shows, and the file of whoever trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, private = tmp_path / "shown.pem", tmp_path / "key.pem"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, private)
    return context, shown


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Callable[[], Awaitable[Reply]]]:
    """Asks the host of an account by the way that the environment leaves."""
    ways = Ways(Account("id", SecretStr("passcode"), url), None)
    yield lambda: ways.to_account.ask("GET", f"{url}/1/now.json", {}, b"", lambda: None)
    await ways.close()


async def test_a_host_whose_certificate_is_trusted_is_reached_over_tls(
    certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with host(saying(b"safe", 2), context=context) as (url, came):
        async with asking(url) as ask:
            assert [(await ask()).body for _ in range(2)] == [b"safe", b"safe"]
    assert len(came) == 1


async def test_a_host_whose_certificate_nobody_trusts_is_sent_nothing(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    heard: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        heard.append(connection.recv(1))

    context, _ = certificate
    with host(listen, context=context) as (url, _):
        async with asking(url) as ask:
            with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"):
                await ask()
    assert heard in ([], [b""])


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
async def test_https_goes_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    heard: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        heard.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with host(refuse) as (proxy, _):
        monkeypatch.setenv(variable, proxy)
        async with asking("https://eu1.api.clevertap.com") as ask:
            with pytest.raises(httpx2.ProxyError):
                await ask()
    assert heard[0].startswith(b"CONNECT eu1.api.clevertap.com:443 ")
