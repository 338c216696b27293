"""Tests of accepted and refused URLs and API keys."""

from __future__ import annotations

from importlib import import_module

import pytest

ADDRESS = import_module("omixa_mock.contract_tests.address")


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/"])
def test_a_base_url_is_parsed_to_its_origin(path: str) -> None:
    assert ADDRESS.parse_url(f"https://www.omixa.cloud{path}", "k") == "https://www.omixa.cloud"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.omixa.cloud",
        "ftp://x",
        "https://",
        "https://x/v2",
        "https://x/api/v1/images",
        "https://x?",
        "https://x?a=1",
        "https://x#a",
        "https://x:port",
        "https://x:99999",
        "https://x:0",
        "https://[::1",
        "https://x y",
        "https://x\n",
    ],
)
def test_a_url_that_is_not_an_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="accepted"):
        ADDRESS.parse_url(url)


def test_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        ADDRESS.parse_url("https://me:hunter2@x")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1", "localhost", "127.9.9.9"])
def test_the_key_may_be_sent_unencrypted_to_a_loopback_address(host: str) -> None:
    assert ADDRESS.parse_url(f"http://{host}", "k") == f"http://{host}"


@pytest.mark.parametrize("host", ["www.omixa.cloud", "192.168.0.1", "localhost.example"])
def test_the_key_is_not_sent_unencrypted_to_another_host(host: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        ADDRESS.parse_url(f"http://{host}", "k")

    assert ADDRESS.parse_url(f"http://{host}") == f"http://{host}"


def test_blanks_around_a_key_are_stripped() -> None:
    assert ADDRESS.parse_key(" omx_live_x\n") == "omx_live_x"


@pytest.mark.parametrize("key", ["omx_live_a b", "omx_live_a\nb", "omx_live_ä"])
def test_a_key_that_is_invalid_in_a_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="OMIXA_API_KEY") as caught:
        ADDRESS.parse_key(key)

    assert "omx_live" not in str(caught.value)
