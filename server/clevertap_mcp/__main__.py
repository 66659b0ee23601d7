"""`python -m clevertap_mcp` is the console script `clevertap-mcp`."""

from __future__ import annotations

from clevertap_mcp.cli import main

if __name__ == "__main__":
    main()
