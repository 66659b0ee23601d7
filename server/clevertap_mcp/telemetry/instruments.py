"""Spans and metrics through OpenTelemetry's API; where they go is decided elsewhere.

Names and attributes come from closed sets: our tools, the operator's accounts, the paths of CleverTap's reference. What
callers or CleverTap write - arguments, identities, queries, bodies, texts of errors - is in none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider, get_current_span

from clevertap_mcp.telemetry.facts import OTHER, Facts, facts
from clevertap_mcp.telemetry.telemetry import FIGURES, SCOPE
from clevertap_tools.errors import CleverTapError
from clevertap_tools.flight import Flight
from clevertap_tools.routes import route_of

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""The bounds of the histograms' buckets."""
METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
MOST_PATHS = 512
"""Paths whose templates are remembered."""
NO_ANSWER = "none"
Labels = dict[str, str | int]


class Instruments:
    """Measures calls of tools and requests to CleverTap.

    Args:
        tracers: Where spans go.
        meters: Where metrics go.
    """

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self.tracer = tracers.get_tracer(SCOPE)
        self._meter = meter = meters.get_meter(SCOPE)
        self._calls = meter.create_histogram(
            "clevertap_mcp.call.duration",
            "s",
            "Tool calls, without the time that a person was asked",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._requests = meter.create_histogram(
            "clevertap.request.duration",
            "s",
            "Requests to CleverTap, from waiting for a place to the last attempt's answer",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._attempts = meter.create_counter("clevertap.request.attempts", "", "Attempts at requests to CleverTap")

    def follow(self, figure: str, read: Callable[[], int]) -> None:
        """Read a figure whenever metrics are taken."""

        def seen(_options: CallbackOptions) -> list[Observation]:
            return [Observation(read())]

        self._meter.create_observable_gauge(figure, [seen], "", FIGURES[figure])

    def ended(self, call: Facts, seconds: float) -> None:
        """Measure a call, and complete its span."""
        labels: Labels = {
            "tool": call.tool,
            "account": call.account,
            "effect": call.effect,
            "outcome": str(call.outcome),
            "code": call.code,
        }
        self._calls.record(seconds, labels)
        more: Labels = {"request": call.request, "attempts": call.attempts}
        get_current_span().set_attributes(spelt("clevertap.", labels | more))

    @contextmanager
    def flying(self, method: str, path: str, flight: Flight) -> Iterator[None]:
        """Measure a request, with a span of its own."""
        method = method if method in METHODS else OTHER
        template = template_of(method, path)
        began, code = perf_counter(), ""
        with self.tracer.start_as_current_span(
            f"{method} {template}", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                code = error.code if isinstance(error, CleverTapError) else "cut_off"
                raise
            finally:
                facts().attempts += flight.attempts
                self._attempts.add(flight.attempts, {"method": method, "path": template})
                outcome: Labels = {"method": method, "path": template, "status": status_class(flight), "code": code}
                self._requests.record(perf_counter() - began, outcome)
                complete(span, method, template, flight, code)


def complete(span: Span, method: str, template: str, flight: Flight, code: str) -> None:
    """Say in the span of a request what came of it."""
    span.set_attributes(
        {
            "http.request.method": method,
            "url.template": template,
            "clevertap.attempts": flight.attempts,
            **({"clevertap.account": account} if (account := facts().account) else {}),
            **({"http.response.status_code": flight.status} if flight.status else {}),
            **({"error.type": code} if code else {}),
        }
    )
    if code:
        span.set_status(StatusCode.ERROR)


@lru_cache(MOST_PATHS)
def template_of(method: str, path: str) -> str:
    """The path as the reference writes it, so that no id is in it; `other` beyond the reference."""
    route = route_of(method, path)
    return route.path if route else OTHER


def status_class(flight: Flight) -> str:
    """The hundreds of the last answer's status; `none` if nothing came back."""
    return NO_ANSWER if flight.status is None else f"{flight.status // 100}xx"


def spelt(prefix: str, labels: Labels) -> Labels:
    """Attributes of a span, without those that are not known."""
    return {f"{prefix}{name}": value for name, value in labels.items() if value != ""}
