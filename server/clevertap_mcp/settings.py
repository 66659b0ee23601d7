"""The environment, read and validated once; nothing else looks at variables.

`Environment` states each variable with its meaning and its rule, so the table in the docs is made from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from clevertap_tools.account import DEFAULT_REGION, Account, checked_base_url, region_url
from clevertap_tools.effect import Effect
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

PREFIX = "CLEVERTAP_"
BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
UNEXPANDED = re.compile(r"\$\{.*\}", re.DOTALL)
GUARDED = frozenset(effect for effect in Effect if effect.guarded)
REPLACED = ("ACCOUNT_ID", "PASSCODE", "REGION", "BASE_URL", "ACCOUNT_TOKEN", "ALLOW")
"""The variables (without prefix) in whose place the sandbox puts its own values."""
SANDBOX_URL = "http://localhost"
"""Stands for the sandbox inside this process; nothing listens there and nothing is sent there."""


class MissingSettingError(ConfigurationError):
    """A required variable is not set."""


def variable(field: str) -> str:
    """The variable that a field of `Environment` is read from."""
    return f"{PREFIX}{field.upper()}"


def expanded(value: str) -> str:
    """A value that is there and is no `${...}` that a host left as it stood."""
    if not value.strip():
        raise ValueError("is empty; give it a value or unset it")
    if UNEXPANDED.search(value):
        raise ValueError("still reads ${...}: the host did not expand it; give it a value or unset it")
    return value


def unbroken(value: str) -> str:
    """A value without white space and control characters."""
    if BLANK_OR_CONTROL.search(expanded(value)):
        raise ValueError("holds white space or a control character; copy it again without them")
    return value


def header_safe(value: str) -> str:
    """A value that can travel in an HTTP header."""
    if not unbroken(value).isascii():
        raise ValueError("holds a character that no HTTP header carries; copy it again")
    return value


def known_region(value: str) -> str:
    """A region that has a host."""
    region_url(value)
    return value


def known_zone(value: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown; no plain name; the name of a folder of zones
        raise ValueError("is not an IANA time zone; use a name such as Europe/Berlin or UTC") from None


def guarded_effects(value: str) -> frozenset[Effect]:
    """The effects in a comma-separated list."""
    names = {name.strip() for name in expanded(value).split(",")}
    if not names <= GUARDED:
        raise ValueError(f"may hold only {' and '.join(sorted(GUARDED))}, separated by a comma")
    return frozenset(Effect(name) for name in names)


Text = Annotated[str, AfterValidator(unbroken)]
HeaderText = Annotated[str, AfterValidator(header_safe)]


class Environment(BaseSettings):
    """Every variable, in the order in which problems are reported."""

    model_config = SettingsConfigDict(frozen=True, validate_default=False, hide_input_in_errors=True)

    account_id: HeaderText = Field(description="The project's account id. Required.")
    passcode: HeaderText = Field(description="The account's passcode. Required, secret.", repr=False)
    region: Annotated[Text, AfterValidator(known_region)] = Field(
        DEFAULT_REGION, description="Where the project lives: in1, sg1, us1, aps3, mec1 or eu1."
    )
    base_url: Annotated[Text, AfterValidator(checked_base_url)] | None = Field(
        None, description="A base URL of your own; wins over the region. Plain http only on loopback."
    )
    account_token: HeaderText | None = Field(
        None, description="The account token, for the few calls that ask for it. Secret.", repr=False
    )
    timezone: Annotated[ZoneInfo, BeforeValidator(known_zone), BeforeValidator(unbroken)] | None = Field(
        None,
        description="The project's time zone, an IANA name. Without it relative dates are refused and "
        "exported times carry no offset.",
    )
    deadline: Annotated[float, BeforeValidator(unbroken)] = Field(
        55.0, gt=0, le=3600, allow_inf_nan=False, description="Seconds for one tool call, retries and polls among them."
    )
    upload_concurrency: Annotated[int, BeforeValidator(unbroken)] = Field(
        3, ge=1, le=15, description="Simultaneous uploads, 1 to 15."
    )
    allow: Annotated[frozenset[Effect], BeforeValidator(guarded_effects)] = Field(
        frozenset(), description="What may be done beyond reading and recording: send, destroy or both, with a comma."
    )
    toolsets: Annotated[str, AfterValidator(expanded)] | None = Field(
        None,
        description="The toolsets or single tools to offer, such as core,people or get-events,get-profile-count; "
        "+name adds to the default, -name takes away, all is everything.",
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


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided, once per process.

    Args:
        account: Where CleverTap is and as whom to call it.
        sandbox: Whether the account is the sandbox inside this process.
        allow: The guarded effects that may happen.
        toolsets: The choice of tools as it was written; None for the default.
        deadline: Seconds for one tool call.
        upload_concurrency: Simultaneous uploads, 1 to 15.
        ignored: The variables that are set and that the sandbox does without.
    """

    account: Account
    sandbox: bool = False
    allow: frozenset[Effect] = frozenset()
    toolsets: str | None = None
    deadline: float = 55.0
    upload_concurrency: int = 3
    ignored: tuple[str, ...] = ()


def read_settings(environ: Mapping[str, str], *, sandbox: bool = False, toolsets: str | None = None) -> Settings:
    """The settings that an environment makes.

    Args:
        environ: The variables, such as `os.environ`.
        sandbox: Use the sandbox, whatever account the variables name.
        toolsets: The choice of tools on the command line; wins over the variable.

    Raises:
        MissingSettingError: A required variable is not set.
        ConfigurationError: A value is malformed; the first in the order of `Environment`.
    """
    ignored = tuple(name for name in map(variable, REPLACED) if sandbox and name in environ)
    given = checked(sandboxed(environ) if sandbox else environ)
    return Settings(
        account=Account(
            id=given.account_id,
            passcode=given.passcode,
            base_url=given.base_url or region_url(given.region),
            token=given.account_token,
            zone=given.timezone,
        ),
        sandbox=sandbox,
        allow=given.allow,
        toolsets=given.toolsets if toolsets is None else toolsets,
        deadline=given.deadline,
        upload_concurrency=given.upload_concurrency,
        ignored=ignored,
    )


def sandboxed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the sandbox's account in place of any other."""
    from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE  # noqa: PLC0415 - only the sandbox pays for it

    own = (ACCOUNT_ID, PASSCODE, DEFAULT_REGION, SANDBOX_URL, ACCOUNT_TOKEN, ",".join(GUARDED))
    return {variable("timezone"): "UTC", **environ, **dict(zip(map(variable, REPLACED), own, strict=True))}


def checked(environ: Mapping[str, str]) -> Environment:
    """The variables, each as its rule wants it.

    Raises:
        ConfigurationError: For the first that is missing or malformed. It never holds a value.
    """
    try:
        return Environment(environ)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
    field = str(fault["loc"][0])
    if fault["type"] == "missing":
        raise MissingSettingError(f"{variable(field)} is not set; {REMEDIES[field]}", field=variable(field))
    reason = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else REMEDIES[field]
    raise ConfigurationError(f"{variable(field)} {reason}.", field=variable(field))


REMEDIES = {
    "account_id": "set it to the project's account id, or try --sandbox, which needs no account.",
    "passcode": "set it to the account's passcode, or try --sandbox, which needs no account.",
    "deadline": "must be a number of seconds, more than 0 and at most 3600",
    "upload_concurrency": "must be a whole number from 1 to 15",
}
"""What to do where pydantic's own words would not say it, or would repeat the value."""
