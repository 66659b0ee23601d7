from __future__ import annotations

import pytest
from pydantic import SecretStr

from clevertap_tools.account import HOSTS, Account, checked_base_url, region_url


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("in1", "in1.api.clevertap.com"),
        ("sg1", "sg1.api.clevertap.com"),
        ("us1", "us1.api.clevertap.com"),
        ("aps3", "aps3.api.clevertap.com"),
        ("mec1", "mec1.api.clevertap.com"),
        ("eu1", "api.clevertap.com"),
        ("sk1", "sk1.api.clevertap.com"),
    ],
)
def test_each_region_has_its_host_and_is_known_again_by_it(region: str, host: str) -> None:
    assert region_url(region) == f"https://{host}"
    assert Account("id", SecretStr("passcode"), region_url(region)).region == region


def test_the_legacy_region_is_never_suggested() -> None:
    assert "sk1" not in HOSTS
    with pytest.raises(ValueError, match=r"in1, sg1, us1, aps3, mec1, eu1$"):
        region_url("nowhere")


def test_an_account_lives_in_europe_unless_told_otherwise() -> None:
    account = Account("id", SecretStr("passcode"))
    assert account.base_url == "https://api.clevertap.com"
    assert account.region == "eu1"


def test_a_base_url_of_ones_own_belongs_to_no_region() -> None:
    assert Account("id", SecretStr("passcode"), "https://proxy.example.org").region is None


def test_neither_passcode_nor_token_is_ever_printed() -> None:
    printed = repr(Account("the-id", SecretStr("s3cret"), token=SecretStr("t0ken")))
    assert "the-id" in printed
    assert "s3cret" not in printed
    assert "t0ken" not in printed


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://proxy.example.org", "https://proxy.example.org"),
        ("https://proxy.example.org/", "https://proxy.example.org"),
        ("https://proxy.example.org:8443", "https://proxy.example.org:8443"),
        ("https://under_score.internal", "https://under_score.internal"),
        ("http://127.0.0.1:8100/", "http://127.0.0.1:8100"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8100", "http://[::1]:8100"),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:80", "http://LOCALHOST:80"),
    ],
)
def test_a_base_url_is_an_https_host_or_this_machine(url: str, checked: str) -> None:
    assert checked_base_url(url) == checked


@pytest.mark.parametrize(
    "url",
    [
        "http://api.clevertap.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://[::ffff:10.0.0.1]",
    ],
)
def test_plain_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="plain http only on loopback"):
        checked_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.clevertap.com",
        "//api.clevertap.com",
        "https://",
        "https:///path",
        "ftp://host",
        "file:///etc/passwd",
        "https://user@host",
        "https://user:password@host",
        "https://@host",
        "https://:@host",
        "https://host/1/upload",
        "https://host//",
        "https://host?",
        "https://host?a=b",
        "https://host#",
        "https://host#a",
        "https://host/?",
        "https://ho st",
        " https://host",
        "https://host ",
        "https://host\n",
        "https://host\t",
        "https://ho\x00st",
        "https://host\x7f",
        "https://host\u200b",
        "https://host\\@other",
        "https://1.2.3.999",
        "https://127.1",
        "https://ho%20st",
        "https://<host>",
        "https://host:65536",
        "https://host:port",
        "https://[",
        "https://[host]",
    ],
)
def test_what_is_more_or_less_than_scheme_and_host_is_no_base_url(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked_base_url(url)
