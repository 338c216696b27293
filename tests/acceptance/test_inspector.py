"""The inspector in a real browser: what a person sees and does there, beside a client that is curl."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.cli import main

Play = Callable[..., Any]
DOCS = Path(__file__).parents[2] / "docs"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
# Set to 1, it makes this module write the images of docs/inspector.md.
SCREENSHOTS = "INSPECTOR_SCREENSHOTS"
MARKUP = "<img src=x onerror='window.ran=true'><script>window.ran=true</script>\"&amp;"


@pytest.fixture
def play_at(run_node: Callable[..., Any], browser: str, require: Callable[..., str]) -> Play:
    """Return a function that plays a scenario of node/inspector.mjs at a server."""
    require("curl")

    def play_at(server: OmixaMockServer, scenario: str, **options: Any) -> Any:
        access = {"url": server.url, "key": server.api_key}
        return run_node("inspector.mjs", {"scenario": scenario, **access, **options}, browser)

    return play_at


@pytest.fixture
def play(play_at: Play, server: OmixaMockServer) -> Play:
    """Return a function that plays a scenario at a new fake."""
    return lambda scenario, **options: play_at(server, scenario, **options)


def test_call_appears_within_a_second_with_its_image(play: Play) -> None:
    shown = play("appears")
    assert (shown["status"], shown["width"]) == (200, 1024)
    assert shown["milliseconds"] < 1000


def test_markup_is_text(play: Play) -> None:
    assert play("markup", prompt=MARKUP) == {"title": MARKUP, "shown": True, "elements": 0, "ran": False}


def make_calls(server: OmixaMockServer, number: int) -> None:
    """Make many calls on one connection."""
    parts = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}
    for index in range(number):
        connection.request(
            "POST", f"{parts.path}/images/generations", json.dumps(CAT | {"prompt": f"{index}"}), headers
        )
        connection.getresponse().read()
    connection.close()


def test_five_thousand_calls_scroll_without_freezing(play_at: Play) -> None:
    with omixa_mock.serve(settings={"default_balance": "1000"}) as server:
        make_calls(server, 5000)
        scrolled = play_at(server, "scrolling", calls=5000)
    assert scrolled["rows"] == 5000
    # Milliseconds between two frames, drawn without a GPU.
    assert scrolled["longest"] < 1000


# Plans by click: the choice, the text of the plan, the statuses of the next calls of curl; None without a response.
PLANS: dict[str, tuple[dict[str, str], str, list[int | None]]] = {
    "once": ({"fault": "no_route", "often": "once"}, "no_route once", [503, 200]),
    "twice": ({"fault": "rate_limited", "often": "times"}, "rate_limited 2 times", [429, 429, 200]),
    "for ever": ({"fault": "insufficient_balance", "often": "ever"}, "insufficient_balance for ever", [402, 402, 402]),
    "before capture": ({"fault": "reset", "often": "once"}, "reset once", [None, 200]),
    "after capture": (
        {"fault": "reset", "moment": "after_capture", "often": "once"},
        "reset_after_capture once",
        [None, 200],
    ),
}


@pytest.mark.parametrize(("choice", "text", "statuses"), PLANS.values(), ids=PLANS)
def test_fault_planned_by_click_meets_the_next_calls(
    play: Play, choice: dict[str, str], text: str, statuses: list[int | None]
) -> None:
    found = play("planning", **choice, orders=len(statuses))
    assert found["planned"].startswith(text)
    assert found["statuses"] == statuses


def test_removed_plan_meets_no_call(play: Play) -> None:
    assert play("removing") == 200


def test_balance_and_routes_are_changed_by_the_page(play: Play) -> None:
    assert play("changing")["statuses"] == [200, 402, 503]


def test_page_shows_changed_settings_and_the_curve(play_at: Play) -> None:
    with omixa_mock.serve(settings={"provider_limit": 4}) as server:
        shown = play_at(server, "changing")
    assert "provider_limit4, by default 10" in shown["settings"]
    assert "now 0.011 USD" in shown["curve"]


def test_reset_workspace_begins_anew(play: Play) -> None:
    assert play("resetting") == {"rows": 1, "balance": "99.961"}


def test_page_names_what_it_cannot_show(play_at: Play) -> None:
    with omixa_mock.serve(journal_bytes=1) as server:
        shown = play_at(server, "leftOut")
    assert "--journal-bytes 256MB" in shown["dropped"]
    assert "1 call belongs to no workspace" in shown["unmatched"]
    assert "There is nothing at /nowhere" in shown["unmatched"]


def test_page_shows_the_refusal_of_a_key(play: Play) -> None:
    assert "omx_live_" in play("otherKey")


def test_keyboard_suffices(play: Play) -> None:
    assert play("keyboard") == {"status": 429, "copied": "curl", "outline": "solid"}


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(247, 247, 249)"), ("dark", "rgb(21, 22, 27)")])
def test_axe_finds_nothing(play: Play, scheme: str, background: str, width: int) -> None:
    found = play("accessibility", scheme=scheme, width=width)
    assert found == {"findings": [], "background": background, "overflow": 0}


@pytest.fixture(scope="module")
def orders() -> list[dict[str, Any]]:
    return [{}, {"prompt": 'it\'s "a" $cat'}, {"n": 11}]


def test_copied_commands_repeat_their_calls(
    play: Play, server: OmixaMockServer, orders: list[dict[str, Any]], require: Callable[..., str]
) -> None:
    for texts in play("exports", orders=orders)["found"]:
        subprocess.run([require("sh"), "-c", texts["curl"]], check=True, capture_output=True, timeout=30)
    documents = [call.document for call in server.calls]
    assert documents[len(orders) :] == documents[: len(orders)]


def test_copied_tests_pass(play: Play, orders: list[dict[str, Any]], tmp_path: Path) -> None:
    for number, texts in enumerate(play("exports", orders=orders)["found"]):
        (tmp_path / f"test_{number}.py").write_text(texts["pytest test"], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path)
    assert (done.returncode, f"{len(orders)} passed" in done.stdout) == (0, True), done.stdout


def test_validate_reads_the_downloaded_har(
    play: Play, orders: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "omixa-mock.har"
    path.write_text(json.dumps(play("exports", orders=orders)["har"]), "utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["validate", "--format", "json", str(path)])
    assert caught.value.code == 1  # the third call breaks a rule
    assert "request.n.maximum" in capsys.readouterr().out


def test_page_calls_only_its_own_fake_and_shows_the_key_in_no_url(play: Play, server: OmixaMockServer) -> None:
    sent = play("sealed")["sent"]
    foreign = [request["url"] for request in sent if not request["url"].startswith((f"{server.url}/", "blob:"))]
    shown = [request["url"] for request in sent if server.api_key in request["url"].partition("#")[0]]
    headers = {name for request in sent for name, value in request["headers"].items() if server.api_key in value}
    assert (foreign, shown, headers) == ([], [], {"authorization"})


def test_browser_makes_no_other_call(play: Play, server: OmixaMockServer) -> None:
    play("sealed")
    assert [call.path for call in server.gateway.unmatched] == []


def test_page_keeps_its_own_policy(play: Play) -> None:
    sealed = play("sealed")
    assert (sealed["complaints"], sealed["blocked"]) == ([], True)


def test_page_asks_for_the_control_token(play_at: Play) -> None:
    with omixa_mock.serve(control_token="letmein") as server:
        found = play_at(server, "token", token="letmein")
        assert "X-Omixa-Mock-Token" in found["problem"]
        assert (found["balance"], found["hash"]) == ("100.00", f"#key={server.api_key}")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("inspector.png", {"open": 3, "width": 1200, "height": 760}),
        ("inspector-dark.png", {"open": 1, "width": 1200, "height": 760, "scheme": "dark"}),
    ],
)
def test_screenshots_are_small(play: Play, tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    path = (DOCS if os.environ.get(SCREENSHOTS) == "1" else tmp_path) / name
    play("screenshot", path=str(path), **options)
    assert path.stat().st_size < 150_000
