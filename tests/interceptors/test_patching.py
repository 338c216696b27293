"""Foreign patches above ours and below: ours is applied by every interception, and removed completely."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from functools import wraps
from typing import Any

import httpx
import httpx2
import pytest
import requests
import urllib3

import omixa_mock
from omixa_mock.interceptors import start_interception

AUTH = {"authorization": "Bearer omx_live_x"}
# The class and the method that is patched, and a function that makes a call through it.
METHODS: dict[str, tuple[type[Any], str, Callable[[str], Any]]] = {
    "httpx": (httpx.Client, "_send_single_request", lambda url: httpx.get(url, headers=AUTH, verify=False)),
    "httpx2": (httpx2.Client, "_send_single_request", lambda url: httpx2.get(url, headers=AUTH, verify=False)),
    "requests": (requests.Session, "request", lambda url: requests.get(url, headers=AUTH, timeout=5)),
    "urllib3": (urllib3.HTTPConnectionPool, "_make_request", lambda url: urllib3.request("GET", url, headers=AUTH)),
}
EACH_METHOD = pytest.mark.parametrize(("owner", "name", "get"), METHODS.values(), ids=METHODS)


def pass_through(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a foreign patch that changes nothing."""

    def theirs(client: Any, *arguments: Any, **options: Any) -> Any:
        return original(client, *arguments, **options)

    return theirs


@EACH_METHOD
def test_patch_removed_by_a_foreign_undo_is_applied_again(
    monkeypatch: pytest.MonkeyPatch,
    patched: Callable[[], list[Any]],
    owner: type[Any],
    name: str,
    get: Callable[[str], Any],
) -> None:
    before = patched()
    with monkeypatch.context() as theirs:
        theirs.setattr(owner, name, pass_through(vars(owner)[name]))
        interception = start_interception(lambda _: None)
    with omixa_mock.intercept() as mock:
        get(f"{mock.base_url}/models")
        assert len(mock.calls) == 1
    interception.close()
    assert patched() == before


@EACH_METHOD
def test_foreign_patch_above_ours_stays(
    monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str, get: Callable[[str], Any]
) -> None:
    with omixa_mock.intercept() as mock, monkeypatch.context() as theirs:
        theirs.setattr(owner, name, pass_through(vars(owner)[name]))
        get(f"{mock.base_url}/models")
        assert len(mock.calls) == 1


@EACH_METHOD
def test_patch_restored_by_a_foreign_undo_goes_with_the_next_interception(
    monkeypatch: pytest.MonkeyPatch,
    patched: Callable[[], list[Any]],
    owner: type[Any],
    name: str,
    get: Callable[[str], Any],
) -> None:
    before, first = patched(), start_interception(lambda _: None)
    with monkeypatch.context() as theirs:
        theirs.setattr(owner, name, pass_through(vars(owner)[name]))
        first.close()
    # Theirs has restored ours, which is not in use.
    with omixa_mock.intercept() as mock:
        get(f"{mock.base_url}/models")
        assert len(mock.calls) == 1
    assert patched() == before


@EACH_METHOD
def test_foreign_patch_with_the_attributes_of_ours_is_not_removed(
    monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str, get: Callable[[str], Any]
) -> None:
    with omixa_mock.intercept() as mock:
        ours = vars(owner)[name]
        theirs = wraps(ours)(pass_through(ours))
        monkeypatch.setattr(owner, name, theirs)
        get(f"{mock.base_url}/models")
        assert len(mock.calls) == 1
    assert vars(owner)[name] is theirs
    # What it wraps is not in use any more.
    monkeypatch.undo()
    start_interception(lambda _: None).close()


def test_session_with_its_own_get_adapter_is_intercepted(mock: omixa_mock.OmixaMock) -> None:
    with requests.Session() as session:
        # As requests-mock leaves a session that was used under it.
        session.get_adapter = types.MethodType(requests.Session.get_adapter, session)  # type: ignore[method-assign]
        session.get(f"{mock.base_url}/models", headers={"authorization": "Bearer omx_live_x"})
    assert len(mock.calls) == 1


STUB = """
import sys, types
sys.modules["requests"] = types.ModuleType("requests")
import httpx, omixa_mock
with omixa_mock.intercept() as mock:
    assert httpx.get(mock.base_url + "/models", headers={"authorization": "Bearer omx_live_x"}).status_code == 200
"""
OLD = """
import urllib3
del urllib3.HTTPHeaderDict
import requests, omixa_mock
with omixa_mock.intercept() as mock:
    assert requests.get(mock.base_url + "/models", headers={"authorization": "Bearer omx_live_x"}).ok
"""
BROKEN = """
import urllib3
del urllib3.HTTPConnectionPool
import omixa_mock
from omixa_mock.interceptors import PatchFailed
try:
    omixa_mock.intercept().__enter__()
except PatchFailed as error:
    assert str(error).startswith("urllib3 2"), error
    assert "Use another version of urllib3" in str(error), error
else:
    raise AssertionError("not refused")
"""
RESPX = """
import sys, httpx, httpx2, requests, omixa_mock
with omixa_mock.intercept():
    assert "respx" not in sys.modules
"""


@pytest.mark.acceptance
@pytest.mark.parametrize("script", [STUB, OLD, BROKEN, RESPX], ids=["stub", "urllib3 1.26", "broken", "without respx"])
def test_libraries_in_unusual_states(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_body_for_another_host_is_not_read_before_its_transport_does(library: Any) -> None:
    reads: list[bool] = []

    def body() -> Any:
        reads.append(True)
        yield b"x"

    class Refusing(library.BaseTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            raise library.ConnectError("refused", request=request)

    with library.Client(transport=Refusing()) as client, pytest.raises(library.ConnectError):
        client.post("http://other.test/", content=body())
    assert not reads
