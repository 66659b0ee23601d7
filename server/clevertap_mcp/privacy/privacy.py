"""What personal data looks like from outside: pseudonyms on the way out, the persons themselves on the way in.

Only what CleverTap or its customers wrote is searched (`Result.theirs`); our own words, figures and cursors stay.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from clevertap_mcp.privacy.columns import ColumnMask
from clevertap_mcp.privacy.csv_text import masked_table
from clevertap_mcp.privacy.kinds import personal_values
from clevertap_mcp.privacy.masking import Mask, searched
from clevertap_mcp.privacy.mentions import Known, Search, cut_hidden
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_mcp.privacy.top_counts import personal_groups, values_hidden
from clevertap_mcp.privacy.unmasking import Named, Naming
from clevertap_tools.action import Result
from clevertap_tools.actions.proxy import RawAnswer
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, NotReadyError, Problem
from clevertap_tools.unseen import plain
from clevertap_tools.upload_result import RefusedRecord
from clevertap_tools.wire import JsonObject

WITHHELD: Final = (
    "(This answer is no text, so personal data in it cannot be masked; it is withheld. "
    "The operator can set CLEVERTAP_PII=show.)"
)
TABLES: Final = ("csv", "tab-separated-values")
"""In a content type: comma-separated values and the like."""

E = TypeVar("E", bound=CleverTapError)
R = TypeVar("R", bound=Result)


class Privacy:
    """Masks what goes to the model and names whom it means.

    Args:
        pseudonyms: Those of this project; None where the operator lets personal data be shown, so that texts are only
            freed of characters that nobody sees.
    """

    def __init__(self, pseudonyms: Pseudonyms | None) -> None:
        self._mask = Mask(pseudonyms) if pseudonyms else None
        self._naming = Naming(pseudonyms) if pseudonyms else None

    def named(self, given: Mapping[str, Any], as_written: Collection[str] = ()) -> Named:
        """Arguments with each pseudonym replaced by whom it stands for.

        Args:
            given: The arguments.
            as_written: The names of those in which pseudonyms stay.

        Raises:
            InvalidArgumentsError: A pseudonym stands where none may, or is not of this project and key.
        """
        if not self._naming:
            return Named(given)
        kept = {name: given[name] for name in as_written if name in given}
        named = self._naming.named({name: value for name, value in given.items() if name not in kept})
        return Named({**named, **kept}, named.persons) if kept else named

    def result(self, result: R, given: Mapping[str, Any]) -> R:
        """A result with the personal data in what CleverTap wrote masked.

        Args:
            result: What an action answered.
            given: The arguments of the call, with persons named.
        """
        known, about = self._wrote(given), result.about_people
        fields = {name: getattr(result, name) for name in result.theirs}
        masked = {
            name: freed(value) if result.masked else self._field(value, known, people=about)
            for name, value in fields.items()
            if value
        }
        if (warning := getattr(result, "warning", None)) and "warning" not in masked:
            masked["warning"] = self.text(warning, given)
        # A result inside another, from which that one tells its failure, says itself what in it is foreign.
        masked |= {name: self.result(value, given) for name, value in result if isinstance(value, Result)}
        if self._mask and isinstance(result, RawAnswer):
            masked |= self._raw(self._mask, result, given)
            masked["json_"] = values_hidden(masked.get("json_", result.json_), personal_groups(given), self._mask.hide)
        return result.model_copy(update=masked)

    def error(self, error: E, given: Mapping[str, Any]) -> E:
        """An error with the personal data in its words masked, as a copy without what led to it.

        Args:
            error: What was raised.
            given: The arguments of the call, with persons named.
        """
        shown = (error.req_id,) if isinstance(error, NotReadyError) else ()
        known = self._known(given).near(words_of(error))
        said = self._wrote(given, known) if error.quotes else known
        told = type(error).__new__(type(error), self._said(error.message, said, shown))
        told.__dict__.update(error.__dict__)
        told.message = str(told)
        told.next = self._said(error.next, known, shown)
        told.field = error.field and self._said(error.field, known, ())
        if isinstance(told, InvalidArgumentsError):
            told.problems = tuple(
                Problem(self._said(each.field, known, ()), self._said(each.message, known, ()))
                for each in told.problems
            )
        return told

    def text(self, text: str, given: Mapping[str, Any] | None = None, shown: Collection[str] = ()) -> str:
        """A text with its personal data masked.

        Args:
            text: Any text, such as a line of a log.
            given: The arguments of the call it belongs to; the personal values in them are looked for.
            shown: Parts of it that stay as they are.
        """
        return self._said(text, self._known(given or {}), shown)

    def of_columns(self, personal: Sequence[str]) -> ColumnMask | None:
        """What masks whole columns of tables; None where personal data may be shown.

        Args:
            personal: The columns that always hold personal data.
        """
        return ColumnMask(self._mask, personal) if self._mask else None

    def shown(self, stored: JsonObject, given: Mapping[str, Any]) -> JsonObject:
        """What CleverTap has stored, as it may be quoted to whoever says yes.

        Args:
            stored: What it answered.
            given: The arguments of the call, with persons named.
        """
        told: JsonObject = self._field(stored, self._wrote(given), people=False)
        return told

    def _said(self, text: str, known: Known, shown: Collection[str]) -> str:
        if not self._mask:
            return plain(text)
        text = cut_hidden(text, known, self._mask.hide)
        if not shown:
            return self._mask.text(text, known)
        parts = re.split("(" + "|".join(map(re.escape, shown)) + ")", text)
        return "".join(part if part in shown else self._mask.text(part, known) for part in parts)

    def _known(self, given: Mapping[str, Any]) -> Known:
        """Whom a call names: looked for in words that are partly our own, so figures of ours are no short names."""
        return Known(personal_values(given, people=False)) if self._mask else Known()

    def _wrote(self, given: Mapping[str, Any], known: Known | None = None) -> Known:
        """Whom a call names: looked for in what CleverTap wrote."""
        around = self._known(given) if known is None else known
        return Known(around=around, persons=given.persons if isinstance(given, Named) else ())

    def _field(self, value: Any, known: Known, *, people: bool) -> Any:
        if not self._mask:
            return freed(value)
        if isinstance(value, list) and all(isinstance(each, RefusedRecord) for each in value):
            # What is wrong with one record is told of all that were sent with it, and quotes any of them.
            search = Search(known, self._mask.hide)
            return [searched(self._mask.record(each, Known(), people=True), search) for each in value]
        if isinstance(value, str):
            return self._mask.text(value, known)
        return self._mask.answer(value, known, people=people)

    def _raw(self, mask: Mask, result: RawAnswer, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is particular to an answer of any path: tables, and bodies that nobody can look into."""
        if result.base64 is not None:
            return {"base64": None, "text": WITHHELD}
        if result.text is None or not any(kind in result.content_type for kind in TABLES):
            return {}
        try:
            return {"text": masked_table(result.text, mask, self._wrote(given), people=result.about_people)}
        except csv.Error:
            return {"text": WITHHELD}


def words_of(error: CleverTapError) -> list[str]:
    """All that an error says."""
    problems = error.problems if isinstance(error, InvalidArgumentsError) else ()
    return [error.message, error.next, error.field or "", *(each.field for each in problems)]


def freed(value: Any) -> Any:
    """A value of a result with all its texts freed of characters that nobody sees."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): freed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(freed, value))
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: freed(each) for name, each in value})
    return value
