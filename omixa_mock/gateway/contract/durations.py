"""Durations: fixed, or drawn deterministically from a distribution.

    2        2 seconds; also 2s, 500ms, 1m
    uniform:1s..5s
    lognormal:8s..60s       median 8 seconds, at most 60

A drawn duration depends on names and numbers, not on the state of a generator:
the same call of the same run has the same duration every time.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from msgspec import Struct

from omixa_mock.gateway.http import abbreviate

__all__ = ["INSTANT", "TENTH", "Duration", "random_fraction", "read_duration"]

# Standard deviation of the logarithm: two thirds of the draws are between 0.6 and 1.65 times the median.
SPREAD = 0.5
# Maximum of a lognormal duration, as a multiple of its median, if none is given.
TAIL = 10


class Duration(Struct, frozen=True):
    """Fixed or random duration.

    Attributes:
        kind: `fixed`, `uniform` between two bounds, or `lognormal` like real latencies.
        seconds: The fixed length, the lower bound, or the median.
        most: The maximum.
    """

    kind: Literal["fixed", "uniform", "lognormal"]
    seconds: float
    most: float

    def draw(self, probability: float) -> float:
        """Return the quantile for a probability between 0 and 1, both excluded, in seconds."""
        if self.kind == "lognormal":
            from statistics import NormalDist  # a tenth of the gateway's import time, and rarely needed

            return min(self.most, self.seconds * math.exp(SPREAD * NormalDist().inv_cdf(probability)))
        return min(self.most, self.seconds + (self.most - self.seconds) * probability)

    def __str__(self) -> str:
        if self.kind == "fixed":
            return format_seconds(self.seconds)
        return f"{self.kind}:{format_seconds(self.seconds)}..{format_seconds(self.most)}"

    def __bool__(self) -> bool:
        return self.most > 0


def format_seconds(seconds: float) -> str:
    """Return a number of seconds as text that parses to the same number: every digit, no exponent."""
    whole, _, fraction = f"{Decimal(repr(seconds)):f}".partition(".")
    return f"{whole}.{fraction}s" if fraction.strip("0") else f"{whole}s"


INSTANT = Duration("fixed", 0.0, 0.0)
TENTH = Duration("fixed", 0.1, 0.1)


def random_fraction(*seeds: object) -> float:
    """Return a number between 0 and 1, both excluded, that depends on `seeds` only."""
    digest = sha256(":".join(map(str, seeds)).encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m)?", re.ASCII)
# Factor and divisor of each unit: with both, 9ms is exactly the float 0.009.
UNITS = {"ms": (1, 1000), "s": (1, 1), "m": (60, 1), None: (1, 1)}
ACCEPTED = "accepted: seconds (0.5, 500ms, 2s), uniform:1s..5s or lognormal:8s..60s"


def read_duration(value: Any) -> Duration:
    """Parse a duration given as a `Duration`, as a number of seconds, or as text.

    Raises:
        ValueError: The value is not a duration; the message lists the accepted forms.
    """
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= DAY:
        raise ValueError(f"{abbreviate(value)} is not accepted; {ACCEPTED}")
    seconds = abs(float(value))  # turns -0.0 into 0
    return Duration("fixed", seconds, seconds)


DAY = 86_400.0


def parse_duration(text: str) -> Duration:
    """Parse a duration written as text."""
    kind, colon, bounds = text.rpartition(":")
    least, dots, most = bounds.partition("..")
    seconds = parse_seconds(least, text)
    match kind, bool(colon), bool(dots):
        case "", False, False:
            return Duration("fixed", seconds, seconds)
        case "lognormal", True, False:
            return Duration("lognormal", seconds, min(DAY, seconds * TAIL))
        case ("uniform" | "lognormal") as distribution, True, True if parse_seconds(most, text) >= seconds:
            return Duration(distribution, seconds, parse_seconds(most, text))
    raise ValueError(f"{abbreviate(text)} is not accepted; {ACCEPTED}")


def parse_seconds(text: str, whole: str) -> float:
    """Parse a number of seconds with or without a unit; `whole` is the text for the error message."""
    number = NUMBER.fullmatch(text)
    factor, divisor = UNITS[number[2]] if number else (1, 1)
    seconds = float(number[1]) * factor / divisor if number else math.inf
    if seconds > DAY:
        raise ValueError(f"{abbreviate(whole)} is not accepted; {ACCEPTED}")
    return seconds
