"""Command `health`: the state of a running fake, for the probes of containers and CI."""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

import click

from omixa_mock.gateway.common import escape
from omixa_mock.kit.address import parse_origin

from .environment_options import DEFAULT_PORT, Port, is_service_link

__all__ = ["health"]

NOT_HEALTHY = 1
ROUTE = "/__omixa/health"
PORT_VARIABLE = "OMIXA_MOCK_PORT"
RESPONSE_MAX = 64 * 1024


class Unhealthy(Exception):  # noqa: N818  # named by what is wrong
    """A server that does not respond, or is no fake."""


@click.command()
@click.argument("url", default=lambda: local_url(os.environ), envvar="OMIXA_MOCK_URL")
@click.option(
    "--timeout", default=2.0, type=click.FloatRange(0.001, 3600), show_default=True, help="Seconds to wait for it."
)
def health(url: str, timeout: float) -> None:
    """Ask the fake at URL whether it serves. It needs no key and no token.

    Without URL it is the one on 127.0.0.1, at the port in OMIXA_MOCK_PORT, or else 6649.

    Exit code 0: it does. 1: it does not respond, or is no fake. 2: an option is not accepted.
    """
    try:
        parts = parse_origin(url, "the command adds its own")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        version = read_version(parts.scheme == "https", parts.hostname or "", parts.port, timeout)
    except Unhealthy as error:
        click.echo(escape(f"{parts.scheme}://{parts.netloc}: {error}"), err=True)
        sys.exit(NOT_HEALTHY)
    click.echo(escape(f"{parts.scheme}://{parts.netloc}: ok, omixa-mock {version}"))


def local_url(environment: Mapping[str, str]) -> str:
    """Return the URL of a fake on this machine, at the port that `serve` takes from the environment.

    Raises:
        click.BadParameter: The variable has no port.
    """
    value = environment.get(PORT_VARIABLE, "")
    if not value or is_service_link(PORT_VARIABLE, value):
        return f"http://127.0.0.1:{DEFAULT_PORT}"
    try:
        return f"http://127.0.0.1:{Port(1, 65535).convert(value, None, None)}"
    except click.BadParameter as error:
        error.param_hint = PORT_VARIABLE
        raise


def read_version(secure: bool, host: str, port: int | None, timeout: float) -> str:  # noqa: FBT001
    """Return the version of a fake that serves; no proxy is used, and no certificate checked.

    Raises:
        Unhealthy: It does not respond, or is no fake.
    """
    connection = (
        HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())  # noqa: S323, SLF001
        if secure
        else HTTPConnection(host, port, timeout=timeout)
    )
    try:
        connection.request("GET", ROUTE)
        document: Any = json.loads(connection.getresponse().read(RESPONSE_MAX))
    except (OSError, HTTPException) as error:
        raise Unhealthy(f"it does not respond ({error or type(error).__name__})") from None
    except (ValueError, RecursionError):
        document = None
    finally:
        connection.close()
    if not isinstance(document, dict) or document.get("name") != "omixa-mock" or document.get("status") != "ok":
        raise Unhealthy("it responds, and is no omixa-mock")
    return str(document.get("version"))
