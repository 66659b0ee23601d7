"""What every test may use."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A busy machine is no failure, and a run is the same run everywhere.
settings.register_profile("clevertap", deadline=None, derandomize=True)
settings.load_profile("clevertap")


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audit logs of a test stay in a folder of its own, whichever process writes them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the MCP SDK and uvicorn run on."""
    return "asyncio"
