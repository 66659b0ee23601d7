"""The command line: what can be typed and which exit status it ends with.

Exit status: 0 done, 1 refused or failed or not complete, 2 wrong usage or configuration, 130 interrupted.
Results go to stdout, everything else to stderr. What a command needs is imported when it runs, so that help, the
version and configuration errors answer at once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from clevertap_mcp.commands.exits import (
    DONE,
    INTERRUPTED,
    WRONG_USAGE,
    OutputLostError,
    complain,
    hold_streams,
    lost,
    need_stdin,
    need_stdout,
    settle_streams,
)
from clevertap_mcp.data_commands import data_commands
from clevertap_mcp.garbage import collected_seldom, uncollected
from clevertap_mcp.guard.access import Access
from clevertap_mcp.logs import announce, log_as, log_from, log_to_stderr
from clevertap_mcp.options import account_option, json_flag
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clevertap_mcp.settings import Settings


def main() -> NoReturn:
    """Run the command line and end the process."""
    collected_seldom()
    hold_streams()
    status = status_of(sys.argv[1:])
    settle_streams()
    sys.exit(status)


def status_of(arguments: list[str]) -> int:
    """Run the command line and tell its exit status."""
    try:
        return int(commands.main(arguments, prog_name="clevertap-mcp", standalone_mode=False) or DONE)
    except click.ClickException as error:
        complain(error.format_message())
        return error.exit_code
    except ConfigurationError as error:
        complain(error.message)
        return WRONG_USAGE
    except OutputLostError as error:
        return lost(error.error)
    except OSError as error:
        return lost(error)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED


@dataclass(frozen=True, slots=True)
class Start:
    """What stands before the command.

    Args:
        sandbox: Use the sandbox in place of an account.
        toolsets: The choice of tools as it was typed.
        access: What may be done at all, as it was typed.
        account: Which of several accounts, as it was typed after the command.
    """

    sandbox: bool = False
    toolsets: str | None = None
    access: str | None = None
    account: str | None = None

    def settings(self) -> Settings:
        """The settings of this process; says on stderr what the sandbox leaves aside."""
        from clevertap_mcp.settings import read_settings  # noqa: PLC0415 - after --help

        settings = read_settings(os.environ, sandbox=self.sandbox, toolsets=self.toolsets, access=self.access)
        log_from(settings.log_level)
        log_as(settings.log_format)
        if self.sandbox:
            ignored = f"; ignoring {', '.join(settings.ignored)}" if settings.ignored else ""
            announce(f"Using the built-in sandbox, not a CleverTap account{ignored}.")
        return settings

    def choice(self) -> str | None:
        """The choice of tools, also where nothing else is configured."""
        return os.environ.get("CLEVERTAP_TOOLSETS") if self.toolsets is None else self.toolsets

    def permitted(self) -> Access:
        """What may be done at all, also where nothing else is configured.

        Raises:
            ConfigurationError: The variable names no access, or no account has that name.
        """
        from clevertap_mcp.environment import read_access  # noqa: PLC0415 - after --help

        if self.account is not None:
            return self.settings().at(self.account).access
        access = read_access(os.environ)
        return access.narrowed(Access(self.access)) if self.access else access

    def over(self, earlier: Start) -> Start:
        """What was typed after the command, and before it where nothing stands after it."""
        toolsets = earlier.toolsets if self.toolsets is None else self.toolsets
        return Start(self.sandbox or earlier.sandbox, toolsets, self.access or earlier.access)


sandbox_flag = click.option("--sandbox", is_flag=True, help="Use the built-in sandbox; needs no account.")
toolsets_option = click.option(
    "--toolsets", metavar="NAMES", help="What to offer: core,people or +name, -name, all (CLEVERTAP_TOOLSETS)."
)
access_option = click.option(
    "--access",
    type=click.Choice([*map(str, Access)]),
    help="What may be done at all; the lower of it and CLEVERTAP_ACCESS.  [default: full]",
)
continue_flag = click.option(
    "--continue-on-fail", "go_on", is_flag=True, help="Print an error as JSON on stdout and exit with 0."
)
PORT = click.IntRange(0, 65535)


@click.group("clevertap-mcp", invoke_without_command=True)
@sandbox_flag
@toolsets_option
@access_option
@click.version_option(package_name="clevertap-mcp")
@click.pass_context
def commands(context: click.Context, /, **given: Any) -> int | None:
    """Work a CleverTap account from an AI agent, or from here.

    Without a command it serves MCP over stdio.
    """
    log_to_stderr()
    context.obj = Start(**given)
    if context.invoked_subcommand not in (None, "serve"):
        need_stdout()
    if context.invoked_subcommand is None:
        return int(
            context.invoke(serve, transport="stdio", host=None, port=None, sandbox=False, toolsets=None, access=None)
        )
    return None


@commands.command()
@click.option("--transport", type=click.Choice(["stdio", "http", "sse"]), default="stdio", show_default=True)
@click.option("--host", metavar="NAME", help="Name or address for http and sse.  [default: CLEVERTAP_MCP_HOST]")
@click.option("--port", type=PORT, help="Port for http and sse; 0 picks one.  [default: 8000]")
@sandbox_flag
@toolsets_option
@access_option
@click.pass_obj
def serve(start: Start, /, *, transport: str, host: str | None, port: int | None, **given: Any) -> int:
    """Serve MCP: over stdio, or over the web as Streamable HTTP (/mcp) and SSE (/sse)."""
    if transport == "stdio" and (port is not None or host is not None):
        name = "--host" if port is None else "--port"
        raise click.UsageError(f"{name} belongs to --transport http or sse; stdio has none.")
    if transport == "stdio":
        need_stdin()
        need_stdout()
    with uncollected():
        settings = Start(**given).over(start).settings().listening_on(host)
        from clevertap_mcp.opening import chosen  # noqa: PLC0415 - a wrong setting ends before this

        for each in settings.each:
            chosen(each)
        from clevertap_mcp.commands.serve import serve_mcp  # noqa: PLC0415 - and a wrong choice of tools before the MCP SDK
    return serve_mcp(settings, transport, port)


@commands.command()
@click.option("--intent", metavar="TEXT", help="Only those that fit these words, best first.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@account_option
@json_flag
@click.pass_obj
def actions(start: Start, *, intent: str | None, limit: int | None, account: str | None, compact: bool) -> int:
    """List what can be done with CleverTap; needs no account."""
    from clevertap_mcp.commands.actions import list_actions  # noqa: PLC0415 - after --help

    return list_actions(replace(start, account=account), intent, limit, compact=compact)


@commands.command()
@click.argument("key")
@click.option("--input", "given", default="{}", metavar="JSON|@FILE|-", help="The arguments as a JSON object.")
@account_option
@json_flag
@continue_flag
@click.pass_obj
def run(start: Start, key: str, *, given: str, account: str | None, compact: bool, go_on: bool) -> int:
    """Do one action, such as get-profile-count, and print its result."""
    from clevertap_mcp.commands.actions import find, perform  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.inputs import json_object  # noqa: PLC0415 - after --help

    action = find(key, start)
    arguments = json_object(given, "--input")
    return perform(start.settings().at(account), action, arguments, compact=compact, go_on=go_on)


@commands.command()
@click.argument("path")
@click.option(
    "-X",
    "--method",
    type=click.Choice(["GET", "POST", "PUT", "PATCH", "DELETE"], case_sensitive=False),
    help="[default: POST with a body, else GET]",
)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Repeatable.")
@click.option("-d", "--data", metavar="JSON|@FILE|-", help="A JSON body.")
@click.option("--raw-data", metavar="TEXT|@FILE", help="A body of another kind; name it with --content-type.")
@click.option("--content-type", metavar="TYPE", help="The kind of --raw-data.")
@click.option("--query", "queries", multiple=True, metavar="NAME=VALUE", help="Repeatable.")
@click.option("--path-param", "path_params", multiple=True, metavar="NAME=VALUE", help="Fills {NAME}; repeatable.")
@account_option
@json_flag
@continue_flag
@click.pass_obj
def request(start: Start, /, *, account: str | None, compact: bool, go_on: bool, **given: Any) -> int:
    """Send any request to the account's own host, such as /1/now.json."""
    from clevertap_mcp.commands.actions import find, perform  # noqa: PLC0415 - after --help
    from clevertap_mcp.commands.inputs import request_arguments  # noqa: PLC0415 - after --help

    action = find("request", start)
    arguments = request_arguments(**given)
    return perform(start.settings().at(account), action, arguments, compact=compact, go_on=go_on)


@commands.command()
@account_option
@json_flag
@click.pass_obj
def connection(start: Start, *, account: str | None, compact: bool) -> int:
    """Check whether CleverTap knows the account, and find its region."""
    from clevertap_mcp.commands.connection import show_connection  # noqa: PLC0415 - after --help

    return show_connection(lambda: start.settings().at(account), os.environ, compact=compact)


@commands.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8000/healthz",
    show_default=True,
    help="Where to ask; /readyz also asks whether CleverTap answers.",
)
def health(*, url: str) -> int:
    """Ask a server over HTTP whether it is well; exit status 0 if it is."""
    from clevertap_mcp.commands.health import show_health  # noqa: PLC0415 - after --help

    return show_health(url)


@commands.command()
@click.option("--port", type=PORT, default=0, show_default=True, help="Loopback port; 0 picks one.")
@click.option("--db", metavar="FILE", help="Keep the data in this file.  [default: in memory]")
@click.option("--seed", metavar="FILE|none", help="Another start than the sample shop.")
def sandbox(*, port: int, db: str | None, seed: str | None) -> int:
    """Serve a local CleverTap for anybody's client; prints its variables."""
    from clevertap_mcp.commands.sandbox import serve_sandbox  # noqa: PLC0415 - after --help

    return serve_sandbox(port, db, seed)


tokens_file_option = click.option(
    "--file", "file", metavar="FILE", help="The file of tokens.  [default: CLEVERTAP_MCP_TOKENS_FILE]"
)


@commands.group()
def tokens() -> None:
    """Say who may call this server over the network."""


@tokens.command()
@click.argument("name")
@click.option(
    "--access",
    type=click.Choice([*map(str, Access)]),
    default="read",
    show_default=True,
    help="The most that it allows; never more than CLEVERTAP_ACCESS.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME",
    help="An account; repeatable; * for all, which is the default where CLEVERTAP_ACCOUNTS_FILE is not set.",
)
@click.option("--expires", "lifetime", metavar="TIME", help="When it ends, such as 12h, 90d or 4w.  [default: never]")
@tokens_file_option
@json_flag
def add(*, file: str | None, accounts: Sequence[str], compact: bool, **given: Any) -> int:
    """Make a token for NAME and print it, this once."""
    from clevertap_mcp.commands.tokens import add_token, opened_by, tokens_file  # noqa: PLC0415 - after --help

    opened = opened_by(accounts, os.environ)
    return add_token(tokens_file(file, os.environ), accounts=opened, compact=compact, **given)


@tokens.command("list")
@tokens_file_option
@json_flag
def list_(*, file: str | None, compact: bool) -> int:
    """List who has a token; shows no token and no digest."""
    from clevertap_mcp.commands.tokens import list_tokens, tokens_file  # noqa: PLC0415 - after --help

    return list_tokens(tokens_file(file, os.environ), compact=compact)


@tokens.command()
@click.argument("name")
@tokens_file_option
@json_flag
def revoke(*, name: str, file: str | None, compact: bool) -> int:
    """Let the token of NAME work no more, from the next request on."""
    from clevertap_mcp.commands.tokens import revoke_token, tokens_file  # noqa: PLC0415 - after --help

    return revoke_token(tokens_file(file, os.environ), name, compact=compact)


@commands.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@click.option("--log", "log", metavar="FILE", help="Another log than that of the settings (CLEVERTAP_AUDIT_LOG).")
@json_flag
def verify(*, log: str | None, compact: bool) -> int:
    """Check that no line of the audit log was changed, taken out or cut off."""
    from clevertap_mcp.commands.audit import verify_audit  # noqa: PLC0415 - after --help
    from clevertap_mcp.settings import read_settings  # noqa: PLC0415 - after --help
    from clevertap_mcp.trail.trail import default_file  # noqa: PLC0415 - after --help

    settings = read_settings(os.environ, sandbox=True)  # no account is needed for this
    file = Path(log) if log else settings.audit_log or default_file()
    return verify_audit(file, settings.sealing_key, compact=compact)


for each in data_commands:
    commands.add_command(each)
