"""A local CleverTap: the same paths, bodies, codes, quirks and limits, on SQLite.

For tests and for trying things out without an account. `Sandbox` is the project, `serve` puts it on a socket,
`Behaviours` are its uncertain points and `Fault` is what can go wrong.
"""

from .behaviours import Behaviours
from .faults import Fault, FaultPlan, Kind
from .front import Recorded
from .sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Sandbox
from .shop import SHOP, SeedError
from .store import DatabaseError

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
