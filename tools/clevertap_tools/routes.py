"""What each of CleverTap's paths does, for requests that no typed action makes.

What this table does not know counts as `destroy`: a path nobody looked at may do anything. Paths are compared to the
letter, so a clever spelling is an unknown path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from clevertap_tools.disguises import are_harmless
from clevertap_tools.effect import Effect
from clevertap_tools.opt_outs import lifted
from clevertap_tools.records import counts_up
from clevertap_tools.spelling import spelt

Body = object
Rule = Effect | Callable[[Body], Effect]
OTHER_SWITCHES = ("skip_estimate", "async_estimate", "draft")
"""Switches of a campaign beside which nobody knows what `estimate_only` means."""


def of_upload(body: Body) -> Effect:
    """Profiles and tokens without increments may be repeated, events may not, and lifted opt-outs let messages out."""
    records = body.get("d") if isinstance(body, Mapping) else None
    if not isinstance(records, list) or not all(map(is_readable, records)):
        return Effect.SEND  # a body that is not read may hold anything that an upload can do
    if lifted(body):
        return Effect.SEND
    return Effect.UPSERT if all(map(repeatable, records)) else Effect.APPEND


def is_readable(record: Any) -> bool:
    """Whether a record of an upload is one, so that what it says of a person can be seen."""
    return isinstance(record, Mapping) and isinstance(record.get("profileData") or {}, Mapping)


def repeatable(record: Mapping[str, Any]) -> bool:
    """Whether a record of an upload changes nothing the second time."""
    return record.get("type") in ("profile", "token") and not counts_up(record.get("profileData") or {})


def of_campaign(body: Body) -> Effect:
    """Only an estimate creates nothing."""
    if not isinstance(body, Mapping) or any(switched_on(body, name) for name in OTHER_SWITCHES):
        return Effect.SEND
    asked = body.get("estimate_only") is True and all(value is True for value in spelt(body, "estimate_only"))
    return Effect.READ if asked else Effect.SEND


def of_subscription(body: Body) -> Effect:
    """Lifting an opt-out lets messages through to everybody on the address; only pure unsubscribing is harmless."""
    records = body.get("d") if isinstance(body, Mapping) and set(body) == {"d"} else None
    harmless = isinstance(records, list) and records and all(map(unsubscribes, records))
    return Effect.UPSERT if harmless else Effect.SEND


def unsubscribes(record: Any) -> bool:
    """Whether a record says so and says nothing else."""
    known = isinstance(record, Mapping) and set(record) <= {"type", "value", "status"}
    return known and record.get("status") == "Unsubscribe"


def of_replacement(body: Body) -> Effect:
    """An upload that replaces takes the old one away."""
    harmless = isinstance(body, Mapping) and not switched_on(body, "replace") and not switched_on(body, "override")
    return Effect.UPSERT if harmless else Effect.DESTROY


def of_membership(body: Body) -> Effect:
    """Who is taken out of a segment is nowhere noted; who joins one may set off campaigns, as an event may."""
    groups = body.get("bulk_profiles") if isinstance(body, Mapping) else None
    if not isinstance(groups, list):
        return Effect.DESTROY
    return Effect.APPEND if all(map(only_adds, groups)) else Effect.DESTROY


def only_adds(group: Any) -> bool:
    """Whether a group of people only joins segments."""
    segments = group.get("segments") if isinstance(group, Mapping) else None
    return isinstance(segments, list) and all(
        isinstance(each, Mapping) and each.get("action") == "ADD" and len(spelt(each, "action")) == 1
        for each in segments
    )


def switched_on(body: Mapping[str, Any], name: str) -> bool:
    """Whether a body says anything but no to a switch, in whatever spelling."""
    return any(value is not None and value is not False for value in spelt(body, name))


ROUTES: Mapping[tuple[str, str], Rule] = {
    ("POST", "/1/upload"): of_upload,
    ("POST", "/1/profiles.json"): Effect.READ,
    ("GET", "/1/profiles.json"): Effect.READ,
    ("GET", "/1/profile.json"): Effect.READ,
    ("POST", "/1/events.json"): Effect.READ,
    ("GET", "/1/events.json"): Effect.READ,
    ("POST", "/1/counts/profiles.json"): Effect.READ,
    ("GET", "/1/counts/profiles.json"): Effect.READ,
    ("POST", "/1/counts/events.json"): Effect.READ,
    ("GET", "/1/counts/events.json"): Effect.READ,
    ("POST", "/1/counts/top.json"): Effect.READ,
    ("GET", "/1/counts/top.json"): Effect.READ,
    ("POST", "/1/counts/trends.json"): Effect.READ,
    ("GET", "/1/counts/trends.json"): Effect.READ,
    ("POST", "/1/now.json"): Effect.READ,
    ("POST", "/1/message/report.json"): Effect.READ,
    ("POST", "/1/targets/create.json"): of_campaign,
    ("POST", "/1/targets/list.json"): Effect.READ,
    ("POST", "/1/targets/result.json"): Effect.READ,
    ("POST", "/1/targets/stop.json"): Effect.DESTROY,
    ("POST", "/1/targets/trigger.json"): Effect.SEND,
    ("POST", "/1/send/push.json"): Effect.SEND,
    ("POST", "/1/send/email.json"): Effect.SEND,
    ("POST", "/1/send/sms.json"): Effect.SEND,
    ("POST", "/1/send/webpush.json"): Effect.SEND,
    ("POST", "/1/send/whatsapp.json"): Effect.SEND,
    ("POST", "/1/send/externaltrigger.json"): Effect.SEND,
    ("POST", "/2/send/externaltrigger.json"): Effect.SEND,
    ("POST", "/1/delete/profiles.json"): Effect.DESTROY,
    ("POST", "/1/demerge/profiles.json"): Effect.DESTROY,
    ("POST", "/1/subscribe"): of_subscription,
    ("POST", "/1/disassociate"): Effect.DESTROY,
    ("POST", "/1/createVars"): Effect.UPSERT,
    ("POST", "/1/getVars"): Effect.READ,
    ("POST", "/1/deleteVars"): Effect.DESTROY,
    ("POST", "/1/segments/list.json"): Effect.READ,
    ("POST", "/1/segments/get.json"): Effect.READ,
    ("POST", "/get_custom_list_segment_url"): Effect.READ,
    ("POST", "/upload_custom_list_segment_completed"): of_replacement,
    ("POST", "/get_catalog_url"): Effect.READ,
    ("GET", "/get_multipart_upload_catalog_url"): Effect.READ,
    ("POST", "/upload_catalog_completed"): of_replacement,
    ("POST", "/api/createSegment"): Effect.UPSERT,
    ("POST", "/api/updateSegment"): of_membership,
    ("GET", "/getSchema"): Effect.READ,
    ("GET", "/category-groups"): Effect.READ,
    ("GET", "/v1/connect"): Effect.READ,
    ("GET", "/v1/contentBlock/list"): Effect.READ,
    ("GET", "/v1/contentBlock/info"): Effect.READ,
    ("POST", "/v1/contentBlock/create"): Effect.UPSERT,
    ("POST", "/v1/contentBlock/update"): Effect.DESTROY,
    ("GET", "/v1/email/templates/localise"): Effect.READ,
    ("GET", "/v1/email/templates/localise/"): Effect.READ,
    ("GET", "/v2/catalogs"): Effect.READ,
    ("GET", "/v2/catalogs/signedurl"): Effect.READ,
    ("POST", "/v2/catalogs"): Effect.UPSERT,
}
"""Every documented path (reference: data 0.1, engagement 3 to 15)."""

PATTERNS: tuple[tuple[str, re.Pattern[str], Effect], ...] = (
    ("GET", re.compile(r"/v2/catalogs/[0-9]+"), Effect.READ),
    ("POST", re.compile(r"/v2/catalogs/[0-9]+/products(/bulk)?"), Effect.UPSERT),
)
"""Documented paths with an id in them; their other methods overwrite or delete."""

TOKEN_PATHS = re.compile(r"/2/send/externaltrigger\.json|/v2/catalogs(?!/[^/]+/products)(/.*)?")
"""Where the reference asks for the account token (engagement 1.2 and 13.2); products of a catalogue do not."""


EXPORT = frozenset({"batch_size", "app", "events", "profile", "cursor"})
COUNT = frozenset({"req_id"})
PARAMETERS: Mapping[str, frozenset[str]] = {
    "/1/upload": frozenset({"dryRun"}),
    "/1/profiles.json": EXPORT,
    "/1/events.json": EXPORT,
    "/1/profile.json": frozenset({"email", "identity", "objectId"}),
    "/1/counts/profiles.json": COUNT,
    "/1/counts/events.json": COUNT,
    "/1/counts/top.json": COUNT,
    "/1/counts/trends.json": COUNT,
    "/get_multipart_upload_catalog_url": frozenset({"totalParts"}),
    "/getSchema": frozenset({"type"}),
    "/v1/connect": frozenset({"partner"}),
    "/v1/contentBlock/list": frozenset(
        {"pageNumber", "pageSize", "createdAtFrom", "createdAtTo", "updatedFrom", "updatedTo"}
    ),
    "/v1/contentBlock/info": frozenset({"id"}),
    "/v1/email/templates/localise": frozenset({"templateId", "pageNumber", "pageSize"}),
    "/v1/email/templates/localise/": frozenset({"templateId", "pageNumber", "pageSize"}),
    "/v2/catalogs": frozenset({"status", "search", "page", "size", "sortBy", "sortOrder"}),
    "/v2/catalogs/signedurl": frozenset({"catalogId", "fileName", "contentType", "multiPart", "totalParts"}),
}
"""Every documented query parameter; any other may turn a request into another, as `_method` does on some servers."""

OF_THINGS = re.compile(
    r"/1/targets/(create|list|result|stop|trigger)\.json|/1/message/report\.json|/1/now\.json"
    r"|/1/counts/(profiles|events|trends)\.json|/1/(createVars|deleteVars)|/1/segments/(list|get)\.json"
    r"|/get_(catalog|multipart_upload_catalog|custom_list_segment)_url|/upload_(catalog|custom_list_segment)_completed"
    r"|/api/createSegment|/getSchema|/category-groups|/v1/connect|/v1/contentBlock/(list|info|create|update)"
    r"|/v1/email/templates/localise/?|/v2/catalogs(/signedurl|/[0-9]+(/products(/bulk)?)?)?"
)
"""Paths whose answers tell of campaigns, catalogues and the like; a `name` in them is no person's."""


def effect_of(method: str, path: str, body: Body, query: Collection[str] = (), headers: Collection[str] = ()) -> Effect:
    """What a request does, as far as the table knows it; `destroy` beyond.

    Args:
        method: In capitals.
        path: As it will be sent.
        body: The parsed JSON body, None when there is none or it is not JSON that we wrote ourselves.
        query: The names of the query parameters.
        headers: The names of the headers that are not ours.
    """
    rule = rule_of(method, path) if has_only_known(path, query, headers) else None
    if rule is None:
        return Effect.DESTROY
    return rule if isinstance(rule, Effect) else rule(body)


def is_known(method: str, path: str, query: Collection[str] = (), headers: Collection[str] = ()) -> bool:
    """Whether the reference tells what a request does, so that its effect is more than the worst guess."""
    return rule_of(method, path) is not None and has_only_known(path, query, headers)


def rule_of(method: str, path: str) -> Rule | None:
    """What the table says of a path, None beyond it."""
    shaped = (effect for verb, shape, effect in PATTERNS if verb == method and shape.fullmatch(path))
    return ROUTES.get((method, path)) or next(shaped, None)


def has_only_known(path: str, query: Collection[str], headers: Collection[str]) -> bool:
    """Whether every query parameter is a documented one of the path, and no header can change what it does."""
    return PARAMETERS.get(path, frozenset()).issuperset(query) and are_harmless(headers)


def about_people(path: str) -> bool:
    """Whether the answers of a path may be about people; true of every path that is not known to tell of things."""
    return OF_THINGS.fullmatch(path) is None


def wants_token(path: str) -> bool:
    """Whether a path asks for the account token."""
    return TOKEN_PATHS.fullmatch(path) is not None
