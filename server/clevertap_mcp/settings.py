"""What the operator decided: read once, from the environment and the accounts file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clevertap_mcp.guard.access import Access
from clevertap_mcp.guard.caps import NO_CAPS, Caps
from clevertap_mcp.network import THIS_MACHINE, Issuer, Network
from clevertap_mcp.variables import (
    host_name,
    listed,
)
from clevertap_tools.account import DEFAULT_REGION, Account, region_url
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


from clevertap_mcp.environment import Confirm, Environment, checked, variable

REPLACED = ("ACCOUNT_ID", "PASSCODE", "REGION", "BASE_URL", "ACCOUNT_TOKEN")
"""The variables (without prefix) in whose place the sandbox puts its own values."""
LEFT_ASIDE = (variable("accounts_file"), variable("store_url"))
"""The variables that say nothing to the sandbox: it begins anew with each process, so nothing may remember it."""
OF_ONE_ACCOUNT = (*REPLACED, "TIMEZONE")
"""The variables (without prefix) that say of a single account what the accounts file says of several."""
SANDBOX_URL = "http://localhost"
"""Stands for the sandbox inside this process; nothing listens there and nothing is sent there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided, once per process.

    Args:
        account: Where CleverTap is and as whom to call it. With several accounts nobody's: each has its own in
            `accounts`.
        sandbox: Whether the account is the sandbox inside this process.
        access: What may be done at all.
        confirm: How a person says yes.
        caps: How much may be done.
        masked: Whether personal data goes out as pseudonyms.
        pseudonym_key: What pseudonyms are made with; None for a key of this process.
        audit_log: The audit log; None for the one in the user's state directory.
        audit_key: What seals the audit log; None for a key beside it.
        data_dir: The only folder whose files may be uploaded; None for any.
        data_quota: GiB that the files in it may have.
        log_level: The least that goes to stderr.
        toolsets: The choice of tools as it was written; None for the default.
        deadline: Seconds for one tool call.
        upload_concurrency: Simultaneous uploads, 1 to 15.
        store_url: What replicas and restarts share; None for nothing.
        log_format: What lines on stderr look like: text or json.
        slow_call: Seconds from which on a call is logged as slow; 0 for never.
        network: Where this server listens and who may come in.
        ignored: The variables that are set and that the sandbox does without.
        name: What the accounts file calls the account; empty without one.
        accounts: The same for each account, where there are several.
        secret_files: The files that credentials were read from.
        reread: Reads all of this once more.
    """

    account: Account
    sandbox: bool = False
    access: Access = Access.FULL
    confirm: Confirm = Confirm.AUTO
    caps: Caps = NO_CAPS
    masked: bool = True
    pseudonym_key: SecretStr | None = None
    audit_log: Path | None = None
    audit_key: SecretStr | None = None
    data_dir: Path | None = None
    data_quota: int = 50
    log_level: str = "warning"
    toolsets: str | None = None
    deadline: float = 55.0
    upload_concurrency: int = 3
    store_url: SecretStr | None = None
    log_format: str = "text"
    slow_call: float = 10.0
    network: Network = THIS_MACHINE
    ignored: tuple[str, ...] = ()
    name: str = ""
    accounts: tuple[Settings, ...] = ()
    secret_files: tuple[Path, ...] = ()
    reread: Callable[[], Settings] | None = field(default=None, repr=False, compare=False)

    def listening_on(self, host: str | None) -> Settings:
        """The same on another name or address of this machine, if one is given.

        Raises:
            ConfigurationError: It is none.
        """
        if host is None:
            return self
        try:
            return replace(self, network=replace(self.network, host=host_name(host)))
        except ValueError as error:
            raise ConfigurationError(f"--host {error}.", field="--host") from None

    @property
    def sealing_key(self) -> bytes | None:
        """What seals the audit log; None for a key beside it."""
        return self.audit_key.get_secret_value().encode() if self.audit_key else None

    @property
    def each(self) -> tuple[Settings, ...]:
        """The settings of every account."""
        return self.accounts or (self,)

    def at(self, name: str | None) -> Settings:
        """The settings of one account.

        Args:
            name: What the accounts file calls it; None for the only one.

        Raises:
            ConfigurationError: There are several and none is named, or there is none of that name.
        """
        if name is None and not self.accounts:
            return self
        for each in self.each:
            if name and each.name == name:
                return each
        raise ConfigurationError(which(each.name for each in self.each), field="account")


def read_settings(
    environ: Mapping[str, str],
    *,
    sandbox: bool = False,
    toolsets: str | None = None,
    access: str | None = None,
) -> Settings:
    """The settings that an environment makes.

    Args:
        environ: The variables, such as `os.environ`.
        sandbox: Use the sandbox, whatever account the variables name.
        toolsets: The choice of tools on the command line; wins over the variable.
        access: The access on the command line; the lower of it and the variable counts.

    Raises:
        MissingSettingError: A required variable is not set.
        ConfigurationError: A value is malformed; the first in the order of `Environment`.
    """
    typed = Typed(toolsets, access)
    file = variable("accounts_file")
    if sandbox:
        own = (*map(variable, REPLACED), *LEFT_ASIDE)
        return made(checked(sandboxed(environ)), typed, sandbox=True, ignored=tuple(n for n in own if n in environ))
    if file in environ:
        from clevertap_mcp.accounts.file import settings_of_each  # noqa: PLC0415 - most have one account only

        return settings_of_each(environ, typed)
    return made(checked(environ), typed)


@dataclass(frozen=True, slots=True)
class Typed:
    """What the command line says of the same things as the variables.

    Args:
        toolsets: The choice of tools; wins over the variable.
        access: The access; the lower of it and the variable counts.
    """

    toolsets: str | None = None
    access: str | None = None


def made(given: Environment, typed: Typed, *, sandbox: bool = False, ignored: tuple[str, ...] = ()) -> Settings:
    """The settings of one account.

    Args:
        given: The variables.
        typed: What the command line says.
        sandbox: Whether the account is the sandbox inside this process.
        ignored: The variables that are set and that the sandbox does without.

    Raises:
        ConfigurationError: An authorization server is named, and not by what address this server is known to it.
    """
    return Settings(
        account=Account(
            id=given.account_id,
            passcode=given.passcode,
            base_url=given.base_url or region_url(given.region),
            token=given.account_token,
            zone=given.timezone,
        ),
        sandbox=sandbox,
        access=given.access if typed.access is None else given.access.narrowed(Access(typed.access)),
        confirm=given.confirm,
        caps=Caps(given.max_audience, given.max_records, given.max_sends_per_day),
        masked=given.pii == "mask",
        pseudonym_key=given.pseudonym_key,
        audit_log=given.audit_log,
        audit_key=given.audit_key,
        data_dir=given.data_dir,
        data_quota=given.data_quota,
        log_level=given.log_level,
        toolsets=given.toolsets if typed.toolsets is None else typed.toolsets,
        deadline=given.deadline,
        upload_concurrency=given.upload_concurrency,
        store_url=given.store_url,
        log_format=given.log_format,
        slow_call=given.slow_call,
        network=network(given),
        ignored=ignored,
    )


def which(names: Iterable[str]) -> str:
    """Which accounts can be named, where none or a wrong one was."""
    known = ", ".join(filter(None, names))
    if not known:
        return "--account goes with CLEVERTAP_ACCOUNTS_FILE, which is not in use here; leave it out."
    return f"Name one of the accounts of CLEVERTAP_ACCOUNTS_FILE with --account: {known}."


def network(given: Environment) -> Network:
    """What an environment says about the network.

    Raises:
        ConfigurationError: An authorization server is named, and not by what address this server is known to it.
    """
    return Network(
        host=given.mcp_host,
        url=given.mcp_url,
        allowed_hosts=listed(given.mcp_allowed_hosts) if given.mcp_allowed_hosts else (),
        allowed_origins=listed(given.mcp_allowed_origins) if given.mcp_allowed_origins else (),
        tokens_file=given.mcp_tokens_file,
        issuer=issuer(given),
        max_sessions=given.mcp_max_sessions,
        max_calls=given.mcp_max_calls,
        metrics=given.mcp_metrics == "on",
    )


def issuer(given: Environment) -> Issuer | None:
    """The authorization server that an environment names.

    Raises:
        ConfigurationError: It names one, and not by what address this server is known to it.
    """
    if given.mcp_oauth_issuer is None:
        return None
    if given.mcp_url is None:
        name = variable("mcp_url")
        raise ConfigurationError(
            f"{name} is not set; {variable('mcp_oauth_issuer')} needs the address that its tokens are for.", field=name
        )
    return Issuer(given.mcp_oauth_issuer, given.mcp_oauth_audience or given.mcp_url, given.mcp_oauth_jwks_url)


def sandboxed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the sandbox's account in place of any other."""
    from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE  # noqa: PLC0415 - only the sandbox pays for it

    own = (ACCOUNT_ID, PASSCODE, DEFAULT_REGION, SANDBOX_URL, ACCOUNT_TOKEN)
    others = {name: value for name, value in environ.items() if name not in LEFT_ASIDE}
    return {variable("timezone"): "UTC", **others, **dict(zip(map(variable, REPLACED), own, strict=True))}
