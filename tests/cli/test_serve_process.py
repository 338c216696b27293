"""`omixa-mock serve` as a process: banner, signals, log and TLS."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.acceptance  # a process for each test

Start = Callable[..., Any]
COMMAND = (sys.executable, "-W", "error", "-c", "from omixa_mock.cli import main; main()")


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, trust_env=False, verify=False, **options)


def test_banner_has_a_key_that_works(served: Any) -> None:
    assert served.generate().status_code == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
@pytest.mark.parametrize(
    "options",
    [(), ("--key", "issued"), ("--key", "omx_live_mine"), ("--models", "imagen-4.0-generate-001 gpt-image-1.5")],
)
def test_banner_has_a_curl_line_that_works(
    start: Start, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    # The banner names OMIXA_MOCK_KEY for the user's own keys, never the real gateway's variable.
    monkeypatch.setenv("OMIXA_MOCK_KEY", "omx_live_mine")
    monkeypatch.setenv("OMIXA_API_KEY", "omx_live_real")
    options = (*options, *(() if "--key" in options else ("--key", "any")))
    line = start(*options).field("try")
    completed = subprocess.run(f"{line} -sS --noproxy '*'", shell=True, check=True, capture_output=True, text=True)
    assert '"billed_amount":"0.0' in completed.stdout


def test_banner_does_not_show_keys_that_were_given(start: Start) -> None:
    assert "omx_live_mine" not in "".join(start("--key", "omx_live_mine").banner)


def test_only_keys_that_were_given_work(start: Start) -> None:
    serving = start("--key", "omx_live_mine")
    assert [serving.generate(key).status_code for key in ("omx_live_mine", "omx_live_other")] == [200, 401]


def test_banner_is_not_on_standard_output(start: Start) -> None:
    serving = start()
    serving.stop()
    assert serving.process.stdout.read() == ""


def test_ready_file_holds_the_url_until_the_end(start: Start, tmp_path: Path) -> None:
    serving = start("--ready-file", str(tmp_path / "ready"))
    assert (tmp_path / "ready").read_text() == serving.url
    serving.stop()
    assert list(tmp_path.iterdir()) == []


FREE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "URL that a killed server left": lambda path: path.write_text("http://127.0.0.1:6649"),
    "empty file": lambda path: path.write_text(""),
    "link to nothing": lambda path: path.symlink_to("target"),
}


@pytest.mark.parametrize("make", FREE.values(), ids=FREE)
def test_ready_file_is_written_where_nothing_is_lost(
    start: Start, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    path = tmp_path / "ready"
    make(path)
    serving = start("--ready-file", str(path))
    assert path.read_text() == serving.url


def test_ready_file_behind_a_link_is_removed_and_the_link_kept(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "ready"
    path.symlink_to("target")
    start("--ready-file", str(path)).stop()
    assert (path.is_symlink(), path.exists()) == (True, False)


def test_ready_file_of_a_later_server_is_kept(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "ready"
    first, second = start("--ready-file", str(path)), start("--ready-file", str(path))
    first.stop()
    assert path.read_text() == second.url


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_end_of_its_terminal_removes_the_ready_file(start: Start, tmp_path: Path) -> None:
    code = start("--ready-file", str(tmp_path / "ready")).stop(signal.SIGHUP)
    assert (code, [*tmp_path.iterdir()]) == (0, [])


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_ignored_end_of_its_terminal_stays_ignored(start: Start) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        serving = start()
    finally:
        signal.signal(signal.SIGHUP, before)
    serving.process.send_signal(signal.SIGHUP)
    assert serving.generate().status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_success(start: Start, number: signal.Signals) -> None:
    assert start().stop(number) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_at_once_with_a_hanging_request(start: Start, number: signal.Signals) -> None:
    serving = start("--latency", "60")
    host, _, port = serving.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        body = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
        head = f"POST /api/v1/images/generations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {serving.key}\r\n"
        client.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        ledger = f"{serving.url}/__omixa/ledger", {"Authorization": f"Bearer {serving.key}"}
        deadline = time.monotonic() + 10
        while get(ledger[0], headers=ledger[1]).json()["held"] == "0.000000":
            assert time.monotonic() < deadline, "the request was never held"
        began = time.monotonic()
        assert serving.stop(number) == 0
    # A bound for busy machines; the process needs a few milliseconds to end.
    assert time.monotonic() - began < 3


# The log


@pytest.mark.parametrize(
    ("options", "statuses"),
    [(("--log", "all"), ["200", "422"]), (("--log", "refused"), ["422"]), (("--log", "none"), []), ((), ["422"])],
)
def test_log_has_a_line_for_each_call_asked_for(start: Start, options: tuple[str, ...], statuses: list[str]) -> None:
    serving = start(*options)
    serving.generate()
    serving.generate(n=11)
    assert [line.split()[0] for line in serving.log()] == statuses


@pytest.mark.parametrize("text", ["422 POST /api/v1/images/generations", "Send 10.", "request.n.maximum"])
def test_line_of_a_refused_call_has_the_repair_hint(served: Any, text: str) -> None:
    served.generate(n=11)
    assert text in served.line()


MALFORMED = {
    "TLS": (
        bytes.fromhex("16030100c8010000c40303") + bytes(200),
        "400 - - The bytes received are TLS, and this server",
    ),
    "no HTTP": (b"garbage\r\n\r\n", "400 - - The bytes received are not HTTP/1.1. Send a request line"),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", "400 - - The request has no header field Host. Send one"),
}


@pytest.mark.parametrize(("data", "beginning"), MALFORMED.values(), ids=MALFORMED)
def test_log_has_a_line_for_bytes_that_are_no_http(served: Any, data: bytes, beginning: str) -> None:
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(data)
    assert served.line().startswith(beginning)


def test_log_has_one_short_line_for_every_refusal(served: Any) -> None:
    fields: dict[str, Any] = {f"field\n{number}": "x" * 1000 for number in range(99)}
    served.generate(prompt="x" * 100_000, n="9\n9", size=["\r\n"] * 1000, **fields)
    served.generate(n="the next")
    assert (len(served.line()) < 500, "the next" in served.line()) == (True, True)


SECRETS: list[dict[str, Any]] = [
    {"model": "omx_live_SECRET"},
    {"size": "omx_live_SECRET"},
    {"omx_live_SECRET": 1},
    {"key": "omx_live_SECRET!"},
    {"key": f"omx_live_SECRET{'x' * 300}"},
]


@pytest.mark.parametrize("members", SECRETS, ids=str)
def test_log_shows_no_key(served: Any, members: dict[str, Any]) -> None:
    served.generate(**members)
    assert "SECRET" not in served.line()


def test_log_shows_no_key_of_a_path(served: Any) -> None:
    get(f"{served.base_url}/omx_live_SECRET", params={"key": "omx_live_SECRET"})
    assert "SECRET" not in served.line()


def test_line_of_a_success_has_its_charge(start: Start) -> None:
    serving = start("--log", "all")
    serving.generate(output_format="webp")
    assert "1 webp 1024x1024 by azure-openai, 0.039000 USD" in serving.line()


def test_line_of_a_client_that_left_has_a_remark(start: Start) -> None:
    serving = start("--latency", "60", "--log", "all")
    with suppress(httpx.ReadTimeout):
        httpx.post(
            f"{serving.base_url}/images/generations",
            json={"model": "gpt-image-1.5", "prompt": "a cat"},
            headers={"Authorization": f"Bearer {serving.key}"},
            timeout=0.2,
            trust_env=False,
            verify=False,
        )
    assert serving.line().startswith("--- POST /api/v1/images/generations the client left after ")


@pytest.mark.parametrize("path", ["/a%0A200 GET /forged", "/%1b[31mred", "/%c2%9b31m", "/a%e2%80%aeb", "/a%0Db"])
def test_path_cannot_forge_a_line_or_control_a_terminal(served: Any, path: str) -> None:
    get(served.url + path, headers={"Authorization": "Bearer omx_live_test"})
    line = served.line()
    assert (line.startswith("404 GET /"), line.isprintable()) == (True, True)


def test_log_that_nobody_reads_does_not_block_the_calls(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [*COMMAND, "serve", "--port", "0", "--log", "all", "--ready-file", str(ready)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 20
            while not ready.exists():
                assert time.monotonic() < deadline, "the server never listened"
                time.sleep(0.01)
            # 400 lines of 400 characters: more than twice of what a pipe holds.
            with httpx.Client(base_url=ready.read_text(), trust_env=False, timeout=5) as client:
                statuses = {client.get(f"/{number}/{'x' * 500}").status_code for number in range(400)}
            process.terminate()
            assert (statuses, process.wait(10)) == ({404}, 0)
        finally:
            process.kill()


# TLS, from the command line


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Return the flags of a certificate made for this module."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("this machine has no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    files = ("-out", str(folder / "cert.pem"), "-keyout", str(folder / "key.pem"))
    options = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=omixa-mock test")
    subprocess.run([openssl, *options, *files], check=True, capture_output=True)
    return ("--tls-cert", files[1], "--tls-key", files[3])


def test_certificate_makes_it_https(start: Start, certificate: tuple[str, ...]) -> None:
    serving = start(*certificate)
    assert (serving.url[:8], serving.generate().status_code) == ("https://", 200)


WITHOUT_TLS = [b"GET / HTTP/1.1\r\n", b"DELETE / HTTP/1.1\r\n", b"CONNECT a:1 HTTP/1.1\r\n", bytes(20)]


def test_log_has_a_line_for_bytes_without_tls(start: Start, certificate: tuple[str, ...]) -> None:
    serving = start(*certificate)
    serving.generate()  # a handshake has none
    host, _, port = serving.url.removeprefix("https://").partition(":")
    lines = set()
    for data in WITHOUT_TLS:
        with socket.create_connection((host, int(port))) as client:
            client.sendall(data)
            lines.add(serving.line())
    assert {line.partition(". ")[0] for line in lines} == {
        "--- - - The bytes received are not TLS, for instance plain HTTP, and this server speaks HTTPS"
    }


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_curl_line_works_with_a_self_signed_certificate(start: Start, certificate: tuple[str, ...]) -> None:
    line = start(*certificate).field("try")
    completed = subprocess.run(f"{line} -sS --noproxy '*'", shell=True, check=True, capture_output=True, text=True)
    assert '"billed_amount":"0.039000"' in completed.stdout
