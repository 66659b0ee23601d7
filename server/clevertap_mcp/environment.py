"""Every variable with its meaning and its rule; nothing else looks at variables.

The table in the docs is made from `Environment`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from clevertap_mcp.guard.access import Access
from clevertap_mcp.network import LOOPBACK
from clevertap_mcp.variables import (
    HeaderSecret,
    HeaderText,
    Key,
    Text,
    Unbroken,
    expanded,
    file_path,
    folder_path,
    host_name,
    host_names,
    known_region,
    known_store,
    known_zone,
    origins,
    readable_file,
    safe_url,
)
from clevertap_tools.account import DEFAULT_REGION, checked_base_url
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

PREFIX = "CLEVERTAP_"


class Confirm(StrEnum):
    """How a person says yes to what sends or destroys."""

    AUTO = "auto"
    ASK = "ask"
    PLAN = "plan"
    OFF = "off"


class MissingSettingError(ConfigurationError):
    """A required variable is not set."""


def variable(field: str) -> str:
    """The variable that a field of `Environment` is read from."""
    return f"{PREFIX}{field.upper()}"


class Environment(BaseSettings):
    """Every variable, in the order in which problems are reported."""

    model_config = SettingsConfigDict(frozen=True, validate_default=False, hide_input_in_errors=True)

    account_id: HeaderText = Field(description="The project's account id. Required.")
    passcode: HeaderSecret = Field(description="The account's passcode. Required, secret.")
    region: Annotated[Text, AfterValidator(known_region)] = Field(
        DEFAULT_REGION, description="Where the project lives: in1, sg1, us1, aps3, mec1 or eu1."
    )
    base_url: Annotated[Text, AfterValidator(checked_base_url)] | None = Field(
        None, description="A base URL of your own; wins over the region. Plain http only on loopback."
    )
    account_token: HeaderSecret | None = Field(
        None, description="The account token, for the few calls that ask for it. Secret."
    )
    timezone: Annotated[ZoneInfo, BeforeValidator(known_zone), Unbroken] | None = Field(
        None,
        description="The project's time zone, an IANA name. Without it relative dates are refused and "
        "exported times carry no offset.",
    )
    deadline: Annotated[float, Unbroken] = Field(
        55.0, gt=0, le=3600, allow_inf_nan=False, description="Seconds for one tool call, retries and polls among them."
    )
    upload_concurrency: Annotated[int, Unbroken] = Field(3, ge=1, le=15, description="Simultaneous uploads, 1 to 15.")
    access: Annotated[Access, Unbroken] = Field(
        Access.FULL,
        description="What may be done at all: read, write (profiles, events, tokens), send (messages too) or full "
        "(deletions and stops too).",
    )
    confirm: Annotated[Confirm, Unbroken] = Field(
        Confirm.AUTO,
        description="How a person says yes to sends and deletions: auto (asked through the host; where it cannot "
        "ask, a plan is enough for a send to at most 100 people), ask (only asked), plan (where the host cannot ask, a "
        "plan is always enough) or off (nobody is asked).",
    )
    max_audience: Annotated[int, Unbroken] | None = Field(
        None, ge=0, description="People that one send may reach at most."
    )
    max_records: Annotated[int, Unbroken] | None = Field(
        None, ge=0, description="Records that one call may write, or people it may erase, at most."
    )
    max_sends_per_day: Annotated[int, Unbroken] | None = Field(
        None, ge=0, description="Sends in one project day at most, whatever each of them reaches."
    )
    pii: Annotated[Literal["mask", "show"], Unbroken] = Field(
        "mask", description="Personal data: mask (pseudonyms in every answer) or show."
    )
    pseudonym_key: Key | None = Field(
        None,
        description="Makes pseudonyms last beyond this process and alike in all that have the key. At least 32 "
        "characters, secret.",
    )
    audit_log: Annotated[Path, BeforeValidator(file_path)] | None = Field(
        None, description="The audit log, a full path; audit.jsonl in the user's state directory unless set."
    )
    audit_key: Key | None = Field(
        None,
        description="Seals the audit log; without it a key is made and kept beside the log. At least 32 characters, "
        "secret.",
    )
    data_dir: Annotated[Path, BeforeValidator(folder_path)] | None = Field(
        None,
        description="The only folder whose files may be uploaded, a full path; relative names start from it. Any file "
        "unless set. Files are read only over stdio and at the command line. Imports, exports and questions about them "
        "take place in it.",
    )
    data_quota: Annotated[int, Unbroken] = Field(
        50, ge=1, le=1_000_000, description="GiB that the files of imports and exports may have in the data folder."
    )
    log_level: Annotated[Literal["warning", "info", "debug"], Unbroken] = Field(
        "warning", description="The least that goes to stderr: warning, info or debug."
    )
    toolsets: Annotated[str, AfterValidator(expanded)] | None = Field(
        None,
        description="The toolsets or single tools to offer, such as core,people or get-events,get-profile-count; "
        "+name adds to the default, -name takes away, all is everything. search puts two tools in front of the chosen "
        "actions (of all, if it stands alone), one that finds an action and one that runs it; +search keeps the "
        "default behind them.",
    )

    accounts_file: Annotated[Path, BeforeValidator(readable_file)] | None = Field(
        None,
        description="Several projects in one TOML file, in place of the variables of a single one. A full path; the "
        "file holds secrets.",
    )
    store_url: Annotated[SecretStr, BeforeValidator(known_store)] | None = Field(
        None,
        description="What replicas and restarts share (cursors, plans, what was done within the hour, places at "
        "CleverTap): memory: (nothing), sqlite:///FILE (restarts, on one machine) or redis://HOST (replicas; needs the "
        "extra redis). May hold a password.",
    )
    log_format: Annotated[Literal["text", "json"], Unbroken] = Field(
        "text", description="What lines on stderr look like: text or json."
    )
    slow_call: Annotated[float, Unbroken] = Field(
        10.0, ge=0, allow_inf_nan=False, description="Seconds from which on a call is logged as slow; 0 for never."
    )
    mcp_host: Annotated[str, BeforeValidator(host_name)] = Field(
        LOOPBACK,
        description="The name or address to listen on over HTTP. Any but this machine needs authentication and "
        "CLEVERTAP_MCP_URL.",
    )
    mcp_url: Annotated[str, BeforeValidator(safe_url)] | None = Field(
        None,
        description="Where clients reach this server from outside, such as https://mcp.example.com/mcp. Any place but "
        "this machine needs authentication.",
    )
    mcp_allowed_hosts: Annotated[str, BeforeValidator(host_names)] | None = Field(
        None,
        description="More names that this server answers to, with commas, such as mcp.internal:8000. Any but this "
        "machine's need authentication.",
    )
    mcp_allowed_origins: Annotated[str, BeforeValidator(origins)] | None = Field(
        None, description="Web pages whose scripts may call, with commas, such as https://app.example.com. None else."
    )
    mcp_tokens_file: Annotated[Path, BeforeValidator(file_path)] | None = Field(
        None, description="Who may come in with a token of this server's own; `clevertap-mcp tokens` keeps the file."
    )
    mcp_oauth_issuer: Annotated[str, BeforeValidator(safe_url)] | None = Field(
        None, description="The authorization server whose tokens are taken too. Needs CLEVERTAP_MCP_URL."
    )
    mcp_oauth_audience: Annotated[Text, AfterValidator(expanded)] | None = Field(
        None, description="The audience of its tokens for this server; CLEVERTAP_MCP_URL unless set."
    )
    mcp_oauth_jwks_url: Annotated[str, BeforeValidator(safe_url)] | None = Field(
        None, description="Where its keys are; without this its metadata tell."
    )
    mcp_max_sessions: Annotated[int, Unbroken] = Field(
        1_000, ge=1, description="Sessions and open streams over HTTP at once."
    )
    mcp_max_calls: Annotated[int, Unbroken] = Field(128, ge=1, description="Calls over HTTP at once.")
    mcp_metrics: Annotated[Literal["on", "off"], Unbroken] = Field(
        "off", description="Whether figures for Prometheus are at /metrics: on or off. Needs the extra telemetry."
    )

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ=environ)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes them by name
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment that was handed in, and no file."""
        return (Given(settings_cls, init_settings()["environ"]),)


class Given(PydanticBaseSettingsSource):
    """An environment that was handed in, in place of the process's own."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base class has it
        """The variable of a field."""
        return self._environ.get(variable(field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        """The variables that are set, by field."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def checked(environ: Mapping[str, str]) -> Environment:
    """The variables, each as its rule wants it.

    Raises:
        ConfigurationError: For the first that is missing or malformed. It never holds a value.
    """
    try:
        return Environment(environ)
    except ValidationError as error:
        field, reason = first_fault(error)
    if reason is None:
        raise MissingSettingError(f"{variable(field)} is not set; {REMEDIES[field]}", field=variable(field))
    raise ConfigurationError(f"{variable(field)} {reason}.", field=variable(field))


def first_fault(error: ValidationError) -> tuple[str, str | None]:
    """The field that a check of `Environment` stumbled over, and why, without its value; None where it is missing."""
    fault = error.errors(include_url=False, include_input=False)[0]
    field = str(fault["loc"][0])
    if fault["type"] == "missing":
        return field, None
    return field, str(fault["ctx"]["error"]) if fault["type"] == "value_error" else REMEDIES[field]


REMEDIES = {
    "account_id": "set it to the project's account id, or try --sandbox, which needs no account.",
    "passcode": "set it to the account's passcode, or try --sandbox, which needs no account.",
    "deadline": "must be a number of seconds, more than 0 and at most 3600",
    "upload_concurrency": "must be a whole number from 1 to 15",
    "data_quota": "must be a whole number of GiB from 1 to 1,000,000",
    "access": f"must be one of {', '.join(Access)}",
    "confirm": f"must be one of {', '.join(Confirm)}",
    "max_audience": "must be a whole number of people, 0 or more",
    "max_records": "must be a whole number of records, 0 or more",
    "max_sends_per_day": "must be a whole number of sends, 0 or more",
    "pii": "must be mask or show",
    "log_level": "must be warning, info or debug",
    "log_format": "must be text or json",
    "slow_call": "must be a number of seconds, 0 or more",
    "mcp_max_sessions": "must be a whole number, 1 or more",
    "mcp_max_calls": "must be a whole number, 1 or more",
    "mcp_metrics": "must be on or off",
}
"""What to do where pydantic's own words would not say it, or would repeat the value."""


def read_access(environ: Mapping[str, str]) -> Access:
    """What may be done at all, whatever else is not configured.

    Raises:
        ConfigurationError: The variable names no access.
    """
    name = variable("access")
    try:
        return Access(environ.get(name, Access.FULL))
    except ValueError:
        raise ConfigurationError(f"{name} {REMEDIES['access']}.", field=name) from None
