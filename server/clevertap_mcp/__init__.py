"""The CleverTap catalogue as an MCP server and as a command line."""
