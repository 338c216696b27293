"""Tests of the marker, the options and their errors, the help, and the imports of an unused plugin."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

# Errors of a marker: the test file, the line shown, and the message.
MISTAKES = {
    "function": (
        """
        @pytest.mark.parametrize("n", [1])
        @pytest.mark.omixa_mock(balance="1.00")
        @pytest.mark.omixa_mock(sede=7)
        def test_it(omixa_mock, n):
            pass
        """,
        "@pytest.mark.omixa_mock(sede=7)",
        "The marker omixa_mock has no option 'sede'. Did you mean seed?",
    ),
    "function, many lines": (
        """
        @pytest.mark.omixa_mock(
            seed=7,
            ballance="1.00",
        )
        def test_it(omixa_mock):
            pass
        """,
        'ballance="1.00",',
        "The marker omixa_mock has no option 'ballance'. Did you mean balance?",
    ),
    "class": (
        """
        @pytest.mark.omixa_mock(stric=False)
        class TestIt:
            @pytest.mark.omixa_mock(seed=1)
            def test_it(self, omixa_mock):
                pass
        """,
        "@pytest.mark.omixa_mock(stric=False)",
        "The marker omixa_mock has no option 'stric'. Did you mean strict?",
    ),
    "module": (
        """
        @pytest.mark.omixa_mock(seed=1)
        def test_other():
            pass

        pytestmark = [pytest.mark.omixa_mock(provider_limt=3)]

        def test_it(omixa_mock):
            pass
        """,
        "pytestmark = [pytest.mark.omixa_mock(provider_limt=3)]",
        "The marker omixa_mock has no option 'provider_limt'. Did you mean provider_limit?",
    ),
    "a test without the fixture": (
        """
        @pytest.mark.omixa_mock(lve=True)
        def test_it():
            pass
        """,
        "@pytest.mark.omixa_mock(lve=True)",
        "The marker omixa_mock has no option 'lve'. Did you mean live?",
    ),
    "by position": (
        """
        @pytest.mark.omixa_mock("1.00")
        def test_it(omixa_mock):
            pass
        """,
        '@pytest.mark.omixa_mock("1.00")',
        "The marker omixa_mock takes options by name only; came: ('1.00',)",
    ),
    "setting's value": (
        """
        @pytest.mark.omixa_mock(provider_limit="many")
        def test_it(omixa_mock):
            pass
        """,
        '@pytest.mark.omixa_mock(provider_limit="many")',
        'provider_limit = "many" is not a whole number',
    ),
    "balance": (
        """
        @pytest.mark.omixa_mock(balance="much")
        def test_it(omixa_mock):
            pass
        """,
        '@pytest.mark.omixa_mock(balance="much")',
        'balance = "much" is not accepted; accepted: 0 or more USD, for instance "5.00"',
    ),
    "model": (
        """
        @pytest.mark.omixa_mock(models=["gpt-image-2"])
        def test_it(omixa_mock_server):
            pass
        """,
        '@pytest.mark.omixa_mock(models=["gpt-image-2"])',
        'models = ["gpt-image-2"] is not accepted; accepted: a list of gpt-image-1.5, or null (None in Python) for all',
    ),
    "switch": (
        """
        @pytest.mark.omixa_mock(strict="no")
        def test_it(omixa_mock):
            pass
        """,
        '@pytest.mark.omixa_mock(strict="no")',
        "strict = 'no' is not accepted; accepted: True, False",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistaken_marker_is_reported_with_its_line(run_pytest_in_process: Any, mistake: str) -> None:
    source, line, message = MISTAKES[mistake]
    run = run_pytest_in_process(source, "-k", "not test_other")
    [text] = [report["text"] for report in run.reports if report["outcome"] == "failed"]
    lines = (run.folder / "test_it.py").read_text().splitlines()
    number = [source_line.strip() for source_line in lines].index(line) + 1
    assert text == f"test_it.py:{number}: {line}\n{message}"


def test_mistaken_marker_from_a_conftest_is_reported_with_its_test(run_pytest_in_process: Any) -> None:
    conftest = """
    def pytest_collection_modifyitems(items):
        for item in items:
            item.add_marker("omixa_mock")
            item.own_markers[-1].kwargs["sede"] = 1
    """
    run = run_pytest_in_process("def test_it(omixa_mock): pass", files={"conftest.py": conftest})
    assert run.text("test_it") == "test_it.py::test_it\nThe marker omixa_mock has no option 'sede'. Did you mean seed?"


def test_marker_configures_each_fixture(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        """
        pytestmark = pytest.mark.omixa_mock(balance="0.5", seed=1)

        @pytest.mark.omixa_mock(balance="2.5", models=[], routes_down=["azure-openai"], openai=True)
        @pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
        def test_it(request, name):
            mock = request.getfixturevalue(name)
            assert str(mock.wallet.balance) == "2.500000"
            assert draw().status_code == 403
            assert os.environ["OPENAI_BASE_URL"] == mock.base_url
            assert os.environ["OPENAI_API_KEY"] == mock.api_key
        """
    )
    assert run.passed()


def test_advisory_fails_if_warnings_are_errors(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("def test_it(omixa_mock): draw(input_fidelity='high')", "-W", "error")
    assert run.text("test_it").startswith("omixa-mock: #1 200 POST /api/v1/images/generations generate")


# A flag with a bad value, and the message.
BAD_VALUES = {
    "strict=maybe": "omixa_mock_strict = 'maybe' is not accepted; accepted: true, false",
    "block-live=maybe": "omixa_mock_block_live = 'maybe' is not accepted; accepted: true, false",
    "seed=x": 'omixa_mock_seed: seed = "x" is not a whole number',
}


@pytest.mark.parametrize("flag", BAD_VALUES)
def test_bad_value_of_an_option_is_refused(run_pytest_in_process: Any, flag: str) -> None:
    run = run_pytest_in_process("def test_it(omixa_mock): pass", f"--omixa-mock-{flag}")
    assert run.code != 0
    assert BAD_VALUES[flag] in run.output
    assert "INTERNALERROR" not in run.output


def test_seed_option_applies_to_every_mock(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        """
        def test_it(omixa_mock, omixa_mock_server):
            draw()
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, url=omixa_mock.base_url)
            with intercept_without_seed() as unseeded:
                draw()
            assert omixa_mock.last.images == omixa_mock_server.last.images != unseeded.last.images

        def intercept_without_seed():
            import omixa_mock
            return omixa_mock.intercept()
        """,
        "--omixa-mock-seed=7",
    )
    assert run.passed()


def test_empty_flag_overrides_the_environment(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        "def test_it(omixa_mock_server): draw()", "--omixa-mock-url=", env={"OMIXA_MOCK_URL": "http://127.0.0.1:1"}
    )
    assert run.passed()


def test_advisory_is_a_warning(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("def test_it(omixa_mock): draw(input_fidelity='high')", "-W", "default")
    assert "OmixaAdvisory: #1 200 POST /api/v1/images/generations" in run.output
    assert run.passed()


@pytest.mark.parametrize(
    "line",
    [
        "--omixa-mock-url=OMIXA_MOCK_URL",
        "--omixa-mock-control-token=OMIXA_MOCK_CONTROL_TOKEN",
        "--omixa-mock-seed=OMIXA_MOCK_SEED",
        "--omixa-mock-strict=OMIXA_MOCK_STRICT",
        "--omixa-mock-block-live=OMIXA_MOCK_BLOCK_LIVE",
        "omixa_mock_block_live (bool)",
    ],
)
def test_help_shows_the_option(pytester: pytest.Pytester, line: str) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--help")
    assert line in str(shown.stdout)


@pytest.mark.parametrize(
    ("fixture", "line"),
    [
        ("omixa_mock ", "A fake Omixa gateway in this process."),
        ("omixa_mock_server ", "A fake Omixa gateway on a real socket, for any client in any process."),
        ("omixa_mock_session ", "The same server under one key for the whole session."),
    ],
)
def test_fixtures_option_shows_the_docstring(pytester: pytest.Pytester, fixture: str, line: str) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--fixtures")
    lines = str(shown.stdout).splitlines()
    index = next(index for index, text in enumerate(lines) if text.startswith(fixture) or f"{fixture}[session" in text)
    assert lines[index + 1].strip() == line


def test_markers_option_shows_the_marker(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--markers")
    shown.stdout.fnmatch_lines(["@pytest.mark.omixa_mock(strict=True, live=False, openai=False, balance=...*"])


def test_marker_is_registered(run_pytest_in_process: Any) -> None:
    source = "@pytest.mark.omixa_mock(live=True)\ndef test_it(): pass\n"
    assert run_pytest_in_process(source, "--strict-markers", "--strict-config", "-W", "error").passed()


MODULES = """
import sys
from pathlib import Path

def pytest_unconfigure():
    Path("modules.txt").write_text("\\\\n".join(sys.modules))
"""


def modules_of(pytester: pytest.Pytester, *arguments: str) -> Any:
    pytester.makeconftest(MODULES.replace("\\\\n", "\\n"))
    pytester.makepyfile("def test_it(): pass")
    done = pytester.runpytest_subprocess("--disable-plugin-autoload", *arguments)
    assert done.ret == 0, done.stdout.str()
    return set((pytester.path / "modules.txt").read_text().splitlines())


def test_unused_plugin_imports_only_itself(pytester: pytest.Pytester) -> None:
    without, with_plugin = modules_of(pytester), modules_of(pytester, "-p", "omixa_mock")
    assert with_plugin - without == {
        "omixa_mock",
        "omixa_mock.pytest_plugin",
        "omixa_mock.pytest_plugin.gauntlet_hooks",
        "omixa_mock.pytest_plugin.items",
        "omixa_mock.pytest_plugin.options",
    }


EXPENSIVE_MODULES = (
    "httpx",
    "httpx2",
    "respx",
    "requests",
    "starlette",
    "uvicorn",
    "jsonschema_rs",
    "jsonschema",
    "orjson",
    "click",
)


@pytest.mark.parametrize("module", EXPENSIVE_MODULES)
def test_unused_plugin_does_not_import(modules: Any, module: str) -> None:
    assert module not in modules


@pytest.fixture(scope="module")
def modules(run_pytest: Any) -> Any:
    run = run_pytest(
        "def test_it(): pass",
        files={"test_it.py": "def test_it(): pass", "conftest.py": MODULES.replace("\\\\n", "\\n")},
    )
    return set((run.folder / "modules.txt").read_text().splitlines())


def test_entry_point_loads_the_plugin(pytester: pytest.Pytester) -> None:
    # Like a user's run: every plugin of the environment is loaded, none is named.
    pytester.makepyfile("def test_it(omixa_mock): omixa_mock.assert_not_called()")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
