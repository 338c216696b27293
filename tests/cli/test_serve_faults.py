"""`omixa-mock serve --fault`: faults by flag, environment and file, reproducible by seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

from omixa_mock.cli import serve as serve_module

Run = Callable[..., Result]
ErrorOf = Callable[[Result], str]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a configuration file."""

    def write(text: str) -> Path:
        path = tmp_path / "omixa-mock.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def dry_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], str]]:
    """Return a function that runs `serve` until it would listen, and returns plans and banner."""
    gateways: list[Any] = []

    async def stay_silent(*_: Any, ready: Callable[[str], None], **options: Any) -> None:
        del options
        ready("http://127.0.0.1:1")

    def dry_run(*arguments: str | Path, **env: str) -> tuple[list[str], str]:
        result = run("serve", *arguments, env=env)
        assert result.exit_code == 0, result.output
        return [str(state.plan) for state in gateways[0].workspaces.open("omx_live_a").plan_states], result.stderr

    monkeypatch.setattr(serve_module, "build_app", lambda gateway, *_: gateways.append(gateway))
    monkeypatch.setattr(serve_module, "listen", stay_silent)
    return dry_run


# Flags, and the plans of every workspace.
FLAGS: dict[tuple[str, ...], list[str]] = {
    ("--fault", "no_route"): ["no_route (for ever)"],
    ("--fault", "no_route=0.1"): ["no_route (for ever, probability=0.1)"],
    ("--fault", "delay:2s=0.5"): ["delay (for ever, probability=0.5)"],
    ("--fault", "delay:uniform:1s..5s=0.5"): ["delay:uniform:1s..5s (for ever, probability=0.5)"],
    ("--fault", "reset_after_capture=1"): ["reset_after_capture (for ever)"],
    ("--fault", "no_route=0.1", "--fault", "reset=0.2"): [
        "no_route (for ever, probability=0.1)",
        "reset (for ever, probability=0.2)",
    ],
}


@pytest.mark.parametrize(("arguments", "plans"), FLAGS.items(), ids=" ".join)
def test_flag_plans_in_every_workspace(
    dry_run: Callable[..., Any], arguments: tuple[str, ...], plans: list[str]
) -> None:
    assert dry_run(*arguments)[0] == plans


@pytest.mark.parametrize("name", ["OMIXA_MOCK_FAULTS", "OMIXA_MOCK_FAULT"])
def test_variable_plans_several(dry_run: Callable[..., Any], name: str) -> None:
    assert dry_run(**{name: "no_route=0.1, reset"})[0] == ["no_route (for ever, probability=0.1)", "reset (for ever)"]


FILES = {
    'faults = ["no_route=0.1"]': "no_route (for ever, probability=0.1)",
    '[[faults]]\nfail = "no_route"': "no_route (times=1)",
    '[[faults]]\nfail = ["no_route", "ok"]\ntimes = 2': "no_route, ok (times=2)",
    "[[faults]]\nfail = 503\nafter = 1\nprobability = 0.5": "no_route (for ever, after=1, probability=0.5)",
    '[[faults]]\nfail = "reset"\nwhen = {size = "1024x1536"}': "reset (times=1, when size='1024x1536')",
}


@pytest.mark.parametrize(("text", "plan"), FILES.items())
def test_file_plans(dry_run: Callable[..., Any], file: Callable[[str], Path], text: str, plan: str) -> None:
    assert dry_run("--config", file(text))[0] == [plan]


def test_flag_wins_over_the_file(dry_run: Callable[..., Any], file: Callable[[str], Path]) -> None:
    plans, _ = dry_run("--fault", "reset", "--config", file('[[faults]]\nfail = "no_route"'))
    assert plans == ["reset (for ever)"]


# The banner


def on_purpose(banner: str) -> str:
    return next((line.strip() for line in banner.splitlines() if line.strip().startswith("on purpose")), "")


BANNERS: dict[tuple[str, ...], str] = {
    (): "",
    ("--seed", "7"): "",
    ("--fault", "no_route=0.1", "--seed", "7"): "on purpose  no_route=0.1; drawn from seed 7",
    ("--latency", "lognormal:8s"): "on purpose  latency lognormal:8s..80s; drawn from seed 0",
    ("--fault", "reset=0.5", "--latency", "1"): "on purpose  reset=0.5, latency 1s; drawn from seed 0",
}


@pytest.mark.parametrize(("arguments", "line"), BANNERS.items(), ids=" ".join)
def test_banner_shows_planned_faults_and_seed(
    dry_run: Callable[..., Any], arguments: tuple[str, ...], line: str
) -> None:
    assert on_purpose(dry_run(*arguments)[1]) == line


def test_banner_names_the_faults_of_a_file(dry_run: Callable[..., Any], file: Callable[[str], Path]) -> None:
    text = '[[faults]]\nfail = "no_route"\nprobability = 0.5'
    assert "no_route" in on_purpose(dry_run("--config", file(text))[1])


# Refusals

BAD_FLAGS = {
    ("--fault", "no_rout"): 'Did you mean "no_route"?',
    ("--fault", "zzz"): "There are: invalid_key, insufficient_balance",
    ("--fault", ""): 'There is no fault ""',
    ("--fault", "no_route=often"): "a fault and its probability, for instance no_route=0.1",
    ("--fault", "no_route="): "a fault and its probability, for instance no_route=0.1",
    ("--fault", "no_route=1.1"): "more than 0, up to 1",
    ("--fault", "no_route=0"): "more than 0, up to 1",
    ("--fault", "no_route=-1"): "more than 0, up to 1",
    ("--fault", "no_route=nan"): "more than 0, up to 1",
    ("--fault", "delay:nan"): "500ms, 2s",
    ("--fault", "delay:-2s"): "500ms, 2s",
    ("--fault", "reset:2s"): "those that do: delay, drip",
    ("--fault", "no_route_after_capture"): "it happens before_hold",
    ("--fault", "no_route", "--fault", "reset"): "takes every such call",
    ("--latency", "normal:8s"): "lognormal:8s..60s",
    ("--latency", "uniform:5s..1s"): "uniform:1s..5s",
    ("--latency", "nan"): "accepted: seconds",
    ("--time-scale", "-1"): "time_scale",
    ("--fault-header", "yes"): "accepted: ignore, obey",
}


@pytest.mark.parametrize(("arguments", "message"), BAD_FLAGS.items(), ids=str)
def test_bad_flag_is_refused_with_what_is_accepted(
    run: Run, error_of: ErrorOf, arguments: tuple[str, ...], message: str
) -> None:
    assert message in error_of(run("serve", *arguments))


BAD_FILES = {
    'faults = "no_route"': "faults is a text that is not accepted; accepted: a list of plans, each below [[faults]]",
    "faults = [1]": "faults is a list that is not accepted",
    "[[faults]]\ntimes = 2": 'A plan has "fail"',
    '[[faults]]\nfail = "no_rout"': 'Did you mean "no_route"?',
    '[[faults]]\nfail = "reset"\ntimes = -1': "1 or more",
    '[[faults]]\nfail = "reset"\nprobability = 1.1': "more than 0, up to 1",
    '[[faults]]\nfail = "reset"\nprobability = nan': "more than 0, up to 1",
    '[[faults]]\nfail = "reset"\nwhen = "lambda call: True"': "function cannot travel",
    "[[faults]]\nfail = 2026-01-01": "There is no fault",
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.items())
def test_bad_file_is_refused_with_what_is_accepted(
    run: Run, error_of: ErrorOf, file: Callable[[str], Path], text: str, message: str
) -> None:
    assert message in error_of(run("serve", "--config", file(text)))


# A process, and a plain HTTP client


def statuses(served: Any, number: int, key: str = "omx_live_chaos") -> list[int]:
    return [served.generate(key).status_code for _ in range(number)]


def test_faults_are_the_same_under_the_same_seed(start: Callable[..., Any]) -> None:
    first, again = (start("--fault", "no_route=0.3", "--seed", "5") for _ in range(2))
    outcomes = statuses(first, 30)
    assert (set(outcomes), statuses(again, 30)) == ({200, 503}, outcomes)


def test_every_key_has_faults_of_its_own(start: Callable[..., Any]) -> None:
    served = start("--fault", "no_route=0.5")
    assert statuses(served, 20, "omx_live_a") != statuses(served, 20, "omx_live_b")


def test_trigger_key_works_without_any_flag(served: Any) -> None:
    assert statuses(served, 2, "omx_live_fail_insufficient_balance--cli") == [402, 402]


@pytest.mark.parametrize(("arguments", "status"), [((), 200), (("--fault-header", "obey"), 429)])
def test_header_works_if_it_is_enabled(start: Callable[..., Any], arguments: tuple[str, ...], status: int) -> None:
    served = start(*arguments)
    response = httpx.post(
        f"{served.base_url}/images/generations",
        json={"model": "gpt-image-1.5", "prompt": "a cat"},
        headers={"Authorization": f"Bearer {served.key}", "X-Omixa-Mock-Fault": "rate_limited"},
        trust_env=False,
        verify=False,
    )
    assert response.status_code == status
