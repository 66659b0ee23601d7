"""Personal data in texts of comma-separated values."""

from __future__ import annotations

import csv
import io
from typing import Final

from clevertap_mcp.privacy.masking import Mask
from clevertap_mcp.privacy.mentions import Known
from clevertap_tools.unseen import plain

DELIMITERS: Final = ",;\t|"
BESIDE: Final = "(beside the columns)"
"""The key of cells that no header stands over."""


def masked_table(text: str, mask: Mask, known: Known, *, people: bool) -> str:
    """A table with its personal data masked; the first row holds the keys.

    Raises:
        csv.Error: It is none.
    """
    lines = plain(text).split("\n")
    delimiter = max(DELIMITERS, key=lines[0].count)
    rows = csv.reader(lines, delimiter=delimiter)
    header = next(rows, [])
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    writer.writerow([mask.text(key, known) for key in header])
    writer.writerows(masked_row(header, row, mask, known, people=people) for row in rows if row)
    return written.getvalue()


def masked_row(header: list[str], row: list[str], mask: Mask, known: Known, *, people: bool) -> list[str]:
    """One row; as keys may come twice, it is not one object but one for each cell."""
    keys = header + [BESIDE] * (len(row) - len(header))
    record = [{key: cell} for key, cell in zip(keys, row, strict=False)]
    return [cell for each in mask.record(record, known, people=people) for cell in each.values()]
