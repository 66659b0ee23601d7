"""The shape of a walk's pages, learnt from one that was read in full; pages like it are read several times as fast.

Arrow reads a page as columns without making an object of each value. It is told every field and its type, and refuses
whatever differs; such a page is read in full, as JSON, and the shape learnt anew. So both ways find the same.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pyarrow import compute
from pyarrow import json as arrow_json

from clevertap_bulk.exporting.columns import EXACT, KINDS, Arrays, reach
from clevertap_bulk.exporting.days import Stamps
from clevertap_bulk.exporting.records import MOMENT, PARTS, PROFILE, PROFILE_DATA, THEIR_NAMES, WHO
from clevertap_tools.wire import JsonObject

RECORDS = "records"
DIFFERENT = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError)
"""What Arrow says of a page that it cannot take for one of a shape."""


class UnlikeError(Exception):
    """A page has values that only JSON shows as they are."""


class Shape:
    """What the pages of a walk look like, as far as they were read."""

    def __init__(self) -> None:
        self._schema: Any = None

    def learn(self, page: JsonObject) -> None:
        """Take a page that was read in full for an example, beside those before."""
        try:
            told = pa.schema([(key, pa.infer_type([value])) for key, value in page.items()])
            self._schema = told if self._schema is None else unified(self._schema, told)
        except DIFFERENT:
            self._schema = None  # values of one key differ in type

    def read(self, body: bytes) -> Any:
        """The page as a table of one row.

        Raises:
            UnlikeError: It does not look like those before.
        """
        if self._schema is None:
            raise UnlikeError
        whole = arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 1)
        strictly = arrow_json.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="error")
        try:
            return arrow_json.read_json(pa.BufferReader(body), read_options=whole, parse_options=strictly)
        except DIFFERENT:
            raise UnlikeError from None


def unified(one: Any, other: Any) -> Any:
    """A schema for pages of two schemas."""
    return pa.unify_schemas([one, other], promote_options="permissive")


def event_columns(records: Any, stamps: Stamps) -> Arrays:
    """Events, as Arrow has read them, as columns.

    Raises:
        UnlikeError: There are lists or objects among the properties, or numbers that have been rounded.
    """
    parts = fields(records)
    profiles = fields(parts.get(PROFILE))
    nothing = pa.nulls(len(records), pa.string())
    columns = {MOMENT: stamps.moments(whole(parts.get(MOMENT, nothing)))}
    columns |= {name: named(profiles.get(THEIR_NAMES.get(name, name), nothing)) for name in WHO}
    for key, prefix in PARTS.items():
        columns |= {f"{prefix}.{name}": plain(column) for name, column in fields(parts.get(key)).items()}
    profile_data = fields(profiles.get(PROFILE_DATA))
    return columns | {f"{PROFILE}.{name}": plain(column) for name, column in profile_data.items()}


def fields(column: Any) -> Arrays:
    """What is in objects, by name; nothing where there are none."""
    if column is None or pa.types.is_null(column.type):
        return {}
    if not pa.types.is_struct(column.type):
        raise UnlikeError
    return dict(zip((field.name for field in column.type), column.flatten(), strict=True))


def whole(numbers: Any) -> Any:
    """Whole numbers as they are."""
    if not pa.types.is_integer(numbers.type):
        raise UnlikeError
    return numbers


def named(names: Any) -> Any:
    """Names of people; an empty one is none."""
    if not pa.types.is_string(names.type) and not pa.types.is_null(names.type):
        raise UnlikeError
    return compute.if_else(compute.equal(names.cast(pa.string()), ""), None, names.cast(pa.string()))


def plain(values: Any) -> Any:
    """Values of a property, if they are what JSON said."""
    if pa.types.is_null(values.type):
        return values
    if values.type not in KINDS:
        raise UnlikeError
    if pa.types.is_floating(values.type) and values.null_count < len(values) and reach(values) >= EXACT:
        raise UnlikeError
    return values
