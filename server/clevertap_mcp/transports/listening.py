"""Where connections are taken: a name or an address of this machine, and a port."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

PENDING_CONNECTIONS = 128


class ListenError(Exception):
    """A port cannot be had.

    Args:
        host: The name or address.
        port: The port.
        reason: What the operating system says.
    """

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on port {port}: {reason} ({host}).")


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets that take connections already, one for each address that a name stands for.

    Args:
        host: The name or address.
        port: The port; 0 picks a free one, the same on every address.

    Raises:
        ListenError: The port is taken, or the name is none of this machine's.
    """
    with ExitStack() as stack:
        taken: list[socket.socket] = []
        try:
            for family, address in addresses(host):
                # Unless it is said that this is TCP, asyncio lets an answer wait for the one before to be acknowledged.
                taken.append(stack.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)))
                take(taken[-1], address, port or taken[0].getsockname()[1])
        except OSError as error:
            raise ListenError(host, port, str(error.strerror)) from None
        yield taken


def addresses(host: str) -> list[tuple[int, str]]:
    """The addresses that a name stands for, each with its family."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def take(taken: socket.socket, address: str, port: int) -> None:
    """Begin to take connections.

    Raises:
        OSError: That cannot be.
    """
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if taken.family == socket.AF_INET6:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    taken.bind((address, port))
    taken.listen(PENDING_CONNECTIONS)


def base_url(host: str, port: int) -> str:
    """The address of a server as clients on this machine write it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def allow_files(connections: int) -> None:
    """Have the system let this process open that many connections, and as many again for what they lead to.

    Where it does not, further connections wait until others end.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none, and no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = resource.RLIM_INFINITY
        wanted = 2 * connections if hard == unlimited else min(2 * connections, hard)
        if soft != unlimited and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
