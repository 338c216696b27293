"""One call in the control routes: its record, the bytes of its images, its exports; pages of a journal and a ledger."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.gateway import CATALOGUE
from omixa_mock.mock.remote_client import RemoteClient

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
PART = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
REMOTE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


@pytest.fixture
def made(api: httpx.Client) -> Callable[..., list[bytes]]:
    """Return a function that requests images, and returns their bytes."""

    def made(**fields: Any) -> list[bytes]:
        data = api.post(GENERATE, json=CAT | fields).raise_for_status().json()["data"]
        return [base64.b64decode(item["b64_json"]) for item in data]

    return made


def refusal(response: httpx.Response) -> str:
    """Return the message of a 404."""
    assert response.status_code == 404, response.text
    return str(response.json()["error"]["message"])


# Record


def test_call_is_the_one_of_the_journal(api: httpx.Client, made: Callable[..., Any]) -> None:
    made()
    [listed] = api.get("/__omixa/requests").json()["calls"]
    assert api.get("/__omixa/requests/1").json().items() >= listed.items()


def test_call_describes_its_images(api: httpx.Client, made: Callable[..., Any]) -> None:
    images = made(n=2, output_format="webp")
    described = [{"media_type": "image/webp", "bytes": len(image)} for image in images]
    assert api.get("/__omixa/requests/1").json()["images"] == described


def test_call_has_its_response_with_the_base64_cut(api: httpx.Client, made: Callable[..., Any]) -> None:
    [image] = made()
    text = base64.b64encode(image).decode()
    response = api.get("/__omixa/requests/1").json()["response"]
    assert (response["status"], response["body"]["usage"]) == (200, {"billed_amount": "0.039000"})
    assert response["body"]["data"][0]["b64_json"] == f"{text[:40]}… ({len(text):,} characters)"


def test_call_has_a_response_that_is_no_json(api: httpx.Client) -> None:
    api.post("/__omixa/faults", json={"fail": "html_page"})
    api.post(GENERATE, json=CAT)
    assert "<html" in api.get("/__omixa/requests/1").json()["response"]["body"].lower()


def test_call_without_a_response_has_none(api: httpx.Client) -> None:
    api.post("/__omixa/faults", json={"fail": "no_response"})
    with pytest.raises(httpx.RemoteProtocolError):
        api.post(GENERATE, json=CAT)
    assert api.get("/__omixa/requests/1").json()["response"] is None


def test_full_call_is_the_one_of_the_full_journal(api: httpx.Client, made: Callable[..., Any]) -> None:
    made(input_images=[PART])
    [listed] = api.get("/__omixa/requests?full=1").json()["calls"]
    assert api.get("/__omixa/requests/1?full=1").json() == listed


@pytest.mark.parametrize("path", ["2", "0", "x", "-1", "1e0", "٣", "9" * 5000])
def test_unknown_call_is_refused_with_the_known_ones(api: httpx.Client, made: Callable[..., Any], path: str) -> None:
    made()
    assert "it has 1 to 1" in refusal(api.get(f"/__omixa/requests/{path}"))


def test_empty_journal_has_no_call(api: httpx.Client) -> None:
    assert "no call has ended" in refusal(api.get("/__omixa/requests/1"))


def test_call_of_another_key_is_not_found(api: httpx.Client, made: Callable[..., Any]) -> None:
    made()
    refusal(api.get("/__omixa/requests/1/images/1", headers={"Authorization": "Bearer omx_live_other"}))


# Images


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_image_is_the_one_of_the_response(api: httpx.Client, made: Callable[..., Any], form: str) -> None:
    images = made(n=2, output_format=form)
    responses = [api.get(f"/__omixa/requests/1/images/{number}") for number in (1, 2)]
    assert [response.content for response in responses] == images
    assert {response.headers["content-type"] for response in responses} == {f"image/{form}"}


@pytest.mark.parametrize("kind", ["input_images", "mask"])
def test_input_image_is_the_one_of_the_request(api: httpx.Client, made: Callable[..., Any], kind: str) -> None:
    [image] = made(background="transparent")
    url = {"url": f"data:image/png;base64,{base64.b64encode(image).decode()}"}
    made(input_images=[{"type": "image_url", "image_url": url}], mask=url["url"])
    response = api.get(f"/__omixa/requests/2/{kind}/1")
    assert (response.content, response.headers["content-type"]) == (image, "image/png")


def test_image_cannot_run_in_a_browser(api: httpx.Client, made: Callable[..., Any]) -> None:
    made()
    headers = api.get("/__omixa/requests/1/images/1").headers
    assert (headers["x-content-type-options"], headers["content-security-policy"]) == ("nosniff", "default-src 'none'")


@pytest.mark.parametrize("path", ["images/0", "images/2", "images/01", "images/x", "input_images/1", "mask/1"])
def test_missing_image_is_refused(api: httpx.Client, made: Callable[..., Any], path: str) -> None:
    made()
    assert path.partition("/")[0] in refusal(api.get(f"/__omixa/requests/1/{path}"))


def test_remote_image_has_no_bytes(api: httpx.Client, made: Callable[..., Any]) -> None:
    api.put("/__omixa/workspace", json={"settings": {"remote_images": "accept"}}).raise_for_status()
    made(input_images=[REMOTE])
    refusal(api.get("/__omixa/requests/1/input_images/1"))


@pytest.fixture
def dropped(http: httpx.Client) -> Any:
    """Return a function that asks for a part of a call whose bytes were dropped."""
    with omixa_mock.serve(journal_bytes=1) as server:
        key = {"Authorization": f"Bearer {server.api_key}"}
        for _ in range(2):
            http.post(server.url + GENERATE, json=CAT | {"prompt": "a" * 5000, "n": 2}, headers=key)
        yield lambda path: http.get(f"{server.url}/__omixa/requests/1{path}", headers=key)


@pytest.mark.parametrize("path", ["/images/1", "/curl", "/pytest"])
def test_dropped_bytes_are_refused_with_the_remedy(dropped: Callable[[str], httpx.Response], path: str) -> None:
    assert "--journal-bytes 256MB" in refusal(dropped(path))


def test_call_describes_no_dropped_images(dropped: Callable[[str], httpx.Response]) -> None:
    assert dropped("").json()["images"] is None


# Exports


def test_command_has_the_key_and_the_url(server: OmixaMockServer, api: httpx.Client, made: Callable[..., Any]) -> None:
    made()
    words = shlex.split(api.get("/__omixa/requests/1/curl").text)
    assert (words[:2], f"Authorization: Bearer {server.api_key}" in words) == (["curl", server.url + GENERATE], True)


def test_pytest_test_has_the_changed_settings(api: httpx.Client, made: Callable[..., Any]) -> None:
    api.put("/__omixa/workspace", json={"settings": {"provider_limit": 4}})
    made()
    assert "@pytest.mark.omixa_mock(provider_limit=4)" in api.get("/__omixa/requests/1/pytest").text


def test_har_of_a_call_has_its_entry_alone(api: httpx.Client, made: Callable[..., Any]) -> None:
    made()
    made(n=2)
    [entry] = api.get("/__omixa/requests/2/har").json()["log"]["entries"]
    assert json.loads(entry["request"]["postData"]["text"]) == CAT | {"n": 2}


def test_har_of_the_journal_takes_its_filters(api: httpx.Client) -> None:
    for number in (1, 2, 3, 11):
        api.post(GENERATE, json=CAT | {"n": number})
    entries = api.get("/__omixa/har?status=200&since=1&limit=1").json()["log"]["entries"]
    assert [json.loads(entry["request"]["postData"]["text"])["n"] for entry in entries] == [3]


@pytest.mark.parametrize("path", ["yaml", "images", "images/1/2", "nothing/1"])
def test_unknown_part_is_refused(api: httpx.Client, made: Callable[..., Any], path: str) -> None:
    made()
    refusal(api.get(f"/__omixa/requests/1/{path}"))


# Pages


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("before=3", [1, 2]), ("before=4&limit=2", [2, 3]), ("since=1&before=4", [2, 3]), ("before=1", [])],
)
def test_journal_is_read_in_pages(api: httpx.Client, made: Callable[..., Any], query: str, numbers: list[int]) -> None:
    for _ in range(4):
        made()
    assert [call["number"] for call in api.get(f"/__omixa/requests?{query}").json()["calls"]] == numbers


def test_page_is_sorted_by_number(server: OmixaMockServer, api: httpx.Client, made: Callable[..., Any]) -> None:
    for _ in range(3):
        made()
    journal = server.gateway.workspaces.enter(server.api_key).journal
    first, second, third = journal
    journal.clear()
    for call in (second, third, first):  # the first call ended last
        journal.append(call)
    assert [call["number"] for call in api.get("/__omixa/requests?before=4&limit=2").json()["calls"]] == [2, 3]


@pytest.mark.parametrize("name", ["since", "before"])
def test_unmatched_calls_have_no_pages(api: httpx.Client, name: str) -> None:
    response = api.get(f"/__omixa/requests?unmatched=1&{name}=1")
    assert (response.status_code, f"Leave out {name}" in response.text) == (422, True)


@pytest.mark.parametrize(
    ("query", "numbers"), [("call=2", [4, 5]), ("since=3", [4, 5]), ("limit=1", [5]), ("call=9", []), ("since=9", [])]
)
def test_ledger_is_read_in_parts(api: httpx.Client, made: Callable[..., Any], query: str, numbers: list[int]) -> None:
    for _ in range(2):
        made()
    assert [entry["number"] for entry in api.get(f"/__omixa/ledger?{query}").json()["entries"]] == numbers


# Plans, catalogue, workspace


def test_one_plan_is_removed(api: httpx.Client) -> None:
    for fault in ("reset", "no_route", "drip"):
        api.post("/__omixa/faults", json={"fail": fault})
    left = api.delete("/__omixa/faults?number=2").json()["plans"]
    assert [state["plan"]["fail"] for state in left] == [["reset"], ["drip"]]


def test_unknown_plan_is_refused_and_none_is_removed(api: httpx.Client) -> None:
    api.post("/__omixa/faults", json={"fail": "reset"})
    assert "/__omixa/faults" in refusal(api.delete("/__omixa/faults?number=2"))
    assert len(api.get("/__omixa/faults").json()["plans"]) == 1


def test_catalogue_has_every_fault_with_its_moments(api: httpx.Client) -> None:
    faults = api.get("/__omixa/catalogue").json()["faults"]
    assert [(fault["name"], tuple(fault["moments"])) for fault in faults] == [
        (name, kind.moments) for name, kind in CATALOGUE.items()
    ]


def test_catalogue_has_only_faults_that_can_be_planned() -> None:
    app = omixa_mock.asgi_app(control_token="letmein", base_url="http://127.0.0.1/api/v1")
    client = TestClient(app, "http://127.0.0.1", headers={"X-Omixa-Mock-Token": "letmein"})
    names = {fault["name"] for fault in client.get("/__omixa/catalogue").json()["faults"]}
    assert ("no_route" in names, "reset" in names) == (True, False)


def test_workspace_has_the_defaults_of_changed_settings(api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"provider_limit": 4, "latency": "1ms"}})
    workspace = api.get("/__omixa/workspace").json()
    assert workspace["defaults"] == {"provider_limit": 10, "latency": "0s"}


def test_workspace_has_its_routes(api: httpx.Client) -> None:
    routes = api.get("/__omixa/workspace").json()["routes"]
    assert api.put("/__omixa/workspace", json={"routes_down": routes}).json()["routes_down"] == routes


def test_workspace_numbers_the_calls_under_way(server: OmixaMockServer, api: httpx.Client) -> None:
    server.gateway.workspaces.enter(server.api_key).next_number()
    assert api.get("/__omixa/workspace").json()["calls_under_way"] == [1]


def test_remote_mock_reads_a_workspace_with_these_members(server: OmixaMockServer) -> None:
    client = RemoteClient(server.url, server.api_key, omixa_mock.shipped_contract().field_names)
    assert str(client.wallet().balance) == "100.000000"
