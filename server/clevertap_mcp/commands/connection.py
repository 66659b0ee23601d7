"""The command `connection`: how the connection stands, as text or JSON, and as an exit status."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import anyio

from clevertap_mcp.commands.exits import say
from clevertap_mcp.commands.printing import show
from clevertap_mcp.environment import MissingSettingError, variable
from clevertap_mcp.opening import way_to
from clevertap_mcp.settings import Settings
from clevertap_tools.client import Client
from clevertap_tools.connection import Connection, State, check
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STATUS = {State.READY: 0, State.CLIENT_ACTION_REQUIRED: 1, State.CONFIGURATION_ERROR: 2}


def show_connection(read: Callable[[], Settings], environ: Mapping[str, str], *, compact: bool) -> int:
    """Print how the connection stands and tell the exit status.

    Args:
        read: Reads the settings.
        environ: Where a base URL of one's own would stand; with one no other region is asked.
        compact: As JSON in one line.
    """
    found = standing(read, search_regions=variable("base_url") not in environ)
    if compact:
        show({name: value for name, value in asdict(found).items() if value is not None}, compact=True)
    else:
        say(f"{found.state}: {found.message}")
    return STATUS[found.state]


def standing(read: Callable[[], Settings], *, search_regions: bool) -> Connection:
    """How the connection stands: the settings first, then CleverTap's word."""
    try:
        settings = read()
    except MissingSettingError as error:
        return Connection(State.CLIENT_ACTION_REQUIRED, error.message)
    except ConfigurationError as error:
        return Connection(State.CONFIGURATION_ERROR, error.message)
    search_regions = search_regions and settings.account.region is not None  # not one of their own, in a file
    with way_to(settings) as transport:
        connect = partial(Client, deadline=settings.deadline, transport=transport)
        return anyio.run(partial(check, settings.account, search_regions=search_regions, connect=connect))
