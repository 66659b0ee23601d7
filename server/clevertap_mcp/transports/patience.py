"""How long this server waits for whom, and how much it takes in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, all of them.

    Args:
        head: For the whole head of a request, from the connection or from its first byte on.
        body: For the whole body, from the end of the head on.
        answer: For a client to take in what was written to it.
        silence: For a session or an SSE connection without a message either way.
        grace: For running calls to end by themselves when the server stops.
        afterwards: For whoever was answered then to ask what the answer means; some hosts ask for the tools anew.
        farewell: For the answers to calls that were given up then.
        probe: For CleverTap to answer when it is asked whether it is there.
    """

    head: float = 10
    body: float = 30
    answer: float = 60
    silence: float = 30 * 60
    grace: float = 25
    afterwards: float = 1
    farewell: float = 3
    probe: float = 5


PATIENCE = Patience()
LONGEST_BODY = 4 << 20
"""Bytes of a request's body."""
