"""All actions, one module per area. Take the catalogue from here: importing this package fills it, in agents' order."""

from clevertap_tools.action import CATALOGUE

from clevertap_tools.actions import uploads, exports, counts, campaigns, people, proxy  # noqa: F401  isort: skip

__all__ = ["CATALOGUE"]
