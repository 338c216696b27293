"""Replicas behind nginx, as docs/replicas.md configures it: each key has one home, whatever comes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

REQUEST = {"model": "gpt-image-1.5", "prompt": "a lighthouse"}
# So many that hardly ever all of them fall to one replica.
COUNTS = {f"omx_live_shard_{number}": 1 + number % 3 for number in range(32)}
LIMIT = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def generate(client: httpx.Client, replicas: Any) -> Callable[..., httpx.Response]:
    """Places an order through nginx, with padding behind it."""

    def generate(key: str, scheme: str = "Bearer ", padding: int = 0) -> httpx.Response:
        content = client.build_request("POST", replicas.url, json=REQUEST).content + b" " * padding
        headers = {"Authorization": scheme + key, "Content-Type": "application/json"}
        return client.post(f"{replicas.url}/api/v1/images/generations", content=content, headers=headers)

    return generate


@pytest.fixture(scope="module")
def homes(
    image_request: Callable[..., httpx.Response], client: httpx.Client, replicas: Any, shared_mock: Callable[..., Any]
) -> Mapping[str, Sequence[str]]:
    """Which replicas know each key, after calls from many threads."""
    for key in COUNTS:
        shared_mock(replicas.url, key)
    with ThreadPoolExecutor(8) as threads:
        responses = threads.map(image_request, [key for key, count in COUNTS.items() for _ in range(count)])
    assert {response.status_code for response in responses} == {200}
    return {key: [url for url in replicas.each if ask_for_workspace(client, url, key).is_success] for key in COUNTS}


def ask_for_workspace(client: httpx.Client, url: str, key: str) -> httpx.Response:
    return client.get(f"{url}/__omixa/workspace", headers={"Authorization": f"Bearer {key}"})


def test_each_key_has_one_home(homes: Mapping[str, Sequence[str]]) -> None:
    assert {key: len(urls) for key, urls in homes.items()} == dict.fromkeys(COUNTS, 1)


def test_both_replicas_have_keys(homes: Mapping[str, Sequence[str]], replicas: Any) -> None:
    assert {url for urls in homes.values() for url in urls} == {*replicas.each}


def test_journals_add_up_per_key(homes: Mapping[str, Sequence[str]], shared_mock: Callable[..., Any]) -> None:
    numbers = {key: sorted(call.number for call in shared_mock(url, key).calls) for key, [url] in homes.items()}
    assert numbers == {key: [*range(1, count + 1)] for key, count in COUNTS.items()}


def test_money_adds_up_per_key(homes: Mapping[str, Sequence[str]], shared_mock: Callable[..., Any]) -> None:
    captured = {key: shared_mock(url, key).wallet.captured * 1000 for key, [url] in homes.items()}
    assert captured == {key: 39 * count for key, count in COUNTS.items()}


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER  "])
def test_scheme_however_written_means_the_same_key(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any], scheme: str
) -> None:
    mocks = [shared_mock(replicas.url, f"omx_live_{scheme.strip()}_{number}") for number in range(16)]
    assert {generate(mock.api_key, scheme).status_code for mock in mocks} == {200}
    assert {len(mock.calls) for mock in mocks} == {1}


def test_calls_without_a_key_stay_together(client: httpx.Client, replicas: Any) -> None:
    paths = [f"/stray-{number}" for number in range(16)]
    for path in paths:
        client.get(replicas.url + path)
    told = client.get(f"{replicas.url}/__omixa/requests?unclaimed=1").json()["calls"]
    assert [call["path"] for call in told if call["path"] in paths] == paths


@pytest.mark.parametrize("fault", ["reset", "no_response", "truncated", "garbage", "malformed_chunk", "bad_gateway"])
def test_broken_responses_move_no_key(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any], fault: str
) -> None:
    for number in range(16):
        mock = shared_mock(replicas.url, f"omx_live_{fault}_{number}")
        mock.fail(fault)
        try:
            assert generate(mock.api_key).status_code == 502
        except httpx.TransportError:
            assert fault != "bad_gateway"
        assert (generate(mock.api_key).status_code, len(mock.settle())) == (200, 2)


def test_20_mb_pass(generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any]) -> None:
    mock = shared_mock(replicas.url, "omx_live_big")
    assert generate(mock.api_key, padding=20_000_000).status_code == 200
    assert mock.last.received > 20_000_000


def test_what_is_too_large_is_refused_by_its_replica(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any]
) -> None:
    mock = shared_mock(replicas.url, "omx_live_too_big")
    response = generate(mock.api_key, padding=LIMIT)
    assert (response.status_code, "x-omixa-mock" in response.headers, len(mock.calls)) == (413, True, 1)


# Forty tests, and in each a call that comes too late for the one before it.
SUITE = """
import httpx
import pytest

KEYS = []
ORDER = {"model": "gpt-image-1.5", "prompt": "a cat"}

@pytest.mark.parametrize("number", range(40))
def test_it(omixa_mock_server, number):
    handle, paid = omixa_mock_server, number % 3
    handle.fail(["ok"] * paid + [503, "reset"])
    with httpx.Client(base_url=handle.base_url, trust_env=False) as client:
        def order(key):
            return client.post("/images/generations", json=ORDER, headers={"Authorization": f"Bearer {key}"})
        assert [order(handle.api_key).status_code for _ in range(paid + 1)] == [200] * paid + [503]
        with pytest.raises(httpx.TransportError):
            order(handle.api_key)
        assert [order(key).status_code for key in KEYS] == [401] * len(KEYS)
    assert [call.number for call in handle.settle()] == list(range(1, paid + 3))
    assert handle.wallet.captured * 1000 == 39 * paid
    KEYS[:] = [handle.api_key]
    print(f"key {handle.api_key}")
"""
PLUGINS = ("--disable-plugin-autoload", "-p", "xdist", "-p", "omixa_mock", "-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def told(replicas: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest said of the suite, which ran on two workers."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_it.py").write_text(SUITE)
    options = ["-n", "2", "-rP", f"--omixa-mock-url={replicas.url}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "OMIXA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, *options],
        cwd=folder,
        env=environment | {"COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_suite_on_two_workers_passes(told: str) -> None:
    assert "40 passed" in told


def test_both_replicas_had_workspaces_of_the_suite(told: str, client: httpx.Client, replicas: Any) -> None:
    keys = [line.removeprefix("key ") for line in told.splitlines() if line.startswith("key ")]
    closed = {
        url: [key for key in keys if "was closed" in ask_for_workspace(client, url, key).text] for url in replicas.each
    }
    assert (len(keys), sum(map(len, closed.values())), all(closed.values())) == (40, 40, True)


def test_late_calls_at_both_replicas_are_listed(told: str) -> None:
    # Each worker's first test has none before it.
    assert told.count(": 401 POST /api/v1/images/generations: The workspace of this key") == 38
