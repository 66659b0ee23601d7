"""Rows out of files of any size in flat memory: CSV, JSON Lines and Parquet, packed or not.

Whatever a file holds, reading it ends: in rows, in rows with a fault, or in an error that says what is wrong.
"""

from __future__ import annotations

from clevertap_bulk.reading.files import columns, rows, slices
from clevertap_bulk.reading.form import Form, form_of
from clevertap_bulk.reading.row import Row

__all__ = ["Form", "Row", "columns", "form_of", "rows", "slices"]
