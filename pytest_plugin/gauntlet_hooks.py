"""Hooks of the marker `omixa_gauntlet`.

pytest loads this module with the plugin in every run. What needs the gateway is in `gauntlet.py`,
which a test with the marker imports.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from .items import is_of_function

if TYPE_CHECKING:
    from omixa_mock.trials.cases import Case

__all__: list[str] = []

NAME = "omixa_gauntlet"
FIXTURE = "omixa_gauntlet_case"
MARKER = (
    "omixa_gauntlet(only=..., faults=[...], quick=False, allow=...): run this test once for each way in which a call "
    "can fail; it fails if its client pays again, hangs, or swallows the fault."
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test with the marker."""
    mark = metafunc.definition.get_closest_marker(NAME)
    if mark is not None:
        from .gauntlet import parametrize

        parametrize(metafunc, mark)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Let each parametrized test set up its case, behind its other fixtures."""
    for item in items:
        if item.get_closest_marker(NAME) is None or not isinstance(item, pytest.Function):
            continue
        if not hasattr(item, "callspec"):
            raise pytest.UsageError(f"{item.nodeid}: write a test function; omixa_gauntlet parametrizes no TestCase")
        # The fault is planned before the test's own fixtures make a call.
        others = [name for name in item.fixturenames if name != FIXTURE]
        place = next((index for index, name in enumerate(others) if is_of_function(item, name)), len(others))
        item.fixturenames = [*others[:place], FIXTURE, *others[place:]]


@pytest.fixture
def omixa_gauntlet_case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """The case that a test with the marker `omixa_gauntlet` is run under: `fault`, `always`, `name`."""
    from .gauntlet import plan_case

    yield from plan_case(request)


# The innermost wrapper: strictness applies to a test whose client ended loudly, too.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Turn what a client did into the outcome of its test."""
    if item.get_closest_marker(NAME) is None:
        return (yield)
    from .gauntlet import run_case

    return (yield from run_case(item))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Receive which allowances the cases of an xdist worker needed."""
    handed = getattr(node, "workeroutput", {}).get("omixa_mock_allowances")
    if handed:
        from .allowances import allowance_check

        allowance_check(node.config).receive(handed)
