"""Metrics as Prometheus reads them; needs the extra `telemetry`."""

from __future__ import annotations

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import REGISTRY, generate_latest


def page_reader() -> PrometheusMetricReader:
    """Keeps our metrics beside those of the process (memory, processor time), until it is shut down."""
    return PrometheusMetricReader(scope_info_enabled=False)


def metrics_text() -> bytes:
    """All metrics of this process as they are now."""
    return generate_latest(REGISTRY)
