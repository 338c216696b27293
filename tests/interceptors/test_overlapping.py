"""Interceptions of tasks and threads that overlap: whose a call is."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

import omixa_mock
from omixa_mock.interceptors.install import start_interception

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

AUTH = {"authorization": "Bearer omx_live_any"}
URL = "https://www.omixa.cloud/api/v1/models"


def test_tasks_have_their_own() -> None:
    async def ask(number: int) -> int:
        async with omixa_mock.intercept() as gateway, httpx.AsyncClient(verify=False) as client:
            await asyncio.sleep(0.01)
            for _ in range(number):
                await client.get(URL, headers=AUTH)
            await asyncio.sleep(0.01)
            return len(gateway.calls)

    async def main() -> list[int]:
        return await asyncio.gather(*(ask(number) for number in range(4)))

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_task_belongs_to_what_started_it() -> None:
    async def main() -> int:
        async with omixa_mock.intercept() as outer:

            async def ask() -> None:
                async with httpx.AsyncClient(verify=False) as client:
                    await client.get(URL, headers=AUTH)

            task = asyncio.create_task(ask())
            await task
            return len(outer.calls)

    assert asyncio.run(main()) == 1


def test_threads_have_their_own(sync_http_client: HttpClient) -> None:
    both = threading.Barrier(2)

    def ask(number: int) -> int:
        with omixa_mock.intercept() as gateway:
            both.wait(10)
            for _ in range(number):
                sync_http_client.generate()
            both.wait(10)
            return len(gateway.calls)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, [1, 2])) == [1, 2]


def test_thread_that_entered_none_has_the_newest(sync_http_client: HttpClient) -> None:
    with omixa_mock.intercept() as outer, omixa_mock.intercept() as inner, ThreadPoolExecutor(1) as pool:
        pool.submit(sync_http_client.generate).result()
    assert (len(outer.calls), len(inner.calls)) == (0, 1)


def test_one_object_in_two_threads_is_left_by_each_for_itself() -> None:
    interception = omixa_mock.intercept()
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with interception:
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    with interception as gateway:
        leave.set()
        thread.join()
        httpx.get(URL, headers=AUTH)
        assert len(gateway.calls) == 1


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_is_open_everywhere_and_newer_comes_first(*, everywhere: bool) -> None:
    asked: list[str] = []
    with ExitStack() as stack:
        gateway = stack.enter_context(omixa_mock.intercept())
        # Opened in a thread: not in this context.
        with ThreadPoolExecutor(1) as pool:
            opening = pool.submit(start_interception, lambda _: asked.append("asked"), everywhere=everywhere).result()
        with opening:
            httpx.get(URL, headers=AUTH)
    assert (asked, len(gateway.calls)) == (["asked"] * everywhere, 1)
