"""Which endpoints a sandbox was asked for, compared with those that the actions say they call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clevertap_sandbox import Recorded
from clevertap_sandbox.state.shelf import STORAGE
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.routes import route_of


def endpoint(method: str, path: str) -> str:
    """A request or a promised call as the table of endpoints has it; as it is where the table does not know it."""
    route = route_of(method, path)
    return f"{method} {route.path if route else path}"


def called(requests: Iterable[Recorded]) -> frozenset[str]:
    """The endpoints of a log; presigned addresses are none."""
    return frozenset(endpoint(each.method, each.path) for each in requests if not each.path.startswith(STORAGE))


def promised(key: str) -> frozenset[str]:
    """The endpoints that an action says it may call."""
    return frozenset(endpoint(*call.split(" ", 1)) for call in CATALOGUE[key].calls)


def differences(log: Mapping[str, Iterable[Recorded]]) -> list[str]:
    """A sentence for each endpoint that an action called unsaid, or said and never called.

    Args:
        log: The requests of each action, by its key; `request` may call anything.
    """
    told: list[str] = []
    for key, requests in log.items():
        if key == "request":
            continue
        seen, said = called(requests), promised(key)
        told += [f"{key} called {each} and does not say so" for each in sorted(seen - said)]
        told += [f"{key} says it calls {each} and did not" for each in sorted(said - seen)]
    return told
