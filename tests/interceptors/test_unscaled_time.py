"""Time without the shortening of a client's waits, by which the gauntlet measures haste in process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import pytest

from omixa_mock.interceptors.retry_waits import scaled_waits, unscaled_time

# A busy machine may stop the test for a moment.
LEEWAY = 30


async def measure(*waits: Awaitable[object]) -> float:
    """Return the unscaled seconds that some waits at once take."""
    begin = unscaled_time()
    await asyncio.gather(*waits)
    return unscaled_time() - begin


def test_shortened_wait_counts_in_full() -> None:
    with scaled_waits(0.0):
        begin = unscaled_time()
        time.sleep(1000)
        assert 1000 <= unscaled_time() - begin < 1000 + LEEWAY


def test_waits_in_sequence_add_up() -> None:
    with scaled_waits(0.0):
        begin = unscaled_time()
        for _ in range(3):
            time.sleep(1000)
        assert 3000 <= unscaled_time() - begin < 3000 + LEEWAY


def test_waits_at_once_count_once() -> None:
    async def run() -> float:
        with scaled_waits(0.0):
            return await measure(*(asyncio.sleep(1000) for _ in range(5)))

    assert 1000 <= asyncio.run(run()) < 1000 + LEEWAY


def test_cancelled_wait_counts_as_long_as_it_was() -> None:
    async def run() -> float:
        begin = unscaled_time()
        with scaled_waits(0.5), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.sleep(10_000)
        return unscaled_time() - begin

    assert asyncio.run(run()) < LEEWAY
