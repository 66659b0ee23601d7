"""The checks of an uploaded record, in CleverTap's order, with its codes and texts. Reference: data 3.3, 13.

Texts the reference does not know are made to fit the family and marked below.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_sandbox.language.names import RESERVED_KEYS
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, platform_of
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LONGEST_IDENTITY = 1024
OLDEST = 150
KINDS = (IDENTITY, OBJECT_ID, "FBID", "GPID")
# fmt: off
NOBODY = frozenset((
    "", "undefined", "null", "na", "n/a", "0", "nil", "-1", "infinity", "-infinity", "inf", "-inf", "nan", "-nan",
    "xxxxxx", "none",
))
# fmt: on
TOKEN_PLATFORMS = {
    # Samples have them in lower case, the newest page in capitals (data 5.3).
    "fcm": "Android",
    "gcm": "Android",
    "apns": "iOS",
    "wns": "Windows",
    "mpns": "Windows",
    "chrome": "Web",
}
TEXTS = {
    509: "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. ",
    512: "Event structure is incorrect. ErrorCode: 512 - Event structure is not valid. ",  # made up
    513: "Event Name is incorrect. ErrorCode: 513 - Trying to raise a restricted system event. ",
    514: "Profile data is incorrect. Gender is not valid.",  # made up
    515: "Profile data is incorrect. Email is not valid.",
    516: "Profile data is incorrect. Phone number is not valid.",
    517: "Profile data is incorrect. Employed needs to be Y/N.",
    518: "Profile data is incorrect. Education needs to be School/College/Graduate..",
    519: "Profile data is incorrect. Married needs to be Y/N.",
    520: "Profile data is incorrect. Age is invalid.",
    522: "Event structure is incorrect. ErrorCode: 522 - More than 256 event properties. ",  # made up
    523: "Identity value cannot be null/undefined or set at least one of identity / fbId / gpId / objectId "
    "under 1024 chars to identify the user. ",  # prefix and suffix made up
    524: "Type is neither event nor profile. ",  # made up
    525: "Timestamp should be present in the Unix Epoch format. ",
    526: "ObjectId is not valid. ",  # made up
    528: "Event Name is incorrect. ErrorCode: 528 - Event has been discarded. ",  # made up
    530: "ObjectId is not valid. ",  # made up
    531: "Token data is not valid. ",  # made up
    532: "Token id is missing. ",  # this and the next two: the reference's samples
    533: "Token type is missing. ",
    534: "Token type not valid for objectId. ",
    535: "Token data is not valid. ",  # made up
    555: "Unknown error. ",  # made up
}
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")
AGE = re.compile(r"[0-9]{1,3}")
LATEST = 2**63


class Flaw(Exception):  # noqa: N818 (a verdict on one record, not an error of this program)
    """A record fails a check."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Record(NamedTuple):
    """A record that has passed its checks."""

    type: str
    handle: Handle
    ts: int | None
    data: dict[str, Any]
    event_name: str = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """What records are checked against, apart from themselves."""

    knows_device: Callable[[str], bool]
    """Whether tokens may be attached to the device of an objectId."""
    discarded: Collection[str]
    """The keys of events that were discarded in the dashboard."""
    most_properties: float
    """How many properties an event may have; more are refused."""


def check(raw: object, against: Checks) -> Record:
    """Check one record.

    Raises:
        Flaw: with the code of the first check it fails.
    """
    if not isinstance(raw, dict):
        raise Flaw(555)
    kind = raw.get("type")
    if kind == "token":
        return _check_token(raw, against.knows_device)
    if kind not in ("profile", "event"):
        raise Flaw(524)
    handle, ts = _check_handle(raw), _check_ts(raw)
    if kind == "event":
        return Record(kind, handle, ts, *_check_event(raw, against))
    return Record(kind, handle, ts, _check_profile(raw))


def refusal(raw: object, code: int, number: int) -> dict[str, Any]:
    """Say why a record was refused; the echo shows what had been normalised by then. Reference: data 3.3."""
    error = f"{TEXTS[code]}Skipped record number : {number}"
    return {"status": "fail", "code": code, "error": error, "record": _echo(raw, code)}


def _echo(raw: object, code: int) -> object:
    if code not in (517, 518, 519, 520):
        return raw
    assert isinstance(raw, dict)
    echo = copy.deepcopy(raw)
    data = echo["profileData"]
    if isinstance(data.get("Phone"), str):
        data["Phone"] = int(data["Phone"].removeprefix("+"))
    if code == 520 and IDENTITY in data:  # noqa: PLR2004 (the age check)
        data[IDENTITY] = str(data[IDENTITY])
    return echo


def _check_handle(raw: dict[str, Any]) -> Handle:
    """Find out who is meant; of several, the first of identity, objectId, FBID, GPID counts."""
    for kind in KINDS:
        if kind in raw:
            return _handle(kind, raw[kind])
    raise Flaw(523)


def _handle(kind: str, value: object) -> Handle:
    if isinstance(value, str) and is_somebody(value):
        return Handle(kind, value)
    if kind == OBJECT_ID:
        raise Flaw(526)
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_somebody(str(value)):
        raise Flaw(523)
    return Handle(kind, str(value))


def is_somebody(value: str) -> bool:
    """Whether a value can name a user. Reference: data 4.1."""
    return value.strip().casefold() not in NOBODY and len(value) <= LONGEST_IDENTITY


def _check_ts(raw: dict[str, Any]) -> int | None:
    ts = raw.get("ts") if "ts" in raw else None
    if "ts" in raw and (isinstance(ts, bool) or not isinstance(ts, int) or not 0 < ts < LATEST):
        raise Flaw(525)
    return ts


def _check_event(raw: dict[str, Any], against: Checks) -> tuple[dict[str, Any], str]:
    name, data = raw.get("evtName"), raw.get("evtData", {})
    if not isinstance(name, str) or not name.strip():
        raise Flaw(509)
    key = event_key(name)
    if key in RESERVED_KEYS:
        raise Flaw(513)
    if key in against.discarded:
        raise Flaw(528)
    if not isinstance(data, dict):
        raise Flaw(512)
    if len(data) > against.most_properties:
        raise Flaw(522)
    return data, name


def _check_profile(raw: dict[str, Any]) -> dict[str, Any]:
    data = raw.get("profileData")
    if not isinstance(data, dict):
        raise Flaw(555)
    for code, key, accepts in PROFILE_CHECKS:
        value = data.get(key)
        # Operators such as {"$delete": 1} are no values, and null sends nothing.
        if value is not None and not isinstance(value, dict) and not accepts(value):
            raise Flaw(code)
    return data


def _is_email(value: object) -> bool:
    return isinstance(value, str) and EMAIL.fullmatch(value) is not None


def _is_phone(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, str | int) and PHONE.fullmatch(str(value)) is not None


def _is_age(value: object) -> bool:
    """An int, or the digits of one: "18" passed on the wire."""
    return AGE.fullmatch(str(value)) is not None and int(str(value)) <= OLDEST


def _one_of(*values: str) -> Callable[[object], bool]:
    return lambda value: value in values


PROFILE_CHECKS: tuple[tuple[int, str, Callable[[object], bool]], ...] = (
    (514, "Gender", _one_of("M", "F")),
    (515, "Email", _is_email),
    (516, "Phone", _is_phone),
    (517, "Employed", _one_of("Y", "N")),
    (518, "Education", _one_of("School", "College", "Graduate")),
    (519, "Married", _one_of("Y", "N")),
    (520, "Age", _is_age),
)


def _check_token(raw: dict[str, Any], knows_device: Callable[[str], bool]) -> Record:
    object_id, data = raw.get(OBJECT_ID), raw.get("tokenData")
    if not isinstance(object_id, str) or not is_somebody(object_id) or not knows_device(object_id):
        raise Flaw(530)
    if not isinstance(data, dict):
        raise Flaw(531)
    for code in _token_flaws(data, object_id):
        raise Flaw(code)
    return Record("token", Handle(OBJECT_ID, object_id), None, data)


def _token_flaws(data: dict[str, Any], object_id: str) -> Iterator[int]:
    kind = str(data.get("type", "")).lower()
    if not data.get("id"):
        yield 532
    if not kind:
        yield 533
    if TOKEN_PLATFORMS.get(kind) != platform_of(object_id):
        yield 534
    if (kind == "chrome" and not isinstance(data.get("keys"), dict)) or not isinstance(data["id"], str):
        yield 535
