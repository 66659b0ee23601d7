"""CleverTap's query language, compiled to SQL."""
