"""The state machine: it holds for the fake and an honest client, and finds what is wrong with others."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from omixa_mock.gateway import Wallet
from omixa_mock.strategies import GatewayMachine, faults, image_requests


class Small(GatewayMachine):
    """Orders of one image, so that tests of the machine itself are fast."""

    requests = image_requests(operation="generate", prompt="a cat", n=1)
    faults = faults("no_route", "reset", "internal_error")


class PaysTwice(Small):
    """Retries blindly whatever fails."""

    def generate(self, request: dict[str, Any]) -> int | None:
        for _ in range(3):
            status = super().generate(request)
            if status == 200:
                break
        return status


class Lies(Small):
    """Takes an empty wallet for a server that is down."""

    gateway_settings: ClassVar[Mapping[str, Any]] = {"default_balance": "0.05", "time_scale": 0}

    def generate(self, request: dict[str, Any]) -> int | None:
        status = super().generate(request)
        return 503 if status == 402 else status


class RaisesOnRefusal(Small):
    """Lets its library's exception out."""

    def generate(self, request: dict[str, Any]) -> int | None:
        status = super().generate(request)
        if status == 503:
            raise httpx.HTTPError("503")
        return status


def run(machine: type[GatewayMachine], examples: int = 40, *, shrink: bool = False) -> None:
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    how = settings(
        max_examples=examples, stateful_step_count=15, derandomize=True, database=None, deadline=None, phases=phases
    )
    run_state_machine_as_test(machine, settings=how)


def test_it_holds_for_the_fake_itself() -> None:
    run(GatewayMachine, 25)


def test_it_finds_a_client_that_pays_twice_in_the_fewest_steps() -> None:
    with pytest.raises(AssertionError, match="One order was charged 2 times") as caught:
        run(PaysTwice, shrink=True)

    steps = [line for note in caught.value.__notes__ for line in note.splitlines() if line.startswith("state.")]
    rules = [step for step in steps if re.match(r"state\.(top_up|fail|call|retry|reset)", step)]
    assert [step.partition("(")[0] for step in rules] == ["state.fail", "state.call"]
    assert "after_capture" in rules[0]


def test_it_finds_a_client_that_misreports_a_status() -> None:
    with pytest.raises(AssertionError, match="The client reports 503, and was told 402"):
        run(Lies)


def test_what_a_client_raises_comes_through() -> None:
    with pytest.raises(httpx.HTTPError, match="503"):
        run(RaisesOnRefusal)


def test_it_finds_a_hold_that_is_never_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wallet, "release", lambda *_: None)

    with pytest.raises(AssertionError, match="are held for calls that have not ended"):
        run(Small)


def test_it_finds_a_wallet_that_loses_money(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Wallet.capture

    def lose(self: Wallet, *given: Any) -> Decimal:
        self.balance -= Decimal("0.000001")
        return capture(self, *given)

    monkeypatch.setattr(Wallet, "capture", lose)

    with pytest.raises(AssertionError, match=r"billed 0\.\d+, and the balance fell by"):
        run(Small)


def test_it_leaves_the_client_libraries_as_they_were() -> None:
    machine = Small()
    machine.call({"model": "gpt-image-1.5", "prompt": "a cat"})
    machine.retry()
    machine.reset()
    machine.teardown()

    assert "omixa" not in repr(httpx.Client._transport_for_url).lower()
    assert not machine.gateway.calls


def test_a_client_that_sends_nothing_is_let_alone() -> None:
    class Silent(Small):
        def generate(self, request: dict[str, Any]) -> int | None:  # noqa: ARG002  # that is the point
            return None

    run(Silent, 5)


WITHOUT_HTTPX = """
import sys

sys.modules["httpx"] = None  # as if it were not installed
import requests
from omixa_mock.strategies import GatewayMachine

class Mine(GatewayMachine):
    def generate(self, request):
        auth = {"Authorization": f"Bearer {self.gateway.api_key}"}
        return requests.post(f"{self.gateway.base_url}/images/generations", json=request, headers=auth).status_code

for kind in (Mine, GatewayMachine):
    machine = kind()
    try:
        machine.call({"model": "gpt-image-1.5", "prompt": "a cat"})
        print(machine.gateway.last.status)
    except ImportError as error:
        print(error)
    machine.teardown()
"""


def test_only_the_order_of_its_own_takes_httpx() -> None:
    code = [sys.executable, "-c", WITHOUT_HTTPX]
    done = subprocess.run(code, capture_output=True, text=True, check=True, timeout=60)

    own, its = done.stdout.splitlines()
    assert (own, "override `generate`" in its) == ("200", True)
