"""Three replicas of the shipped server, an account, a Redis and two proxies, each replica a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from replicas.proxy import Proxy, before
from replicas.running import Account, Redis, Replica, account, redis, replica, variables

REPLICAS = 3


@dataclass(frozen=True)
class Team:
    """Replicas and what they share.

    Args:
        account: The account that all of them work.
        store: The Redis that they share.
        replicas: The replicas.
        in_turns: The proxy that goes round them request by request.
        url: Where that is.
        sticky_url: Where one is that keeps to the replica that began a session.
    """

    account: Account
    store: Redis
    replicas: list[Replica]
    in_turns: Proxy
    url: str
    sticky_url: str


@contextmanager
def teaming(folder: Path) -> Iterator[Team]:
    """A team with a store of its own."""
    with ExitStack() as stack:
        store, works = stack.enter_context(redis(folder)), stack.enter_context(account())
        environments = [variables(works, store.url, folder, number) for number in range(REPLICAS)]
        replicas = [stack.enter_context(replica(environment)) for environment in environments]
        addresses = [each.base for each in replicas]
        in_turns = Proxy(addresses)
        url, sticky = (stack.enter_context(before(proxy)) for proxy in (in_turns, Proxy(addresses, sticky=True)))
        yield Team(works, store, replicas, in_turns, url, sticky)
