"""`omixa_mock.intercept()`: as `with`, as `async with`, as a decorator, within Hypothesis."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.gateway.contract import Terms

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

OMIXA = ("OMIXA_BASE_URL", "OMIXA_API_KEY")
OPENAI = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
REQUEST: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat"}
AUTH = {"authorization": "Bearer omx_live_any"}
# The sync client of httpx, made once: a client's certificates take it 20 ms.
CLIENT = httpx.Client(verify=False, headers=AUTH)


def draw(gateway: omixa_mock.OmixaMock, **fields: Any) -> int:
    return CLIENT.post(f"{gateway.base_url}/images/generations", json={**REQUEST, **fields}).status_code


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's shell: a real key, and no base URL."""
    for name in (*OMIXA, *OPENAI):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMIXA_API_KEY", "omx_live_real")


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in (*OMIXA, *OPENAI) if name in os.environ}


# with


def test_with_gives_a_handle() -> None:
    with omixa_mock.intercept() as gateway:
        assert isinstance(gateway, omixa_mock.OmixaMock)


def test_async_with_gives_a_handle() -> None:
    async def enter() -> int:
        async with omixa_mock.intercept() as gateway:
            return draw(gateway)

    assert asyncio.run(enter()) == 200


@pytest.mark.parametrize("how", ["with", "async with"])
def test_exception_passes_and_leaves_the_environment_as_it_was(how: str) -> None:
    async def enter() -> None:
        async with omixa_mock.intercept():
            raise LookupError

    def enter_sync() -> None:
        with omixa_mock.intercept():
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(enter()) if how == "async with" else enter_sync()
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


# Environment


def test_environment_is_set_meanwhile() -> None:
    with omixa_mock.intercept() as gateway:
        assert environment() == gateway.env()


def test_environment_has_no_key_of_the_developer() -> None:
    with omixa_mock.intercept():
        assert os.environ["OMIXA_API_KEY"] != "omx_live_real"


def test_environment_of_openai_is_set_when_asked_for() -> None:
    with omixa_mock.intercept(openai=True) as gateway:
        assert environment() == gateway.env(openai=True)


def test_environment_is_as_it_was_afterwards() -> None:
    with omixa_mock.intercept(openai=True):
        pass
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


def test_environment_is_as_it_was_after_interceptions_that_ended_crosswise() -> None:
    first, second = omixa_mock.intercept(api_key="omx_live_1", openai=True), omixa_mock.intercept(api_key="omx_live_2")
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert environment()["OMIXA_API_KEY"] == "omx_live_2"
    second.__exit__()
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


def test_environment_is_as_it_was_after_threads() -> None:
    def enter(_: int) -> None:
        with omixa_mock.intercept():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(100)))
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


# Arguments


def test_key_is_the_one_that_was_given() -> None:
    with omixa_mock.intercept(api_key="omx_live_mine") as gateway:
        assert (gateway.api_key, os.environ["OMIXA_API_KEY"]) == ("omx_live_mine", "omx_live_mine")


@pytest.mark.parametrize("key", ["omx_live_mine", "omx_live_other"])
def test_every_key_means_the_one_workspace(key: str) -> None:
    with omixa_mock.intercept(api_key="omx_live_mine") as gateway:
        CLIENT.get(f"{gateway.base_url}/models", headers={"authorization": f"Bearer {key}"})
        assert len(gateway.calls) == 1


def test_malformed_key_is_refused_in_process_too() -> None:
    with omixa_mock.intercept() as gateway:
        CLIENT.get(f"{gateway.base_url}/models", headers={"authorization": "Bearer sk-1"})
        assert gateway.last.status == 401


def test_settings_are_in_force() -> None:
    with omixa_mock.intercept(settings={"success_status": 201}) as gateway:
        assert draw(gateway) == 201


def test_bad_setting_is_refused_before_anything_is_patched(patched: Callable[[], list[Any]]) -> None:
    before = patched()
    with pytest.raises(omixa_mock.SettingError, match="Did you mean latency"):
        omixa_mock.intercept(settings={"latencyy": 1})
    assert patched() == before


# Again and again


def test_interception_is_reusable() -> None:
    interception = omixa_mock.intercept()
    with interception as first:
        draw(first)
    with interception as second:
        second.assert_not_called()


def test_interception_is_reentrant() -> None:
    interception = omixa_mock.intercept()
    with interception as outer:
        with interception as inner:
            draw(inner)
        draw(outer)
    assert (len(outer.calls), len(inner.calls)) == (1, 1)


def test_handle_can_be_read_afterwards() -> None:
    with omixa_mock.intercept() as gateway:
        draw(gateway)
    gateway.assert_single_charge()


def test_judges_are_compiled_once_for_all_interceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    interception = omixa_mock.intercept(settings={"seed": 5})
    with interception as gateway:
        draw(gateway)

    def explode(*_: Any) -> None:
        raise AssertionError("compiled anew")

    monkeypatch.setattr(Terms, "__init__", explode)
    monkeypatch.setattr("omixa_mock.gateway.contract.contract.Validator", explode)
    with interception as gateway:
        assert draw(gateway) == 200


def test_contract_is_read_once_for_all_interceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any) -> None:
        raise AssertionError("read anew")

    omixa_mock.shipped_contract()
    monkeypatch.setattr("omixa_mock.shipped.read_folder", explode)
    with omixa_mock.intercept():
        pass


# Decorator


@omixa_mock.intercept()
def test_decorated_test_needs_no_fixture(gateway: omixa_mock.OmixaMock) -> None:
    draw(gateway)
    gateway.assert_single_charge()


@omixa_mock.intercept()
@pytest.mark.parametrize("n", [1, 2])
def test_decorated_test_gets_what_pytest_gives(tmp_path: Path, n: int, mock: omixa_mock.OmixaMock) -> None:
    draw(mock, n=n)
    (tmp_path / "cat.png").write_bytes(mock.last.images[n - 1])
    assert mock.identify(tmp_path / "cat.png") == mock.last


class TestDecorated:
    @omixa_mock.intercept()
    def test_decorated_method_knows_its_instance(self, gateway: omixa_mock.OmixaMock) -> None:
        assert isinstance(self, TestDecorated)
        gateway.assert_not_called()


@omixa_mock.intercept()
@given(n=st.integers(1, 10))
def test_decorated_property_shares_one_gateway(n: int, gateway: omixa_mock.OmixaMock) -> None:
    assert draw(gateway, n=n) == 200


@given(n=st.integers(1, 10))
@omixa_mock.intercept()
def test_property_decorated_inside_has_one_gateway_an_example(n: int, gateway: omixa_mock.OmixaMock) -> None:
    draw(gateway, n=n)
    assert [call.fields["n"] for call in gateway.calls] == [n]


@given(n=st.integers(1, 10))
def test_interception_is_cheap_enough_for_each_example(n: int) -> None:
    with omixa_mock.intercept() as gateway:
        draw(gateway, n=n)
        assert gateway.last.charge * 1000 == 39 * n


@omixa_mock.intercept()
def decorated(a: int, /, b: int = 2, *, gateway: omixa_mock.OmixaMock) -> tuple[int, int, int]:
    """What it does."""
    return a, b, draw(gateway)


@omixa_mock.intercept()
async def decorated_async(a: int, gateway: omixa_mock.OmixaMock) -> tuple[int, int]:
    """What it does."""
    await asyncio.sleep(0)
    return a, draw(gateway)


def test_decorated_function_takes_its_own_arguments() -> None:
    assert decorated(1, b=3) == (1, 3, 200)


def test_decorated_coroutine_takes_its_own_arguments() -> None:
    assert asyncio.run(decorated_async(a=1)) == (1, 200)


def test_decorated_coroutine_function_is_one() -> None:
    assert inspect.iscoroutinefunction(decorated_async)


@pytest.mark.parametrize(("function", "parameters"), [(decorated, ["a", "b"]), (decorated_async, ["a"])])
def test_signature_of_a_decorated_function_lacks_the_handle(
    function: Callable[..., Any], parameters: list[str]
) -> None:
    assert list(inspect.signature(function).parameters) == parameters


@pytest.mark.parametrize(("attribute", "value"), [("__name__", "decorated"), ("__doc__", "What it does.")])
def test_decorated_function_keeps_its_name_and_docstring(attribute: str, value: str) -> None:
    assert getattr(decorated, attribute) == value


def no_parameter() -> None: ...


def only_many(*many: Any) -> None: ...


def only_named(**named: Any) -> None: ...


@pytest.mark.parametrize("function", [no_parameter, only_many, only_named])
def test_function_that_cannot_take_the_handle_is_refused(function: Callable[..., None]) -> None:
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\) has no last parameter for the handle"):
        omixa_mock.intercept()(function)


def test_calls_of_a_decorated_coroutine_that_overlap_have_their_own_gateways(
    patched: Callable[[], list[Any]],
) -> None:
    before, turn = patched(), asyncio.Event()
    first: asyncio.Future[omixa_mock.OmixaMock]

    @omixa_mock.intercept()
    async def overlap(is_first: bool, gateway: omixa_mock.OmixaMock) -> omixa_mock.OmixaMock:
        if is_first:
            await turn.wait()
            return gateway
        turn.set()
        await asyncio.wait([first])
        draw(gateway)
        return gateway

    async def both() -> tuple[omixa_mock.OmixaMock, omixa_mock.OmixaMock]:
        nonlocal first
        first = asyncio.ensure_future(overlap(is_first=True))
        await asyncio.sleep(0)
        return await overlap(is_first=False), await first

    second, one = asyncio.run(both())
    assert ([len(one.calls), len(second.calls)], patched()) == ([0, 1], before)


def test_decorated_function_that_raises_leaves_everything_as_it_was(patched: Callable[[], list[Any]]) -> None:
    before = patched()

    @omixa_mock.intercept()
    def fail(gateway: omixa_mock.OmixaMock) -> None:
        raise LookupError(gateway.base_url)

    with pytest.raises(LookupError):
        fail()
    assert (patched(), environment()) == (before, {"OMIXA_API_KEY": "omx_live_real"})


def test_every_door_is_open(http_client: HttpClient) -> None:
    with omixa_mock.intercept() as gateway:
        http_client.generate()
        gateway.assert_single_charge()


@pytest.fixture(autouse=True, scope="module")
def client_is_closed() -> Iterator[None]:
    """The client of this module, after its tests."""
    yield
    CLIENT.close()
