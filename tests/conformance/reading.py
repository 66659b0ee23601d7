"""The resources and prompts that the suite reads by name, and the requests that the SDK leaves to a server's handlers."""

from __future__ import annotations

import json
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer
from mcp.types import (
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    InputRequiredResult,
    RequestParams,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

from conformance.calling import Call
from conformance.contents import PIXEL, embedded, picture
from conformance.rounds import answers, form, given

ONLY_2025: dict[str, type[RequestParams]] = {
    "logging/setLevel": SetLevelRequestParams,
    "resources/subscribe": SubscribeRequestParams,
    "resources/unsubscribe": UnsubscribeRequestParams,
}
"""What only clients of the 2025 wire ask."""


def add_reading(server: MCPServer[Any]) -> None:
    """Add the resources and the prompts."""
    server.resource("test://static-text")(static_text)
    server.resource("test://static-binary", mime_type="image/png")(static_binary)
    server.resource("test://watched-resource")(watched_resource)
    server.resource("test://template/{id}/data", mime_type="application/json")(template)
    for prompt in PROMPTS:
        server.prompt(description="Read by the conformance suite")(prompt)


def add_requests(connections: Server[Any]) -> None:
    """Answer requests for completion, and what only 2025 clients ask."""
    connections.add_request_handler("completion/complete", CompleteRequestParams, completed)
    for method, parameters in ONLY_2025.items():
        connections.add_request_handler(method, parameters, done)


def static_text() -> str:
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    return PIXEL


def watched_resource() -> str:
    return "watched"


async def template(id: str) -> str:  # noqa: A002 - the suite's name for it
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def test_simple_prompt() -> str:
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[Any]:  # noqa: N803 - the suite's name for it
    words = "Embedded resource content for testing."
    return [embedded(resourceUri, words), "Please process the embedded resource above."]


def test_prompt_with_image() -> list[Any]:
    return [picture(), "Please analyze the image above."]


async def test_input_required_result_prompt(ctx: Call) -> Any:
    if "user_context" in answers(ctx):
        return f"Context: {given(ctx, 'user_context', 'context')}"
    return InputRequiredResult(input_requests={"user_context": form("context", "What is this about?")})


PROMPTS = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
    test_input_required_result_prompt,
)


async def completed(context: object, parameters: object) -> CompleteResult:
    del context, parameters
    return CompleteResult(completion=Completion(values=[], total=0, has_more=False))


async def done(context: object, parameters: object) -> EmptyResult:
    del context, parameters
    return EmptyResult()
