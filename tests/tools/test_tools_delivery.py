"""Where a file may go, and what is known when it does not arrive."""

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from clevertap_sandbox import Kind
from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE
from clevertap_tools.client import Client
from clevertap_tools.errors import (
    CleverTapError,
    DeadlineError,
    InvalidArgumentsError,
    InvalidRequestError,
    RedirectedError,
    UnavailableError,
    UnreachableError,
)
from clevertap_tools.files.delivery import CHUNK, Delivery, Piece
from clevertap_tools.files.presigned import UnsafeAddressError, presigned, without
from clevertap_tools.ways import in_process
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tools.conftest import Perform, Site

pytestmark = pytest.mark.anyio

KEY = "upload-custom-list"
GIVEN: dict[str, Any] = {"name": "VIP", "email": "o@example.org", "creator": "Ops", "identity": ["u-1"]}
BASE = "https://in1.api.clevertap.com"
STORE = "https://bucket.s3.ap-south-1.amazonaws.com/obj"
SIGNED = f"{STORE}?X-Amz-Credential=AKIA%2F20260203%2Fs3&X-Amz-Signature=5ec2e7+~c%3D"
PUBLIC = "52.219.62.1"


@dataclass
class World:
    """CleverTap and every other host there is, in this process."""

    url: str = SIGNED
    """Where CleverTap says the file goes."""
    addresses: Sequence[str] = (PUBLIC,)
    """What names resolve to."""
    answer: Response = field(default_factory=lambda: Response(headers={"etag": '"e"'}))
    """What the store says."""
    last: dict[str, Any] = field(default_factory=lambda: {"status": "success", "Segment ID": 7})
    """What CleverTap says in the end."""
    asked: list[Request] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)
    base: str = BASE
    meanwhile: Callable[[], object] = str
    """What happens on this machine while CleverTap is asked where a file goes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append(request)
        if request.method == "PUT":
            self.stored.append(await request.body())
            await self.answer(scope, receive, send)
        elif "completed" in request.url.path:
            await JSONResponse(self.last, 400 if self.last["status"] == "fail" else 200)(scope, receive, send)
        else:
            self.meanwhile()
            await JSONResponse({"status": "success", "presignedS3URL": self.url})(scope, receive, send)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        if not self.addresses:
            raise socket.gaierror(f"{host} is unknown")
        return self.addresses

    async def upload(self, **given: Any) -> Any:
        action = CATALOGUE[KEY]
        account = Account("A-1", SecretStr("p4ss-c0de"), self.base, SecretStr("t0ken"))
        client = Client(account, transport=in_process(self), resolve=self.resolve, sleep=no_wait, random=lambda: 0.0)
        async with client:
            return await action(client.for_call(), action.parse(GIVEN | given))

    @property
    def puts(self) -> list[Request]:
        return [each for each in self.asked if each.method == "PUT"]


async def no_wait(_seconds: float) -> None:
    """Time is not what these tests are about."""


@pytest.fixture
def world() -> World:
    return World()


async def test_a_file_goes_to_the_address_that_was_looked_at_under_the_hosts_name(world: World) -> None:
    assert (await world.upload()).segment_id == 7
    (put,) = world.puts
    assert put.url.hostname == "bucket.s3.ap-south-1.amazonaws.com"
    assert put.scope["server"] == (PUBLIC, None)
    assert f"{put.scope['raw_path'].decode()}?{put.scope['query_string'].decode()}" == SIGNED.partition(".com")[2]
    assert world.stored == [b"Type,Identity\ni,u-1\n"]


async def test_no_credentials_go_to_the_store(world: World) -> None:
    await world.upload()
    sent = repr(world.puts[0].headers.items()) + str(world.puts[0].url)
    assert "p4ss-c0de" not in sent
    assert "t0ken" not in sent
    assert not [name for name in world.puts[0].headers if "clevertap" in name or "authorization" in name]
    assert world.puts[0].headers["content-length"] == "20"


UNSAFE_URLS = [
    "http://bucket.example/obj?sig=1",
    "ftp://bucket.example/obj",
    "file:///etc/passwd",
    "//bucket.example/obj",
    "bucket.example/obj",
    "https://user@bucket.example/obj",
    "https://user:pw@bucket.example/obj",
    "https://@bucket.example/obj",
    "https:///obj",
    "https://bucket.example\\@evil.example/obj",
    "https://buck et.example/obj",
    "https://bucket.example/obj#part",
    "https://bücket.example/obj",
    "https://bucket.example/obj\r\nX-Evil: 1",
    "https://[::1/obj",
    "https://1.2.3/obj",
    "https://bucket.example:x/obj",
    f"https://bucket.example/{'a' * 9000}",
    "http://localhost/obj",
    "https://in1.api.clevertap.com@evil.example/obj",
    "https://bucket.example/a/../b?sig=1",
    "https://bucket.example/..",
    "https://bucket.example/./obj",
    "https://bucket.example/a/%2e%2E/b",
    "https://bucket.example/a/.%2e?sig=1",
    "https://bucket.example/a%2f..%2Fb",
    "https://bucket.example/a/%252e%252e/b",
    "https://bucket.example/a/..;x/b",
    "https://bucket.example/a%5c..%5cb",
]


@pytest.mark.parametrize("url", UNSAFE_URLS)
async def test_an_address_that_is_no_plain_https_gets_nothing(world: World, url: str) -> None:
    world.url = url
    with pytest.raises(UnsafeAddressError, match="Nothing was sent") as unsafe:
        await world.upload()
    assert unsafe.value.changed == "no"
    assert world.puts == []
    assert "bucket" not in str(unsafe.value.told())


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2001:db8::1", "2001:0:0:0:0:0:80ff:fffe", "::7f00:1", "fec0::1", "feff::1",
    "64:ff9b:1::7f00:1", "5f00::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_into_a_private_network_gets_nothing(world: World, address: str) -> None:
    world.addresses = (PUBLIC, address)
    with pytest.raises(UnsafeAddressError, match="private network"):
        await world.upload()
    assert world.puts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254", "[fd00::1]"])
async def test_a_private_address_gets_nothing_however_it_is_resolved(world: World, host: str) -> None:
    world.url, world.addresses = f"https://{host}/obj?sig=1", (host.strip("[]"),)
    with pytest.raises(UnsafeAddressError):
        await world.upload()
    assert world.puts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1"])
async def test_what_the_system_itself_resolves_to_this_machine_gets_nothing(world: World, host: str) -> None:
    action = CATALOGUE[KEY]
    world.url = f"https://{host}:9/obj"
    async with Client(Account("A-1", SecretStr("p4ss-c0de"), BASE), transport=in_process(world)) as client:
        with pytest.raises((UnsafeAddressError, UnreachableError)):
            await action(client.for_call(), action.parse(GIVEN))
    assert world.puts == []


@pytest.mark.parametrize("address", [PUBLIC, "2600:1f14::1", "64:ff9b::34db:3e01", "2002:34db:3e01::"])
async def test_a_public_address_of_either_kind_is_good(world: World, address: str) -> None:
    world.addresses = (address,)
    await world.upload()
    assert world.puts[0].scope["server"] == (address, None)


async def test_a_port_of_its_own_stays_with_the_name(world: World) -> None:
    world.url = "https://store.example:8443/obj?sig=1"
    await world.upload()
    assert world.puts[0].headers["host"] == "store.example:8443"
    assert world.puts[0].scope["server"] == (PUBLIC, 8443)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8001/obj", "https://127.0.0.1:8000/obj", "http://localhost:8000/obj", "http://10.0.0.1:8000/o"],
)
async def test_a_sandbox_may_only_name_itself(world: World, url: str) -> None:
    world.base, world.addresses = "http://127.0.0.1:8000", ("127.0.0.1",)
    world.url = "http://127.0.0.1:8000/obj?sig=1"
    await world.upload()
    world.url = url
    with pytest.raises(UnsafeAddressError):
        await world.upload()
    assert len(world.puts) == 1


@pytest.mark.parametrize("path", ["/1/../v2/catalogs/1", "/_storage/%2e%2e/1/upload", "/_storage/..%2f1/upload"])
async def test_a_sandbox_may_not_lead_back_to_its_own_calls(world: World, path: str) -> None:
    world.base, world.url = "http://127.0.0.1:8000", f"http://127.0.0.1:8000{path}?sig=1"
    with pytest.raises(UnsafeAddressError, match="steps that lead elsewhere"):
        await world.upload()
    assert world.puts == []


async def test_dots_in_names_are_no_steps(world: World) -> None:
    world.url = "https://bucket.example/a..b/...c/.d/e./f%2e?key=/../"
    await world.upload()
    assert world.puts[0].scope["raw_path"] == b"/a..b/...c/.d/e./f%2e"


async def test_a_name_without_address_is_told(world: World) -> None:
    world.addresses = ()
    with pytest.raises(UnreachableError, match="has no address"):
        await world.upload()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(world: World, status: int) -> None:
    world.answer = RedirectResponse("https://elsewhere.example/obj", status)
    with pytest.raises(RedirectedError, match="Nothing changed on CleverTap") as redirected:
        await world.upload()
    assert "elsewhere" not in str(redirected.value.told())
    assert len(world.puts) == 1
    assert "completed" not in "".join(str(each.url) for each in world.asked)


@pytest.mark.parametrize("status", [400, 403, 404, 411])
async def test_a_refusal_of_the_store_is_told_and_nothing_changed(world: World, status: int) -> None:
    world.answer = Response(f"<Error>{SIGNED}</Error>", status, media_type="application/xml")
    with pytest.raises(InvalidRequestError, match="Nothing changed on CleverTap") as refused:
        await world.upload()
    assert refused.value.changed == "no"
    assert ("expired" in refused.value.message) == (status == 403)
    assert len(world.puts) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_store_that_fails_is_asked_again(world: World, status: int) -> None:
    world.answer = Response(status_code=status)
    with pytest.raises(UnavailableError, match="Nothing changed on CleverTap") as failed:
        await world.upload()
    assert failed.value.changed == "no"
    assert len(world.puts) == 4
    assert world.stored == [b"Type,Identity\ni,u-1\n"] * 4


async def test_a_second_attempt_takes_the_hosts_next_address(world: World) -> None:
    world.addresses, world.answer = ("2600:1f14::1", PUBLIC), Response(status_code=503)
    with pytest.raises(UnavailableError):
        await world.upload()
    assert [put.scope["server"][0] for put in world.puts] == [PUBLIC, "2600:1f14::1"] * 2


@pytest.mark.parametrize("written", [SIGNED, SIGNED.partition("?")[2], SIGNED.replace("&", "\\u0026"), SIGNED.upper()])
async def test_the_address_never_comes_out_even_if_clevertap_repeats_it(
    world: World, written: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "clevertap_tools")
    world.last = {"status": "fail", "error": f"odd url {written}", "code": 400}
    with pytest.raises(InvalidRequestError, match=r"odd url \[secret\]") as refused:
        await world.upload()
    said = json.dumps(refused.value.told()) + caplog.text
    assert "5ec2e7" not in said.casefold()


KEY_ID, SIGNATURE = "AKIA/20260203/s3", "q0Zk9Secret/Ab+c="
GIVEN_OUT = f"{STORE}?AWSAccessKeyId={quote(KEY_ID, safe='')}&Expires=1780000000&Signature={quote(SIGNATURE, safe='')}"
REPEATED = [
    GIVEN_OUT, unquote(GIVEN_OUT), quote(GIVEN_OUT), GIVEN_OUT.replace("%2F", "%2f"), GIVEN_OUT.replace("%2F", "/"),
    GIVEN_OUT.replace("&", "&amp;"), GIVEN_OUT.replace("&", "\n&"), GIVEN_OUT.replace("/", "\\/"), SIGNATURE,
    SIGNATURE.replace("+", " "), quote(SIGNATURE, safe=""), quote(SIGNATURE, safe="").lower(),
    quote(quote(SIGNATURE, safe=""), safe=""), f"Signature={SIGNATURE}", SIGNATURE.replace("/", "&#x2F;"),
    SIGNATURE.replace("+", "\\u002b"), f"{KEY_ID}:{SIGNATURE}",
]  # fmt: skip


@pytest.mark.parametrize("written", REPEATED)
async def test_no_part_of_the_address_comes_out_in_any_spelling(world: World, written: str) -> None:
    world.url, world.last = GIVEN_OUT, {"status": "fail", "error": f"cannot fetch {written}", "code": 400}
    with pytest.raises(InvalidRequestError, match=r"cannot fetch .*\[secret\]") as refused:
        await world.upload()
    said = json.dumps(refused.value.told()).casefold()
    assert not [word for word in ("q0zk9", "secret/", "ab+c", "akia", "20260203") if word in said]


def test_an_answer_in_which_nothing_is_repeated_stays_as_it_is() -> None:
    body = b'{"status":"success","Segment ID":1780000000,"name":"AKIA","note":"Signature Expires amazonaws"}'
    assert without(Answer(200, body), [presigned(GIVEN_OUT)]).body == body


@pytest.mark.parametrize("url", [None, "", 7, ["https://bucket.example"], {"url": SIGNED}])
async def test_an_answer_without_an_address_is_told(world: World, url: Any) -> None:
    world.url = url
    with pytest.raises(UnavailableError, match="names no address"):
        await world.upload()


@pytest.mark.parametrize(("kind", "status"), [(Kind.RESET_BEFORE, None), (Kind.RESET_AFTER, None), (Kind.HTML, 502)])
async def test_a_file_that_breaks_on_its_way_is_put_again(
    site: Site, perform: Perform, kind: Kind, status: int | None
) -> None:
    site.breaks(kind, method="PUT", status=status)
    assert (await perform(site, KEY, GIVEN)).sent == 1
    assert len([each for each in site.sandbox.requests if each.method == "PUT"]) == 2
    assert site.sandbox.mails == ["Custom list VIP: 0 of 1 found"]


async def test_a_store_that_never_takes_it_means_nothing_changed(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_BEFORE, method="PUT", times=None)
    with pytest.raises(UnavailableError, match="store for the file broke") as broken:
        await perform(site, KEY, GIVEN)
    assert broken.value.changed == "no"
    assert site.asked("/upload_custom_list_segment_completed") == []


async def test_an_expired_address_is_a_clear_refusal(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, method="PUT", status=403)
    with pytest.raises(InvalidRequestError, match="its address has expired") as refused:
        await perform(site, KEY, GIVEN)
    assert "a new address is asked for" in refused.value.next


async def test_the_deadline_holds_while_a_file_is_put(site: Site, perform: Perform) -> None:
    site.breaks(Kind.SLOW, method="PUT", seconds=30)
    with pytest.raises(DeadlineError) as late:
        await perform(site, KEY, GIVEN, deadline=0.3)
    assert late.value.changed == "no"
    assert site.asked("/upload_custom_list_segment_completed") == []


class Growing(io.BytesIO):
    """A file as long as you like, and the largest bite that was taken of it."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        Growing.largest = max(Growing.largest, size or 0)
        return b"x" * (size or 0)


async def test_a_file_is_read_bite_by_bite_and_its_way_is_told(world: World) -> None:
    told: list[float] = []

    async def progress(done: float, _total: float | None, _message: str) -> None:
        told.append(done)

    size = 5 * CHUNK + 1
    account = Account("A-1", SecretStr("p4ss-c0de"), BASE)
    async with Client(account, transport=in_process(world), resolve=world.resolve) as client:
        delivery = Delivery(client.for_call(progress), Growing(), [Piece(0, size)])
        assert await delivery.to([presigned(SIGNED)]) == ["e"]
    assert Growing.largest == CHUNK
    assert told == [CHUNK, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK, 5 * CHUNK, size]
    assert len(world.stored[0]) == size


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "l.csv"
    path.write_bytes(CHECKED)
    return path


CHECKED = b"Type,Identity\n" + b"i,u-1\n" * 20_000
"""More than what is read ahead."""


@pytest.mark.parametrize("other", [CHECKED.replace(b"u-1", b"u-2"), CHECKED[:-6], b"x" * 2 * len(CHECKED), b""])
async def test_a_file_that_is_written_to_while_it_is_uploaded_is_not_taken(
    world: World, file: Path, other: bytes
) -> None:
    world.meanwhile = lambda: file.write_bytes(other)
    with pytest.raises(InvalidArgumentsError, match="has changed"):
        await world.upload(identity=None, file=str(file))
    assert "completed" not in "".join(str(each.url) for each in world.asked)


@pytest.mark.parametrize("how", ["replaced", "removed", "exchanged for a link"])
async def test_the_very_file_that_was_checked_leaves_whatever_its_name_means_by_then(
    world: World, file: Path, how: str
) -> None:
    other = file.with_name("other.csv")
    other.write_bytes(CHECKED.replace(b"u-1", b"u-2"))

    def meanwhile() -> None:
        file.unlink()
        if how == "replaced":
            other.replace(file)
        elif how != "removed":
            file.symlink_to(other)

    world.meanwhile = meanwhile
    assert (await world.upload(identity=None, file=str(file))).sent == 20_000
    assert world.stored == [CHECKED]


OPEN_FILES = Path("/proc/self/fd")


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="only Linux lists what is open")
@pytest.mark.parametrize("status", [200, 403])
async def test_no_file_stays_open(world: World, file: Path, status: int) -> None:
    world.answer = Response(status_code=status)
    with suppress(InvalidRequestError):
        await world.upload(identity=None, file=str(file))
    assert file not in open_files()


def open_files() -> set[Path]:
    return {each.resolve() for each in OPEN_FILES.iterdir()}


def test_no_error_of_the_store_is_a_mystery() -> None:
    assert issubclass(UnsafeAddressError, CleverTapError)
    assert (UnsafeAddressError.code, UnsafeAddressError.quotes, UnsafeAddressError.changed) == (
        "unsafe_address",
        False,
        "no",
    )
