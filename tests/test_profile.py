"""One file for every way in: its settings apply below explicit ones, and its other names are checked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import omixa_mock
from omixa_mock.configuration import read_config, read_tables
from omixa_mock.gateway import Settings
from omixa_mock.mock import OmixaMock
from omixa_mock.profile import ProfilePath

PROFILE = """
[settings]
success_status = 201
provider_limit = 4

[profile]
target = "https://www.omixa.cloud"
date = 2026-06-05
observed = ["auto-size", "balance", "keys"]
"""


@contextmanager
def as_application(**options: Any) -> Iterator[OmixaMock]:
    yield omixa_mock.asgi_app(**options).mock


@contextmanager
def as_decorator(**options: Any) -> Iterator[OmixaMock]:
    @omixa_mock.intercept(**options)
    def decorated(mock: OmixaMock) -> OmixaMock:
        return mock

    yield decorated()


WAYS: dict[str, Callable[..., Any]] = {
    "intercept": omixa_mock.intercept,
    "decorator": as_decorator,
    "serve": omixa_mock.serve,
    "asgi_app": as_application,
}
EACH_WAY = pytest.mark.parametrize("way", WAYS)


def settings_of(way: str, profile: ProfilePath, **options: Any) -> Settings:
    with WAYS[way](profile=profile, **options) as mock:
        settings: Settings = mock.gateway.workspaces.terms.settings
        return settings


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "omixa.toml"
        path.write_text(text)
        return path

    return write


Write = Callable[[str], Path]


@EACH_WAY
@pytest.mark.parametrize("kind", [Path, str])
def test_profile_changes_settings(write: Write, way: str, kind: Callable[[Path], ProfilePath]) -> None:
    assert settings_of(way, kind(write(PROFILE))).success_status == 201


@EACH_WAY
def test_explicit_setting_wins_over_a_profile(write: Write, way: str) -> None:
    settings = settings_of(way, write(PROFILE), settings={"success_status": 200})
    assert (settings.success_status, settings.provider_limit) == (200, 4)


PROCESS = """
host = "0.0.0.0"
port = 1
ready_file = "gateway.url"
journal_bytes = "1KB"
control_token = "letmein"
allow_host = ["build-box"]
cors_origin = ["http://localhost:3000"]
tls_cert = "cert.pem"
tls_key = "key.pem"
log = "all"
"""


@EACH_WAY
def test_names_of_a_process_are_left_to_serve(write: Write, way: str) -> None:
    assert settings_of(way, write(PROCESS + PROFILE)).success_status == 201


# Names that would change responses.
ELSEWHERE = {
    'keys = "issued"': "move keys to the argument keys of serve() or asgi_app().",
    "faults = []": "move faults into the test, for instance mock.fail({'fail': 'no_route'}).",
    'price_table = "prices.toml"': "move price_table below [settings.prices], the rows of its file.",
}


@EACH_WAY
@pytest.mark.parametrize("line", ELSEWHERE)
def test_name_that_changes_responses_is_never_ignored(write: Write, way: str, line: str) -> None:
    path = write(line)
    with pytest.raises(omixa_mock.SettingError) as refused:
        settings_of(way, path)
    assert str(refused.value) == f"{path}: {ELSEWHERE[line]} Only `omixa-mock serve` takes it from a file."


@EACH_WAY
def test_missing_profile_is_named_with_the_cure(tmp_path: Path, way: str) -> None:
    path = tmp_path / "omixa.toml"
    with pytest.raises(omixa_mock.SettingError) as refused:
        settings_of(way, path)
    assert str(refused.value) == (
        "Correct the path of the profile, or write the file by `omixa-mock verify URL --profile omixa.toml`: "
        f"there is no file {path}"
    )


@EACH_WAY
@pytest.mark.parametrize("value", ["", 7, b"omixa.toml"])
def test_profile_that_is_no_path_is_refused(way: str, value: Any) -> None:
    with pytest.raises(omixa_mock.SettingError, match=r'accepted: the path of a TOML file, for instance "omixa.toml"$'):
        settings_of(way, value)


# The table [profile]


def test_profile_table_is_no_option_of_serve(write: Write) -> None:
    assert read_config(write(PROFILE)) == {"success_status": 201, "provider_limit": 4}


def test_observed_names_are_canonical(write: Write) -> None:
    assert read_tables(write(PROFILE)).profile["observed"] == ["auto_size", "default_balance", "keys"]


@pytest.mark.parametrize("day", ["2026-06-05", "2026-06-05T12:00:00Z", '"5 June 2026"'])
def test_date_may_be_a_date_or_text(write: Write, day: str) -> None:
    assert "date" in read_tables(write(f"[profile]\ndate = {day}")).profile


REFUSED = {
    "profile = 1": 'profile must be a table. Write [profile] and below it, for instance, target = "https://www.omixa.cloud"',
    "[profile]\ntargte = 'x'": "unknown name profile.targte. Did you mean target?",
    "[profile]\nqqqq = 1": "unknown name profile.qqqq. There are: target, date, observed.",
    "[profile]\nobserved = ['auto_sise']": "unknown name profile.observed: auto_sise. Did you mean auto_size?",
    "[profile]\ntarget = 1": (
        'profile.target is a number that is not accepted; accepted: text, for instance "https://www.omixa.cloud"'
    ),
    "[profile]\ndate = 5": "profile.date is a number that is not accepted; accepted: a date, for instance 2026-06-05",
    "[profile]\nobserved = 'seed'": (
        'profile.observed is a text that is not accepted; accepted: a list of settings, for instance ["auto_size"]'
    ),
    "[profile]\nobserved = [1]": (
        'profile.observed is a list that is not accepted; accepted: a list of settings, for instance ["auto_size"]'
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_mistake_in_the_profile_table_is_refused(write: Write, text: str) -> None:
    path = write(text)
    with pytest.raises(omixa_mock.SettingError) as refused:
        read_config(path)
    assert str(refused.value) == f"{path}: {REFUSED[text]}"


def test_files_are_not_parsed_before_the_first_profile() -> None:
    code = "import omixa_mock, sys\nwith omixa_mock.intercept(): print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert {"omixa_mock.profile", "omixa_mock.configuration", "tomllib"} & set(done.stdout.split()) == set()
