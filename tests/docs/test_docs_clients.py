"""Tests of the table of clients and tools in docs/pytest.md: each of its rows has a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## You have …, use …\n(.*?)^```", re.MULTILINE | re.DOTALL)
HANDLERS, APPLICATION = "mock/test_mock_handlers.py", "test_asgi_app.py"
OWN_TRANSPORTS, MOCKS_OF_REQUESTS = "interceptors/test_own_transports.py", "interceptors/test_mocks_of_requests.py"
# The beginning of each row, in sequence, and a test of what the row says.
ROWS = {
    "httpx or httpx2: a plain client": (
        "interceptors/test_stack_equals_socket.py",
        "test_layer_of_the_client_has_the_outcome_of_a_socket",
    ),
    "httpx or httpx2 with `MockTransport`": (HANDLERS, "test_transport_that_ends_in_the_handler_bypasses_nothing"),
    "httpx or httpx2 with `ASGITransport`": (APPLICATION, "test_application_answers_below_asgi_transport"),
    "a respx router |": (HANDLERS, "test_route_of_respx_counts_its_calls"),
    "a respx router without": (OWN_TRANSPORTS, "test_respx_route_for_the_host_is_bypassed_with_an_advisory"),
    "pytest-httpx": (HANDLERS, "test_callback_of_pytest_httpx_counts_its_calls"),
    "requests: a plain session": ("interceptors/test_urllib3.py", "test_client_has_the_outcome_of_a_socket"),
    "responses": (HANDLERS, "test_route_of_responses_counts_its_calls"),
    "requests-mock": (MOCKS_OF_REQUESTS, "test_omixa_is_intercepted"),
    "urllib3": ("interceptors/test_urllib3.py", "test_client_has_the_outcome_of_a_socket"),
    "aiohttp": ("interceptors/test_aiohttp_faults.py", "test_fault_in_process_has_the_outcome_of_a_socket"),
    "aioresponses": ("interceptors/test_aiohttp_neighbours.py", "test_omixa_is_intercepted_beside_it"),
    "vcrpy, pytest-recording": (MOCKS_OF_REQUESTS, "test_call_is_answered_by_us_and_not_recorded"),
    "pytest-socket": ("plugin/test_plugin_neighbours.py", "test_neighbour_works"),
    "freezegun": (OWN_TRANSPORTS, "test_latency_passes_under_a_frozen_clock"),
    "the OpenAI SDK, also": ("interceptors/test_openai_sdk.py", "test_sdk_returns_the_images_of_the_call"),
    "the OpenAI SDK, and no": (HANDLERS, "test_openai_sdk_takes_the_handler"),
    "a server in the test": (APPLICATION, "test_server_answers"),
    "another process": ("../docs/pytest.md", "test_a_client_in_another_process"),
}


def rows() -> list[str]:
    found = SECTION.search((ROOT / "docs" / "pytest.md").read_text("utf-8"))
    assert found is not None
    return [line.removeprefix("| ") for line in found[1].splitlines() if line.startswith("| ")][1:]


def test_every_row_is_tested() -> None:
    assert [beginning for row, beginning in zip(rows(), ROWS, strict=True) if not row.startswith(beginning)] == []


@pytest.mark.parametrize(("module", "test"), ROWS.values(), ids=[*ROWS])
def test_test_of_a_row_exists(module: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / "tests" / module).read_text("utf-8")
