"""The values that properties take among the occurrences of an event (reference: data 8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from clevertap_tools.action import Arguments, Listing, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError
from clevertap_tools.filters import PropertyName
from clevertap_tools.moments import ProjectTime
from clevertap_tools.nearest import with_nearest_property
from clevertap_tools.reports.grouped import Grouped, Label, Rows, answered, check_labels, groups_of, in_words, left_out
from clevertap_tools.reports.top_values import top_values
from clevertap_tools.wire import JsonObject

TOP = "/1/counts/top.json"
MOST_VALUES = 100
IN_WORDS = in_words(
    "{property_type: event_properties|profile_fields|session_properties|app_fields|demographics|technographics|"
    "reachability|geo_fields, name, top_n: 10, order: desc|asc, label}"
)


class TopGroup(Arguments):
    """One property whose values are counted."""

    property_type: Literal[
        "event_properties",
        "profile_fields",
        "session_properties",
        "app_fields",
        "demographics",
        "technographics",
        "reachability",
        "geo_fields",
    ]
    name: PropertyName
    top_n: Annotated[int | None, Field(ge=1, le=MOST_VALUES)] = None
    order: Literal["asc", "desc"] | None = None
    label: Label = None

    @property
    def title(self) -> str:
        """Its label, said or not."""
        return self.label or self.name

    def cql(self) -> JsonObject:
        """The group as CleverTap reads it; what was left out stays left out."""
        return self.model_dump(exclude_none=True, exclude={"label"})


class GetTopPropertyCounts(Grouped):
    """Which event, when, and the values of which properties."""

    groups: Annotated[list[TopGroup], Field(min_length=1), IN_WORDS]

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> GetTopPropertyCounts:
        check_labels([each.title for each in self.groups])
        return self

    @property
    def titled(self) -> dict[str, TopGroup]:
        """The groups by label."""
        return {each.title: each for each in self.groups}

    @property
    def fields(self) -> list[str]:
        """The profile fields among the properties."""
        return [each.name for each in self.groups if each.property_type == "profile_fields"]

    def cql(self, time: ProjectTime) -> JsonObject:
        """The question as CleverTap reads it.

        Raises:
            InvalidArgumentsError: Days that mean nothing.
        """
        return self.base(time) | {"groups": {label: each.cql() for label, each in self.titled.items()}}


class TopPropertyCounts(Listing):
    """The values of each property, the most frequent first unless asked otherwise."""

    rows: ClassVar[str] = "values"

    values: Rows
    warning: str | None = None
    of_people: Annotated[bool, Field(exclude=True)] = False

    @property
    def theirs(self) -> frozenset[str]:
        """The values."""
        return frozenset({"values"})

    @property
    def about_people(self) -> bool:
        """Whether values of profiles are among them."""
        return self.of_people


@action(
    title="Get top property counts",
    effect=Effect.READ,
    toolset=Toolset.INSIGHTS,
    calls=("POST /1/counts/top.json", "GET /1/counts/top.json", "GET /getSchema"),
)
async def get_top_property_counts(client: Client, asked: GetTopPropertyCounts) -> TopPropertyCounts:
    """Count an event by values of properties: products, plans, cities; numbers come in bands.

    Raises:
        NotReadyError: CleverTap needs longer than this call may take; carries the `req_id`.
        InvalidRequestError: CleverTap refused; names the nearest event or user property where it does not know one.

    Reference: data 8.4
    """
    query = asked.cql(ProjectTime.of(client.account, client.clock()))
    try:
        body = await answered(client, TOP, asked, query)
    except InvalidRequestError as error:
        raise await with_nearest_property(client, error, asked.fields) from None
    told = groups_of(body, asked.titled)
    return TopPropertyCounts(
        values=[row for label, said in told.items() for row in value_rows(asked.titled[label], said)],
        warning=left_out(asked.titled, told),
        of_people=bool(asked.fields),
    )


def value_rows(asked: TopGroup, said: Mapping[str, Any]) -> list[JsonObject]:
    """The values of one property; that it is named in each row is what masking goes by."""
    return [
        {"group": asked.title, "property": asked.name}
        | ({"type": each.type} if each.type else {})
        | {"value": each.value, "count": each.count}
        for each in top_values(said, rising=asked.order == "asc")
    ]
