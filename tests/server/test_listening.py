"""Taking connections."""

from __future__ import annotations

import socket

from clevertap_mcp.transports.listening import listening


def test_the_event_loop_is_told_that_this_is_tcp_and_sends_answers_at_once() -> None:
    """It looks at the protocol of a socket before it turns off the waiting for more to send, 40 ms for each answer."""
    with listening("localhost", 0) as taken:
        assert {each.proto for each in taken} == {socket.IPPROTO_TCP}
