"""What each of CleverTap's paths does, for requests that no typed action makes.

What this table does not know counts as `destroy`: a path nobody looked at may do anything. Paths are compared to the
letter, so a clever spelling is an unknown path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from clevertap_tools.effect import Effect
from clevertap_tools.records import counts_up, lifts_opt_out

Body = object
Rule = Effect | Callable[[Body], Effect]


def of_upload(body: Body) -> Effect:
    """Profiles and tokens without increments may be repeated, events may not, and lifted opt-outs let messages out."""
    records = body.get("d") if isinstance(body, Mapping) else None
    if not isinstance(records, list):
        return Effect.SEND  # a body that is not read may hold anything that an upload can do
    if any(map(lifts, records)):
        return Effect.SEND
    return Effect.UPSERT if all(map(repeatable, records)) else Effect.APPEND


def repeatable(record: Any) -> bool:
    """Whether a record of an upload changes nothing the second time."""
    if not isinstance(record, Mapping) or record.get("type") not in ("profile", "token"):
        return False
    return not counts_up(profile_of(record))


def lifts(record: Any) -> bool:
    """Whether a record of an upload lifts an opt-out."""
    return lifts_opt_out(profile_of(record))


def profile_of(record: Any) -> Mapping[str, Any]:
    """What a record of an upload says of a person, empty if it is no such record."""
    data = record.get("profileData") if isinstance(record, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def of_campaign(body: Body) -> Effect:
    """Only an estimate creates nothing."""
    if not isinstance(body, Mapping) or body.get("skip_estimate") not in (None, False):
        return Effect.SEND
    return Effect.READ if body.get("estimate_only") is True else Effect.SEND


def of_subscription(body: Body) -> Effect:
    """Lifting an opt-out lets messages through to everybody on the address; only pure unsubscribing is harmless."""
    records = body.get("d") if isinstance(body, Mapping) else None
    if not isinstance(records, list) or not records:
        return Effect.SEND
    harmless = all(isinstance(each, Mapping) and each.get("status") == "Unsubscribe" for each in records)
    return Effect.UPSERT if harmless else Effect.SEND


def of_replacement(body: Body) -> Effect:
    """An upload that replaces takes the old one away."""
    harmless = isinstance(body, Mapping) and body.get("replace") in (None, False)
    return Effect.UPSERT if harmless else Effect.DESTROY


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
    ("POST", "/api/updateSegment"): Effect.APPEND,
    ("GET", "/getSchema"): Effect.READ,
    ("GET", "/category-groups"): Effect.READ,
    ("GET", "/v1/connect"): Effect.READ,
    ("GET", "/v1/contentBlock/list"): Effect.READ,
    ("GET", "/v1/contentBlock/info"): Effect.READ,
    ("POST", "/v1/contentBlock/create"): Effect.UPSERT,
    ("POST", "/v1/contentBlock/update"): Effect.UPSERT,
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


def effect_of(method: str, path: str, body: Body) -> Effect:
    """What a request does, as far as the table knows it; `destroy` beyond.

    Args:
        method: In capitals.
        path: As it will be sent.
        body: The parsed JSON body, None when there is none or it is not JSON that we wrote ourselves.
    """
    rule = ROUTES.get((method, path))
    if rule is None:
        return next(
            (effect for verb, shape, effect in PATTERNS if verb == method and shape.fullmatch(path)),
            Effect.DESTROY,
        )
    return rule if isinstance(rule, Effect) else rule(body)


def wants_token(path: str) -> bool:
    """Whether a path asks for the account token."""
    return TOKEN_PATHS.fullmatch(path) is not None
