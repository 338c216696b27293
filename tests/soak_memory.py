"""A million requests in one process: `make soak-memory`, or `python tests/soak_memory.py --requests 2000000`.

Straight through `Gateway.handle`, without a socket: orders that repeat and orders that are all different, refusals,
edits with an image, several images at once and some faults, over more keys than one. Each workspace's
wallet is compared with what its clients were billed; the resident memory, once the bounds are filled, has to stay
where it is. It prints a table, and ends with 1 where it found something. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import random
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import ClientDisconnected, Cut, Hang, ReadBody, Request, Send, Step
from omixa_mock.gateway.images import draw
from omixa_mock.transports.flow_driver import drive

KEYS = 1000
START = Decimal(10_000_000)
JOURNAL_BYTES = 16_000_000
# Many times the calls that are kept: journals of quiet keys fill up late, call numbers beyond 256 are objects of their
# own, to which quiet keys come later still, and only when most of what is kept has been replaced several times has the
# heap as many holes as it gets.
FILLED = 700_000
# How much more memory the rest may take, in MB.
TOLERANCE = 5.0
LOOKS = 10
IMAGE = draw(bytes(12), width=1024, height=1024, output_format="png")


class Client:
    """Sends one body, and keeps what came back; it leaves whatever hangs."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.ending: Send | Cut | None = None

    def perform(self, step: Step) -> bytes | None:
        """Perform one step of a journey."""
        if isinstance(step, Hang):
            raise ClientDisconnected
        if isinstance(step, Send | Cut):
            self.ending = step
        return self._body if isinstance(step, ReadBody) else None


def make_image_request(number: int, probability: random.Random) -> dict[str, Any]:
    """The next order: half of them as most clients send them, the rest of every kind."""
    image_request = {"model": "gpt-image-1.5", "prompt": "a cat", "n": probability.choice((1, 1, 2, 3))}
    kind = probability.random()
    if kind < 0.5:
        return image_request
    if kind < 0.8:
        return image_request | {
            "prompt": f"cat number {number}",
            "output_format": probability.choice(("png", "jpeg", "webp")),
        }
    if kind < 0.9:
        return image_request | {"n": 11, "prompt": f"refused cat number {number}"}
    if kind < 0.95:
        return image_request | {"prompt": f"long cat {number} " * 300}
    data = IMAGE + number.to_bytes(8, "big") + bytes(probability.choice((100, 20_000)))
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return image_request | {"input_images": [{"type": "image_url", "image_url": {"url": url}}]}


def billed(ending: Send | Cut | None) -> Decimal:
    """What a response says that it cost."""
    if not isinstance(ending, Send) or ending.response.status != 200:
        return Decimal(0)
    return Decimal(json.loads(ending.response.body)["usage"]["billed_amount"])


def resident() -> float:
    """This process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


class Soak:
    """The run: a gateway, and what its clients know.

    Attributes:
        gateway: What is soaked.
        owed: What the clients of each key were billed.
        samples: How many requests there had been, and the memory then.
    """

    def __init__(self, requests: int) -> None:
        settings = Settings(default_balance=START)
        faults = [{"fail": ["no_route", "rate_limited", "bad_gateway"], "times": None, "probability": 0.02}]
        self.gateway = Gateway(shipped_contract(), settings, plans=faults, journal_bytes=JOURNAL_BYTES)
        self.owed: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.samples: list[tuple[int, float]] = []
        self._requests = requests
        self._random = random.Random(0)

    def run(self) -> None:
        """Send all requests."""
        for number in range(1, self._requests + 1):
            # Some keys are busy, most are not.
            key = f"omx_live_soak_{int(KEYS * self._random.random() ** 3)}"
            headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            client = Client(json.dumps(make_image_request(number, self._random)).encode())
            drive(self.gateway.handle(Request("POST", "/api/v1/images/generations", headers, {})), client.perform)
            self.owed[key] += billed(client.ending)
            if number % (self._requests // LOOKS) == 0:
                self._look(number)

    def _look(self, number: int) -> None:
        gc.collect()
        self.samples.append((number, resident()))
        calls = sum(len(self.gateway.workspaces.enter(key).journal) for key in self.owed)
        shown = f"{resident():8.1f} MB   {calls:8,} calls kept   {self.gateway.budget.spent / 1e6:6.1f} MB of bodies"
        sys.stdout.write(f"{number:10,} requests {shown}\n")
        sys.stdout.flush()

    def findings(self) -> list[str]:
        """What is wrong after the run."""
        wrong = [told for key, owed in self.owed.items() for told in self._compare(key, owed)]
        filled = [memory for number, memory in self.samples if number >= FILLED]
        growth = max(filled) - filled[0] if filled else 0.0
        if growth > TOLERANCE:
            wrong.append(f"memory grew by {growth:.1f} MB once the bounds were filled; {TOLERANCE} MB are tolerated")
        return wrong

    def _compare(self, key: str, owed: Decimal) -> list[str]:
        wallet = self.gateway.workspaces.enter(key).wallet
        told, wanted = (wallet.balance, wallet.held, wallet.captured), (START - owed, Decimal(0), owed)
        return [] if told == wanted else [f"{key}: balance, held, captured are {told}, expected {wanted}"]


def main() -> int:
    """Run, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000, help="below 700,000 only the money is judged")
    soak = Soak(parser.parse_args().requests)
    begin = time.monotonic()
    soak.run()
    findings = soak.findings()
    took, captured = time.monotonic() - begin, sum(soak.owed.values())
    lines = [f"{took:.0f} s, {len(soak.owed):,} wallets, {captured} USD captured", *findings]
    sys.stdout.write("\n".join([*lines, f"{len(findings)} findings"]) + "\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
