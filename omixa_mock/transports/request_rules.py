"""Rules for a request head that the HTTP parser does not hold: RFC 9112 and RFC 9110."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from omixa_mock.gateway import Problem

__all__ = ["MALFORMED", "decode_path", "describe_malformed", "find_head_problem", "origin_form"]

NAME = "malformed_http"
# RFC 8446 §5.1: a handshake record begins a connection over TLS.
TLS_RECORD = b"\x16\x03"
MALFORMED = Problem(
    NAME,
    "The bytes received are not HTTP/1.1. Send a request line, header lines, an empty line, and a body of the "
    "announced length.",
)
TLS = Problem(
    NAME,
    "The bytes received are TLS, and this server speaks plain HTTP. Begin the base URL with http://, or start the "
    "server with --tls-cert and --tls-key.",
)
VERSIONS = frozenset({"1.0", "1.1"})
ENCODED_SLASH = re.compile(rb"%2[fF]")
# RFC 9112 §3.2.2: absolute-form, with an authority and possibly nothing behind it.
EMPTY_PATH = re.compile(rb"(https?://[^/?#]+)(\?.*)?", re.IGNORECASE | re.DOTALL)


def find_head_problem(headers: Sequence[tuple[bytes, bytes]], version: str) -> Problem | None:
    """Return the refusal of a head that is well-formed and still against HTTP; None if there is nothing to refuse.

    Args:
        headers: The fields, with names in lower case.
        version: The version in the request line; 0.9 if it has none.
    """
    if version not in VERSIONS:
        # RFC 9110 §15.6.6
        return Problem(NAME, "Send HTTP/1.1 in the request line; this one has another version or none.", status=505)
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        # RFC 9112 §3.2: a server must refuse both.
        count = f"{len(hosts)} header fields Host" if hosts else "no header field Host"
        return Problem(NAME, f"The request has {count}. Send one, for instance Host: 127.0.0.1.")
    codings = b", ".join(value for name, value in headers if name == b"transfer-encoding").strip().lower()
    if codings != b"chunked" and codings.endswith(b"chunked"):
        # RFC 9112 §6.1: a transfer coding that the server does not know.
        return Problem(NAME, "Send Transfer-Encoding: chunked alone; no other transfer coding is known.", status=501)
    return None


def describe_malformed(data: bytes) -> Problem:
    """Return the refusal of bytes that the parser does not take."""
    return TLS if data.startswith(TLS_RECORD) else MALFORMED


def origin_form(target: bytes, method: bytes) -> bytes:
    """Return a request target whose empty path is written out (RFC 9110 §4.2.3, RFC 9112 §3.2.4)."""
    found = None if target.startswith(b"/") else EMPTY_PATH.fullmatch(target)
    if found is None:
        return target
    if method == b"OPTIONS" and found[2] is None:
        return b"*"
    return found[1] + b"/" + (found[2] or b"")


def decode_path(raw_path: bytes) -> str:
    """Return a percent-decoded path; an encoded slash stays, since it separates no segments (RFC 3986 §2.2)."""
    return "%2F".join(unquote(part.decode("utf-8", "replace")) for part in ENCODED_SLASH.split(raw_path))
