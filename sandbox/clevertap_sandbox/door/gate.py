"""Who may come in, and how many at a time. Reference: data 2.1, 3.2, 13; engagement 1.1 and 1.3."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clevertap_sandbox.answers import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clevertap_sandbox.behaviours import Behaviours

API_HOST = "api.clevertap.com"
DEFAULT_REGION = "eu1"
UPLOAD = "/1/upload"
UNKNOWN_ACCOUNT = "Account ID is not valid"


@dataclass(frozen=True, slots=True)
class Gate:
    """The credentials of the one account there is."""

    account_id: str
    passcode: str
    region: str | None
    wrong_passcode: str

    def check(self, headers: Mapping[str, str]) -> None:
        """Check a request's credentials.

        Raises:
            RefusedError: 401, with the text of the first thing wrong.
        """
        account = headers.get("x-clevertap-account-id", "")
        if not account:
            raise RefusedError("12 digit account ID mandatory", 401)
        # Another region's host does not redirect: the account is just not known there.
        if account != self.account_id or not self._is_home(headers.get("host", "")):
            raise RefusedError(UNKNOWN_ACCOUNT, 401)
        if headers.get("x-clevertap-passcode") != self.passcode:
            raise RefusedError(self.wrong_passcode, 401)

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
    def admission(self, path: str) -> Iterator[None]:
        """Hold one of the path's places while the request lasts.

        Raises:
            RefusedError: 429, there is no place left.
        """
        limit = self._behaviours.upload_limit if path == UPLOAD else self._behaviours.other_limit
        with self._lock:
            if self._admitted[path] >= limit:
                raise RefusedError("Too many concurrent requests", 429)
            self._admitted[path] += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted[path] -= 1
