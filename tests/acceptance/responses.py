"""Script that prints the SHA-256 of whole responses (status, headers, body), one per line."""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
from typing import Any
from urllib.parse import urlsplit

import omixa_mock

IMAGE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)
REQUEST = {"model": "gpt-image-1.5", "prompt": "déjà vu — 既視感 🦉"}
PART = {"type": "image_url", "image_url": {"url": IMAGE}}
SETTINGS: list[dict[str, Any]] = [{}, {"seed": 7}, {"vary": "call"}, {"weight": "64KB"}]
REQUESTS: list[dict[str, Any]] = [
    *(
        {**REQUEST, "output_format": output_format, "n": n}
        for output_format in ("png", "jpeg", "webp")
        for n in (1, 10)
    ),
    *({**REQUEST, "size": size} for size in ("auto", "1024x1536", "1536x1024")),
    *({**REQUEST, "output_format": output_format, "background": "transparent"} for output_format in ("png", "webp")),
    {**REQUEST, "input_images": [PART]},
    {**REQUEST, "input_images": [PART, PART], "mask": IMAGE},
    # Refused, each with several messages whose sequence could vary.
    {**REQUEST, "size": "1x1", "style": "vivid", "user": "me", "stream": True, "quality": "hd", "n": 11},
    {"model": "gpt-image-1"},
]


def main() -> None:
    """Send every request twice under every group of settings."""
    for settings in SETTINGS:
        with omixa_mock.serve(settings={"default_balance": "1000", **settings}) as server:
            connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
            headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}
            for image_request in [*REQUESTS, *REQUESTS]:
                connection.request("POST", "/api/v1/images/generations", json.dumps(image_request), headers)
                response = connection.getresponse()
                whole = repr((response.status, response.getheaders(), response.read()))
                sys.stdout.write(f"{response.status} {hashlib.sha256(whole.encode()).hexdigest()}\n")
            connection.close()


if __name__ == "__main__":
    main()
