"""The command that serves: the fake gateway in the foreground."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from omixa_mock.configuration import read_faults, read_host, read_keys, read_price_table, read_token
from omixa_mock.gateway import Gateway, SettingError, Settings, changed, describe_settings
from omixa_mock.gateway.contract import read_size
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control.access import ControlPolicy
from omixa_mock.transports.listen import Address, listen, new_event_loop
from omixa_mock.transports.port_reservation import claim

from .banner import banner
from .exits import CouldNotServe
from .options import FAULTS, NAMES, load_config, setting_options, values_from_file, variables, warn_of_strays
from .request_log import Log, request_log
from .unshared import refuse_what_must_be_shared, tell_what_is_not_shared

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["serve"]

READABLE = click.Path(exists=True, dir_okay=False)


@click.command()
@click.option("--host", default="127.0.0.1", envvar=variables("host"), show_default=True, help="Address to listen on.")
@click.option(
    "-p", "--port", default=6649, type=click.IntRange(0, 65535), envvar=variables("port"), show_default=True,
    help="Port to listen on; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--workers", default=1, type=click.IntRange(1, 64), envvar=variables("workers"), show_default=True,
    help="How many processes serve, for load alone: they share nothing. Linux.",
)  # fmt: skip
@click.option(
    "--ready-file", type=click.Path(path_type=Path), envvar=variables("ready_file"),
    help="File that holds the URL as long as the server listens.",
)  # fmt: skip
@click.option(
    "--key", "keys", multiple=True, type=NAMES, envvar=variables("keys"), metavar="KEY",
    help="An accepted key; repeat for more. `issued`: those opened by PUT /__omixa/workspace.  [default: any]",
)  # fmt: skip
@click.option(
    "--price-table",
    type=click.Path(path_type=Path),
    envvar=variables("price_table"),
    help="TOML file for the setting prices.",
)
@click.option("--control-token", envvar=variables("control_token"), help="What control calls must carry off loopback.")
@click.option(
    "--allow-host",
    multiple=True,
    type=NAMES,
    envvar=variables("allow_host"),
    help="Host name that control calls may use.",
)
@click.option(
    "--cors-origin",
    multiple=True,
    type=NAMES,
    envvar=variables("cors_origin"),
    help="Origin whose pages may call the API.",
)
@click.option("--tls-cert", type=READABLE, envvar=variables("tls_cert"), help="TLS certificate (PEM).")
@click.option("--tls-key", type=READABLE, envvar=variables("tls_key"), help="Its private key (PEM).")
@click.option(
    "--fault", "faults", multiple=True, type=FAULTS, envvar=variables("faults"), metavar="FAULT[=PROBABILITY]",
    help="A fault that strikes every valid call, or with a probability: no_route=0.1; repeat for more.",
)  # fmt: skip
@click.option(
    "--log", type=click.Choice(["all", "refused", "none"]), default="refused", envvar=variables("log"),
    show_default=True, help="Which calls get a line on standard error.",
)  # fmt: skip
@click.option(
    "--journal-bytes", default="6MB", metavar="SIZE", envvar=variables("journal_bytes"), show_default=True,
    help="How many bytes of large bodies (images, long prompts) all journals keep together.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(path_type=Path), envvar=variables("config"), is_eager=True, expose_value=False,
    callback=load_config, help="TOML file with these names, and settings below [settings].",
)  # fmt: skip
@setting_options
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Run the fake gateway until Ctrl-C or SIGTERM.

    Exit code 0: it was ended. 2: it was told something that is not accepted. 3: it could not listen, or a worker died.
    """
    warn_of_strays(os.environ, ctx.command.params)
    # All that was imported stays to the end, and what a call leaves stays in its journal: looking for garbage
    # in either every 700 allocations, as Python does, takes time and finds nothing.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    address = read_address(given)
    serve_by = serve_alone if given["workers"] == 1 else serve_by_workers
    try:
        serve_by(given, values_from_file(ctx), address)
    except SettingError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise CouldNotServe(describe_os_error(error, address)) from None


def serve_alone(given: Mapping[str, Any], file: Mapping[str, Any], address: Address) -> None:
    """Serve in this process."""
    with request_log(given["log"]) as log:
        gateway, policy = build_gateway(given, file, log), read_policy(given)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(gateway, policy, address, given))


def serve_by_workers(given: Mapping[str, Any], file: Mapping[str, Any], address: Address) -> None:
    """Serve in several processes; this one watches over them."""
    from .workers import oversee  # most servers never fork

    count, gateway = given["workers"], build_gateway(given, file, lambda _: None)
    read_policy(given)
    refuse_what_must_be_shared(count, gateway)
    for sentence in tell_what_is_not_shared(count, gateway, given["faults"]):
        click.echo(f"Warning: {sentence}", err=True)
    with claim(address) as port, ExitStack() as cleaning:
        shared = replace(address, port=port, shared=True)
        oversee(
            count,
            lambda leash, ready: work(given, file, shared, leash, ready),
            lambda: announce(shared.url(port), gateway, given, cleaning),
        )


def work(
    given: Mapping[str, Any], file: Mapping[str, Any], address: Address, leash: Connection, ready: Callable[[], None]
) -> None:
    """Serve in this process as one of several, with a gateway and a log of its own, as long as the leash holds."""

    async def run(log: Log) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_reader(leash.fileno(), stop.set)
        gateway = build_gateway(given, file, log)
        app = build_app(gateway, read_policy(given), given["cors_origin"])
        await listen(app, gateway.workspaces.terms, address, stop=stop, ready=lambda _: ready())

    try:
        with request_log(given["log"]) as log, asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(log))
    except OSError as error:
        raise CouldNotServe(describe_os_error(error, address)) from None


def read_address(given: Mapping[str, Any]) -> Address:
    """Where to listen, as flags, environment and file have it."""
    if given["tls_key"] and not given["tls_cert"]:
        raise click.UsageError("--tls-key needs a certificate. Give --tls-cert as well.")
    return Address(given["host"], given["port"], given["tls_cert"], given["tls_key"])


def read_policy(given: Mapping[str, Any]) -> ControlPolicy:
    """Who may use the control routes, as flags, environment and file have it."""
    host, token = read_host(given["host"]), read_token(given["control_token"])
    return ControlPolicy(host, token, given["allow_host"], given["workers"])


def build_gateway(given: Mapping[str, Any], file: Mapping[str, Any], log: Log) -> Gateway:
    """The gateway that flags, environment and file ask for."""
    changes = {name: given[name] for name in describe_settings() if given.get(name) is not None} | dict(file)
    if given["price_table"]:
        changes["prices"] = read_price_table(given["price_table"])
    keys, plans = read_keys(given["keys"] or ("any",)), read_faults(given["faults"])
    settings, kept = changed(Settings(), changes), read_size("journal_bytes", given["journal_bytes"])
    return Gateway(shipped_contract(), settings, keys=keys, plans=plans, journal_bytes=kept, now=time.time, on_call=log)


async def run(gateway: Gateway, policy: ControlPolicy, address: Address, given: Mapping[str, Any]) -> None:
    """Serve until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(each, stop.set)

    app = build_app(gateway, policy, given["cors_origin"])
    with ExitStack() as cleaning:
        ready = partial(announce, gateway=gateway, given=given, cleaning=cleaning)
        await listen(app, gateway.workspaces.terms, address, stop=stop, ready=ready)


def announce(url: str, gateway: Gateway, given: Mapping[str, Any], cleaning: ExitStack) -> None:
    """Say that the server listens, to people and to programs."""
    ready_file: Path | None = given["ready_file"]
    if ready_file:
        write_atomically(ready_file, url)
        # Only now is the file ours to remove.
        cleaning.callback(ready_file.unlink, missing_ok=True)
    click.echo(banner(url, gateway, given["keys"], given["faults"], given["workers"]), err=True)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError as error:
        raise CouldNotServe(f"the ready file {path} cannot be written: {error.strerror}") from None


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
