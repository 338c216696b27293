"""How long something takes: always the same, or drawn from a seed.

    2        2 seconds; also 2s, 500ms, 1m
    uniform:1s..5s
    lognormal:8s..60s       8 seconds in the middle, never more than 60

Drawn by name and number, not by a generator that remembers: the same call of
the same run takes equally long every time.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from msgspec import Struct

from omixa_mock.gateway.http import short

__all__ = ["INSTANT", "TENTH", "Duration", "random_fraction", "read_duration"]

# Of the logarithm: two thirds of the draws lie within 0.6 and 1.65 times the middle one.
SPREAD = 0.5
# How much longer than the middle one a lognormal duration gets where nobody says.
TAIL = 10


class Duration(Struct, frozen=True):
    """A length of time.

    Attributes:
        kind: `fixed`, `uniform` between two bounds, or `lognormal` as real latencies are.
        seconds: The length itself; the lower bound; the median.
        most: The longest that it gets.
    """

    kind: Literal["fixed", "uniform", "lognormal"]
    seconds: float
    most: float

    def draw(self, probability: float) -> float:
        """The seconds for a number between 0 and 1, both excluded."""
        if self.kind == "lognormal":
            from statistics import NormalDist  # a tenth of what the gateway takes to import, and seldom asked for

            return min(self.most, self.seconds * math.exp(SPREAD * NormalDist().inv_cdf(probability)))
        return min(self.most, self.seconds + (self.most - self.seconds) * probability)

    def __str__(self) -> str:
        if self.kind == "fixed":
            return tell_seconds(self.seconds)
        return f"{self.kind}:{tell_seconds(self.seconds)}..{tell_seconds(self.most)}"

    def __bool__(self) -> bool:
        return self.most > 0


def tell_seconds(seconds: float) -> str:
    """A length that is read back as the same number: every digit, and no exponent."""
    whole, _, rest = f"{Decimal(repr(seconds)):f}".partition(".")
    return f"{whole}.{rest}s" if rest.strip("0") else f"{whole}s"


INSTANT = Duration("fixed", 0.0, 0.0)
TENTH = Duration("fixed", 0.1, 0.1)


def random_fraction(*what: object) -> float:
    """A number between 0 and 1, both excluded, which depends on `what` alone."""
    digest = sha256(":".join(map(str, what)).encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m)?", re.ASCII)
# Multiplied by the first and divided by the second, so that 9ms is 0.009 seconds to the last digit.
UNITS = {"ms": (1, 1000), "s": (1, 1), "m": (60, 1), None: (1, 1)}
ACCEPTED = "accepted: seconds (0.5, 500ms, 2s), uniform:1s..5s or lognormal:8s..60s"


def read_duration(value: Any) -> Duration:
    """A duration given as itself, as a number of seconds, or as text.

    Raises:
        ValueError: It is none, saying what is accepted.
    """
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= DAY:
        raise ValueError(f"{short(value)} is not accepted; {ACCEPTED}")
    seconds = abs(float(value))  # 0, where it was -0.0
    return Duration("fixed", seconds, seconds)


DAY = 86_400.0


def parse_duration(text: str) -> Duration:
    """A duration written as text."""
    kind, colon, bounds = text.rpartition(":")
    least, dots, most = bounds.partition("..")
    seconds = parse_seconds(least, text)
    match kind, bool(colon), bool(dots):
        case "", False, False:
            return Duration("fixed", seconds, seconds)
        case "lognormal", True, False:
            return Duration("lognormal", seconds, min(DAY, seconds * TAIL))
        case ("uniform" | "lognormal") as drawn, True, True if parse_seconds(most, text) >= seconds:
            return Duration(drawn, seconds, parse_seconds(most, text))
    raise ValueError(f"{short(text)} is not accepted; {ACCEPTED}")


def parse_seconds(text: str, whole: str) -> float:
    """A number of seconds with or without its unit."""
    found = NUMBER.fullmatch(text)
    times, parts = UNITS[found[2]] if found else (1, 1)
    seconds = float(found[1]) * times / parts if found else math.inf
    if seconds > DAY:
        raise ValueError(f"{short(whole)} is not accepted; {ACCEPTED}")
    return seconds
