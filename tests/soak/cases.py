"""Requests, faults and bills of the soak test."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway import CATALOGUE, read_fault

TERMS = shipped_contract().under(Settings())
REQUESTS: Sequence[Mapping[str, Any]] = [
    {"model": "gpt-image-1.5", "prompt": f"soak {output_format}", "output_format": output_format, "size": size, "n": n}
    for output_format, size, n in [("png", "1024x1024", 2), ("webp", "1024x1536", 3), ("jpeg", "1536x1024", 1)]
]
BODIES = [json.dumps(image_request).encode() for image_request in REQUESTS]
PRICES: Sequence[Decimal] = [
    TERMS.price(request["model"], "auto", request["size"], request["n"]) for request in REQUESTS
]


def list_faults(*durations: str) -> list[str]:
    """Return every fault at each of its moments; those that take time once with each of some durations."""
    faults = [read_fault(name).at(moment) for name, kind in CATALOGUE.items() for moment in kind.moments]
    timed = [fault for fault in faults if CATALOGUE[fault.name].duration]
    return [
        *(str(fault) for fault in faults if fault not in timed),
        *(str(fault.with_duration(duration)) for fault in timed for duration in durations),
    ]


def make_plan(faults: Sequence[str], *, every: int, chance: random.Random) -> dict[str, Any]:
    """Return a plan that repeats all faults in a new sequence, with `ok` at every so many outcomes."""
    shuffled = chance.sample(faults, len(faults))
    outcomes = [name for index, fault in enumerate(shuffled, 1) for name in (fault, *["ok"] * (index % every == 0))]
    return {"fail": outcomes, "times": None}


@cache
def is_charged(fault: str) -> bool:
    """Return True if a call with this fault is charged when its client stays."""
    parsed = read_fault(fault)
    return parsed.applies_at("after_capture") or not parsed.loses


def read_bill(status: int, body: bytes) -> Decimal | None:
    """Return the amount billed in a response, in any spelling; None if there is none to read."""
    if status != 200:
        return None
    try:
        return Decimal(json.loads(body, parse_float=Decimal)["usage"]["billed_amount"])
    except (ValueError, LookupError, TypeError, ArithmeticError):
        return None
