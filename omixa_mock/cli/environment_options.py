"""Options that a variable may set: it is named beside a bad value, and service links are no values.

Kubernetes and `docker --link` describe a service by variables that begin with its name. A service that is called
`omixa-mock` gives every container of its namespace `OMIXA_MOCK_PORT=tcp://10.0.0.1:6649` and others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from omixa_mock.gateway import SettingError

__all__ = ["DEFAULT_PORT", "PORT", "Port", "describe_setting_error", "is_service_link", "option"]

DEFAULT_PORT = 6649
LINK_NAME = re.compile(
    r"OMIXA_MOCK_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
LINK_VALUE = re.compile(r"(?:tcp|udp|sctp)://")
NAME = re.compile(r"\w+")


class EnvironmentOption(click.Option):
    """Option that names its variable in the message on a value that came from there."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the value of the first variable that is set; None for a service link."""
        value = super().resolve_envvar_value(ctx)
        return None if value is not None and LINK_VALUE.match(value) else value

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return the name under which a bad value is reported."""
        return find_variable(self, ctx) or super().get_error_hint(ctx)


class Port(click.IntRange):
    """Number of a port; 0 for a free one, if it is accepted."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or fail with the accepted ones."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            accepted = "0 to 65535, for instance 6649; 0 takes a free one" if self.min == 0 else "1 to 65535"
            self.fail(f"{value!r} is no port; accepted: {accepted}", param, ctx)


PORT = Port(0, 65535)
option = partial(click.option, cls=EnvironmentOption)


def is_service_link(name: str, value: str) -> bool:
    """Return True if a variable describes a service, and is none of ours."""
    return LINK_NAME.fullmatch(name) is not None or LINK_VALUE.match(value) is not None


def find_variable(parameter: click.Parameter, ctx: click.Context | None) -> str:
    """Return the variable that set an option; empty if a flag, a file or nothing did."""
    if ctx is None or ctx.get_parameter_source(parameter.name or "") is not ParameterSource.ENVIRONMENT:
        return ""
    names: Sequence[str] = (parameter.envvar,) if isinstance(parameter.envvar, str) else parameter.envvar or ()
    return next((name for name in names if os.environ.get(name)), "")


def describe_setting_error(error: SettingError, ctx: click.Context) -> str:
    """Return the message on a value, with the variable that it came from."""
    message = str(error)
    found = NAME.match(message)
    parameters = {parameter.name: parameter for parameter in ctx.command.params}
    name = {"fault": "faults"}.get(found[0], found[0]) if found else ""
    variable = find_variable(parameters[name], ctx) if name in parameters else ""
    return f"{variable}: {message}" if variable else message
