"""What a call does to a CleverTap project; retry, confirmation, hints and access all derive from it."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """One of five, from harmless to irreversible (design: ARCHITECTURE, "Effects")."""

    READ = "read"
    UPSERT = "upsert"
    APPEND = "append"
    SEND = "send"
    DESTROY = "destroy"

    @property
    def repeatable(self) -> bool:
        """Whether the same request may be sent again after its answer was lost."""
        return self in (Effect.READ, Effect.UPSERT)

    @property
    def guarded(self) -> bool:
        """Whether it messages people or takes something away, so that a person has to say yes."""
        return self in (Effect.SEND, Effect.DESTROY)
