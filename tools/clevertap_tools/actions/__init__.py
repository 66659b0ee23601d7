"""All actions, one module per area; importing this fills the catalogue, in the order in which agents see it."""

from clevertap_tools.actions import uploads, exports, counts, campaigns, people, proxy  # isort: skip

__all__ = ["campaigns", "counts", "exports", "people", "proxy", "uploads"]
