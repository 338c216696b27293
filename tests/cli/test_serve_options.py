"""Options of `omixa-mock serve`: flag > environment > file > default, and nothing is ignored."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from msgspec.structs import replace

from omixa_mock.cli import serve as serve_module
from omixa_mock.configuration import ALIASES
from omixa_mock.gateway import Duration, Gateway, Settings, describe_settings
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address, listen

Run = Callable[..., Result]
ErrorOf = Callable[[Result], str]
TABLES = ("prices", "routes", "errors")


@dataclass
class Started:
    """Arguments that a server was started with."""

    gateway: Gateway
    policy: ControlPolicy
    cors: tuple[str, ...]
    address: Address

    @property
    def settings(self) -> Settings:
        return self.gateway.workspaces.terms.settings


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit every server of this module to two seconds, so that a missing refusal fails soon."""

    async def listen_briefly(*arguments: Any, **options: Any) -> None:
        async with asyncio.timeout(2):
            await listen(*arguments, **options)

    monkeypatch.setattr(serve_module, "listen", listen_briefly)


@pytest.fixture
def start(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Started]:
    """Return a function that runs `serve` until it would listen."""
    arguments_seen: dict[str, Any] = {}

    def build_app(gateway: Gateway, policy: ControlPolicy, cors: tuple[str, ...]) -> None:
        arguments_seen.update(gateway=gateway, policy=policy, cors=cors)

    async def stay_silent(_: Any, __: Any, address: Address, *, ready: Callable[[str], None], **options: Any) -> None:
        del options
        arguments_seen.update(address=address)
        ready("http://127.0.0.1:1")

    def start(*arguments: str | Path, **env: str) -> Started:
        result = run("serve", *arguments, env=env)
        assert result.exit_code == 0, result.output
        return Started(**arguments_seen)

    monkeypatch.setattr(serve_module, "build_app", build_app)
    monkeypatch.setattr(serve_module, "listen", stay_silent)
    return start


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a configuration file."""

    def write(text: str) -> Path:
        path = tmp_path / "omixa-mock.toml"
        path.write_text(text, "utf-8")
        return path

    return write


Row = tuple[tuple[str, ...], dict[str, str], str, int]
FLAG, ENV, FILE = ("--seed", "1"), {"OMIXA_MOCK_SEED": "2"}, "[settings]\nseed = 3\n"


@pytest.mark.parametrize(
    "row",
    [
        (FLAG, ENV, FILE, 1),
        (FLAG, ENV, "", 1),
        (FLAG, {}, FILE, 1),
        (FLAG, {}, "", 1),
        ((), ENV, FILE, 2),
        ((), ENV, "", 2),
        ((), {}, FILE, 3),
        ((), {}, "", 0),
    ],
)
def test_flag_wins_over_environment_over_file_over_default(
    start: Callable[..., Started], config: Callable[[str], Path], row: Row
) -> None:
    flag, env, file, seed = row
    assert start("--config", config(file), *flag, **env).settings.seed == seed


@pytest.mark.parametrize(
    "row",
    [
        (("--port", "1"), {"OMIXA_MOCK_PORT": "2"}, "port = 3", 1),
        ((), {"OMIXA_MOCK_PORT": "2"}, "port = 3", 2),
        ((), {}, "port = 3", 3),
        ((), {}, "", 6649),
    ],
)
def test_same_precedence_holds_for_options_that_are_not_settings(
    start: Callable[..., Started], config: Callable[[str], Path], row: Row
) -> None:
    flag, env, file, port = row
    assert start("--config", config(file), *flag, **env).address.port == port


def test_environment_names_the_file(start: Callable[..., Started], config: Callable[[str], Path]) -> None:
    assert start(OMIXA_MOCK_CONFIG=str(config(FILE))).settings.seed == 3


def test_without_options_everything_is_at_its_default(start: Callable[..., Started]) -> None:
    assert start().settings == Settings()


def test_without_options_it_listens_on_loopback(start: Callable[..., Started]) -> None:
    assert start().address == Address("127.0.0.1", 6649)


def test_without_options_any_key_works(start: Callable[..., Started]) -> None:
    assert start().gateway.workspaces.keys == "any"


SAMPLES: dict[str, tuple[str, Any]] = {
    "models": ("gpt-image-1.5,MAI-Image-2.5", ("gpt-image-1.5", "MAI-Image-2.5")),
    "default_balance": ("7.5", Decimal("7.5")),
    "minimum_hold": ("0.5", Decimal("0.5")),
    "latency": ("0.25", Duration("fixed", 0.25, 0.25)),
    "failover_latency": ("uniform:1s..2s", Duration("uniform", 1.0, 2.0)),
    "time_scale": ("0.5", 0.5),
    "client_leaves": ("capture", "capture"),
    "retry_after": ("7", 7),
    "fault_header": ("obey", "obey"),
    "hang_limit": ("0.5", 0.5),
    "weight": ("2MB", 2_000_000),
    "body_max": ("1KiB", 1024),
    "unknown_fields": ("ignore", "ignore"),
    "allowed_fields": ("response_format,user", ("response_format", "user")),
    "empty_prompt": ("allow", "allow"),
    "prompt_max_chars": ("5", 5),
    "input_images_max": ("5", 5),
    "mask_shape": ("object", "object"),
    "remote_images": ("accept", "accept"),
    "image_checks": ("ignore", "ignore"),
    "transparent_jpeg": ("opaque", "opaque"),
    "edit_fields_without_images": ("refuse", "refuse"),
    "n_over_provider_limit": ("refuse", "refuse"),
    "provider_limit": ("4", 4),
    "malformed_status": ("400", 400),
    "content_type": ("ignore", "ignore"),
    "nesting_max": ("5", 5),
    "balance_check": ("before-validation", "before-validation"),
    "idempotency_key": ("replay", "replay"),
    "success_status": ("201", 201),
    "default_format": ("webp", "webp"),
    "auto_size": ("1536x1024", "1536x1024"),
    "seed": ("9", 9),
    "vary": ("call", "call"),
    "caption": ("none", "none"),
    "clock": ("real", "real"),
    "created": ("5", 5),
}


def test_every_setting_but_tables_has_a_sample() -> None:
    assert SAMPLES.keys() | set(TABLES) == describe_settings().keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_setting_is_a_flag(start: Callable[..., Started], name: str) -> None:
    text, value = SAMPLES[name]
    assert getattr(start(f"--{name.replace('_', '-')}", text).settings, name) == value


@pytest.mark.parametrize("name", SAMPLES)
def test_setting_is_an_environment_variable(start: Callable[..., Started], name: str) -> None:
    text, value = SAMPLES[name]
    assert getattr(start(**{f"OMIXA_MOCK_{name.upper()}": text}).settings, name) == value


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("typed", [False, True])
def test_setting_is_a_name_in_the_file(
    start: Callable[..., Started], config: Callable[[str], Path], name: str, *, typed: bool
) -> None:
    text, value = SAMPLES[name]
    as_text = isinstance(value, Decimal | Duration) or not typed
    raw = text if as_text else list(value) if isinstance(value, tuple) else value
    assert getattr(start("--config", config(f"[settings]\n{name} = {raw!r}")).settings, name) == value


@pytest.mark.parametrize("name", SAMPLES)
def test_setting_is_in_the_help(run: Run, name: str) -> None:
    assert f"--{name.replace('_', '-')}" in run("serve", "--help").output


@pytest.mark.parametrize(
    ("flag", "text", "changes"),
    [
        ("--balance", "5", {"default_balance": Decimal(5)}),
        ("--max-body", "10", {"body_max": 10}),
        ("--model", "MAI-Image-2.5", {"models": ("MAI-Image-2.5",)}),
        ("--allow-field", "user", {"allowed_fields": ("user",)}),
    ],
)
def test_common_setting_has_a_short_flag(
    start: Callable[..., Started], flag: str, text: str, changes: dict[str, Any]
) -> None:
    assert start(flag, text).settings == replace(Settings(), **changes)


@pytest.mark.parametrize("setting", ["allowed_fields", "models"])
@pytest.mark.parametrize("flag", ["long", "short"])
def test_list_of_names_may_be_a_repeated_flag(start: Callable[..., Started], setting: str, flag: str) -> None:
    flag = f"--{(setting if flag == 'long' else ALIASES[setting]).replace('_', '-')}"
    values = ("MAI-Image-2.5", "gpt-image-1.5")
    assert getattr(start(flag, values[0], flag, values[1]).settings, setting) == values


def test_tables_come_from_the_file(start: Callable[..., Started], config: Callable[[str], Path]) -> None:
    started = start("--config", config("[settings.errors.no_route]\nstatus = 500\n"))
    assert started.gateway.workspaces.terms.errors["no_route"].status == 500


@pytest.mark.parametrize(
    ("text", "price"), [('"gpt-image-1.5" = "0.5"', "0.500000"), ('["gpt-image-1.5"]\nbase = "0.25"', "0.250000")]
)
def test_price_table_sets_prices(start: Callable[..., Started], tmp_path: Path, text: str, price: str) -> None:
    (tmp_path / "prices.toml").write_text(text)
    started = start("--price-table", tmp_path / "prices.toml")
    assert f"{started.gateway.workspaces.terms.price('gpt-image-1.5', 'auto', 'auto'):.6f}" == price


def test_price_table_wins_over_prices_in_the_file(
    start: Callable[..., Started], config: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "prices.toml").write_text('"gpt-image-1.5" = "0.5"')
    path = config('[settings.prices]\n"gpt-image-1.5" = "0.9"')
    started = start("--config", path, "--price-table", tmp_path / "prices.toml")
    assert started.gateway.workspaces.terms.price("gpt-image-1.5", "auto", "auto") == Decimal("0.5")


@pytest.mark.parametrize("value", ['"omx_live_a"', '["omx_live_a"]'])
def test_keys_come_from_the_file(start: Callable[..., Started], config: Callable[[str], Path], value: str) -> None:
    assert len(start("--config", config(f"keys = {value}")).gateway.workspaces.keys) == 1


@pytest.mark.parametrize(
    ("arguments", "policy"), [((), "any"), (("--key", "any"), "any"), (("--key", "issued"), "issued")]
)
def test_policy_of_keys_is_a_flag(start: Callable[..., Started], arguments: tuple[str, ...], policy: str) -> None:
    assert start(*arguments).gateway.workspaces.keys == policy


def test_control_options_reach_the_policy(start: Callable[..., Started]) -> None:
    started = start("--host", "0.0.0.0", "--control-token", "t", "--allow-host", "a", "--allow-host", "b")
    assert started.policy == ControlPolicy("0.0.0.0", "t", ("a", "b"))


# Ways to switch the inspector off: flags, environment, file.
WITHOUT_INSPECTOR: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "flag": (("--no-inspector",), {}, ""),
    "environment": ((), {"OMIXA_MOCK_NO_INSPECTOR": "1"}, ""),
    "file": ((), {}, "no_inspector = true"),
}


@pytest.mark.parametrize(("flags", "env", "file"), WITHOUT_INSPECTOR.values(), ids=WITHOUT_INSPECTOR)
def test_inspector_can_be_switched_off(
    start: Callable[..., Started], config: Callable[[str], Path], flags: tuple[str, ...], env: dict[str, str], file: str
) -> None:
    assert start("--config", config(file), *flags, **env).policy.shows_inspector is False


def test_inspector_is_on_by_default(start: Callable[..., Started]) -> None:
    assert start().policy.shows_inspector is True


def test_cors_origins_are_off_by_default(start: Callable[..., Started]) -> None:
    assert start().cors == ()


BAD_FILES = {
    "port = 'x'": "omixa-mock.toml: port is a text that is not accepted; accepted: a whole number from 0 to 65535",
    "port = true": "port is true or false, a value that is not accepted",
    "port = 1.5": "port is a number that is not accepted",
    "port = 70000": "from 0 to 65535",
    "ready_file = 5": "omixa-mock.toml: ready_file is a number that is not accepted; accepted: a path",
    'ready_file = "a\\u0000b"': "ready_file is a text that is not accepted",
    "price_table = 7": "omixa-mock.toml: price_table is a number",
    "host = ['a']": "host is a list that is not accepted; accepted: text",
    "host = 1979-05-27": "host is a date or time",
    "cors_origin = ['http://a', 3]": "cors_origin is a list that is not accepted; accepted: a list of origins",
    "allow_host = {a = 1}": "allow_host is a table",
    "keys = 5": "keys is a number that is not accepted; accepted: a list of keys",
    "control_token = 5": "control_token is a number",
    "no_inspector = 1": "no_inspector is a number that is not accepted; accepted: true or false",
    "control_token = ''": "control_token is empty",
    "host = ''": "host is empty",
    "tls_cert = 5": "tls_cert is a number",
    "log = 5": 'log is a number that is not accepted; accepted: "all", "refused" or "none"',
    "key = 'omx_live_a'\nkeys = 'omx_live_b'": "keys is given twice, the second time as keys",
    "[settings]\nbalance = 1\ndefault-balance = 2": "default_balance is given twice",
    "[settings]\ncreated = -1": "omixa-mock.toml: settings.created = -1 is out of range",
    "prot = 1": "unknown name prot. Did you mean port?",
    "seed = 1": "Did you mean seed (below [settings])?",
    "[settings]\nsed = 1": "unknown name settings.sed. Did you mean seed",
    "[settings]\nport = 1": "unknown name settings.port",
    "[setings]\nseed = 1": "unknown name setings",
    "zzz = 1": "There are: host, port",
    "settings = 1": "settings must be a table",
    "log = 'loud'": "'all', 'refused', 'none'",
    "[settings]\nvary = 'always'": "accepted: none, call",
    "[settings]\nseed = [1]": "not a whole number",
    "[settings.prices]\nx = 1": 'There is no model "x"',
    "keys = 'sk-1'": "omx_live_",
    "= 1": "is not TOML",
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.items())
def test_bad_file_is_refused_with_what_is_accepted(
    run: Run, error_of: ErrorOf, config: Callable[[str], Path], text: str, message: str
) -> None:
    assert message in error_of(run("serve", "--config", config(text)))


def test_bad_file_is_named(run: Run, error_of: ErrorOf, config: Callable[[str], Path]) -> None:
    assert "omixa-mock.toml" in error_of(run("serve", "--config", config("prot = 1")))


BAD_FLAGS: dict[tuple[str, ...], str] = {
    ("--seed", "x"): 'seed = "x" is not a whole number',
    ("--latency", "-1"): "accepted: seconds (0.5, 500ms, 2s)",
    ("--latency", "inf"): "uniform:1s..5s or lognormal:8s..60s",
    ("--balance", "many"): 'for instance "5.00"',
    ("--vary", "always"): "accepted: none, call",
    ("--auto-size", "1024x1025"): "Did you mean 1024x1024?",
    ("--provider-limit", "11"): "accepted: 1 to 10",
    ("--nesting-max", "65"): "accepted: 1 to 64",
    ("--success-status", "204"): "accepted: 200, 201",
    ("--model", "dall-e-3"): "gpt-image-1.5",
    ("--model", ""): "models is empty",
    ("--port", "70000"): "accepted: 0 to 65535",
    ("--log", "some"): "'all', 'refused', 'none'",
    ("--key", "sk-1"): "number 1 has the wrong form",
    ("--key", "issued", "--key", "omx_live_a"): "Accepted: any, issued, or keys",
    ("--tls-key", __file__): "Give --tls-cert as well",
    ("--tls-cert", "nowhere.pem"): "'nowhere.pem' does not exist",
    ("--config", "nowhere.toml"): "nowhere.toml cannot be read",
    ("--price-table", "nowhere.toml"): "nowhere.toml cannot be read",
    ("--sed", "1"): "--seed",
    ("--control-token", ""): "control_token is empty",
    ("--control-token", " "): "control_token is empty",
    ("--host", ""): "host is empty. Accepted: a name or an address",
    ("--host", "a..b"): "host = 'a..b' is no host name",
}


@pytest.mark.parametrize(("arguments", "message"), BAD_FLAGS.items(), ids=" ".join)
def test_bad_flag_is_refused_with_what_is_accepted(
    run: Run, error_of: ErrorOf, arguments: tuple[str, ...], message: str
) -> None:
    assert message in error_of(run("serve", *arguments))


BAD_VARIABLES = {
    "OMIXA_MOCK_SEED": ("x", 'OMIXA_MOCK_SEED: seed = "x" is not a'),
    "OMIXA_MOCK_PORT": ("x", "Invalid value for OMIXA_MOCK_PORT: 'x' is no port; accepted: 0 to 65535, for instance"),
    "OMIXA_MOCK_LOG": ("x", "Invalid value for OMIXA_MOCK_LOG: 'x' is not one of 'all', 'refused', 'none'."),
    "OMIXA_MOCK_TLS_CERT": ("nowhere.pem", "Invalid value for OMIXA_MOCK_TLS_CERT: "),
    "OMIXA_MOCK_BALANCE": ("much", 'OMIXA_MOCK_BALANCE: default_balance = "much"'),
    "OMIXA_MOCK_UNKNOWN_FIELDS": ("x", 'OMIXA_MOCK_UNKNOWN_FIELDS: unknown_fields = "x"'),
    "OMIXA_MOCK_KEY": ("x", "OMIXA_MOCK_KEY: keys: number 1 has the wrong form"),
    "OMIXA_MOCK_FAULT": ("no_route=x", "OMIXA_MOCK_FAULT: fault = 'no_route=x'"),
    "OMIXA_MOCK_HOST": (" ", "OMIXA_MOCK_HOST: host is empty."),
}


@pytest.mark.parametrize("name", BAD_VARIABLES)
def test_bad_value_is_reported_under_the_name_of_its_variable(run: Run, error_of: ErrorOf, name: str) -> None:
    value, message = BAD_VARIABLES[name]
    assert error_of(run("serve", env={name: value})).startswith(message)


def test_bad_flag_is_reported_under_its_own_name(run: Run, error_of: ErrorOf) -> None:
    message = error_of(run("serve", "--port", "x", env={"OMIXA_MOCK_PORT": "1"}))
    assert message.startswith("Invalid value for '-p' / '--port': 'x' is no port")


# What Kubernetes gives every container if a service is called omixa-mock
LINKS = {
    "OMIXA_MOCK_SERVICE_HOST": "10.0.0.1",
    "OMIXA_MOCK_SERVICE_PORT": "6649",
    "OMIXA_MOCK_SERVICE_PORT_HTTP": "6649",
    "OMIXA_MOCK_PORT": "tcp://10.0.0.1:6649",
    "OMIXA_MOCK_PORT_6649_TCP": "tcp://10.0.0.1:6649",
    "OMIXA_MOCK_PORT_6649_TCP_PROTO": "tcp",
    "OMIXA_MOCK_PORT_6649_TCP_PORT": "6649",
    "OMIXA_MOCK_PORT_6649_TCP_ADDR": "10.0.0.1",
}


def test_links_of_a_service_are_no_options(start: Callable[..., Started]) -> None:
    assert start(**LINKS).address.port == 6649


def test_links_of_a_service_do_not_hide_the_port_of_a_file(
    start: Callable[..., Started], config: Callable[[str], Path]
) -> None:
    assert start("--config", config("port = 7000"), **LINKS).address.port == 7000


def test_links_of_a_service_cause_no_warning(start: Callable[..., Started], run: Run) -> None:
    start()  # `run` would listen otherwise
    assert "Warning" not in run("serve", env=LINKS).stderr


def test_refused_key_is_not_shown(run: Run, error_of: ErrorOf) -> None:
    assert "SECRET" not in error_of(run("serve", "--key", "omx_live_SECRET!"))


# Failures to serve: exit code 3


def test_port_in_use_is_reported_with_a_remedy(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        result = run("serve", "--port", port)
    reason = f"Error: 127.0.0.1:{port} is in use by another program."
    message = f"{reason} Choose another port with --port, or a free one with"
    assert (result.exit_code, message in result.stderr) == (3, True), result.output


def test_port_in_use_keeps_the_ready_file_of_another_server(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ready").write_text("http://127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as used:
        run("serve", "--port", str(used.getsockname()[1]), "--ready-file", tmp_path / "ready")
    assert (tmp_path / "ready").read_text() == "http://127.0.0.1:1"


def test_ready_file_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    result = run("serve", "--port", "0", "--ready-file", tmp_path / "nowhere" / "ready")
    assert (result.exit_code, "nowhere/ready cannot be written" in result.stderr) == (3, True), result.output


FOREIGN: dict[str, Callable[[Path], object]] = {
    "FIFO": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/null"),
    "folder": Path.mkdir,
    "file of another program": lambda path: path.write_text("precious"),
    "link to a file of another program": lambda path: path.symlink_to(__file__),
    "file that begins with a URL": lambda path: path.write_text("http://127.0.0.1:1\nprecious"),
}


def identify(path: Path) -> tuple[int, ...]:
    """Return what shows that a file was replaced or written."""
    status = path.stat()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_ready_file_that_is_none_is_refused_and_kept(run: Run, tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "ready"
    make(path)
    before = identify(path)
    result = run("serve", "--port", "0", "--ready-file", path)
    assert (result.exit_code, "for instance --ready-file gateway.url." in result.stderr) == (3, True), result.output
    assert (identify(path), [*tmp_path.iterdir()]) == (before, [path])


def test_invalid_certificate_is_reported(run: Run) -> None:
    result = run("serve", "--port", "0", "--tls-cert", __file__)
    assert (result.exit_code, "certificate or key cannot be used" in result.stderr) == (3, True), result.output


def test_host_that_cannot_be_bound_is_named(run: Run) -> None:
    result = run("serve", "--port", "0", "--host", "203.0.113.1")
    assert (result.exit_code, "cannot listen on 203.0.113.1:0" in result.stderr) == (3, True), result.output


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EACCES, "Permission denied"), "Choose a port above 1023"),
        (OSError(errno.EADDRINUSE, "in use"), "or a free one with --port 0"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "cannot listen on 127.0.0.1:80: Cannot assign"),
    ],
)
def test_reason_is_described_in_words(error: OSError, message: str) -> None:
    assert message in serve_module.describe_os_error(error, Address("127.0.0.1", 80))


@pytest.mark.parametrize(
    "option", [parameter for parameter in serve_module.serve.params if isinstance(parameter, click.Option)], ids=str
)
def test_every_option_has_help_and_a_variable(option: click.Option) -> None:
    assert option.help
    assert [name.startswith("OMIXA_MOCK_") for name in option.envvar or ()] in ([True], [True, True])
