"""Erasing people, which Segment asks for in delete calls and in tracks of "Delete User" (reference: data 9.1).

Deletions are no records of an upload. They are carried out by a call of their own, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clevertap_tools import wire
from clevertap_tools.actions.people import DELETE
from clevertap_tools.effect import Effect
from clevertap_tools.in_turn import all_or_none
from clevertap_tools.records import checked_identity
from clevertap_tools.upload import Batch, BatchOutcome
from clevertap_tools.wire import Call, JsonObject

TYPE = "deletion"
"""The `type` of its record, which CleverTap does not know."""
Kind = Literal["identity", "guid"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """One person to erase.

    Args:
        kind: How the person is named: by `identity`, or by the `guid` of a device.
        name: The name.
    """

    kind: Kind
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that is nobody's.

        Raises:
            ValueError: It is one.
        """
        try:
            checked_identity(self.name)
        except ValueError as error:
            raise ValueError(f"{self.kind!r} {error}") from None

    def record(self) -> JsonObject:
        """The deletion among the records of a file."""
        return {"type": TYPE, self.kind: self.name}

    @classmethod
    def of(cls, record: JsonObject) -> Deletion | None:
        """The deletion that a record is, None if it is one for uploading."""
        if record["type"] != TYPE:
            return None
        return cls("identity", record["identity"]) if "identity" in record else cls("guid", record["guid"])


def deletion_call(deletions: Sequence[Deletion]) -> Call[BatchOutcome]:
    """The request that erases some people; it is accepted or refused as a whole.

    Accepted means queued: they are gone after 24 to 48 hours. Asking again changes nothing.

    Args:
        deletions: At most 100, all named in the same way.
    """
    body = {deletions[0].kind: [each.name for each in deletions]}
    batch = Batch(0, [each.record() for each in deletions])
    return wire.post(DELETE, body, Effect.DESTROY, all_or_none(batch))
