"""Spellings of options: every one counts, and unknown variables are reported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from omixa_mock.cli import serve as serve_module
from omixa_mock.cli.options import OTHER_VARIABLES
from omixa_mock.gateway import Gateway, SettingError

Run = Callable[..., Result]


class Listening(Exception):  # noqa: N818  # a normal end, no error
    """End of `serve` at the moment when it would listen; holds its options."""


@pytest.fixture
def options_of(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Return a function that runs `serve` until it would listen, and returns its options."""

    async def stop(gateway: Gateway, policy: Any, _: Any, options: Mapping[str, Any], __: Any) -> None:
        raise Listening({**options, "gateway": gateway, "policy": policy})

    def options_of(*arguments: str | Path, **env: str) -> dict[str, Any]:
        result = run("serve", *arguments, env=env)
        assert isinstance(result.exception, Listening), result.output
        options: dict[str, Any] = result.exception.args[0]
        return options | {"stderr": result.stderr}

    monkeypatch.setattr(serve_module, "run", stop)
    return options_of


OptionsOf = Callable[..., dict[str, Any]]
LISTS = {
    "KEY": ("keys", "omx_live_a", "omx_live_b"),
    "KEYS": ("keys", "omx_live_a", "omx_live_b"),
    "ALLOW_HOST": ("allow_host", "build-box", "fake.example"),
    "CORS_ORIGIN": ("cors_origin", "http://a", "http://b:1"),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("gap", [",", " ", ", ", "\n"])
def test_variable_may_hold_several(options_of: OptionsOf, name: str, gap: str) -> None:
    option, *values = LISTS[name]
    assert options_of(**{f"OMIXA_MOCK_{name}": gap.join(values)})[option] == tuple(values)


SETTINGS: dict[str, tuple[str, str, Any]] = {
    "BALANCE": ("5", "default_balance", Decimal(5)),
    "DEFAULT_BALANCE": ("5", "default_balance", Decimal(5)),
    "MAX_BODY": ("1KiB", "body_max", 1024),
    "BODY_MAX": ("1KiB", "body_max", 1024),
    "ALLOW_FIELD": ("user", "allowed_fields", ("user",)),
    "ALLOWED_FIELDS": ("response_format user", "allowed_fields", ("response_format", "user")),
    "MODEL": ("MAI-Image-2.5", "models", ("MAI-Image-2.5",)),
    "MODELS": ("gpt-image-1.5 MAI-Image-2.5", "models", ("gpt-image-1.5", "MAI-Image-2.5")),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_setting_has_every_spelling_in_the_environment(options_of: OptionsOf, name: str) -> None:
    text, setting, value = SETTINGS[name]
    options = options_of(**{f"OMIXA_MOCK_{name}": text})
    assert getattr(options["gateway"].workspaces.terms.settings, setting) == value


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("dash", ["_", "-"])
def test_setting_has_every_spelling_in_a_file(options_of: OptionsOf, tmp_path: Path, name: str, dash: str) -> None:
    text, setting, value = SETTINGS[name]
    value_in_file = text.split() if isinstance(value, tuple) else text
    (tmp_path / "c.toml").write_text(f"[settings]\n{name.lower().replace('_', dash)} = {value_in_file!r}")
    options = options_of("--config", tmp_path / "c.toml")
    assert getattr(options["gateway"].workspaces.terms.settings, setting) == value


@pytest.mark.parametrize("name", ["key", "keys"])
def test_keys_have_both_spellings_in_a_file(options_of: OptionsOf, tmp_path: Path, name: str) -> None:
    (tmp_path / "c.toml").write_text(f'{name} = "omx_live_a"')
    assert options_of("--config", tmp_path / "c.toml")["keys"] == ("omx_live_a",)


def test_name_may_be_written_like_its_flag(options_of: OptionsOf, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('cors-origin = "http://a"')
    assert options_of("--config", tmp_path / "c.toml")["cors_origin"] == ("http://a",)


def test_file_that_nests_without_end_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("a = " + "[" * 5000 + "]" * 5000)
    result = run("serve", "--config", tmp_path / "c.toml")
    assert (result.exit_code, "c.toml" in result.stderr) == (2, True)


def test_empty_variable_is_none(options_of: OptionsOf) -> None:
    assert options_of(OMIXA_MOCK_CONTROL_TOKEN="")["policy"].token is None


# Unknown variables


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("OMIXA_MOCK_SEDE", "Did you mean OMIXA_MOCK_SEED?"),
        ("OMIXA_MOCK_BLOCKLIVE", "Did you mean OMIXA_MOCK_BLOCK_LIVE?"),
        ("OMIXA_MOCK_KEEYS", "Did you mean OMIXA_MOCK_KEYS?"),
        ("OMIXA_MOCK_QQQQ", "See omixa-mock serve --help."),
    ],
)
def test_variable_that_nobody_reads_is_named(options_of: OptionsOf, name: str, hint: str) -> None:
    warning = f"Warning: nothing reads the environment variable {name}. {hint}"
    assert warning in options_of(**{name: "omx_live_SECRET"})["stderr"].splitlines()


def test_value_of_a_variable_that_nobody_reads_is_not_shown(options_of: OptionsOf) -> None:
    assert "SECRET" not in options_of(OMIXA_MOCK_QQQQ="omx_live_SECRET")["stderr"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes no such name")
def test_name_of_a_variable_is_escaped(options_of: OptionsOf) -> None:
    assert "OMIXA_MOCK_\\x1b[31m" in options_of(**{"OMIXA_MOCK_\x1b[31m": "1"})["stderr"]


@pytest.mark.parametrize("name", sorted(OTHER_VARIABLES))
def test_variable_of_the_plugin_is_known(options_of: OptionsOf, name: str) -> None:
    assert name not in options_of(**{name: "1"})["stderr"]


def test_every_variable_of_the_plugin_is_known() -> None:
    plugin = import_module("omixa_mock.pytest_plugin.options")
    own = {name for option in serve_module.serve.params for name in option.envvar or ()}
    assert {plugin.variable_of(name) for name, *_ in plugin.OPTIONS} - OTHER_VARIABLES - own == set()


# Refusals shared by the command and the function


@pytest.mark.parametrize("options", [{"control_token": ""}, {"host": ""}])
def test_function_refuses_the_same_values_as_the_command(options: dict[str, str]) -> None:
    import omixa_mock

    with pytest.raises(SettingError, match="is empty"), omixa_mock.serve(**options):  # type: ignore[arg-type]
        pass
