"""Faults that aiohttp meets in process equal those over a socket, down to the message of an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import uvloop

import omixa_mock
from omixa_mock.gateway import CATALOGUE

# Two seconds become 20 ms.
SETTINGS = {"time_scale": 0.01}
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 2, "output_format": "webp"}
# Only a hang has to time out: in the other cases a busy machine must not look like one.
HANG_TIMEOUT, TIMEOUT = 0.2, 20.0
# The name of every fault at every moment it supports.
FAULTS = [
    name if moment == kind.moments[0] else f"{name}_{moment}"
    for name, kind in CATALOGUE.items()
    for moment in kind.moments
]
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
LIMITS: dict[str, Callable[[float], aiohttp.ClientTimeout]] = {
    "sock_read": lambda seconds: aiohttp.ClientTimeout(total=None, sock_read=seconds),
    "total": lambda seconds: aiohttp.ClientTimeout(total=seconds),
}


@dataclass
class Outcome:
    """Outcome of one call, as far as the client received it."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: str = ""


async def call(outcome: Outcome, url: str, fault: str, limit: str, *, streamed: bool) -> None:
    seconds = HANG_TIMEOUT if fault.startswith("hang") else TIMEOUT
    headers = {"authorization": f"Bearer omx_live_fail_{fault}--aiohttp-{limit}-{streamed}"}
    async with (
        aiohttp.ClientSession(timeout=LIMITS[limit](seconds)) as session,
        session.post(f"{url}/api/v1/images/generations", json=REQUEST, headers=headers) as response,
    ):
        outcome.status, fields = response.status, response.headers.items()
        outcome.headers = [field for field in fields if field[0].lower() != "keep-alive"]  # of a socket alone
        if streamed:
            async for chunk in response.content.iter_any():
                outcome.body += chunk
        else:
            outcome.body = await response.read()


def call_with_fault(url: str, fault: str, limit: str, loop: str, *, streamed: bool) -> Outcome:
    """Call with a trigger key, and return the outcome."""
    outcome = Outcome()
    try:
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(call(outcome, url, fault, limit, streamed=streamed))
    except Exception as error:  # noqa: BLE001  # whatever it is, the server and the interceptor must raise it
        text = str(error).replace(url, "(url)")
        outcome.error = f"{type(error).__module__}.{type(error).__qualname__}: {text}"
    return outcome


@pytest.fixture(scope="module")
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """Serve one gateway for all tests: every call has its own key."""
    with omixa_mock.serve(settings=SETTINGS) as server:
        yield server


@pytest.fixture
def in_process() -> Iterator[omixa_mock.OmixaMock]:
    with omixa_mock.intercept(settings=SETTINGS) as mock:
        yield mock


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=pytest.mark.acceptance)])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_process_has_the_outcome_of_a_socket(
    server: omixa_mock.OmixaMockServer, fault: str, limit: str, loop: str, *, streamed: bool
) -> None:
    expected = call_with_fault(server.url, fault, limit, loop, streamed=streamed)
    assert call_with_fault("https://www.omixa.cloud", fault, limit, loop, streamed=streamed) == expected
