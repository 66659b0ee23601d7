"""What may be done: sends and deletions only when the operator has allowed them."""

from __future__ import annotations

from dataclasses import dataclass

from clevertap_tools.effect import Effect
from clevertap_tools.errors import NotAllowedError

EVERYTHING = frozenset(Effect)


@dataclass(frozen=True, slots=True)
class Guard:
    """The operator's word on harmful effects.

    Args:
        allowed: The guarded effects that may happen; everything else may happen anyway.
    """

    allowed: frozenset[Effect] = frozenset()

    def check(self, effect: Effect) -> None:
        """Let a call pass or refuse it before anything leaves.

        Raises:
            NotAllowedError: The effect is guarded and not allowed.
        """
        if effect.guarded and effect not in self.allowed:
            raise NotAllowedError(
                f"This would {DEEDS[effect]}; the operator of this server has not allowed that.",
                next_step=f"Ask the operator to start the server with CLEVERTAP_ALLOW={effect}, or use --sandbox.",
            )


DEEDS = {
    Effect.SEND: "message people, or lift opt-outs so that messages reach them",
    Effect.DESTROY: "delete, stop or overwrite something (or is not known to be harmless)",
}
