"""All actions, one module per area. Take the catalogue from here: importing this package fills it, in agents' order."""

from clevertap_tools.action import CATALOGUE

from clevertap_tools.actions import (  # noqa: F401  isort: skip
    uploads,
    exports,
    counts,
    campaigns,
    people,
    trends,
    top_counts,
    message_reports,
    project_schema,
    messages,
    triggers,
    subscriptions,
    lists,
    segments,
    catalog_files,
    catalogs,
    products,
    content_blocks,
    variables,
    imports,
    bulk_exports,
    jobs,
    questions,
    proxy,
)

__all__ = ["CATALOGUE"]
