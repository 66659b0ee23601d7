"""Whether anything is to be told to the outside, and the telemetry for that; what is not asked for is not imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from clevertap_mcp.telemetry.telemetry import SILENT, Telemetry
from clevertap_tools.errors import ConfigurationError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
EXTRA = "pip install 'clevertap-mcp[telemetry]'"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told.

    Args:
        traces: Whether spans are sent over OTLP.
        metrics: Whether metrics are sent over OTLP.
        page: Whether metrics are kept for Prometheus to fetch.
    """

    traces: bool = False
    metrics: bool = False
    page: bool = False

    @classmethod
    def by(cls, environ: Mapping[str, str], *, page: bool) -> Wanted:
        """What the standard variables of OpenTelemetry ask for.

        Raises:
            ConfigurationError: They ask for a protocol other than OTLP over HTTP.
        """
        if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return cls(page=page)
        return cls(sent(environ, "TRACES"), sent(environ, "METRICS"), page)

    @property
    def nothing(self) -> bool:
        """Whether nobody wants to know."""
        return self == Wanted()


def sent(environ: Mapping[str, str], signal: str) -> bool:
    """Whether a signal goes out over OTLP: an address is set, and nobody says `none`.

    Raises:
        ConfigurationError: It shall go by a protocol other than OTLP over HTTP.
    """
    own = f"OTEL_EXPORTER_OTLP_{signal}"
    if environ.get(f"OTEL_{signal}_EXPORTER") == "none" or not (
        environ.get(f"{own}_ENDPOINT") or environ.get(ENDPOINT)
    ):
        return False
    for name in (f"{own}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if environ.get(name, "http/protobuf") != "http/protobuf":
            raise ConfigurationError(f"{name} must be http/protobuf, the only protocol that this server exports by.")
    return True


@contextmanager
def telemetry_for(environ: Mapping[str, str], *, page: bool = False) -> Iterator[Telemetry]:
    """Whoever is told what happens; all that is still to be sent is sent at the end, within some seconds.

    Args:
        environ: The variables that OpenTelemetry knows, such as `os.environ`.
        page: Whether metrics are kept for Prometheus to fetch.

    Raises:
        ConfigurationError: The extra is missing that this takes, or a variable asks for what we cannot do.
    """
    wanted = Wanted.by(environ, page=page)
    if was_launched() and not page:
        yield launched()
        return
    if wanted.nothing:
        yield SILENT
        return
    try:
        from clevertap_mcp.telemetry.exporting import exported  # noqa: PLC0415 - an extra brings what this needs
    except ImportError:
        raise ConfigurationError(f"Exporting spans and metrics takes the extra telemetry: {EXTRA}") from None
    with exported(wanted) as telemetry:
        yield telemetry


def was_launched() -> bool:
    """Whether this process was started under OpenTelemetry's own launcher, which says where spans and metrics go."""
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if sdk is None:
        return False
    from opentelemetry.trace import get_tracer_provider  # noqa: PLC0415 - only where somebody has loaded it

    return isinstance(get_tracer_provider(), sdk.TracerProvider)


def launched() -> Telemetry:
    """What tells the providers of the whole process."""
    from opentelemetry.metrics import get_meter_provider  # noqa: PLC0415 - only where somebody set them up
    from opentelemetry.trace import get_tracer_provider  # noqa: PLC0415 - the same

    from clevertap_mcp.telemetry.instruments import Instruments  # noqa: PLC0415 - the same

    return Instruments(get_tracer_provider(), get_meter_provider())
