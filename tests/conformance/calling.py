"""The tools that the suite calls by name: every kind of content, progress, logs, and questions of the 2025 wire."""

from __future__ import annotations

from typing import Annotated, Any

import anyio
from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Prompt
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    EmbeddedResource,
    ImageContent,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel, Field

from conformance.contents import embedded, picture, sound, text
from conformance.forms import Choices, Defaults, Reply

Call = Context[Any, Any]
Region = Annotated[str, Field(description="A region", json_schema_extra={"x-mcp-header": "Region"})]

PAUSE = 0.05
"""Seconds between the steps of a call that tells what it does."""


def add_tools(server: MCPServer[Any]) -> None:
    """Add them all."""
    for tool in (*CONTENTS, *STEPS, *QUESTIONS, *DIAGNOSTICS, *CHANGES):
        server.add_tool(tool, description="Called by the conformance suite")


async def test_simple_text() -> str:
    return "This is a simple text response for testing."


async def test_image_content() -> ImageContent:
    return picture()


async def test_audio_content() -> AudioContent:
    return sound()


async def test_embedded_resource() -> EmbeddedResource:
    return embedded("test://embedded-resource", "This is an embedded resource content.")


async def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    mixed = embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
    return [text("Multiple content types test:"), picture(), mixed]


async def test_error_handling() -> str:
    raise ToolError("This tool intentionally returns an error for testing")


async def json_schema_2020_12_tool() -> str:
    return "ok"


async def test_tool_with_logging(ctx: Call) -> str:
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(line)
        await anyio.sleep(PAUSE)
    return "logged"


async def test_tool_with_progress(ctx: Call) -> str:
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100, f"{done}%")
        await anyio.sleep(PAUSE)
    return "progressed"


async def test_reconnection(ctx: Call) -> str:
    await ctx.info("before")
    await ctx.close_sse_stream()
    await anyio.sleep(PAUSE)
    await ctx.info("after")
    return "Reconnection test completed"


async def test_sampling(prompt: str, ctx: Call) -> str:
    asked = [SamplingMessage(role="user", content=text(prompt))]
    answer = await ctx.session.create_message(messages=asked, max_tokens=100, related_request_id=ctx.request_id)
    return f"LLM response: {getattr(answer.content, 'text', '')}"


async def put(ctx: Call, message: str, form: type[BaseModel]) -> str:
    """Put a form to the person, and tell what came of it."""
    answer = await ctx.elicit(message, form)
    content = answer.data.model_dump_json() if answer.action == "accept" else "{}"
    return f"Elicitation completed: action={answer.action}, content={content}"


async def test_elicitation(message: str, ctx: Call) -> str:
    return await put(ctx, message, Reply)


async def test_elicitation_sep1034_defaults(ctx: Call) -> str:
    return await put(ctx, "Check the defaults", Defaults)


async def test_elicitation_sep1330_enums(ctx: Call) -> str:
    return await put(ctx, "Choose", Choices)


async def test_missing_capability(ctx: Call) -> str:
    able = ctx.client_capabilities
    if able is None or able.sampling is None:
        lacking: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "The client cannot sample", lacking)
    return "ok"


async def test_logging_tool(ctx: Call) -> str:
    await ctx.info("For those who asked for it")
    return "ok"


async def test_x_mcp_header(region: Region = "<none>") -> str:  # noqa: PT028 - a tool, not a test
    return region


async def test_trigger_tool_change(ctx: Call) -> str:
    ctx.mcp_server.add_tool(test_simple_text, name="test_dynamic_tool", description="Comes and goes")
    ctx.mcp_server.remove_tool("test_dynamic_tool")
    await ctx.notify_tools_changed()
    return "changed"


async def test_trigger_prompt_change(ctx: Call) -> str:
    ctx.mcp_server.add_prompt(Prompt.from_function(test_simple_text, name="test_dynamic_prompt"))
    ctx.mcp_server.remove_prompt("test_dynamic_prompt")
    await ctx.notify_prompts_changed()
    return "changed"


CONTENTS = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    json_schema_2020_12_tool,
)
STEPS = (test_tool_with_logging, test_tool_with_progress, test_reconnection)
QUESTIONS = (test_sampling, test_elicitation, test_elicitation_sep1034_defaults, test_elicitation_sep1330_enums)
DIAGNOSTICS = (test_missing_capability, test_logging_tool, test_x_mcp_header)
CHANGES = (test_trigger_tool_change, test_trigger_prompt_change)
