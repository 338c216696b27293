"""Endpoints, methods and headers in a page's samples."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from omixa_mock.gateway.http import BASE, ENDPOINTS, GENERATE

__all__ = ["HEADERS", "METHOD", "URL", "find_headers", "find_methods", "find_urls"]

HOST: Final = "https://www.omixa.cloud"
URL: Final = f"{HOST}{BASE}{GENERATE}"
METHOD: Final = ENDPOINTS[GENERATE]
# The required headers of a request, up to the key's prefix.
HEADERS: Final = {"authorization": "Bearer omx_live_", "content-type": "application/json"}
KEY: Final = re.compile(
    r"(?<![\w-])((?=[\w-]{0,40}(?i:auth|key|token))[A-Za-z][\w-]{0,40})[\"'`]?\s*[:,]\s*[\"'`]?((?:[A-Za-z]{1,20}\s+)?omx_[a-z]+_)"
)
SCHEME_APART: Final = re.compile(r"AuthenticationHeaderValue\(\s*\"(\w+)\",\s*\"(omx_[a-z]+_)")
CONTENT_TYPE: Final = re.compile(
    r"(?:Content-Type[\"'`]?\s*[:,]\s*[\"'`]?|StringContent\([^()\"]{0,80}\")([\w-]+/[\w.+-]+)", re.IGNORECASE
)
# Other endpoints may occur anywhere on a page.
OTHERS: Final = tuple(f"{BASE}{name}" for name in ENDPOINTS if name != GENERATE)
ADDRESS: Final = re.compile(r"""(?:https?://[\w.:-]+|(?<![\w./:-]))/[^\s"'`<>()\[\]{}|\\,;]+""")
IS_CALL: Final = re.compile(r"/api/|/v\d+(?:beta\d*)?/|/images?/(?:generations?|edits?|create)")
# The code before a URL in a sample, independent of its path.
CALLING: Final = re.compile(
    r"(?:\bcurl\b[^\n]*|\bfetch\(|\b(?:post|put|patch|get|request)\(|\bcurl_init\(|\w+Async\(|NewRequest\([^\n]*|"
    r"\bendpoint\W{0,3}|\bURL:)\s*[`\"']?$",
    re.IGNORECASE,
)
FILE: Final = re.compile(
    r"\.(?:png|jpe?g|webp|svg|gif|ico|js|mjs|css|html?|json|ya?ml|xml|md|txt|pdf|woff2?)$", re.IGNORECASE
)
VERB: Final = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
# The notation of the method in each programming language.
METHODS: Final = (
    rf"(?:-X|--request)[ =]*[\"']?({VERB})\b",
    rf"\bmethod[\"']?\s*(?:[:=：]|=>)\s*[`\"']?({VERB})\b",
    rf"\bNewRequest(?:WithContext)?\(\s*(?:ctx,\s*)?(?:\"|http\.Method)({VERB})\b",
    rf"\bHttpMethod\.({VERB})\b",
    rf"\b(?:requests|httpx|axios|client|http|session)\.({VERB})\(",
    rf"\.({VERB})Async\(",
    rf"CURLOPT_CUSTOMREQUEST\s*=>\s*[\"']({VERB})",
    r"CURLOPT_(POST|PUT)\s*=>\s*true",
    rf"(?<!\w)({VERB})[`\s:]+(?:https?://\S+?)?{re.escape(BASE)}images",
    rf"(?<!\w)({VERB})[`\s:]+{re.escape(HOST)}/",
)


def find_urls(text: str) -> list[str]:
    """Return the URLs of requests for images, each once; a path without a host gets Omixa's."""
    addresses = (
        (match[0].rstrip(".:*!?"), text[max(0, match.start() - 80) : match.start()]) for match in ADDRESS.finditer(text)
    )
    called = (address for address, before in addresses if is_call(address, before))
    return list(dict.fromkeys(address if "://" in address else HOST + address for address in called))


def is_call(address: str, before: str) -> bool:
    """Return True if an address is the URL of a request for images, and no link to a page or a file."""
    path = urlsplit(address).path if "://" in address else address
    is_endpoint = IS_CALL.search(path) or ("://" in address and CALLING.search(before))
    return bool(is_endpoint) and not FILE.search(path) and not path.startswith(OTHERS)


def find_methods(text: str) -> list[str]:
    """Return the methods in samples and headings, each once."""
    about_images = "\n".join(line for line in text.splitlines() if not any(path in line for path in OTHERS))
    found = (match[1].upper() for method in METHODS for match in re.finditer(method, about_images, re.IGNORECASE))
    return list(dict.fromkeys(found))


def find_headers(text: str) -> list[tuple[str, str]]:
    """Return the headers in samples, each once: API keys up to their prefix, and content types."""
    # In C# scheme and key are two arguments of a class for this header.
    apart = [("Authorization", f"{match[1]} {match[2]}") for match in SCHEME_APART.finditer(text)]
    keys = [(match[1], " ".join(match[2].split())) for match in KEY.finditer(SCHEME_APART.sub("", text))]
    types = [("Content-Type", match[1].lower()) for match in CONTENT_TYPE.finditer(text)]
    return list(dict.fromkeys([*keys, *apart, *types]))
