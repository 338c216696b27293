"""The command that serves: the fake gateway in the foreground."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from click.core import ParameterSource

from omixa_mock.configuration import read_config, read_keys, read_price_table
from omixa_mock.doors.app import build_app
from omixa_mock.doors.guard import ControlPolicy
from omixa_mock.doors.listen import Address, listen, new_event_loop
from omixa_mock.gateway import (
    EXAMPLE_KEY,
    ISSUED_PREFIX,
    VERSION,
    Call,
    Gateway,
    SettingError,
    Settings,
    changed,
    describe_settings,
)
from omixa_mock.shipped import shipped_contract

__all__ = ["serve"]

ALIASES = {"default_balance": "--balance", "body_max": "--max-body", "models": "--model"}
TABLES = ("prices", "routes", "errors")
READABLE = click.Path(exists=True, dir_okay=False)
Command = Callable[..., None]


def load_config(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take a file's values as defaults, below flags and environment."""
    if path is not None:
        try:
            ctx.default_map = read_config(path)
        except SettingError as error:
            raise click.UsageError(str(error)) from None


def setting_options(command: Command) -> Command:
    """One option a setting, made from the settings themselves."""
    for name, (kind, text, default) in reversed(describe_settings().items()):
        if name in TABLES:
            continue
        flags = [f"--{name.replace('_', '-')}", *filter(None, [ALIASES.get(name)])]
        shown = ",".join(default) if isinstance(default, tuple) else default
        command = click.option(
            *flags,
            name,
            envvar=f"OMIXA_MOCK_{name.upper()}",
            metavar="|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else None,
            help=f"Setting: {text}.  [default: {shown}]",
        )(command)
    return command


@click.command()
@click.option("--host", default="127.0.0.1", envvar="OMIXA_MOCK_HOST", show_default=True, help="Address to listen on.")
@click.option(
    "-p", "--port", default=6649, type=click.IntRange(0, 65535), envvar="OMIXA_MOCK_PORT", show_default=True,
    help="Port to listen on; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--ready-file", type=click.Path(path_type=Path), envvar="OMIXA_MOCK_READY_FILE",
    help="File that holds the URL as long as the server listens.",
)  # fmt: skip
@click.option(
    "--key", "keys", multiple=True, envvar="OMIXA_MOCK_KEYS", metavar="KEY",
    help="An accepted key; repeat for more. `issued`: those opened by PUT /__omixa/workspace.  [default: any]",
)  # fmt: skip
@click.option(
    "--price-table",
    type=click.Path(path_type=Path),
    envvar="OMIXA_MOCK_PRICE_TABLE",
    help="TOML file for the setting prices.",
)
@click.option("--control-token", envvar="OMIXA_MOCK_CONTROL_TOKEN", help="What control calls must carry off loopback.")
@click.option(
    "--allow-host", multiple=True, envvar="OMIXA_MOCK_ALLOW_HOST", help="Host name that control calls may use."
)
@click.option(
    "--cors-origin", multiple=True, envvar="OMIXA_MOCK_CORS_ORIGIN", help="Origin whose pages may call the API."
)
@click.option("--tls-cert", type=READABLE, envvar="OMIXA_MOCK_TLS_CERT", help="TLS certificate (PEM).")
@click.option("--tls-key", type=READABLE, envvar="OMIXA_MOCK_TLS_KEY", help="Its private key (PEM).")
@click.option(
    "--log", type=click.Choice(["all", "refused", "none"]), default="refused", envvar="OMIXA_MOCK_LOG",
    show_default=True, help="Which calls get a line on standard error.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(path_type=Path), envvar="OMIXA_MOCK_CONFIG", is_eager=True, expose_value=False,
    callback=load_config, help="TOML file with these names, and settings below [settings].",
)  # fmt: skip
@setting_options
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Run the fake gateway until Ctrl-C or SIGTERM."""
    try:
        gateway = build_gateway(given, values_from_file(ctx))
    except SettingError as error:
        raise click.UsageError(str(error)) from None
    if given["tls_key"] and not given["tls_cert"]:
        raise click.UsageError("--tls-key needs a certificate. Give --tls-cert as well.")
    address = Address(given["host"], given["port"], given["tls_cert"], given["tls_key"])
    policy = ControlPolicy(given["host"], given["control_token"], given["allow_host"])
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(gateway, policy, address, given))
    except OSError as error:
        raise click.ClickException(describe_os_error(error, address)) from None


def values_from_file(ctx: click.Context) -> dict[str, Any]:
    """What the file says, as typed there, without what a flag or the environment overrides."""
    values = {name: value for name, value in (ctx.default_map or {}).items() if name in describe_settings()}
    above = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return {name: value for name, value in values.items() if ctx.get_parameter_source(name) not in above}


def build_gateway(given: Mapping[str, Any], file: Mapping[str, Any]) -> Gateway:
    """The gateway that flags, environment and file ask for."""
    changes = {name: given[name] for name in describe_settings() if given.get(name) is not None} | dict(file)
    if given["price_table"]:
        changes["prices"] = read_price_table(given["price_table"])
    keys = read_keys(given["keys"] or ("any",))
    logged = {"all": log_call, "refused": log_refused, "none": ignore}[given["log"]]
    return Gateway(shipped_contract(), changed(Settings(), changes), keys=keys, now=time.time, on_call=logged)


async def run(gateway: Gateway, policy: ControlPolicy, address: Address, given: Mapping[str, Any]) -> None:
    """Serve until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(each, stop.set)

    ready_file: Path | None = given["ready_file"]

    def announce(url: str) -> None:
        if ready_file:
            write_atomically(ready_file, url)
            # Only now is the file ours to remove.
            cleaning.callback(ready_file.unlink, missing_ok=True)
        click.echo(banner(url, gateway), err=True)

    app = build_app(gateway, policy, given["cors_origin"])
    with ExitStack() as cleaning:
        await listen(app, gateway.workspaces.terms, address, stop=stop, ready=announce)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError as error:
        raise click.ClickException(f"the ready file {path} cannot be written: {error.strerror}") from None


def banner(url: str, gateway: Gateway) -> str:
    """The URL, a key that works, and a curl line that works."""
    key, remark = working_key(gateway)
    insecure = "-k " if url.startswith("https") else ""
    return (
        f"omixa-mock {VERSION}: a fake Omixa gateway; nothing here costs money.\n"
        f"  base URL  {url}/api/v1\n"
        f"  API key   {key}  ({remark})\n"
        f'  try       curl {insecure}{url}/api/v1/images/generations -H "Authorization: Bearer {key}" '
        """-H 'Content-Type: application/json' -d '{"model": "gpt-image-1.5", "prompt": "a cat"}'\n"""
        "Ctrl-C ends it."
    )


def working_key(gateway: Gateway) -> tuple[str, str]:
    """A key that works, and which others do; keys that the user gave are not printed."""
    if gateway.workspaces.keys == "any":
        return EXAMPLE_KEY, "any omx_live_… key works, each with a wallet of its own"
    if gateway.workspaces.keys == "issued":
        key = f"{ISSUED_PREFIX}serve"
        gateway.workspaces.open(key)
        return key, "open others by PUT /__omixa/workspace"
    return "$OMIXA_API_KEY", f"one of the {len(gateway.workspaces.keys)} that you gave"


def log_refused(call: Call) -> None:
    """One line for a refused call, with its repair hint."""
    if call.error is not None or call.client_left:
        log_call(call)


def log_call(call: Call) -> None:
    """One line for a call."""
    status = call.reply.status if call.reply else "---"
    text = " ".join(call.error.message.split()) if call.error else describe_success(call)
    if call.client_left:
        text = f"the client left. {text}"
    line = f"{status} {call.method} {call.path} {text}"
    click.echo(line if len(line) <= LINE_MAX else f"{line[:LINE_MAX]}…", err=True)


LINE_MAX = 400


def describe_success(call: Call) -> str:
    """What a successful call got."""
    if call.order is None:
        return ""
    order = call.order
    made = f"{len(call.fingerprints)} {order.output_format} {order.width}x{order.height}"
    return f"{made} by {call.route}, {call.charge} USD" if call.charge is not None else "nothing was charged"


def ignore(_: Call) -> None:
    """No line for any call."""


def describe_os_error(error: OSError, address: Address) -> str:
    """Why the server could not start, and what to do."""
    where = f"{address.host}:{address.port}"
    if isinstance(error, ssl.SSLError):
        return f"certificate or key cannot be used ({error.reason or error}). Both must be PEM, and belong together."
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use by another program. Choose another port with --port, or a free one with --port 0."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"{where} may not be used without more rights. Choose a port above 1023 with --port."
    return f"cannot listen on {where}: {error.strerror or error}"
