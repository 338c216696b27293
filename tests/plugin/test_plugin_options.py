"""Markers, options and their mistakes; what the plugin shows of itself, and what it costs where it is not used."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # a pytest run for each test

# Each mistake of a marker: the test file, the line that is shown, and what is said of it.
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
        "provider_limit = 'many' is not a whole number",
    ),
    "balance": (
        """
        @pytest.mark.omixa_mock(balance="much")
        def test_it(omixa_mock):
            pass
        """,
        '@pytest.mark.omixa_mock(balance="much")',
        "balance = 'much' is not accepted; accepted: 0 or more USD, for instance \"5.00\"",
    ),
    "model": (
        """
        @pytest.mark.omixa_mock(models=["gpt-image-2"])
        def test_it(omixa_mock_server):
            pass
        """,
        '@pytest.mark.omixa_mock(models=["gpt-image-2"])',
        "models = ['gpt-image-2'] is not accepted; accepted: a list of gpt-image-1.5, or null for all",
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
def test_a_mistaken_marker_is_told_with_its_line(play_here: Any, mistake: str) -> None:
    source, line, told = MISTAKES[mistake]
    played = play_here(source, "-k", "not test_other")
    [text] = [each["text"] for each in played.reports if each["outcome"] == "failed"]
    lines = (played.folder / "test_it.py").read_text().splitlines()
    number = next(at for at, each in enumerate(lines, 1) if each.strip() == line)
    assert text == f"test_it.py:{number}: {line}\n{told}"


def test_a_marker_that_a_conftest_adds_is_told_by_its_test(play_here: Any) -> None:
    conftest = """
    def pytest_collection_modifyitems(items):
        for item in items:
            item.add_marker("omixa_mock")
            item.own_markers[-1].kwargs["sede"] = 1
    """
    played = play_here("def test_it(omixa_mock): pass", files={"conftest.py": conftest})
    assert (
        played.text("test_it") == "test_it.py::test_it\nThe marker omixa_mock has no option 'sede'. Did you mean seed?"
    )


def test_a_marker_gives_each_gateway_what_it_asks_for(play_here: Any) -> None:
    played = play_here(
        """
        pytestmark = pytest.mark.omixa_mock(balance="0.5", seed=1)

        @pytest.mark.omixa_mock(balance="2.5", models=[], routes_down=["azure-openai"], openai=True)
        @pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
        def test_it(request, name):
            handle = request.getfixturevalue(name)
            assert str(handle.wallet.balance) == "2.500000"
            assert draw().status_code == 403
            assert os.environ["OPENAI_BASE_URL"] == handle.base_url
            assert os.environ["OPENAI_API_KEY"] == handle.api_key
        """
    )
    assert played.passed()


def test_a_doubtful_call_fails_where_warnings_are_errors(play_here: Any) -> None:
    played = play_here("def test_it(omixa_mock): draw(input_fidelity='high')", "-W", "error")
    assert played.text("test_it").startswith("omixa-mock: #1 200 POST /api/v1/images/generations generate")


# A flag that names the option, and what is said of its value.
BAD_VALUES = {
    "strict=maybe": "omixa_mock_strict = 'maybe' is not accepted; accepted: true, false",
    "block-live=maybe": "omixa_mock_block_live = 'maybe' is not accepted; accepted: true, false",
    "seed=x": "omixa_mock_seed: seed = 'x' is not a whole number",
}


@pytest.mark.parametrize("flag", BAD_VALUES)
def test_a_bad_value_of_an_option_is_told(play_here: Any, flag: str) -> None:
    played = play_here("def test_it(omixa_mock): pass", f"--omixa-mock-{flag}")
    assert played.code != 0
    assert BAD_VALUES[flag] in played.output
    assert "INTERNALERROR" not in played.output


def test_seed_option_reaches_every_gateway(play_here: Any) -> None:
    played = play_here(
        """
        def test_it(omixa_mock, omixa_mock_server):
            draw()
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, url=omixa_mock.base_url)
            with omixa_mock_other() as other:
                draw()
            assert omixa_mock.last.images == omixa_mock_server.last.images != other.last.images

        def omixa_mock_other():
            import omixa_mock
            return omixa_mock.intercept()
        """,
        "--omixa-mock-seed=7",
    )
    assert played.passed()


def test_an_empty_flag_takes_back_what_the_environment_says(play_here: Any) -> None:
    played = play_here(
        "def test_it(omixa_mock_server): draw()", "--omixa-mock-url=", env={"OMIXA_MOCK_URL": "http://127.0.0.1:1"}
    )
    assert played.passed()


def test_a_doubtful_call_is_a_warning(play_here: Any) -> None:
    played = play_here("def test_it(omixa_mock): draw(input_fidelity='high')", "-W", "default")
    assert "OmixaAdvisory: #1 200 POST /api/v1/images/generations" in played.output
    assert played.passed()


@pytest.mark.parametrize(
    "said",
    [
        "--omixa-mock-url=OMIXA_MOCK_URL",
        "--omixa-mock-control-token=OMIXA_MOCK_CONTROL_TOKEN",
        "--omixa-mock-seed=OMIXA_MOCK_SEED",
        "--omixa-mock-strict=OMIXA_MOCK_STRICT",
        "--omixa-mock-block-live=OMIXA_MOCK_BLOCK_LIVE",
        "omixa_mock_block_live (bool)",
    ],
)
def test_help_shows_the_option(pytester: pytest.Pytester, said: str) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--help")
    assert said in str(shown.stdout)


@pytest.mark.parametrize(
    ("fixture", "line"),
    [
        ("omixa_mock ", "A fake Omixa gateway in this process."),
        ("omixa_mock_server ", "A fake Omixa gateway on a real socket, for any client in any process."),
        ("omixa_mock_session ", "The same server under one key for the whole session."),
    ],
)
def test_fixtures_shows_the_docstring(pytester: pytest.Pytester, fixture: str, line: str) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--fixtures")
    lines = str(shown.stdout).splitlines()
    at = next(at for at, each in enumerate(lines) if each.startswith(fixture) or f"{fixture}[session" in each)
    assert lines[at + 1].strip() == line


def test_markers_shows_the_marker(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--disable-plugin-autoload", "-p", "omixa_mock", "--markers")
    shown.stdout.fnmatch_lines(["@pytest.mark.omixa_mock(strict=True, live=False, openai=False, balance=...*"])


def test_the_marker_is_known_under_strict_markers(play_here: Any) -> None:
    source = "@pytest.mark.omixa_mock(live=True)\ndef test_it(): pass\n"
    assert play_here(source, "--strict-markers", "--strict-config", "-W", "error").passed()


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


def test_unused_it_imports_nothing_but_itself(pytester: pytest.Pytester) -> None:
    without, beside = modules_of(pytester), modules_of(pytester, "-p", "omixa_mock")
    assert beside - without == {
        "omixa_mock",
        "omixa_mock.pytest_plugin",
        "omixa_mock.pytest_plugin.items",
        "omixa_mock.pytest_plugin.options",
    }


OFFLOAD_BYTES = (
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


@pytest.mark.parametrize("module", OFFLOAD_BYTES)
def test_unused_it_leaves_out(unused: Any, module: str) -> None:
    assert module not in unused


@pytest.fixture(scope="module")
def unused(play: Any) -> Any:
    played = play(
        "def test_it(): pass",
        files={"test_it.py": "def test_it(): pass", "conftest.py": MODULES.replace("\\\\n", "\\n")},
    )
    return set((played.folder / "modules.txt").read_text().splitlines())


def test_the_entry_point_loads_it(pytester: pytest.Pytester) -> None:
    # As a user has it: every plugin of the environment, none named.
    pytester.makepyfile("def test_it(omixa_mock): omixa_mock.assert_not_called()")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
