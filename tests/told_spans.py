"""Spans on stderr: what OpenTelemetry would carry away, for tests to read. Chosen by OTEL_PYTHON_TRACER_PROVIDER."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, Span, Tracer, TracerProvider, use_span

MARK = "SPAN"
ENTRY_POINT = "[opentelemetry_tracer_provider]\ntold = told_spans:ToldSpans\n"


def installed(folder: Path) -> dict[str, str]:
    """The variables that make a process tell its spans; `folder` is empty and holds the entry point from now on."""
    package = folder / "told_spans-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: told-spans\nVersion: 1\n")
    (package / "entry_points.txt").write_text(ENTRY_POINT)
    return {"OTEL_PYTHON_TRACER_PROVIDER": "told", "PYTHONPATH": f"{folder}:{Path(__file__).parent}"}


def tell(*words: object) -> None:
    """Write a line about a span."""
    sys.stderr.write(f"{MARK} {' '.join(map(str, words))}\n")


class ToldSpan(NonRecordingSpan):
    """A span that tells everything it is given."""

    def is_recording(self) -> bool:
        return True

    def set_attribute(self, key: str, value: Any) -> None:
        tell(key, value)

    def set_attributes(self, attributes: Any) -> None:
        tell(attributes)

    def add_event(self, name: str, *more: Any, **given: Any) -> None:
        tell(name, more, given)

    def update_name(self, name: str) -> None:
        tell(name)

    def set_status(self, status: Any, description: str | None = None) -> None:
        tell(getattr(status, "description", status), description)

    def record_exception(self, exception: BaseException, *_more: Any, **_named: Any) -> None:
        tell(repr(exception), *traceback.format_exception(exception))


class ToldTracer(Tracer):
    """Makes such spans."""

    def start_span(self, name: str, *more: Any, **given: Any) -> Span:
        tell(name, more, given)
        return ToldSpan(INVALID_SPAN_CONTEXT)

    @contextmanager
    def _current(
        self,
        name: str,
        *more: Any,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
        **given: Any,
    ) -> Iterator[Span]:
        span = self.start_span(name, *more, **given)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span

    start_as_current_span: Any = _current


class ToldSpans(TracerProvider):
    """Makes such tracers."""

    def get_tracer(self, *_names: Any, **_more: Any) -> Tracer:
        return ToldTracer()
