"""`identify`: which call made a file, by its fingerprint alone or with the fake that has the journal."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

import omixa_mock
from omixa_mock import OmixaMockServer

Run = Callable[..., Result]
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 2}
NO_VARIABLES = {"OMIXA_MOCK_URL": None, "OMIXA_API_KEY": None, "OMIXA_MOCK_CONTROL_TOKEN": None}


@pytest.fixture(scope="module")
def server() -> Iterator[OmixaMockServer]:
    """Serve a fake that made two images."""
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture(scope="module")
def images(server: OmixaMockServer) -> list[bytes]:
    """Return the files of one call."""
    auth = {"Authorization": f"Bearer {server.api_key}"}
    response = httpx.post(f"{server.base_url}/images/generations", json=REQUEST, headers=auth, trust_env=False)
    return [base64.b64decode(item["b64_json"]) for item in response.json()["data"]]


@pytest.fixture(autouse=True)
def folder(images: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with the images, and another file."""
    for number, image in enumerate(images, 1):
        (tmp_path / f"{number}.png").write_bytes(image)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def look(run: Run, server: OmixaMockServer) -> Run:
    """Return a function that runs the command with the fake's URL and key."""

    def look(*arguments: str, **options: Any) -> Result:
        url, key = options.pop("url", server.url), options.pop("key", server.api_key)
        return run("identify", *arguments, "--url", url, "--key", key, **{"env": NO_VARIABLES} | options)

    return look


def test_call_is_named(look: Run) -> None:
    result = look("1.png", "2.png")
    assert result.stdout.splitlines() == [
        '1.png: Call #1 made it: generate, prompt "a cat", image 1 of 2.',
        '2.png: Call #1 made it: generate, prompt "a cat", image 2 of 2.',
    ]


def test_fingerprint_alone_is_read_without_a_fake(run: Run, images: list[bytes]) -> None:
    result = run("identify", "1.png", env=NO_VARIABLES)
    assert result.stdout == (
        f"1.png: omixa-mock drew it (fingerprint {omixa_mock.identify(images[0])}); "
        "to find the call, add --url http://127.0.0.1:6649 --key omx_live_test.\n"
    )


def test_standard_input_is_read(look: Run, images: list[bytes]) -> None:
    assert look("-", input=images[0]).stdout.startswith("-: Call #1 made it")


def test_base_url_is_accepted(look: Run, server: OmixaMockServer) -> None:
    assert [look("1.png", url=url).exit_code for url in (server.base_url, f"{server.url}/")] == [0, 0]


def test_variables_are_read(run: Run, server: OmixaMockServer) -> None:
    variables = {"OMIXA_MOCK_URL": server.url, "OMIXA_API_KEY": server.api_key}
    assert "Call #1 made it" in run("identify", "1.png", env=NO_VARIABLES | variables).stdout


def test_token_is_sent(run: Run) -> None:
    with omixa_mock.serve(control_token="letmein") as server:
        options = ("identify", "1.png", "--url", server.url, "--key", server.api_key)
        results = [run(*options, *token, env=NO_VARIABLES) for token in ((), ("--control-token", "letmein"))]
    assert [result.exit_code for result in results] == [3, 0]
    assert "X-Omixa-Mock-Token" in results[0].stderr


def test_json_has_every_file(look: Run) -> None:
    first, text, missing = json.loads(look("1.png", "text", "none", "--json").stdout)
    assert (first["file"], first["identified"], first["calls"][0]["number"]) == ("1.png", True, 1)
    assert (text["identified"], text["fingerprint"]) == (False, None)
    assert missing == {"file": "none", "message": "it cannot be read: No such file or directory"}


EXIT_CODES: dict[str, tuple[tuple[str, ...], int]] = {
    "all identified": (("1.png", "2.png"), 0),
    "one not identified": (("1.png", "text"), 1),
    "one missing": (("1.png", "none"), 3),
    "one missing, one not identified": (("none", "text"), 3),
    "folder": (("folder",), 3),
    "name with a null character": (("\0",), 3),
    "no file": ((), 2),
}


@pytest.mark.parametrize(("files", "code"), EXIT_CODES.values(), ids=EXIT_CODES)
@pytest.mark.parametrize("with_fake", [True, False])
def test_exit_code(run: Run, look: Run, files: tuple[str, ...], code: int, *, with_fake: bool) -> None:
    result = look(*files) if with_fake else run("identify", *files, env=NO_VARIABLES)
    assert result.exit_code == code, result.output


@pytest.mark.parametrize("with_json", [(), ("--json",)])
def test_exit_code_is_the_same_in_json(look: Run, with_json: tuple[str, ...]) -> None:
    assert look("text", *with_json).exit_code == 1


def test_image_of_another_key_is_identified_without_a_call(look: Run) -> None:
    result = look("1.png", key="omx_live_other")
    assert (result.exit_code, "no call of this key made it" in result.stdout) == (0, True)


def test_file_longer_than_any_image_is_not_read_on(look: Run) -> None:
    with Path("long").open("wb") as file:
        os.truncate(file.fileno(), 64 * 1024 * 1024 + 1)
    result = look("long")
    assert (result.exit_code, result.stderr) == (
        3,
        "long: it has more than 67,108,864 bytes, which no image of the fake has\n",
    )


# Fakes that cannot be asked.

BAD_ADDRESSES = {"http://127.0.0.1:1": "Nothing answers at http://127.0.0.1:1", "http://": "", "http://[": ""}


@pytest.mark.parametrize(("url", "text"), BAD_ADDRESSES.items())
def test_no_fake_at_the_url_is_reported(look: Run, url: str, text: str) -> None:
    result = look("1.png", url=url)
    assert (result.exit_code, text in result.stderr, "omixa-mock serve" in result.stderr) == (3, True, True)


def test_refusal_of_the_fake_is_reported(run: Run) -> None:
    with omixa_mock.serve(keys=["omx_live_listed"]) as server:
        result = run("identify", "1.png", "--url", server.url, "--key", "omx_live_x", env=NO_VARIABLES)
    assert (result.exit_code, "not on the fake's list" in result.stderr) == (3, True)


USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "no key": (("--url", "http://127.0.0.1:6649"), "Add --key omx_live_test, or set OMIXA_API_KEY."),
    "malformed key": (("--url", "http://x", "--key", "sk-SECRET"), "Give one that begins with omx_live_"),
    "no URL": (("--url", "127.0.0.1:6649", "--key", "omx_live_x"), "Give --url http://127.0.0.1:6649."),
}


@pytest.mark.parametrize(("options", "message"), USAGE.values(), ids=USAGE)
def test_bad_option_is_a_usage_error(
    run: Run, error_of: Callable[[Result], str], options: tuple[str, ...], message: str
) -> None:
    error = error_of(run("identify", "1.png", *options, env=NO_VARIABLES))
    assert (message in error, "SECRET" in error) == (True, False)
