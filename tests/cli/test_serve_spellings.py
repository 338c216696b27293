"""Every spelling of an option counts, and what counts for nobody is said."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from omixa_mock.cli import serving
from omixa_mock.cli.options import OTHER_VARIABLES
from omixa_mock.gateway import Gateway, SettingError

Run = Callable[..., Result]


class Heard(Exception):  # noqa: N818  # an end, no error
    """What `serve` was told, at the moment at which it would listen."""


@pytest.fixture
def hear(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs `serve` up to the moment at which it would listen; gives what it was told."""

    async def stop(gateway: Gateway, policy: Any, _: Any, given: Mapping[str, Any]) -> None:
        raise Heard({**given, "gateway": gateway, "policy": policy})

    def hear(*arguments: str | Path, **env: str) -> dict[str, Any]:
        result = run("serve", *arguments, env=env)
        assert isinstance(result.exception, Heard), result.output
        told: dict[str, Any] = result.exception.args[0]
        return told | {"stderr": result.stderr}

    monkeypatch.setattr(serving, "run", stop)
    return hear


Hear = Callable[..., dict[str, Any]]
LISTS = {
    "KEY": ("keys", "omx_live_a", "omx_live_b"),
    "KEYS": ("keys", "omx_live_a", "omx_live_b"),
    "ALLOW_HOST": ("allow_host", "build-box", "fake.example"),
    "CORS_ORIGIN": ("cors_origin", "http://a", "http://b:1"),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("gap", [",", " ", ", ", "\n"])
def test_variable_may_hold_several(hear: Hear, name: str, gap: str) -> None:
    option, *values = LISTS[name]
    assert hear(**{f"OMIXA_MOCK_{name}": gap.join(values)})[option] == tuple(values)


SETTINGS: dict[str, tuple[str, str, Any]] = {
    "BALANCE": ("5", "default_balance", Decimal(5)),
    "DEFAULT_BALANCE": ("5", "default_balance", Decimal(5)),
    "MAX_BODY": ("1KiB", "body_max", 1024),
    "BODY_MAX": ("1KiB", "body_max", 1024),
    "MODEL": ("MAI-Image-2.5", "models", ("MAI-Image-2.5",)),
    "MODELS": ("gpt-image-1.5 MAI-Image-2.5", "models", ("gpt-image-1.5", "MAI-Image-2.5")),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_setting_has_every_spelling_in_the_environment(hear: Hear, name: str) -> None:
    text, setting, value = SETTINGS[name]
    told = hear(**{f"OMIXA_MOCK_{name}": text})
    assert getattr(told["gateway"].workspaces.terms.settings, setting) == value


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("dash", ["_", "-"])
def test_setting_has_every_spelling_in_a_file(hear: Hear, tmp_path: Path, name: str, dash: str) -> None:
    text, setting, value = SETTINGS[name]
    said = text.split() if setting == "models" else text
    (tmp_path / "c.toml").write_text(f"[settings]\n{name.lower().replace('_', dash)} = {said!r}")
    told = hear("--config", tmp_path / "c.toml")
    assert getattr(told["gateway"].workspaces.terms.settings, setting) == value


@pytest.mark.parametrize("name", ["key", "keys"])
def test_keys_have_both_spellings_in_a_file(hear: Hear, tmp_path: Path, name: str) -> None:
    (tmp_path / "c.toml").write_text(f'{name} = "omx_live_a"')
    assert hear("--config", tmp_path / "c.toml")["keys"] == ("omx_live_a",)


def test_name_may_be_written_like_its_flag(hear: Hear, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('cors-origin = "http://a"')
    assert hear("--config", tmp_path / "c.toml")["cors_origin"] == ("http://a",)


def test_file_that_nests_without_end_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("a = " + "[" * 5000 + "]" * 5000)
    result = run("serve", "--config", tmp_path / "c.toml")
    assert (result.exit_code, "c.toml" in result.stderr) == (2, True)


def test_empty_variable_is_none(hear: Hear) -> None:
    assert hear(OMIXA_MOCK_CONTROL_TOKEN="")["policy"].token is None


# Variables that nobody reads


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("OMIXA_MOCK_SEDE", "Did you mean OMIXA_MOCK_SEED?"),
        ("OMIXA_MOCK_BLOCKLIVE", "Did you mean OMIXA_MOCK_BLOCK_LIVE?"),
        ("OMIXA_MOCK_KEEYS", "Did you mean OMIXA_MOCK_KEYS?"),
        ("OMIXA_MOCK_QQQQ", "See omixa-mock serve --help."),
    ],
)
def test_variable_that_nobody_reads_is_named(hear: Hear, name: str, hint: str) -> None:
    said = f"Warning: nothing reads the environment variable {name}. {hint}"
    assert said in hear(**{name: "omx_live_SECRET"})["stderr"].splitlines()


def test_value_of_a_variable_that_nobody_reads_is_not_shown(hear: Hear) -> None:
    assert "SECRET" not in hear(OMIXA_MOCK_QQQQ="omx_live_SECRET")["stderr"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes no such name")
def test_name_of_a_variable_is_escaped(hear: Hear) -> None:
    assert "OMIXA_MOCK_\\x1b[31m" in hear(**{"OMIXA_MOCK_\x1b[31m": "1"})["stderr"]


@pytest.mark.parametrize("name", sorted(OTHER_VARIABLES))
def test_variable_of_the_plugin_is_known(hear: Hear, name: str) -> None:
    assert name not in hear(**{name: "1"})["stderr"]


def test_every_variable_of_the_plugin_is_known() -> None:
    options = import_module("omixa_mock.pytest_plugin.options").OPTIONS
    assert {f"OMIXA_MOCK_{name.upper()}" for name, *_ in options} - OTHER_VARIABLES == set()


# The command's and the function's refusals are the same


@pytest.mark.parametrize("options", [{"control_token": ""}, {"host": ""}])
def test_function_refuses_what_the_command_refuses(options: dict[str, str]) -> None:
    import omixa_mock

    with pytest.raises(SettingError, match="is empty"), omixa_mock.serve(**options):  # type: ignore[arg-type]
        pass
