"""Credentials that change while the server runs: noticed at the next call, and used from then on."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from clevertap_mcp.settings import Settings
from clevertap_tools.account import Account
from clevertap_tools.client import Client
from clevertap_tools.errors import ConfigurationError

log = logging.getLogger(__name__)

NO_PASSCODE = SecretStr("")
Marks = tuple[tuple[int, ...] | None, ...]
"""What tells whether files have changed; None for one that is not there."""


class Rotation:
    """Watches the files that credentials stand in.

    Only credentials are taken over. What else changes (accounts that come or go, access, caps, zones) is for the next
    start, because tools were listed and plans drawn up by what it was.

    Args:
        settings: What was read from the files at the start.
    """

    def __init__(self, settings: Settings) -> None:
        self._start = settings
        self._files = settings.secret_files
        self._marks = marks(self._files)
        self._trouble = ""

    def changed(self) -> Settings | None:
        """What the files hold now, if they have changed and can be read; else None, and the log says why."""
        seen = marks(self._files)
        if (seen == self._marks and not self._trouble) or self._start.reread is None:
            return None
        self._marks = seen  # of before the reading: what changes meanwhile is noticed by the next call
        try:
            settings = self._start.reread()
        except ConfigurationError as error:
            # It is read again by every call until it is sound: it may name a file that is still to come.
            if error.message != self._trouble:
                log.error("%s The accounts stay as they were.", error.message)  # noqa: TRY400 - no mistake of ours
            self._trouble = error.message
            return None
        self._trouble = ""
        if settings.secret_files != self._files:
            self._files = settings.secret_files
            self._marks = marks(self._files)
        if without_credentials(settings) != without_credentials(self._start):
            log.warning("The accounts file says more than other credentials now; that takes effect at the next start.")
        return settings

    @staticmethod
    def renew(name: str, client: Client, account: Account) -> None:
        """Give an account's client its new credentials, if they are of the same project: no other may ever see them."""
        old = client.account
        renewed = replace(old, passcode=account.passcode, token=account.token)
        if (account.id, account.base_url) == (old.id, old.base_url) and renewed != old:
            client.renew(renewed)
            log.info("The credentials of the account %s have changed; the new ones are used from now on.", name)


def marks(files: Iterable[Path]) -> Marks:
    """What tells whether files have changed."""
    return tuple(map(mark, files))


def mark(file: Path) -> tuple[int, ...] | None:
    """What tells whether a file has changed; None if it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def without_credentials(settings: Settings) -> tuple[Settings, ...]:
    """The settings of each account with one and the same credentials in all."""
    return tuple(replace(each, account=nobody(each.account), secret_files=()) for each in settings.each)


def nobody(account: Account) -> Account:
    """An account without its credentials."""
    return Account(account.id, NO_PASSCODE, account.base_url, None, account.zone)
