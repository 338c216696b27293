"""Two replicas behind nginx, which runs the configuration of docs/replicas.md."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGE", "Replicas", "serve_process", "serve_replicas"]

PAGE = Path(__file__).parents[1] / "docs" / "replicas.md"
BLOCK = re.compile(r"^```nginx\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The page's addresses of nginx and of the replicas.
NGINX_ADDRESS = "127.0.0.1:6649"
REPLICA_ADDRESSES = ("127.0.0.1:6651", "127.0.0.1:6652")
SERVE = (sys.executable, "-c", "from omixa_mock.cli import main; main()", "serve", "--port", "0")
TIMEOUT = 20


@dataclass(frozen=True)
class Replicas:
    """Running replicas.

    Attributes:
        url: The URL of nginx.
        urls: The URL of each replica.
    """

    url: str
    urls: Sequence[str]


@contextmanager
def serve_replicas(nginx: str, folder: Path, *options: str) -> Iterator[Replicas]:
    """Run two replicas with these options, and nginx in front of them."""
    with ExitStack() as stack:
        urls = [stack.enter_context(serve_process(folder / f"replica-{number}", *options)) for number in (1, 2)]
        yield Replicas(stack.enter_context(run_nginx(nginx, folder / "nginx", urls)), urls)


@contextmanager
def serve_process(folder: Path, *options: str) -> Iterator[str]:
    """Run `omixa-mock serve` in a process of its own; yield its URL."""
    folder.mkdir(parents=True)
    command = [*SERVE, "--ready-file", str(folder / "ready"), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            # The banner is printed after the file is written.
            for line in process.stderr:
                if "Ctrl-C" in line:
                    break
            yield (folder / "ready").read_text()
        finally:
            process.terminate()


@contextmanager
def run_nginx(nginx: str, folder: Path, urls: Sequence[str]) -> Iterator[str]:
    """Run nginx in a folder of its own, in front of these replicas; yield its URL."""
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "stderr").open("w") as errors:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        (folder / "nginx.conf").write_text(address_config(address, urls))
        # nginx inherits a listening socket: no port is guessed, and no client has to wait for it.
        listening.settimeout(0)
        environment = {**os.environ, "NGINX": f"{listening.fileno()};"}
        process = subprocess.Popen(
            [nginx, "-e", "stderr", "-p", ".", "-c", "nginx.conf"],
            cwd=folder,
            env=environment,
            stderr=errors,
            pass_fds=[listening.fileno()],
        )
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def address_config(front: str, urls: Sequence[str]) -> str:
    """Return the page's configuration, with other addresses."""
    text: str
    [text] = BLOCK.findall(PAGE.read_text("utf-8"))
    addresses = (front, *(url.removeprefix("http://") for url in urls))
    for before, after in zip((NGINX_ADDRESS, *REPLICA_ADDRESSES), addresses, strict=True):
        assert text.count(before) == 1, f"{PAGE.name} must contain {before} once"
        text = text.replace(before, after)
    return text
