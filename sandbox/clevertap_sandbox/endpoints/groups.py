"""E-mail subscription groups. Reference: engagement 15.2, data 10.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import Answer, success

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project


def listing(project: Project, _asked: Asked) -> Answer:
    """List the groups that people can be subscribed to."""
    names = project.behaviours.subscription_groups
    if project.behaviours.category_groups == "category_groups":
        return success(category_groups=list(names))
    return success(list=[{"key": number, "name": name} for number, name in enumerate(names, 1)])
