"""Fields that a body cannot do without."""

from __future__ import annotations

from typing import Any

from clevertap_sandbox.answers import RefusedError


def filled(holder: dict[str, Any], field: str, where: str = "") -> str:
    """Take a text that must not be empty. Reference: engagement 3.7.

    Args:
        holder: What has the field.
        field: Its name.
        where: What the refusal says behind the name.

    Raises:
        RefusedError: It is empty, or is no text.
    """
    value = holder.get(field)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"Field {field} is empty{where}")
    return value
