"""The marker `omixa_gauntlet`: a test runs once a case, and fails for what its client did wrong."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from omixa_mock.function_trials import NO_TIMEOUT, QUICKLY, describe_exception
from omixa_mock.gateway import SettingError
from omixa_mock.interceptors import ClientHasNoTimeout, unscaled_time
from omixa_mock.mock import OmixaMock
from omixa_mock.trials.allowances import Allowance, is_allowed, read_allowances
from omixa_mock.trials.cases import HEALTHY, Case, choose_cases
from omixa_mock.trials.clock import CallClock
from omixa_mock.trials.evidence import Evidence, image_calls
from omixa_mock.trials.trial import Trial, make_trial

from . import plugin_session
from .allowances import allowance_check
from .gauntlet_hooks import FIXTURE
from .markers import read_markers
from .mocks import MOCKS

__all__ = ["parametrize", "plan_case", "run_case"]

OPTIONS = frozenset({"only", "faults", "quick", "allow"})
CASE = pytest.StashKey[Case]()
CLOCK = pytest.StashKey[CallClock]()


def parametrize(metafunc: pytest.Metafunc, mark: pytest.Mark) -> None:
    """Run a test once without a fault, and once for each case that its marker chooses."""
    options = mark.kwargs
    if mark.args or not options.keys() <= OPTIONS:
        accepted = ", ".join(sorted(OPTIONS))
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: omixa_gauntlet takes {accepted}, by name")
    try:
        cases = choose_cases(options.get("faults", ()), options.get("only"), quick=options.get("quick", False))
    except SettingError as error:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: omixa_gauntlet: {error}") from None
    metafunc.fixturenames.append(FIXTURE)
    metafunc.parametrize(FIXTURE, [HEALTHY, *cases], indirect=True, ids=lambda case: case.name)
    if options.get("allow"):
        names = [case.name for case in (HEALTHY, *cases)]
        allowance_check(metafunc.config).collect(str(options["allow"]), metafunc.definition.nodeid, names)


def plan_case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """Plan the fault of a test's case at its mock, and yield the case."""
    case: Case = request.param
    is_server = "omixa_mock_server" in request.fixturenames
    mock: OmixaMock = request.getfixturevalue("omixa_mock_server" if is_server else "omixa_mock")
    marked = read_markers(request.node).settings
    # A client of a server waits in real time, so the server does too.
    quickly = {} if is_server else {name: value for name, value in QUICKLY.items() if name not in marked}
    if quickly:
        mock.configure(**quickly)
    if case.plan:
        mock.plan(case.plan)
    # From here on: the test's own fixtures may make the call.
    current = plugin_session(request.config).current_clock
    request.node.stash[CLOCK] = current.clock = CallClock(unscaled_time)
    request.node.stash[CASE] = case
    yield case
    # It keeps every call that it noted.
    current.clock = None
    del request.node.stash[CLOCK]


def run_case(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test under its case: an exception is the client's own way to fail, and no failure of the test.

    Raises:
        pytest.fail.Exception: The client paid again, hung, or swallowed the fault.
    """
    exit_code: int | None = 0
    began, last_words, result = time.monotonic(), "", None
    try:
        result = yield
    except ClientHasNoTimeout as error:
        exit_code, last_words = None, describe_exception(error)
    except (Exception, SystemExit, pytest.fail.Exception) as error:
        if item.stash[CASE] == HEALTHY or is_timeout(error):
            raise
        exit_code, last_words = 1, describe_exception(error)
    seconds = time.monotonic() - began
    calls = image_calls(item.stash[MOCKS][-1])
    spans = item.stash[CLOCK].spans(calls)
    evidence = Evidence(item.stash[CASE], calls, spans, seconds, exit_code, last_words, hang_reason=NO_TIMEOUT)
    finish(item, make_trial(evidence))
    return result


def is_timeout(error: BaseException) -> bool:
    """Return True if a plugin ended the test after its time, so that it stays failed."""
    return isinstance(error, pytest.fail.Exception) and str(error).startswith("Timeout")


def finish(item: pytest.Item, trial: Trial) -> None:
    """Add the outcomes to the test's report, and fail the test for failures that nobody accepts."""
    item.user_properties.append(("omixa_gauntlet", ", ".join(outcome.name for outcome in trial.outcomes)))
    if trial.case == HEALTHY and trial.charges != 1:
        pytest.fail(f"Make one request in this test, and pay for it: without a fault it {trial.summary}", pytrace=False)
    allowances = allowances_of(item, trial)
    failures = [outcome for outcome in trial.failures if not is_allowed(trial, outcome, allowances)]
    if failures:
        pytest.fail("\n".join(f"{outcome.name}: {outcome.evidence}" for outcome in failures), pytrace=False)


def allowances_of(item: pytest.Item, trial: Trial) -> Sequence[Allowance]:
    """Return the failures that a test's marker accepts, and note which of them this trial has."""
    mark = item.get_closest_marker("omixa_gauntlet")
    file = mark.kwargs.get("allow") if mark else None
    if not file:
        return ()
    allowances = read_allowances(item.config.rootpath / Path(file))
    test = item.nodeid.removesuffix(item.name) + getattr(item, "originalname", item.name)
    names = [outcome.name for outcome in trial.failures]
    allowance_check(item.config).add(str(file), test, trial.case.name, names)
    return allowances
