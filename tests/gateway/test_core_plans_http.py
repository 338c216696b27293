"""Plans over HTTP, by the control routes and by a `RemoteClient`."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.faults import delay, no_route, ok, reset
from omixa_mock.gateway import SettingError
from omixa_mock.gateway.faults import read_plan
from omixa_mock.mock.remote_client import RemoteClient

TERMS = omixa_mock.shipped_contract().under(omixa_mock.Settings())


@pytest.fixture(scope="module")
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """Yield a served gateway."""
    with omixa_mock.serve() as server:
        yield server


class Api:
    """Client of the control routes under a test's own key."""

    def __init__(self, http: httpx.Client, url: str, key: str) -> None:
        self._http, self._url, self.key = http, url, key

    def faults(self, method: str, body: Any = None) -> httpx.Response:
        return self._ask(method, "/__omixa/faults", body)

    def generate(self) -> httpx.Response:
        return self._ask("POST", "/api/v1/images/generations", {"model": "gpt-image-1.5", "prompt": "a cat"})

    def _ask(self, method: str, path: str, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self._http.request(method, self._url + path, json=body, headers=headers)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Yield a client that ignores the environment of this machine."""
    with httpx.Client(trust_env=False, verify=False) as http:
        yield http


@pytest.fixture
def api(http: httpx.Client, server: omixa_mock.OmixaMockServer, request: pytest.FixtureRequest) -> Api:
    """Return a client of the control routes, under the test's own key."""
    return Api(http, server.url, f"omx_live_{sha256(request.node.nodeid.encode()).hexdigest()}")


@pytest.fixture
def client(server: omixa_mock.OmixaMockServer, api: Api) -> RemoteClient:
    """Return a remote client of the same workspace."""
    return RemoteClient(server.url, api.key, ())


def test_plan_is_described(api: Api) -> None:
    response = api.faults("POST", {"fail": ["no_route", 402], "times": 2, "when": {"n": 1}})
    fail = ["no_route", "insufficient_balance"]
    plan = {"fail": fail, "times": 2, "after": 0, "when": {"n": 1}, "probability": 1.0}
    document = {"plan": plan, "number": 1, "seen": 0, "fired": 0, "state": "never fired", "predicate_error": ""}
    assert (response.status_code, response.json()) == (200, document)


WORKING: list[tuple[Any, list[int]]] = [
    ({"fail": "no_route"}, [503, 200]),
    ({"fail": 402, "times": 2}, [402, 402, 200]),
    ({"fail": "no_route", "times": None}, [503, 503, 503]),
    ({"fail": ["no_route", "ok", "rate_limited"], "after": 1}, [200, 503, 200, 429, 200]),
    ({"fail": "no_route", "when": {"n": 2}}, [200, 200]),
]


@pytest.mark.parametrize(("body", "expected"), WORKING, ids=str)
def test_plan_fires(api: Api, body: Any, expected: list[int]) -> None:
    api.faults("POST", body)
    assert [api.generate().status_code for _ in expected] == expected


def test_plans_are_listed_with_their_state(api: Api) -> None:
    for name in ("no_route", "invalid_key"):
        api.faults("POST", {"fail": name})
    api.generate()
    plans = [(row["plan"]["fail"], row["seen"], row["fired"]) for row in api.faults("GET").json()["plans"]]
    assert plans == [(["no_route"], 1, 1), (["invalid_key"], 1, 0)]


def test_plans_are_forgotten(api: Api) -> None:
    api.faults("POST", {"fail": "no_route", "times": None})
    assert api.faults("DELETE").json() == {"plans": []}
    assert (api.faults("GET").json(), api.generate().status_code) == ({"plans": []}, 200)


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "nothing": ({}, 'A plan has "fail" and may have "times", "after", "when", "probability"; given: nothing'),
    "list": (["no_route"], "The body is not an object. Send one, for instance "),
    "unknown name": ({"fail": "no_rote"}, 'There is no fault "no_rote". Did you mean "no_route"? There are: '),
    "negative times": (
        {"fail": 503, "times": -1},
        "times = -1 is not accepted; accepted: 1 or more, or null (None in Python) for ever",
    ),
    "probability": ({"fail": 503, "probability": 1.1}, "probability = 1.1 is not accepted; accepted: more than 0, up"),
    "NaN delay": ({"fail": "delay:nan"}, 'The duration "nan" is not accepted; accepted: seconds (0.5, 500ms, 2s), '),
    "conflict": ({"fail": "no_route_after_capture"}, "no_route cannot happen after_capture; it happens before_hold"),
    "predicate": (
        {"fail": 503, "when": "lambda call: call.n"},
        "when is text; accepted: fields with their values, fo",
    ),
    "impossible": ({"fail": 503, "when": {"n": 11}}, "when n = 11 can never be: a valid call has one of 1, 2, 3, 4,"),
}


@pytest.mark.parametrize(("body", "message"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_plan_is_refused(api: Api, body: Any, message: str) -> None:
    response = api.faults("POST", body)
    actual = response.json()["error"]["message"]
    assert (response.status_code, actual[: len(message)]) == (422, message)


def test_plan_that_would_never_fire_is_refused(api: Api) -> None:
    api.faults("POST", {"fail": "no_route", "times": None})
    assert api.faults("POST", {"fail": 402}).status_code == 422


def test_control_call_without_a_key_is_refused(http: httpx.Client, server: omixa_mock.OmixaMockServer) -> None:
    assert http.get(f"{server.url}/__omixa/faults").status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_control_routes_are_not_subject_to_faults(api: Api, method: str) -> None:
    api.faults("POST", {"fail": "internal_error", "times": 5})
    assert api.faults(method, {"fail": "no_route"} if method == "POST" else None).status_code == 200


# Remote

REMOTE_PLANS: dict[str, Any] = {
    "name": "no_route",
    "status": 503,
    "list": ["no_route", "ok", 402],
    "plan": reset().after_capture().times(2).after(1).when(size="auto"),
    "plans in a list": [no_route().times(2), ok()],
    "object": {"fail": delay("lognormal:8s").after_capture(), "times": None, "probability": 0.25},
}


@pytest.mark.parametrize("what", REMOTE_PLANS.values(), ids=REMOTE_PLANS)
def test_remote_plan_equals_the_local_one(client: RemoteClient, what: Any) -> None:
    client.plan(what)
    assert [state.plan for state in client.plan_states()] == [read_plan(what, TERMS)]


@pytest.mark.parametrize("what", ["no_rote", 418, [], {"fail": 503, "when": {"n": 11}}], ids=str)
def test_bad_remote_plan_is_refused_like_a_local_one(client: RemoteClient, what: Any) -> None:
    with pytest.raises(SettingError) as local:
        read_plan(what, TERMS)
    with pytest.raises(SettingError) as remote:
        client.plan(what)
    assert str(remote.value) == str(local.value)


def test_remote_predicate_is_refused(client: RemoteClient) -> None:
    with pytest.raises(SettingError, match="A predicate cannot travel to a fake in another process"):
        client.plan(no_route().when(bool))


def test_remote_plan_has_its_state(client: RemoteClient, api: Api) -> None:
    client.plan({"fail": "no_route", "times": 2})
    api.generate()
    assert [(state.seen, state.fired, state.state) for state in client.plan_states()] == [(1, 1, "partly used")]
