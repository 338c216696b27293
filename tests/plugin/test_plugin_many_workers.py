"""Tests of isolation: hundreds of tests on several workers, in random order, with both fixtures."""

from __future__ import annotations

from typing import Any

import pytest

import omixa_mock

pytestmark = pytest.mark.acceptance  # runs hundreds of tests

SOURCE = """
import requests

COUNT = {count}

def by_httpx(url, headers, body):
    return send("POST", url, headers=headers, json=body)

def by_requests(url, headers, body):
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, headers=headers, json=body)

@pytest.mark.parametrize("post_json", [by_httpx, by_requests], ids=["httpx", "requests"])
@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
@pytest.mark.parametrize("number", range(COUNT // 4))
def test_it(request, number, name, post_json):
    mock = request.getfixturevalue(name)
    # Half of the prompts are the same in all tests.
    prompts = [f"prompt {{number}} {{name}} {{post_json.__name__}}", "the same", f"again {{number}}"][: 1 + number % 3]
    mock.fail(["ok"] * len(prompts) + [503])
    for prompt in (*prompts, "refused"):
        url, headers = mock.base_url + "/images/generations", {{"Authorization": "Bearer " + mock.api_key}}
        response = post_json(url, headers, {{"model": "gpt-image-1.5", "prompt": prompt}})
        assert response.status_code == (503 if prompt == "refused" else 200)
    assert [call.fields["prompt"] for call in mock.calls] == [*prompts, "refused"]
    assert [call.number for call in mock.calls] == list(range(1, len(prompts) + 2))
    assert mock.wallet.captured * 1000 == 39 * len(prompts)
    assert os.environ["OMIXA_API_KEY"] == mock.api_key
"""
SIZES = [
    pytest.param(60, 2, id="60"),
    pytest.param(400, 4, id="400", marks=pytest.mark.acceptance),
]


def run_many(run_pytest: Any, count: Any, workers: Any, *options: str) -> Any:
    run = run_pytest(SOURCE.format(count=count), "-n", str(workers), *options, plugins=("xdist", "randomly"))
    assert run.passed()
    return len(run.outcomes)


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_each_worker_has_a_server(run_pytest: Any, count: Any, workers: Any) -> None:
    assert run_many(run_pytest, count, workers) == count


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_workers_share_one_fake(run_pytest: Any, count: Any, workers: Any) -> None:
    with omixa_mock.serve() as shared:
        assert run_many(run_pytest, count, workers, f"--omixa-mock-url={shared.url}") == count


@pytest.mark.parametrize(("count", "workers"), SIZES)
def test_workers_share_two_replicas(
    run_pytest: Any, serve_replicas: Any, tmp_path_factory: pytest.TempPathFactory, count: Any, workers: Any
) -> None:
    with serve_replicas(tmp_path_factory.mktemp("replicas") / "served") as shared:
        assert run_many(run_pytest, count, workers, f"--omixa-mock-url={shared.url}") == count
