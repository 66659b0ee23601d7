"""The values of a personal property are pseudonyms wherever they are counted; other values stay."""

from __future__ import annotations

from typing import Any

import pytest

from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_tools.actions.top_counts import GetTopPropertyCounts, TopPropertyCounts, value_rows

pseudonyms = Pseudonyms("a secret of the operator's", "project")
privacy = Privacy(pseudonyms)


def shown(kind: str, name: str, value: str, label: str | None = None) -> dict[str, Any]:
    """The row that a model sees of one counted value."""
    group = {"property_type": kind, "name": name, "label": label}
    given = {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-31", "groups": [group]}
    asked = GetTopPropertyCounts.model_validate(given)
    values = value_rows(asked.groups[0], {"STR": {value: 7}})
    result = TopPropertyCounts(values=values, of_people=kind == "profile_fields")
    row: dict[str, Any] = privacy.result(result, given).values[0]
    return row


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("profile_fields", "Email", "mira@example.org"),
        ("profile_fields", "Phone", "4930123456"),
        ("profile_fields", "Name", "Mira Sorensen"),
        ("profile_fields", "identity", "c-17"),
        ("event_properties", "Customer Email", "Mira at home"),
        ("event_properties", "First Name", "Mira"),
        ("event_properties", "Remark", "mira@example.org"),
    ],
)
@pytest.mark.parametrize("label", [None, "x"])
def test_values_of_a_personal_property_are_pseudonyms(kind: str, name: str, value: str, label: str | None) -> None:
    row = shown(kind, name, value, label)
    assert row["value"] == pseudonyms.of(value)
    assert (row["property"], row["type"], row["count"]) == (name, "STR", 7)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("profile_fields", "Plan", "Gold"),
        ("event_properties", "Category", "Books"),
        ("event_properties", "Product Name", "Lamp"),
        ("event_properties", "Name", "Lamp"),
        ("technographics", "Platform", "AndroidApp"),
        ("geo_fields", "City", "Pune"),
    ],
)
def test_values_of_other_properties_stay(kind: str, name: str, value: str) -> None:
    assert shown(kind, name, value)["value"] == value
