"""Static files of the inspector, each read once, with the headers that bound what a browser does with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.types import Scope

from omixa_mock.gateway import Problem, Response
from omixa_mock.gateway.common import STAMP

__all__ = ["INDEX", "is_front_page", "read_file"]

FOLDER = Path(__file__).parent
INDEX = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing inline, in no frame, and no text that becomes markup.
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
HEADERS = (
    ("content-security-policy", "; ".join(f"{name} {value}" for name, value in POLICY.items())),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    # Another version may listen at the same address tomorrow.
    ("cache-control", "no-cache"),
)


def is_front_page(scope: Scope) -> bool:
    """Return True if a request is a browser's for the URL of the fake, or for the inspector without its slash."""
    return (
        scope["path"] in {"/", "/__omixa"}
        and scope["method"] in {"GET", "HEAD"}
        and any(name == b"accept" and b"text/html" in value.lower() for name, value in scope["headers"])
    )


@cache
def read_file(name: str) -> Response:
    """Return the response with a file.

    Raises:
        Problem: `not_found`.
    """
    names = {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}
    if name not in names:
        raise Problem("not_found", f"The inspector has no file {name[:80]!r}; it has: {', '.join(sorted(names))}.")
    path = names[name]
    return Response(200, (("content-type", TYPES[path.suffix]), *HEADERS, STAMP), path.read_bytes())
