"""Profiles of tests: marker > flag > environment > ini file, in every fixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import omixa_mock as fake

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

# The settings of a workspace show in each fixture, also after a reset.
SOURCE = """
import pytest
from omixa_mock import Settings

FIXTURES = pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])

def settings_of(mock):
    found = []
    for _ in range(2):
        response = post({{"model": "gpt-image-1.5", "prompt": "x", "n": 5}}, key=mock.api_key, url=mock.base_url)
        found.append((response.status_code, len(response.json()["data"])))
        mock.reset()
    [settings] = set(found)
    return settings

{decorator}
@FIXTURES
def test_marked(request, name):
    assert settings_of(request.getfixturevalue(name)) == {expected}

@FIXTURES
def test_unmarked(request, name):
    assert settings_of(request.getfixturevalue(name)) == {unmarked}

def test_session(omixa_mock_session):
    assert settings_of(omixa_mock_session) == {unmarked}
"""
FILES = {
    "201.toml": "[settings]\nsuccess_status = 201",
    "three.toml": "[settings]\nprovider_limit = 3",
    "seed.toml": "[settings]\nseed = 7",
}
PLAIN, CREATED, THREE = (200, 5), (201, 5), (200, 3)


@dataclass(frozen=True)
class Way:
    """Ways in which a run's profiles are given, and the settings expected with the marker and without."""

    expected: tuple[int, int]
    unmarked: tuple[int, int] = PLAIN
    marker: str = ""
    flag: str | None = None
    variable: str = ""
    ini: str = ""


WAYS = {
    "none": Way(PLAIN),
    "ini": Way(CREATED, CREATED, ini="201.toml"),
    "environment over ini": Way(THREE, THREE, variable="three.toml", ini="201.toml"),
    "flag over environment": Way(CREATED, CREATED, flag="201.toml", variable="three.toml"),
    "empty flag over all": Way(PLAIN, PLAIN, flag="", variable="three.toml", ini="201.toml"),
    # A profile replaces another: the settings of two gateways must not mix.
    "marker over flag": Way(THREE, CREATED, marker='profile="three.toml"', flag="201.toml"),
    "marker over ini": Way(CREATED, THREE, marker='profile="201.toml"', ini="three.toml"),
    "marker of no profile": Way(PLAIN, CREATED, marker="profile=None", ini="201.toml"),
    "marker's setting over its profile": Way(PLAIN, marker='profile="201.toml", success_status=200'),
    "marker's setting over the flag": Way(PLAIN, CREATED, marker="success_status=200", flag="201.toml"),
}


def run_way(run: Any, way: Way, *arguments: str) -> Any:
    decorator = f"@pytest.mark.omixa_mock({way.marker})" if way.marker else ""
    source = SOURCE.format(decorator=decorator, expected=way.expected, unmarked=way.unmarked)
    flags = () if way.flag is None else (f"--omixa-mock-profile={way.flag}",)
    files = {**FILES, "pytest.ini": f"[pytest]\nomixa_mock_profile = {way.ini}\n"}
    return run(source, *flags, *arguments, files=files, env={"OMIXA_MOCK_CONFIG": way.variable})


@pytest.mark.parametrize("way", WAYS)
def test_nearest_profile_applies_to_every_fixture(run_pytest_in_process: Any, way: str) -> None:
    assert run_way(run_pytest_in_process, WAYS[way]).passed()


@pytest.mark.parametrize("way", WAYS)
def test_nearest_profile_applies_at_a_shared_server(run_pytest_in_process: Any, way: str) -> None:
    with fake.serve() as server:
        assert run_way(run_pytest_in_process, WAYS[way], f"--omixa-mock-url={server.url}").passed()


SEEDS = """
import pytest
from omixa_mock import intercept

def image_of(mock):
    post({"model": "gpt-image-1.5", "prompt": "x"}, key=mock.api_key, url=mock.base_url)
    return mock.last.images

def seeded(seed):
    with intercept(settings={"seed": seed}) as mock:
        return image_of(mock)

def test_run(omixa_mock, omixa_mock_server):
    assert image_of(omixa_mock) == image_of(omixa_mock_server) == seeded(RUN)

@pytest.mark.omixa_mock(profile="seed.toml")
def test_marked(omixa_mock, omixa_mock_server):
    assert image_of(omixa_mock) == image_of(omixa_mock_server) == seeded(7)

@pytest.mark.omixa_mock(profile="201.toml")
def test_marked_without_a_seed(omixa_mock, omixa_mock_server):
    assert image_of(omixa_mock) == image_of(omixa_mock_server) == seeded(GIVEN)
"""


@pytest.mark.parametrize(("flags", "run", "given"), [((), 7, 0), (("--omixa-mock-seed=9",), 9, 9)])
def test_given_seed_wins_over_the_runs_profile(
    run_pytest_in_process: Any, flags: tuple[str, ...], run: int, given: int
) -> None:
    source = SEEDS.replace("RUN", str(run)).replace("GIVEN", str(given))
    assert run_pytest_in_process(source, "--omixa-mock-profile=seed.toml", *flags, files=FILES).passed()


IN_A_FOLDER = """
import os
import httpx
import pytest
MARK
def test_it(omixa_mock):
    headers = {"Authorization": "Bearer " + omixa_mock.api_key}
    body = {"model": "gpt-image-1.5", "prompt": "x"}
    assert httpx.post(omixa_mock.base_url + "/images/generations", json=body, headers=headers).status_code == 201
"""
UNMARKED = IN_A_FOLDER.replace("MARK", "")
MARKED = IN_A_FOLDER.replace("MARK", '@pytest.mark.omixa_mock(profile="../201.toml")')


@pytest.mark.parametrize(
    ("source", "flags", "ini"),
    [(UNMARKED, ("--omixa-mock-profile=201.toml",), ""), (UNMARKED, (), "../201.toml"), (MARKED, (), "")],
    ids=["flag", "ini", "marker"],
)
def test_flag_is_relative_to_the_folder_and_others_to_the_rootdir(
    run_pytest_in_process: Any, pytester: pytest.Pytester, source: str, flags: tuple[str, ...], ini: str
) -> None:
    (pytester.path / "project").mkdir()
    files = {
        **FILES,
        "project/test_there.py": source,
        "project/pytest.ini": f"[pytest]\nomixa_mock_profile = {ini}\n",
    }
    arguments = ("--rootdir=project", "-c", "project/pytest.ini", "project/test_there.py")
    assert run_pytest_in_process("", *arguments, *flags, files=files).passed()


# Refusals

MISSING = (
    "Correct the path of the profile, or write the file by `omixa-mock verify URL --profile none.toml`: there is no"
)
UNKNOWN = "bad.toml: unknown name settings.sede. Did you mean seed (below [settings])?"
BAD = {"bad.toml": "[settings]\nsede = 1"}
REFUSED = {
    "flag": (("--omixa-mock-profile=none.toml",), "", f"ERROR: --omixa-mock-profile: {MISSING} file "),
    "variable": ((), "none.toml", f"ERROR: OMIXA_MOCK_CONFIG (for none: --omixa-mock-profile=): {MISSING} file "),
    "content": (("--omixa-mock-profile=bad.toml",), "", UNKNOWN),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("block_live", ["true", "false"])
def test_bad_profile_of_a_run_is_one_usage_error(run_pytest_in_process: Any, case: str, block_live: str) -> None:
    flags, variable, message = REFUSED[case]
    source = "def test_it(omixa_mock): pass\ndef test_other(omixa_mock): pass"
    flags = (*flags, f"--omixa-mock-block-live={block_live}")
    run = run_pytest_in_process(source, *flags, files=BAD, env={"OMIXA_MOCK_CONFIG": variable})
    assert (run.code, run.output.count(message), run.reports) == (4, 1, [])


def test_bad_profile_fails_each_test_of_a_worker(run_pytest: Any) -> None:
    source = "def test_it(omixa_mock): pass\ndef test_other(): pass"
    run = run_pytest(source, "-n", "1", "--omixa-mock-profile=bad.toml", plugins=("xdist",), files=BAD)
    assert run.outcomes == {"test_it": "setup failed", "test_other": "passed"}
    assert UNKNOWN in run.text("test_it")


def test_profile_is_not_read_if_no_test_uses_a_fake(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("def test_it(): pass", env={"OMIXA_MOCK_CONFIG": "none.toml"})
    assert run.passed()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"none.toml"', MISSING),
        ('"bad.toml"', UNKNOWN),
        ("7", "profile = 7 is not accepted; accepted: the path of a TOML file"),
        ('""', "profile = '' is not accepted; accepted: the path of a TOML file"),
    ],
)
def test_bad_profile_of_a_marker_fails_with_its_line(run_pytest_in_process: Any, value: str, message: str) -> None:
    run = run_pytest_in_process(f"@pytest.mark.omixa_mock(profile={value})\ndef test_it(omixa_mock): pass", files=BAD)
    line, _, text = run.text("test_it").partition("\n")
    assert line.endswith(f": @pytest.mark.omixa_mock(profile={value})")
    assert message in text
