"""Tokens of our own: missing, wrong, malformed, expired and revoked ones get nobody in."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp.server.auth.provider import AccessToken

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.auth.caller import caller_of, name_of
from clevertap_mcp.auth.refused import MOST, SPAN, Refusals
from clevertap_mcp.auth.scopes import accounts_in, level_in, scopes_of, spelled_out
from clevertap_mcp.auth.tokens import SETTLED, Tokens
from clevertap_mcp.auth.tokens_file import TokensFileError, digest_of, new_token, parsed
from clevertap_mcp.auth.verifier import Verifier
from clevertap_mcp.guard.access import Access
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_tools.errors import ConfigurationError
from entering import LEGACY, LIST, MODERN, SESSION, Door, bearing, door, works
from web import bearer, connected, heard_until_closed, served, status_of, tokens_file

ANA, BEN, EVE, STRANGER = (new_token() for _ in range(4))
ERASING = "clevertap_delete_user_profile"
WRITING = "clevertap_upload_events"
LAUNCHING = "clevertap_create_campaign"


def entry(name: str, token: str, access: str = "read", **more: str) -> str:
    """A table of the file."""
    fields = {"name": f'"{name}"', "hash": f'"{digest_of(token)}"', "accounts": '["*"]', "access": f'"{access}"'}
    return "[[token]]\n" + "".join(f"{field} = {value}\n" for field, value in {**fields, **more}.items())


def of_three() -> str:
    return entry("ana", ANA) + entry("ben", BEN, "full") + entry("eve", EVE, expires="2020-01-01T00:00:00Z")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "tokens.toml"
    file.touch(0o600)
    file.write_text(of_three())
    return file


def entrance(file: Path) -> dict[str, str]:
    return {"CLEVERTAP_MCP_TOKENS_FILE": str(file)}


def write(file: Path, text: str) -> None:
    """Change the file as an editor does."""
    file.write_text(text)


async def get_in(at: Door, *tokens: str | None) -> list[int]:
    return [await at.status(token) for token in tokens]


@pytest.mark.anyio
async def test_a_token_gets_in_and_sees_what_it_may_do(file: Path) -> None:
    async with door(**entrance(file)) as at:
        assert await get_in(at, ANA, BEN) == [200, 200]
        assert await at.tools(ANA) < await at.tools(BEN)
        assert not {ERASING, WRITING} & await at.tools(ANA)
        assert {ERASING, WRITING} <= await at.tools(BEN)


@pytest.mark.anyio
async def test_missing_wrong_malformed_and_expired_tokens_get_nobody_in(file: Path) -> None:
    malformed = [
        "",
        "x",
        "ctmcp_",
        ANA[:-1],
        f"{ANA}x",
        f" {ANA}",
        ANA.swapcase(),
        f"{ANA},{BEN}",
        digest_of(ANA),
        "ana",
    ]
    async with door(**entrance(file)) as at:
        assert await get_in(at, None, STRANGER, EVE, *malformed) == [401] * (3 + len(malformed))
        answer = await at.http.post(f"/mcp?token={BEN}&access_token={BEN}", headers={"Cookie": f"token={BEN}"})
        basic = await at.http.post("/mcp", headers={"Authorization": f"Basic {BEN}"})
        refused = await at.list(STRANGER)
    assert (answer.status_code, basic.status_code) == (401, 401)
    assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert STRANGER not in refused.text


@pytest.mark.anyio
async def test_a_token_that_is_taken_out_stops_working_with_the_next_request_in_an_open_session_too(file: Path) -> None:
    async with door(**entrance(file)) as at:
        session = await at.session(ANA)
        assert await at.status_in(session, ANA) == 200
        write(file, entry("ben", BEN))
        assert await at.status_in(session, ANA) == 401
        assert await get_in(at, ANA, BEN) == [401, 200]
        write(file, of_three())
        assert await get_in(at, ANA) == [200]


@pytest.mark.anyio
async def test_a_token_that_is_narrowed_sees_less_with_the_next_request(file: Path) -> None:
    async with door(**entrance(file)) as at:
        assert ERASING in await at.tools(BEN)
        write(file, entry("ben", BEN, "write"))
        assert ERASING not in await at.tools(BEN)
        assert WRITING in await at.tools(BEN)


@pytest.mark.anyio
async def test_a_session_is_not_there_for_the_token_of_somebody_else(file: Path) -> None:
    async with door(**entrance(file)) as at:
        session = await at.session(ANA)
        assert await at.status_in(session, BEN) == 404
        assert await at.status_in(session, None) == 401
        for method in ("GET", "DELETE"):
            answer = await at.http.request(method, "/mcp", headers={**LEGACY, SESSION: session, **bearing(BEN)})
            assert answer.status_code == 404
        assert await at.status_in(session, ANA) == 200


MAIL = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"},
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}


@pytest.mark.anyio
@pytest.mark.parametrize("anew", [False, True])
async def test_a_token_that_is_made_anew_comes_into_nothing_that_the_old_one_of_its_name_left(
    file: Path, anew: bool
) -> None:
    async with door(**entrance(file), CLEVERTAP_CONFIRM="plan") as at:
        session = await at.session(BEN)
        plan = (await at.call(BEN, LAUNCHING, MAIL))["plan"]
        token = STRANGER if anew else BEN
        write(file, entry("ben", token, "full"))
        assert await at.status_in(session, token) == (404 if anew else 200)
        done = await at.call(token, LAUNCHING, {**MAIL, "plan": plan})
    assert done.get("error", {}).get("code") == ("plan_refused" if anew else None)


@pytest.mark.anyio
async def test_whoever_came_in_with_a_token_is_nobody_once_it_is_replaced(file: Path) -> None:
    verifier = Verifier(Tokens(file), None)
    holder = await verifier.verify_token(BEN)
    assert holder is not None
    assert verifier.holder_now(holder) == holder
    write(file, entry("ben", STRANGER, "full"))
    assert verifier.holder_now(holder) is None
    again = await verifier.verify_token(STRANGER)
    assert again is not None
    assert name_of(holder) == f"token/ben/{digest_of(BEN)[7:19]}"
    assert name_of(again) == f"token/ben/{digest_of(STRANGER)[7:19]}"


@pytest.mark.anyio
async def test_a_refused_token_is_told_of_in_the_log_with_the_reason_and_without_the_token(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with door(**entrance(file)) as at:
        assert await get_in(at, None, ANA, STRANGER, EVE, "ctmcp_", "e30.e30.e30") == [401, 200, 401, 401, 401, 401]
    assert [message for message in caplog.messages if "refused" in message] == [
        "A token was refused: it is unknown, or was revoked.",
        "A token was refused: that of eve has expired.",
        "A token was refused: it is malformed.",
        "A token was refused: it is none of this server's own.",
    ]


def test_a_flood_of_refusals_is_no_flood_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = 1_000.0
    refusals = Refusals(lambda: clock)
    for number in range(1_000):
        refusals.tell(f"refused {number}")
    assert caplog.messages == [f"refused {number}" for number in range(MOST)]
    clock += SPAN
    caplog.clear()
    refusals.tell("refused again")
    assert caplog.messages == [f"{1_000 - MOST} more were refused before.", "refused again"]
    clock += SPAN
    caplog.clear()
    refusals.tell("refused later")
    assert caplog.messages == ["refused later"]


@pytest.fixture
def accounts(tmp_path: Path) -> dict[str, str]:
    """A server of two accounts that nothing is asked of."""
    tables = (
        f'[accounts.{name}]\naccount_id = "{name}"\npasscode = "P"\nregion = "eu1"\n' for name in ("shop-eu", "shop-us")
    )
    file = tmp_path / "accounts.toml"
    file.touch(0o600)
    file.write_text("".join(tables))
    return {"CLEVERTAP_ACCOUNTS_FILE": str(file)}


@pytest.mark.anyio
async def test_a_token_that_opens_no_account_here_is_refused_and_not_told_of_any(
    file: Path, accounts: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write(file, entry("ana", ANA, "write", accounts='["shop-eu"]') + entry("ben", BEN, "write", accounts='["shop"]'))
    async with door(**entrance(file), **accounts) as at:
        assert await get_in(at, ANA, BEN) == [200, 403]
        assert await at.tools(ANA)
        refused = await at.list(BEN)
        session = await at.http.post("/mcp", headers={**LEGACY, **bearing(BEN)}, json={})
        events = await at.http.get("/sse", headers=bearing(BEN))
        message = await at.http.post("/messages/?session_id=0", headers=bearing(BEN), json={})
        health = await at.http.get("/healthz", headers=bearing(BEN))
    assert [each.status_code for each in (session, events, message, health)] == [403, 403, 403, 200]
    challenge = refused.headers["www-authenticate"]
    assert challenge.startswith('Bearer error="insufficient_scope", ')
    assert 'scope="clevertap:read clevertap:write clevertap:account:*"' in challenge
    assert "opens no account here" in refused.json()["message"]
    assert "shop" not in refused.text + challenge
    who = f"token/ben/{digest_of(BEN)[7:19]}"
    assert f"{who} was refused. This token opens no account here" in caplog.text
    assert "clevertap:account:NAME" in caplog.text


def test_a_request_with_two_tokens_is_refused_whichever_comes_first(tmp_path: Path) -> None:
    with served(tokens_file=tokens_file(tmp_path, "ana", "ben")) as server:
        for tokens in (("ana", "ben"), ("ana", "ana"), ("ana", "nobody"), ("nobody", "ana")):
            assert status_of(told_over_socket(server.url, *tokens)) == 400
        assert status_of(told_over_socket(server.url, "ana")) == 200


def told_over_socket(url: str, *names: str) -> bytes:
    """What is said to a request for the tools that carries the tokens of some people."""
    body = json.dumps(LIST).encode()
    headers = {**MODERN, "Host": "127.0.0.1", "Content-Type": "application/json", "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"{name}: {value}" for person in names for name, value in bearer(person).items()]
    head = "\r\n".join(["POST /mcp HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    with connected(url) as connection:
        connection.sendall(head.encode() + body)
        return heard_until_closed(connection)


@pytest.mark.anyio
async def test_a_server_that_asks_who_calls_does_nothing_for_whoever_gets_past_the_door(file: Path) -> None:
    settings = read_settings(entrance(file), sandbox=True)
    async with opened(settings) as app, Client(build_server(Accounts.only(app)), cache=None) as host:
        with pytest.raises(MCPError, match="not authenticated"):
            await host.list_tools()
        with pytest.raises(MCPError, match="not authenticated"):
            await host.call_tool(ERASING, {"identity": ["1"]})
    async with opened(settings) as app, Client(build_server(Accounts.only(app), local=True), cache=None) as host:
        assert ERASING in {tool.name for tool in (await host.list_tools()).tools}


def test_an_expired_token_works_until_its_last_moment(file: Path) -> None:
    clock = datetime(2019, 12, 31, tzinfo=UTC)
    tokens = Tokens(file, lambda: clock)
    assert works(tokens, EVE)
    clock = datetime(2020, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
    assert works(tokens, EVE)
    clock += timedelta(microseconds=1)
    assert not works(tokens, EVE)


def coarse(status: os.stat_result) -> tuple[int, ...]:
    """The marks of a file where its times are so coarse that all changes of a test have the same."""
    return status.st_ino, status.st_size


def test_what_was_written_last_counts_however_soon_after_the_last_change_and_of_whatever_size(file: Path) -> None:
    tokens = Tokens(file, marks=coarse)
    for written, other in ((ANA, BEN), (BEN, ANA)):
        file.write_text(entry("one", written))
        assert works(tokens, written)
        assert not works(tokens, other)


def test_a_file_that_has_not_changed_for_some_seconds_is_not_read_again(file: Path) -> None:
    file.write_text(entry("one", ANA))
    tokens = Tokens(file, lambda: datetime.now(UTC) + timedelta(seconds=SETTLED + 1), coarse)
    file.write_text(entry("one", BEN))  # such a change is not noticed then
    assert works(tokens, ANA)


def test_a_change_is_noticed_by_the_files_times_also_where_they_are_set_back(file: Path) -> None:
    file.write_text(entry("one", ANA))
    before = file.stat()
    tokens = Tokens(file, lambda: datetime.now(UTC) + timedelta(seconds=SETTLED + 1))
    file.write_text(entry("one", BEN))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    while file.stat().st_ctime_ns == before.st_ctime_ns:  # the kernel's clock is coarser than this test is slow
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert not works(tokens, ANA)
    assert works(tokens, BEN)


def test_a_malformed_file_lets_nobody_in_and_is_told_of_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens(file)
    file.write_text(of_three().replace('access = "full"', f'access = "{BEN}"'))
    for _ in range(3):
        assert not works(tokens, ANA)
    assert not tokens.whole
    (said,) = caplog.messages
    assert "token 2 (ben): access must be one of read, write, send, full" in said
    assert BEN not in said
    file.write_text(of_three())
    assert works(tokens, ANA)
    assert tokens.whole


def test_a_file_that_is_gone_lets_nobody_in_until_it_is_back(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens(file)
    away = file.rename(file.with_name("away"))
    assert not any(works(tokens, ANA) for _ in range(3))
    assert len(caplog.messages) == 1
    away.rename(file)
    assert works(tokens, ANA)


GOOD = f'name = "ana"\nhash = "{digest_of(ANA)}"\naccounts = ["*"]\naccess = "read"\n'
MALFORMED = {
    'token = "x"': "[[token]]",
    "[token]\n" + GOOD: "[[token]]",
    "token = [1]": "token 1: it must be a table",
    "[[tokens]]\n" + GOOD: "a key that is not [[token]]",
    "[[token]\n": "is not TOML (at line 1)",
    "[[token]]\n" + GOOD + 'more = "x"': "none of name, hash, accounts, access and expires",
    "[[token]]\n" + GOOD.replace("name", "#"): "token 1: name is missing",
    "[[token]]\n" + GOOD.replace('"ana"', f'"{ANA}"'): "token 1: name must be",
    "[[token]]\n" + GOOD.replace('"ana"', '"ana@example.com"'): "token 1: name must be",
    "[[token]]\n" + GOOD.replace('"ana"', "1"): "token 1: name must be",
    "[[token]]\n" + GOOD.replace(digest_of(ANA), ANA): "token 1 (ana): hash must be",
    "[[token]]\n" + GOOD.replace("sha256:", "sha1:"): "token 1 (ana): hash must be",
    "[[token]]\n" + GOOD.replace('["*"]', "[]"): "token 1 (ana): accounts must list",
    "[[token]]\n" + GOOD.replace('["*"]', '"*"'): "token 1 (ana): accounts must list",
    "[[token]]\n" + GOOD.replace('["*"]', '["Shop EU"]'): "token 1 (ana): accounts must list",
    "[[token]]\n" + GOOD.replace('accounts = ["*"]\n', ""): "token 1 (ana): accounts is missing",
    "[[token]]\n" + GOOD.replace('"read"', '"all"'): "token 1 (ana): access must be one of",
    "[[token]]\n"
    + GOOD
    + "expires = 2030-01-01T00:00:00": "token 1 (ana): expires must be a date and time with a zone",
    "[[token]]\n" + GOOD + "expires = 2030-01-01": "token 1 (ana): expires must be a date and time with a zone",
    "[[token]]\n" + GOOD + 'expires = "2030-01-01T00:00:00Z"': "token 1 (ana): expires must be",
    "[[token]]\n" + GOOD + "[[token]]\n" + GOOD: "token 2 has the same name",
    "[[token]]\n" + GOOD + "[[token]]\n" + GOOD.replace('"ana"', '"ben"'): "token 2 has the same hash",
}


@pytest.mark.parametrize(("text", "said"), MALFORMED.items())
def test_what_is_wrong_with_a_file_is_told_by_entry_and_field_and_without_values(text: str, said: str) -> None:
    with pytest.raises(TokensFileError) as refused:
        parsed(text.encode())
    assert said in refused.value.message
    assert ANA not in refused.value.message
    assert digest_of(ANA) not in refused.value.message
    assert "@" not in refused.value.message


@pytest.mark.parametrize("text", [b"", b"# nobody yet\n"])
def test_a_file_without_tokens_is_whole_and_lets_nobody_in(text: bytes) -> None:
    assert parsed(text) == ()


def test_a_file_that_is_missing_or_malformed_at_the_start_stops_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    with pytest.raises(ConfigurationError, match="CLEVERTAP_MCP_TOKENS_FILE cannot be read"):
        Tokens(missing)
    missing.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        Tokens(missing)


@pytest.mark.skipif(os.name == "nt", reason="files have other rights there")
@pytest.mark.parametrize(("rights", "told"), [(0o600, 0), (0o440, 0), (0o640, 0), (0o604, 1), (0o602, 1), (0o620, 1)])
def test_a_file_that_all_can_read_or_a_group_can_write_is_warned_of_once(
    file: Path, caplog: pytest.LogCaptureFixture, rights: int, told: int
) -> None:
    file.chmod(rights)
    with caplog.at_level(logging.WARNING):
        tokens = Tokens(file)
        for _ in range(3):
            works(tokens, ANA)
    assert len(caplog.messages) == told
    assert all("chmod 600" in message for message in caplog.messages)


@given(level=st.sampled_from(Access), accounts=st.frozensets(st.from_regex(r"[a-z0-9][a-z0-9-]{0,5}", fullmatch=True)))
def test_scopes_say_a_level_and_accounts_there_and_back(level: Access, accounts: frozenset[str]) -> None:
    scopes = scopes_of(level, accounts)
    assert level_in(scopes) is level
    assert accounts_in(scopes) == accounts
    assert accounts_in([*scopes, "clevertap:account:*"]) is None
    assert set(spelled_out([f"clevertap:{level}"])) == set(scopes_of(level, ()))


NOTHING = [
    "",
    "read",
    "clevertap",
    "clevertap:",
    "clevertap:READ",
    "Clevertap:read",
    "clevertap:read:x",
    "clevertap:admin",
]


@pytest.mark.parametrize("scope", [*NOTHING, " clevertap:full", "clevertap:account:full", "clevertap:account:*", "*"])
def test_a_scope_that_names_no_level_allows_nothing(scope: str) -> None:
    assert level_in([scope]) is None
    with pytest.raises(MCPError, match="allows nothing"):
        caller_of(AccessToken(token="-", client_id="ana", scopes=[scope]))


def test_a_token_without_accounts_opens_none() -> None:
    caller = caller_of(AccessToken(token="-", client_id="ana", scopes=["clevertap:read", "clevertap:account:"]))
    assert not caller.may_use("shop-eu")
    assert caller.accounts == frozenset({""})


part = st.one_of(
    st.none(), st.text(min_size=1, max_size=6), st.sampled_from(["-", "a", "a/b", "b", "ana@example.com", "~"])
)
principal = st.tuples(part, st.sampled_from([None, "https://a.example", "https://a.example/b"]), part)


@given(one=principal, other=principal)
def test_no_two_principals_have_the_same_name_and_none_is_an_address(
    one: tuple[str | None, str | None, str | None], other: tuple[str | None, str | None, str | None]
) -> None:
    def name(client: str | None, issuer: str | None, subject: str | None) -> str:
        claims = {"iss": issuer} if issuer else None
        return name_of(AccessToken(token="-", client_id=client or "", scopes=[], subject=subject, claims=claims))

    def same(a: tuple[str | None, str | None, str | None], b: tuple[str | None, str | None, str | None]) -> bool:
        return a == b

    assert (name(*one) == name(*other)) == same(one, other)
    assert "@" not in name(*one)
