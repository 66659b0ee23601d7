"""The composition root: settings become an app, with its client, the actions that are on, and what guards them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from hashlib import sha256
from typing import Any

from clevertap_mcp.app import App, namespace
from clevertap_mcp.bulk import data_room
from clevertap_mcp.environment import variable
from clevertap_mcp.guard.allowance import Allowance
from clevertap_mcp.guard.confirmation import Confirmation
from clevertap_mcp.guard.guard import Guard
from clevertap_mcp.guard.plans import Plans
from clevertap_mcp.guard.repeats import Repeats
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_mcp.settings import Settings
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.opening import needs_common_key, opened_store
from clevertap_mcp.store.store import Store
from clevertap_mcp.telemetry.telemetry import SILENT, STORE_GONE, Telemetry
from clevertap_mcp.toolsets import choose
from clevertap_mcp.trail.trail import LOG, SANDBOX_LOG, Trail, default_file
from clevertap_tools.action import Action
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.client import Client
from clevertap_tools.errors import ConfigurationError
from clevertap_tools.files.local_files import Files
from clevertap_tools.limits import Families, Limits
from clevertap_tools.ways import Transport, in_process


@asynccontextmanager
async def opened(settings: Settings, telemetry: Telemetry = SILENT) -> AsyncIterator[App]:
    """The app of one account with its connections open.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown, the access leaves nothing of it, or the
            settings are of several accounts.
    """
    one = settings.at(settings.name or None)
    async with sharing(one, telemetry) as shared, working(one, shared) as app:
        yield app


@dataclass(frozen=True, slots=True)
class Shared:
    """What all accounts of a process have in common.

    Args:
        trail: The audit log.
        key: What pseudonyms are made with if the settings do not say.
        telemetry: Who is told what happens.
        store: What replicas and restarts share too.
        families: Who counts the requests in flight in this process, by project: two entries may lead to the same.
    """

    trail: Trail
    key: str
    telemetry: Telemetry = SILENT
    store: Store = field(default_factory=MemoryStore)
    families: dict[str, Families] = field(default_factory=dict)


@asynccontextmanager
async def sharing(settings: Settings, telemetry: Telemetry = SILENT) -> AsyncIterator[Shared]:
    """What all accounts of a process have in common, open.

    Raises:
        ConfigurationError: The store cannot be used, or replicas would not understand each other.
    """
    if settings.pseudonym_key is None and needs_common_key(settings.store_url):
        name = variable("pseudonym_key")
        raise ConfigurationError(
            f"{name} is not set; replicas that share {variable('store_url')} need it to know each other's pseudonyms "
            "and questions.",
            field=name,
        )
    async with opened_store(settings.store_url) as store:
        telemetry.follow(STORE_GONE, lambda: int(store.gone))
        yield Shared(trail_of(settings), secrets.token_hex(), telemetry, store)


@asynccontextmanager
async def working(settings: Settings, shared: Shared) -> AsyncIterator[App]:
    """The app of one account, beside those of others.

    Raises:
        ConfigurationError: See `opened`.
    """
    with way_to(settings) as transport:
        client = Client(
            settings.account,
            deadline=settings.deadline,
            upload_concurrency=settings.upload_concurrency,
            transport=transport,
            files=Files(settings.data_dir),
            observer=shared.telemetry,
            limits=limits(settings, shared),
        )
        async with client:
            guard, privacy = guard_of(settings, shared.trail, shared.store), privacy_of(settings, shared.key)
            async with data_room(settings, client, privacy) as client.bulk:
                yield App(settings, client, guard, privacy, chosen(settings), shared.telemetry, shared.store)


def limits(settings: Settings, shared: Shared) -> Limits:
    """Who counts the requests in flight at an account: all who share a store, or this process alone."""
    families = shared.families.setdefault(project(settings), Families(settings.upload_concurrency))
    if not shared.store.shared:
        return families
    from clevertap_mcp.store.places import SharedPlaces  # noqa: PLC0415 - one process alone starts without it

    return SharedPlaces(families, shared.store, project(settings))


def project(settings: Settings) -> str:
    """What the keys of a project in the store begin with, by whatever name and passcode it is worked."""
    account = settings.account
    return sha256(f"{account.id}\n{account.base_url}".encode()).hexdigest()[:32]


@contextmanager
def way_to(settings: Settings) -> Iterator[Transport | None]:
    """How the account is reached: the network, or the sandbox inside this process without a port."""
    if not settings.sandbox:
        yield None
        return
    with ExitStack() as stack:

        @cache
        def application() -> Any:
            """The sandbox, made when it is first asked something: only whoever uses it waits for it."""
            from clevertap_sandbox import Sandbox  # noqa: PLC0415 - see above

            # Without its control path: an agent could plan faults against itself.
            return stack.enter_context(Sandbox(zone=settings.account.zone or UTC, control=False)).app

        async def at_first_use(scope: Any, receive: Any, send: Any) -> None:
            await application()(scope, receive, send)

        yield in_process(at_first_use)


def chosen(settings: Settings) -> dict[str, Action[Any, Any]]:
    """The actions that are on: chosen by toolset, and of some use at this access.

    Raises:
        ConfigurationError: The choice of toolsets names something unknown, or the access leaves nothing of it.
    """
    return choose(settings.toolsets, CATALOGUE, settings.access)


def guard_of(settings: Settings, trail: Trail | None = None, store: Store | None = None) -> Guard:
    """The guard that the settings make.

    Args:
        settings: What the operator decided.
        trail: The audit log of this process; None to open it.
        store: Where plans, and what was done, are; None for a memory of its own.
    """
    store, scope = store or MemoryStore(), namespace(settings)
    return Guard(
        settings.access,
        Confirmation(settings.confirm, Plans(store, scope)),
        settings.caps,
        Repeats(store, project(settings)),
        trail or trail_of(settings),
        settings.account.zone,
        Allowance(store, project(settings)),
    )


def trail_of(settings: Settings) -> Trail:
    """The audit log that the settings name."""
    file = settings.audit_log or default_file(SANDBOX_LOG if settings.sandbox else LOG)
    return Trail(file, key=settings.sealing_key)


def privacy_of(settings: Settings, key: str | None = None) -> Privacy:
    """The mask that the settings make.

    A project's pseudonyms hang on its id, and in the accounts file also on where it is called. So two entries that lead
    to the same project know each other's, which tells nobody more than either of them does, and no others do.

    Args:
        settings: What the operator decided.
        key: What pseudonyms are made with if the settings do not say; None for one that lasts as long as the mask.
    """
    if not settings.masked:
        return Privacy(None)
    chosen_key = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else key or secrets.token_hex()
    account = settings.account
    return Privacy(Pseudonyms(chosen_key, f"{account.id} {account.base_url}" if settings.name else account.id))
