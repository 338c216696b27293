"""`@intercept()` on functions of every kind: the body runs within, or the function is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest

import omixa_mock

# Beyond an interception this is a proxy that is not there.
AUTH = {"authorization": "Bearer omx_live_any"}
URL = "https://www.omixa.cloud/api/v1/models"


@pytest.fixture(autouse=True)
def nothing_goes_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of an interception a call fails at a proxy that is not there."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)


def ask() -> int:
    return httpx.get(URL, headers=AUTH).status_code


@omixa_mock.intercept()
def steps(count: int, gateway: omixa_mock.OmixaMock) -> Iterator[int]:
    for _ in range(count):
        yield ask()
    yield len(gateway.calls)


def test_generator_runs_within() -> None:
    assert list(steps(2)) == [200, 200, 2]


def test_generator_that_is_left_early_leaves_everything_as_it_was() -> None:
    begun = steps(2)
    next(begun)
    begun.close()
    with pytest.raises(httpx.ConnectError):
        ask()


@omixa_mock.intercept()
def returning(gateway: omixa_mock.OmixaMock) -> Any:
    got = yield 1
    return got, len(gateway.calls)


def test_generator_takes_what_is_sent_and_returns() -> None:
    begun = returning()
    next(begun)
    with pytest.raises(StopIteration) as ended:
        begun.send("sent")
    assert ended.value.value == ("sent", 0)


@contextmanager
@omixa_mock.intercept()
def app(gateway: omixa_mock.OmixaMock) -> Iterator[int]:
    yield ask() + len(gateway.calls)


def test_context_manager_runs_within() -> None:
    with app() as got:
        assert (got, ask()) == (201, 200)


@asynccontextmanager
@omixa_mock.intercept()
async def async_app(caught: list[str], gateway: omixa_mock.OmixaMock) -> AsyncIterator[int]:
    try:
        yield ask() + len(gateway.calls)
    except LookupError:
        caught.append("caught")


@pytest.mark.parametrize("raises", [False, True])
def test_async_context_manager_runs_within_and_gets_what_is_raised(*, raises: bool) -> None:
    caught: list[str] = []

    async def main() -> None:
        async with async_app(caught) as got:
            assert got == 201
            if raises:
                raise LookupError

    asyncio.run(main())
    assert caught == ["caught"] * raises


@omixa_mock.intercept()
async def async_steps(gateway: omixa_mock.OmixaMock) -> AsyncIterator[Any]:
    yield ask()
    yield len(gateway.calls)


def test_async_generator_runs_within() -> None:
    async def main() -> list[Any]:
        return [each async for each in async_steps()]

    assert asyncio.run(main()) == [200, 1]


async def later(_: omixa_mock.OmixaMock) -> int:
    return ask()


def make_later(gateway: omixa_mock.OmixaMock) -> Any:
    return later(gateway)


@contextmanager
def around(_: omixa_mock.OmixaMock) -> Iterator[int]:
    yield ask()


@pytest.mark.parametrize(
    ("make", "kind"),
    [(make_later, "coroutine"), (around, "_GeneratorContextManager")],
    ids=["coroutine", "context manager"],
)
def test_function_whose_work_has_yet_to_begin_is_refused(make: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=f"returned a {kind}, which would run outside of the interception"):
        omixa_mock.intercept()(make)()
