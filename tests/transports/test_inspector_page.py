"""The inspector's page: its files, their size and policy, who gets them, and how a browser finds it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.transports.control import inspector

FOLDER = Path(inspector.__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = "/__omixa/"


def url_of(path: Path) -> str:
    return PAGE if path.name == "index.html" else f"/__omixa/inspector/{path.name}"


def name_of(path: Path) -> str:
    return path.name


@pytest.fixture(scope="module")
def page() -> Iterator[httpx.Client]:
    """Return a client of a server, without a key."""
    with omixa_mock.serve() as server, httpx.Client(base_url=server.url, trust_env=False, verify=False) as client:
        yield client


EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=name_of)


@EVERY_FILE
def test_file_is_served_as_shipped(page: httpx.Client, path: Path) -> None:
    response = page.get(url_of(path))
    assert (response.status_code, response.content) == (200, path.read_bytes())
    assert response.headers["content-type"].partition(";")[0] == TYPES[path.suffix]


def test_files_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES) <= 60_000


# The directives of the policy, for every file.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


@EVERY_FILE
def test_policy_allows_nothing_inline_and_nothing_from_elsewhere(page: httpx.Client, path: Path) -> None:
    policy = page.get(url_of(path)).headers["content-security-policy"]
    assert dict(directive.split(" ", 1) for directive in policy.split("; ")) == POLICY


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-cache")],
)
def test_page_has_the_header(page: httpx.Client, name: str, value: str) -> None:
    assert page.get(PAGE).headers[name] == value


# Ways in which text could become markup or code, and addresses of elsewhere.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment|setHTML|\beval\b"
    r"|\bFunction\(|javascript:|\sstyle=|\son\w+=[\"']|https?://(?!www\.w3\.org/2000/svg)|@import|url\("
)


@EVERY_FILE
def test_file_makes_no_markup_of_text_and_names_no_other_host(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text("utf-8")) == []


def test_a_forbidden_word_would_be_seen() -> None:
    assert FORBIDDEN.findall("node.innerHTML = x; setTimeout(eval)") == ["innerHTML", "eval"]


def test_every_file_is_used() -> None:
    text = "".join(path.read_text("utf-8") for path in FILES)
    assert [path.name for path in FILES if path.name not in text and path.name != "index.html"] == []


@pytest.mark.parametrize("name", ["nothing.js", "../access.py", "..%2faccess.py", "static_files.py", "__init__.py"])
def test_other_file_is_not_served(page: httpx.Client, name: str) -> None:
    assert page.get(f"/__omixa/inspector/{name}").status_code == 404


# The way to the page


@pytest.mark.parametrize("path", ["/", "/__omixa"])
def test_browser_is_led_to_the_page(page: httpx.Client, path: str) -> None:
    response = page.get(path, headers=BROWSER, follow_redirects=True)
    assert (response.url.path, response.status_code) == (PAGE, 200)


@pytest.mark.parametrize("path", ["/", "/__omixa"])
@pytest.mark.parametrize("headers", [{"Accept": "*/*"}, {"Accept": "application/json"}])
def test_api_client_gets_the_refusal(page: httpx.Client, path: str, headers: dict[str, str]) -> None:
    response = page.get(path, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_other_methods_of_a_browser_are_refused(page: httpx.Client) -> None:
    assert page.post("/", headers=BROWSER).status_code == 404


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_foreign_browser_is_not_led_to_the_page(page: httpx.Client, headers: dict[str, str]) -> None:
    assert page.get("/", headers=BROWSER | headers).status_code == 403


# Where there is none: options of the server, and the statuses of the page and of `/` for a browser.
OFF: dict[str, tuple[dict[str, Any], int, int]] = {
    "switched off": ({"inspector": False}, 404, 404),
    "public address without a token": ({"host": "0.0.0.0"}, 403, 404),
}


@pytest.mark.parametrize(("options", "of_page", "of_front"), OFF.values(), ids=OFF)
def test_page_is_off(http: httpx.Client, options: dict[str, Any], of_page: int, of_front: int) -> None:
    with omixa_mock.serve(**options) as server:
        assert http.get(server.url + PAGE, headers=BROWSER).status_code == of_page
        assert http.get(server.url, headers=BROWSER).status_code == of_front


def test_files_need_no_token_and_data_does(http: httpx.Client) -> None:
    with omixa_mock.serve(control_token="letmein") as server:
        paths = (PAGE, "/__omixa/inspector/main.js", "/__omixa/requests")
        assert [http.get(server.url + path).status_code for path in paths] == [200, 200, 403]


def test_page_is_served_by_the_asgi_application() -> None:
    app = omixa_mock.asgi_app(control_token="letmein", base_url="http://127.0.0.1/api/v1")

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.get("/", headers=BROWSER, follow_redirects=True)

    assert asyncio.run(get()).content == (FOLDER / "index.html").read_bytes()


def test_page_opens_no_workspace_and_no_record(server: OmixaMockServer, http: httpx.Client) -> None:
    http.get(server.url, headers=BROWSER, follow_redirects=True)
    assert (server.gateway.workspaces.count()["workspaces"], len(server.gateway.unmatched)) == (0, 0)
