"""What the columns of a file mean, and the records that its rows make."""

from __future__ import annotations

from clevertap_bulk.mapping.guessing import guess
from clevertap_bulk.mapping.mapping import Mapping, Property

__all__ = ["Mapping", "Property", "guess"]
