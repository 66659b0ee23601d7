"""Every point on which CleverTap's behaviour is uncertain, as one switch each.

The defaults are the readings the references advise (`SIM:`) or, failing that, the most recent one observed
live. A client should work under every value; the tests run several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviours:
    """How this CleverTap behaves where the references leave it open."""

    spaced_json: bool = False
    """Answers are printed with spaces around punctuation, as in 2018 (data 1.4)."""

    unknown_get_is_empty: bool = True
    """GET on an unknown path: 200 with an empty body (engagement 1.1); False: 404 (data 3.1)."""

    upload_limit: int = 15
    """Requests in flight for /1/upload; older pages say 3 (data 2.1)."""

    other_limit: int = 3
    """Requests in flight for each other path (data 2.1)."""

    upload_types_share_places: bool = True
    """Uploads of profiles, events and tokens share the places of /1/upload; False: each has its own (data 2.1)."""

    limit_is_for_all: bool = False
    """`other_limit` bounds all requests of the account together, as the oldest pages have it (data 2.1)."""

    wrong_passcode: str = "Invalid Credentials"
    """Text of the 401 for a wrong passcode; `Passcode Invalid` was seen too (engagement 1.3)."""

    profile_not_found: Literal["null_record", "no_record", "fail_200", "fail_404"] = "null_record"
    """GET /1/profile.json for nobody: success with `record: null` or without it, or a failure (data 7.3)."""

    default_batch_size: int = 500
    """Page size when `batch_size` is absent: 500 from a digest, 10 by the vendor's client (data 7.1)."""

    small_batch_is_unlimited: bool = True
    """A `batch_size` under 23 puts everything on one page (data 7.1, measured once)."""

    page_shape: Literal["full", "buckets", "gaps"] = "full"
    """How the records of an export are spread over its pages (data 7.1).

    full: every page but the last has `batch_size` records. buckets: the people lie in 23 buckets, and a page takes as
    many records from each, `batch_size` over 23, so that pages come short when buckets run out. gaps: every other
    page, the first among them, is empty and still has a `next_cursor`.
    """

    pages_not_ready: int = 0
    """So many times each page of an export is `still in progress`, code 2, before it comes (data 7.1)."""

    not_ready_status: Literal[200, 202] = 200
    """HTTP status of `still in progress` (data 7.1)."""

    expired_cursor: str = "Invalid cursor"
    """Text of the 400 for a cursor that has expired; one client knows `CURSOR_INVALIDATED` (data 7.1)."""

    exported_dates_as_epoch: bool = False
    """Exports show dates as epoch seconds, not as `$D_` text (data 7.2)."""

    undocumented_fields: bool = False
    """Exports show what was seen but is not described: `id` and `df` of an event's person, `ls` of a device."""

    anonymous_identity_is_empty: bool = False
    """People without an identity are exported with an empty one; False: with none (data 7.4)."""

    incorrect_usage_status: int = 400
    """HTTP status of `Incorrect Usage`, code 3: 400 or 200 (data 3.2)."""

    empty_page_omits_records: bool = False
    """A page with nothing on it has no `records` key at all (data 7.1)."""

    cursor_padding: int = 0
    """Bytes added to each cursor; real ones are several KB long (data 7.1)."""

    event_cursor_life: float = 4 * HOUR
    """Seconds an events walk may take from its start (data 7.1)."""

    event_cursor_idle: float = HOUR
    """Seconds an events walk may pause between two pages (data 7.1)."""

    profile_cursor_life: float = 4 * DAY
    """Seconds a profiles walk may take from its start (data 7.1)."""

    partial_polls: int | None = None
    """Every count answers `partial` first and for this many polls; None: counts answer at once (data 8.0)."""

    req_id_as_text: bool = False
    """`req_id` is sent as a string of digits instead of a number (data 8.0, engagement 1.3)."""

    req_id_life: float = HOUR
    """Seconds that a count can be asked for again by its `req_id` (data 8.0: unknown)."""

    now_has_only_user_type: bool = False
    """now.json knows the flag `user_type` only and ignores the others, as the newest table has it (data 8.3)."""

    contains_ignores_case: bool = True
    """`contains` and `does_not_contain` compare without case (data 6.1)."""

    negation_matches_missing: bool = True
    """`not_equals` and `does_not_contain` hold where the property is absent (not described anywhere)."""

    lookback_needs_event: bool = False
    """A people query without base event finds only people with an event in the last 365 days (data 6).

    False: everybody is looked at; the 365 days bound only the entries of `advanced_query` without dates.
    """

    ignores_unknown_keys: bool = False
    """Keys of a query that CleverTap does not know (`did_not`) are ignored, not refused.

    Observed at CleverTap (engagement 2.4): part of a query gets lost without a word, which widens the audience.
    """

    only_sampled_names: bool = False
    """Filters take only the names that samples show, all others being inferred (data 6.1, 6.2; engagement 2.3).

    These are Gender and Education, Device and Platform, Make, has_token, first_time and time_of_day.
    """

    text_days: bool = False
    """`from` and `to` of a query may be the text "YYYYMMDD" too (data 6)."""

    between: bool = False
    """There is an operator `between` with two numbers, both included (engagement 2.2)."""

    any_event_name: bool = False
    """`"event_name": "-1"` is any event, as one vendor script has it, rather than an unknown one (data 6)."""

    kilometres_per_radius: float = 1.0
    """Kilometres in one unit of a `geo_radius` (engagement 2.3); 1.609344: it is given in miles (data 6.2)."""

    prompt_means: Mapping[str, Any] | None = None
    """create.json takes a `where` of `{"prompt": ...}` (engagement 2.5), and this is the query it means.

    There is no language model here: whatever the words are, they mean this. None: a prompt is refused.
    """

    zero_periods_listed: bool = True
    """Trends list the days, weeks and months on which nothing happened (data 8.5)."""

    weeks: Literal["iso", "calendar_year"] = "iso"
    """Weeks of a trend: ISO weeks, or seven days each from 1 January on, the 52nd to the year's end (data 8.5)."""

    number_band: float | None = None
    """Width of the bands in which top values count numbers; None: a round one that fits the data (data 8.4)."""

    other_top_types: bool = False
    """Top values has buckets DATE and BOOLEAN beside STR and NUMBER; False: both count as STR (data 8.4)."""

    report_days: Literal["any", "text", "number"] = "any"
    """What message reports take for `from` and `to`: "YYYYMMDD", a number, or either (data 8.6)."""

    report_keys: Literal["id_spaced", "spaced", "underscored"] = "id_spaced"
    """Keys of message reports: only `message id` has a space, all have spaces, or none has (data 8.6)."""

    report_day_padded: bool = True
    """`start_date` of message reports has a two-digit day (data 8.6, engagement 1.5)."""

    report_device_listed: bool = True
    """`device` of message reports is a list (data 8.6); False: text with commas (engagement 9)."""

    report_daily: Literal["by_counter", "by_day"] = "by_counter"
    """With `daily`, each counter is an object by day; or the message has an object of counters by day (data 8.6)."""

    api_campaigns_are_api: bool = False
    """Message reports call the delivery of campaigns made by API `API` (engagement 9), not by their schedule."""

    tokens_per_upload: int = 100
    """More tokens than this in one upload are refused whole; the other records' 1000 may do as well (data 2.2)."""

    refuses_522: bool = True
    """An event with over 256 properties is refused with 522; False: the rest gets lost (data 5.2)."""

    loses_silently: bool = True
    """Bad names, long values and what is too many get lost after acceptance (data 3.4); False: all is kept.

    Nested objects and nulls get lost either way.
    """

    partial_says_success: bool = False
    """A partly refused upload says `success` and lists what was refused, as one client's mocks do (data 5)."""

    fail_lists_nothing: bool = False
    """A wholly refused upload has an empty `unprocessed`, as in one forwarder's tests (data 5)."""

    increments: bool = True
    """`$incr` and `$decr` work over REST; False: they are accepted and ignored (data 5.1)."""

    tokens_need_device: bool = False
    """A token for an objectId never seen before is refused with 530; False: the device appears (data 5.3)."""

    discarded_events: frozenset[str] = frozenset()
    """Keys (lower case, no spaces) of events marked discarded in the dashboard: refused with 528 (data 3.3)."""

    unknown_deletion_fails: bool = False
    """A delete that names nobody known is refused; False: it is a success (data 9.1)."""

    deletion_delay: float = DAY
    """Seconds between an accepted delete and its effect; 0 deletes at once (data 9.1)."""

    campaign_refusal_status: int = 400
    """HTTP status of a validation error of create.json: 400 or 200 (engagement 3.7)."""

    missing_where_is_everybody: bool = False
    """create.json without `where` and `segment` targets everybody instead of failing (engagement 2.1)."""

    notification_channels: frozenset[str] | None = None
    """Android channels that exist, others being refused; None: every name exists (engagement 3.7)."""

    whatsapp_estimate_key: Literal["whatsapp", "web"] = "whatsapp"
    """Key of a WhatsApp estimate (engagement 3.1)."""

    webhook_estimate_key: Literal["webhook", "web"] = "webhook"
    """Key of a webhook's estimate (engagement 3.1)."""

    async_estimate_is_partial: bool = False
    """create.json with `async_estimate` answers `partial` with a `req_id`, which GET on the same path takes.

    False: `async_estimate` changes nothing (engagement 3.3, 1.6).
    """

    campaign_run: float = 0.0
    """Seconds that a run of a campaign takes; 0: it is completed as soon as it has started (engagement 6 to 8)."""

    future_status: Literal["pending", "scheduled"] = "pending"
    """What list.json calls a campaign that has not started (engagement 7)."""

    approval_workflow: bool = False
    """A created campaign waits for an approval that nobody here can give (engagement 3.3)."""

    control_groups: frozenset[str] = frozenset()
    """Names of the custom control groups there are; they are checked and change nothing (engagement 3.2)."""

    ttl_types: Literal["relative", "units"] = "relative"
    """What `ttl.ttl_type` may be: relative or absolute, or else seconds, minutes, hours, days (engagement 3.2)."""

    liquid_in_push: bool = True
    """The title and body of a push may hold Liquid; False: refused, as one account saw (engagement 3.5.1)."""

    target_cap_cancels: bool = True
    """More people than `upper_cap_for_target_segment` stop the campaign; False: it caps the reach (engagement 3.2)."""

    campaigns_per_second: int | None = None
    """Requests a second for create.json and for stop.json each, more being answered 429; 3 on some pages.

    None: only concurrency counts, as the page of limits says (engagement 1.4, 3; data 2.1).
    """

    reports_per_minute: int | None = None
    """Requests a minute for result.json, more being answered 429; 60 in one digest, None: any (engagement 1.4)."""

    dashboard_campaigns_listed: bool = False
    """list.json has the campaigns made in the dashboard too: documented, but not what was seen live (engagement 7)."""

    dashboard_campaigns_stop: bool = True
    """stop.json stops campaigns made in the dashboard; False: they are unknown to it (engagement 6)."""

    scheduled_on_as_number: bool = False
    """`scheduled_on` is a number yyyyMMddHHmm instead of "YYYYMMDD HH:MM" (engagement 7)."""

    unfinished_result: Literal["error_500", "conflict_409", "fail_200", "only_error_200"] = "error_500"
    """result.json before completion: 500 was seen live, 409 is documented, 200 is sampled (data 10.7)."""

    result_metadata: bool = False
    """result.json has more than `sent` and `clicked`: delivered, viewed, name, channel (engagement 8)."""

    catalogs: Literal["on", "off_401", "off_403"] = "on"
    """Whether the account has catalogs of version 2, and the HTTP status of the refusal if not (engagement 13.2)."""

    catalog_headers: Literal["either", "documented", "token"] = "either"
    """Who may call /v2/catalogs: whoever sends either pair of headers, or only as documented (engagement 13.2).

    As documented: a catalog wants `X-Account-Id` and `X-CleverTap-Token`, its products the usual pair. token: all of
    them want the former.
    """

    existing_product: Literal["refused", "overwritten"] = "refused"
    """What becomes of a product that is created though it is there (engagement 13.2 does not say)."""

    unknown_product: Literal["refused", "created"] = "refused"
    """What becomes of a product that is updated though it is not there (engagement 13.2 does not say)."""

    product_failures: Literal["listed", "counted", "unsaid"] = "listed"
    """Whether a bulk write names the products that it skipped, counts them, or says nothing (engagement 13.2)."""

    product_update_merges: bool = False
    """A product keeps the attributes that an update does not repeat; False: they are lost (not described)."""

    content_blocks: bool = True
    """The account has content blocks; False: 403 (engagement 14.1)."""

    content_blocks_in_envelope: bool = False
    """Content blocks are listed with a `status` (data 10.4) and no page, not as a bare object (engagement 14.1)."""

    content_block_refusal: Literal["fail_error", "code_msg", "message"] = "fail_error"
    """A refusal says `{status, error}` (data 10.4), `{code, msg}` (partners, engagement 14.1) or `{message}` (1.3)."""

    variables_key: Literal["vars", "variables"] = "vars"
    """Where getVars has the values (data 10.5; the inner keys are not sure)."""

    variables_need_publishing: bool = False
    """A new variable has no value before it is published in the dashboard, which the sandbox lacks (data 10.5)."""

    sends_need_android_channel: bool = False
    """/1/send/push.json without a channel is refused if somebody named has an Android device (engagement 3.5.1, 4)."""

    whatsapp_needs_message_id: bool = True
    """/1/send/whatsapp.json without `message_id` is refused; one observer saw it required (engagement 4)."""

    send_tells_campaign: bool = False
    """Sends to named users answer with the `campaign_id` they are counted under (engagement 4)."""

    trigger_campaigns: frozenset[str] | None = None
    """Ids of the published External Trigger campaigns, others being refused; None: every id exists (engagement 5)."""

    trigger_form: Literal["either", "d", "campaign_id_list"] = "either"
    """Body of /2/send/externaltrigger.json: `d` with one entry per campaign, one `campaign_id_list`, or either."""

    trigger_needs_token: bool = True
    """/2/send/externaltrigger.json wants X-CleverTap-Token; one live script goes without (engagement 5)."""

    business_events: frozenset[str] | None = None
    """Business events with a published bulletin, others being refused; None: every one exists (engagement 15.1)."""

    subscription_groups: tuple[str, ...] = ("Newsletter", "Offers")
    """E-mail subscription groups made in the dashboard."""

    category_groups: Literal["list", "category_groups"] = "list"
    """GET /category-groups: `list` of key and name (data 10.4), or `category_groups` of names (engagement 15.2)."""

    email_templates_open: bool = True
    """/v1/email/templates/... is there for everybody; False: for partners only, 403 (engagement 14.2)."""

    subscribe_whatsapp: bool = True
    """/1/subscribe takes `whatsapp` besides `email` and `phone` (data 9.3)."""

    presigned_life: float = DAY
    """Seconds that a presigned URL is good for (data 10.1)."""

    presigned_expiry: Literal["expiry", "expiryEpoch"] = "expiry"
    """Under which key, and so in which form, the end of a presigned URL is told (data 10.1, engagement 11)."""

    multipart_urls: Literal["texts", "objects"] = "texts"
    """The presigned URLs of several parts are a list of texts, or of objects with their number (data 10.3)."""

    duplicate_name_code: Literal[400, 409] = 400
    """Status and code of a name that is taken: 400 (data 10.1, 10.3) or 409 (engagement 11, 13.1)."""

    duplicate_catalog: Literal["duplicate_name", "Catalog already exists"] = "duplicate_name"
    """What is said of a catalog's name that is taken: as of a list's (data 10.3), or of its own (engagement 13.1)."""

    dashboard_segments: frozenset[int] | None = None
    """Ids of segments made in the dashboard, each a made-up tenth of the people; None: every unknown id is one."""

    segment_id_key: str = "Segment ID"
    """Under which key a custom list gets its id (engagement 11)."""

    catalog_needs_category: bool = False
    """A catalog file needs the column `Category` too (data 10.3); what lacks it is refused by e-mail."""

    customer_segment_id_required: bool = True
    """createSegment needs a `customer_segment_id`; the user docs call it optional (engagement 12.1)."""

    created_segments: Literal["processed", "segments"] = "processed"
    """createSegment lists `processed` and `unprocessed` (data 10.2), or `segments` and `errors` (engagement 12.1)."""

    updated_segments: Literal["counted", "named"] = "counted"
    """updateSegment counts `processed` and lists anonymous failures (data 10.2), or names whom it skipped (12.2)."""

    segments_listed: bool = False
    """/1/segments/list.json and get.json exist, as on one account (engagement 12.3); False: unknown paths."""

    demerge_delay: float = DAY
    """Seconds between an accepted demerge and its effect; 0 demerges at once (data 9.2)."""
