"""The tools of the suite that ask and are called again with the answers: the questions of the 2026-07-28 wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
)

from conformance.calling import Call
from conformance.contents import text

Answer = str | InputRequiredResult


def form(field: str, message: str, kind: str = "string") -> ElicitRequest:
    """Ask a person for one field."""
    wanted = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=wanted))


def sampling(words: str) -> CreateMessageRequest:
    """Ask the host's model."""
    messages = [SamplingMessage(role="user", content=text(words))]
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=messages, max_tokens=50))


@dataclass(frozen=True)
class Round:
    """A tool that asks all of its questions at once and is content with any answers.

    Args:
        name: What follows `test_input_required_result_`.
        questions: What it asks, by the key of the answer.
        state: What it gives along, to be brought back unchanged; None gives nothing.
        told: What it says then.
    """

    name: str
    questions: Mapping[str, InputRequest]
    told: str
    state: str | None = None

    async def answered(self, ctx: Call) -> Answer:
        """What is still missing, or the result."""
        if self.questions.keys() <= dict(ctx.input_responses or {}).keys():
            return self.told
        return InputRequiredResult(input_requests=dict(self.questions), request_state=self.state)


ROUNDS = (
    Round("sampling", {"capital": sampling("What is the capital of France?")}, "told"),
    Round("list_roots", {"client_roots": ListRootsRequest()}, "seen"),
    Round("request_state", {"confirm": form("ok", "Go on?", "boolean")}, "state-ok", "begun"),
    Round("tampered_state", {"confirm": form("ok", "Go on?", "boolean")}, "state-ok", "begun"),
    Round(
        "multiple_inputs",
        {"user_name": form("name", "Name?"), "greeting": sampling("Greet"), "client_roots": ListRootsRequest()},
        "all of it",
        "begun",
    ),
)


def add_rounds(server: MCPServer[Any]) -> None:
    """Add them all."""
    for one in ROUNDS:
        server.add_tool(one.answered, name=f"test_input_required_result_{one.name}", description="Asks, then answers")
    for tool in (elicitation, multi_round, capabilities):
        server.add_tool(tool, name=f"test_input_required_result_{tool.__name__}", description="Asks, then answers")
    server.add_tool(test_streaming_elicitation, description="Tells its progress, then asks")


def given(ctx: Call, key: str, field: str) -> str:
    """What a person put in a field."""
    answer = dict(ctx.input_responses or {})[key]
    return str((getattr(answer, "content", None) or {}).get(field))


def answers(ctx: Call) -> frozenset[str]:
    """The questions that are answered."""
    return frozenset(ctx.input_responses or {})


async def elicitation(ctx: Call) -> Answer:
    if "user_name" in answers(ctx):
        return f"Hello, {given(ctx, 'user_name', 'name')}!"
    return InputRequiredResult(input_requests={"user_name": form("name", "What is your name?")})


async def multi_round(ctx: Call) -> Answer:
    state = json.loads(ctx.request_state or "{}")
    if "step2" in answers(ctx) and "name" in state:
        return f"{state['name']} likes {given(ctx, 'step2', 'color')}"
    if "step1" in answers(ctx) and state:
        second = {"step2": form("color", "Step 2: What is your favorite color?")}
        return InputRequiredResult(
            input_requests=dict(second), request_state=json.dumps({"name": given(ctx, "step1", "name")})
        )
    first = {"step1": form("name", "Step 1: What is your name?")}
    return InputRequiredResult(input_requests=dict(first), request_state=json.dumps({"round": 1}))


async def capabilities(ctx: Call) -> Answer:
    able = ctx.client_capabilities
    questions: dict[str, InputRequest] = {}
    if able and able.sampling is not None:
        questions["sample"] = sampling("Greet")
    if able and able.elicitation is not None:
        questions["ask"] = form("name", "Name?")
    return InputRequiredResult(input_requests=questions, request_state="begun")


async def test_streaming_elicitation(ctx: Call) -> Answer:
    await ctx.report_progress(1, 2)
    if answers(ctx):
        return "answered"
    return InputRequiredResult(input_requests={"ask": form("name", "Name?")})
