"""Pseudonyms in place of the personal data of whole columns of a table (see `clevertap_bulk.questions.mask`)."""

from __future__ import annotations

from collections.abc import Sequence

from clevertap_mcp.privacy.kinds import Kind, is_personal, kind_of
from clevertap_mcp.privacy.masking import Mask, searched
from clevertap_mcp.privacy.mentions import Known, Search

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
        return [
            self._mask.text(value, NOBODY) if self._kind(name, value, people) is None else self._mask.hide(value)
            for value in values
        ]

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """Texts with the personal data in them replaced."""
        return [self._mask.text(value, NOBODY) for value in values]

    def without(self, text: str, known: Sequence[tuple[str, str]], *, people: bool) -> str:
        """A text with the personal ones among the values of properties replaced wherever they stand in it."""
        kinds = ((value, self._kind(name, value, people)) for name, value in known)
        personal = Known((value, kind) for value, kind in kinds if kind is not None)
        told: str = searched(text, Search(personal, self._mask.hide))
        return told

    def _kind(self, name: str, value: str, people: bool) -> Kind | None:
        """What kind of personal data a value of a property is; None if it is none."""
        kind = kind_of(name)
        if name in self._personal:
            return kind or Kind.IDENTITY
        return kind if kind is not None and is_personal(kind, value, people=people) else None
