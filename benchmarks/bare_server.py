"""The reference: the SDK's own server with one tool that does nothing."""

from __future__ import annotations

from mcp.server import MCPServer

mcp = MCPServer("bare")


@mcp.tool()
def nothing() -> str:
    """Do nothing."""
    return "done"


if __name__ == "__main__":
    mcp.run()
