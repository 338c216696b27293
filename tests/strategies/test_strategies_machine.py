"""The state machine passes with the default client, and finds the defects of others."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from omixa_mock.gateway import Wallet
from omixa_mock.strategies import GatewayMachine, faults, image_requests


class Small(GatewayMachine):
    """Machine for requests of one image, so that the tests are fast."""

    requests = image_requests(operation="generate", prompt="a cat", n=1)
    faults = faults("no_route", "reset", "internal_error")


class PaysTwice(Small):
    """Client that retries every failure."""

    faults = GatewayMachine.faults

    def generate(self, request: dict[str, Any]) -> int | None:
        for _ in range(3):
            status = super().generate(request)
            if status == 200:
                break
        return status


class Misreports(Small):
    """Client that reports an empty wallet as an unavailable server."""

    gateway_settings: ClassVar[Mapping[str, Any]] = {"default_balance": "0.05", "time_scale": 0}

    def generate(self, request: dict[str, Any]) -> int | None:
        status = super().generate(request)
        return 503 if status == 402 else status


class RaisesOnRefusal(Small):
    """Client that raises its library's exception."""

    def generate(self, request: dict[str, Any]) -> int | None:
        status = super().generate(request)
        if status == 503:
            raise httpx.HTTPError("503")
        return status


CLIENT = httpx.Client(trust_env=False)
# The documented size.
DOCUMENTED = settings(max_examples=50, stateful_step_count=8, database=None, deadline=None, phases=[Phase.generate])


class Retrying(GatewayMachine):
    """Client that sends a request again after some outcomes, at most twice."""

    retried: ClassVar[set[str]] = set()

    def generate(self, request: dict[str, Any]) -> int | None:
        status, outcome = self.send(request)
        for _ in range(2):
            if outcome in self.retried:
                status, outcome = self.send(request)
        return status

    def send(self, request: dict[str, Any]) -> tuple[int | None, str]:
        """Send a request once, and return its status and outcome."""
        auth = {"Authorization": f"Bearer {self.mock.api_key}"}
        try:
            response = CLIENT.post(f"{self.mock.base_url}/images/generations", json=request, headers=auth)
        except httpx.HTTPError:
            return None, "no response"
        return response.status_code, outcome_of(response)


def outcome_of(response: httpx.Response) -> str:
    """Return the outcome of a request; only an error and a success may have been charged."""
    match response.status_code:
        case 200:
            return "image" if has_image(response) else "no image"
        case 503:
            return "no route"
        case status:
            return "error" if status >= 500 else "refusal"


def has_image(response: httpx.Response) -> bool:
    try:
        return bool(response.json()["data"][0]["b64_json"])
    except (ValueError, LookupError):
        return False


def run_documented(number: int, outcomes: set[str]) -> None:
    """Run the machine, at its default settings and the documented size, for a client that retries some outcomes."""
    machine = seed(number)(type("Machine", (Retrying,), {"retried": outcomes}))
    run_state_machine_as_test(machine, settings=DOCUMENTED)


def run(machine: type[GatewayMachine], examples: int = 40, *, shrink: bool = False) -> None:
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    options = settings(
        max_examples=examples, stateful_step_count=15, derandomize=True, database=None, deadline=None, phases=phases
    )
    run_state_machine_as_test(machine, settings=options)


@pytest.mark.parametrize("number", range(20))
def test_it_finds_a_client_that_retries_every_fault(number: int) -> None:
    with pytest.raises(AssertionError, match=r"One request was charged \d times"):
        run_documented(number, {"no route", "error", "no response", "no image"})


@pytest.mark.parametrize("outcome", ["error", "no response", "no image"])
def test_it_finds_a_client_that_retries_one_kind_of_fault(outcome: str) -> None:
    with pytest.raises(AssertionError, match=r"One request was charged \d times"):
        run_documented(0, {outcome})


def test_it_passes_with_a_client_that_retries_only_what_is_never_charged() -> None:
    run_documented(0, {"no route"})


def test_it_passes_with_the_default_client() -> None:
    run(GatewayMachine, 25)


def test_it_finds_a_client_that_pays_twice_in_the_fewest_steps() -> None:
    with pytest.raises(AssertionError, match="One request was charged 2 times") as caught:
        run(PaysTwice, shrink=True)

    steps = [line for note in caught.value.__notes__ for line in note.splitlines() if line.startswith("state.")]
    [step] = [step for step in steps if re.match(r"state\.(top_up|call|retry|reset)", step)]
    assert step.startswith("state.call(faults=[Fault(name='internal_error', moment='after_capture',")


def test_it_finds_a_client_that_misreports_a_status() -> None:
    with pytest.raises(AssertionError, match="The client reports 503, and the response has 402"):
        run(Misreports)


def test_an_exception_of_the_client_is_propagated() -> None:
    with pytest.raises(httpx.HTTPError, match="503"):
        run(RaisesOnRefusal)


def test_it_finds_a_hold_that_is_never_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wallet, "release", lambda *_: None)

    with pytest.raises(AssertionError, match="are held for calls that have not ended"):
        run(Small)


def test_it_finds_a_wallet_that_loses_money(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Wallet.capture

    def lose(self: Wallet, *arguments: Any) -> Decimal:
        self.balance -= Decimal("0.000001")
        return capture(self, *arguments)

    monkeypatch.setattr(Wallet, "capture", lose)

    with pytest.raises(AssertionError, match=r"billed 0\.\d+, and the balance fell by"):
        run(Small)


def test_it_restores_the_client_libraries() -> None:
    machine = Small()
    machine.call({"model": "gpt-image-1.5", "prompt": "a cat"})
    machine.retry()
    machine.reset()
    machine.teardown()

    assert "omixa" not in repr(httpx.Client._transport_for_url).lower()
    assert not machine.mock.calls


def test_a_client_that_sends_nothing_passes() -> None:
    class Silent(Small):
        def generate(self, request: dict[str, Any]) -> int | None:  # noqa: ARG002  # it sends nothing
            return None

    run(Silent, 5)


WITHOUT_HTTPX = """
import sys

sys.modules["httpx"] = None  # simulates that it is not installed
import requests
from omixa_mock.strategies import GatewayMachine

class Mine(GatewayMachine):
    def generate(self, request):
        auth = {"Authorization": f"Bearer {self.mock.api_key}"}
        return requests.post(f"{self.mock.base_url}/images/generations", json=request, headers=auth).status_code

for kind in (Mine, GatewayMachine):
    machine = kind()
    try:
        machine.call({"model": "gpt-image-1.5", "prompt": "a cat"})
        print(machine.mock.last.status)
    except ImportError as error:
        print(error)
    machine.teardown()
"""


def test_only_the_default_client_requires_httpx() -> None:
    code = [sys.executable, "-c", WITHOUT_HTTPX]
    done = subprocess.run(code, capture_output=True, text=True, check=True, timeout=60)

    overridden, default = done.stdout.splitlines()
    assert (overridden, "override `generate`" in default) == ("200", True)
