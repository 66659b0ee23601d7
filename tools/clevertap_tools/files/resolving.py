"""Finding the addresses of a host's name."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence

import anyio

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host's name, for a port.

Raises:
    OSError: It has none.
"""


async def addresses(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows for a host's name.

    Raises:
        OSError: It knows none.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
