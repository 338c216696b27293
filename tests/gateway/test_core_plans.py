"""Planned failures: by name or status, in sequences, for ever; used up by valid calls alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway import Gateway, Plan, PlannedRun, SettingError, Workspace
from omixa_mock.gateway.plans import MESSAGES, PLANNABLE, describe_run, read_plan
from omixa_mock.remote import RemoteBooks

Ask = Callable[..., Any]
KEY = "omx_live_core"
ERRORS = omixa_mock.shipped_contract().under(omixa_mock.Settings()).errors
STATUSES = {
    "invalid_key": 401,
    "insufficient_balance": 402,
    "model_not_allowed": 403,
    "invalid_request": 422,
    "no_route": 503,
}


@pytest.fixture
def workspace(gateway: Gateway) -> Workspace:
    """The workspace of the calls."""
    return gateway.workspaces.open(KEY)


# Reading

READABLE: dict[str, tuple[Any, int | None, Plan]] = {
    "name": ("no_route", 1, Plan(("no_route",))),
    "status": (503, 1, Plan(("no_route",))),
    "status of the standard library": (HTTPStatus.PAYMENT_REQUIRED, 1, Plan(("insufficient_balance",))),
    "ok": ("ok", 1, Plan(("ok",))),
    "times": ("no_route", 3, Plan(("no_route",) * 3)),
    "for ever": ("no_route", None, Plan(("no_route",), for_ever=True)),
    "list": (["no_route", "ok"], 1, Plan(("no_route", "ok"))),
    "tuple": (("no_route", 402), 1, Plan(("no_route", "insufficient_balance"))),
    "list, times": (["no_route", "ok"], 2, Plan(("no_route", "ok", "no_route", "ok"))),
    "list, for ever": ([401, "ok"], None, Plan(("invalid_key", "ok"), for_ever=True)),
}


@pytest.mark.parametrize(("what", "times", "plan"), READABLE.values(), ids=READABLE)
def test_plan_is_read(what: Any, times: int | None, plan: Plan) -> None:
    assert read_plan(what, times, ERRORS) == plan


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_plan_by_status_is_the_plan_by_name(name: str, status: int) -> None:
    assert read_plan(status, 1, ERRORS) == read_plan(name, 1, ERRORS)


def test_documented_errors_can_be_planned() -> None:
    assert {name: ERRORS[name].status for name in PLANNABLE} == STATUSES


def test_status_is_the_one_that_settings_give_an_error(make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(errors={"no_route": {"status": 529}})
    assert gateway.workspaces.open(KEY).plan(529).outcomes == ("no_route",)


# Refusing

ACCEPTED = (
    "there are: invalid_key (401), insufficient_balance (402), model_not_allowed (403), invalid_request (422), "
    "no_route (503), and ok."
)
UNKNOWN: dict[str, tuple[Any, str]] = {
    "misspelled": ("no_rote", f"There is no failure 'no_rote'; {ACCEPTED} Did you mean 'no_route'?"),
    "misspelled ok": ("okay", f"There is no failure 'okay'; {ACCEPTED} Did you mean 'ok'?"),
    "status": (500, f"There is no failure 500; {ACCEPTED}"),
    "assumed error": ("rate_limited", f"There is no failure 'rate_limited'; {ACCEPTED}"),
    "truth": (True, f"There is no failure True; {ACCEPTED}"),
    "nothing": (None, f"There is no failure None; {ACCEPTED}"),
    "within a list": (["no_route", "x"], f"There is no failure 'x'; {ACCEPTED}"),
    "list in a list": ([["no_route"]], f"There is no failure ['no_route']; {ACCEPTED} Did you mean 'no_route'?"),
    "object": ({"a": 1}, f"There is no failure {{'a': 1}}; {ACCEPTED}"),
    "number": (503.5, f"There is no failure 503.5; {ACCEPTED}"),
    "empty list": ([], 'A plan needs an outcome or more, for instance ["no_route", "ok"]'),
}
TIMES: dict[str, Any] = {"zero": 0, "negative": -1, "truth": True, "text": "2", "fraction": 1.5}


@pytest.mark.parametrize(("what", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_failure_is_refused_with_what_there_is(what: Any, message: str) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan(what, 1, ERRORS)
    assert str(raised.value) == message


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_bad_times_are_refused_with_what_is_accepted(times: Any) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan("no_route", times, ERRORS)
    assert str(raised.value) == f"times = {times!r} is not accepted; accepted: 1 or more, or None for ever"


@pytest.mark.parametrize(("what", "times"), [("no_route", 10**12), (["ok"] * 101, 100)])
def test_endless_plan_is_refused_before_it_is_made(what: Any, times: int) -> None:
    with pytest.raises(SettingError, match=r"at most 10,000 outcomes.*For ever is times = None"):
        read_plan(what, times, ERRORS)


@pytest.mark.parametrize("what", ["x" * 1_000_000, ["x" * 1_000_000], {"x" * 1_000_000: 1}])
def test_refusal_is_short(what: Any) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan(what, 1, ERRORS)
    assert len(str(raised.value)) < 400


def test_refusal_shows_no_key() -> None:
    with pytest.raises(SettingError) as raised:
        read_plan("omx_live_secret", 1, ERRORS)
    assert "omx_live_secret" not in str(raised.value)


def test_refused_plan_is_not_planned(workspace: Workspace) -> None:
    with pytest.raises(SettingError):
        workspace.plan("x")
    assert workspace.runs == []


# Failing


@pytest.fixture
def statuses(gateway: Gateway, ask: Ask) -> Callable[[int], list[int]]:
    """The statuses of a number of calls."""
    return lambda count: [ask(gateway).status for _ in range(count)]


Statuses = Callable[[int], list[int]]


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_planned_failure_has_the_documented_envelope(
    gateway: Gateway, workspace: Workspace, ask: Ask, name: str, status: int
) -> None:
    workspace.plan(name)
    answer = ask(gateway)
    told = {"message": MESSAGES[name], "type": ERRORS[name].type, "code": ERRORS[name].code}
    assert (answer.status, answer.body) == (status, {"error": told})


@pytest.mark.parametrize("name", STATUSES)
def test_planned_failure_names_itself_in_a_header(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.plan(name)
    assert ask(gateway).headers["x-omixa-mock-fault"] == name


@pytest.mark.parametrize("name", STATUSES)
def test_planned_failure_has_the_headers_that_http_demands(
    gateway: Gateway, workspace: Workspace, ask: Ask, name: str
) -> None:
    workspace.plan(name)
    demanded = {"invalid_key": 'Bearer realm="omixa"'}.get(name)
    assert ask(gateway).headers.get("www-authenticate") == demanded


@pytest.mark.parametrize("name", STATUSES)
def test_planned_failure_is_recorded_as_planned(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.plan(name)
    error = ask(gateway).call.error
    assert (error.name, error.planned) == (name, True)


def test_failure_that_was_not_planned_is_not_recorded_as_planned(gateway: Gateway, ask: Ask) -> None:
    assert not ask(gateway, n=0).call.error.planned


@pytest.mark.parametrize("name", STATUSES)
def test_planned_failure_leaves_the_ledger_alone(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    before = list(workspace.wallet.ledger)
    workspace.plan(name)
    ask(gateway)
    assert list(workspace.wallet.ledger) == before


@pytest.mark.parametrize("name", STATUSES)
def test_planned_failure_tries_no_route(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.plan(name)
    assert ask(gateway).call.attempts == []


SEQUENCES: dict[str, tuple[list[tuple[Any, int | None]], list[int]]] = {
    "once": ([("no_route", 1)], [503, 200, 200]),
    "twice": ([("no_route", 2)], [503, 503, 200]),
    "sequence": ([(["no_route", "ok", 402], 1)], [503, 200, 402, 200]),
    "sequence, twice": ([(["no_route", "ok"], 2)], [503, 200, 503, 200, 200]),
    "success first": ([(["ok", "ok", "no_route"], 1)], [200, 200, 503]),
    "for ever": ([("no_route", None)], [503] * 5),
    "sequence for ever": ([(["no_route", "ok"], None)], [503, 200] * 3),
    "one after another": ([("no_route", 2), (402, 1)], [503, 503, 402, 200]),
    "nothing comes after for ever": ([("no_route", None), (402, 1)], [503, 503, 503]),
}


@pytest.mark.parametrize(("plans", "wanted"), SEQUENCES.values(), ids=SEQUENCES)
def test_calls_get_what_was_planned_in_order(
    workspace: Workspace, statuses: Statuses, plans: list[tuple[Any, int | None]], wanted: list[int]
) -> None:
    for what, times in plans:
        workspace.plan(what, times)
    assert statuses(len(wanted)) == wanted


def test_plan_is_the_business_of_its_workspace_alone(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan("no_route")
    assert (ask(gateway, key="omx_live_other").status, ask(gateway).status) == (200, 503)


def test_plan_counts_the_calls_that_it_met(workspace: Workspace, statuses: Statuses) -> None:
    workspace.plan(["no_route", "ok", "no_route"])
    statuses(2)
    assert [(run.fired, run.exhausted) for run in workspace.runs] == [(2, False)]


@pytest.mark.parametrize(("times", "exhausted"), [(2, True), (3, False), (None, False)])
def test_plan_is_exhausted_when_nothing_is_left(
    workspace: Workspace, statuses: Statuses, times: int | None, exhausted: bool
) -> None:
    workspace.plan("no_route", times)
    statuses(2)
    assert [run.exhausted for run in workspace.runs] == [exhausted]


REFUSED: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "no key": (401, {"key": None}, {}),
    "bad key": (401, {"key": "sk-1"}, {}),
    "path": (404, {"path": "/api/v1/x"}, {}),
    "method": (405, {"method": "PUT"}, {}),
    "length": (413, {}, {"settings": {"body_max": 10}}),
    "content type": (415, {"headers": {"content-type": "text/plain"}}, {}),
    "JSON": (422, {"raw": b"{"}, {}),
    "schema": (422, {"n": 0}, {}),
    "model": (403, {}, {"models": []}),
    "early balance check": (402, {}, {"balance": "0", "settings": {"balance_check": "before-validation"}}),
    "read": (200, {"method": "GET", "path": "/api/v1/models"}, {}),
}


@pytest.mark.parametrize(("status", "request_", "changes"), REFUSED.values(), ids=REFUSED)
def test_call_that_is_refused_before_its_turn_leaves_the_plan_unused(
    gateway: Gateway,
    workspace: Workspace,
    ask: Ask,
    status: int,
    request_: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    workspace.plan("no_route")
    workspace.configure(changes)
    assert (ask(gateway, **request_).status, workspace.runs[0].fired) == (status, 0)


@pytest.mark.parametrize("changes", [{"balance": "0"}, {"routes_down": ["azure-openai", "azure-foundry"]}])
def test_plan_comes_before_route_and_wallet(
    gateway: Gateway, workspace: Workspace, ask: Ask, changes: dict[str, Any]
) -> None:
    workspace.configure(changes)
    workspace.plan("model_not_allowed")
    assert (ask(gateway).status, workspace.runs[0].fired) == (403, 1)


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (Plan(("no_route",)), "no_route (times=1)"),
        (Plan(("no_route", "no_route")), "no_route (times=2)"),
        (Plan(("no_route", "ok")), "no_route, ok"),
        (Plan(("no_route", "ok"), for_ever=True), "no_route, ok, for ever"),
    ],
)
def test_plan_is_told(plan: Plan, text: str) -> None:
    assert str(plan) == text


def test_run_as_json() -> None:
    run = PlannedRun(Plan(("no_route", "ok"), for_ever=True), fired=3)
    assert describe_run(run) == {"outcomes": ["no_route", "ok"], "for_ever": True, "fired": 3}


# Over HTTP


@pytest.fixture(scope="module")
def server() -> Iterator[omixa_mock.Server]:
    """A served gateway."""
    with omixa_mock.serve() as server:
        yield server


class Api:
    """A client of the control routes under a test's own key."""

    def __init__(self, http: httpx.Client, url: str, key: str) -> None:
        self._http, self._url, self.key = http, url, key

    def faults(self, method: str, body: Any = None) -> httpx.Response:
        return self._ask(method, "/__omixa/faults", body)

    def order(self) -> httpx.Response:
        return self._ask("POST", "/api/v1/images/generations", {"model": "gpt-image-1.5", "prompt": "a cat"})

    def _ask(self, method: str, path: str, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self._http.request(method, self._url + path, json=body, headers=headers)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client that reads nothing from this machine."""
    with httpx.Client(trust_env=False, verify=False) as http:
        yield http


@pytest.fixture
def api(http: httpx.Client, server: omixa_mock.Server, request: pytest.FixtureRequest) -> Api:
    """The control routes, under a key of the test's own."""
    return Api(http, server.url, f"omx_live_{abs(hash(request.node.nodeid))}")


@pytest.fixture
def books(server: omixa_mock.Server, api: Api) -> RemoteBooks:
    """The books of the same key, read from elsewhere."""
    return RemoteBooks(server.url, api.key)


def test_plan_over_http_is_described(api: Api) -> None:
    reply = api.faults("POST", {"fail": ["no_route", 402], "times": 2})
    outcomes = ["no_route", "insufficient_balance"] * 2
    assert (reply.status_code, reply.json()) == (200, {"outcomes": outcomes, "for_ever": False, "fired": 0})


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"fail": "no_route"}, [503, 200]),
        ({"fail": 402, "times": 2}, [402, 402, 200]),
        ({"fail": "no_route", "times": None}, [503, 503, 503]),
    ],
)
def test_plan_over_http_is_at_work(api: Api, body: Any, wanted: list[int]) -> None:
    api.faults("POST", body)
    assert [api.order().status_code for _ in wanted] == wanted


def test_plans_over_http_are_listed_with_what_they_met(api: Api) -> None:
    for name in ("no_route", "invalid_key"):
        api.faults("POST", {"fail": name})
    api.order()
    told = [(each["outcomes"], each["fired"]) for each in api.faults("GET").json()["plans"]]
    assert told == [(["no_route"], 1), (["invalid_key"], 0)]


def test_plans_over_http_are_forgotten(api: Api) -> None:
    api.faults("POST", {"fail": "no_route", "times": None})
    assert api.faults("DELETE").json() == {"plans": []}
    assert (api.faults("GET").json(), api.order().status_code) == ({"plans": []}, 200)


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "nothing": ({}, 'A plan has "fail" and may have "times"; came: nothing.'),
    "another name": ({"fail": 503, "time": 2}, 'A plan has "fail" and may have "times"; came: fail, time.'),
    "no fail": ({"times": 2}, 'A plan has "fail" and may have "times"; came: times.'),
    "list": (["no_route"], 'The body is not an object. Send one, for instance {"balance": "5.00"}.'),
    "times": ({"fail": 503, "times": 0}, "times = 0 is not accepted; accepted: 1 or more, or None for ever"),
    **{name: ({"fail": what}, message) for name, (what, message) in UNKNOWN.items()},
}


@pytest.mark.parametrize(("body", "message"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_plan_over_http_is_refused(api: Api, body: Any, message: str) -> None:
    reply = api.faults("POST", body)
    assert (reply.status_code, reply.json()["error"]["message"]) == (422, message)


def test_control_call_for_faults_without_a_key_is_refused(http: httpx.Client, server: omixa_mock.Server) -> None:
    assert http.get(f"{server.url}/__omixa/faults").status_code == 401


@pytest.mark.parametrize(("what", "times", "plan"), READABLE.values(), ids=READABLE)
def test_plan_from_elsewhere_is_the_plan_here(books: RemoteBooks, what: Any, times: int | None, plan: Plan) -> None:
    assert (books.plan(what, times), [run.plan for run in books.runs()]) == (plan, [plan])


@pytest.mark.parametrize(("what", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_bad_plan_from_elsewhere_is_refused_as_here(books: RemoteBooks, what: Any, message: str) -> None:
    with pytest.raises(SettingError) as raised:
        books.plan(what, 1)
    assert str(raised.value) == message


def test_plan_from_elsewhere_tells_what_it_met(books: RemoteBooks, api: Api) -> None:
    books.plan("no_route", 2)
    api.order()
    assert [run.fired for run in books.runs()] == [1]
