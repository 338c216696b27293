"""Memory soak test of a million requests: `make soak-memory`, or `python tests/soak_memory.py --requests 2000000`.

It calls `Gateway.handle` directly, without a socket: repeated and varied requests, refusals, edits with an image,
several images at once and some faults, over a thousand keys. Each workspace's wallet is compared with the amounts
billed to its clients. The resident memory must stay constant once the journals are full.
The script prints a table. It exits with 1 if it has findings. Linux only: it reads /proc.
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
# Many times the number of calls kept. Journals of quiet keys fill up late. Call numbers above 256 are objects of their
# own, and quiet keys reach them later still. The heap's fragmentation grows until most records were replaced several
# times.
FILLED = 700_000
# The tolerated growth after that, in MB.
TOLERANCE = 5.0
SAMPLES = 10
IMAGE = draw(bytes(12), width=1024, height=1024, output_format="png")


class Client:
    """Client that sends one body and keeps its response; it disconnects if the response hangs."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.ending: Send | Cut | None = None

    def perform(self, step: Step) -> bytes | None:
        """Perform one step of a flow."""
        if isinstance(step, Hang):
            raise ClientDisconnected
        if isinstance(step, Send | Cut):
            self.ending = step
        return self._body if isinstance(step, ReadBody) else None


def make_image_request(number: int, probability: random.Random) -> dict[str, Any]:
    """Return the next request: half of them are ordinary, the rest are of every other kind."""
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
    """Return the billed amount of a response."""
    if not isinstance(ending, Send) or ending.response.status != 200:
        return Decimal(0)
    return Decimal(json.loads(ending.response.body)["usage"]["billed_amount"])


def resident() -> float:
    """Return this process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


class Soak:
    """Run of the soak test.

    Attributes:
        gateway: The gateway under test.
        owed: The total billed to the clients of each key.
        samples: Pairs of the number of requests so far and the resident memory.
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
            if number % (self._requests // SAMPLES) == 0:
                self._sample(number)

    def _sample(self, number: int) -> None:
        gc.collect()
        self.samples.append((number, resident()))
        calls = sum(len(self.gateway.workspaces.enter(key).journal) for key in self.owed)
        columns = f"{resident():8.1f} MB   {calls:8,} calls kept   {self.gateway.budget.spent / 1e6:6.1f} MB of bodies"
        sys.stdout.write(f"{number:10,} requests {columns}\n")
        sys.stdout.flush()

    def findings(self) -> list[str]:
        """Return the errors found by the run."""
        errors = [error for key, owed in self.owed.items() for error in self._compare(key, owed)]
        filled = [memory for number, memory in self.samples if number >= FILLED]
        growth = max(filled) - filled[0] if filled else 0.0
        if growth > TOLERANCE:
            errors.append(f"memory grew by {growth:.1f} MB once the journals were full; {TOLERANCE} MB are tolerated")
        return errors

    def _compare(self, key: str, owed: Decimal) -> list[str]:
        wallet = self.gateway.workspaces.enter(key).wallet
        actual, expected = (wallet.balance, wallet.held, wallet.captured), (START - owed, Decimal(0), owed)
        return [] if actual == expected else [f"{key}: balance, held, captured are {actual}, expected {expected}"]


def main() -> int:
    """Run the soak test, and print its findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000, help="below 700,000 only the wallets are checked")
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
