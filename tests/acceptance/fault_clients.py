"""Results of the Python clients under each fault: a script that fault_table.py runs.

Standard input: {baseUrl, imageRequest, faults, timeouts}.
Standard output: {client: {fault: {"files": [base64]} or {"error": text}}}.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import re
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, NamedTuple

import aiohttp
import openai

THREADS = 16
# Exceptions whose class is ambiguous; the first words of their message are not.
AMBIGUOUS = ("RemoteProtocolError", "ClientResponseError")


class Case(NamedTuple):
    base_url: str
    key: str
    image_request: Mapping[str, Any]
    read_timeout: float

    @property
    def url(self) -> str:
        return f"{self.base_url}/images/generations"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


class Refused(Exception):  # noqa: N818  # stands for what raise_for_status of each library raises
    pass


Files = list[bytes]
Client = Callable[[Case], Files]


def decode(document: Any) -> Files:
    return [base64.b64decode(item["b64_json"], validate=True) for item in document["data"]]


def with_library(name: str) -> Client:
    """Return a client of httpx, httpx2 or requests, which share `post(url, json=, headers=, timeout=)`."""
    library = importlib.import_module(name)

    def generate(case: Case) -> Files:
        response = library.post(case.url, json=case.image_request, headers=case.headers, timeout=case.read_timeout)
        if response.status_code >= 400:
            raise Refused(response.status_code)
        return decode(response.json())

    return generate


def with_openai(**options: Any) -> Client:
    def generate(case: Case) -> Files:
        with openai.OpenAI(base_url=case.base_url, api_key=case.key, timeout=case.read_timeout, **options) as client:
            response: Any = client.images.generate(**case.image_request)
            return [base64.b64decode(item.b64_json, validate=True) for item in response.data]

    return generate


def with_aiohttp(case: Case) -> Files:
    async def generate() -> Files:
        read_timeout = aiohttp.ClientTimeout(total=case.read_timeout)
        async with (
            aiohttp.ClientSession(timeout=read_timeout) as session,
            session.post(case.url, json=case.image_request, headers=case.headers) as response,
        ):
            if response.status >= 400:
                raise Refused(response.status)
            return decode(await response.json())

    return asyncio.run(generate())


CLIENTS: dict[str, Client] = {
    "httpx": with_library("httpx"),
    "httpx2": with_library("httpx2"),
    "requests": with_library("requests"),
    "openai": with_openai(),
    "openai-without-retries": with_openai(max_retries=0),
    "aiohttp": with_aiohttp,
}


def describe_error(error: Exception) -> str:
    """Return an exception's class, and the part of its message that is the same in every run."""
    name = type(error).__name__
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, openai.APIStatusError):
        return f"{name} {error.status_code}"
    if name == "Error":
        return f"{type(error).__module__}.{name}"
    if name in AMBIGUOUS:
        words = re.match(r"[A-Za-z ]+", getattr(error, "message", str(error)))
        return f"{name}: {words[0].strip()}" if words else name
    inner = innermost(error)
    return name if inner is error else f"{name}: {type(inner).__name__}"


def innermost(error: BaseException) -> BaseException:
    """Return the cause of a library's exception: OpenAI chains it, requests and urllib3 wrap it."""
    if isinstance(error, openai.APIConnectionError):
        return error.__cause__ or error
    if type(error).__module__.startswith(("requests", "urllib3")) and type(error).__name__ != "ReadTimeout":
        wrapped = [argument for argument in error.args if isinstance(argument, Exception)]
        return innermost(wrapped[-1]) if wrapped else error
    return error


def attempt(client: str, case: Case) -> dict[str, Any]:
    try:
        return {"files": [base64.b64encode(file).decode() for file in CLIENTS[client](case)]}
    except Exception as error:  # noqa: BLE001  # every exception is a result
        return {"error": describe_error(error)}


def main() -> None:
    options = json.load(sys.stdin)

    def try_pair(pair: tuple[str, str]) -> dict[str, Any]:
        fault, client = pair
        key = f"omx_live_fail_{fault}--{client}"
        return attempt(client, Case(options["baseUrl"], key, options["imageRequest"], options["timeouts"][fault]))

    pairs = list(product(options["faults"], CLIENTS))
    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = list(threads.map(try_pair, pairs))
    table: dict[str, dict[str, Any]] = {client: {} for client in CLIENTS}
    for (fault, client), outcome in zip(pairs, outcomes, strict=True):
        table[client][fault] = outcome
    json.dump(table, sys.stdout)


if __name__ == "__main__":
    main()
