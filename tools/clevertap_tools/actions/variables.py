"""Remote Config: variables that apps read (reference: engagement 15.3, data 10.5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.bare import sent
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.preview import Preview
from clevertap_tools.records import LONGEST_KEY, Identity
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.lines import counted, listed, quoted

CREATE = "/1/createVars"
READ = "/1/getVars"
DELETE = "/1/deleteVars"
VALUES = ("vars", "variables", "values", "data")
"""Where the values may stand in an answer; the reference is not sure."""
ENVELOPE = frozenset({"status", "error", "code"})
PUBLISH = "New variables take effect once somebody publishes them in the dashboard."
KNOWN = "CleverTap does not say whether it knew them."
FALL_BACK = "Apps fall back to the values in their own code."

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


class Definition(Arguments):
    """One variable."""

    type: Literal["string", "boolean", "number"]
    defaultValue: Any  # noqa: N815 - CleverTap's spelling
    description: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> Definition:
        value = self.defaultValue
        kind = {str: "string", bool: "boolean", int: "number", float: "number"}.get(type(value))
        if kind != self.type:
            raise ValueError(f"has the type {self.type}, and its defaultValue is none")
        return self


class CreateVariables(Arguments):
    """Variables to define."""

    variableDefinitions: Annotated[  # noqa: N815 - CleverTap's spelling
        dict[Name, Definition],
        Field(min_length=1),
        WithJsonSchema(
            {
                "type": "object",
                "description": "By name (at most 120 characters, dots make folders): {type: string, boolean or "
                "number, defaultValue, description}",
            }
        ),
    ]

    @property
    def record_count(self) -> int:
        """How many variables."""
        return len(self.variableDefinitions)


class DefinedVariables(Result):
    """Variables that were defined."""

    defined: int
    warning: str


class OnePerson(Arguments):
    """Whose values, by exactly one name."""

    identity: Annotated[Identity | None, Field(description="Your own id of the person")] = None
    clevertapId: Annotated[Identity | None, Field(description="CleverTap ID instead")] = None  # noqa: N815
    includeDefaults: Annotated[bool | None, Field(description="Also variables without a value of their own")] = None  # noqa: N815

    @model_validator(mode="after")
    def _one_name(self) -> OnePerson:
        if (self.identity is None) == (self.clevertapId is None):
            raise ValueError("give either 'identity' or 'clevertapId'")
        return self


class Variables(Result):
    """The values that a person's app gets."""

    variables: dict[str, Any] = Field(description="Value by name")

    @property
    def theirs(self) -> frozenset[str]:
        """The values."""
        return frozenset({"variables"})

    @property
    def about_people(self) -> bool:
        """They may be made for one person."""
        return True


class DeleteVariables(Arguments):
    """Variables to delete."""

    variableNames: Annotated[list[Name] | None, Field(min_length=1, description="These")] = None  # noqa: N815
    deleteAllVars: Annotated[  # noqa: N815
        bool, Field(description="Every variable of the project instead")
    ] = False

    @model_validator(mode="after")
    def _one_way(self) -> DeleteVariables:
        if self.deleteAllVars == (self.variableNames is not None):
            raise ValueError("give either 'variableNames' or 'deleteAllVars': true")
        return self

    @property
    def record_count(self) -> int:
        """How many are named."""
        return len(self.variableNames or ())

    @property
    def countable(self) -> bool:
        """Nobody counts all."""
        return not self.deleteAllVars


class DeletedVariables(Result):
    """Variables whose deletion CleverTap took in, of which it says no more."""

    asked_for: str
    """How many, or all."""
    warning: str | None = None


async def preview_deletion(_: Client, asked: DeleteVariables, told: DeleteVariables) -> Preview:
    """Which variables would be deleted."""
    if asked.deleteAllVars:
        return Preview("Delete every Remote Config variable of the project.", (FALL_BACK,))
    names = [quoted(each) for each in told.variableNames or ()]
    deed = f"Delete {counted(len(names), 'Remote Config variable', 'Remote Config variables')}."
    return Preview(deed, (*listed("Variables", names), FALL_BACK))


@action(
    title="Create variables",
    effect=Effect.UPSERT,
    toolset=Toolset.CONTENT,
    calls=("POST /1/createVars",),
    default=False,
)
async def create_variables(client: Client, asked: CreateVariables) -> DefinedVariables:
    """Define Remote Config variables that apps read, with a default value each.

    Example: {"variableDefinitions": {"home.banner": {"type": "string", "defaultValue": "A"}}}

    Raises:
        OutcomeUnknownError: The answer was lost; they may be defined.

    Reference: engagement 15.3
    """
    definitions = {name: each.model_dump(exclude_none=True) for name, each in asked.variableDefinitions.items()}
    call = wire.post(CREATE, {"variableDefinitions": definitions}, Effect.UPSERT, wire.read_envelope)
    await sent(client, call, "Look for them in the dashboard; defining them again is harmless.")
    return DefinedVariables(defined=len(definitions), warning=PUBLISH)


@action(title="Get variables", effect=Effect.READ, toolset=Toolset.CONTENT, calls=("POST /1/getVars",), default=False)
async def get_variables(client: Client, asked: OnePerson) -> Variables:
    """Show the Remote Config values that one person's app gets.

    Somebody unknown gets the defaults. For a person's properties use clevertap_get_user_profile.

    Reference: engagement 15.3, data 10.5
    """
    call = wire.post(READ, asked.model_dump(exclude_none=True), Effect.READ, wire.read_envelope)
    return Variables(variables=values(await client.send(call)))


@action(
    title="Delete variables",
    effect=Effect.DESTROY,
    toolset=Toolset.CONTENT,
    calls=("POST /1/deleteVars",),
    default=False,
    preview=preview_deletion,
)
async def delete_variables(client: Client, asked: DeleteVariables) -> DeletedVariables:
    """Delete Remote Config variables for everybody.

    Raises:
        OutcomeUnknownError: The answer was lost; they may be deleted.

    Reference: engagement 15.3
    """
    body: JsonObject = {"deleteAllVars": True} if asked.deleteAllVars else {"variableNames": asked.variableNames}
    call = wire.post(DELETE, body, Effect.DESTROY, wire.read_envelope)
    await sent(client, call, "Look with clevertap_get_variables; deleting them twice is harmless.")
    if asked.deleteAllVars:
        return DeletedVariables(asked_for="all")
    return DeletedVariables(asked_for=str(asked.record_count), warning=KNOWN)


def values(body: JsonObject) -> JsonObject:
    """The values of an answer, wherever they stand in it."""
    held = next((body[key] for key in VALUES if isinstance(body.get(key), dict | list)), None)
    if isinstance(held, list):
        named = [each for each in held if isinstance(each, dict) and "name" in each]
        return {str(each["name"]): each.get("value", each.get("defaultValue")) for each in named}
    return held if held is not None else {key: value for key, value in body.items() if key not in ENVELOPE}
