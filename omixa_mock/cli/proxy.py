"""The command `proxy`: between a client and a real gateway."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omixa_mock.configuration import read_host, read_token
from omixa_mock.gateway import SettingError, Settings, with_changes
from omixa_mock.kit.address import is_loopback, parse_amount, parse_origin
from omixa_mock.kit.atomic_write import write_atomically
from omixa_mock.kit.reports.context import ReportContext
from omixa_mock.kit.reports.formats import FORMATS
from omixa_mock.kit.reports.text import summary
from omixa_mock.profile import read_profile
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address, listen, new_event_loop

from .end_signals import call_at_end_signals
from .options import NAMES
from .proxy_screen import Screen
from .ready_file import publish_url
from .serve import describe_os_error
from .serve_error import ServeError

if TYPE_CHECKING:
    from omixa_mock.proxy.setup import Proxy, ProxyOptions

__all__ = ["proxy"]

FINDINGS, COULD_NOT_RECORD = 1, 3
SWITCH_INTERVAL = 0.0005
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("url")
@click.option("--max-spend", metavar="USD", help="Limit on the cost of all calls; required, or --no-cap.")
@click.option("--no-cap", is_flag=True, help="Send calls whatever they cost.")
@click.option(
    "--on-bad-request", type=click.Choice(["report", "refuse"]), default="report", show_default=True,
    help="What to do with a request that breaks the contract; a refused one is not sent.",
)  # fmt: skip
@click.option("--record", type=FILE, metavar="FILE.har", help="Record all exchanges here, without keys.")
@click.option(
    "--images", type=click.Choice(["hash", "keep", "drop"]), default="hash", show_default=True,
    help="Images in the recording: their SHA-256, themselves in files beside it, or nothing.",
)  # fmt: skip
@click.option("--prompts", is_flag=True, help="Record prompts too.")
@click.option("--config", type=FILE, metavar="FILE", help="TOML file whose [settings] apply to the validation.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Form of the report."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE",
    help="Write the report here at the end; - is standard output.",
)  # fmt: skip
@click.option(
    "--max-findings", type=click.IntRange(min=1), default=1000, show_default=True,
    help="Report at most so many findings, and count the rest.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "-p", "--port", default=6650, type=click.IntRange(0, 65535), show_default=True,
    help="Port to listen on; 0 takes a free one.",
)  # fmt: skip
@click.option("--ready-file", type=click.Path(path_type=Path), help="File that holds the URL while the proxy listens.")
@click.option("--control-token", help="Token for the control routes; required off loopback.")
@click.option("--allow-host", multiple=True, type=NAMES, help="Host name that control calls may use.")
@click.option(
    "--grace", default=8.0, type=click.FloatRange(min=0), metavar="SECONDS", show_default=True,
    help="How long open calls may take to end after SIGTERM.",
)  # fmt: skip
def proxy(url: str, **options: Any) -> None:
    """Pass calls on to the gateway at URL, and validate, limit and record them.

    Point a client at the URL that it prints. Bytes and headers go through as they are, in both directions.

    Exit code 0: it was ended, and no rule was broken. 1: a rule was broken. 2: an option is not accepted. 3: it could
    not listen, or not record.
    """
    if find_spec("httpx") is None:
        raise click.UsageError("Install httpx, which the proxy needs: pip install 'omixa-mock[proxy]'")
    # A thread that validates an image must not keep the event loop waiting for 5 ms, Python's default.
    sys.setswitchinterval(SWITCH_INTERVAL)
    chosen = read_options(url, options)
    address = Address(options["host"], options["port"])
    started_at = datetime.now(UTC)
    with set_up(chosen) as running, Screen(chosen.max_spend) as screen:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(run(running, address, options, screen))
        except OSError as error:
            raise ServeError(describe_os_error(error, address)) from None
    sys.exit(write_results(running, options, started_at))


def read_options(url: str, options: Mapping[str, Any]) -> ProxyOptions:
    """Return the checked options.

    Raises:
        click.UsageError: One of them is not accepted.
    """
    from omixa_mock.proxy.bodies import Policy
    from omixa_mock.proxy.setup import ProxyOptions

    if (options["max_spend"] is None) != options["no_cap"]:
        raise click.UsageError("Give either --max-spend USD, for instance --max-spend 2.00, or --no-cap.")
    try:
        return ProxyOptions(
            target=parse_target(url),
            settings=read_settings(options["config"]),
            on_bad_request=options["on_bad_request"],
            max_spend=None if options["max_spend"] is None else parse_amount(options["max_spend"]),
            record=options["record"],
            policy=Policy(options["images"], options["prompts"]),
            findings_max=options["max_findings"],
            control=read_policy(options),
        )
    except (SettingError, ValueError) as error:
        raise click.UsageError(str(error)) from None


def parse_target(url: str) -> str:
    """Return the origin of the gateway.

    Raises:
        ValueError: The URL is no origin, or keys would be sent unencrypted.
    """
    parts = parse_origin(url, "the client adds the paths")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(
            f"http://{parts.netloc} would get the key unencrypted, for everyone on the way to read; "
            "accepted: https, or a host of this machine"
        )
    return f"{parts.scheme}://{parts.netloc}"


def read_settings(config: Path | None) -> Settings | None:
    """Return the settings of a file; None if there is none."""
    return None if config is None else with_changes(Settings(), read_profile(config))


def read_policy(options: Mapping[str, Any]) -> ControlPolicy:
    """Return the policy of the control routes; off loopback they need a token."""
    host, token = read_host(options["host"]), read_token(options["control_token"])
    if not is_loopback(host) and token is None:
        raise ValueError(
            f"--host {host} lets other machines send through this proxy, and see its calls. Give --control-token "
            "TOKEN, which the control routes then need; or leave --host out."
        )
    return ControlPolicy(host, token, options["allow_host"])


@contextmanager
def set_up(options: ProxyOptions) -> Iterator[Proxy]:
    """Yield a proxy whose recording is closed at the end."""
    from omixa_mock.proxy.setup import set_up_proxy

    try:
        running = set_up_proxy(shipped_contract(), options)
    except FileExistsError:
        raise click.UsageError(f"{options.record} exists, and a recording cost money. Name another file.") from None
    except OSError as error:
        raise click.UsageError(f"{options.record} cannot be written: {error.strerror}") from None
    try:
        yield running
    finally:
        if running.observer.har:
            running.observer.har.close()


async def run(running: Proxy, address: Address, options: Mapping[str, Any], screen: Screen) -> None:
    """Serve until a signal ends it; a second signal cuts the open calls."""
    from omixa_mock.proxy.protocol import ProxyProtocol

    app, observer, terms = running
    stop, at_once = asyncio.Event(), asyncio.Event()

    def end() -> None:
        (at_once if stop.is_set() else stop).set()

    def announce(url: str) -> None:
        publish_url(options["ready_file"], url, cleanup)
        screen.announce(url, observer.origin)

    async def drain() -> None:
        await app.drain(options["grace"], at_once)

    observer.listen = lambda exchange: screen.show(exchange, observer.purse)
    call_at_end_signals(asyncio.get_running_loop(), end)
    with ExitStack() as cleanup:
        await listen(app, terms, address, stop=stop, ready=announce, protocol_class=ProxyProtocol, drain=drain)


def write_results(running: Proxy, options: Mapping[str, Any], started_at: datetime) -> int:
    """Write the report and the summary, and return the exit code."""
    observer = running.observer
    context = ReportContext(observer.contract, started_at, Path.cwd())
    text = FORMATS[options["form"]](observer.report, context)
    if options["output"] in {None, "-"}:
        click.echo(text if options["form"] == "text" else text.encode(), nl=False)
    else:
        write_atomically(Path(options["output"]), text.encode())
    for line in summary(observer.report):
        click.echo(line, err=True)
    click.echo(describe_money(observer.purse.billed, observer.purse.counted, observer.purse.limit), err=True)
    if observer.trouble:
        click.echo(f"Error: {observer.trouble}", err=True)
        return COULD_NOT_RECORD
    return FINDINGS if observer.report.errors else 0


def describe_money(billed: Decimal, counted: Decimal, limit: Decimal | None) -> str:
    """Return a line about the money spent."""
    if limit is None:
        return f"billed: {billed:.6f} USD"
    unknown = counted - billed
    more = f"; {unknown:.6f} more for calls without a bill, at the worst price" if unknown > 0 else ""
    return f"billed: {billed:.6f} USD of {limit} allowed{more}"
