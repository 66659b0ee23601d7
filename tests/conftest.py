"""What every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the MCP SDK and uvicorn run on."""
    return "asyncio"
