"""Tests of `--omixa-mock-url`: a shared fake has the same mock; anything else is refused."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

TOKEN = "a-token"


# One fake, and two replicas behind nginx.
SERVED = ("serve_process", "serve_replicas")


@pytest.fixture(scope="module", params=SERVED)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a fake in a process of its own; yield its URL."""
    yield from serving(request, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module", params=SERVED)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a fake with a token on its control routes; yield its URL."""
    yield from serving(request, tmp_path_factory.mktemp("guarded"), "--control-token", TOKEN)


def serving(request: pytest.FixtureRequest, folder: Path, *options: str) -> Iterator[str]:
    with request.getfixturevalue(request.param)(folder / "served", *options) as served:
        yield getattr(served, "url", served)


# A test that uses every member of its mock; the values of both servers are compared.
MEMBERS = """
import json
from decimal import Decimal
from pathlib import Path

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="

@pytest.mark.omixa_mock(strict=False, balance="5", seed=3)
def test_it(omixa_mock_server, tmp_path):
    mock = omixa_mock_server
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}}
    draw("a cat", output_format="webp")
    draw("blue", input_images=[image], input_fidelity="high", n=2)
    draw("bad", size="9x9")
    mock.fail(["no_route", "ok", 402])
    mock.fail(503, times=None)
    draw("planned")
    mock.configure(provider_limit=1)
    mock.routes_down("azure-openai")
    draw("limited", n=3)
    mock.set_balance("1.25")
    mock.allow_models()
    draw("not allowed")
    with mock.expect_refusal(403):
        draw("expected")
    (tmp_path / "cat").write_bytes(mock.calls[0].images[0])
    values = {}
    for call in mock.calls:
        values[f"call {call.number}"] = {
            name: repr(getattr(call, name))
            for name in (
                "method", "path", "endpoint", "number", "created", "received", "request", "document", "image_request",
                "error", "advisories", "attempts", "fingerprints", "charge", "charged", "response", "client_left",
                "replayed", "status", "fault", "operation", "fields", "input_images", "mask", "images", "route",
            )
        }
        values[f"call {call.number}"]["headers"] = sorted(set(call.headers) - {"host", "connection"})
    values["last"] = mock.last.number
    values["identify"] = mock.identify(tmp_path / "cat").number
    values["wallet"] = repr(mock.wallet)
    values["ledger"] = repr(mock.ledger)
    values["plans"] = repr(mock.plans)
    values["expected"] = [mock.is_expected(call) for call in mock.calls]
    values["called"] = mock.assert_called(prompt="blue", n=2, operation="edit", status=200).number
    values["unmatched"] = repr(mock.unmatched_calls)
    values["env"] = sorted(mock.env(openai=True))
    for method, arguments in ASSERTS:
        try:
            getattr(mock, method)(**arguments)
            values[f"{method} {arguments}"] = "held"
        except (AssertionError, ValueError) as error:
            values[f"{method} {arguments}"] = f"{type(error).__name__}: {error}"
    Path("values.json").write_text(json.dumps(values))

ASSERTS = [
    ("assert_called", {"prompt": "a dog", "size": "1024x1024"}),
    ("assert_called", {"prompt": "a cat", "times": 2}),
    ("assert_not_called", {}),
    ("assert_not_called", {"prompt": "a dog"}),
    ("assert_single_charge", {}),
    ("assert_no_duplicate_charges", {}),
    ("assert_no_orphan_charges", {}),
    ("assert_no_open_holds", {}),
    ("assert_plans_exhausted", {}),
    ("assert_gave_up_within", {"seconds": 1}),
    ("assert_waited_at_least", {"seconds": 1}),
    ("fail", {"what": "no_rout"}),
    ("fail", {"what": 503, "times": 0}),
    ("fail", {"what": "reset", "probability": 1.1}),
    ("set_balance", {"balance": "much"}),
    ("configure", {"provider_limt": 1}),
]
"""
KEYS = [f"call {number}" for number in range(1, 8)] + [
    *("last", "identify", "wallet", "ledger", "plans", "expected", "called", "unmatched", "env"),
    "assert_called {'prompt': 'a dog', 'size': '1024x1024'}",
    "assert_called {'prompt': 'a cat', 'times': 2}",
    "assert_not_called {}",
    "assert_not_called {'prompt': 'a dog'}",
    "assert_single_charge {}",
    "assert_no_duplicate_charges {}",
    "assert_no_orphan_charges {}",
    "assert_no_open_holds {}",
    "assert_plans_exhausted {}",
    "assert_gave_up_within {'seconds': 1}",
    "assert_waited_at_least {'seconds': 1}",
    "fail {'what': 'no_rout'}",
    "fail {'what': 503, 'times': 0}",
    "fail {'what': 'reset', 'probability': 1.1}",
    "set_balance {'balance': 'much'}",
    "configure {'provider_limt': 1}",
]


@pytest.fixture(scope="module")
def values(run_pytest: Any, shared: Any) -> Any:
    """Return the members of the mock of an own server, and of a shared one."""
    return [read_values(run_pytest(MEMBERS, *options)) for options in ((), (f"--omixa-mock-url={shared}",))]


def read_values(run: Any) -> Any:
    assert run.passed()
    import json

    return json.loads((run.folder / "values.json").read_text())


@pytest.mark.parametrize("key", KEYS)
def test_mock_has_the_same_values_for_both_servers(values: Any, key: str) -> None:
    own, of_shared = values
    assert of_shared[key] == own[key]


def test_every_value_is_compared(values: Any) -> None:
    assert [list(of_server) for of_server in values] == [KEYS, KEYS]


@pytest.mark.parametrize("tail", ["", "/", "/api/v1", "/api/v1/"])
def test_url_may_be_the_base_url(run_pytest_in_process: Any, shared: Any, tail: str) -> None:
    source = """
    def test_it(omixa_mock_server):
        draw()
        omixa_mock_server.assert_single_charge()
        assert omixa_mock_server.base_url == omixa_mock_server.url + "/api/v1"
    """
    assert run_pytest_in_process(source, f"--omixa-mock-url={shared}{tail}").passed()


def test_strictness_applies_to_a_shared_fake(run_pytest_in_process: Any, shared: Any) -> None:
    source = """
    def test_breach(omixa_mock_server):
        draw(size="9x9")

    def test_plan(omixa_mock_server):
        omixa_mock_server.fail(503)

    def test_fine(omixa_mock_server):
        draw()
    """
    run = run_pytest_in_process(source, env={"OMIXA_MOCK_URL": shared})
    assert run.outcomes == {"test_breach": "failed", "test_plan": "failed", "test_fine": "passed"}


PLANS = """
from omixa_mock import faults

def test_it(omixa_mock_server):
    mock = omixa_mock_server
    mock.plan(faults.no_route().times(2), [faults.rate_limited(), "ok"])
    mock.fail(402, when={"n": 2})
    assert [draw(n=n).status_code for n in (1, 1, 1, 2, 2)] == [503, 503, 429, 200, 402]
    mock.assert_plans_exhausted()
"""


def test_plans_are_sent_to_a_shared_fake(run_pytest_in_process: Any, shared: Any) -> None:
    assert run_pytest_in_process(PLANS, f"--omixa-mock-url={shared}").passed()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("fail('reset', when=lambda call: True)", "A predicate cannot travel"),
        ("plan(faults.reset().when(lambda call: True))", "A predicate cannot travel"),
        ("plan({'fail': 'reset', 'when': lambda call: True})", "A predicate cannot travel"),
        ("plan([faults.reset().when(lambda call: True)])", "Plan it by itself"),
        ("fail('reset', when={'prompt': faults})", "module cannot travel"),
    ],
)
def test_plan_that_is_not_json_is_refused(run_pytest_in_process: Any, shared: Any, plan: str, message: str) -> None:
    source = f"""
    from omixa_mock import faults

    def test_it(omixa_mock_server):
        omixa_mock_server.{plan}
    """
    assert message in run_pytest_in_process(source, f"--omixa-mock-url={shared}").error("test_it")


def test_failing_teardown_at_a_shared_fake_is_reported(run_pytest_in_process: Any, shared: Any) -> None:
    source = """
    @pytest.fixture
    def failing(omixa_mock_server):
        yield
        assert False, "the fixture's own"

    def test_it(failing):
        draw()
    """
    run = run_pytest_in_process(source, f"--omixa-mock-url={shared}")
    assert run.outcomes == {"test_it": "passed, teardown failed"}
    assert "INTERNALERROR" not in run.output


LATE = """
KEYS = []

def test_leaks(omixa_mock_server):
    KEYS.append(omixa_mock_server.api_key)

def test_next(omixa_mock_server):
    post({}, key=KEYS[0])
    omixa_mock_server.assert_not_called()
"""
TITLE = "omixa-mock: calls that came after their test"


def test_only_late_calls_of_this_run_are_listed(run_pytest_in_process: Any, shared: Any) -> None:
    for _ in range(2):
        [line] = run_pytest_in_process(LATE, f"--omixa-mock-url={shared}").summary(TITLE)
        assert line.startswith("test_it.py::test_leaks: 401 POST /api/v1/images/generations: The workspace of this key")


def test_late_calls_of_a_test_with_a_long_name_are_listed(run_pytest_in_process: Any, shared: Any) -> None:
    source = LATE.replace("test_leaks(", f"test_leaks_{'x' * 300}(")
    [line] = run_pytest_in_process(source, f"--omixa-mock-url={shared}").summary(TITLE)
    assert line.startswith("test_it.py::test_leaks_xxx")


def test_adopt_is_refused_on_a_shared_fake(run_pytest_in_process: Any, shared: Any) -> None:
    source = "def test_it(omixa_mock_server): omixa_mock_server.adopt('omx_live_fixed')"
    run = run_pytest_in_process(source, f"--omixa-mock-url={shared}")
    assert run.error("test_it").splitlines()[-1] == (
        f"RuntimeError: adopt() would take calls from other runs: the fake at {shared} is shared (--omixa-mock-url). "
        "Run this test without that option, with a server of its own."
    )


def test_guarded_fake_accepts_the_token(run_pytest_in_process: Any, guarded: Any) -> None:
    source = "def test_it(omixa_mock_server): draw(); omixa_mock_server.assert_single_charge()"
    options = f"--omixa-mock-url={guarded}", f"--omixa-mock-control-token={TOKEN}"
    assert run_pytest_in_process(source, *options).passed()


def test_guarded_fake_requires_the_token(run_pytest_in_process: Any, guarded: Any) -> None:
    run = run_pytest_in_process("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={guarded}")
    assert run.text("test_it") == (
        "--omixa-mock-url: The control routes were refused: the header X-Omixa-Mock-Token is missing or wrong. "
        "Send the value of --control-token as --omixa-mock-control-token."
    )


class OtherServer(HTTPServer):
    """HTTP server that is not a fake."""

    status = 200


class OtherHandler(BaseHTTPRequestHandler):
    """Handler of a server that is not a fake."""

    def do_GET(self) -> None:
        assert isinstance(self.server, OtherServer)
        body = b"<h1>Hello</h1>" if self.server.status == 200 else b"{}"
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def other_server() -> Iterator[Any]:
    with OtherServer(("127.0.0.1", 0), OtherHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


REASONS = {
    200: "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    404: "GET /__omixa/health gets 404",
    500: "GET /__omixa/health gets 500",
}


@pytest.mark.parametrize("status", REASONS)
def test_server_that_is_not_a_fake_is_refused(run_pytest_in_process: Any, other_server: Any, status: Any) -> None:
    other_server.status = status
    url = f"http://127.0.0.1:{other_server.server_port}"
    run = run_pytest_in_process("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={url}")
    assert run.text("test_it") == (
        f"--omixa-mock-url: What answers at {url} is no omixa-mock: {REASONS[status]}. Start one: omixa-mock serve"
    )


def test_unreachable_server_is_refused(run_pytest_in_process: Any, other_server: Any) -> None:
    url = f"http://127.0.0.1:{other_server.server_port}"
    other_server.socket.close()
    run = run_pytest_in_process("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={url}")
    assert run.text("test_it") == (
        f"--omixa-mock-url: Nothing answers at {url} ([Errno 111] Connection refused). Start a fake: omixa-mock serve"
    )
