"""OpenTelemetry's SDK with its exporters; needs the extra `telemetry`.

The providers are this server's own and not the process's: what libraries would tell, whose words we do not know, goes
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracerProvider

from clevertap_mcp.telemetry.instruments import Instruments
from clevertap_mcp.telemetry.prometheus import page_reader
from clevertap_mcp.telemetry.telemetry import SCOPE

if TYPE_CHECKING:
    from clevertap_mcp.telemetry.opening import Wanted

PATIENCE = 2.0
"""Seconds that the end of this process waits for its last words to be taken."""


@contextmanager
def exported(wanted: Wanted) -> Iterator[Instruments]:
    """Instruments whose spans and metrics go where the variables say.

    Args:
        wanted: What is to be told.
    """
    resource = Resource({"service.name": SCOPE, "service.version": version(SCOPE)}).merge(
        OTELResourceDetector().detect()
    )
    meters = MeterProvider(list(readers(wanted)), resource, shutdown_on_exit=False)
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    if wanted.traces:
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield Instruments(tracers if wanted.traces else NoOpTracerProvider(), meters)
    finally:
        in_time(tracers.shutdown, meters.shutdown)


def in_time(*works: Callable[[], None]) -> None:
    """Do some works at once, and leave them when their time is over: nobody waits for a collector that is gone."""
    threads = [Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    over = monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0.0, over - monotonic()))


def readers(wanted: Wanted) -> Iterator[MetricReader]:
    """What takes the metrics."""
    if wanted.metrics:
        yield PeriodicExportingMetricReader(OTLPMetricExporter())
    if wanted.page:
        yield page_reader()
