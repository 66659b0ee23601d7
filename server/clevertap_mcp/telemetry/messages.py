"""A span for each message of a client, in place of the SDK's own.

The SDK's carries what the client made up: the name of a tool that does not exist, the text of an error. Here a name is
one of ours, or `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult
from mcp.types.version import KNOWN_PROTOCOL_VERSIONS
from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.trace import (
    ProxyTracer,
    ProxyTracerProvider,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_tracer_provider,
)

from clevertap_mcp.telemetry.facts import OTHER

CALL = "tools/call"
TOOL_ERROR = "tool_error"
Known = Callable[[str], bool]


class MessageSpans:
    """Middleware: a message, with all that is done for it, is a span within the trace that its client names.

    Args:
        tracer: Makes the spans.
        is_method: Whether a method is one that this server answers.
        is_tool: Whether a tool is one of ours.
    """

    def __init__(self, tracer: Tracer, is_method: Known, is_tool: Known) -> None:
        self._tracer = tracer
        self._is_method = is_method
        self._is_tool = is_tool

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Hand a message on, within its span; where nobody would see that, and the client has begun none, just so."""
        begun = begun_elsewhere(ctx.meta)
        if begun is None and unseen(self._tracer):
            return await call_next(ctx)
        with self._tracer.start_as_current_span(
            **self._about(ctx),
            context=begun,
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                result = await call_next(ctx)
            except BaseException as error:
                note_error(span, str(error.error.code) if isinstance(error, MCPError) else type(error).__name__)
                raise
            if failed(result):
                note_error(span, TOOL_ERROR)
            return result

    def _about(self, ctx: ServerRequestContext[Any, Any]) -> dict[str, Any]:
        method = ctx.method if self._is_method(ctx.method) else OTHER
        version = ctx.protocol_version if ctx.protocol_version in KNOWN_PROTOCOL_VERSIONS else OTHER
        attributes = {"mcp.method.name": method, "mcp.protocol.version": version}
        if method != CALL:
            return {"name": method, "attributes": attributes}
        called = (ctx.params or {}).get("name")
        tool = called if isinstance(called, str) and self._is_tool(called) else OTHER
        more = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
        return {"name": f"{method} {tool}", "attributes": attributes | more}


def unseen(tracer: Tracer) -> bool:
    """Whether spans go nowhere: nobody has said where to, neither to us nor to the whole process."""
    return isinstance(tracer, ProxyTracer) and isinstance(get_tracer_provider(), ProxyTracerProvider)


def begun_elsewhere(meta: Mapping[str, Any] | None) -> Context | None:
    """The trace that a message belongs to, if it names one in the way of the W3C."""
    carrier = {name: value for name, value in (meta or {}).items() if isinstance(value, str)}
    return extract(carrier) if "traceparent" in carrier else None


def failed(result: HandlerResult) -> bool:
    """Whether an answer is a tool's error."""
    return (isinstance(result, CallToolResult) and result.is_error is True) or (
        isinstance(result, Mapping) and result.get("isError") is True
    )


def note_error(span: Span, kind: str) -> None:
    """Mark a span as failed, by the kind of the failure and never by its words."""
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
