"""Messages of the control routes: routes that there are, and values in JSON."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import omixa_mock

NEAR = {
    "journal": "requests",
    "calls": "requests",
    "request": "requests",
    "wallet": "ledger",
    "plans": "faults",
    "fault": "faults",
    "settings": "workspace",
    "openapi": "openapi.json",
    "helth": "health",
    "veredict": "verdict",
}
ROUTES = (
    *("catalogue", "faults", "har", "health", "identify", "ledger", "openapi.json", "requests", "reset", "schemas"),
    *("verdict", "workspace"),
)


def message(response: httpx.Response) -> str:
    return str(response.json()["error"]["message"])


@pytest.mark.parametrize(("name", "near"), NEAR.items())
def test_unknown_route_names_the_nearest(api: httpx.Client, name: str, near: str) -> None:
    response = api.get(f"/__omixa/{name}")
    assert (response.status_code, f"Did you mean /__omixa/{near}?" in message(response)) == (404, True)


def test_unknown_route_lists_all(api: httpx.Client) -> None:
    listed = ", ".join(f"/__omixa/{name}" for name in ROUTES)
    expected = f"There is no control route '/__omixa/qqqq'. There are: {listed}."
    assert message(api.get("/__omixa/qqqq")) == expected


# Body of a refused call, its route, and a part of the message
SPOKEN: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "times": (
        "POST",
        "faults",
        {"fail": "no_route", "times": "2"},
        'times = "2" is not accepted; accepted: 1 or more, or null (None in Python) for ever',
    ),
    "no number": ("POST", "faults", {"fail": "no_route", "times": True}, "times = true is not accepted"),
    "setting": ("PUT", "workspace", {"settings": {"unknown_fields": "no"}}, 'unknown_fields = "no" is not accepted'),
    "null": ("PUT", "workspace", {"settings": {"seed": None}}, "seed = null is not"),
    "name": ("PUT", "workspace", {"balanse": 1}, 'Unknown name "balanse"'),
    "list": ("PUT", "workspace", {"models": ["a", None]}, 'models = ["a", null] is not accepted'),
    "quotes": ("PUT", "workspace", {"balance": 'it\'s "5"'}, 'balance = "it\'s \\"5\\""'),
}


@pytest.mark.parametrize(("method", "route", "body", "text"), SPOKEN.values(), ids=SPOKEN)
def test_message_speaks_json(api: httpx.Client, method: str, route: str, body: dict[str, Any], text: str) -> None:
    assert text in message(api.request(method, f"/__omixa/{route}", json=body))


@pytest.mark.parametrize("change", [{"unknown_fields": True}, {"seed": None}, {"prices": ["a", {"b": 'it\'s "5"'}]}])
def test_message_is_the_same_in_process_and_over_http(api: httpx.Client, change: dict[str, Any]) -> None:
    with omixa_mock.intercept() as mock, pytest.raises(omixa_mock.SettingError) as caught:
        mock.configure(**change)
    assert message(api.put("/__omixa/workspace", json={"settings": change})) == str(caught.value)
