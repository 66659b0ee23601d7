"""A local CleverTap: the same paths, bodies, codes, quirks and limits, on SQLite.

For tests and for trying things out without an account. `Sandbox` is the project, `serve` puts it on a socket,
`Behaviours` are its uncertain points and `Fault` is what can go wrong.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.credentials import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE

if TYPE_CHECKING:
    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.door.faults import Fault, FaultPlan, Kind
    from clevertap_sandbox.door.log import Recorded
    from clevertap_sandbox.sandbox import Sandbox
    from clevertap_sandbox.shop import SHOP, SeedError
    from clevertap_sandbox.state.store import DatabaseError

__all__ = [
    "ACCOUNT_ID",
    "ACCOUNT_TOKEN",
    "PASSCODE",
    "SHOP",
    "Behaviours",
    "DatabaseError",
    "Fault",
    "FaultPlan",
    "Kind",
    "Recorded",
    "Sandbox",
    "SeedError",
]

HOMES = {
    "Behaviours": "behaviours",
    "Fault": "door.faults",
    "FaultPlan": "door.faults",
    "Kind": "door.faults",
    "Recorded": "door.log",
    "Sandbox": "sandbox",
    "SHOP": "shop",
    "SeedError": "shop",
    "DatabaseError": "state.store",
}
"""Where the names above live; each is imported at its first use, so that a server starts without the sandbox."""


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
