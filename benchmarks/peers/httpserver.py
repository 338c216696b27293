"""pytest-httpserver with one response, run by the Python that has it: `python httpserver.py PATH FILE PORT`."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path


def main(path: str, file: str, port: str) -> None:
    """Respond to POST with the bytes of a file, until a signal ends the process."""
    from pytest_httpserver import HTTPServer  # installed in an environment of its own

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each call would slow it down
    server = HTTPServer("127.0.0.1", int(port))
    server.expect_request(path, "POST").respond_with_data(Path(file).read_bytes(), content_type="application/json")
    with server:
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
