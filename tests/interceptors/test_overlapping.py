"""Overlapping interceptions of tasks and threads: the interception that receives a call."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

import omixa_mock
from omixa_mock.interceptors import start_interception

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

AUTH = {"authorization": "Bearer omx_live_any"}
URL = "https://www.omixa.cloud/api/v1/models"


def test_tasks_have_their_own_interceptions() -> None:
    async def send(number: int) -> int:
        async with omixa_mock.intercept() as mock, httpx.AsyncClient(verify=False) as client:
            await asyncio.sleep(0.01)
            for _ in range(number):
                await client.get(URL, headers=AUTH)
            await asyncio.sleep(0.01)
            return len(mock.calls)

    async def main() -> list[int]:
        return await asyncio.gather(*(send(number) for number in range(4)))

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_task_has_the_interception_of_its_parent() -> None:
    async def main() -> int:
        async with omixa_mock.intercept() as outer:

            async def send() -> None:
                async with httpx.AsyncClient(verify=False) as client:
                    await client.get(URL, headers=AUTH)

            task = asyncio.create_task(send())
            await task
            return len(outer.calls)

    assert asyncio.run(main()) == 1


def test_threads_have_their_own_interceptions(sync_http_client: HttpClient) -> None:
    both = threading.Barrier(2)

    def send(number: int) -> int:
        with omixa_mock.intercept() as mock:
            both.wait(10)
            for _ in range(number):
                sync_http_client.generate()
            both.wait(10)
            return len(mock.calls)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, [1, 2])) == [1, 2]


def test_thread_without_an_interception_has_the_newest(sync_http_client: HttpClient) -> None:
    with omixa_mock.intercept() as outer, omixa_mock.intercept() as inner, ThreadPoolExecutor(1) as pool:
        pool.submit(sync_http_client.generate).result()
    assert (len(outer.calls), len(inner.calls)) == (0, 1)


def test_one_object_in_two_threads_has_two_interceptions() -> None:
    interception = omixa_mock.intercept()
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with interception:
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    with interception as mock:
        leave.set()
        thread.join()
        httpx.get(URL, headers=AUTH)
        assert len(mock.calls) == 1


@pytest.mark.parametrize("everywhere", [False, True])
def test_newer_interception_with_everywhere_comes_first(*, everywhere: bool) -> None:
    received: list[str] = []
    with ExitStack() as stack:
        mock = stack.enter_context(omixa_mock.intercept())
        # Started in a thread: not in this context.
        with ThreadPoolExecutor(1) as pool:
            interception = pool.submit(
                start_interception, lambda _: received.append("call"), everywhere=everywhere
            ).result()
        with interception:
            httpx.get(URL, headers=AUTH)
    assert (received, len(mock.calls)) == (["call"] * everywhere, 1)
