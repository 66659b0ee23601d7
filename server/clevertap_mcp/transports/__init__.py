"""The ways in: `run` serves each of them, on this machine only."""
