"""What the columns of a file probably mean, told by their names and by what stands in the first rows.

A guess is shown before anything is sent, and what was asked for is never guessed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from typing import Any

from clevertap_bulk.mapping.guessing_types import is_whole, likely_type, likely_unit, tells_time
from clevertap_bulk.mapping.mapping import FORBIDDEN, Kind, Mapping, Property
from clevertap_bulk.mapping.times import Unit
from clevertap_bulk.reading.row import OURS
from clevertap_tools.spelling import loosely

WHO = {
    "identity": (
        "identity", "userid", "customerid", "custid", "memberid", "accountid", "clientid", "uid", "user", "customer",
    ),
    "objectId": ("objectid", "clevertapid", "ctid", "guid"),
    "FBID": ("fbid", "facebookid"),
    "GPID": ("gpid", "googleid", "googleplusid"),
}  # fmt: skip
LAST_RESORT = ("id", "email", "emailaddress", "phone", "mobile")
"""Columns that say whom a row is about when no other does."""
TIME = (
    "ts", "timestamp", "eventtime", "eventtimestamp", "time", "datetime", "date", "occurredat", "happenedat",
    "createdat", "orderdate", "purchasedate", "transactiondate", "purchasedat", "day",
)  # fmt: skip
EVENT = ("evtname", "eventname", "event")
SPREAD: dict[Kind, tuple[str, ...]] = {
    "events": ("evtdata", "properties", "eventdata", "eventproperties"),
    "people": ("profiledata", "properties", "traits"),
    "tokens": (),
}
TOKEN = ("token", "pushtoken", "devicetoken", "tokenid", "tokendata.id")
TOKEN_TYPE = ("tokentype", "pushtype", "platform", "tokendata.type", "type")
PEOPLE = {
    "name": "Name", "fullname": "Name", "email": "Email", "emailaddress": "Email", "phone": "Phone", "mobile": "Phone",
    "phonenumber": "Phone", "mobilenumber": "Phone", "gender": "Gender", "sex": "Gender", "dob": "DOB", "age": "Age",
    "birthday": "DOB", "birthdate": "DOB", "dateofbirth": "DOB", "photo": "Photo", "avatar": "Photo",
    "employed": "Employed", "education": "Education", "married": "Married",
}  # fmt: skip
"""What CleverTap calls the properties of people that it knows (reference: data 4.4)."""
OF_RECORDS = frozenset({"type", "source"})
"""Keys of CleverTap's own records that are no properties."""
Samples = Sequence[AnyMapping[str, Any]]


def guess(columns: Iterable[str], samples: Samples, kind: Kind, asked: Mapping | None = None) -> Mapping:
    """The mapping of a file, as far as it can be guessed; see `Mapping.check` for what it leaves open.

    Args:
        columns: The file's columns.
        samples: The values of its first rows; a hundred are enough.
        kind: What the rows are.
        asked: What is known already.
    """
    guessing = Guessing(list(columns), samples, kind, asked or Mapping(kind=kind))
    for step in (guessing.who, guessing.time, guessing.event, guessing.token, guessing.properties):
        step()
    return Mapping.from_json(guessing.found)


class Guessing:
    """One guess, step by step; each step leaves to the next ones the columns that it does not use.

    Args:
        columns: The file's columns.
        samples: The values of its first rows.
        kind: What the rows are.
        asked: What is known already.
    """

    def __init__(self, columns: list[str], samples: Samples, kind: Kind, asked: Mapping) -> None:
        self.found: dict[str, Any] = asked.model_dump(mode="json", include=asked.model_fields_set) | {"kind": kind}
        self._kind = kind
        self._samples = samples
        self._asked = asked
        taken = asked.columns | OURS
        self._free = [each for each in [*columns, *self._inner(columns)] if each.strip() and each not in taken]

    def who(self) -> None:
        """Whom a row is about."""
        if self._asked.names:
            return
        ways = {"objectId": (*WHO["objectId"], *WHO["identity"])} if self._kind == "tokens" else WHO
        for name, words in ways.items():
            self._take(name, self._called(words))
        if not any(name in self.found for name in WHO):
            column = self._called(LAST_RESORT)
            self._take("objectId" if self._kind == "tokens" else "identity", column)
            if self._kind == "people" and column and loosely(column) in PEOPLE:
                self._free.append(column)  # an address is worth knowing even where it is the name

    def time(self) -> None:
        """When it happened."""
        if self._kind == "tokens" or "time" in self._asked.model_fields_set:
            return
        column = self._called(TIME if self._kind == "events" else TIME[:1])
        if column is None and self._kind == "events":
            column = next((each for each in self._free if tells_time(each, self._values(each))), None)
        self._take("time", column)
        if column and "time_unit" not in self._asked.model_fields_set:
            self.found["time_unit"] = likely_unit(self._values(column))

    def event(self) -> None:
        """Which column says which event it is; a name that stands nowhere is nobody's to guess."""
        if self._kind == "events" and not self._asked.event and not self._asked.event_column:
            self._take("event_column", self._called(EVENT))

    def token(self) -> None:
        """Which push token it is."""
        if self._kind != "tokens":
            return
        if not self._asked.token:
            self._take("token", self._called(TOKEN))
        if not self._asked.token_type and not self._asked.token_type_column:
            self._take("token_type_column", self._called(TOKEN_TYPE))

    def properties(self) -> None:
        """What else is known."""
        if self._kind == "tokens" or "properties" in self._asked.model_fields_set:
            return
        if "spread" not in self._asked.model_fields_set:
            self._take("spread", self._called(SPREAD[self._kind]))
        own = OF_RECORDS if self.found.get("spread") else frozenset()
        self.found["properties"] = [self._property(column) for column in self._free if column not in own]

    def _property(self, column: str) -> dict[str, Any]:
        known = PEOPLE.get(loosely(column)) if self._kind == "people" else None
        name, values = known or cleaned(column), self._values(column)
        kind = "date" if known == "DOB" else likely_type(column, values)
        unit: Unit = "seconds" if known == "DOB" and all(map(is_whole, values)) else "auto"
        made = Property(column=column, name="" if name == column else name, type=kind, unit=unit)
        return made.model_dump(mode="json", exclude_defaults=True)

    def _called(self, words: Iterable[str]) -> str | None:
        """The first column, in the order of the words, that is called by one."""
        called = {loosely(column): column for column in reversed(self._free)}
        return next((called[word] for word in words if word in called), None)

    def _take(self, name: str, column: str | None) -> None:
        if column is not None:
            self.found[name] = column
            self._free.remove(column)

    def _values(self, column: str) -> list[Any]:
        return [value for row in self._samples if (value := row.get(column)) not in (None, "")]

    def _inner(self, columns: list[str]) -> list[str]:
        """The columns inside of a token as CleverTap writes it."""
        inside = self._kind == "tokens" and "tokenData" in columns
        return ["tokenData.id", "tokenData.type"] if inside else []


def cleaned(name: str) -> str:
    """A name without the characters that CleverTap does not take."""
    return " ".join("".join(" " if letter in FORBIDDEN else letter for letter in name).split())
