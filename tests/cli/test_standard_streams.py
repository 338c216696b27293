"""Standard streams that are closed, full or read by nobody: the command still ends with a documented code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = [
    pytest.mark.acceptance,  # a process for each test
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device"),
]

COMMAND = f"exec {sys.executable} -W error -c 'from omixa_mock.cli import main; main()'"
STREAMS = {
    "no input": "<&-",
    "no output": ">&-",
    "no errors": "2>&-",
    "no input and no errors": "<&- 2>&-",
    "none": "<&- >&- 2>&-",
    "full output": ">/dev/full",
    "full errors": "2>/dev/full",
    "both full": ">/dev/full 2>&1",
}
PRINTING = ["openapi", "schema gpt-image-1.5", "assumptions", "explain request.n.maximum", "--help", "serve --help"]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Return a function that starts `serve` under the given redirections; its URL comes into the file `url`."""
    processes: list[subprocess.Popen[bytes]] = []

    def serve(streams: str) -> subprocess.Popen[bytes]:
        line = f"{COMMAND} serve --port 0 --log all --ready-file {tmp_path}/url {streams}"
        processes.append(subprocess.Popen(line, shell=True))
        deadline = time.monotonic() + 20
        while not (tmp_path / "url").exists():
            assert processes[-1].poll() is None, "the command ended"
            assert time.monotonic() < deadline, "the server never listened"
            time.sleep(0.01)
        return processes[-1]

    yield serve
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("streams", STREAMS.values(), ids=STREAMS)
def test_server_without_a_stream_serves_and_ends_with_success(
    serve: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path, streams: str
) -> None:
    process = serve(streams)
    with httpx.Client(base_url=(tmp_path / "url").read_text(), trust_env=False) as client:
        statuses = [client.get("/api/v1/models", headers={"Authorization": "Bearer omx_live_a"}).status_code]
        statuses += [client.get(f"/{number}").status_code for number in range(20)]
    process.send_signal(signal.SIGTERM)
    assert (statuses, process.wait(20)) == ([200] + [404] * 20, 0)


@pytest.mark.parametrize("arguments", PRINTING)
def test_command_whose_output_is_full_could_not_do_its_work(arguments: str) -> None:
    line = f"{COMMAND} {arguments} >/dev/full"
    completed = subprocess.run(line, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    expected = f"Error: the output cannot be written: {os.strerror(28)}\n"
    assert (completed.returncode, completed.stderr) == (3, expected)


@pytest.mark.parametrize(
    "arguments",
    [
        *PRINTING,
        "explain",
        "schema config",
        "validate --format json {file}",
        "validate --output /dev/stdout {file}",
    ],
)
def test_command_whose_reader_leaves_ends_silently(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "finding.json").write_text('{"model": "gpt-image-1.5", "prompt": "a cat", "n": 99}')
    reader, writer = os.pipe()
    os.close(reader)
    line = f"{COMMAND} {arguments.format(file=tmp_path / 'finding.json')}"
    completed = subprocess.run(line, shell=True, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (completed.returncode, completed.stderr) == (141, "")


def test_usage_error_whose_reader_leaves_is_no_finding() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    completed = subprocess.run(f"{COMMAND} serve --colour red", shell=True, stderr=writer, check=False)
    os.close(writer)
    assert completed.returncode == 141


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-"])
def test_usage_error_that_cannot_be_written_is_no_finding(streams: str) -> None:
    completed = subprocess.run(f"{COMMAND} serve --colour red {streams}", shell=True, check=False)
    assert completed.returncode in {2, 3}
