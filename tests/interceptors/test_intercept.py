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
# Made once: loading certificates takes a client 20 ms.
CLIENT = httpx.Client(verify=False, headers=AUTH)


def draw(mock: omixa_mock.OmixaMock, **fields: Any) -> int:
    return CLIENT.post(f"{mock.base_url}/images/generations", json={**REQUEST, **fields}).status_code


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of a developer: a real key, and no base URL."""
    for name in (*OMIXA, *OPENAI):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMIXA_API_KEY", "omx_live_real")


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in (*OMIXA, *OPENAI) if name in os.environ}


# with


def test_with_yields_a_mock() -> None:
    with omixa_mock.intercept() as mock:
        assert isinstance(mock, omixa_mock.OmixaMock)


def test_async_with_yields_a_mock() -> None:
    async def enter() -> int:
        async with omixa_mock.intercept() as mock:
            return draw(mock)

    assert asyncio.run(enter()) == 200


@pytest.mark.parametrize("how", ["with", "async with"])
def test_exception_passes_and_restores_the_environment(how: str) -> None:
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
    with omixa_mock.intercept() as mock:
        assert environment() == mock.env()


def test_environment_has_no_key_of_the_developer() -> None:
    with omixa_mock.intercept():
        assert os.environ["OMIXA_API_KEY"] != "omx_live_real"


def test_environment_of_openai_is_set_on_request() -> None:
    with omixa_mock.intercept(openai=True) as mock:
        assert environment() == mock.env(openai=True)


def test_environment_is_restored_afterwards() -> None:
    with omixa_mock.intercept(openai=True):
        pass
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


def test_environment_is_restored_after_overlapping_interceptions() -> None:
    first, second = omixa_mock.intercept(api_key="omx_live_1", openai=True), omixa_mock.intercept(api_key="omx_live_2")
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert environment()["OMIXA_API_KEY"] == "omx_live_2"
    second.__exit__()
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


def test_environment_is_restored_after_threads() -> None:
    def enter(_: int) -> None:
        with omixa_mock.intercept():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(100)))
    assert environment() == {"OMIXA_API_KEY": "omx_live_real"}


# Arguments


def test_key_is_the_given_one() -> None:
    with omixa_mock.intercept(api_key="omx_live_mine") as mock:
        assert (mock.api_key, os.environ["OMIXA_API_KEY"]) == ("omx_live_mine", "omx_live_mine")


@pytest.mark.parametrize("key", ["omx_live_mine", "omx_live_other"])
def test_every_key_selects_the_one_workspace(key: str) -> None:
    with omixa_mock.intercept(api_key="omx_live_mine") as mock:
        CLIENT.get(f"{mock.base_url}/models", headers={"authorization": f"Bearer {key}"})
        assert len(mock.calls) == 1


def test_malformed_key_is_refused_in_process_too() -> None:
    with omixa_mock.intercept() as mock:
        CLIENT.get(f"{mock.base_url}/models", headers={"authorization": "Bearer sk-1"})
        assert mock.last.status == 401


def test_settings_are_in_force() -> None:
    with omixa_mock.intercept(settings={"success_status": 201}) as mock:
        assert draw(mock) == 201


def test_bad_setting_is_refused_before_anything_is_patched(patched: Callable[[], list[Any]]) -> None:
    before = patched()
    with pytest.raises(omixa_mock.SettingError, match="Did you mean latency"):
        omixa_mock.intercept(settings={"latencyy": 1})
    assert patched() == before


# Reuse


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


def test_mock_can_be_read_afterwards() -> None:
    with omixa_mock.intercept() as mock:
        draw(mock)
    mock.assert_single_charge()


def test_validators_are_compiled_once_for_all_interceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    interception = omixa_mock.intercept(settings={"seed": 5})
    with interception as mock:
        draw(mock)

    def explode(*_: Any) -> None:
        raise AssertionError("compiled anew")

    monkeypatch.setattr(Terms, "__init__", explode)
    monkeypatch.setattr("omixa_mock.gateway.contract.contract.Validator", explode)
    with interception as mock:
        assert draw(mock) == 200


def test_contract_is_read_once_for_all_interceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any) -> None:
        raise AssertionError("read anew")

    omixa_mock.shipped_contract()
    monkeypatch.setattr("omixa_mock.shipped.find_folder", explode)
    with omixa_mock.intercept():
        pass


# Decorator


@omixa_mock.intercept()
def test_decorated_test_needs_no_fixture(mock: omixa_mock.OmixaMock) -> None:
    draw(mock)
    mock.assert_single_charge()


@omixa_mock.intercept()
@pytest.mark.parametrize("n", [1, 2])
def test_decorated_test_gets_fixtures_and_parameters(tmp_path: Path, n: int, mock: omixa_mock.OmixaMock) -> None:
    draw(mock, n=n)
    (tmp_path / "cat.png").write_bytes(mock.last.images[n - 1])
    assert mock.identify(tmp_path / "cat.png") == mock.last


class TestDecorated:
    @omixa_mock.intercept()
    def test_decorated_method_knows_its_instance(self, mock: omixa_mock.OmixaMock) -> None:
        assert isinstance(self, TestDecorated)
        mock.assert_not_called()


@omixa_mock.intercept()
@given(n=st.integers(1, 10))
def test_decorated_property_shares_one_mock(n: int, mock: omixa_mock.OmixaMock) -> None:
    assert draw(mock, n=n) == 200


@given(n=st.integers(1, 10))
@omixa_mock.intercept()
def test_property_decorated_inside_has_one_mock_per_example(n: int, mock: omixa_mock.OmixaMock) -> None:
    draw(mock, n=n)
    assert [call.fields["n"] for call in mock.calls] == [n]


@given(n=st.integers(1, 10))
def test_interception_is_cheap_enough_for_every_example(n: int) -> None:
    with omixa_mock.intercept() as mock:
        draw(mock, n=n)
        assert mock.last.charge * 1000 == 39 * n


@omixa_mock.intercept()
def decorated(a: int, /, b: int = 2, *, mock: omixa_mock.OmixaMock) -> tuple[int, int, int]:
    """Do something."""
    return a, b, draw(mock)


@omixa_mock.intercept()
async def decorated_async(a: int, mock: omixa_mock.OmixaMock) -> tuple[int, int]:
    """Do something."""
    await asyncio.sleep(0)
    return a, draw(mock)


def test_decorated_function_takes_its_own_arguments() -> None:
    assert decorated(1, b=3) == (1, 3, 200)


def test_decorated_coroutine_takes_its_own_arguments() -> None:
    assert asyncio.run(decorated_async(a=1)) == (1, 200)


def test_decorated_coroutine_function_is_one() -> None:
    assert inspect.iscoroutinefunction(decorated_async)


@pytest.mark.parametrize(("function", "parameters"), [(decorated, ["a", "b"]), (decorated_async, ["a"])])
def test_signature_of_a_decorated_function_lacks_the_mock(function: Callable[..., Any], parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters


@pytest.mark.parametrize(("attribute", "value"), [("__name__", "decorated"), ("__doc__", "Do something.")])
def test_decorated_function_keeps_its_name_and_docstring(attribute: str, value: str) -> None:
    assert getattr(decorated, attribute) == value


def no_parameter() -> None: ...


def only_many(*many: Any) -> None: ...


def only_named(**named: Any) -> None: ...


@pytest.mark.parametrize("function", [no_parameter, only_many, only_named])
def test_function_that_cannot_take_the_mock_is_refused(function: Callable[..., None]) -> None:
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\) has no last parameter for the mock"):
        omixa_mock.intercept()(function)


def test_overlapping_calls_of_a_decorated_coroutine_have_their_own_mocks(
    patched: Callable[[], list[Any]],
) -> None:
    before, second_began = patched(), asyncio.Event()
    first: asyncio.Future[omixa_mock.OmixaMock]

    @omixa_mock.intercept()
    async def overlap(is_first: bool, mock: omixa_mock.OmixaMock) -> omixa_mock.OmixaMock:
        if is_first:
            await second_began.wait()
            return mock
        second_began.set()
        await asyncio.wait([first])
        draw(mock)
        return mock

    async def both() -> tuple[omixa_mock.OmixaMock, omixa_mock.OmixaMock]:
        nonlocal first
        first = asyncio.ensure_future(overlap(is_first=True))
        await asyncio.sleep(0)
        return await overlap(is_first=False), await first

    second, first_mock = asyncio.run(both())
    assert ([len(first_mock.calls), len(second.calls)], patched()) == ([0, 1], before)


def test_decorated_function_that_raises_restores_everything(patched: Callable[[], list[Any]]) -> None:
    before = patched()

    @omixa_mock.intercept()
    def fail(mock: omixa_mock.OmixaMock) -> None:
        raise LookupError(mock.base_url)

    with pytest.raises(LookupError):
        fail()
    assert (patched(), environment()) == (before, {"OMIXA_API_KEY": "omx_live_real"})


def test_every_client_library_is_intercepted(http_client: HttpClient) -> None:
    with omixa_mock.intercept() as mock:
        http_client.generate()
        mock.assert_single_charge()


@pytest.fixture(autouse=True, scope="module")
def client_is_closed() -> Iterator[None]:
    """Close the client of this module after its tests."""
    yield
    CLIENT.close()


def test_call_of_any_library_is_recorded_alike(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    http_client.generate(prompt="x")
    assert mock.assert_called(prompt="x").headers["authorization"] == "(redacted)"
