"""Options of `serve`: each is a flag, an environment variable and a name in a configuration file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from click.core import ParameterSource

from omixa_mock.configuration import ALIASES, read_config
from omixa_mock.gateway import SettingError, describe_settings
from omixa_mock.gateway.common import nearest

from .environment_options import is_service_link, option
from .request_log import escape

__all__ = [
    "FAULTS",
    "NAMES",
    "load_config",
    "setting_options",
    "values_from_file",
    "variables",
    "warn_of_unknown_variables",
]

TABLES = ("prices", "routes", "errors")
PREFIX = "OMIXA_MOCK_"
SEPARATORS = re.compile(r"[,\s]+")
# Variables of the pytest plugin and of the project's own tests; a test compares the list with the plugin's options.
OTHER_VARIABLES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("URL", "CONTROL_TOKEN", "SEED", "STRICT", "BLOCK_LIVE", "TARGET", "MAX_SPEND"),
        *("COV", "COV_JSON", "COV_FAIL_UNDER", "ACCEPTANCE"),
    )
)
Command = Callable[..., None]


class Names(click.types.StringParamType):
    """Text parameter; an environment variable is split at commas and white space."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the values in an environment variable."""
        return [name for name in SEPARATORS.split(rv) if name]


class CommaNames(click.types.StringParamType):
    """Names in one text, separated by commas or white space; a list from a file stays a list."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the names separated by commas only."""
        del param, ctx
        return ",".join(SEPARATORS.split(value)) if isinstance(value, str) else value


class Faults(Names):
    """Fault parameter as text; a table from a file stays a table."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a fault as text or as a table."""
        return value if isinstance(value, Mapping) else super().convert(value, param, ctx)


NAMES, COMMA_NAMES, FAULTS = Names(), CommaNames(), Faults()


def join_names(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> str | None:
    """Return the values of a repeated flag as one text; None if there is none."""
    return ",".join(value) if value else None


def variables(name: str) -> tuple[str, ...]:
    """Return an option's environment variables, one for each of its names; the first that is set counts."""
    return tuple(f"{PREFIX}{spelling.upper()}" for spelling in (name, ALIASES.get(name)) if spelling)


def load_config(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Use a file's values as defaults, below flags and environment."""
    if path is not None:
        try:
            ctx.default_map = {name: as_default(name, value) for name, value in read_config(path).items()}
        except SettingError as error:
            raise click.UsageError(str(error)) from None


def as_default(name: str, value: Any) -> Any:
    """Return a file's value as the default of its option; a flag that may be repeated takes a list only."""
    _, _, default = describe_settings().get(name, (None, "", None))
    return SEPARATORS.split(value) if isinstance(default, tuple) and isinstance(value, str) else value


def values_from_file(ctx: click.Context) -> dict[str, Any]:
    """Return the file's settings with their TOML types, except those that a flag or the environment overrides."""
    values = {name: value for name, value in (ctx.default_map or {}).items() if name in describe_settings()}
    overriding = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return {name: value for name, value in values.items() if ctx.get_parameter_source(name) not in overriding}


def setting_options(command: Command) -> Command:
    """Add one option per setting to a command."""
    for name, (kind, text, default) in reversed(describe_settings().items()):
        if name in TABLES:
            continue
        flags = [f"--{spelling.replace('_', '-')}" for spelling in (name, ALIASES.get(name)) if spelling]
        many = isinstance(default, tuple)
        shown = ",".join(default) or "none" if many else default
        command = option(
            *flags,
            name,
            envvar=variables(name),
            type=COMMA_NAMES if many else None,
            multiple=many,
            callback=join_names if many else None,
            metavar="|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else None,
            help=f"Setting: {text}.  [default: {shown}]",
        )(command)
    return command


def warn_of_unknown_variables(environ: Mapping[str, str], options: Iterable[click.Parameter]) -> None:
    """Warn of environment variables that have our prefix and no reader, without their values."""
    known = {name for option in options for name in as_names(option.envvar)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known | OTHER_VARIABLES and not is_service_link(name, environ[name]):
            # Compared without the common prefix, which would make all names similar.
            suffixes = {variable.removeprefix(PREFIX) for variable in known | OTHER_VARIABLES}
            near = nearest(name.removeprefix(PREFIX), sorted(suffixes))
            hint = f"Did you mean {PREFIX}{near}?" if near is not None else "See omixa-mock serve --help."
            click.echo(f"Warning: nothing reads the environment variable {escape(name[:100])}. {hint}", err=True)


def as_names(envvar: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return an option's variables as a tuple, in whichever form click keeps them."""
    return (envvar,) if isinstance(envvar, str) else tuple(envvar or ())
