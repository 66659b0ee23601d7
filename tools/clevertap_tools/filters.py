"""Conditions on one property: operators, values and their rules (reference: data 6.1, engagement 2.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.wire import JsonObject

LONGEST_VALUE = 512
OPERATORS = (
    "equals",
    "not_equals",
    "contains",
    "does_not_contain",
    "exists",
    "does_not_exist",
    "greater_than",
    "greater_than_equals",
    "less_than",
    "less_than_equals",
)
WITHOUT_VALUE = frozenset({"exists", "does_not_exist"})
OF_NUMBERS = frozenset({"greater_than", "greater_than_equals", "less_than", "less_than_equals"})
OF_TEXT = frozenset({"contains", "does_not_contain"})
NOT_FILTERABLE = frozenset({"identity", "objectid"})
"""Profile fields that CleverTap does not filter on (reference: data 6.2)."""
SYSTEM_FIELDS = {"email": "Email", "phone": "Phone", "name": "Name"}
"""Exports spell them in lower case, queries do not."""

Primitive = str | int | float | bool
Value = Primitive | list[Primitive]


def checked_value(value: object) -> object:
    """A text, number, boolean or list of these within CleverTap's limits.

    Raises:
        ValueError: It is something else, or too long.
    """
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, str | int | float) for part in parts):
        raise ValueError("must be text, a number, true or false, or a list of these")
    if any(isinstance(part, str) and len(part) > LONGEST_VALUE for part in parts):
        raise ValueError(f"is longer than {LONGEST_VALUE} characters, CleverTap's limit")
    return value


def checked_operator(operator: object) -> object:
    """One of CleverTap's operators.

    Raises:
        ValueError: It is none of them.
    """
    if operator not in OPERATORS:
        raise ValueError(f"must be one of {', '.join(OPERATORS)}")
    return operator


def checked_profile_field(name: str) -> str:
    """The name of a profile field as CleverTap spells it.

    Raises:
        ValueError: CleverTap does not filter on it, or spells it otherwise and would find nobody.
    """
    if name.casefold() in NOT_FILTERABLE:
        raise ValueError(
            "cannot be filtered on; use Email or Phone, or look the person up with clevertap_get_user_profile"
        )
    spelt = SYSTEM_FIELDS.get(name.casefold(), name)
    if spelt != name:
        raise ValueError(f"is spelt {spelt!r} here; names are compared to the letter")
    return name


PropertyName = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
AnyValue = Annotated[Value, BeforeValidator(checked_value), WithJsonSchema({"maxLength": LONGEST_VALUE})]
# Published as an enumeration in one place only, to spare the model the same list four times.
Operator = Annotated[str, BeforeValidator(checked_operator), WithJsonSchema({"type": "string"})]
ListedOperator = Annotated[
    str, BeforeValidator(checked_operator), WithJsonSchema({"type": "string", "enum": list(OPERATORS)})
]


class Filter(Arguments):
    """One condition on a property; without an operator it means `equals`, a list means any of its values."""

    name: PropertyName
    operator: Operator | None = None
    value: AnyValue | None = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Filter:
        fault = value_fault(self.operator, self.value)
        if fault:
            raise ValueError(fault)
        return self

    def cql(self) -> JsonObject:
        """The filter as CleverTap reads it; an operator that was left out stays left out."""
        made: JsonObject = {"name": self.name}
        if self.operator is not None:
            made["operator"] = self.operator
        if self.value is not None:
            made["value"] = as_sent(self.value)
        return made


class EventFilter(Filter):
    """A condition on a property of the event."""

    operator: ListedOperator | None = None


class ProfileField(Arguments):
    """A name that is a profile field's; being a model, it is refused where it stands."""

    name: Annotated[PropertyName, AfterValidator(checked_profile_field)]


class ProfileFilter(Filter):
    """A condition on the person, their devices or the session."""

    kind: Literal[
        "profile_fields", "demographics", "technographics", "app_fields", "reachability", "session_properties"
    ]

    @model_validator(mode="after")
    def _name_is_known(self) -> ProfileFilter:
        if self.kind == "profile_fields":
            ProfileField(name=self.name)
        return self


def value_fault(operator: str | None, value: Value | None) -> str | None:
    """What is wrong between an operator and its value, if anything."""
    if operator in WITHOUT_VALUE:
        return None if value is None else f"takes no value with operator {operator}"
    if value is None:
        return "needs a value (only exists and does_not_exist take none)"
    single = isinstance(value, bool | str | list)
    if operator in OF_NUMBERS and single:
        return f"needs a single number with operator {operator}; for a range use two filters"
    if operator in OF_TEXT and not all(
        isinstance(part, str) for part in (value if isinstance(value, list) else [value])
    ):
        return f"needs text with operator {operator}"
    return None


def as_sent(value: Value) -> Value:
    """A value as CleverTap compares it: booleans travel as the texts True and False."""
    if isinstance(value, list):
        return [str(part) if isinstance(part, bool) else part for part in value]
    return str(value) if isinstance(value, bool) else value
