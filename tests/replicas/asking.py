"""A client of the newer generation that is nothing but requests: two hundred of it cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import httpx2

COUNT = "clevertap_get_event_count"
EVENT_COUNTS = "/1/counts/events.json"
SPRING = {"event_name": "Charged", "from": "1997-03-01", "to": "1997-05-31"}
IN_SPRING = {"count": 1_857}
VERSION = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {}}
numbers = count(1)


class LostError(Exception):
    """There was no answer: whoever asked may ask again."""


async def asked(http: httpx2.AsyncClient, url: str, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool answers; it must not have failed.

    Raises:
        LostError: Nobody answered.
    """
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": VERSION,
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    params = {"name": tool, "arguments": arguments, "_meta": META}
    message = {"jsonrpc": "2.0", "id": next(numbers), "method": "tools/call", "params": params}
    try:
        answer = await http.post(url, headers=headers, json=message)
    except httpx2.TransportError as error:
        raise LostError(type(error).__name__) from error
    if answer.status_code == httpx2.codes.BAD_GATEWAY:
        raise LostError(answer.text)
    assert answer.status_code == httpx2.codes.OK, answer.text
    result = answer.json()["result"]
    assert not result["isError"], result
    return dict(result["structuredContent"])


async def asked_at_most_twice(
    http: httpx2.AsyncClient, url: str, tool: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """The same by a client that tries once more if nobody answers."""
    try:
        return await asked(http, url, tool, arguments)
    except LostError:
        return await asked(http, url, tool, arguments)
