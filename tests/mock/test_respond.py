"""`respond`: a response of the test's own, in process and over a socket."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMock, SettingError
from omixa_mock.gateway import Call
from omixa_mock.gateway.verdict import explain_plan_state
from omixa_mock.mock import RemoteClient

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==")
Ask = Callable[..., httpx.Response]


@pytest.fixture(params=["in process", "over a socket"])
def mock(request: pytest.FixtureRequest) -> Iterator[OmixaMock]:
    with ExitStack() as stack:
        in_process = request.param == "in process"
        yield stack.enter_context(omixa_mock.intercept() if in_process else omixa_mock.serve())


@pytest.fixture
def generate(mock: OmixaMock) -> Iterator[Ask]:
    with httpx.Client(trust_env=False, verify=False, headers={"authorization": f"Bearer {mock.api_key}"}) as client:
        url = f"{mock.base_url}/images/generations"
        yield lambda **fields: client.post(url, json={"model": "gpt-image-1.5", "prompt": "a cat", **fields})


def describe_prompt(call: Call) -> dict[str, Any]:
    return {"prompt": call.request["prompt"]}


# What is given, with further header fields, and the body and media type of the response.
BODIES: dict[str, tuple[Any, dict[str, str], bytes, str]] = {
    "object": ({"a": 1}, {}, b'{"a":1}', "application/json"),
    "list": ([1, None], {}, b"[1,null]", "application/json"),
    "text": ("naïve", {}, "naïve".encode(), "text/plain; charset=utf-8"),
    "text of another type": ("<p>", {"Content-Type": "text/html"}, b"<p>", "text/html"),
    "bytes": (b"\x00\xff", {}, b"\x00\xff", "application/octet-stream"),
    "buffer": (bytearray(b"ab"), {}, b"ab", "application/octet-stream"),
    "nothing": (b"", {}, b"", "application/octet-stream"),
    "function": (describe_prompt, {}, b'{"prompt":"a cat"}', "application/json"),
}


@pytest.mark.parametrize("status", [200, 201, 418, 503])
@pytest.mark.parametrize(("given", "headers", "body", "media_type"), BODIES.values(), ids=BODIES)
def test_client_gets_the_response(
    mock: OmixaMock, generate: Ask, given: Any, headers: dict[str, str], body: bytes, media_type: str, status: int
) -> None:
    mock.respond(given, status=status, headers=headers)
    response = generate()
    actual = (response.status_code, response.content, response.headers["content-type"])
    assert actual == (status, body, media_type)
    assert response.headers["x-omixa-mock-fault"] == "respond"


def test_header_fields_are_sent(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({}, headers={"X-Request-Id": "7"})
    assert generate().headers["x-request-id"] == "7"


@pytest.mark.parametrize("given", [PNG, bytearray(PNG), lambda _: PNG], ids=["bytes", "buffer", "function"])
def test_image_is_the_first_of_a_success(mock: OmixaMock, generate: Ask, given: Any) -> None:
    mock.respond(given)
    document = generate(n=2).json()
    assert base64.b64decode(document["data"][0]["b64_json"]) == PNG
    assert document["usage"]["billed_amount"] == "0.078000"
    assert (len(document["data"]), mock.last.images[0]) == (2, PNG)
    assert mock.identify(mock.last.images[1]) is mock.last


def test_image_in_a_refusal_is_the_body(mock: OmixaMock, generate: Ask) -> None:
    mock.respond(PNG, status=500)
    response = generate()
    assert (response.content, response.headers["content-type"]) == (PNG, "image/png")


def test_success_is_charged_like_the_one_that_it_replaces(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({})
    generate(n=3)
    mock.assert_single_charge()
    assert (str(mock.last.charge), mock.last.fault, mock.last.error) == ("0.117000", "respond", None)


def test_refusal_costs_nothing(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({}, status=503)
    generate()
    assert (mock.last.charged, [entry.kind for entry in mock.ledger]) == (False, ["balance"])


def test_refusal_is_a_planned_one(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({"error": {"message": "no cats"}}, status=451)
    with mock.expect_refusal(451, match="no cats") as refusal:
        generate()
    assert (refusal.error.planned, refusal.error.name) == (True, "respond")


def test_invalid_call_leaves_it_unused(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({"a": 1})
    assert [generate(n=11).status_code, generate().json()] == [422, {"a": 1}]


@pytest.mark.parametrize(("times", "number"), [(1, 1), (2, 2), (None, 3)])
def test_it_comes_so_many_times(mock: OmixaMock, generate: Ask, times: int | None, number: int) -> None:
    mock.respond({"a": 1}, times=times)
    assert [generate().json() for _ in range(3)].count({"a": 1}) == number


@pytest.mark.parametrize("when", [{"n": 2}, lambda call: call.request.get("n") == 2], ids=["fields", "function"])
def test_it_comes_for_some_calls(mock: OmixaMock, generate: Ask, when: Any) -> None:
    mock.respond({"a": 1}, when=when)
    assert [generate(n=n).json() == {"a": 1} for n in (1, 2)] == [False, True]


def test_it_is_one_of_the_plans(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({"a": 1}, times=2)
    mock.fail(503)
    generate()
    assert [(str(state.plan), state.fired) for state in mock.plans] == [
        ("respond (times=2)", 1),
        ("no_route (times=1)", 0),
    ]
    with pytest.raises(AssertionError, match=r"respond \(times=2\): partly used"):
        mock.assert_plans_exhausted()


def test_body_is_as_it_was_when_it_was_planned(mock: OmixaMock, generate: Ask) -> None:
    body = {"a": 1}
    mock.respond(body)
    body["a"] = 2
    assert generate().json() == {"a": 1}


def test_response_of_a_call_reads_as_json(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({"a": 1})
    generate()
    assert mock.last.response.json()["a"] == 1


def fails(_: Call) -> Mapping[str, Any]:
    raise LookupError("no fixture for omx_live_secret")


@pytest.mark.parametrize("function", [fails, lambda _: 7], ids=["raises", "returns no body"])
def test_function_that_fails_is_a_500_and_is_reported(mock: OmixaMock, generate: Ask, function: Any) -> None:
    mock.respond(function)
    response = generate()
    message = response.json()["error"]["message"]
    assert (response.status_code, response.headers["x-omixa-mock-fault"]) == (500, "respond")
    assert message.startswith("The function of respond() raised ")
    assert "omx_live_secret" not in message
    assert (mock.last.lost, "raised" in explain(mock)) == (True, True)


def explain(mock: OmixaMock) -> str:
    return explain_plan_state(mock.plans[0], mock.calls)


async def late(_: Call) -> bytes:
    return b""


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "number": (5, {}, "body = 5 is not accepted; accepted: an object or a list for JSON, text, bytes"),
    "None": (None, {}, "body = null is not accepted"),
    "no JSON": ({"a": object()}, {}, "body cannot be written as JSON"),
    "coroutine function": (late, {}, "body is a coroutine function"),
    "status of no response": ("", {"status": 100}, "status = 100 is not accepted; accepted: 200 to 599 but 204, 205"),
    "status without a body": ("", {"status": 204}, "status = 204 is not accepted"),
    "status as text": ("", {"status": "200"}, 'status = "200" is not accepted'),
    "header on two lines": ("", {"headers": {"x": "a\r\nb: c"}}, "headers: the value of x is not accepted"),
    "header without a name": ("", {"headers": {"": "a"}}, 'headers: the name "" is not accepted'),
    "length": ("", {"headers": {"Content-Length": "1"}}, 'headers: the name "Content-Length" is not accepted'),
    "no times": ("", {"times": 0}, "times = 0 is not accepted"),
    "field that is not there": ("", {"when": {"promt": "a"}}, "a call has no such field. Did you mean prompt"),
}


@pytest.mark.parametrize(("body", "options", "message"), BAD.values(), ids=BAD)
def test_bad_response_is_refused_at_once(mock: OmixaMock, body: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as raised:
        mock.respond(body, **options)
    assert message in str(raised.value)
    assert mock.plans == ()


def test_response_does_not_travel_to_another_process() -> None:
    with omixa_mock.serve() as server:
        remote = OmixaMock(server.base_url, server.api_key, RemoteClient(server.url, server.api_key, ()))
        with pytest.raises(SettingError, match="cannot travel to a fake in another process"):
            remote.respond({})


def test_response_is_listed_by_a_fake_in_another_process() -> None:
    with omixa_mock.serve() as server:
        server.respond({})
        states = RemoteClient(server.url, server.api_key, ()).plan_states()
        assert [str(state.plan) for state in states] == ["respond (times=1)"]


def test_client_that_left_an_own_response_is_an_orphan(mock: OmixaMock, generate: Ask) -> None:
    mock.respond({})
    generate()
    mock.last.client_left = True
    with pytest.raises(AssertionError, match="left without a usable image"):
        mock.assert_no_orphan_charges()
