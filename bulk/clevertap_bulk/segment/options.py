"""What can be chosen about Segment calls; it lies in an import's plan as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from clevertap_bulk.segment.names import checked_event
from clevertap_tools.action import Arguments
from clevertap_tools.checking import checked
from clevertap_tools.records import LONGEST_VALUE

Event = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE), AfterValidator(checked_event)]


class Options(Arguments):
    """How Segment calls become records."""

    keep_names: Annotated[
        bool, Field(description="Keep the names of traits and properties; else they become snake_case")
    ] = False
    page_event: Annotated[
        Event, Field(description="What a page call is at CleverTap, which may refuse this name as its own")
    ] = "Web Page Viewed"
    screen_event: Annotated[
        Event, Field(description="What a screen call is at CleverTap, which may refuse this name as its own")
    ] = "App Screen Viewed"
    link_devices: Annotated[
        bool, Field(description="An identify call with both ids ties its anonymousId, a device, to its userId")
    ] = False
    tokens: Annotated[bool, Field(description="Take push tokens from the context of identify calls")] = True
    deletions: Annotated[bool, Field(description="Erase the people of delete calls, for good")] = False

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Options:
        """Options out of a plan.

        Raises:
            InvalidArgumentsError: They are none.
        """
        return checked(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The options for a plan, without what says nothing."""
        return self.model_dump(mode="json", exclude_defaults=True)
