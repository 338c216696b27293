"""What the control routes tell of calls that have lost their bytes, and of workspaces that made room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import BytesDropped
from omixa_mock.mock.remote_client import RemoteClient

GENERATE = "/api/v1/images/generations"
A, B, C = ({"Authorization": f"Bearer omx_live_{name}"} for name in "abc")


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> Iterator[str]:
    """The URL of a fake that keeps two workspaces and one large response; `a` made three calls, the first two are shed."""
    with omixa_mock.serve(journal_bytes=0) as server:
        monkeypatch.setattr(server.gateway.workspaces, "_entries_max", 2)
        for _ in range(3):
            image_request = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 10}
            http.post(server.url + GENERATE, headers=A, json=image_request).raise_for_status()
        yield server.url


def ask(http: httpx.Client, url: str, headers: Any, path: str) -> Any:
    return http.get(f"{url}/__omixa/{path}", headers=headers).json()


@pytest.mark.parametrize("query", ["", "?full=1"])
def test_journal_counts_the_shed_calls_that_it_lists(http: httpx.Client, crowded: str, query: str) -> None:
    told = ask(http, crowded, A, f"requests{query}")
    assert (told["evicted"], told["shed"]) == (0, 2)
    assert [call["shed"] for call in told["calls"]] == [True, True, False]


def test_workspace_counts_its_shed_calls(http: httpx.Client, crowded: str) -> None:
    told = ask(http, crowded, A, "workspace")
    assert (told["calls_evicted"], told["calls_shed"]) == (0, 2)


def test_shed_call_of_a_fake_elsewhere_says_that_its_images_were_dropped(crowded: str) -> None:
    first, _, last = RemoteClient(crowded, "omx_live_a", ()).calls()
    assert len(last.images) == 10
    with pytest.raises(BytesDropped):
        _ = first.images


@pytest.fixture
def dropped(http: httpx.Client, crowded: str) -> str:
    """The same fake, once two others have come."""
    for headers in (B, C):
        ask(http, crowded, headers, "workspace")
    return crowded


def test_health_counts_the_workspaces_that_made_room(http: httpx.Client, dropped: str) -> None:
    told = ask(http, dropped, {}, "health")
    assert (told["workspaces"], told["workspaces_dropped"], told["tombstones_dropped"]) == (2, 1, 0)


def test_call_to_a_dropped_workspace_is_refused_with_what_to_do(http: httpx.Client, dropped: str) -> None:
    response = http.post(dropped + GENERATE, headers=A, json={"model": "gpt-image-1.5", "prompt": "a cat"})
    message = response.json()["error"]["message"]
    assert (response.status_code, "dropped: more than 2 keys were in use" in message) == (401, True)
    assert message.endswith("To begin it anew: PUT /__omixa/workspace")


def test_dropped_workspace_is_begun_anew_by_put(http: httpx.Client, dropped: str) -> None:
    told = http.put(f"{dropped}/__omixa/workspace", headers=A, json={}).json()
    assert (told["balance"], told["calls"]) == ("100.000000", 0)
