"""The keys of personal data are known in many languages, and those of figures and things are not taken for them."""

from __future__ import annotations

import pytest

from clevertap_mcp.privacy.kinds import Kind, kind_of, still_people
from personal_corpus import EMAIL_KEYS, ID_KEYS, NAME_KEYS, PHONE_KEYS

EMAIL = ("email", "Email", "e-mail", "userEmail", "Email ID", "verified_email", "correo electrónico", "почта", "メール")
PHONE = ("phone", "Phone 2", "mobileNo", "WhatsApp Number", "Telefonnummer", "Handy", "ਫੋਨ phone", "휴대폰", "téléphone")
IDENTITY = (
    "identity",
    "Identity",
    "all_identities",
    "objectId",
    "ct_object_id",
    "guid",
    "FBID",
    "GPID",
    "GAID",
    "IDFV",
)
TOKEN = ("push_token", "pushToken", "fcm", "APNS", "Registration Id", "tokenData", "device token")
PLACE = ("lat", "Latitude", "lng", "lon", "home_lat", "longitude", "geo", "coordinates", "Широта", "Breitengrad")
NAME = (
    "first_name",
    "lastName",
    "FULL NAME",
    "nickName",
    "username",
    "account_holder_name",
    "Store Manager Name",
    "Vorname",
    "prénom",
    "nombre de usuario",
    "имя клиента",
    "पहला नाम",
    "اسم العميل",
    "姓名",
)
BARE_NAME = ("name", "Name", "Nombre", "Nom", "Имя", "नाम", "الاسم", "이름", "ชื่อ")
ORDINARY = (
    "email_status",
    "emailSubscribed",
    "emailstatus",
    "Email Count",
    "has_email",
    "MSG-email",
    "MSG-dndPhone",
    "phone_model",
    "phone_os",
    "has_token",
    "event_name",
    "evtName",
    "eventname",
    "Product Name",
    "nombre del producto",
    "название товара",
    "campaign name",
    "hostname",
    "os_version",
    "platform",
    "make",
    "model",
    "Plan",
    "Amount",
    "ts",
    "ls",
    "df",
    "id",
    "Order Id",
    "utm_medium",
    "count",
    "last_seen",
    "Translation",
    "latest",
    "",
    "_",
    "x" * 500,
)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (Kind.EMAIL, EMAIL + EMAIL_KEYS),
        (Kind.PHONE, PHONE + PHONE_KEYS),
        (Kind.IDENTITY, IDENTITY + ID_KEYS[:3]),
        (Kind.TOKEN, TOKEN),
        (Kind.PLACE, PLACE),
        (Kind.NAME, NAME),
        (Kind.BARE_NAME, BARE_NAME),
        (None, ORDINARY),
    ],
)
def test_a_key_is_known_by_its_words(kind: Kind | None, keys: tuple[str, ...]) -> None:
    assert {key: kind_of(key) for key in keys} == dict.fromkeys(keys, kind)


def test_every_key_of_the_corpus_is_personal() -> None:
    assert all(kind_of(key) for key in NAME_KEYS + EMAIL_KEYS + PHONE_KEYS + ID_KEYS)


@pytest.mark.parametrize(
    ("key", "around", "within"),
    [
        ("Items", True, False),
        ("product", True, False),
        ("lineItems", True, False),
        ("customer", False, True),
        ("profileData", False, True),
        ("evtData", False, True),
        ("anything", True, True),
        ("anything", False, False),
        ("list", True, True),
        ("", True, True),
    ],
)
def test_what_a_key_holds_is_about_people_or_about_things(key: str, around: bool, within: bool) -> None:
    assert still_people(key, people=around) is within
