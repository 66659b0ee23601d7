"""Personal data of made-up people in four scripts, and records that hold it in every place where it may stand."""

# ruff: noqa: RUF001 - names and numbers of many scripts

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Somebody:
    """One made-up person."""

    identity: str
    name: str
    email: str
    phone: str
    """International, as it is written in the person's country."""
    national: str
    object_id: str
    token: str
    device: str
    latitude: float
    longitude: float

    @property
    def values(self) -> list[str]:
        """Everything about them that nobody may see."""
        place = [str(self.latitude), str(self.longitude)]
        words = [word for word in self.name.split() if len(word) > 2]
        ids = [self.identity, self.object_id, self.token, self.device]
        numbers = [self.phone, digits(self.phone), self.national, digits(self.national)]
        return [self.name, *words, self.email, *numbers, *ids, *place]


def digits(text: str) -> str:
    """The digits of a text, in the text's own script."""
    return "".join(filter(str.isdecimal, text))


NAMES_AND_PHONES = (
    ("Mira Solano", "mira.solano@example.org", "+34 911 222 333", "911 222 333"),
    ("Zoë Käßbohrer", "zoë+käse@müller.example", "+49 (0)30 9018-2049", "030 9018-2049"),
    ("Aditya Kulkarni", "Aditya_K@example.co.in", "+91-98200-11223", "098200 11223"),
    ("मीरा देशपांडे", "मीरा@उदाहरण.भारत", "+91 98200 44556", "९८२००४४५५६"),
    ("राहुल वर्मा", "rahul@उदाहरण.भारत", "0091 98200 77889", "०९८२०० ७७८८९"),
    ("ليلى الحسن", "ليلى@مثال.السعودية", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "٠٥٠ ١٢٣ ٤٥٦٧"),
    ("عمر خالد", "omar@example.ae", "+971 4 123 4567", "04 123 4567"),
    ("Марина Соколова", "марина@пример.рф", "+7 (495) 123-45-67", "8 (495) 123-45-67"),
    ("Олена Шевченко", "olena@приклад.укр", "+380 44 123 45 67", "044 123 45 67"),
    ("Chloé Lefèvre", "chloe@exemple.example", "+33 6 12 34 56 78", "06 12 34 56 78"),
    ("João Conceição", "joao@exemplo.example.br", "+55 11 91234-5678", "(11) 91234-5678"),
    ("Giulia Esposito", "giulia%40@example.it", "+39 06 6982 1234", "06 6982 1234"),
    ("Sanne Bakker", "sanne@example.nl", "+31 20 123 4567", "020-1234567"),
    ("Ayşe Yıldız", "ayşe@örnek.example", "+90 212 123 45 67", "0212 123 45 67"),
    ("Łukasz Wiśniewski", "lukasz@example.pl", "+48 22 123 45 67", "22 123 45 67"),
    ("Putri Wulandari", "putri@contoh.example.id", "+62 812-3456-7890", "0812-3456-7890"),
    ("Nguyễn Thu Trang", "trang@example.vn", "+84 24 1234 5678", "024 1234 5678"),
    ("王小明", "xiaoming@example.cn", "+86 138 0013 8000", "138 0013 8000"),
    ("さくら", "sakura@例え.テスト", "＋81 3-1234-5678", "03-1234-5678"),
    ("Grace Whitfield", "grace@example.com", "+1 (415) 555-0132", "(415) 555-0132"),
    ("Siân Llewellyn", "sian@example.co.uk", "+44 20 7946 0958", "020 7946 0958"),
    ("Temitope Adeyemi", "temi@example.com.ng", "+234 803 123 4567", "0803 123 4567"),
    ("Lerato Dlamini", "lerato@example.co.za", "011 27 82 123 4567 +27 82 123 4567", "082 123 4567"),
)
COUNTRIES = len(NAMES_AND_PHONES)


def somebody(number: int) -> Somebody:
    """The person of that number."""
    name, email, phone, national = NAMES_AND_PHONES[number]
    return Somebody(
        identity=f"cust-{90_417 + number}",
        name=name,
        email=email,
        phone=phone,
        national=national,
        object_id=("__", "-", "~", "")[number % 4] + f"{0xF00DBABE1234 + number:x}" * 3,
        token=f"fcmtok{number}:APA91b{'Qx7_k-' * 8}{number}",
        device=f"3f2504e0-4f89-41d3-9a0c-0305e82c{number:04x}",
        latitude=round(40.416_812 + number, 6),
        longitude=round(-3.703_814 - number, 6),
    )


PEOPLE = tuple(somebody(number) for number in range(COUNTRIES))
CORPUS = tuple(value for person in PEOPLE for value in person.values)
"""Everything that nobody may see, as it is written."""

NAME_KEYS = ("Nickname", "नाम", "الاسم", "Имя", "Prénom", "Nachname", "Mother's Name", "姓名")
EMAIL_KEYS = ("Work Email", "ईमेल", "البريد الإلكتروني", "Электронная почта", "E-Mail-Adresse", "correo_electrónico")
PHONE_KEYS = ("Mobile No", "मोबाइल नंबर", "رقم الهاتف", "Телефон", "Handynummer", "numéro de téléphone", "手机号")
ID_KEYS = ("user_id", "Customer ID", "deviceId", "advertising_id", "идентификатор", "معرف")


def keyed(keys: tuple[str, ...], number: int) -> str:
    """One of the keys, in turns."""
    return keys[number % len(keys)]


def in_words(person: Somebody) -> str:
    """A remark that names the person in every way."""
    first = person.name.split()[0]
    return (
        f"Called {first.upper()} ({person.name}) on {person.phone}; writes from <{person.email}>. "
        f"Is {person.identity}, device {person.device}, {person.object_id}, token {person.token}"
    )


def in_properties(person: Somebody, number: int) -> dict[str, Any]:
    """Custom properties that hold the person in keys, values, nested objects, lists, and JSON inside texts."""
    contact = {keyed(EMAIL_KEYS, number): person.email, keyed(PHONE_KEYS, number): person.national}
    inner = {"note": in_words(person), keyed(NAME_KEYS, number): person.name, "contact": contact}
    return {
        "Plan": "Gold",
        "Visits": 12,
        keyed(NAME_KEYS, number): person.name,
        keyed(EMAIL_KEYS, number + 1): [person.email, {"old": person.email}],
        keyed(PHONE_KEYS, number + 1): {"home": person.national, "work": [person.phone]},
        keyed(ID_KEYS, number): person.identity,
        "Remark": in_words(person),
        f"about {person.email}": f"seen at https://shop.example/?e={person.email.replace('@', '%40')}&x=1",
        f"{person.phone} called": True,
        "Policies": {"Beneficiaries": [{"Email": person.email, "name": person.name, "geo": contact}]},
        "raw": json.dumps({"payload": json.dumps(inner, ensure_ascii=bool(number % 2))}),
        "split": f"{person.email[:3]}\u200b{person.email[3:]} {person.name[:1]}\u2060{person.name[1:]}",
        "lines": f"{json.dumps(contact)}\n{json.dumps({'user': inner})}",
        "home": {"lat": person.latitude, "Longitude": str(person.longitude)},
    }


def people() -> list[dict[str, Any]]:
    """Profiles as exports hold them."""
    return [profile(person, number) for number, person in enumerate(PEOPLE)]


def profile(person: Somebody, number: int) -> dict[str, Any]:
    """One profile as exports hold it."""
    return {
        "identity": person.identity,
        "all_identities": [person.identity, person.email],
        "email": person.email,
        "phone": person.phone,
        "name": person.name,
        "profileData": in_properties(person, number),
        "events": {
            "App Launched": {"count": 14, "first_seen": 1_764_000_000, "last_seen": 1_767_225_600},
            f"Wrote to {person.email}": {"count": 1, "first_seen": 1_764_000_000, "last_seen": 1_764_000_000},
        },
        "platformInfo": [
            {
                "platform": "Android",
                "os_version": "15",
                "make": "Pixelike",
                "model": "P9",
                "push_token": person.token,
                "objectId": person.object_id,
                "GAID": person.device,
            }
        ],
    }


def events() -> list[dict[str, Any]]:
    """Occurrences as exports hold them."""
    return [
        {
            "profile": {**profile(person, number), "objectId": person.object_id, "platform": "Android", "id": 77},
            "ts": 20_260_101_103_000,
            "event_props": {
                "Amount": 49.5,
                "Items": [{"Name": "Tea", "Recipient Name": person.name, "gift note": in_words(person)}],
                "Customer Email": person.email,
                **in_properties(person, number + 1),
            },
            "session_props": {"utm_source": "newsletter", "session_referrer": f"https://x.example/{person.email}"},
        }
        for number, person in enumerate(PEOPLE)
    ]


def leaks(shown: str, corpus: tuple[str, ...] = CORPUS) -> set[str]:
    """The personal values that stand in what is shown, as written or as JSON writes them."""
    seen = shown.casefold()
    return {value for value in corpus if value.casefold() in seen or json.dumps(value)[1:-1].casefold() in seen}
