"""Interceptions beside `responses`, requests-mock and vcrpy: Omixa's hosts are ours, all others stay theirs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
import responses
import urllib3
import vcr
from requests.adapters import HTTPAdapter
from urllib3.util import Retry
from vcr.errors import CannotOverwriteExistingCassetteException

import omixa_mock
from omixa_mock.interceptors import PatchFailed, start_interception

OTHER = "https://other.test/"
OMIXA = "https://www.omixa.cloud/api/v1/models"
AUTH = {"authorization": "Bearer omx_live_any"}
SEQUENCES = ["theirs first", "ours first"]


@dataclass(frozen=True)
class MockLibrary:
    """Library of mocks for requests, behind one interface."""

    make: Callable[[], AbstractContextManager[Any]]
    refusal: type[Exception]
    urls: Callable[[Any], list[str]]

    def add(self, theirs: Any, url: str) -> None:
        """Register a route that answers 418."""
        if isinstance(theirs, responses.RequestsMock):
            theirs.get(url, status=418)
        else:
            theirs.get(url, status_code=418)


LIBRARIES = {
    "responses": MockLibrary(
        lambda: responses.RequestsMock(assert_all_requests_are_fired=False),
        requests.ConnectionError,
        lambda theirs: [call.request.url for call in theirs.calls],
    ),
    "requests-mock": MockLibrary(
        requests_mock.Mocker,
        requests_mock.NoMockAddress,
        lambda theirs: [call.url for call in theirs.request_history],
    ),
}


@pytest.fixture(params=LIBRARIES.values(), ids=[*LIBRARIES])
def library(request: pytest.FixtureRequest) -> MockLibrary:
    """Return each library of mocks."""
    found: MockLibrary = request.param
    return found


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return the stack of the context managers of a test."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=SEQUENCES)
def both(request: pytest.FixtureRequest, library: MockLibrary, stack: ExitStack) -> tuple[Any, omixa_mock.OmixaMock]:
    """Enter a user's mock, with a route for another host, and an interception in either sequence."""
    if request.param == "theirs first":
        theirs, mock = stack.enter_context(library.make()), stack.enter_context(omixa_mock.intercept())
    else:
        mock, theirs = stack.enter_context(omixa_mock.intercept()), stack.enter_context(library.make())
    library.add(theirs, OTHER)
    return theirs, mock


def get(url: str, **options: Any) -> int:
    return requests.get(url, headers=AUTH, timeout=5, **options).status_code


@pytest.mark.usefixtures("both")
def test_mock_of_the_user_answers_for_other_hosts() -> None:
    assert get(OTHER) == 418


@pytest.mark.usefixtures("both")
def test_omixa_is_intercepted() -> None:
    assert get(OMIXA) == 200


@pytest.mark.usefixtures("both")
def test_call_without_a_route_is_still_refused(library: MockLibrary) -> None:
    with pytest.raises(library.refusal):
        get("https://unknown.test/")


def test_each_counts_its_own_calls(library: MockLibrary, both: tuple[Any, omixa_mock.OmixaMock]) -> None:
    theirs, mock = both
    for url in (OTHER, OMIXA):
        get(url)
    assert (library.urls(theirs), [call.path for call in mock.calls]) == ([OTHER], ["/api/v1/models"])


def test_session_used_for_both_hosts_is_intercepted(both: tuple[Any, omixa_mock.OmixaMock]) -> None:
    with requests.Session() as session:
        assert [session.get(url, headers=AUTH).status_code for url in (OTHER, OMIXA, OTHER, OMIXA)] == [418, 200] * 2
    assert len(both[1].calls) == 2


def test_prepared_request_is_intercepted(both: tuple[Any, omixa_mock.OmixaMock]) -> None:
    with requests.Session() as session:
        assert session.send(requests.Request("GET", OMIXA, headers=AUTH).prepare()).status_code == 200
    assert [call.path for call in both[1].calls] == ["/api/v1/models"]


def test_retries_of_an_adapter_run(both: tuple[Any, omixa_mock.OmixaMock]) -> None:
    both[1].fail("no_route", times=2)
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(3, status_forcelist=[503], allowed_methods=None)))
        url, body = f"{both[1].base_url}/images/generations", {"model": "gpt-image-1.5", "prompt": "a cat"}
        assert session.post(url, json=body, headers=AUTH).status_code == 200
    assert [call.status for call in both[1].calls] == [503, 503, 200]


def test_route_for_omixa_is_bypassed_with_an_advisory(
    library: MockLibrary, both: tuple[Any, omixa_mock.OmixaMock], stack: ExitStack
) -> None:
    library.add(both[0], OMIXA)
    with pytest.warns(omixa_mock.OmixaAdvisory, match=r"answered GET .*/models, for which re.* has a route"), stack:
        assert get(OMIXA) == 200


def test_route_for_omixa_answers_a_call_that_no_interception_accepts(library: MockLibrary) -> None:
    with library.make() as theirs, start_interception(lambda _: None):
        library.add(theirs, OMIXA)
        assert get(OMIXA) == 418


@pytest.mark.parametrize("first", [0, 1], ids=["theirs ends first", "ours ends first"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_both_may_end_in_any_sequence(
    library: MockLibrary, sequence: str, first: int, patched: Callable[[], list[Any]]
) -> None:
    before = patched()
    theirs, ours = library.make(), omixa_mock.intercept()
    for entered in (theirs, ours) if sequence == "theirs first" else (ours, theirs):
        entered.__enter__()
    assert get(OMIXA) == 200
    for left in (theirs, ours) if first == 0 else (ours, theirs):
        left.__exit__(None, None, None)
    assert patched() == before


def test_mock_of_the_user_outlives_the_interception(library: MockLibrary) -> None:
    with ExitStack() as stack:
        with omixa_mock.intercept():
            theirs = stack.enter_context(library.make())
        library.add(theirs, OMIXA)
        assert get(OMIXA) == 418


LATE = """
import requests, omixa_mock
with omixa_mock.intercept() as mock:
    import {module}
    with {make} as theirs:
        auth = {{"authorization": "Bearer omx_live_x"}}
        assert requests.get(mock.base_url + "/models", headers=auth, timeout=5).status_code == 200
"""


@pytest.mark.parametrize(
    ("module", "make"), [("responses", "responses.RequestsMock()"), ("requests_mock", "requests_mock.Mocker()")]
)
def test_mock_imported_within_the_test_is_known(module: str, make: str) -> None:
    script = LATE.format(module=module, make=make)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_own_assertion_of_responses_still_fails() -> None:
    theirs = responses.RequestsMock()
    with omixa_mock.intercept(), pytest.raises(AssertionError, match="Not all requests have been executed"), theirs:
        theirs.get(OTHER)


# What only requests-mock has


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_mocker_of_one_session_leaves_omixa_to_us(sequence: str, stack: ExitStack) -> None:
    session = stack.enter_context(requests.Session())
    managers: list[AbstractContextManager[Any]] = [requests_mock.Mocker(session=session), omixa_mock.intercept()]
    for manager in managers if sequence == "theirs first" else reversed(managers):
        stack.enter_context(manager)
    assert session.get(OMIXA, headers=AUTH).status_code == 200


def test_nested_mockers_leave_omixa_to_us() -> None:
    with requests_mock.Mocker() as outer, omixa_mock.intercept(), requests_mock.Mocker() as inner:
        outer.get(OTHER, status_code=418)
        assert get(OMIXA) == 200
        with pytest.raises(requests_mock.NoMockAddress):
            get(OTHER)
        assert [call.url for call in inner.request_history] == [OTHER]


# An adapter of the client's own


@pytest.fixture
def terminal() -> requests_mock.Adapter:
    """Return an adapter that answers everything with 418."""
    adapter = requests_mock.Adapter()
    adapter.register_uri(requests_mock.ANY, requests_mock.ANY, status_code=418)
    return adapter


@pytest.fixture
def own_session(terminal: requests_mock.Adapter) -> Iterator[requests.Session]:
    """Return a session with that adapter."""
    with requests.Session() as session:
        session.mount("https://", terminal)
        yield session


BYPASSED = r"bypassed: the client's own requests_mock\.adapter\.Adapter handled GET .*/models"


def test_adapter_of_the_client_answers_with_an_advisory(own_session: requests.Session) -> None:
    with pytest.warns(omixa_mock.OmixaAdvisory, match=BYPASSED), omixa_mock.intercept() as mock:
        assert own_session.get(OMIXA, headers=AUTH).status_code == 418
    mock.assert_not_called()


def test_adapter_that_fails_is_advised_of(own_session: requests.Session, terminal: requests_mock.Adapter) -> None:
    terminal.register_uri("GET", OMIXA, exc=requests.ConnectTimeout)
    with pytest.warns(omixa_mock.OmixaAdvisory, match=BYPASSED), omixa_mock.intercept(), suppress(requests.Timeout):
        own_session.get(OMIXA, headers=AUTH)


@pytest.mark.usefixtures("mock")
def test_adapter_of_the_client_for_another_host_is_not_advised_of(terminal: requests_mock.Adapter) -> None:
    with requests.Session() as session:
        session.mount(OTHER, terminal)
        assert [session.get(url, headers=AUTH).status_code for url in (OTHER, OMIXA)] == [418, 200]


# vcrpy


def get_by_urllib3(url: str) -> int:
    with urllib3.PoolManager() as manager:
        return manager.request("GET", url, headers=AUTH, retries=False).status


GETTERS = {"requests": get, "urllib3": get_by_urllib3}


@pytest.mark.parametrize("name", GETTERS)
class TestVcr:
    @pytest.fixture(params=["none", "once", "new_episodes"])
    def cassette(self, request: pytest.FixtureRequest, tmp_path: Path) -> AbstractContextManager[Any]:
        """Return a cassette, not yet in use."""
        made: AbstractContextManager[Any] = vcr.use_cassette(str(tmp_path / "it.yaml"), record_mode=request.param)
        return made

    @pytest.fixture(params=SEQUENCES)
    def both(
        self, request: pytest.FixtureRequest, cassette: AbstractContextManager[Any], stack: ExitStack
    ) -> tuple[Any, omixa_mock.OmixaMock]:
        if request.param == "theirs first":
            return stack.enter_context(cassette), stack.enter_context(omixa_mock.intercept())
        mock = stack.enter_context(omixa_mock.intercept())
        return stack.enter_context(cassette), mock

    def test_call_is_answered_by_us_and_not_recorded(
        self, both: tuple[Any, omixa_mock.OmixaMock], name: str, tmp_path: Path, stack: ExitStack
    ) -> None:
        cassette, mock = both
        assert GETTERS[name](OMIXA) == 200
        stack.close()
        assert (len(mock.calls), len(cassette), [*tmp_path.iterdir()]) == (1, 0, [])

    @pytest.mark.parametrize("cassette", ["once", "new_episodes"], indirect=True)
    def test_call_to_another_host_is_recorded(
        self, both: tuple[Any, omixa_mock.OmixaMock], name: str, elsewhere: str
    ) -> None:
        cassette, mock = both
        GETTERS[name](elsewhere)
        assert (len(mock.calls), len(cassette)) == (0, 1)

    @pytest.mark.parametrize("cassette", ["none"], indirect=True)
    def test_unknown_call_to_another_host_is_refused(
        self, both: tuple[Any, omixa_mock.OmixaMock], name: str, elsewhere: str
    ) -> None:
        with pytest.raises(CannotOverwriteExistingCassetteException):
            GETTERS[name](elsewhere)
        both[1].assert_not_called()


def test_call_that_no_interception_accepts_belongs_to_the_cassette(tmp_path: Path) -> None:
    with (
        start_interception(lambda _: None),
        vcr.use_cassette(str(tmp_path / "it.yaml"), record_mode="none"),
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        get(OMIXA)


def test_mock_with_renamed_internals_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(responses.RequestsMock, "_on_request")
    with pytest.raises(PatchFailed, match=r"^responses .* could not be intercepted: .*_on_request"):
        omixa_mock.intercept().__enter__()
