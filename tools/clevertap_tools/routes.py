"""CleverTap's endpoints, one row each: what a request to it does, what it takes, how sure we are of its shape.

Requests that no typed action makes are judged by this table. What it does not know counts as `destroy`: a path nobody
looked at may do anything. Paths are compared to the letter, so a clever spelling is an unknown path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from clevertap_tools.body_effects import (
    Body,
    Rule,
    of_campaign,
    of_membership,
    of_replacement,
    of_subscription,
    of_upload,
)
from clevertap_tools.disguises import are_harmless
from clevertap_tools.effect import Effect


class Sure(StrEnum):
    """How sure the shape of an endpoint's requests and answers is."""

    SEEN = "seen"
    """Documented or not, it was seen in live traffic."""
    DOCUMENTED = "documented"
    """CleverTap's documentation shows it."""
    ASSUMED = "assumed"
    """Part of it is inferred, or known from one third party only."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    Args:
        method: In capitals.
        path: With `{id}` where a number stands and another `{name}` where anything does.
        rule: Its effect, or how the body tells it; None where it overwrites or deletes and is held for as bad as an
            unknown one.
        reference: The section that describes it.
        sure: How sure its shape is.
        query: Its query parameters; any other may turn a request into another, as `_method` does on some servers.
        of_things: Whether its answers tell of campaigns, catalogues and the like; a `name` in them is no person's.
        with_token: Whether it asks for the account token.
    """

    method: str
    path: str
    rule: Rule | None
    reference: str
    sure: Sure = Sure.DOCUMENTED
    query: frozenset[str] = frozenset()
    of_things: bool = False
    with_token: bool = False

    def takes(self, path: str) -> bool:
        """Whether a path is one of its own."""
        return shape(self.path).fullmatch(path) is not None


@cache
def shape(path: str) -> re.Pattern[str]:
    """What the paths of an endpoint look like."""
    parts = re.split(r"(\{\w+\})", path)
    kinds = ("[0-9]+" if part == "{id}" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile("".join(kinds))


READ, UPSERT, APPEND, SEND, DESTROY = Effect.READ, Effect.UPSERT, Effect.APPEND, Effect.SEND, Effect.DESTROY
SEEN, ASSUMED = Sure.SEEN, Sure.ASSUMED
EXPORT = frozenset({"batch_size", "app", "events", "profile", "cursor"})
COUNT = frozenset({"req_id"})
PERSON = frozenset({"email", "identity", "objectId"})
PAGE = frozenset({"pageNumber", "pageSize"})
BLOCKS = PAGE | {"createdAtFrom", "createdAtTo", "updatedFrom", "updatedTo"}
CATALOGS = frozenset({"status", "search", "page", "size", "sortBy", "sortOrder"})
SIGNED = frozenset({"catalogId", "fileName", "contentType", "multiPart", "totalParts"})

TABLE: tuple[Route, ...] = (
    Route("POST", "/1/upload", of_upload, "data 5", SEEN, frozenset({"dryRun"})),
    Route("POST", "/1/profiles.json", READ, "data 7.2", SEEN, EXPORT),
    Route("GET", "/1/profiles.json", READ, "data 7.2", SEEN, EXPORT),
    Route("GET", "/1/profile.json", READ, "data 7.3", SEEN, PERSON),
    Route("POST", "/1/events.json", READ, "data 7.4", SEEN, EXPORT),
    Route("GET", "/1/events.json", READ, "data 7.4", SEEN, EXPORT),
    Route("POST", "/1/counts/profiles.json", READ, "data 8.1", SEEN, COUNT, of_things=True),
    Route("GET", "/1/counts/profiles.json", READ, "data 8.0", SEEN, COUNT, of_things=True),
    Route("POST", "/1/counts/events.json", READ, "data 8.2", SEEN, COUNT, of_things=True),
    Route("GET", "/1/counts/events.json", READ, "data 8.0", SEEN, COUNT, of_things=True),
    Route("POST", "/1/counts/top.json", READ, "data 8.4", SEEN, COUNT),
    Route("GET", "/1/counts/top.json", READ, "data 8.0", SEEN, COUNT),
    Route("POST", "/1/counts/trends.json", READ, "data 8.5", SEEN, COUNT, of_things=True),
    Route("GET", "/1/counts/trends.json", READ, "data 8.0", SEEN, COUNT, of_things=True),
    Route("POST", "/1/now.json", READ, "data 8.3", SEEN, of_things=True),
    Route("POST", "/1/message/report.json", READ, "data 8.6", SEEN, of_things=True),
    Route("POST", "/1/targets/create.json", of_campaign, "engagement 3", SEEN, of_things=True),
    Route("POST", "/1/targets/list.json", READ, "engagement 7", SEEN, of_things=True),
    Route("POST", "/1/targets/result.json", READ, "engagement 8", SEEN, of_things=True),
    Route("POST", "/1/targets/stop.json", DESTROY, "engagement 6", SEEN, of_things=True),
    Route("POST", "/1/targets/trigger.json", SEND, "engagement 15.1", ASSUMED, of_things=True),
    Route("POST", "/1/send/push.json", SEND, "engagement 4"),
    Route("POST", "/1/send/email.json", SEND, "engagement 4"),
    Route("POST", "/1/send/sms.json", SEND, "engagement 4"),
    Route("POST", "/1/send/webpush.json", SEND, "engagement 4"),
    Route("POST", "/1/send/whatsapp.json", SEND, "engagement 4", ASSUMED),
    Route("POST", "/1/send/externaltrigger.json", SEND, "engagement 5", ASSUMED),
    Route("POST", "/2/send/externaltrigger.json", SEND, "engagement 5", ASSUMED, with_token=True),
    Route("POST", "/1/update/templateIds.json", None, "engagement 14.3", ASSUMED),
    Route("POST", "/1/delete/profiles.json", DESTROY, "data 9.1"),
    Route("POST", "/1/demerge/profiles.json", DESTROY, "data 9.2"),
    Route("POST", "/1/subscribe", of_subscription, "data 9.3"),
    Route("POST", "/1/disassociate", DESTROY, "data 9.4"),
    Route("POST", "/1/createVars", UPSERT, "engagement 15.3", ASSUMED, of_things=True),
    Route("POST", "/1/getVars", READ, "engagement 15.3", ASSUMED),
    Route("POST", "/1/deleteVars", DESTROY, "engagement 15.3", ASSUMED, of_things=True),
    Route("POST", "/1/segments/list.json", READ, "engagement 12.3", ASSUMED, of_things=True),
    Route("POST", "/1/segments/get.json", READ, "engagement 12.3", ASSUMED, of_things=True),
    Route("POST", "/get_custom_list_segment_url", READ, "data 10.1", of_things=True),
    Route("POST", "/upload_custom_list_segment_completed", of_replacement, "data 10.1", of_things=True),
    Route("POST", "/get_catalog_url", READ, "data 10.3", of_things=True),
    Route(
        "GET",
        "/get_multipart_upload_catalog_url",
        READ,
        "data 10.3",
        query=frozenset({"totalParts"}),
        of_things=True,
    ),
    Route("POST", "/upload_catalog_completed", of_replacement, "data 10.3", of_things=True),
    Route("POST", "/api/createSegment", APPEND, "engagement 12.1", ASSUMED, of_things=True),
    Route("POST", "/api/updateSegment", of_membership, "engagement 12.2", ASSUMED),
    Route("GET", "/getSchema", READ, "data 10.4", SEEN, frozenset({"type"}), of_things=True),
    Route("GET", "/category-groups", READ, "data 10.4", SEEN, of_things=True),
    Route("GET", "/v1/connect", READ, "data 10.6", SEEN, frozenset({"partner"}), of_things=True),
    Route("GET", "/v1/contentBlock/list", READ, "engagement 14.1", SEEN, BLOCKS, of_things=True),
    Route("GET", "/v1/contentBlock/info", READ, "engagement 14.1", query=frozenset({"id"}), of_things=True),
    Route("POST", "/v1/contentBlock/create", APPEND, "engagement 14.1", of_things=True),
    Route("POST", "/v1/contentBlock/update", DESTROY, "engagement 14.1", of_things=True),
    Route("GET", "/v1/contentBlock/localise/list", None, "engagement 14.2", ASSUMED),
    Route("GET", "/v1/contentBlock/localise/info", None, "engagement 14.2", ASSUMED, frozenset({"id"})),
    Route("POST", "/v1/contentBlock/localise/upsert", None, "engagement 14.2", ASSUMED),
    Route("GET", "/v1/email/templates/localise", READ, "engagement 14.2", SEEN, PAGE | {"templateId"}, of_things=True),
    Route("GET", "/v1/email/templates/localise/", READ, "engagement 14.2", SEEN, PAGE | {"templateId"}, of_things=True),
    Route("POST", "/v1/email/templates/localise/upsert", None, "engagement 14.2", ASSUMED),
    Route("GET", "/v2/catalogs", READ, "engagement 13.2", query=CATALOGS, of_things=True, with_token=True),
    Route("GET", "/v2/catalogs/signedurl", READ, "engagement 13.2", query=SIGNED, of_things=True, with_token=True),
    Route("POST", "/v2/catalogs", APPEND, "engagement 13.2", query=CATALOGS, of_things=True, with_token=True),
    Route("GET", "/v2/catalogs/{id}", READ, "engagement 13.2", of_things=True, with_token=True),
    Route("PUT", "/v2/catalogs/{id}", None, "engagement 13.2", of_things=True, with_token=True),
    Route(
        "PUT",
        "/v2/catalogs/delete/{id}",
        None,
        "engagement 13.2",
        query=frozenset({"deletedBy"}),
        with_token=True,
    ),
    Route(
        "PATCH",
        "/v2/catalogs/{id}/schema/attributes/{attribute}/filterable",
        None,
        "engagement 13.2",
        query=frozenset({"filterable", "updatedBy"}),
        with_token=True,
    ),
    Route("POST", "/v2/catalogs/{id}/products", APPEND, "engagement 13.2", of_things=True),
    Route("POST", "/v2/catalogs/{id}/products/bulk", APPEND, "engagement 13.2", ASSUMED, of_things=True),
    Route("PUT", "/v2/catalogs/{id}/products/bulk", None, "engagement 13.2", ASSUMED, of_things=True),
    Route("PUT", "/v2/catalogs/{id}/products/{product}", None, "engagement 13.2"),
    Route("DELETE", "/v2/catalogs/{id}/products/{product}", None, "engagement 13.2"),
)
"""Every endpoint of the reference (data 0.1, engagement 3 to 15)."""

ROUTES: Mapping[tuple[str, str], Rule] = {
    (each.method, each.path): each.rule for each in TABLE if each.rule is not None and "{" not in each.path
}
"""The effects of the paths that are always spelt alike."""

UNLISTED_CATALOG_CALLS = re.compile(r"/v2/catalogs(?!/[^/]+/products)/.*")
"""Calls of catalogues whose path nobody has seen yet; products of a catalogue take no token (engagement 13.2)."""


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
    return next((each.rule for each in routes_of(path) if each.method == method and each.rule is not None), None)


def has_only_known(path: str, query: Collection[str], headers: Collection[str]) -> bool:
    """Whether every query parameter is a documented one of the path, and no header can change what it does."""
    known = frozenset[str]().union(*(each.query for each in routes_of(path)))
    return known.issuperset(query) and are_harmless(headers)


def about_people(path: str) -> bool:
    """Whether the answers of a path may be about people; true of every path that is not known to tell of things."""
    return not any(each.of_things for each in routes_of(path))


def wants_token(path: str) -> bool:
    """Whether a path asks for the account token (reference: engagement 1.2 and 13.2)."""
    listed = routes_of(path)
    return any(each.with_token for each in listed) or (
        not listed and UNLISTED_CATALOG_CALLS.fullmatch(path) is not None
    )


def routes_of(path: str) -> list[Route]:
    """The endpoints that a path is of, one for each method."""
    return [each for each in TABLE if each.takes(path)]


def route_of(method: str, path: str) -> Route | None:
    """The endpoint that a method and path are of, also where a name stands for a part of the path."""
    rows = [each for each in routes_of(PLACEHOLDER.sub("0", path)) if each.method == method]
    return min(rows, key=lambda each: each.path.count("{"), default=None)


PLACEHOLDER = re.compile(r"\{\w+\}")
