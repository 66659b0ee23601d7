"""What starts a campaign made in the dashboard, as types and as CleverTap reads it (reference: engagement 5, 15.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime, checked_moment
from clevertap_tools.recipients import Receivers, lists, one
from clevertap_tools.records import LONGEST_KEY, as_text
from clevertap_tools.wire import JsonObject

MOST_TRIGGERS = 5
DEEPEST = 8
"""Levels of variables; templates read no deeper."""
MOST_BYTES = 512


def checked_variables(given: dict[str, Any]) -> dict[str, Any]:
    """Variables with text at their leaves, which is all that templates can read.

    Raises:
        ValueError: They are nested too deep, or hold a null.
    """
    return {key: textual(value, 1) for key, value in given.items()}


def textual(value: Any, level: int) -> Any:
    """A variable with numbers, true and false as text.

    Raises:
        ValueError: It is nested too deep, or holds a null.
    """
    if level > DEEPEST:
        raise ValueError(f"is nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        return {key: textual(inner, level + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [textual(inner, level + 1) for inner in value]
    if value is None:
        raise ValueError("holds a null, which no template can show; leave it out or send text")
    return as_leaf(value)


def as_leaf(value: Any) -> Any:
    """A number, true or false as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Variables = Annotated[dict[str, Any], AfterValidator(checked_variables), WithJsonSchema({"type": "object"})]
CampaignNumber = Annotated[
    str, BeforeValidator(as_text), Field(pattern=r"^[1-9][0-9]{0,17}$"), WithJsonSchema({"type": "string"})
]


class Trigger(Arguments):
    """One campaign and whom it goes to."""

    campaign_id: CampaignNumber
    to: Receivers
    ExternalTrigger: Variables | None = None

    @property
    def words(self) -> str:
        """What each person gets: the campaign and what stands in it."""
        return json.dumps([self.campaign_id, self.ExternalTrigger or {}], sort_keys=True)

    def sent(self) -> JsonObject:
        """The trigger as CleverTap reads it."""
        made = {"to": lists(self.to.names, {}), "campaign_id": self.campaign_id}
        return made if self.ExternalTrigger is None else made | {"ExternalTrigger": self.ExternalTrigger}


class Triggers(Arguments):
    """Campaigns to start, each for people of its own."""

    triggers: Annotated[
        list[Trigger],
        Field(
            min_length=1,
            max_length=MOST_TRIGGERS,
            description="1 to 5; the template reads {{ ExternalTrigger.key }}; sent as text",
        ),
    ]

    @model_validator(mode="after")
    def _nobody_twice(self) -> Triggers:
        seen: set[tuple[str, str, str]] = set()
        for index, each in enumerate(self.triggers):
            named = {(each.campaign_id, *one(name)) for name in each.to.names}
            if not seen.isdisjoint(named):
                raise ValueError(
                    f"'triggers' names somebody twice for one campaign (entry {index}); name everybody once"
                )
            seen |= named
        return self

    @property
    def record_count(self) -> int:
        """How many people it names, somebody named for two campaigns twice."""
        return sum(len(each.to.names) for each in self.triggers)

    @property
    def sends(self) -> int:
        """Each campaign is a send."""
        return len(self.triggers)

    @property
    def meaning(self) -> JsonObject:
        """Who gets which campaign with what in it, in whatever order and spelling they are named."""
        made: dict[str, list[tuple[str, str]]] = {}
        for each in self.triggers:
            made.setdefault(each.words, []).extend(map(one, each.to.names))
        return {words: sorted(people) for words, people in made.items()}


def checked_when(when: object) -> object:
    """`now`, or a moment.

    Raises:
        ValueError: It is neither.
    """
    return when if when == "now" else checked_moment(when)


def check_value(value: str) -> str:
    """A property's value within CleverTap's published size.

    Raises:
        ValueError: It is longer.
    """
    if len(value.encode()) > MOST_BYTES:
        raise ValueError(f"is longer than {MOST_BYTES} bytes")
    return value


Word = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]
When = Annotated[int | str, BeforeValidator(checked_when), WithJsonSchema({"maxLength": 40})]


class Bulletin(Arguments):
    """One instance of a business event."""

    business_event: Annotated[
        str, Field(min_length=1, max_length=LONGEST_KEY, description="Published in the dashboard")
    ]
    name: Annotated[str, Field(min_length=1, description="Of this instance")]
    properties: Annotated[
        dict[Word, Annotated[str, BeforeValidator(as_leaf), AfterValidator(check_value)]],
        WithJsonSchema({"type": "object"}),
        Field(description="What interest is matched by; sent as text"),
    ]
    c_by: Annotated[str, Field(alias="c-by", pattern=r"^\S+@\S+$", description="E-mail of an admin")]
    when: Annotated[When, Field(description="now, ISO 8601 or epoch seconds")] = "now"

    def start(self, time: ProjectTime) -> int | str:
        """When it goes out, as CleverTap reads it.

        Raises:
            InvalidArgumentsError: It is past, or has no offset while the project's zone is not known.
        """
        if self.when == "now":
            return "now"
        moment = time.epoch(self.when, "when")
        if moment < time.now:
            raise InvalidArgumentsError.of("when", "'when' is past; pass now, or a moment to come")
        return moment

    def sent(self, time: ProjectTime) -> JsonObject:
        """The bulletin as CleverTap reads it.

        Raises:
            InvalidArgumentsError: See `start`.
        """
        return {**self.model_dump(by_alias=True, exclude={"when"}), "when": self.start(time)}
