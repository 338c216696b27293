"""Control routes after calls have lost their bytes, and after workspaces were dropped."""

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
    """Serve a fake with room for two workspaces and one large response, and shed two of three calls of `a`."""
    with omixa_mock.serve(journal_bytes=0) as server:
        monkeypatch.setattr(server.gateway.workspaces, "_entries_max", 2)
        for _ in range(3):
            image_request = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 10}
            http.post(server.url + GENERATE, headers=A, json=image_request).raise_for_status()
        yield server.url


def fetch(http: httpx.Client, url: str, headers: Any, path: str) -> Any:
    return http.get(f"{url}/__omixa/{path}", headers=headers).json()


@pytest.mark.parametrize("query", ["", "?full=1"])
def test_journal_counts_the_shed_calls_that_it_lists(http: httpx.Client, crowded: str, query: str) -> None:
    page = fetch(http, crowded, A, f"requests{query}")
    assert (page["evicted"], page["shed"]) == (0, 2)
    assert [call["shed"] for call in page["calls"]] == [True, True, False]


def test_workspace_counts_its_shed_calls(http: httpx.Client, crowded: str) -> None:
    workspace = fetch(http, crowded, A, "workspace")
    assert (workspace["calls_evicted"], workspace["calls_shed"]) == (0, 2)


def test_shed_call_of_a_remote_fake_has_no_images(crowded: str) -> None:
    first, _, last = RemoteClient(crowded, "omx_live_a", ()).calls()
    assert len(last.images) == 10
    with pytest.raises(BytesDropped):
        _ = first.images


@pytest.fixture
def dropped(http: httpx.Client, crowded: str) -> str:
    """Use two more workspaces of the same fake."""
    for headers in (B, C):
        fetch(http, crowded, headers, "workspace")
    return crowded


def test_health_counts_the_dropped_workspaces(http: httpx.Client, dropped: str) -> None:
    health = fetch(http, dropped, {}, "health")
    assert (health["workspaces"], health["workspaces_dropped"], health["tombstones_dropped"]) == (2, 1, 0)


def test_call_to_a_dropped_workspace_is_refused_with_a_remedy(http: httpx.Client, dropped: str) -> None:
    response = http.post(dropped + GENERATE, headers=A, json={"model": "gpt-image-1.5", "prompt": "a cat"})
    message = response.json()["error"]["message"]
    assert (response.status_code, "dropped: more than 2 keys were in use" in message) == (401, True)
    assert message.endswith("To begin it anew: PUT /__omixa/workspace")


def test_put_opens_a_dropped_workspace_anew(http: httpx.Client, dropped: str) -> None:
    workspace = http.put(f"{dropped}/__omixa/workspace", headers=A, json={}).json()
    assert (workspace["balance"], workspace["calls"]) == ("100.000000", 0)
