"""The command `serve`: the fake gateway in the foreground."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import ssl
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from omixa_mock.configuration import read_faults, read_host, read_keys, read_price_table, read_token
from omixa_mock.gateway import (
    Call,
    Gateway,
    Problem,
    Refusal,
    Response,
    SettingError,
    Settings,
    describe_settings,
    with_changes,
)
from omixa_mock.gateway.contract import read_size
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address, listen, new_event_loop

from .banner import banner
from .end_signals import call_at_end_signals
from .environment_options import DEFAULT_PORT, PORT, describe_setting_error, option
from .options import FAULTS, NAMES, load_config, setting_options, values_from_file, variables, warn_of_unknown_variables
from .ready_file import publish_url
from .request_log import Log, request_log
from .serve_error import ServeError
from .standard_streams import echo_if_possible

__all__ = ["serve"]

READABLE = click.Path(exists=True, dir_okay=False)


@click.command()
@option("--host", default="127.0.0.1", envvar=variables("host"), show_default=True, help="Address to listen on.")
@option(
    "-p", "--port", default=DEFAULT_PORT, type=PORT, envvar=variables("port"), show_default=True,
    help="Port to listen on; 0 takes a free one.",
)  # fmt: skip
@option(
    "--ready-file", type=click.Path(path_type=Path), envvar=variables("ready_file"),
    help="File that holds the URL as long as the server listens.",
)  # fmt: skip
@option(
    "--key", "keys", multiple=True, type=NAMES, envvar=variables("keys"), metavar="KEY",
    help="An accepted key; repeat for more. `issued`: those opened by PUT /__omixa/workspace.  [default: any]",
)  # fmt: skip
@option(
    "--price-table",
    type=click.Path(path_type=Path),
    envvar=variables("price_table"),
    help="TOML file for the setting prices.",
)
@option(
    "--control-token", envvar=variables("control_token"), help="Token for the control routes; required off loopback."
)
@option(
    "--no-inspector", is_flag=True, envvar=variables("no_inspector"),
    help="Do not serve the inspector, the page at /__omixa/.",
)  # fmt: skip
@option(
    "--allow-host",
    multiple=True,
    type=NAMES,
    envvar=variables("allow_host"),
    help="Host name that control calls may use.",
)
@option(
    "--cors-origin",
    multiple=True,
    type=NAMES,
    envvar=variables("cors_origin"),
    help="Origin whose pages may call the API.",
)
@option("--tls-cert", type=READABLE, envvar=variables("tls_cert"), help="TLS certificate (PEM).")
@option("--tls-key", type=READABLE, envvar=variables("tls_key"), help="Its private key (PEM).")
@option(
    "--fault", "faults", multiple=True, type=FAULTS, envvar=variables("faults"), metavar="FAULT[=PROBABILITY]",
    help="A fault for every valid call, or with a probability: no_route=0.1; repeat for more.",
)  # fmt: skip
@option(
    "--log", type=click.Choice(["all", "refused", "none"]), default="refused", envvar=variables("log"),
    show_default=True, help="Calls that get a line on standard error.",
)  # fmt: skip
@option(
    "--journal-bytes", default="6MB", metavar="SIZE", envvar=variables("journal_bytes"), show_default=True,
    help="Bytes of large bodies (images, long prompts) that all journals keep together.",
)  # fmt: skip
@option(
    "--config", type=click.Path(path_type=Path), envvar=variables("config"), is_eager=True, expose_value=False,
    callback=load_config, help="TOML file with these names, and settings below [settings].",
)  # fmt: skip
@setting_options
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:
    """Run the fake gateway until Ctrl-C, SIGTERM or the end of its terminal.

    Exit code 0: it was ended. 2: an option is not accepted. 3: it could not listen.
    """
    warn_of_unknown_variables(os.environ, ctx.command.params)
    # Imported modules live until exit, and a call's objects live in its journal. A collection
    # every 700 allocations, Python's default, would take time and find nothing.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    address = read_address(options)
    try:
        with request_log(options["log"]) as log:
            gateway, policy = build_gateway(options, values_from_file(ctx), log), read_policy(options)
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(run(gateway, policy, address, options, log))
    except SettingError as error:
        raise click.UsageError(describe_setting_error(error, ctx)) from None
    except OSError as error:
        raise ServeError(describe_os_error(error, address)) from None


def read_address(options: Mapping[str, Any]) -> Address:
    """Return the address to listen on, from flags, environment and file."""
    if options["tls_key"] and not options["tls_cert"]:
        raise click.UsageError("--tls-key needs a certificate. Give --tls-cert as well.")
    return Address(options["host"], options["port"], options["tls_cert"], options["tls_key"])


def read_policy(options: Mapping[str, Any]) -> ControlPolicy:
    """Return the policy of the control routes, from flags, environment and file."""
    host, token = read_host(options["host"]), read_token(options["control_token"])
    return ControlPolicy(host, token, options["allow_host"], not options["no_inspector"])


def build_gateway(options: Mapping[str, Any], file: Mapping[str, Any], log: Log) -> Gateway:
    """Return a gateway configured by flags, environment and file."""
    changes = {name: options[name] for name in describe_settings() if options.get(name) is not None} | dict(file)
    if options["price_table"]:
        changes["prices"] = read_price_table(options["price_table"])
    keys, plans = read_keys(options["keys"] or ("any",)), read_faults(options["faults"])
    settings, kept = with_changes(Settings(), changes), read_size("journal_bytes", options["journal_bytes"])
    return Gateway(shipped_contract(), settings, keys=keys, plans=plans, journal_bytes=kept, now=time.time, on_call=log)


async def run(gateway: Gateway, policy: ControlPolicy, address: Address, options: Mapping[str, Any], log: Log) -> None:
    """Serve until a signal ends it."""
    stop = asyncio.Event()
    call_at_end_signals(asyncio.get_running_loop(), stop.set)
    app = build_app(gateway, policy, options["cors_origin"])
    with ExitStack() as cleanup:
        report = partial(log_malformed, log=log)
        ready = partial(announce, gateway=gateway, policy=policy, options=options, cleanup=cleanup)
        await listen(app, gateway.workspaces.terms, address, stop=stop, ready=ready, on_refusal=report)


def log_malformed(problem: Problem, response: Response | None, log: Log) -> None:
    """Log bytes that were refused since they are no HTTP: they have neither a method nor a path."""
    log(Call("-", "-", {}, error=Refusal.of(problem), sent=response))


def announce(url: str, gateway: Gateway, policy: ControlPolicy, options: Mapping[str, Any], cleanup: ExitStack) -> None:
    """Print the banner, and write the ready file."""
    publish_url(options["ready_file"], url, cleanup)
    text = banner(url, gateway, options["keys"], options["faults"], policy)
    echo_if_possible(text)


def describe_os_error(error: OSError, address: Address) -> str:
    """Return the reason why the server could not start, and the remedy."""
    endpoint = f"{address.host}:{address.port}"
    if isinstance(error, ssl.SSLError):
        return f"certificate or key cannot be used ({error.reason or error}). Both must be PEM, and belong together."
    if error.errno == errno.EADDRINUSE:
        return f"{endpoint} is in use by another program. Choose another port with --port, or a free one with --port 0."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"{endpoint} may not be used without more rights. Choose a port above 1023 with --port."
    return f"cannot listen on {endpoint}: {error.strerror or error}"
