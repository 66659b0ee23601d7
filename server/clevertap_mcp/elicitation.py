"""A person's yes through an MCP host, in both generations of the protocol.

The older generations put the question in the middle of a call. The newest one has no way back in the middle: the
question is the answer of the call, and the host calls again with what the person said. What travels with it is sealed
by the SDK and bound to tool, arguments and caller; the plan inside it is good for one use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult

from clevertap_mcp.guard.host import Answered, Host, Silent
from clevertap_mcp.room import lent
from clevertap_mcp.telemetry.facts import facts
from clevertap_tools.errors import NotAllowedError

STATELESS = "2026-07-28"
"""The first generation that has no way back in the middle of a call."""
QUESTION = "confirm"
YES = "confirm"
CHANGED = "What you may do here has changed since the person was asked; nothing was done."
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {YES: {"type": "boolean", "title": "Yes, do it", "default": False}},
    "required": [YES],
}


class QuestionAskedError(Exception):
    """The question has to travel to the host as the answer of this call.

    Args:
        question: What the person is asked.
        plan: The handle that comes back with what they said.
    """

    def __init__(self, question: str, plan: str) -> None:
        super().__init__("a person has to be asked first")
        self.question = question
        self.plan = plan

    @property
    def answer(self) -> InputRequiredResult:
        """The question on the wire."""
        asked = ElicitRequest(params=ElicitRequestFormParams(message=self.question, requested_schema=FORM))
        return InputRequiredResult(input_requests={QUESTION: asked}, request_state=self.plan)


@dataclass(frozen=True, slots=True)
class InTheMiddle:
    """A host that can be asked while its call is going on.

    Args:
        context: The call.
        patience: Seconds that a person gets to answer.
        unchanged: Whether whoever calls may still do what they might when the call came in.
    """

    context: Context[Any, Any]
    patience: float
    unchanged: Callable[[], bool]
    can_be_asked: bool = True
    keeps_plans: bool = True
    answered: Answered | None = None

    async def ask(self, question: str, plan: str) -> bool:
        """Ask and wait; whatever is no clear yes is a no.

        Raises:
            NotAllowedError: What the caller may do has changed meanwhile.
        """
        del plan
        session, call = self.context.session, self.context.request_id
        said = None
        async with lent():
            with anyio.move_on_after(self.patience), facts().asking():
                try:
                    said = await session.elicit_form(question, FORM, related_request_id=call)
                except (MCPError, ValueError):  # the host refuses to ask, or answers something else
                    return False
        return said is not None and said_yes(said) and self._still_may()

    def _still_may(self) -> bool:
        """True; a session outlives the rights that it began with, and nobody checks an answer's as those of a call.

        Raises:
            NotAllowedError: They have changed meanwhile.
        """
        if not self.unchanged():
            raise NotAllowedError(CHANGED, next_step="Call again, with the rights that you have now.")
        return True


@dataclass(frozen=True, slots=True)
class ByReturn:
    """A host that is asked by the answer of its call, and calls again.

    Args:
        answered: What the person said, once the host calls again.
    """

    answered: Answered | None = None
    can_be_asked: bool = True
    keeps_plans: bool = True

    async def ask(self, question: str, plan: str) -> bool:
        """Send the question back.

        Raises:
            QuestionAskedError: Always.
        """
        raise QuestionAskedError(question, plan)


def host_of(context: Context[Any, Any] | None, patience: float, unchanged: Callable[[], bool]) -> Host:
    """Whoever is at the other end of a call, by what the host says it can do.

    Args:
        context: The call; without one nobody can be asked.
        patience: Seconds that a person gets to answer while the call is going on.
        unchanged: Whether whoever calls may still do what they might when the call came in.
    """
    if context is None or not shows_forms(context):
        return Silent()
    if (context.protocol_version or "") >= STATELESS:
        return ByReturn(answered(context))
    return InTheMiddle(context, patience, unchanged) if context.session.can_send_request else Silent()


def shows_forms(context: Context[Any, Any]) -> bool:
    """Whether the host can put a question with a form; one that names no kind of question means forms."""
    told = context.client_capabilities.elicitation if context.client_capabilities else None
    return told is not None and (told.form is not None or told.url is None)


def answered(context: Context[Any, Any]) -> Answered | None:
    """What the person said to the question that this call comes back from; None if it comes from none.

    Without the plan that went out with the question an answer is nobody's.
    """
    plan = context.request_state
    if plan is None:
        return None
    said = (context.input_responses or {}).get(QUESTION)
    return Answered(plan, isinstance(said, ElicitResult) and said_yes(said))


def said_yes(said: ElicitResult) -> bool:
    """Whether a person said yes in so many words."""
    return said.action == "accept" and (said.content or {}).get(YES) is True
