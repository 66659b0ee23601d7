"""A local CleverTap: the same paths, bodies, codes, quirks and limits, on SQLite.

For tests and for trying things out without an account. `Sandbox` is the project, `serve` puts it on a socket,
`Behaviours` are its uncertain points and `Fault` is what can go wrong.
"""

from clevertap_sandbox.behaviours import Behaviours
from clevertap_sandbox.door.faults import Fault, FaultPlan, Kind
from clevertap_sandbox.door.log import Recorded
from clevertap_sandbox.sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Sandbox
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
