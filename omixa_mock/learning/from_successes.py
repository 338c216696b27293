"""Lessons of successes: status, images, prices, durations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from omixa_mock.kit.files.elided import is_distinct

from .lessons import Contradiction, Lesson, agree, evidence_of
from .samples import Sample

__all__ = ["SUCCESS_LEARNERS"]

Lessons = Iterator[Lesson | Contradiction]
DAY = 86_400
# The fake's own files are smaller, whatever they show.
SMALL_FILE = 65_536
# Samples from which a distribution is learnt.
LATENCIES_MIN = 20
# Seconds below which a latency is that of the network.
LATENCY_MIN = 0.05


def success_status(samples: Sequence[Sample]) -> Lessons:
    """Yield the status of successes."""
    return agree("success_status", ((sample.call.status, sample.call) for sample in samples))


def default_format(samples: Sequence[Sample]) -> Lessons:
    """Yield the format of images of which none was requested."""
    without = (sample for sample in samples if "output_format" not in sample.fields)
    return agree("default_format", ((image.format, sample.call) for sample in without for image in sample.images))


def auto_size(samples: Sequence[Sample]) -> Lessons:
    """Yield the size of images of which none was requested."""
    free = (sample for sample in samples if sample.fields.get("size", "auto") == "auto")
    sizes = ((f"{image.width}x{image.height}", sample.call) for sample in free for image in sample.images)
    return agree("auto_size", sizes)


def clock(samples: Sequence[Sample]) -> Lessons:
    """Yield whether `created` is the time of the call, or a fixed one."""
    times = [(sample.response.get("created"), sample.call) for sample in samples]
    known = [(value, call) for value, call in times if isinstance(value, int) and call.started is not None]
    real = [call for value, call in known if abs(value - (call.started or 0)) < DAY]
    if real and len(real) == len(known):
        yield Lesson("clock", "real", evidence_of(real))
    elif not real:
        yield from agree("created", ((value, call) for value, call in times if isinstance(value, int)))


def weight(samples: Sequence[Sample]) -> Lessons:
    """Yield the length of the smallest file, if all are larger than the fake's."""
    lengths = [(length, sample.call) for sample in samples for length in sample.files]
    smallest = min((length for length, _ in lengths), default=0)
    if smallest >= SMALL_FILE:
        yield Lesson("weight", smallest, evidence_of(call for _, call in lengths))


def provider_limit(samples: Sequence[Sample]) -> Lessons:
    """Yield the number of images to which a larger n was capped; the documented maximum if none was."""
    capped = [(len(sample.rows), sample.call) for sample in samples if len(sample.rows) < number_of(sample)]
    most = max((len(sample.rows) for sample in samples), default=0)
    if any(count < most for count, _ in capped):
        yield Contradiction("provider_limit", f"{most} images came once, and fewer than requested another time")
    else:
        yield from agree("provider_limit", capped)


def number_of(sample: Sample) -> int:
    """Return the requested number of images."""
    n = sample.fields.get("n", 1)
    return int(n) if isinstance(n, int | float) and not isinstance(n, bool) else 1


def vary(samples: Sequence[Sample]) -> Lessons:
    """Yield whether a repeated request gets another image."""
    first: dict[str, Sample] = {}
    repeated: list[tuple[str, Sample]] = []
    for sample in samples:
        if not (is_distinct(sample.fields) and is_distinct(sample.rows)):
            continue
        key = json.dumps(sample.fields, sort_keys=True)
        if key in first:
            same = [row.get("b64_json") for row in sample.rows] == [row.get("b64_json") for row in first[key].rows]
            repeated.append(("none" if same else "call", sample))
        first.setdefault(key, sample)
    return agree("vary", ((value, sample.call) for value, sample in repeated))


def latency(samples: Sequence[Sample]) -> Lessons:
    """Yield the distribution of durations, from 20 samples on."""
    timed = [sample for sample in samples if sample.call.seconds is not None]
    seconds = [sample.call.seconds or 0.0 for sample in timed]
    if len(seconds) < LATENCIES_MIN or median(seconds) < LATENCY_MIN:
        return
    middle, most = round(median(seconds), 2), round(max(seconds), 2)
    yield Lesson("latency", f"lognormal:{middle:g}s..{max(most, middle):g}s", evidence_of(item.call for item in timed))


SUCCESS_LEARNERS: tuple[Callable[[Sequence[Sample]], Lessons], ...] = (
    success_status,
    default_format,
    auto_size,
    clock,
    weight,
    provider_limit,
    vary,
    latency,
)
