"""The accounts of a process: which of them a caller sees, and what they can do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clevertap_mcp.accounts.choice import Choice, Offer
from clevertap_mcp.guard.access import LEVELS, Access, Caller
from clevertap_tools.action import Action

if TYPE_CHECKING:
    from clevertap_mcp.accounts.rotation import Rotation
    from clevertap_mcp.app import App
    from clevertap_mcp.privacy.privacy import Privacy
    from clevertap_mcp.settings import Settings
    from clevertap_mcp.telemetry.telemetry import Telemetry
    from clevertap_mcp.trail.trail import Trail

Levels = tuple[tuple[str, Access], ...]
"""The accounts that are open to a caller, each with what they may do there: all that a list of tools hangs on."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """One app for each account.

    Args:
        settings: What the operator decided for the process.
        apps: The apps by the names of their accounts; the only one without an accounts file has an empty name.
        privacy: Masks what belongs to no account.
        rotation: Notices when credentials change; None where they stand in variables.
    """

    settings: Settings
    apps: Mapping[str, App]
    privacy: Privacy
    rotation: Rotation | None = None

    @classmethod
    def only(cls, app: App) -> Accounts:
        """A single account."""
        return cls(app.settings, {app.name: app}, app.privacy)

    @property
    def several(self) -> bool:
        """Whether a call has to say which account it means."""
        return len(self.apps) > 1

    @property
    def trail(self) -> Trail:
        """The audit log."""
        return self._any.guard.trail

    @property
    def telemetry(self) -> Telemetry:
        """Who is told what happens."""
        return self._any.telemetry

    @property
    def patience(self) -> float:
        """How many seconds a person gets to answer."""
        return self._any.patience

    @property
    def _any(self) -> App:
        """One of them: what belongs to the process is the same in each."""
        return next(iter(self.apps.values()))

    def levels(self, caller: Caller) -> Levels:
        """What is open to a caller, and how far.

        An account that has a name asks for it in the caller's rights, even if it is the only one: taking another out
        of the accounts file must open nothing to anybody.
        """
        open_ones = (app for name, app in self.apps.items() if not name or caller.may_use(name))
        return tuple((app.name, app.access(caller)) for app in open_ones)

    def offers(self, levels: Levels) -> Mapping[str, Offer]:
        """The actions that are of some use at one account at least, by key, in the order of the catalogue."""
        actions = {key: action for app in self.apps.values() for key, action in app.actions.items()}
        offers = {key: self._offer(action, levels) for key, action in actions.items()}
        return {key: offer for key, offer in offers.items() if offer is not None}

    def _offer(self, action: Action[Any, Any], levels: Levels) -> Offer | None:
        of_use = tuple(self._of_use(action, levels))
        if not of_use:
            return None
        names = tuple(name for name, _ in of_use)
        offer = Offer(action, max((access for _, access in of_use), key=LEVELS.index), home=names[0])
        if not self.several:
            return offer
        return replace(offer, choice=Choice(names, self._zones(names), implied=len(levels) == 1 and offer.only_reads))

    def _of_use(self, action: Action[Any, Any], levels: Levels) -> Iterator[tuple[str, Access]]:
        for name, access in levels:
            if action.key in self.apps[name].actions and access.offers(action):
                yield name, access

    def _zones(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        zones = {name: self.apps[name].settings.account.zone for name in names}
        return tuple((name, zone.key) for name, zone in zones.items() if zone)

    def renew(self) -> None:
        """Use credentials that have changed from now on."""
        if self.rotation is None or (settings := self.rotation.changed()) is None:
            return
        for each in settings.each:
            if each.name in self.apps:
                self.rotation.renew(each.name, self.apps[each.name].client, each.account)
