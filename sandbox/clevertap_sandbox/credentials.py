"""Who may come in unless told otherwise: public, so that anybody can try the sandbox."""

from __future__ import annotations

ACCOUNT_ID = "TEST-SBX-000Z"
PASSCODE = "sandbox-passcode"
ACCOUNT_TOKEN = "sandbox-token"  # noqa: S105 (same)
