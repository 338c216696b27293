"""Durations: parsing, formatting, drawing from a seed."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock.gateway.contract import INSTANT, Duration, random_fraction, read_duration

DAY = 86_400.0
SECONDS = st.floats(0, DAY) | st.integers(0, 1000).map(float)


@st.composite
def drawn(draw: st.DrawFn) -> Duration:
    least, most = sorted((draw(SECONDS), draw(SECONDS)))
    return Duration(draw(st.sampled_from(["uniform", "lognormal"])), least, most)


DURATIONS = SECONDS.map(lambda seconds: Duration("fixed", seconds, seconds)) | drawn()
PROBABILITIES = st.builds(random_fraction, st.integers(), st.text(max_size=5)) | st.sampled_from(
    [0.5 / 2**48, 1 - 0.5 / 2**48]
)

PARSED: dict[str, tuple[Any, Duration]] = {
    "integer": (2, Duration("fixed", 2, 2)),
    "float": (0.5, Duration("fixed", 0.5, 0.5)),
    "nothing": (0, INSTANT),
    "negative zero": (-0.0, INSTANT),
    "a whole day": (DAY, Duration("fixed", DAY, DAY)),
    "number as text": ("2", Duration("fixed", 2, 2)),
    "fraction as text": (".5", Duration("fixed", 0.5, 0.5)),
    "point and no fraction": ("2.", Duration("fixed", 2, 2)),
    "seconds": ("2s", Duration("fixed", 2, 2)),
    "milliseconds": ("9ms", Duration("fixed", 0.009, 0.009)),
    "minutes": ("1.5m", Duration("fixed", 90, 90)),
    "uniform": ("uniform:1s..5s", Duration("uniform", 1, 5)),
    "uniform, mixed units": ("uniform:500ms..1m", Duration("uniform", 0.5, 60)),
    "uniform, no width": ("uniform:2..2", Duration("uniform", 2, 2)),
    "lognormal": ("lognormal:8s", Duration("lognormal", 8, 80)),
    "lognormal with a maximum": ("lognormal:8s..60s", Duration("lognormal", 8, 60)),
    "lognormal, longest": ("lognormal:1440m", Duration("lognormal", DAY, DAY)),
    "itself": (Duration("uniform", 1, 2), Duration("uniform", 1, 2)),
}


@pytest.mark.parametrize(("given_", "duration"), PARSED.values(), ids=PARSED)
def test_duration_is_parsed(given_: Any, duration: Duration) -> None:
    assert read_duration(given_) == duration


BAD: dict[str, Any] = {
    "NaN": math.nan,
    "infinity": math.inf,
    "negative": -1,
    "longer than a day": DAY + 1,
    "boolean": True,
    "nothing": None,
    "list": [1],
    "object": {"seconds": 1},
    "number of 401 digits": 10**400,
    "number that Python refuses to print": 10**5000,
    "NaN as text": "nan",
    "infinity as text": "inf",
    "negative as text": "-1",
    "signed": "+1",
    "exponent": "1e3",
    "hours": "1h",
    "word": "soon",
    "empty": "",
    "blank": " ",
    "space": " 1s",
    "space before the unit": "1 s",
    "line": "1s\n",
    "other digits": "١s",
    "unit alone": "s",
    "point alone": ".",
    "longer than a day as text": "1441m",
    "5000 digits": "9" * 5000,
    "kind alone": "uniform",
    "kind without bounds": "uniform:",
    "uniform with one bound": "uniform:1s",
    "uniform backwards": "uniform:5s..1s",
    "uniform without an end": "uniform:1s..",
    "uniform without a beginning": "uniform:..5s",
    "lognormal with its maximum below": "lognormal:8s..1s",
    "bounds without a kind": "1s..5s",
    "fixed by name": "fixed:1s",
    "normal": "normal:1s..5s",
    "kind in capitals": "Uniform:1s..5s",
    "three bounds": "uniform:1s..2s..3s",
    "two kinds": "uniform:lognormal:1s..2s",
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_bad_duration_is_refused_with_what_is_accepted(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not accepted; accepted: seconds \(0.5, 500ms, 2s\), uniform:1s..5s or"):
        read_duration(value)


@pytest.mark.parametrize("value", ["9" * 5000, 10**400, 10**5000, ["x" * 5000]], ids=["text", "int", "huge", "list"])
def test_refusal_of_a_duration_is_short(value: Any) -> None:
    with pytest.raises(ValueError) as raised:
        read_duration(value)
    assert len(str(raised.value)) < 200


@given(DURATIONS)
def test_duration_survives_its_text(duration: Duration) -> None:
    assert read_duration(str(duration)) == duration


FORMATTED = {
    "2": "2s",
    "9ms": "0.009s",
    "1m": "60s",
    "uniform:.5..1m": "uniform:0.5s..60s",
    "lognormal:8": "lognormal:8s..80s",
}


@pytest.mark.parametrize(("text", "formatted"), FORMATTED.items())
def test_duration_is_formatted(text: str, formatted: str) -> None:
    assert str(read_duration(text)) == formatted


@pytest.mark.parametrize(
    ("text", "expected"), [("0", False), ("1ms", True), ("uniform:0..1", True), ("uniform:0..0", False)]
)
def test_duration_is_true_unless_it_is_always_zero(text: str, *, expected: bool) -> None:
    assert bool(read_duration(text)) == expected


@given(DURATIONS, PROBABILITIES)
def test_drawn_seconds_are_within_bounds(duration: Duration, probability: float) -> None:
    least = 0 if duration.kind == "lognormal" else duration.seconds
    assert least <= duration.draw(probability) <= duration.most


@given(DURATIONS, PROBABILITIES)
def test_same_probability_gives_the_same_seconds(duration: Duration, probability: float) -> None:
    assert duration.draw(probability) == duration.draw(probability)


@given(SECONDS, PROBABILITIES)
def test_fixed_duration_is_always_the_same(seconds: float, probability: float) -> None:
    assert Duration("fixed", seconds, seconds).draw(probability) == seconds


@given(st.lists(st.integers() | st.text(max_size=5), max_size=3))
def test_random_fraction_is_between_0_and_1_and_depends_on_its_seeds_only(seeds: list[Any]) -> None:
    assert 0 < random_fraction(*seeds) == random_fraction(*seeds) < 1


FRACTIONS = [random_fraction(0, "latency", number) for number in range(4000)]


@pytest.mark.parametrize(
    ("text", "quantiles"),
    [("uniform:1s..5s", (2, 3, 4)), ("lognormal:8s", (5.71, 8, 11.21)), ("lognormal:8s..9s", (5.71, 8, 9))],
)
def test_drawn_seconds_have_the_distribution_of_the_kind(text: str, quantiles: tuple[float, ...]) -> None:
    seconds = [read_duration(text).draw(probability) for probability in FRACTIONS]
    assert statistics.quantiles(seconds) == pytest.approx(quantiles, rel=0.05)
