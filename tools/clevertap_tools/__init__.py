"""What can be done with CleverTap: typed actions and the client they use, no MCP in sight."""
