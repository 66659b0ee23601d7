"""People: look up one, erase, take apart (reference: data 7.3, 9.1 and 9.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError
from clevertap_tools.in_turn import all_or_none, in_turn
from clevertap_tools.preview import Preview
from clevertap_tools.recipients import ManyNames, check_once
from clevertap_tools.records import LONGEST_IDENTITY, Identity
from clevertap_tools.upload import Batch, BatchOutcome, Ledger
from clevertap_tools.upload_result import MOST_RECORDS, UploadResult, result_of
from clevertap_tools.wire import Answer, Call, JsonObject
from clevertap_tools.words.lines import people, who

PROFILE = "/1/profile.json"
DELETE = "/1/delete/profiles.json"
DEMERGE = "/1/demerge/profiles.json"
PEOPLE_PER_CALL = 100
NOT_FOUND = 404
DEMERGED = "Accepted means queued; done between 4 and 7 in the morning of the project's zone, a day or more later."
NOBODY = re.compile(r"\b(profile|user|record) not found", re.IGNORECASE)

Names = Annotated[list[Identity] | None, Field(min_length=1, max_length=MOST_RECORDS)]


class OnePerson(Arguments):
    """Whom to look up, by exactly one name."""

    identity: Annotated[Identity | None, Field(description="Your own id of the person")] = None
    email: Annotated[str | None, Field(min_length=1, max_length=LONGEST_IDENTITY, description="E-mail address")] = None
    objectId: Annotated[Identity | None, Field(description="CleverTap ID of a device")] = None  # noqa: N815

    @model_validator(mode="after")
    def _one_name(self) -> OnePerson:
        if sum(value is not None for value in (self.identity, self.email, self.objectId)) != 1:
            raise ValueError("give exactly one of 'identity', 'email', 'objectId'")
        return self


class FoundPerson(Result):
    """One person, if there is one."""

    found: bool
    record: dict[str, Any] | None = Field(default=None, description="identity, profileData, events, platformInfo, ...")

    @property
    def theirs(self) -> frozenset[str]:
        """What CleverTap has stored of the person."""
        return frozenset({"record"})

    @property
    def about_people(self) -> bool:
        """It is a person's."""
        return True


class DeleteUserProfiles(Arguments):
    """Whom to erase, by one kind of name."""

    identity: Annotated[Names, Field(description="Your own ids, 1 to 10,000")] = None
    guid: Annotated[Names, Field(description="CleverTap IDs instead")] = None

    @model_validator(mode="after")
    def _one_kind(self) -> DeleteUserProfiles:
        if (self.identity is None) == (self.guid is None):
            raise ValueError("give either 'identity' or 'guid', a list")
        return self

    @property
    def kind(self) -> str:
        """`identity` or `guid`, whichever was given."""
        return "identity" if self.identity else "guid"

    @property
    def names(self) -> list[Identity]:
        """Everybody who is to be erased, by that kind of name."""
        return self.identity or self.guid or []

    @property
    def record_count(self) -> int:
        """How many people."""
        return len(self.names)


class DemergeUserProfiles(Arguments):
    """Whose profiles to take apart."""

    identities: Annotated[ManyNames, Field(description="Your own ids")]

    @model_validator(mode="after")
    def _each_once(self) -> DemergeUserProfiles:
        check_once((("identity", name) for name in self.identities), "identities")
        return self

    @property
    def record_count(self) -> int:
        """How many people."""
        return len(self.identities)


async def preview_deletion(_: Client, asked: DeleteUserProfiles, told: DeleteUserProfiles) -> Preview:
    """Whom it would erase."""
    count = len(asked.names)
    return Preview(f"Erase {people(count)} for good.", tuple(who((told.kind, name) for name in told.names)), count)


async def preview_demerge(_: Client, asked: DemergeUserProfiles, told: DemergeUserProfiles) -> Preview:
    """Whose profiles it would take apart."""
    count = len(asked.identities)
    deed = f"Take the profiles of {people(count)} apart for good; they lose all their identities."
    return Preview(deed, tuple(who(("identity", name) for name in told.identities)), count)


@action(
    title="Get user profile", effect=Effect.READ, toolset=Toolset.PEOPLE, calls=("GET /1/profile.json",), default=True
)
async def get_user_profile(client: Client, asked: OnePerson) -> FoundPerson:
    """Look up one person with properties, events and devices.

    For people by what they did use clevertap_get_user_profiles.

    Example: {"identity": "c-1"}

    Reference: data 7.3
    """
    query = wire.query_string(asked.model_dump(exclude_none=True))
    record = await client.send(wire.get(PROFILE, read_person, query))
    return FoundPerson(found=True, record=record) if record else FoundPerson(found=False)


@action(
    title="Delete user profiles",
    effect=Effect.DESTROY,
    toolset=Toolset.CORE,
    calls=("POST /1/delete/profiles.json",),
    preview=preview_deletion,
)
async def delete_user_profile(client: Client, asked: DeleteUserProfiles) -> UploadResult:
    """Erase people and all they did, for good.

    Accepted means queued: they are gone after 24 to 48 hours. CleverTap does not say whether it knew them. A person
    whose app still sends data comes back as a new profile.

    Example: {"identity": ["c-1", "c-2"]}

    Reference: data 9.1
    """
    ledger = await lists_in_turn(client, DELETE, asked.kind, asked.names, "accepted for deletion")
    return result_of(ledger, "deleting them again is harmless.", "Accepted means queued; gone after 24 to 48 hours.")


@action(
    title="Demerge user profiles",
    effect=Effect.DESTROY,
    toolset=Toolset.PEOPLE,
    calls=("POST /1/demerge/profiles.json",),
    default=False,
    preview=preview_demerge,
)
async def demerge_user_profiles(client: Client, asked: DemergeUserProfiles) -> UploadResult:
    """Take wrongly merged profiles apart; they lose every identity until their users log in again.

    Done at night; events can be lost. To erase people use clevertap_delete_user_profile.

    Reference: data 9.2
    """
    ledger = await lists_in_turn(client, DEMERGE, "identities", asked.identities, "accepted for demerging")
    return result_of(ledger, "look at them tomorrow before asking again.", DEMERGED)


def read_person(answer: Answer) -> JsonObject | None:
    """The record of one person; None if CleverTap says in one of its three ways that there is nobody.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    try:
        record = wire.read_envelope(answer).get("record")
    except InvalidRequestError as error:
        if NOBODY.search(error.message) or (answer.status == NOT_FOUND and not wire.looks_like_html(answer)):
            return None
        raise
    return record if isinstance(record, dict) else None


async def lists_in_turn(client: Client, path: str, kind: str, names: Sequence[str], told: str) -> Ledger:
    """Name people to CleverTap in one list after the other: its limit is low here, and a refusal must stop the rest."""

    def call(batch: Batch) -> Call[BatchOutcome]:
        body = {kind: [each[kind] for each in batch.records]}
        return wire.post(path, body, Effect.DESTROY, all_or_none(batch))

    return await in_turn(client, [{kind: name} for name in names], PEOPLE_PER_CALL, call, told)
