"""The reference: the SDK's own server with one tool that does nothing.

Over stdio, or with a port on Streamable HTTP (`/mcp`) or SSE (`/sse`): `bare_server.py [http|sse PORT]`.
"""

from __future__ import annotations

import sys

from mcp.server import MCPServer

mcp = MCPServer("bare", log_level="WARNING")


@mcp.tool()
def nothing() -> str:
    """Do nothing."""
    return "done"


def main() -> None:
    """Serve on the transport that was named."""
    match sys.argv[1:]:
        case ["http", port]:
            mcp.run("streamable-http", port=int(port))
        case ["sse", port]:
            mcp.run("sse", port=int(port))
        case _:
            mcp.run()


if __name__ == "__main__":
    main()
