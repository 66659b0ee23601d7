"""Options that several commands have."""

from __future__ import annotations

import click

account_option = click.option("--account", metavar="NAME", help="Which of several accounts (CLEVERTAP_ACCOUNTS_FILE).")
json_flag = click.option("--json", "compact", is_flag=True, help="JSON in one line, for programs.")
