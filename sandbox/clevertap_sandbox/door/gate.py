"""Who may come in, and how many at a time. Reference: data 2.1, 3.2, 13; engagement 1.1 and 1.3."""

from __future__ import annotations

import re
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from clevertap_sandbox.answers import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clevertap_sandbox.behaviours import Behaviours

API_HOST = "api.clevertap.com"
DEFAULT_REGION = "eu1"
UPLOAD = "/1/upload"
UNKNOWN_ACCOUNT = "Account ID is not valid"
CATALOGUES = "/v2/catalogs"
TYPE = re.compile(rb'"type"\s*:\s*"(profile|event|token)"')
"""The type of an upload's first record tells whose places it takes."""


class Pair(NamedTuple):
    """The two headers that say who calls."""

    account: str
    secret: str


PASSCODE = Pair("x-clevertap-account-id", "x-clevertap-passcode")
TOKEN = Pair("x-account-id", "x-clevertap-token")


@dataclass(frozen=True, slots=True)
class Gate:
    """The credentials of the one account there is."""

    account_id: str
    passcode: str
    account_token: str
    region: str | None
    behaviours: Behaviours

    def check(self, headers: Mapping[str, str], family: str = "") -> None:
        """Check a request's credentials.

        Args:
            headers: The request's, by name in lower case.
            family: The endpoint that it is for.

        Raises:
            RefusedError: 401, with the text of the first thing wrong.
        """
        pair = self._pair(headers, family)
        account = headers.get(pair.account, "")
        if not account:
            raise RefusedError("12 digit account ID mandatory", 401)
        # Another region's host does not redirect: the account is just not known there.
        if account != self.account_id or not self._is_home(headers.get("host", "")):
            raise RefusedError(UNKNOWN_ACCOUNT, 401)
        if headers.get(pair.secret) != (self.account_token if pair is TOKEN else self.passcode):
            raise RefusedError(self.behaviours.wrong_passcode, 401)

    def _pair(self, headers: Mapping[str, str], family: str) -> Pair:
        """Which headers count: catalogs have a pair of their own (engagement 13.2)."""
        if not family.startswith(CATALOGUES):
            return PASSCODE
        match self.behaviours.catalog_headers:
            case "either":
                good = headers.get(TOKEN.secret) == self.account_token
                return TOKEN if good or PASSCODE.account not in headers else PASSCODE
            case "documented":
                return PASSCODE if "/products" in family else TOKEN
            case "token":
                return TOKEN

    def _is_home(self, host: str) -> bool:
        name = host.partition(":")[0].lower()
        if self.region is None or not (name == API_HOST or name.endswith(f".{API_HOST}")):
            return True
        return (name.removesuffix(API_HOST).removesuffix(".") or DEFAULT_REGION) == self.region


class Traffic:
    """Requests in flight, per path. Safe to use from any thread."""

    def __init__(self, behaviours: Behaviours) -> None:
        self._behaviours = behaviours
        self._lock = threading.Lock()
        self._present: Counter[str] = Counter()
        self._admitted: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()

    def peak(self, path: str) -> int:
        """The highest number of simultaneous requests seen for a path, refused ones included."""
        with self._lock:
            return self._peaks[path]

    def peaks(self) -> dict[str, int]:
        """The same for every path that was ever asked for."""
        with self._lock:
            return dict(self._peaks)

    @contextmanager
    def presence(self, path: str) -> Iterator[None]:
        """Count a request while it lasts."""
        with self._lock:
            self._present[path] += 1
            self._peaks[path] = max(self._peaks[path], self._present[path])
        try:
            yield
        finally:
            with self._lock:
                self._present[path] -= 1

    @contextmanager
    def admission(self, path: str, body: bytes = b"") -> Iterator[None]:
        """Hold one of the path's places while the request lasts.

        Raises:
            RefusedError: 429, there is no place left.
        """
        kind, limit = self._places(path, body)
        with self._lock:
            if self._admitted[kind] >= limit:
                raise RefusedError("Too many concurrent requests", 429)
            self._admitted[kind] += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted[kind] -= 1

    def _places(self, path: str, body: bytes) -> tuple[str, int]:
        """Say which places a request takes one of, and how many there are."""
        behaviours = self._behaviours
        if behaviours.limit_is_for_all:
            return "", behaviours.other_limit
        if path != UPLOAD:
            return path, behaviours.other_limit
        kind = None if behaviours.upload_types_share_places else TYPE.search(body)
        return f"{path} {kind[1].decode()}" if kind else path, behaviours.upload_limit
