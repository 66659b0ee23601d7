"""Teams of replicas, to share and to harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from replicas.teams import Team, teaming


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team that the tests of a module share and leave as it is."""
    with teaming(tmp_path_factory.mktemp("team")) as team:
        yield team


@pytest.fixture
def own_team(tmp_path: Path) -> Iterator[Team]:
    """A team that a test may harm."""
    with teaming(tmp_path) as team:
        yield team
