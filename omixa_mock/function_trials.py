"""`gauntlet()`: the trials of a function in this process."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omixa_mock.gateway import ISSUED_PREFIX, Settings, with_changes
from omixa_mock.interception import InterceptionContext
from omixa_mock.interceptors import ClientHasNoTimeout, unscaled_time
from omixa_mock.trials.allowances import read_allowances
from omixa_mock.trials.cases import HEALTHY, Case, choose_cases, seed_of
from omixa_mock.trials.clock import CallClock
from omixa_mock.trials.evidence import Evidence, image_calls
from omixa_mock.trials.output_files import find_files_flaw
from omixa_mock.trials.report import GauntletReport
from omixa_mock.trials.trial import Trial, make_trial

__all__ = ["NO_TIMEOUT", "QUICKLY", "describe_exception", "gauntlet"]

API_KEY = f"{ISSUED_PREFIX}gauntlet"
NO_TIMEOUT = "it has no timeout, and would wait for ever"
FILE = (bytes, bytearray, memoryview)
# Nobody waits for the pauses of a fault: they are shortened, and so are those of retries.
QUICKLY: Mapping[str, Any] = {"time_scale": 0.01, "hang_limit": 0.5}


def gauntlet(
    call: Callable[[], Any],
    *,
    only: str | None = None,
    faults: Sequence[str] = (),
    quick: bool = False,
    openai: bool = False,
    settings: Mapping[str, Any] | None = None,
    allow: str | Path | None = None,
) -> GauntletReport:
    """Call a function once for each way in which a call can fail, in this process, and report what it did.

        def order() -> bytes:
            return base64.b64decode(make_image("a cat")["data"][0]["b64_json"])

        omixa_mock.gauntlet(order).assert_passed()

    Args:
        call: A function, sync or async, that makes one request. If it returns the bytes of a file, or a list of
            them, these must be the images that were requested.
        only: Words in the names of cases, joined by `and`, `or` and `not`.
        faults: The faults; all by default.
        quick: True for 12 cases, one of each kind.
        openai: Set the variables of OpenAI's SDKs as well.
        settings: Changes to `Settings`, by name. By default waits take a hundredth of their time.
        allow: A TOML file of failures that are accepted.

    Raises:
        SettingError: A setting, a fault or the file is not accepted, or no case is left.
        ValueError: Without a fault, the function does not pay for one image and return.
        RuntimeError: An event loop runs in this thread.
    """
    refuse_running_loop()
    terms = with_changes(Settings(), {**QUICKLY, **(settings or {})})
    allowances = read_allowances(Path(allow)) if allow is not None else ()
    cases = choose_cases(faults, only, quick=quick)
    baseline = try_case(call, HEALTHY, terms, openai=openai)
    if baseline.failures or baseline.charges != 1 or baseline.outcomes[0].name != "recovered":
        raise ValueError(f"Make one request, and return, if nothing fails: without a fault it {baseline.summary}")
    return GauntletReport(tuple(try_case(call, case, terms, openai=openai) for case in cases), allowances)


def refuse_running_loop() -> None:
    """Refuse a call in an event loop, in which no coroutine can be run to its end.

    Raises:
        RuntimeError: An event loop runs in this thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "Call gauntlet() outside of an event loop, for instance by await asyncio.to_thread(gauntlet, call)"
    )


def try_case(call: Callable[[], Any], case: Case, terms: Settings, *, openai: bool) -> Trial:
    """Call a function once, and return its trial."""
    clock = CallClock(unscaled_time)
    terms = with_changes(terms, {"seed": seed_of(case)})
    context = InterceptionContext(API_KEY, terms, openai=openai, on_start=clock.start, on_call=clock.end)
    with context as mock:
        if case.plan:
            mock.plan(case.plan)
        began = time.monotonic()
        exit_code, last_words, result = run(call)
        seconds = time.monotonic() - began
        calls = image_calls(mock)
    files = as_files(result)
    flaw = find_files_flaw(files, calls) if files and exit_code == 0 else None
    evidence = Evidence(case, calls, clock.spans(calls), seconds, exit_code, last_words, flaw, NO_TIMEOUT)
    return make_trial(evidence)


def run(call: Callable[[], Any]) -> tuple[int | None, str, Any]:
    """Call a function, and return an exit code, its exception as text, and its result."""
    try:
        result = call()
        if inspect.isawaitable(result):  # `gauntlet` itself refuses a running event loop.
            result = asyncio.run(as_coroutine(result))
    except ClientHasNoTimeout as error:
        return None, describe_exception(error), None
    except SystemExit as error:
        # A program's own way to end; text or any other object is a failure.
        return (0, "", None) if error.code in {None, 0} else (1, describe_exception(error), None)
    except Exception as error:  # noqa: BLE001  # whatever it raises, it is the function's own way to fail
        return 1, describe_exception(error), None
    return 0, "", result


async def as_coroutine(awaitable: Any) -> Any:
    """Await an awaitable of any kind."""
    return await awaitable


def describe_exception(error: BaseException) -> str:
    """Return an exception on one line."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}"[:300] if lines else type(error).__name__


def as_files(result: Any) -> dict[str, bytes]:
    """Return the files that a function returned, by a name for messages; empty if it returned something else."""
    members = result if isinstance(result, list | tuple) else [result]
    files = [bytes(member) if isinstance(member, FILE) else b"" for member in members]
    # A list in which something else stands for a missing file is one of files, too.
    return {f"result {number}": data for number, data in enumerate(files, 1)} if any(files) or is_file(result) else {}


def is_file(result: Any) -> bool:
    """Return True if a function returned the bytes of one file, be they none."""
    return isinstance(result, FILE)
