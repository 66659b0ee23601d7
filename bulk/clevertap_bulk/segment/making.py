"""Records out of calls: each kind of call makes its own, and one that makes none says why."""

from __future__ import annotations

from collections.abc import Callable

from clevertap_bulk.mapping.making import event, person, token
from clevertap_bulk.mapping.times import clock
from clevertap_bulk.reading import Row
from clevertap_bulk.segment import call as calls
from clevertap_bulk.segment.audience import membership, with_flag
from clevertap_bulk.segment.call import Call
from clevertap_bulk.segment.deletion import Deletion
from clevertap_bulk.segment.flat import Flat, gathered
from clevertap_bulk.segment.names import OF_PEOPLE, Names, kept_event
from clevertap_bulk.segment.options import Options
from clevertap_bulk.segment.order import COMPLETED, PURCHASE, purchase
from clevertap_bulk.segment.push_token import push_token
from clevertap_bulk.segment.traits import Traits
from clevertap_tools.moments import ProjectTime
from clevertap_tools.records import same_event
from clevertap_tools.wire import JsonObject

DELETE_USER = same_event("Delete User")
NO_EVENT = "'event' is empty"
NO_GROUP = "'groupId' is empty"
NO_TIME = "says no time, and CleverTap would take the time of the import instead"
NO_MERGE = (
    "joins two ids: CleverTap merges no people, and only a device can be given to somebody, "
    "which takes a 'userId' and a 'previousId' that is also the 'anonymousId'"
)
NO_DELETION = "asks to erase a person for good; only an import with 'deletions' does that"


def maker(options: Options, time: ProjectTime) -> Callable[[Row], list[JsonObject]]:
    """What makes records of Segment calls.

    Args:
        options: How.
        time: The project's zone, which times without an offset are in, and the time of day.

    Returns:
        A function from a row to one or more records, those of `Deletion` among them. It raises ValueError with the
        reason where a call can make none, and InvalidArgumentsError where a record breaks a rule for all uploads.
    """
    return Making(options, time).records


class Making:
    """Makes records of calls; see `maker`.

    Args:
        options: How.
        time: The project's zone and the time of day.
    """

    def __init__(self, options: Options, time: ProjectTime) -> None:
        self._options = options
        self._clocks = {name: clock("auto", time, name) for name in calls.TIMES}
        inner = clock("auto", time, "birthday")
        self._flat = Flat(Names(options.keep_names), inner)
        self._traits = Traits(Flat(Names(options.keep_names, OF_PEOPLE), inner, lists=True), inner)
        self._ways: dict[str, Callable[[Call], list[JsonObject]]] = {
            "identify": self._identify,
            "track": self._track,
            "page": lambda call: [self._seen(call, options.page_event)],
            "screen": lambda call: [self._seen(call, options.screen_event)],
            "group": self._group,
            "alias": self._alias,
            "delete": self._delete,
        }

    def records(self, row: Row) -> list[JsonObject]:
        """The records that a row makes."""
        if row.fault is not None:
            raise ValueError(row.fault)
        call = calls.read(row.values)
        return self._ways[call.kind](call)

    def _identify(self, call: Call) -> list[JsonObject]:
        """A profile; of a call with a push token also the device that it is for, and the token."""
        made = [self._person(call, self._traits.profile(with_flag(call)))]
        found = push_token(call) if self._options.tokens else None
        if call.user and call.device and (found or self._options.link_devices):
            made.append(self._link(call))
        return made if found is None else [*made, token(found)]

    def _group(self, call: Call) -> list[JsonObject]:
        group = call.text("groupId")
        if not group:
            raise ValueError(NO_GROUP)
        return [self._person(call, self._traits.of_group(group, call.said))]

    def _alias(self, call: Call) -> list[JsonObject]:
        if not call.user or not call.device or call.text("previousId") != call.device:
            raise ValueError(NO_MERGE)
        return [self._link(call)]

    def _track(self, call: Call) -> list[JsonObject]:
        name = call.text("event")
        if not name:
            raise ValueError(NO_EVENT)
        plain = same_event(name)
        if plain == DELETE_USER:
            return self._delete(call)
        traits = membership(call, plain)
        if traits is not None:
            return [self._person(call, self._traits.profile(traits))]
        if plain == COMPLETED:
            return [self._event(call, PURCHASE, purchase(call.said, self._flat))]
        return [self._event(call, name, gathered(self._flat.pairs(call.said)))]

    def _seen(self, call: Call, name: str) -> JsonObject:
        """A page or a screen; its name and category are properties, if they are not there anyway."""
        own = {key: call.text(key) for key in ("name", "category")}
        added = {key: value for key, value in own.items() if value and call.said.get(key) != value}
        return self._event(call, name, gathered([*added.items(), *self._flat.pairs(call.said)]))

    def _delete(self, call: Call) -> list[JsonObject]:
        if not self._options.deletions:
            raise ValueError(NO_DELETION)
        kind, name = next(iter(call.who.items()))
        return [Deletion("identity" if kind == "identity" else "guid", name).record()]

    def _person(self, call: Call, profile: JsonObject) -> JsonObject:
        return person({**call.who, **call.at(self._clocks), "profileData": profile})

    def _event(self, call: Call, name: str, properties: JsonObject) -> JsonObject:
        try:
            kept_event(name)
        except ValueError as error:
            raise ValueError(f"'event' {error}") from None
        moment = call.at(self._clocks)
        if not moment:
            raise ValueError(NO_TIME)
        return event({**call.who, **moment, "evtName": name, "evtData": properties})

    def _link(self, call: Call) -> JsonObject:
        """What gives a device to somebody (reference: data 4.1)."""
        given = {"objectId": call.device, **call.at(self._clocks), "profileData": {"identity": call.user}}
        return person(given)
