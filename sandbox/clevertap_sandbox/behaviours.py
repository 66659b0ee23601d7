"""Every point on which CleverTap's behaviour is uncertain, as one switch each.

The defaults are the readings the references advise (`SIM:`) or, failing that, the most recent one observed
live. A client should work under every value; the tests run several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviours:
    """How this CleverTap behaves where the references leave it open."""

    unknown_get_is_empty: bool = True
    """GET on an unknown path: 200 with an empty body (engagement 1.1); False: 404 (data 3.1)."""

    upload_limit: int = 15
    """Requests in flight for /1/upload; older pages say 3 (data 2.1)."""

    other_limit: int = 3
    """Requests in flight for each other path (data 2.1)."""

    wrong_passcode: str = "Invalid Credentials"
    """Text of the 401 for a wrong passcode; `Passcode Invalid` was seen too (engagement 1.3)."""

    profile_not_found: Literal["null_record", "no_record", "fail_200", "fail_404"] = "null_record"
    """GET /1/profile.json for nobody: success with `record: null` or without it, or a failure (data 7.3)."""

    default_batch_size: int = 500
    """Page size when `batch_size` is absent: 500 from a digest, 10 by the vendor's client (data 7.1)."""

    small_batch_is_unlimited: bool = True
    """A `batch_size` under 23 puts everything on one page (data 7.1, measured once)."""

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

    contains_ignores_case: bool = True
    """`contains` and `does_not_contain` compare without case (data 6.1)."""

    negation_matches_missing: bool = True
    """`not_equals` and `does_not_contain` hold where the property is absent (not described anywhere)."""

    lookback_needs_event: bool = False
    """A people query without base event finds only people with an event in the last 365 days (data 6).

    False: everybody is looked at; the 365 days bound only the entries of `advanced_query` without dates.
    """

    increments: bool = True
    """`$incr` and `$decr` work over REST; False: they are accepted and ignored (data 5.1)."""

    tokens_need_device: bool = False
    """A token for an objectId never seen before is refused with 530; False: the device appears (data 5.3)."""

    discarded_events: frozenset[str] = frozenset()
    """Keys (lower case, no spaces) of events marked discarded in the dashboard: refused with 528 (data 3.3)."""

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

    scheduled_on_as_number: bool = False
    """`scheduled_on` is a number yyyyMMddHHmm instead of "YYYYMMDD HH:MM" (engagement 7)."""

    unfinished_result: Literal["error_500", "conflict_409", "fail_200", "only_error_200"] = "error_500"
    """result.json before completion: 500 was seen live, 409 is documented, 200 is sampled (data 10.7)."""
