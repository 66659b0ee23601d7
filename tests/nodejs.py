"""Node.js and what runs on it: clients and suites that nobody here wrote. `make clients` installs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1]
MODULES = Path(__file__).with_name("node_modules")
PATIENCE = 180
"""Seconds that a script may take; the longest takes about twenty."""


def node(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, from the project's folder."""
    command = [str(MODULES / ".bin" / "node"), str(script), *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False)
