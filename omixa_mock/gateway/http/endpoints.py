"""Endpoints of the gateway, and the refusals of unknown paths and methods."""

from __future__ import annotations

from collections.abc import Mapping

from omixa_mock.gateway.common import escape, nearest

from .problems import Problem
from .redaction import redact

__all__ = ["BASE", "ENDPOINTS", "GENERATE", "find_endpoint"]

# The endpoint that generates images, below /api/v1. [docs/models/gpt-image-1.5]
GENERATE = "images/generations"

# Method by path below /api/v1. The first is on the model's page, the usage paths
# on docs/usage, the list of models on the older single-page docs.
ENDPOINTS: Mapping[str, str] = {
    GENERATE: "POST",
    "models": "GET",
    "usage/requests": "GET",
    "usage/rollups": "GET",
}
BASE = "/api/v1/"
HINTS: Mapping[str, str] = {
    "images/edits": "There is no endpoint for edits: send them to POST /api/v1/images/generations with input_images.",
    "images/variations": "Send the image to POST /api/v1/images/generations as input_images, and state what to vary.",
    "chat/completions": "This is the image gateway: POST /api/v1/images/generations.",
    "responses": "This is the image gateway: POST /api/v1/images/generations.",
}


NO_HEADERS: Mapping[str, str] = {}


def find_endpoint(method: str, path: str, headers: Mapping[str, str] = NO_HEADERS) -> str:
    """Return the endpoint of a path, as a key of `ENDPOINTS`.

    Raises:
        Problem: `not_found` or `method_not_allowed` (both assumed: no page has 404 or 405).
    """
    name = path.removeprefix(BASE)
    if name not in ENDPOINTS or not path.startswith(BASE):
        raise Problem(
            "not_found",
            f"There is nothing at {escape(redact(path)[:200])}. {hint_at_path(path)}",
            rules=("gateway.endpoint.unknown-path",),
        )
    allowed = ENDPOINTS[name]
    # RFC 9110 §9.1: a server must support HEAD wherever it supports GET.
    if method != allowed and (method, allowed) != ("HEAD", "GET"):
        raise Problem(
            "method_not_allowed",
            describe_preflight(headers)
            if method == "OPTIONS" and "access-control-request-method" in headers
            else f"{path} does not take {escape(redact(method)[:20])}; accepted: {allowed}. Send {allowed} {path}.",
            rules=("gateway.endpoint.other-method",),
            # RFC 9110 §15.5.6: a 405 must carry Allow.
            headers=(("allow", "GET, HEAD" if allowed == "GET" else allowed),),
        )
    return name


def describe_preflight(headers: Mapping[str, str]) -> str:
    """Return the refusal of a browser's question whether a page of another origin may call (Fetch standard §3.2.2)."""
    origin = escape(redact(headers.get("origin", ""))[:80])
    shown = origin if "://" in origin else "http://localhost:3000"
    return (
        f"A web page of the origin {origin or 'unknown'} may not call this server. Start it with --cors-origin {shown} "
        f'(in Python: cors_origins=["{shown}"]).'
    )


def hint_at_path(path: str) -> str:
    """Return a sentence that suggests an existing path."""
    tail = path.strip("/").removeprefix("api/").removeprefix("v1/")
    if tail in HINTS:
        return HINTS[tail]
    if tail.startswith("models/") and not tail.endswith(tuple(ENDPOINTS)):
        return f"There is no endpoint for one model: GET {BASE}models lists all of them."
    doubled = next((endpoint for endpoint in ENDPOINTS if tail.endswith(f"/{endpoint}")), None)
    if doubled is not None:
        return f"The base URL ends in {BASE.rstrip('/')}; the client adds /{doubled}."
    above = next((endpoint for endpoint in ENDPOINTS if tail.startswith(f"{endpoint}/")), None)
    if above is not None:
        return f"Did you mean {ENDPOINTS[above]} {BASE}{above}?"
    near = nearest(tail, ENDPOINTS) or GENERATE
    return f"Did you mean {ENDPOINTS[near]} {BASE}{near}?"
