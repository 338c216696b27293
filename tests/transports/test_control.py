"""Control routes: configuration of the fake, and its journal, from any language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from queue import Queue
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

import omixa_mock
from omixa_mock import Call, OmixaMockServer

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"
PATHS = {
    "/__omixa/health": "GET, HEAD",
    "/__omixa/workspace": "GET, PUT, DELETE, HEAD",
    "/__omixa/requests": "GET, HEAD",
    "/__omixa/har": "GET, HEAD",
    "/__omixa/catalogue": "GET, HEAD",
    "/__omixa/ledger": "GET, HEAD",
    "/__omixa/verdict": "GET, HEAD",
    "/__omixa/identify": "POST",
    "/__omixa/faults": "GET, POST, DELETE, HEAD",
    "/__omixa/reset": "POST",
    "/__omixa/schemas": "GET, HEAD",
    "/__omixa/schemas/error": "GET, HEAD",
    "/__omixa/openapi.json": "GET, HEAD",
}
READS = [path for path, methods in PATHS.items() if "GET" in methods]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_health_names_the_fake(api: httpx.Client) -> None:
    health = api.get("/__omixa/health").json()
    assert re.fullmatch("[0-9a-f]{16}", health.pop("instance"))
    assert health == {
        "name": "omixa-mock",
        "version": omixa_mock.__version__,
        "status": "ok",
        "workspaces": 0,
        "workspaces_dropped": 0,
        "tombstones_dropped": 0,
    }


def test_health_distinguishes_fakes(http: httpx.Client) -> None:
    with omixa_mock.serve() as first, omixa_mock.serve() as second:
        servers = (first, first, second)
        ids = [http.get(f"{server.url}/__omixa/health").json()["instance"] for server in servers]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


def test_health_needs_no_key(server: OmixaMockServer, http: httpx.Client) -> None:
    assert http.get(f"{server.url}/__omixa/health").status_code == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_read_succeeds(api: httpx.Client, path: str, method: str) -> None:
    assert api.request(method, path).status_code == 200


@pytest.mark.parametrize("path", [*PATHS, "/__omixa/nothing", "/__omixa/", "/__omixa"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "OPTIONS"])
def test_every_control_response_names_the_fake(api: httpx.Client, path: str, method: str) -> None:
    assert api.request(method, path).headers["x-omixa-mock"] == omixa_mock.__version__


@pytest.mark.parametrize("path", [*PATHS, "/__omixa/nothing", "/__omixa/health/", "/__omixa//health"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "OPTIONS"])
def test_every_control_response_is_json(api: httpx.Client, path: str, method: str) -> None:
    response = api.request(method, path)
    assert (response.headers["content-type"], type(response.json())) == ("application/json", dict)


@pytest.mark.parametrize(("path", "methods"), PATHS.items())
def test_wrong_method_is_refused_with_the_allowed_ones(api: httpx.Client, path: str, methods: str) -> None:
    response = api.patch(path)
    assert (response.status_code, response.headers["allow"]) == (405, methods)


# Workspaces


@pytest.fixture
def workspace(api: httpx.Client) -> Any:
    """Change every member of a workspace by PUT, and return the response."""
    changes = {
        "balance": "5.5",
        "models": ["gpt-image-1.5"],
        "routes_down": ["azure-openai"],
        "settings": {"seed": 7, "default_format": "webp"},
    }
    return api.put("/__omixa/workspace", json=changes).raise_for_status().json()


@pytest.mark.parametrize(
    ("name", "value"),
    [("balance", "5.500000"), ("models", ["gpt-image-1.5"]), ("restricted", True), ("routes_down", ["azure-openai"])],
)
def test_put_returns_the_new_state(workspace: Any, name: str, value: Any) -> None:
    assert workspace[name] == value


def test_put_changes_settings(workspace: Any) -> None:
    assert (workspace["settings"]["seed"], workspace["settings"]["default_format"]) == (7, "webp")


def test_put_leaves_other_settings_as_they_were(workspace: Any) -> None:
    assert workspace["settings"]["success_status"] == 200


def test_get_returns_the_same_as_put(api: httpx.Client, workspace: Any) -> None:
    assert api.get("/__omixa/workspace").json() == workspace


@pytest.mark.usefixtures("workspace")
def test_reset_begins_anew(api: httpx.Client) -> None:
    assert api.post("/__omixa/reset").json()["balance"] == "100.000000"


@pytest.mark.usefixtures("workspace")
def test_reset_forgets_settings(api: httpx.Client) -> None:
    assert api.post("/__omixa/reset").json()["settings"]["seed"] == 0


def test_reset_forgets_calls(api: httpx.Client) -> None:
    api.post(GENERATE, json=CAT)
    api.post("/__omixa/reset")
    assert api.get("/__omixa/requests").json() == {"evicted": 0, "shed": 0, "calls": []}


@pytest.mark.usefixtures("workspace")
def test_another_key_has_a_workspace_of_its_own(api: httpx.Client) -> None:
    assert api.get("/__omixa/workspace", headers=bearer("omx_live_other")).json()["balance"] == "100.000000"


def test_put_opens_a_workspace_if_keys_are_issued(http: httpx.Client) -> None:
    with omixa_mock.serve(keys="issued") as server:
        http.put(f"{server.url}/__omixa/workspace", json={}, headers=bearer("omx_live_mock_gw0_1"))
        response = http.get(f"{server.base_url}/models", headers=bearer("omx_live_mock_gw0_1"))
    assert response.status_code == 200


def test_any_setting_at_its_default_can_be_put_back(api: httpx.Client) -> None:
    settings = api.get("/__omixa/workspace").json()["settings"]
    assert api.put("/__omixa/workspace", json={"settings": settings}).json()["settings"] == settings


# Tombstones


@pytest.fixture
def late(api: httpx.Client) -> httpx.Response:
    """Call a workspace that was closed under a test's name, and return the response."""
    api.put("/__omixa/workspace", json={})
    api.delete("/__omixa/workspace", params={"name": "test_pays_once"})
    return api.post(GENERATE, json=CAT)


def test_closing_is_confirmed(api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={})
    assert api.delete("/__omixa/workspace").json()["closed"] is True


def test_late_call_is_refused(late: httpx.Response) -> None:
    assert late.status_code == 401


def test_refusal_of_a_late_call_has_its_name(late: httpx.Response) -> None:
    assert "test_pays_once" in late.json()["error"]["message"]


@pytest.mark.usefixtures("late")
def test_late_call_is_reported_under_its_name(api: httpx.Client) -> None:
    (call,) = api.get("/__omixa/requests?unmatched=1").json()["calls"]
    assert "test_pays_once" in call["error"]["message"]


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("path", ["workspace", "requests", "ledger", "verdict"])
def test_closed_workspace_cannot_be_read(api: httpx.Client, path: str) -> None:
    assert api.get(f"/__omixa/{path}").status_code == 401


@pytest.mark.usefixtures("late")
def test_closed_workspace_can_be_opened_anew(api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={})
    assert api.post(GENERATE, json=CAT).status_code == 200


# Journal and ledger


@pytest.fixture
def call(api: httpx.Client) -> Any:
    """Make one successful call, and return its record in the journal."""
    api.post(GENERATE, json=CAT)
    (call,) = api.get("/__omixa/requests").json()["calls"]
    return call


@pytest.mark.parametrize(
    ("name", "value"),
    [("request", CAT), ("status", 200), ("charge", "0.039000"), ("path", GENERATE), ("number", 1), ("error", None)],
)
def test_journal_records_a_call(call: Any, name: str, value: Any) -> None:
    assert call[name] == value


def test_journal_records_a_refusal(api: httpx.Client) -> None:
    api.post(GENERATE, json=CAT | {"n": 11})
    (call,) = api.get("/__omixa/requests").json()["calls"]
    assert call["rules"] == ["request.n.maximum"]


def test_control_calls_are_not_in_the_journal(api: httpx.Client) -> None:
    api.get("/__omixa/workspace")
    assert api.get("/__omixa/requests").json()["calls"] == []


def test_unmatched_calls_are_those_without_a_workspace(api: httpx.Client) -> None:
    api.get("/nowhere")
    api.post(GENERATE, json=CAT)
    (call,) = api.get("/__omixa/requests?unmatched=1").json()["calls"]
    assert call["path"] == "/nowhere"


@pytest.mark.usefixtures("call")
def test_ledger_records_hold_and_capture(api: httpx.Client) -> None:
    entries = api.get("/__omixa/ledger").json()["entries"]
    assert [(entry["kind"], entry["amount"]) for entry in entries] == [
        ("balance", "100.000000"),
        ("hold", "0.039000"),
        ("capture", "0.039000"),
    ]


@pytest.mark.usefixtures("call")
@pytest.mark.parametrize(("name", "value"), [("balance", "99.961000"), ("held", "0.000000"), ("captured", "0.039000")])
def test_ledger_sums_up(api: httpx.Client, name: str, value: str) -> None:
    assert api.get("/__omixa/ledger").json()[name] == value


# Schemas


def test_schemas_lists_the_shipped_documents(api: httpx.Client) -> None:
    assert set(api.get("/__omixa/schemas").json()["schemas"]) == set(omixa_mock.shipped_contract().schemas())


@pytest.mark.parametrize("name", omixa_mock.shipped_contract().schemas())
@pytest.mark.parametrize("ending", ["", ".json", "/", ".json/"])
def test_schema_is_served_as_shipped(api: httpx.Client, name: str, ending: str) -> None:
    assert api.get(f"/__omixa/schemas/{name}{ending}").json() == omixa_mock.shipped_contract().schemas()[name]


def test_list_of_schemas_is_served_with_a_slash(api: httpx.Client) -> None:
    assert api.get("/__omixa/schemas/").json() == api.get("/__omixa/schemas").json()


def test_unknown_schema_is_refused_with_the_known_ones(api: httpx.Client) -> None:
    response = api.get("/__omixa/schemas/nothing")
    assert (response.status_code, "gpt-image-1.5" in response.json()["error"]["message"]) == (404, True)


# OpenAPI


@pytest.fixture
def openapi(api: httpx.Client) -> Any:
    return api.get("/__omixa/openapi.json").json()


def nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def look_up(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


def test_openapi_is_of_a_version_with_json_schema(openapi: Any) -> None:
    assert openapi["openapi"].startswith("3.1.")


def test_openapi_has_every_endpoint(openapi: Any) -> None:
    assert {path: list(item) for path, item in openapi["paths"].items()} == {
        GENERATE: ["post"],
        "/api/v1/models": ["get"],
        "/api/v1/usage/requests": ["get"],
        "/api/v1/usage/rollups": ["get"],
    }


def test_openapi_references_resolve(openapi: Any) -> None:
    references = [
        node["$ref"] for node in nodes(openapi) if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    ]
    assert all(look_up(openapi, reference) for reference in references)


def test_openapi_references_stay_within_the_document(openapi: Any) -> None:
    references = [
        node["$ref"] for node in nodes(openapi) if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    ]
    assert references
    assert all(reference.startswith("#/components/") for reference in references)


def test_openapi_component_names_are_valid(openapi: Any) -> None:
    names = [name for kind in openapi["components"].values() for name in kind]
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in names)


def test_openapi_schemas_keep_the_metaschema(openapi: Any) -> None:
    for schema in openapi["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("body", "valid"), [(CAT, True), (CAT | {"n": 11}, False), (CAT | {"input_images": [{"type": "x"}]}, False)]
)
def test_openapi_validates_as_the_gateway_does(api: httpx.Client, openapi: Any, body: Any, *, valid: bool) -> None:
    validator = Draft202012Validator({**openapi, "$ref": "#/components/schemas/ImageRequest"})
    assert (validator.is_valid(body), api.post(GENERATE, json=body).is_success) == (valid, valid)


def test_openapi_sends_generated_clients_to_the_fake(api: httpx.Client, openapi: Any) -> None:
    assert openapi["servers"][0]["url"] == str(api.base_url).rstrip("/")


def test_openapi_operations_have_distinct_ids(openapi: Any) -> None:
    ids = [operation["operationId"] for item in openapi["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids) == 4


# Errors

BAD_PUTS: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "not JSON"),
    "empty": (b"", "not JSON"),
    "no object": (b"[]", "not an object"),
    "not UTF-8": (b'{"\xff": 1}', "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "unknown member": (b'{"balanc": 1}', "settings, balance, models, routes_down"),
    "unknown setting": (b'{"settings": {"sed": 1}}', "Did you mean seed?"),
    "settings no table": (b'{"settings": 1}', "not a table"),
    "bad balance": (b'{"balance": -1}', "0 or more USD"),
    "balance no number": (b'{"balance": {}}', "0 or more USD"),
    "infinite balance": (b'{"balance": "1e400"}', "0 or more USD"),
    "number beyond all": (b'{"balance": 1e400}', "not JSON"),
    "models no list": (b'{"models": 5}', "a list of gpt-image-1.5"),
    "unknown model": (b'{"models": ["dall-e-3"]}', "a list of gpt-image-1.5"),
    "model no name": (b'{"models": [[]]}', "a list of gpt-image-1.5"),
    "routes no list": (b'{"routes_down": 5}', "azure-openai"),
    "unknown route": (b'{"routes_down": ["google"]}', "azure-openai"),
    "bad choice": (b'{"settings": {"vary": "always"}}', "none, call"),
    "bad number": (b'{"settings": {"seed": "x"}}', "a whole number"),
    "infinite number": (b'{"settings": {"seed": "inf"}}', "a whole number"),
    "bad price": (b'{"settings": {"prices": {"gpt-image-1.5": {"base": [1]}}}}', "is not a price"),
    "price of no model": (b'{"settings": {"prices": {"x": 1}}}', "gpt-image-1.5"),
    "bad routes": (b'{"settings": {"routes": {"gpt-image-1.5": 5}}}', "a list of names"),
    "unknown error": (b'{"settings": {"errors": {"nope": {}}}}', "invalid_key"),
    "bad status": (b'{"settings": {"errors": {"no_route": {"status": 99}}}}', "400 to 599"),
}
BAD = pytest.mark.parametrize(("body", "text"), BAD_PUTS.values(), ids=BAD_PUTS)


@BAD
def test_bad_change_is_refused_with_the_accepted_values(api: httpx.Client, body: bytes, text: str) -> None:
    response = api.put("/__omixa/workspace", content=body)
    assert (response.status_code, text in response.json()["error"]["message"]) == (422, True), response.text


@BAD
def test_bad_change_changes_nothing(api: httpx.Client, body: bytes, text: str) -> None:
    del text
    before = api.get("/__omixa/workspace").json()
    api.put("/__omixa/workspace", content=body)
    assert api.get("/__omixa/workspace").json() == before


def test_half_a_bad_change_changes_nothing(api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"balance": "1", "models": ["nope"]})
    assert api.get("/__omixa/workspace").json()["balance"] == "100.000000"


def test_change_may_hold_a_number_of_any_length(api: httpx.Client) -> None:
    assert api.put("/__omixa/workspace", json={"settings": {"seed": str(10**30)}}).json()["settings"]["seed"] == str(
        10**30
    )


def test_change_too_long_is_refused(api: httpx.Client) -> None:
    assert api.put("/__omixa/workspace", content=b" " * 2_000_000).status_code == 413


@pytest.mark.parametrize(
    "headers", [{"Authorization": ""}, {"Authorization": "Bearer sk-1"}, {"Authorization": "Basic x"}]
)
@pytest.mark.parametrize("path", ["workspace", "requests", "ledger", "verdict"])
def test_workspace_needs_a_key(api: httpx.Client, path: str, headers: dict[str, str]) -> None:
    response = api.get(f"/__omixa/{path}", headers=headers)
    assert (response.status_code, "Bearer" in response.headers["www-authenticate"]) == (401, True)


def test_unknown_control_path_mentions_health(api: httpx.Client) -> None:
    response = api.get("/__omixa/nothing")
    assert (response.status_code, "/__omixa/health" in response.json()["error"]["message"]) == (404, True)


def test_exception_in_a_control_route_gets_the_envelope(
    server: OmixaMockServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(server.gateway.workspaces), "__len__", lambda _: 1 // 0)
    assert api.get("/__omixa/health").json()["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text


def test_exception_in_the_gateway_gets_the_envelope(
    server: OmixaMockServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(server.gateway.workspaces), "receive", lambda *_: 1 // 0)
    assert api.get("/api/v1/models").json()["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text


def test_client_that_leaves_during_a_change_has_no_effect(
    connection: Any, api: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    connection.send(connection.request("PUT", "/__omixa/workspace", "Content-Length: 100"))
    connection.reset()
    assert (api.get("/__omixa/health").status_code, caplog.text) == (200, "")


# Keys

SECRET = "omx_live_SECRET"
SECRET_REQUESTS: dict[str, dict[str, Any]] = {
    "header": {"headers": bearer(SECRET)},
    "other header": {"headers": bearer(SECRET) | {"X-Api-Key": SECRET, "X-Note": f"key {SECRET}", "Cookie": SECRET}},
    "malformed": {"headers": bearer(f"{SECRET}!")},
    "no scheme": {"headers": {"Authorization": SECRET}},
    "name of a header": {"headers": bearer(SECRET) | {SECRET: "1"}},
    "too long": {"headers": bearer(SECRET + "x" * 300) | {"X-Note": SECRET + "x" * 300}},
    "path": {"url": f"/api/v1/{SECRET}"},
    "path in percents": {"url": f"/api/v1/%6fmx_live_{SECRET[9:]}"},
    "query": {"params": {"key": SECRET, "limit": SECRET}},
    "prompt": {"json": CAT | {"prompt": SECRET}},
    "model": {"json": CAT | {"model": SECRET}},
    "name of a field": {"json": CAT | {SECRET: 1}},
    "value": {"json": CAT | {"size": SECRET, "n": SECRET}},
    "mask": {"json": CAT | {"mask": f"data:{SECRET};base64,AAAA"}},
    "malformed body": {"content": b'{"' + SECRET.encode() + b'": '},
    "duplicate name": {"content": b'{"%s": 1, "%s": 2}' % (SECRET.encode(), SECRET.encode())},
}


@pytest.mark.parametrize("secret_request", SECRET_REQUESTS.values(), ids=SECRET_REQUESTS)
@pytest.mark.parametrize("key", ["omx_live_test", SECRET])
def test_no_control_response_shows_a_key(
    api: httpx.Client, ended: Queue[Call], secret_request: dict[str, Any], key: str
) -> None:
    api.headers["Content-Type"] = "application/json"
    api.request("POST", **{"url": GENERATE} | secret_request)
    ended.get(timeout=10)
    paths = ["workspace", "requests", "requests?unmatched=1", "ledger", "verdict", "health"]
    shown = "".join(api.get(f"/__omixa/{path}", headers=bearer(key)).text for path in paths)
    assert "secret" not in shown.lower()


def test_issued_key_is_shown(api: httpx.Client) -> None:
    response = api.put("/__omixa/workspace", json={}, headers=bearer("omx_live_mock_gw0_1"))
    assert response.json()["key"] == "omx_live_mock_gw0_1"


def test_images_in_the_journal_are_described(api: httpx.Client) -> None:
    image = json.loads(api.post(GENERATE, json=CAT).content)["data"][0]["b64_json"]
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    api.post(GENERATE, json=CAT | {"input_images": [part]})
    assert image[:100] not in api.get("/__omixa/requests").text
