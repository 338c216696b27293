"""Hundreds of small tests on several workers, in random order, both fixtures mixed: none sees another's calls."""

from __future__ import annotations

from typing import Any

import pytest

import omixa_mock

pytestmark = pytest.mark.acceptance  # hundreds of tests in runs of their own

SOURCE = """
import requests

COUNT = {count}

def by_httpx(url, headers, order):
    return send("POST", url, headers=headers, json=order)

def by_requests(url, headers, order):
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, headers=headers, json=order)

@pytest.mark.parametrize("call", [by_httpx, by_requests], ids=["httpx", "requests"])
@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
@pytest.mark.parametrize("number", range(COUNT // 4))
def test_it(request, number, name, call):
    handle = request.getfixturevalue(name)
    # Half of the prompts are everybody's.
    mine = [f"prompt {{number}} {{name}} {{call.__name__}}", "the same", f"again {{number}}"][: 1 + number % 3]
    handle.fail(["ok"] * len(mine) + [503])
    for prompt in (*mine, "refused"):
        url, headers = handle.base_url + "/images/generations", {{"Authorization": "Bearer " + handle.api_key}}
        response = call(url, headers, {{"model": "gpt-image-1.5", "prompt": prompt}})
        assert response.status_code == (503 if prompt == "refused" else 200)
    assert [each.fields["prompt"] for each in handle.calls] == [*mine, "refused"]
    assert [each.number for each in handle.calls] == list(range(1, len(mine) + 2))
    assert handle.wallet.captured * 1000 == 39 * len(mine)
    assert os.environ["OMIXA_API_KEY"] == handle.api_key
"""
SIZES = [
    pytest.param(60, 2, id="60"),
    pytest.param(400, 4, id="400", marks=pytest.mark.acceptance),
]


def run_many(play: Any, count: Any, workers: Any, *options: str) -> Any:
    played = play(SOURCE.format(count=count), "-n", str(workers), *options, plugins=("xdist", "randomly"))
    assert played.passed()
    return len(played.outcomes)


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_a_server_for_each_worker(play: Any, count: Any, workers: Any) -> None:
    assert run_many(play, count, workers) == count


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_one_fake_for_all_workers(play: Any, count: Any, workers: Any) -> None:
    with omixa_mock.serve() as shared:
        assert run_many(play, count, workers, f"--omixa-mock-url={shared.url}") == count


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_two_replicas_for_all_workers(
    play: Any, serve_replicas: Any, tmp_path_factory: pytest.TempPathFactory, count: Any, workers: Any
) -> None:
    with serve_replicas(tmp_path_factory.mktemp("replicas") / "served") as shared:
        assert run_many(play, count, workers, f"--omixa-mock-url={shared.url}") == count
