"""The columns of a few rows of Parquet, without values so long that to repeat them would fill the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clevertap_bulk.reading.row import LONGEST

if TYPE_CHECKING:
    from pyarrow import Array, DictionaryArray, ListArray

LONGEST_LIST = 1_000
LONGEST_LISTED = 1 << 16
"""Bytes of a text in a list."""
TEXT_TOO_LONG = f"has a text of more than {LONGEST:,} bytes"
LIST_TOO_LONG = f"has a list of more than {LONGEST_LIST:,} values, or with a text of more than {LONGEST_LISTED:,} bytes"


class Column(NamedTuple):
    """A column of some rows.

    Attributes:
        cells: The values.
        longest: Bytes that the longest of them may take.
        faults: What is wrong with some of them, by their places.
    """

    cells: Array
    longest: int
    faults: dict[int, str]


def bounded(cells: Array) -> Column:
    """A column without what is too long."""
    import pyarrow as pa  # noqa: PLC0415 - only who needs it waits for it
    from pyarrow import types  # noqa: PLC0415 - the same

    if types.is_dictionary(cells.type):
        return of_shared_texts(cells)
    if types.is_list(cells.type) or types.is_large_list(cells.type):
        return of_lists(cells)
    if is_text(cells):
        return of_texts(cells)
    if types.is_timestamp(cells.type) and cells.type.unit == "ns":
        cells = cells.cast(pa.timestamp("us", cells.type.tz), safe=False)  # Python tells no nanoseconds
    return Column(cells, 0, {})


def is_text(cells: Array) -> bool:
    """Whether these are texts, or bytes."""
    from pyarrow import types  # noqa: PLC0415 - only who needs it waits for it

    kinds = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(is_kind(cells.type) for is_kind in kinds)


def of_texts(cells: Array) -> Column:
    """A column of texts, of which there are few."""
    from pyarrow import compute  # noqa: PLC0415 - only who needs it waits for it

    too_long = compute.greater(compute.binary_length(cells), LONGEST)
    faults = dict.fromkeys(true_places(too_long), TEXT_TOO_LONG)
    return Column(compute.if_else(too_long, None, cells) if faults else cells, longest_of(cells), faults)


def of_shared_texts(cells: DictionaryArray) -> Column:
    """A column of texts, each of which is kept once."""
    import pyarrow as pa  # noqa: PLC0415 - only who needs it waits for it
    from pyarrow import compute  # noqa: PLC0415 - the same

    longest = longest_of(cells.dictionary)
    if longest <= LONGEST:
        return Column(cells, longest, {})
    too_long = compute.greater(compute.binary_length(cells.dictionary), LONGEST)
    kept = compute.if_else(too_long, None, cells.dictionary)
    faults = true_places(compute.take(too_long, cells.indices))
    return Column(pa.DictionaryArray.from_arrays(cells.indices, kept), LONGEST, dict.fromkeys(faults, TEXT_TOO_LONG))


def of_lists(cells: ListArray) -> Column:
    """A column of lists."""
    from pyarrow import compute, types  # noqa: PLC0415 - only who needs it waits for it

    inner = cells.values.dictionary if types.is_dictionary(cells.values.type) else cells.values
    longest = longest_of(inner) if is_text(inner) else 0
    too_long = compute.greater(compute.list_value_length(cells), LONGEST_LIST)
    if longest > LONGEST_LISTED:
        too_long = compute.is_valid(cells)
    faults = dict.fromkeys(true_places(too_long), LIST_TOO_LONG)
    kept = compute.if_else(too_long, None, cells) if faults else cells
    return Column(kept, min(longest, LONGEST_LISTED) * LONGEST_LIST, faults)


def longest_of(texts: Array) -> int:
    """Bytes of the longest text."""
    from pyarrow import compute  # noqa: PLC0415 - only who needs it waits for it

    return compute.max(compute.binary_length(texts)).as_py() or 0


def true_places(flags: Array) -> list[int]:
    """Where something is so."""
    from pyarrow import compute  # noqa: PLC0415 - only who needs it waits for it

    return list(compute.indices_nonzero(flags.fill_null(False)).to_pylist())
