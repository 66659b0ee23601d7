"""Tokens of an authorization server: only those that it signed, for this server and for now, get anybody in."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clevertap_mcp.auth.issuer import IssuerError, fetched, key_source
from clevertap_mcp.auth.jwt import SKEW, Claims, Jwts
from clevertap_mcp.auth.key import ALGORITHMS, usable_keys
from clevertap_mcp.auth.keys import FRESH, PAUSE, USABLE, Keys
from clevertap_mcp.auth.refused import UnfitTokenError
from clevertap_mcp.network import Issuer
from entering import Door, door
from issuing import AUDIENCE, AuthorizationServer, PrivateKey, encoded, issuing, new_key, public_jwk

pytestmark = pytest.mark.anyio

OTHER_KEY = new_key()
WRITING = "clevertap_upload_events"
ERASING = "clevertap_delete_user_profile"


@pytest.fixture
def issuer() -> Iterator[AuthorizationServer]:
    with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def steady() -> Iterator[AuthorizationServer]:
    """An issuer that no test changes."""
    with issuing() as issuer:
        yield issuer


@pytest.fixture
async def at(issuer: AuthorizationServer) -> AsyncIterator[Door]:
    """A server that takes the issuer's tokens."""
    async with entered(issuer) as at:
        yield at


@asynccontextmanager
async def entered(issuer: AuthorizationServer, **more: str) -> AsyncIterator[Door]:
    async with door(CLEVERTAP_MCP_OAUTH_ISSUER=issuer.url, CLEVERTAP_MCP_URL=AUDIENCE, **more) as at:
        yield at


class Clock:
    """A clock that is set by hand; it starts at some hour of some day."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


def known(issuer: AuthorizationServer, clock: Callable[[], float]) -> tuple[Jwts, Keys]:
    """Who reads the issuer's tokens, by a clock of ours."""
    settings = Issuer(issuer.url, AUDIENCE)
    keys = Keys(key_source(settings), clock)
    return Jwts(settings, keys, clock), keys


async def taken(jwts: Jwts, token: str) -> bool:
    """Whether a token is taken."""
    try:
        return isinstance(await jwts.claims(token), Claims)
    except UnfitTokenError:
        return False


async def test_a_good_token_gets_in_and_sees_what_its_scopes_allow(issuer: AuthorizationServer, at: Door) -> None:
    reading = await at.tools(issuer.token())
    writing = await at.tools(issuer.token(scope=None, scp=["openid", "clevertap:write", "clevertap:account:*"]))
    full = await at.tools(issuer.token(scope=None, scp="clevertap:full"))
    assert reading < writing < full
    assert WRITING in writing - reading
    assert ERASING in full - writing


async def test_a_token_without_a_level_is_known_and_may_do_nothing(issuer: AuthorizationServer, at: Door) -> None:
    for scope in (None, "", "openid profile", "clevertap:account:*", "clevertap:READ", "clevertap:readonly"):
        answer = await at.list(issuer.token(scope=scope))
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_a_token_without_an_account_is_told_which_kind_of_scope_it_lacks_and_where_to_get_one(
    issuer: AuthorizationServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "accounts.toml"
    file.touch(0o600)
    file.write_text('[accounts.shop-eu]\naccount_id = "A"\npasscode = "P"\nregion = "eu1"\n')
    async with entered(issuer, CLEVERTAP_ACCOUNTS_FILE=str(file)) as at:
        refused = await at.list(issuer.token(scope='clevertap:write clevertap:x"\r\n clevertap:account:shop-in'))
        assert await at.status(issuer.token(scope="clevertap:read clevertap:account:shop-eu")) == 200
        assert await at.status(issuer.token(scope="clevertap:read clevertap:account:*")) == 200
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="clevertap:read clevertap:write clevertap:account:*", '
        'error_description="This token opens no account here: it has no scope such as clevertap:account:NAME.", '
        'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'
    )
    assert f"{issuer.url}/desk/ana was refused." in caplog.text


LONG_AGO, FAR_AHEAD = 1_000_000_000, 4_000_000_000
"""In 2001 and in 2096."""
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"aud": None},
    {"aud": "https://other.example.com/mcp"},
    {"aud": ["https://other.example.com/mcp"]},
    {"aud": []},
    {"aud": f"{AUDIENCE}/"},
    {"aud": AUDIENCE.upper()},
    {"aud": [AUDIENCE, 1]},
    {"aud": {AUDIENCE: 1}},
    {"iss": None},
    {"iss": "https://other.example.com"},
    {"iss": ["https://other.example.com"]},
    {"exp": None},
    {"exp": "2030"},
    {"exp": True},
    {"exp": float("inf")},
    {"exp": float("nan")},
    {"exp": LONG_AGO},
    {"exp": 0},
    {"nbf": FAR_AHEAD},
    {"nbf": "now"},
    {"iat": FAR_AHEAD},
    {"sub": None, "client_id": None},
    {"sub": 7},
    {"sub": ""},
    {"client_id": ["desk"]},
    {"scope": ["clevertap:read"]},
    {"scp": {"clevertap:read": 1}},
    {"cnf": {"jkt": "a thumbprint"}},
]


@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=str)
async def test_a_token_with_a_wrong_or_missing_claim_gets_nobody_in(
    steady: AuthorizationServer, claims: dict[str, Any]
) -> None:
    jwts, _ = known(steady, time.time)
    assert await taken(jwts, signed(steady, {}, {}))
    assert not await taken(jwts, signed(steady, {}, claims))


def signed(issuer: AuthorizationServer, head: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that says what no library would sign: it is made by hand."""
    body = {name: value for name, value in {**issuer.claims(), **claims}.items() if value is not None}
    text = f"{encoded({'alg': 'ES256', 'kid': 'k1', **head})}.{encoded(body)}"
    return f"{text}.{encoded(jwt.get_algorithm_by_name('ES256').sign(text.encode(), issuer.key))}"


async def test_a_token_with_the_audience_among_others_gets_in(issuer: AuthorizationServer, at: Door) -> None:
    assert await at.status(issuer.token(aud=["https://other.example.com", AUDIENCE])) == 200
    assert await at.status(issuer.token(sub=None)) == 200
    assert await at.status(issuer.token(client_id=None)) == 200


async def test_an_audience_of_its_own_is_the_only_one(issuer: AuthorizationServer) -> None:
    async with entered(issuer, CLEVERTAP_MCP_OAUTH_AUDIENCE="api://clevertap") as at:
        assert await at.status(issuer.token(aud="api://clevertap")) == 200
        assert await at.status(issuer.token(aud=AUDIENCE)) == 401


def none_signed(issuer: AuthorizationServer, algorithm: str) -> str:
    """A token that is signed with nothing."""
    return f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'k1'})}.{encoded(issuer.claims())}."


def secretly_signed(issuer: AuthorizationServer, secret: bytes, algorithm: str = "HS256") -> str:
    """A token that is signed with the public key, as if it were a shared secret."""
    text = f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'k1'})}.{encoded(issuer.claims())}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


async def test_a_token_that_nobody_signed_gets_nobody_in(issuer: AuthorizationServer, at: Door) -> None:
    signature = issuer.token().split(".")[2]
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        token = none_signed(issuer, algorithm)
        assert await at.status(token) == 401
        assert await at.status(f"{token}{signature}") == 401


async def test_a_public_key_is_no_secret_to_sign_with(issuer: AuthorizationServer, at: Door) -> None:
    public = issuer.key.public_key()
    secrets = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(issuer.published[0]).encode(),
        b"",
    ]
    for secret in secrets:
        for algorithm in ("HS256", "HS384", "HS512", "hs256"):
            assert await at.status(secretly_signed(issuer, secret, algorithm)) == 401


async def test_a_token_that_was_changed_or_signed_by_another_gets_nobody_in(
    issuer: AuthorizationServer, at: Door
) -> None:
    head, body, signature = issuer.token().split(".")
    more = encoded(issuer.claims(scope="clevertap:full"))
    for token in (
        f"{head}.{more}.{signature}",
        f"{encoded({'alg': 'ES256', 'kid': 'k1', 'x': 1})}.{body}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
        issuer.token(OTHER_KEY),
    ):
        assert await at.status(token) == 401


async def test_keys_and_addresses_in_a_token_are_not_looked_at(issuer: AuthorizationServer, at: Door) -> None:
    with issuing() as stranger:
        own: list[dict[str, Any]] = [
            {"jwk": public_jwk(OTHER_KEY)},
            {"jku": f"{stranger.base}/keys"},
            {"x5u": f"{stranger.base}/keys"},
            {"x5c": ["MIIB"]},
            {"kid": f"{stranger.base}/keys"},
            {"kid": "../../etc/passwd"},
        ]
        for head in own:
            assert await at.status(issuer.token(OTHER_KEY, head=head)) == 401
        assert stranger.asked == []
        assert await at.status(issuer.token(head={"jku": f"{stranger.base}/keys"})) == 200
        assert stranger.asked == []


@pytest.mark.parametrize(
    "head",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"kid": 1},
        {"kid": None},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": 1},
    ],
    ids=str,
)
async def test_a_head_that_asks_for_more_than_is_understood_gets_nobody_in(
    steady: AuthorizationServer, head: dict[str, Any]
) -> None:
    jwts, _ = known(steady, time.time)
    assert not await taken(jwts, signed(steady, head, {}))


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+jwt"])
async def test_an_access_token_may_say_that_it_is_one(steady: AuthorizationServer, kind: str) -> None:
    jwts, _ = known(steady, time.time)
    assert await taken(jwts, signed(steady, {"typ": kind}, {}))


async def test_what_is_no_token_gets_nobody_in(at: Door) -> None:
    for text in ("", ".", "..", "a.b.c", "ä.ö.ü", "x" * 9_000, "e30.e30.e30", "[" * 5_000):
        headers = {b"Authorization": f"Bearer {text}".encode()}
        assert (await at.http.post("/mcp", headers=headers, json={})).status_code == 401


async def test_a_good_token_that_is_too_long_gets_nobody_in(issuer: AuthorizationServer, at: Door) -> None:
    assert await at.status(issuer.token(more="x" * 4_000)) == 200
    assert await at.status(issuer.token(more="x" * 8_000)) == 401


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_each_algorithm_is_taken_with_its_own_type_of_key_only(
    issuer: AuthorizationServer, algorithm: str
) -> None:
    key = new_key(algorithm)
    issuer.published = [public_jwk(key, algorithm, kid="k1", alg=None)]
    jwts, _ = known(issuer, clock := Clock())
    assert await taken(jwts, issuer.token(key, algorithm, exp=clock.now + 60))
    other = new_key("ES384" if algorithm == "ES256" else "ES256")
    wrong = "ES384" if algorithm == "ES256" else "ES256"
    assert not await taken(jwts, issuer.token(other, wrong, exp=clock.now + 60))


async def test_a_key_that_names_its_algorithm_is_used_with_no_other(issuer: AuthorizationServer) -> None:
    key = new_key("RS256")
    issuer.published = [public_jwk(key, "RS256", kid="k1", alg="PS256")]
    jwts, _ = known(issuer, clock := Clock())
    assert not await taken(jwts, issuer.token(key, "RS256", exp=clock.now + 60))
    assert await taken(jwts, issuer.token(key, "PS256", exp=clock.now + 60))


UNFIT_KEYS: list[object] = [
    {"kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "HS256"},
    {"kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "ES256"},
    {**public_jwk(OTHER_KEY, kid="k1"), "d": "c2VjcmV0"},
    public_jwk(OTHER_KEY, kid="k1", use="enc"),
    public_jwk(OTHER_KEY, kid="k1", key_ops=["encrypt"]),
    public_jwk(OTHER_KEY, kid="k1", key_ops="verify"),
    public_jwk(OTHER_KEY, kid="k1", alg="HS256"),
    public_jwk(OTHER_KEY, kid="k1", alg=["ES256"]),
    public_jwk(OTHER_KEY, kid="k1", crv="P-384"),
    public_jwk(OTHER_KEY, kid="k1", crv="secp256k1"),
    public_jwk(OTHER_KEY, kid="k1", crv=["P-256"]),
    public_jwk(OTHER_KEY, kid="k1", kty=["EC"]),
    public_jwk(OTHER_KEY, kid="k1", x=7),
    public_jwk(OTHER_KEY, kid="k1", x="A" * 43),
    public_jwk(OTHER_KEY, kid="k1", y=None),
    public_jwk(rsa.generate_private_key(65537, 1024), "RS256", kid="k1"),  # noqa: S505 - that is what it is about
    {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "k1"},
    {"kty": "RSA", "n": "", "e": "", "kid": "k1"},
    {"kty": "OKP", "crv": "Ed448", "x": "A" * 76, "kid": "k1"},
    {},
    None,
    "key",
    [],
]


@pytest.mark.parametrize("entry", UNFIT_KEYS, ids=range(len(UNFIT_KEYS)))
async def test_keys_that_are_secret_weak_or_for_something_else_are_passed_over(entry: object) -> None:
    assert [key.kid for key in usable_keys([entry, public_jwk(OTHER_KEY, kid="k2")])] == ["k2"]


async def test_a_token_that_names_no_key_is_tried_with_every_key_that_fits_and_with_no_other(
    issuer: AuthorizationServer,
) -> None:
    third = new_key("RS256")
    issuer.published = [
        public_jwk(issuer.key, kid="k1"),
        public_jwk(OTHER_KEY, kid="k2"),
        public_jwk(third, "RS256", kid="k3", alg="PS256"),
    ]
    jwts, _ = known(issuer, clock := Clock())
    ends = clock.now + 100_000
    assert await taken(jwts, nameless(issuer, issuer.key, exp=ends))
    assert await taken(jwts, nameless(issuer, OTHER_KEY, exp=ends))
    assert not await taken(jwts, nameless(issuer, new_key(), exp=ends))
    assert not await taken(jwts, nameless(issuer, third, "RS256", exp=ends))
    assert await taken(jwts, nameless(issuer, third, "PS256", exp=ends))


async def test_a_token_that_names_a_key_is_tried_with_no_other(issuer: AuthorizationServer) -> None:
    issuer.published.append(public_jwk(OTHER_KEY, kid="k2"))
    jwts, _ = known(issuer, clock := Clock())
    ends = clock.now + 100_000
    assert await taken(jwts, issuer.token(OTHER_KEY, head={"kid": "k2"}, exp=ends))
    assert not await taken(jwts, issuer.token(OTHER_KEY, head={"kid": "k1"}, exp=ends))


def nameless(issuer: AuthorizationServer, key: PrivateKey, algorithm: str = "ES256", **more: Any) -> str:
    """A token that does not say which key has signed it."""
    return jwt.encode(issuer.claims(**more), key, algorithm)


@pytest.mark.parametrize("kid", [None, "always"])
async def test_keys_without_names_and_keys_that_keep_a_name_are_renewed_for_a_token_that_none_has_signed(
    issuer: AuthorizationServer, kid: str | None
) -> None:
    def token(key: PrivateKey) -> str:
        claims = issuer.claims(exp=clock.now + 100_000)
        return jwt.encode(claims, key, "ES256", {"kid": kid} if kid else None)

    issuer.published = [public_jwk(issuer.key, kid=kid)]
    jwts, _ = known(issuer, clock := Clock())
    assert await taken(jwts, token(issuer.key))
    issuer.published = [public_jwk(OTHER_KEY, kid=kid)]
    clock.now += PAUSE
    assert await taken(jwts, token(OTHER_KEY))
    assert not await taken(jwts, token(issuer.key))
    assert issuer.asked.count("/keys") == 2


@pytest.mark.parametrize(
    ("claim", "offset", "good"),
    [
        ("exp", 1 - SKEW, True),
        ("exp", -SKEW, False),
        ("nbf", SKEW, True),
        ("nbf", SKEW + 1, False),
        ("iat", SKEW, True),
        ("iat", SKEW + 1, False),
    ],
)
async def test_clocks_may_differ_by_a_minute_and_no_more(
    issuer: AuthorizationServer, claim: str, offset: float, good: bool
) -> None:
    jwts, _ = known(issuer, clock := Clock())
    claims: dict[str, Any] = {"exp": clock.now + 600, claim: clock.now + offset}
    assert await taken(jwts, issuer.token(**claims)) is good


async def test_a_token_that_ended_within_the_skew_gets_in_at_the_door_too(
    issuer: AuthorizationServer, at: Door
) -> None:
    assert await at.status(issuer.token(exp=int(time.time()) - 5)) == 200


async def test_a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_is_forgotten(
    issuer: AuthorizationServer,
) -> None:
    jwts, _ = known(issuer, clock := Clock())
    ends = clock.now + 100_000
    old, new = issuer.token(exp=ends), issuer.token(OTHER_KEY, head={"kid": "k2"}, exp=ends)
    assert await taken(jwts, old)
    issuer.published = [public_jwk(OTHER_KEY, kid="k2")]
    assert not await taken(jwts, new)  # asked just now
    clock.now += PAUSE
    assert await taken(jwts, new)
    assert not await taken(jwts, old)
    assert issuer.asked.count("/keys") == 2


async def test_keys_are_kept_for_ten_minutes_and_forgotten_when_the_issuer_takes_them_back(
    issuer: AuthorizationServer,
) -> None:
    jwts, _ = known(issuer, clock := Clock())
    token = issuer.token(exp=clock.now + 100_000)
    for _ in range(5):
        assert await taken(jwts, token)
        clock.now += FRESH / 5 - 1
    assert issuer.asked.count("/keys") == 1
    issuer.published = []
    clock.now += FRESH / 5
    assert not await taken(jwts, token)


@pytest.mark.parametrize("heads", [{"kid": "x{}"}, {"kid": "k1"}, {}], ids=["unknown", "known", "none"])
async def test_a_flood_of_tokens_that_no_key_has_signed_is_no_flood_at_the_issuer(
    issuer: AuthorizationServer, heads: dict[str, str]
) -> None:
    jwts, _ = known(issuer, clock := Clock())
    good = issuer.token(exp=clock.now + 1_000)

    async def flood(number: int) -> None:
        head = {name: value.format(number) for name, value in heads.items()}
        assert not await taken(jwts, jwt.encode(issuer.claims(exp=clock.now + 1_000), OTHER_KEY, "ES256", head))

    for seconds in range(0, 60, 10):
        clock.now += 10
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(flood, seconds + number)
        assert await taken(jwts, good)
    assert issuer.asked.count("/keys") == 2


async def test_many_callers_at_once_fetch_the_keys_once(issuer: AuthorizationServer) -> None:
    jwts, _ = known(issuer, clock := Clock())
    token, good = issuer.token(exp=clock.now + 60), list[bool]()

    async def call() -> None:
        good.append(await taken(jwts, token))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
    assert good == [True] * 20
    assert issuer.asked.count("/keys") == 1


async def test_known_keys_outlast_an_issuer_that_is_down_for_an_hour_and_no_longer(
    issuer: AuthorizationServer, caplog: pytest.LogCaptureFixture
) -> None:
    jwts, _ = known(issuer, clock := Clock())
    token = issuer.token(exp=clock.now + 100_000)
    assert await taken(jwts, token)
    issuer.status = 500
    clock.now += USABLE - 1
    assert await taken(jwts, token)
    assert "those fetched before are used for now" in caplog.messages[-1]
    clock.now += 1
    assert not await taken(jwts, token)
    clock.now += PAUSE
    assert not await taken(jwts, token)
    assert "nobody with its tokens gets in" in caplog.messages[-1]
    issuer.status = 200
    assert not await taken(jwts, token)  # asked just now
    clock.now += PAUSE
    assert await taken(jwts, token)


async def test_whoever_hangs_up_in_the_middle_of_a_fetch_keeps_nobody_else_out(issuer: AuthorizationServer) -> None:
    begun = anyio.Event()
    settings, answers = Issuer(issuer.url, AUDIENCE, f"{issuer.base}/keys"), [True]

    async def slow_first(url: str) -> bytes:
        if answers.pop() if answers else False:
            begun.set()
            await anyio.sleep_forever()
        return await fetched(url)

    jwts = Jwts(settings, Keys(key_source(settings, slow_first), clock := Clock()), clock)
    token = issuer.token(exp=clock.now + 60)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(taken, jwts, token)
        await begun.wait()
        tasks.cancel_scope.cancel()
    assert await taken(jwts, token)


async def test_while_old_keys_are_renewed_their_tokens_are_not_kept_waiting(issuer: AuthorizationServer) -> None:
    settings, clock = Issuer(issuer.url, AUDIENCE, f"{issuer.base}/keys"), Clock()
    hanging, begun = list[bool](), anyio.Event()

    async def fetch(url: str) -> bytes:
        if hanging:
            begun.set()
            await anyio.sleep_forever()
        return await fetched(url)

    jwts = Jwts(settings, Keys(key_source(settings, fetch), clock), clock)
    token = issuer.token(exp=clock.now + 100_000)
    assert await taken(jwts, token)
    clock.now += FRESH
    hanging.append(True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(taken, jwts, token)
        await begun.wait()
        with anyio.fail_after(5):
            assert await taken(jwts, token)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("path", "well_known"),
    [
        ("", "/.well-known/oauth-authorization-server{path}"),
        ("/realms/one", "/.well-known/oauth-authorization-server{path}"),
        ("", "{path}/.well-known/openid-configuration"),
        ("/realms/one", "{path}/.well-known/openid-configuration"),
    ],
)
async def test_keys_are_found_by_the_metadata_of_the_issuer(path: str, well_known: str) -> None:
    with issuing(AuthorizationServer(path=path, well_known=well_known)) as issuer:
        async with entered(issuer) as at:
            assert await at.status(issuer.token()) == 200
        assert issuer.asked[-1] == "/keys"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example.com"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://keys.example.com/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"jwks_uri": "https://user:pass@keys.example.com/"},
    ],
    ids=str,
)
async def test_metadata_of_another_issuer_or_with_an_unsafe_address_of_keys_are_not_followed(
    metadata: dict[str, Any],
) -> None:
    issuer, asked = "https://auth.example.com", list[str]()

    async def answered(url: str) -> bytes:
        asked.append(url)
        return json.dumps({"issuer": issuer, "jwks_uri": f"{issuer}/keys", "keys": [], **metadata}).encode()

    with pytest.raises(IssuerError, match="its metadata name"):
        await key_source(Issuer(issuer, AUDIENCE), answered)()
    well_known = f"{issuer}/.well-known"
    assert asked == [f"{well_known}/oauth-authorization-server", f"{well_known}/openid-configuration"]


async def test_an_address_of_keys_in_the_settings_makes_metadata_needless(issuer: AuthorizationServer) -> None:
    async with entered(issuer, CLEVERTAP_MCP_OAUTH_JWKS_URL=f"{issuer.base}/keys") as at:
        assert await at.status(issuer.token()) == 200
    assert issuer.asked == ["/keys"]


ODD_DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "no JSON": lambda: b"<html>",
    "no object": lambda: b"[]",
    "no list": lambda: b'{"keys": {}}',
    "no keys": lambda: b"{}",
    "too deep": lambda: b"[" * 100_000,
    "no UTF-8": lambda: b"\xff\xfe\xff",
}


@pytest.mark.parametrize("document", ODD_DOCUMENTS)
async def test_an_odd_key_set_is_a_failure_and_no_crash(document: str) -> None:
    async def answered(url: str) -> bytes:
        return ODD_DOCUMENTS[document]()

    with pytest.raises(IssuerError):
        await key_source(Issuer("https://a.example", AUDIENCE, "https://a.example/keys"), answered)()


async def test_an_answer_that_is_too_large_or_points_elsewhere_is_a_failure(issuer: AuthorizationServer) -> None:
    issuer.published = [{"x": "x" * 1024 * 1024}]
    with pytest.raises(IssuerError, match="larger than"):
        await fetched(f"{issuer.base}/keys")
    issuer.status, issuer.published = 302, []
    with pytest.raises(IssuerError, match="status 302"):
        await fetched(f"{issuer.base}/keys")
    with pytest.raises(IssuerError, match="does not answer"):
        await fetched("http://127.0.0.1:1/keys")


async def test_a_session_is_there_for_no_other_person_client_or_issuer(issuer: AuthorizationServer, at: Door) -> None:
    session = await at.session(issuer.token())
    assert await at.status_in(session, issuer.token()) == 200
    assert await at.status_in(session, issuer.token(sub="ben")) == 404
    assert await at.status_in(session, issuer.token(client_id="other")) == 404
    assert await at.status_in(session, issuer.token(client_id=None)) == 404
    assert await at.status_in(session, issuer.token(sub=None)) == 404
    assert await at.status_in(session, issuer.token(scope=None)) == 403
    nameless = await at.session(issuer.token(client_id=None))
    assert await at.status_in(nameless, issuer.token(client_id="ana")) == 404


async def test_clients_are_told_where_to_get_a_token_and_what_for(issuer: AuthorizationServer, at: Door) -> None:
    refused = await at.list(None)
    path = "/.well-known/oauth-protected-resource/mcp"
    told = await at.http.get(path, headers={"Origin": "http://127.0.0.1:9"})
    assert refused.status_code == 401
    assert f'resource_metadata="{AUDIENCE.removesuffix("/mcp")}{path}"' in refused.headers["www-authenticate"]
    assert told.json() == {
        "resource": AUDIENCE,
        "authorization_servers": [issuer.url],
        "scopes_supported": ["clevertap:read", "clevertap:write", "clevertap:send", "clevertap:full"],
        "bearer_methods_supported": ["header"],
        "resource_name": "CleverTap",
    }
    assert "access-control-allow-origin" not in told.headers
    assert (await at.http.options(path)).status_code == 405
