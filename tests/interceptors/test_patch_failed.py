"""Failed patches: a library with renamed internals fails the test by its name, and none stays patched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
import requests
import respx
import urllib3

import omixa_mock
from omixa_mock.interceptors import PatchFailed

METHODS: list[tuple[Any, type[Any], str]] = [
    (httpx, httpx.Client, "_send_single_request"),
    (httpx, httpx.AsyncClient, "_send_single_request"),
    (httpx2, httpx2.Client, "_send_single_request"),
    (httpx2, httpx2.AsyncClient, "_send_single_request"),
    (requests, requests.Session, "request"),
    (urllib3, urllib3.HTTPConnectionPool, "_make_request"),
]
NAMES = [f"{library.__name__} {owner.__name__}" for library, owner, _ in METHODS]


@pytest.fixture(params=METHODS, ids=NAMES)
def renamed(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Remove a patched method from a library."""
    library, owner, name = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(owner, name)
        yield library


def methods() -> list[Any]:
    """Return the current methods that are patched."""
    return [vars(owner).get(name) for _, owner, name in METHODS]


@pytest.mark.parametrize(("library", "owner", "name"), METHODS, ids=NAMES)
def test_failure_names_library_version_and_method(
    monkeypatch: pytest.MonkeyPatch, library: Any, owner: type[Any], name: str
) -> None:
    monkeypatch.delattr(owner, name)
    message = rf"^{library.__name__} {library.__version__} could not be intercepted: .*{owner.__name__}\.{name}"
    with pytest.raises(PatchFailed, match=message):
        omixa_mock.intercept().__enter__()


def test_failure_has_a_remedy(renamed: Any) -> None:
    with pytest.raises(PatchFailed, match=rf"Use another version of {renamed.__name__}, or the fixture"):
        omixa_mock.intercept().__enter__()


@pytest.mark.usefixtures("renamed")
def test_no_library_stays_patched() -> None:
    before = methods()
    with pytest.raises(PatchFailed):
        omixa_mock.intercept().__enter__()
    assert methods() == before


@pytest.mark.usefixtures("renamed")
def test_environment_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMIXA_API_KEY", "mine")
    with pytest.raises(PatchFailed):
        omixa_mock.intercept().__enter__()
    assert os.environ["OMIXA_API_KEY"] == "mine"


@pytest.mark.parametrize(("library", "owner", "name"), METHODS, ids=NAMES)
def test_next_interception_works_once_the_library_does(
    monkeypatch: pytest.MonkeyPatch, library: Any, owner: type[Any], name: str
) -> None:
    with monkeypatch.context() as broken:
        broken.delattr(owner, name)
        with pytest.raises(PatchFailed, match=library.__name__):
            omixa_mock.intercept().__enter__()
    with omixa_mock.intercept() as mock:
        mock.assert_not_called()


@pytest.mark.parametrize("owner", [httpx2.Client, httpx2.AsyncClient, requests.Session])
def test_mocks_of_the_user_survive_a_failure(monkeypatch: pytest.MonkeyPatch, owner: type[Any]) -> None:
    monkeypatch.delattr(owner, "request" if owner is requests.Session else "_send_single_request")
    with respx.mock(using="httpx") as router:
        router.get("https://other.test/").respond(418)
        with pytest.raises(PatchFailed):
            omixa_mock.intercept().__enter__()
        with httpx.Client(verify=False) as client:
            assert client.get("https://other.test/").status_code == 418
