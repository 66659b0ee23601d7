"""Where this server listens, who may come in over the network, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from clevertap_tools.account import is_loopback
from clevertap_tools.errors import ConfigurationError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authorization server whose tokens are taken.

    Args:
        url: Its issuer identifier, to the letter.
        audience: What its tokens for this server name as their audience.
        jwks_url: Where its keys are; None to ask its metadata.
    """

    url: str
    audience: str
    jwks_url: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """What the operator decided about the network.

    Args:
        host: The name or address to listen on.
        url: Where clients reach the MCP endpoint from outside.
        allowed_hosts: Names that this server answers to, beside those of this machine and of `url`.
        allowed_origins: Web pages whose scripts may call.
        tokens_file: The tokens of this server's own.
        issuer: Whose tokens are taken too.
        max_sessions: Sessions and open streams at once.
        max_calls: Calls at once.
        metrics: Whether figures are told at /metrics.
    """

    host: str = LOOPBACK
    url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    tokens_file: Path | None = None
    issuer: Issuer | None = None
    max_sessions: int = 1_000
    max_calls: int = 128
    metrics: bool = False

    @property
    def authenticated(self) -> bool:
        """Whether callers have to say who they are."""
        return self.tokens_file is not None or self.issuer is not None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names, beside those of this machine, that clients may call this server by."""
        public = (urlsplit(self.url).netloc,) if self.url else ()
        return (*public, *self.allowed_hosts)

    def check_open(self) -> None:
        """Refuse to be reached from other machines unguarded, also through a proxy on this one.

        Raises:
            ConfigurationError: Other machines could reach this server, and nobody would ask who they are, or by what
                name they call it.
        """
        opening = next(self._openings(), None)
        if opening and not self.authenticated:
            raise ConfigurationError(
                f"{opening} lets other machines in, and nobody asks who they are. Set "
                "CLEVERTAP_MCP_TOKENS_FILE (clevertap-mcp tokens add NAME makes it) or CLEVERTAP_MCP_OAUTH_ISSUER.",
                field=opening.split()[0],
            )
        if opening and not self.hosts:
            raise ConfigurationError(
                f"{opening} lets other machines in. Set CLEVERTAP_MCP_URL to the address by which they reach this "
                "server, such as https://mcp.example.com/mcp.",
                field=opening.split()[0],
            )

    def _openings(self) -> Iterator[str]:
        """What lets other machines in; whoever gives a server a public name has it reached by that."""
        if not is_loopback(self.host):
            yield "CLEVERTAP_MCP_HOST (or --host)"
        if self.url and not of_this_machine(urlsplit(self.url).netloc):
            yield "CLEVERTAP_MCP_URL"
        if not all(map(of_this_machine, self.allowed_hosts)):
            yield "CLEVERTAP_MCP_ALLOWED_HOSTS"


def of_this_machine(host: str) -> bool:
    """Whether a host, as clients write it, can only mean this machine."""
    return is_loopback(urlsplit(f"//{host}").hostname or "")


THIS_MACHINE = Network()
"""Nobody but this machine gets in, and nobody is asked who they are."""
