"""Offload of large bodies to a thread, so that no other request waits for them."""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import socket
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway import Offload
from omixa_mock.gateway import gateway as flow_module
from omixa_mock.gateway.images import draw
from omixa_mock.gateway.pipeline import build_parsed_body, provider, validation
from omixa_mock.transports import listen
from omixa_mock.transports.offload import offload

PATH = "/api/v1/images/generations"


def data_url(image: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


LARGE = draw(bytes(12), width=64, height=64, output_format="png", weight=1_000_000)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the thread name of each offloaded function of a flow, by the function's name."""
    thread_names: dict[str, str] = {}

    def record_thread(module: ModuleType, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def recorded(*args: Any) -> Any:
            thread_names[name] = threading.current_thread().name
            return function(*args)

        monkeypatch.setattr(module, name, recorded)

    for module, name in (
        (flow_module, "build_parsed_body"),
        (validation, "read_input_images"),
        (provider, "make_batch"),
    ):
        record_thread(module, name)
    return thread_names


@pytest.fixture
def api() -> Iterator[httpx.Client]:
    with omixa_mock.serve() as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}
        with httpx.Client(base_url=server.base_url, headers=headers) as client:
            yield client


def generate(url: str) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return {"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [part]}


@pytest.mark.parametrize("function", ["build_parsed_body", "read_input_images"])
def test_large_upload_is_read_in_the_offload_thread(api: httpx.Client, threads: dict[str, str], function: str) -> None:
    assert api.post("/images/generations", json=generate(data_url(LARGE))).status_code == 200
    assert threads[function].startswith("omixa-mock offload")


def test_large_image_is_made_in_the_offload_thread(threads: dict[str, str]) -> None:
    with omixa_mock.serve(settings={"weight": "2MB"}) as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}
        body = {"model": "gpt-image-1.5", "prompt": "a cat"}
        assert httpx.post(f"{server.base_url}/images/generations", json=body, headers=headers).status_code == 200
    assert threads["make_batch"].startswith("omixa-mock offload")


def test_small_call_stays_in_the_event_loop(api: httpx.Client, threads: dict[str, str]) -> None:
    api.post("/images/generations", json={"model": "gpt-image-1.5", "prompt": "a cat"}).raise_for_status()
    assert not [name for name in threads.values() if name.startswith("omixa-mock offload")]


def test_refusal_of_a_large_upload_names_its_rule(api: httpx.Client) -> None:
    response = api.post("/images/generations", json=generate(data_url(LARGE)[:-4] + "-_=="))
    rule = "request.input_images.item.image_url.url.base64"
    assert (response.status_code, response.headers["x-omixa-mock-rules"]) == (422, rule)


def test_stopping_server_waits_for_an_offloaded_step(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, stopped = threading.Event(), threading.Event()
    abort = listen.abort

    def read_late(*args: Any) -> Any:
        begun.set()
        assert stopped.wait(10)
        return build_parsed_body(*args)

    async def abort_and_signal(state: Any) -> None:
        asyncio.get_running_loop().call_soon(stopped.set)  # when all tasks are cancelled
        await abort(state)

    monkeypatch.setattr(flow_module, "build_parsed_body", read_late)
    monkeypatch.setattr(listen, "abort", abort_and_signal)
    with ThreadPoolExecutor(1) as pool:
        with omixa_mock.serve() as server:
            headers = {"Authorization": f"Bearer {server.api_key}"}
            url = f"{server.base_url}/images/generations"
            response = pool.submit(httpx.post, url, json=generate(data_url(LARGE)), headers=headers)
            assert begun.wait(10)
        assert isinstance(response.exception(10), httpx.TransportError)
    [call] = server.calls
    assert call.client_left
    assert not server.wallet.held
    assert not caplog.records


def test_client_that_left_before_its_large_images_does_not_block_the_server() -> None:
    settings = {"weight": "2MB", "latency": "100ms", "client_leaves": "capture"}
    calls: list[omixa_mock.Call] = []

    def leave_and_stop() -> None:
        with omixa_mock.serve(settings=settings) as server:
            body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat"}).encode()
            host, port = urlsplit(server.url).netloc.split(":")
            with socket.create_connection((host, int(port))) as client:
                head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.api_key}\r\n"
                fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                client.sendall((head + fields).encode() + body)
                while not server.gateway.workspaces.enter(server.api_key).under_way:
                    pass
            while server.gateway.workspaces.enter(server.api_key).under_way:
                pass
            calls.extend(server.calls)

    # A daemon: if it hangs, the test run must still end.
    thread = threading.Thread(target=leave_and_stop, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert [(call.client_left, str(call.charge)) for call in calls] == [(True, "0.039000")]


def test_offload_waits_for_its_step_when_cancelled_twice() -> None:
    begun, resume = threading.Event(), threading.Event()

    def offloading_flow() -> Generator[Any, Any, None]:
        yield Offload()
        begun.set()
        resume.wait(10)
        yield Offload()

    async def cancel_twice() -> None:
        flow = offloading_flow()
        next(flow)
        task = asyncio.create_task(offload(flow))
        await asyncio.to_thread(begun.wait, 10)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not task.done()
        resume.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        flow.close()

    asyncio.run(cancel_twice())


def test_flow_may_end_in_the_offload_thread() -> None:
    def offloading_flow() -> Generator[Any, Any, None]:
        yield Offload()

    async def end_in_thread() -> Any:
        flow = offloading_flow()
        next(flow)
        return await offload(flow)

    assert asyncio.run(end_in_thread()) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_child_of_a_fork_has_its_own_thread(api: httpx.Client) -> None:
    api.post("/images/generations", json=generate(data_url(LARGE))).raise_for_status()
    child = multiprocessing.get_context("fork").Process(target=upload_in_a_child)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # newer Pythons warn of forking with threads, as intended here
        child.start()
    child.join(60)
    assert child.exitcode == 0


def upload_in_a_child() -> None:
    with omixa_mock.serve() as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}
        url = f"{server.base_url}/images/generations"
        httpx.post(url, json=generate(data_url(LARGE)), headers=headers, timeout=30).raise_for_status()
