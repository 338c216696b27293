"""aiohttp in process beside aioresponses and vcrpy, in either sequence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import aioresponses
import pytest
import vcr
from vcr.cassette import Cassette

import omixa_mock
from omixa_mock import OmixaAdvisory
from omixa_mock.interceptors import PatchFailed, start_interception

OTHER = "https://other.test/"
MODELS = "https://www.omixa.cloud/api/v1/models"
AUTH = {"authorization": "Bearer omx_live_any"}
SEQUENCES = pytest.mark.parametrize("sequence", ["theirs first", "ours first"])
METHODS: list[tuple[type[Any], str]] = [
    (aiohttp.ClientSession, "_request"),
    (aioresponses.aioresponses, "start"),
    *((Cassette, name) for name in ("can_play_response_for", "filter_request", "append")),
]
# Made before every interception, as a decorator of a test is.
DECORATOR = aioresponses.aioresponses()


@pytest.fixture(autouse=True)
def unpatched_neighbours_afterwards() -> Iterator[None]:
    """Fail a test that leaves a neighbour patched."""
    before = [vars(owner)[name] for owner, name in METHODS]
    yield
    assert [vars(owner)[name] for owner, name in METHODS] == before


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return the stack of the context managers of a test."""
    with ExitStack() as stack:
        yield stack


def enter(sequence: str, theirs: AbstractContextManager[Any], stack: ExitStack) -> tuple[Any, omixa_mock.OmixaMock]:
    """Enter a user's mock and an interception, in either sequence."""
    if sequence == "theirs first":
        return stack.enter_context(theirs), stack.enter_context(omixa_mock.intercept())
    mock = stack.enter_context(omixa_mock.intercept())
    return stack.enter_context(theirs), mock


def get(url: str, **options: Any) -> int:
    """Return the status of a call."""

    async def main() -> int:
        async with (
            aiohttp.ClientSession(**options) as session,
            session.get(url, headers=AUTH, allow_redirects=False) as response,
        ):
            await response.read()
            return response.status

    return asyncio.run(main())


# aioresponses


class MockedError(Exception):
    """The answer of a user's route: aioresponses 0.7.9 cannot build a response for aiohttp 3.14."""


def who_answers(url: str, **options: Any) -> str:
    """Return who answers a call: `theirs` or `ours`."""
    try:
        get(url, **options)
    except MockedError:
        return "theirs"
    return "ours"


@SEQUENCES
class TestAioresponses:
    @pytest.fixture(params=["new", "older"])
    def both(
        self, sequence: str, stack: ExitStack, request: pytest.FixtureRequest
    ) -> tuple[aioresponses.aioresponses, omixa_mock.OmixaMock]:
        theirs, mock = enter(sequence, aioresponses.aioresponses() if request.param == "new" else DECORATOR, stack)
        theirs.requests.clear()  # which it does not do itself
        theirs.get(OTHER, exception=MockedError())
        return theirs, mock

    @pytest.mark.usefixtures("both")
    def test_mock_of_the_user_still_works(self) -> None:
        assert who_answers(OTHER) == "theirs"

    @pytest.mark.usefixtures("both")
    def test_omixa_is_intercepted_beside_it(self) -> None:
        assert who_answers(MODELS) == "ours"

    @pytest.mark.usefixtures("both")
    def test_omixa_as_base_url_is_intercepted(self) -> None:
        assert get("/api/v1/models", base_url="https://www.omixa.cloud") == 200

    @pytest.mark.usefixtures("both")
    def test_unmocked_call_is_still_refused(self) -> None:
        with pytest.raises(aiohttp.ClientConnectionError, match="Connection refused"):
            get("https://unknown.test/")

    def test_mock_of_the_user_counts_its_own_calls(
        self, both: tuple[aioresponses.aioresponses, omixa_mock.OmixaMock]
    ) -> None:
        theirs, mock = both
        for url in (OTHER, MODELS):
            who_answers(url)
        assert ([str(url) for _, url in theirs.requests], len(mock.calls)) == ([OTHER], 1)


@SEQUENCES
def test_route_for_omixa_is_bypassed_with_an_advisory(sequence: str, stack: ExitStack) -> None:
    theirs, mock = enter(sequence, aioresponses.aioresponses(), stack)
    theirs.get(MODELS, exception=MockedError())
    assert who_answers(MODELS) == "ours"
    with pytest.warns(OmixaAdvisory, match="for which aioresponses has a route"):
        stack.close()
    assert len(mock.calls) == 1


@pytest.mark.parametrize("first", ["theirs", "ours"])
@SEQUENCES
def test_both_may_end_in_any_sequence(sequence: str, first: str) -> None:
    contexts: dict[str, Any] = {"theirs": aioresponses.aioresponses(), "ours": omixa_mock.intercept()}
    for name in ("theirs", "ours") if sequence == "theirs first" else ("ours", "theirs"):
        contexts[name].__enter__()
    contexts["theirs"].get("https://www.omixa.cloud/other", exception=MockedError())
    contexts.pop(first).__exit__(None, None, None)
    [(left, context)] = contexts.items()
    assert who_answers("https://www.omixa.cloud/other") == left
    context.__exit__(None, None, None)


def test_interception_without_a_flow_leaves_the_call_to_aioresponses() -> None:
    with aioresponses.aioresponses() as theirs, start_interception(lambda _: None):
        theirs.get(MODELS, exception=MockedError())
        assert who_answers(MODELS) == "theirs"


# vcrpy


@pytest.fixture
def cassette(tmp_path: Path) -> Callable[..., Any]:
    """Return a function that opens the cassette of a test."""

    def cassette(record_mode: str = "once", *, play: bool = False) -> Any:
        path = tmp_path / "cassette.yaml"
        if play:
            path.write_text(RECORDED)
        return vcr.use_cassette(str(path), record_mode=record_mode)

    return cassette


# A call to Omixa that was recorded for real.
RECORDED = f"""
interactions:
- request: {{body: null, headers: {{}}, method: GET, uri: "{MODELS}"}}
  response:
    body: {{string: ""}}
    headers: {{}}
    status: {{code: 418, message: recorded}}
version: 1
"""


@SEQUENCES
@pytest.mark.parametrize("record_mode", ["none", "once", "new_episodes", "all"])
@pytest.mark.parametrize("play", [False, True], ids=["empty", "recorded"])
def test_omixa_is_intercepted_beside_a_cassette(
    sequence: str, stack: ExitStack, cassette: Callable[..., Any], record_mode: str, *, play: bool
) -> None:
    _, mock = enter(sequence, cassette(record_mode, play=play), stack)
    assert get(MODELS) == 200
    assert len(mock.calls) == 1


@SEQUENCES
def test_only_calls_to_other_hosts_are_recorded(
    sequence: str, stack: ExitStack, cassette: Callable[..., Any], elsewhere: str
) -> None:
    theirs, _ = enter(sequence, cassette(), stack)
    get(elsewhere)
    get(MODELS)
    assert [request.uri for request in theirs.requests] == [elsewhere]


def test_call_recorded_for_real_stays_in_its_cassette(cassette: Callable[..., Any], elsewhere: str) -> None:
    with omixa_mock.intercept(), cassette("new_episodes", play=True):
        get(MODELS)
        get(elsewhere)
    with cassette("none") as theirs:
        assert [request.uri for request in theirs.requests] == [MODELS, elsewhere]
        assert get(MODELS) == 418


def test_interception_without_a_flow_leaves_the_call_to_the_cassette(cassette: Callable[..., Any]) -> None:
    with cassette("none", play=True), start_interception(lambda _: None):
        assert get(MODELS) == 418


@pytest.mark.parametrize(("owner", "name"), METHODS[1:], ids=[name for _, name in METHODS[1:]])
def test_renamed_method_is_reported_with_its_package(
    monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str
) -> None:
    package = owner.__module__.partition(".")[0]
    with monkeypatch.context() as renamed:
        renamed.delattr(owner, name)
        with pytest.raises(PatchFailed, match=rf"^{package} .* could not be intercepted: .*{name}"):
            omixa_mock.intercept().__enter__()
