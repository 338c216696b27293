"""Tests of replicas behind nginx, as docs/replicas.md configures it: each key belongs to one replica."""

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
# Enough keys to make it very unlikely that one replica gets all of them.
COUNTS = {f"omx_live_shard_{number}": 1 + number % 3 for number in range(32)}
LIMIT = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def generate(client: httpx.Client, replicas: Any) -> Callable[..., httpx.Response]:
    """Return a function that sends a request through nginx, with padding after the JSON."""

    def generate(key: str, scheme: str = "Bearer ", padding: int = 0) -> httpx.Response:
        content = client.build_request("POST", replicas.url, json=REQUEST).content + b" " * padding
        headers = {"Authorization": scheme + key, "Content-Type": "application/json"}
        return client.post(f"{replicas.url}/api/v1/images/generations", content=content, headers=headers)

    return generate


@pytest.fixture(scope="module")
def owners(
    generate: Callable[..., httpx.Response], client: httpx.Client, replicas: Any, shared_mock: Callable[..., Any]
) -> Mapping[str, Sequence[str]]:
    """Return the replicas that know each key, after calls from many threads."""
    for key in COUNTS:
        shared_mock(replicas.url, key)
    with ThreadPoolExecutor(8) as threads:
        responses = threads.map(generate, [key for key, count in COUNTS.items() for _ in range(count)])
    assert {response.status_code for response in responses} == {200}
    return {key: [url for url in replicas.urls if get_workspace(client, url, key).is_success] for key in COUNTS}


def get_workspace(client: httpx.Client, url: str, key: str) -> httpx.Response:
    return client.get(f"{url}/__omixa/workspace", headers={"Authorization": f"Bearer {key}"})


def test_each_key_belongs_to_one_replica(owners: Mapping[str, Sequence[str]]) -> None:
    assert {key: len(urls) for key, urls in owners.items()} == dict.fromkeys(COUNTS, 1)


def test_both_replicas_have_keys(owners: Mapping[str, Sequence[str]], replicas: Any) -> None:
    assert {url for urls in owners.values() for url in urls} == {*replicas.urls}


def test_journal_of_each_key_is_complete(owners: Mapping[str, Sequence[str]], shared_mock: Callable[..., Any]) -> None:
    numbers = {key: sorted(call.number for call in shared_mock(url, key).calls) for key, [url] in owners.items()}
    assert numbers == {key: [*range(1, count + 1)] for key, count in COUNTS.items()}


def test_wallet_of_each_key_is_right(owners: Mapping[str, Sequence[str]], shared_mock: Callable[..., Any]) -> None:
    captured = {key: shared_mock(url, key).wallet.captured * 1000 for key, [url] in owners.items()}
    assert captured == {key: 39 * count for key, count in COUNTS.items()}


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER  "])
def test_case_of_the_scheme_does_not_matter(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any], scheme: str
) -> None:
    mocks = [shared_mock(replicas.url, f"omx_live_{scheme.strip()}_{number}") for number in range(16)]
    assert {generate(mock.api_key, scheme).status_code for mock in mocks} == {200}
    assert {len(mock.calls) for mock in mocks} == {1}


def test_calls_without_a_key_go_to_one_replica(client: httpx.Client, replicas: Any) -> None:
    paths = [f"/unmatched-{number}" for number in range(16)]
    for path in paths:
        client.get(replicas.url + path)
    calls = client.get(f"{replicas.url}/__omixa/requests?unmatched=1").json()["calls"]
    assert [call["path"] for call in calls if call["path"] in paths] == paths


@pytest.mark.parametrize("fault", ["reset", "no_response", "truncated", "garbage", "malformed_chunk", "bad_gateway"])
def test_broken_response_does_not_move_the_key(
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


def test_request_of_20_mb_succeeds(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any]
) -> None:
    mock = shared_mock(replicas.url, "omx_live_big")
    assert generate(mock.api_key, padding=20_000_000).status_code == 200
    assert mock.last.received > 20_000_000


def test_too_large_request_is_refused_by_the_replica(
    generate: Callable[..., httpx.Response], replicas: Any, shared_mock: Callable[..., Any]
) -> None:
    mock = shared_mock(replicas.url, "omx_live_too_big")
    response = generate(mock.api_key, padding=LIMIT)
    assert (response.status_code, "x-omixa-mock" in response.headers, len(mock.calls)) == (413, True, 1)


# Forty tests, each with a late call of the test before it.
SUITE = """
import httpx
import pytest

KEYS = []
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}

@pytest.mark.parametrize("number", range(40))
def test_it(omixa_mock_server, number):
    mock, paid = omixa_mock_server, number % 3
    mock.fail(["ok"] * paid + [503, "reset"])
    with httpx.Client(base_url=mock.base_url, trust_env=False) as client:
        def generate(key):
            return client.post("/images/generations", json=REQUEST, headers={"Authorization": f"Bearer {key}"})
        assert [generate(mock.api_key).status_code for _ in range(paid + 1)] == [200] * paid + [503]
        with pytest.raises(httpx.TransportError):
            generate(mock.api_key)
        assert [generate(key).status_code for key in KEYS] == [401] * len(KEYS)
    assert [call.number for call in mock.settle()] == list(range(1, paid + 3))
    assert mock.wallet.captured * 1000 == 39 * paid
    KEYS[:] = [mock.api_key]
    print(f"key {mock.api_key}")
"""
PLUGINS = ("--disable-plugin-autoload", "-p", "xdist", "-p", "omixa_mock", "-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def output(replicas: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the suite on two workers; return the output of pytest."""
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


def test_suite_on_two_workers_passes(output: str) -> None:
    assert "40 passed" in output


def test_both_replicas_have_workspaces_of_the_suite(output: str, client: httpx.Client, replicas: Any) -> None:
    keys = [line.removeprefix("key ") for line in output.splitlines() if line.startswith("key ")]
    closed = {
        url: [key for key in keys if "was closed" in get_workspace(client, url, key).text] for url in replicas.urls
    }
    assert (len(keys), sum(map(len, closed.values())), all(closed.values())) == (40, 40, True)


def test_late_calls_at_both_replicas_are_listed(output: str) -> None:
    # The first test of each worker has no predecessor.
    assert output.count(": 401 POST /api/v1/images/generations: The workspace of this key") == 38
