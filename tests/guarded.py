"""A server whose callers have to show a token, as a team starts it: on the sandbox, with tokens made by its own command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hosts import COMMAND, listening

LEVELS = ("read", "write", "send", "full")


@dataclass(frozen=True)
class Guarded:
    """Where such a server is, and a token for each level of access.

    Args:
        http: Its address for Streamable HTTP.
        sse: Its address for SSE.
        tokens: The tokens, by what they allow.
    """

    http: str
    sse: str
    tokens: Mapping[str, str]

    def headers(self, level: str) -> dict[str, str]:
        """What a caller of a level sends along."""
        return {"Authorization": f"Bearer {self.tokens[level]}"}


@contextmanager
def guarded(folder: Path) -> Iterator[Guarded]:
    """A process of the shipped server that lets in whoever has a token of each level; its tokens file is in a folder."""
    env = os.environ | {"CLEVERTAP_MCP_TOKENS_FILE": str(folder / "tokens.toml")}
    tokens = {level: made(level, env) for level in LEVELS}
    with listening("http", env, sandbox=True) as address:
        yield Guarded(address, address.removesuffix("/mcp") + "/sse", tokens)


def made(level: str, env: Mapping[str, str]) -> str:
    """A new token of a level."""
    command = [COMMAND, "tokens", "add", f"a-{level}", "--access", level]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
