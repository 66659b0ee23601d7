"""Pseudonyms in place of the personal data of whole columns of a table (see `clevertap_bulk.questions.mask`)."""

from __future__ import annotations

from collections.abc import Sequence

from clevertap_mcp.privacy.kinds import is_personal, kind_of
from clevertap_mcp.privacy.masking import Mask
from clevertap_mcp.privacy.mentions import Known

NOBODY = Known()


class ColumnMask:
    """Masks the different values of a column, each once.

    Args:
        mask: What masks a single value.
        personal: Columns that always hold personal data.
    """

    def __init__(self, mask: Mask, personal: Sequence[str]) -> None:
        self._mask = mask
        self._personal = frozenset(personal)

    def hides(self, name: str) -> bool:
        """Whether a property of that name may hold personal data."""
        return name in self._personal or kind_of(name) is not None

    def pseudonyms(self, name: str, values: Sequence[str], *, people: bool) -> Sequence[str]:
        """What stands for each value of a property that may hold personal data."""
        kind = kind_of(name)
        whole = name in self._personal
        return [
            self._mask.hide(value)
            if whole or (kind is not None and is_personal(kind, value, people=people))
            else self._mask.text(value, NOBODY)
            for value in values
        ]

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """Texts with the personal data in them replaced."""
        return [self._mask.text(value, NOBODY) for value in values]
