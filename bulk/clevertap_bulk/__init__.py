"""Moving millions of records between CleverTap and files, resumable and accounted for; nothing of MCP is known here."""
