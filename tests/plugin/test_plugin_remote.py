"""One fake for many runs: `--omixa-mock-url` gives the same handle, and refuses what is no fake."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # a pytest run for each test

TOKEN = "a-token"


# One fake, and two behind nginx that share a URL.
SERVED = ("serve_process", "serve_replicas")


@pytest.fixture(scope="module", params=SERVED)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a fake in a process of its own."""
    yield from serving(request, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module", params=SERVED)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same with a token on its control routes."""
    yield from serving(request, tmp_path_factory.mktemp("guarded"), "--control-token", TOKEN)


def serving(request: pytest.FixtureRequest, folder: Path, *options: str) -> Iterator[str]:
    with request.getfixturevalue(request.param)(folder / "served", *options) as served:
        yield getattr(served, "url", served)


# What a test asks of its handle; the answers of both servers are compared.
MEMBERS = """
import json
from decimal import Decimal
from pathlib import Path

pytestmark = pytest.mark.acceptance  # a second server, asked over HTTP for everything

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="

def plain(value):
    return repr(value)

@pytest.mark.omixa_mock(strict=False, balance="5", seed=3)
def test_it(omixa_mock_server, tmp_path):
    h = omixa_mock_server
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}}
    draw("a cat", output_format="webp")
    draw("blue", input_images=[image], input_fidelity="high", n=2)
    draw("bad", size="9x9")
    h.fail(["no_route", "ok", 402])
    h.fail(503, times=None)
    draw("planned")
    h.configure(provider_limit=1)
    h.routes_down("azure-openai")
    draw("limited", n=3)
    h.set_balance("1.25")
    h.allow_models()
    draw("not allowed")
    with h.expect_refusal(403):
        draw("expected")
    (tmp_path / "cat").write_bytes(h.calls[0].images[0])
    told = {}
    for call in h.calls:
        told[f"call {call.number}"] = {
            name: plain(getattr(call, name))
            for name in (
                "method", "path", "endpoint", "number", "created", "received", "request", "order", "error",
                "advisories", "attempts", "fingerprints", "charge", "response", "client_left", "replayed", "status",
                "fault", "operation", "fields", "images", "mask", "images", "route",
            )
        }
        told[f"call {call.number}"]["headers"] = sorted(set(call.headers) - {"host", "connection"})
    told["last"] = h.last.number
    told["identify"] = h.identify(tmp_path / "cat").number
    told["wallet"] = plain(h.wallet)
    told["ledger"] = plain(h.ledger)
    told["plans"] = plain(h.plans)
    told["expected"] = [h.is_expected(call) for call in h.calls]
    told["called"] = h.assert_called(prompt="blue", n=2, operation="edit", status=200).number
    told["strays"] = plain(h.unmatched_calls)
    told["env"] = sorted(h.env(openai=True))
    for method, arguments in ASSERTS:
        try:
            getattr(h, method)(**arguments)
            told[f"{method} {arguments}"] = "held"
        except (AssertionError, ValueError) as error:
            told[f"{method} {arguments}"] = f"{type(error).__name__}: {error}"
    Path("told.json").write_text(json.dumps(told))

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
    *("last", "identify", "wallet", "ledger", "plans", "expected", "called", "strays", "env"),
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
def answers(play: Any, shared: Any) -> Any:
    """What the handle said of a server of its own, and of a shared one."""
    return [read_answers(play(MEMBERS, *options)) for options in ((), (f"--omixa-mock-url={shared}",))]


def read_answers(played: Any) -> Any:
    assert played.passed()
    import json

    return json.loads((played.folder / "told.json").read_text())


@pytest.mark.parametrize("key", KEYS)
def test_handle_says_the_same_of_both_servers(answers: Any, key: str) -> None:
    own, other = answers
    assert other[key] == own[key]


def test_every_answer_is_compared(answers: Any) -> None:
    assert [list(answer) for answer in answers] == [KEYS, KEYS]


@pytest.mark.parametrize("tail", ["", "/", "/api/v1", "/api/v1/"])
def test_the_url_may_be_the_base_url(play_here: Any, shared: Any, tail: str) -> None:
    source = """
    def test_it(omixa_mock_server):
        draw()
        omixa_mock_server.assert_single_charge()
        assert omixa_mock_server.base_url == omixa_mock_server.url + "/api/v1"
    """
    assert play_here(source, f"--omixa-mock-url={shared}{tail}").passed()


def test_strictness_judges_a_shared_fake_too(play_here: Any, shared: Any) -> None:
    source = """
    def test_breach(omixa_mock_server):
        draw(size="9x9")

    def test_plan(omixa_mock_server):
        omixa_mock_server.fail(503)

    def test_fine(omixa_mock_server):
        draw()
    """
    played = play_here(source, env={"OMIXA_MOCK_URL": shared})
    assert played.outcomes == {"test_breach": "failed", "test_plan": "failed", "test_fine": "passed"}


PLANS = """
from omixa_mock import faults

def test_it(omixa_mock_server):
    h = omixa_mock_server
    h.plan(faults.no_route().times(2), [faults.rate_limited(), "ok"])
    h.fail(402, when={"n": 2})
    assert [draw(n=n).status_code for n in (1, 1, 1, 2, 2)] == [503, 503, 429, 200, 402]
    h.assert_plans_exhausted()
"""


def test_plans_travel_to_a_shared_fake(play_here: Any, shared: Any) -> None:
    assert play_here(PLANS, f"--omixa-mock-url={shared}").passed()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("fail('reset', when=lambda call: True)", "A predicate cannot travel"),
        ("plan(faults.reset().when(lambda call: True))", "A predicate cannot travel"),
        ("plan({'fail': 'reset', 'when': lambda call: True})", "A predicate cannot travel"),
        ("plan([faults.reset().when(lambda call: True)])", "Plan it by itself"),
        ("fail('reset', when={'prompt': faults})", "module cannot travel"),
    ],
)
def test_what_is_no_json_does_not_travel(play_here: Any, shared: Any, plan: str, said: str) -> None:
    source = f"""
    from omixa_mock import faults

    def test_it(omixa_mock_server):
        omixa_mock_server.{plan}
    """
    assert said in play_here(source, f"--omixa-mock-url={shared}").error("test_it")


def test_a_failing_teardown_at_a_shared_fake_is_told(play_here: Any, shared: Any) -> None:
    source = """
    @pytest.fixture
    def failing(omixa_mock_server):
        yield
        assert False, "the fixture's own"

    def test_it(failing):
        draw()
    """
    played = play_here(source, f"--omixa-mock-url={shared}")
    assert played.outcomes == {"test_it": "passed, teardown failed"}
    assert "INTERNALERROR" not in played.output


LATE = """
KEYS = []

def test_leaks(omixa_mock_server):
    KEYS.append(omixa_mock_server.api_key)

def test_next(omixa_mock_server):
    post({}, key=KEYS[0])
    omixa_mock_server.assert_not_called()
"""
TITLE = "omixa-mock: calls that came after their test"


def test_late_calls_of_this_run_alone_are_listed(play_here: Any, shared: Any) -> None:
    for _ in range(2):
        [line] = play_here(LATE, f"--omixa-mock-url={shared}").summary(TITLE)
        assert line.startswith("test_it.py::test_leaks: 401 POST /api/v1/images/generations: The workspace of this key")


def test_late_calls_of_a_test_with_a_long_name_are_listed(play_here: Any, shared: Any) -> None:
    source = LATE.replace("test_leaks(", f"test_leaks_{'x' * 300}(")
    [line] = play_here(source, f"--omixa-mock-url={shared}").summary(TITLE)
    assert line.startswith("test_it.py::test_leaks_xxx")


def test_adopt_is_refused_on_a_shared_fake(play_here: Any, shared: Any) -> None:
    source = "def test_it(omixa_mock_server): omixa_mock_server.adopt('omx_live_fixed')"
    played = play_here(source, f"--omixa-mock-url={shared}")
    assert played.error("test_it").splitlines()[-1] == (
        f"RuntimeError: adopt() would take calls from other runs: the fake at {shared} is shared (--omixa-mock-url). "
        "Run this test without that option, with a server of its own."
    )


def test_a_guarded_fake_takes_the_token(play_here: Any, guarded: Any) -> None:
    source = "def test_it(omixa_mock_server): draw(); omixa_mock_server.assert_single_charge()"
    options = f"--omixa-mock-url={guarded}", f"--omixa-mock-control-token={TOKEN}"
    assert play_here(source, *options).passed()


def test_a_guarded_fake_asks_for_the_token(play_here: Any, guarded: Any) -> None:
    played = play_here("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={guarded}")
    assert played.text("test_it") == (
        "--omixa-mock-url: The control routes were refused: the header X-Omixa-Mock-Token is missing or wrong. "
        "Send the value of --control-token as --omixa-mock-control-token."
    )


class StrangeServer(HTTPServer):
    """A server of something else."""

    status = 200


class Stranger(BaseHTTPRequestHandler):
    """Something else that listens there."""

    def do_GET(self) -> None:
        assert isinstance(self.server, StrangeServer)
        body = b"<h1>Hello</h1>" if self.server.status == 200 else b"{}"
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[Any]:
    with StrangeServer(("127.0.0.1", 0), Stranger) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


STRANGERS = {
    200: "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    404: "GET /__omixa/health gets 404",
    500: "GET /__omixa/health gets 500",
}


@pytest.mark.parametrize("status", STRANGERS)
def test_what_is_no_fake_is_refused(play_here: Any, stranger: Any, status: Any) -> None:
    stranger.status = status
    url = f"http://127.0.0.1:{stranger.server_port}"
    played = play_here("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={url}")
    assert played.text("test_it") == (
        f"--omixa-mock-url: What answers at {url} is no omixa-mock: {STRANGERS[status]}. Start one: omixa-mock serve"
    )


def test_nobody_there_is_told(play_here: Any, stranger: Any) -> None:
    url = f"http://127.0.0.1:{stranger.server_port}"
    stranger.socket.close()
    played = play_here("def test_it(omixa_mock_server): pass", f"--omixa-mock-url={url}")
    assert played.text("test_it") == (
        f"--omixa-mock-url: Nothing answers at {url} ([Errno 111] Connection refused). Start a fake: omixa-mock serve"
    )
