"""pytest-httpserver with one answer, run by the Python that has it: `python httpserver.py PATH FILE PORT`."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path


def main(path: str, file: str, port: str) -> None:
    """Answer POSTs with what is in a file, until told to end."""
    from pytest_httpserver import HTTPServer  # installed apart from the rest

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # nobody reads a line for each call
    server = HTTPServer("127.0.0.1", int(port))
    server.expect_request(path, "POST").respond_with_data(Path(file).read_bytes(), content_type="application/json")
    with server:
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
