"""The options of `serve`: each is a flag, an environment variable and a name in a file."""

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

from .request_log import escape

__all__ = ["FAULTS", "NAMES", "load_config", "setting_options", "values_from_file", "variables", "warn_of_strays"]

TABLES = ("prices", "routes", "errors")
PREFIX = "OMIXA_MOCK_"
# Those of the pytest plugin, and of the project's own tests; a test holds this list against the plugin's options.
OTHER_VARIABLES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("URL", "CONTROL_TOKEN", "SEED", "STRICT", "BLOCK_LIVE", "TARGET", "MAX_SPEND"),
        *("COV", "COV_JSON", "COV_FAIL_UNDER", "ACCEPTANCE"),
    )
)
Command = Callable[..., None]


class Names(click.types.StringParamType):
    """Text that is split at commas and white space, where an environment variable holds more than one."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """The values in an environment variable."""
        return [name for name in re.split(r"[,\s]+", rv) if name]


class CommaNames(click.types.StringParamType):
    """Several names in one text, separated by commas or white space; what a file lists stays a list."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The names, separated by commas alone."""
        del param, ctx
        return ",".join(re.split(r"[,\s]+", value)) if isinstance(value, str) else value


class Faults(Names):
    """Faults as text; what a file lists as tables stays tables."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A fault."""
        return value if isinstance(value, Mapping) else super().convert(value, param, ctx)


NAMES, COMMA_NAMES, FAULTS = Names(), CommaNames(), Faults()


def variables(name: str) -> tuple[str, ...]:
    """An option's environment variables: its name's, and its alias's if it has one; the first that is set counts."""
    return tuple(f"{PREFIX}{each.upper()}" for each in (name, ALIASES.get(name)) if each)


def load_config(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take a file's values as defaults, below flags and environment."""
    if path is not None:
        try:
            ctx.default_map = read_config(path)
        except SettingError as error:
            raise click.UsageError(str(error)) from None


def values_from_file(ctx: click.Context) -> dict[str, Any]:
    """What the file says, as typed there, without what a flag or the environment overrides."""
    values = {name: value for name, value in (ctx.default_map or {}).items() if name in describe_settings()}
    above = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return {name: value for name, value in values.items() if ctx.get_parameter_source(name) not in above}


def setting_options(command: Command) -> Command:
    """One option a setting, made from the settings themselves."""
    for name, (kind, text, default) in reversed(describe_settings().items()):
        if name in TABLES:
            continue
        flags = [f"--{each.replace('_', '-')}" for each in (name, ALIASES.get(name)) if each]
        shown = ",".join(default) if isinstance(default, tuple) else default
        command = click.option(
            *flags,
            name,
            envvar=variables(name),
            type=COMMA_NAMES if isinstance(default, tuple) else None,
            metavar="|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else None,
            help=f"Setting: {text}.  [default: {shown}]",
        )(command)
    return command


def warn_of_strays(environ: Mapping[str, str], options: Iterable[click.Parameter]) -> None:
    """Say which variables have our prefix, and nobody who reads them; their values stay unsaid."""
    ours = {name for option in options for name in as_names(option.envvar)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in ours | OTHER_VARIABLES:
            # Compared without what all have in common, by which all would be near.
            known = {each.removeprefix(PREFIX) for each in ours | OTHER_VARIABLES}
            near = nearest(name.removeprefix(PREFIX), sorted(known))
            hint = f"Did you mean {PREFIX}{near}?" if near is not None else "See omixa-mock serve --help."
            click.echo(f"Warning: nothing reads the environment variable {escape(name[:100])}. {hint}", err=True)


def as_names(envvar: str | Sequence[str] | None) -> tuple[str, ...]:
    """An option's variables, as click keeps them."""
    return (envvar,) if isinstance(envvar, str) else tuple(envvar or ())
