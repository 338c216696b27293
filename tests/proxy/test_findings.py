"""Tests of the validation: requests and responses, refused ones, the log, the control routes, the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.cli.proxy_screen import describe_findings
from omixa_mock.gateway import CATALOGUE

from .conftest import CAT, GENERATE

HEADERS = {"Authorization": "Bearer omx_live_someone_else"}
# Some wrong successes, and a rule that the response breaks.
RULES = {
    "byte_order_mark": "gateway.body.malformed",
    "created_in_ms": "response.created.maximum",
    "fewer_images": "gateway.provider-limit.number",
    "gzip_not_announced": "gateway.body.malformed",
    "gzip_not_applied": "gateway.response.content-encoding",
    "invalid_json": "gateway.body.malformed",
    "other_format": "request.output_format.enum",
    "wrong_content_type": "gateway.response.media-type",
}


def post(url: str, headers: Any = HEADERS, **fields: Any) -> httpx.Response:
    """Send a request; httpx does not decode the body, which may not be what it is announced as."""
    with httpx.stream("POST", f"{url}{GENERATE}", json={**CAT, **fields}, headers=headers, timeout=20) as response:
        b"".join(response.iter_raw())
    return response


def rules_of(url: str) -> list[str]:
    """Return the rules in the proxy's list of calls."""
    calls = httpx.get(f"{url}/__omixa/requests").json()["requests"]
    return [finding["rule"] for call in calls for finding in call["findings"]]


def test_a_request_that_breaks_a_rule_is_passed_on_and_reported(upstream: Any, start: Callable[..., Any]) -> None:
    url = start(upstream.url).url

    assert post(url, n=77).status_code == 422
    assert rules_of(url) == ["request.n.maximum"]


@pytest.mark.parametrize("fault", RULES)
def test_a_wrong_response_is_reported(fault: str, upstream: Any, start: Callable[..., Any]) -> None:
    upstream.fail(fault)
    url = start(upstream.url).url
    post(url, {"Authorization": f"Bearer {upstream.api_key}"}, output_format="png", n=2)

    assert RULES[fault] in rules_of(url)


@pytest.mark.acceptance
def test_each_wrong_success_is_reported(start: Callable[..., Any]) -> None:
    wrong = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success"]
    with omixa_mock.serve() as server:
        proxy = start(server.url)
        for fault in wrong:
            headers = {"Authorization": f"Bearer omx_live_fail_{fault}"}
            post(proxy.url, headers, output_format="png", size="1024x1024", n=2)
        proxy.stop()

    silent = {
        name for name, exchange in zip(wrong, proxy.observer.exchanges, strict=True) if exchange.results["response"].ok
    }
    assert silent == set()


@pytest.mark.parametrize(
    ("call", "status", "rule"),
    [
        ({"json": {**CAT, "n": 77}}, 422, "request.n.maximum"),
        ({"content": b"{"}, 422, "gateway.body.malformed"),
        ({"json": CAT, "headers": {}}, 401, "gateway.key.bearer"),
        ({"json": CAT, "url": "/api/v1/images/edits"}, 404, "gateway.endpoint.unknown-path"),
        ({"content": b"{}", "headers": {**HEADERS, "Content-Type": "text/plain"}}, 415, "gateway.body.media-type"),
    ],
)
def test_a_bad_request_is_refused_before_it_is_sent(
    call: Any, status: int, rule: str, upstream: Any, start: Callable[..., Any]
) -> None:
    url = start(upstream.url, on_bad_request="refuse").url
    headers = {"Content-Type": "application/json", **call.pop("headers", HEADERS)}
    response = httpx.post(url + call.pop("url", GENERATE), headers=headers, **call)

    assert (response.status_code, response.headers["X-Omixa-Mock"]) == (status, "proxy")
    assert rule in response.headers["X-Omixa-Mock-Rules"]
    assert "refused this request before it was sent" in response.json()["error"]["message"]
    assert not upstream.calls
    assert not upstream.unmatched_calls


def test_a_good_request_is_not_refused(upstream: Any, start: Callable[..., Any]) -> None:
    url = start(upstream.url, on_bad_request="refuse").url

    assert post(url, {"Authorization": f"Bearer {upstream.api_key}"}).status_code == 200


def test_the_settings_change_what_is_accepted(upstream: Any, start: Callable[..., Any]) -> None:
    allowing = {"allowed_fields": ["style"]}

    assert rules_after(start(upstream.url).url, style="vivid") == ["request.additionalProperties"]
    assert rules_after(start(upstream.url, settings=allowing).url, style="vivid") == []


@pytest.mark.parametrize(("limit", "rules"), [(1, []), (2, ["gateway.provider-limit.number"])])
def test_fewer_images_than_requested_are_accepted_from_a_provider_that_makes_no_more(
    limit: int, rules: list[str], start: Callable[..., Any]
) -> None:
    with omixa_mock.serve(settings={"provider_limit": 1}) as server:
        url = start(server.url, settings={"provider_limit": limit}).url
        post(url, {"Authorization": f"Bearer {server.api_key}"}, n=2)

        assert rules_of(url) == rules


def rules_after(url: str, **fields: Any) -> list[str]:
    post(url, **fields)
    return [rule for rule in rules_of(url) if rule.startswith("request.")]


def test_the_list_of_calls_has_neither_keys_nor_prompts(upstream: Any, start: Callable[..., Any]) -> None:
    url = start(upstream.url).url
    post(url, prompt="a most secret fox", size="a most secret fox")

    text = httpx.get(f"{url}/__omixa/requests").text
    assert "secret fox" not in text
    assert "someone_else" not in text


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 200), ({"Host": "evil.example"}, 403), ({"Origin": "https://evil.example"}, 403)]
)
def test_control_routes_are_for_this_machine(
    headers: Any, status: int, upstream: Any, start: Callable[..., Any]
) -> None:
    response = httpx.get(f"{start(upstream.url).url}/__omixa/requests", headers=headers)

    assert (response.status_code, response.headers["X-Omixa-Mock"]) == (status, "proxy")


@pytest.mark.parametrize("path", ["/__omixa/workspace", "/__omixa/nothing"])
def test_a_control_call_never_goes_to_the_gateway(path: str, upstream: Any, start: Callable[..., Any]) -> None:
    assert httpx.get(f"{start(upstream.url).url}{path}").status_code == 404
    assert not upstream.unmatched_calls


def test_each_finding_has_a_line(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url)
    post(proxy.url, n=77, quality="best")
    proxy.stop()

    lines = [*describe_findings(proxy.observer.exchanges[0])]
    assert [line.split(": ")[0] for line in lines] == [f"#1 422 POST {GENERATE}"] * 2


def test_findings_point_at_the_line_of_their_entry(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har)
    post(proxy.url)
    post(proxy.url, n=77)
    proxy.stop()

    (finding,) = proxy.observer.report.findings
    entry = json.loads(har.read_text().splitlines()[finding.position.line - 1].rstrip(","))
    assert finding.path == str(har)
    assert entry["_omixaMock"]["brokenRules"] == [{"side": "request", "rule": "request.n.maximum", "pointer": "/n"}]
