"""Orders one image with a Python client: `python client.py NAME`, as an ordinary program does.

It raises on a status of 400 or more, parses the response, decodes the image strictly, and writes it to out.png.
An exception becomes one line on standard error that is the same in every run.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

BASE_URL, KEY = os.environ["OMIXA_BASE_URL"], os.environ["OMIXA_API_KEY"]
READ_TIMEOUT = float(os.environ["OMIXA_TIMEOUT"])
URL = f"{BASE_URL}/images/generations"
HEADERS = {"Authorization": f"Bearer {KEY}"}
REQUEST: dict[str, Any] = {
    "model": "gpt-image-1.5",
    "prompt": "a lighthouse",
    "size": "1024x1024",
    "output_format": "png",
}
# Exceptions whose class is ambiguous; the first words of their message are not.
AMBIGUOUS = ("RemoteProtocolError", "ClientResponseError")


class Refused(Exception):  # noqa: N818  # stands for what raise_for_status of each library raises
    pass


def decode(document: Any) -> bytes:
    return base64.b64decode(document["data"][0]["b64_json"], validate=True)


def with_library(name: str) -> Callable[[], bytes]:
    """Return a client of httpx, httpx2 or requests, which share `post(url, json=, headers=, timeout=)`."""

    def order() -> bytes:
        library = importlib.import_module(name)
        response = library.post(URL, json=REQUEST, headers=HEADERS, timeout=READ_TIMEOUT)
        if response.status_code >= 400:
            raise Refused(response.status_code)
        return decode(response.json())

    return order


def with_openai(**options: Any) -> Callable[[], bytes]:
    def order() -> bytes:
        import openai

        with openai.OpenAI(base_url=BASE_URL, api_key=KEY, timeout=READ_TIMEOUT, **options) as client:
            response: Any = client.images.generate(**REQUEST)
            return base64.b64decode(response.data[0].b64_json, validate=True)

    return order


def with_aiohttp() -> bytes:
    import aiohttp

    async def order() -> bytes:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=READ_TIMEOUT)) as session,
            session.post(URL, json=REQUEST, headers=HEADERS) as response,
        ):
            if response.status >= 400:
                raise Refused(response.status)
            return decode(await response.json())

    return asyncio.run(order())


def with_urllib() -> bytes:
    headers = {**HEADERS, "Content-Type": "application/json"}
    request = urllib.request.Request(URL, json.dumps(REQUEST).encode(), headers)
    with urllib.request.urlopen(request, timeout=READ_TIMEOUT) as response:
        return decode(json.load(response))


CLIENTS: dict[str, Callable[[], bytes]] = {
    "aiohttp": with_aiohttp,
    "httpx": with_library("httpx"),
    "httpx2": with_library("httpx2"),
    "openai": with_openai(),
    "openai-without-retries": with_openai(max_retries=0),
    "requests": with_library("requests"),
    "urllib": with_urllib,
}


def describe_error(error: Exception) -> str:
    """Return an exception's class, and the part of its message that is the same in every run."""
    name = type(error).__name__
    status = getattr(error, "status_code", getattr(error, "code", None))
    if isinstance(error, Refused):
        return str(error)
    if name == "Error":
        return f"{type(error).__module__}.{name}"
    if name in AMBIGUOUS:
        words = re.match(r"[A-Za-z ]+", getattr(error, "message", str(error)))
        return f"{name}: {words[0].strip()}" if words else name
    if isinstance(status, int) and status >= 400:
        return f"{name} {status}"
    inner = innermost(error)
    return name if inner is error else f"{name}: {type(inner).__name__}"


def innermost(error: BaseException) -> BaseException:
    """Return the cause of a library's exception: OpenAI chains it, requests and urllib3 wrap it."""
    if type(error).__module__.startswith("openai"):
        return error.__cause__ or error
    if type(error).__module__.startswith(("requests", "urllib")) and type(error).__name__ != "ReadTimeout":
        wrapped = [argument for argument in error.args if isinstance(argument, Exception)]
        return innermost(wrapped[-1]) if wrapped else error
    return error


if __name__ == "__main__":
    try:
        Path("out.png").write_bytes(CLIENTS[sys.argv[1]]())
    except Exception as error:  # noqa: BLE001  # every exception is a result
        sys.exit(describe_error(error))
