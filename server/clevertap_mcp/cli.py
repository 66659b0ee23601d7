"""The command line: what can be typed and which exit status it ends with.

Exit status: 0 done, 1 refused or failed or not complete, 2 wrong usage or configuration, 130 interrupted.
Results go to stdout, everything else to stderr. What a command needs is imported when it runs, so that help, the
version and configuration errors answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import click

from clevertap_mcp.exits import (
    DONE,
    INTERRUPTED,
    WRONG_USAGE,
    OutputLostError,
    complain,
    hold_streams,
    lost,
    need_stdin,
    need_stdout,
    note,
    settle_streams,
)
from clevertap_mcp.logs import log_to_stderr
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_mcp.settings import Settings


def main() -> NoReturn:
    """Run the command line and end the process."""
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
    """

    sandbox: bool = False
    toolsets: str | None = None

    def settings(self) -> Settings:
        """The settings of this process; says on stderr what the sandbox leaves aside."""
        from clevertap_mcp.settings import read_settings  # noqa: PLC0415 - after --help

        settings = read_settings(os.environ, sandbox=self.sandbox, toolsets=self.toolsets)
        if self.sandbox:
            ignored = f"; ignoring {', '.join(settings.ignored)}" if settings.ignored else ""
            note(f"Using the built-in sandbox, not a CleverTap account{ignored}.")
        return settings

    def choice(self) -> str | None:
        """The choice of tools, also where nothing else is configured."""
        return os.environ.get("CLEVERTAP_TOOLSETS") if self.toolsets is None else self.toolsets


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports make no garbage: not looking for it until they are done saves a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


sandbox_flag = click.option("--sandbox", is_flag=True, help="Use the built-in sandbox; needs no account.")
toolsets_option = click.option(
    "--toolsets", metavar="NAMES", help="What to offer: core,people or +name, -name, all (CLEVERTAP_TOOLSETS)."
)
json_flag = click.option("--json", "compact", is_flag=True, help="JSON in one line, for programs.")
continue_flag = click.option(
    "--continue-on-fail", "go_on", is_flag=True, help="Print an error as JSON on stdout and exit with 0."
)
PORT = click.IntRange(0, 65535)


@click.group("clevertap-mcp", invoke_without_command=True)
@sandbox_flag
@toolsets_option
@click.version_option(package_name="clevertap-mcp")
@click.pass_context
def commands(context: click.Context, *, sandbox: bool, toolsets: str | None) -> int | None:
    """Work a CleverTap account from an AI agent, or from here.

    Without a command it serves MCP over stdio.
    """
    log_to_stderr()
    context.obj = Start(sandbox, toolsets)
    if context.invoked_subcommand not in (None, "serve"):
        need_stdout()
    if context.invoked_subcommand is None:
        return int(context.invoke(serve, transport="stdio", port=None, sandbox=False, toolsets=None))
    return None


@commands.command()
@click.option("--transport", type=click.Choice(["stdio", "http", "sse"]), default="stdio", show_default=True)
@click.option("--port", type=PORT, help="Loopback port for http and sse; 0 picks one.  [default: 8000]")
@sandbox_flag
@toolsets_option
@click.pass_obj
def serve(start: Start, *, transport: str, port: int | None, sandbox: bool, toolsets: str | None) -> int:
    """Serve MCP: over stdio, Streamable HTTP (/mcp) or SSE (/sse)."""
    if transport == "stdio" and port is not None:
        raise click.UsageError("--port belongs to --transport http or sse; stdio has no port.")
    if transport == "stdio":
        need_stdin()
        need_stdout()
    start = Start(sandbox or start.sandbox, start.toolsets if toolsets is None else toolsets)
    with uncollected():
        settings = start.settings()
        from clevertap_mcp.app import chosen  # noqa: PLC0415 - a wrong setting ends before this

        chosen(settings)
        from clevertap_mcp.serving import serve_mcp  # noqa: PLC0415 - and a wrong choice of tools before the MCP SDK
    return serve_mcp(settings, transport, port)


@commands.command()
@click.option("--intent", metavar="TEXT", help="Only those that fit these words, best first.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@json_flag
@click.pass_obj
def actions(start: Start, *, intent: str | None, limit: int | None, compact: bool) -> int:
    """List what can be done with CleverTap; needs no account."""
    from clevertap_mcp.performing import list_actions  # noqa: PLC0415 - after --help

    return list_actions(start.choice(), intent, limit, compact=compact)


@commands.command()
@click.argument("key")
@click.option("--input", "given", default="{}", metavar="JSON|@FILE|-", help="The arguments as a JSON object.")
@json_flag
@continue_flag
@click.pass_obj
def run(start: Start, key: str, *, given: str, compact: bool, go_on: bool) -> int:
    """Do one action, such as get-profile-count, and print its result."""
    from clevertap_mcp.inputs import json_object  # noqa: PLC0415 - after --help
    from clevertap_mcp.performing import find, perform  # noqa: PLC0415 - after --help

    action = find(key, start.choice())
    arguments = json_object(given, "--input")
    return perform(start.settings(), action, arguments, compact=compact, go_on=go_on)


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
@json_flag
@continue_flag
@click.pass_obj
def request(start: Start, /, *, compact: bool, go_on: bool, **given: Any) -> int:
    """Send any request to the account's own host, such as /1/now.json."""
    from clevertap_mcp.inputs import request_arguments  # noqa: PLC0415 - after --help
    from clevertap_mcp.performing import find, perform  # noqa: PLC0415 - after --help

    action = find("request", start.choice())
    arguments = request_arguments(**given)
    return perform(start.settings(), action, arguments, compact=compact, go_on=go_on)


@commands.command()
@json_flag
@click.pass_obj
def connection(start: Start, *, compact: bool) -> int:
    """Check whether CleverTap knows the account, and find its region."""
    from clevertap_mcp.connecting import show_connection  # noqa: PLC0415 - after --help

    return show_connection(start.settings, os.environ, compact=compact)


@commands.command()
@click.option("--port", type=PORT, default=0, show_default=True, help="Loopback port; 0 picks one.")
@click.option("--db", metavar="FILE", help="Keep the data in this file.  [default: in memory]")
@click.option("--seed", metavar="FILE|none", help="Another start than the sample shop.")
def sandbox(*, port: int, db: str | None, seed: str | None) -> int:
    """Serve a local CleverTap for anybody's client; prints its variables."""
    from clevertap_mcp.sandbox_server import serve_sandbox  # noqa: PLC0415 - after --help

    return serve_sandbox(port, db, seed)
