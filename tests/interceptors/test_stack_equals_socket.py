"""What a client has above its socket runs for real: attempts, charges and exceptions in process equal a socket's."""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import anyio
import hishel
import hishel.httpx
import httpx
import httpx2
import openai
import pytest
import requests
import tenacity
import urllib3
from httpx_retries import Retry, RetryTransport
from requests.adapters import BaseAdapter, HTTPAdapter

import omixa_mock
from omixa_mock.interceptors.retry_waits import scaled_waits

REQUEST: Any = {"model": "gpt-image-1.5", "prompt": "a cat"}
# Every layer makes three attempts at most, and retries these.
STATUSES = [429, 503]
# The failures that a client's own layers retry; each is a plan of faults.
PLANS: dict[str, list[str]] = {
    "503 twice": ["no_route", "no_route", "ok"],
    "429 with Retry-After": ["rate_limited", "ok"],
    "reset before capture": ["reset_before_capture", "ok"],
    "reset after capture": ["reset_after_capture", "ok"],
    "no response after capture": ["no_response_after_capture", "ok"],
    "hang with a timeout": ["hang", "ok"],
    "hang after capture": ["hang_after_capture", "ok"],
    "truncated": ["truncated", "ok"],
    "503 for ever": ["no_route"] * 5,
}
Layer = Callable[[omixa_mock.OmixaMock, float], int]
# Only a hang has to time out: in the other cases a busy machine must not look like one.
HANG_TIMEOUT, TIMEOUT = 0.2, 20.0


class BlindRetry(httpx.BaseTransport):
    """Transport of the user's own that retries everything, around another one."""

    def __init__(self, inner: Any, errors: type[Exception] = httpx.TransportError) -> None:
        self.inner = inner
        self.errors = errors

    def handle_request(self, request: Any) -> Any:
        for _ in range(2):
            try:
                response = self.inner.handle_request(request)
            except self.errors:
                continue
            if response.status_code not in STATUSES:
                return response
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


class AsyncBlindRetry(httpx.AsyncBaseTransport):
    """The same, async."""

    def __init__(self, inner: Any, errors: type[Exception] = httpx.TransportError) -> None:
        self.inner = inner
        self.errors = errors

    async def handle_async_request(self, request: Any) -> Any:
        for _ in range(2):
            try:
                response = await self.inner.handle_async_request(request)
            except self.errors:
                continue
            if response.status_code not in STATUSES:
                return response
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


class RetryingTransport(httpx.HTTPTransport):
    """Subclass of the library's own transport."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(2):
            response = super().handle_request(request)
            if response.status_code not in STATUSES:
                return response
        return super().handle_request(request)


class DefaultTimeout(HTTPAdapter):
    """Adapter of the user's own, with a timeout for every call that has none."""

    def __init__(self, timeout: float) -> None:
        super().__init__(max_retries=retry_of_urllib3())
        self.timeout = timeout

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        return super().send(request, **{**options, "timeout": options["timeout"] or self.timeout})


class RetryingAdapter(BaseAdapter):
    """Adapter of the user's own around the library's."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        for _attempt in range(2):
            try:
                response = self.inner.send(request, **options)
            except requests.RequestException:
                continue
            if response.status_code not in STATUSES:
                return response
        return self.inner.send(request, **options)

    def close(self) -> None:
        self.inner.close()


def retry_of_urllib3() -> urllib3.Retry:
    return urllib3.Retry(total=2, status_forcelist=STATUSES, allowed_methods=None, backoff_factor=0)


def retry_of_httpx_retries() -> Retry:
    return Retry(total=2, allowed_methods=["POST"], status_forcelist=STATUSES)


def url_of(mock: omixa_mock.OmixaMock) -> str:
    return f"{mock.base_url}/images/generations"


def headers_of(mock: omixa_mock.OmixaMock) -> dict[str, str]:
    return {"authorization": f"Bearer {mock.api_key}"}


def post(client: Any, mock: omixa_mock.OmixaMock) -> int:
    """Return the status of a request by a sync client of httpx or httpx2."""
    with client:
        response = client.post(url_of(mock), json=REQUEST, headers=headers_of(mock))
    status: int = response.status_code
    return status


def by_transport(make: Callable[[], Any], mock: omixa_mock.OmixaMock, timeout: float, library: Any = httpx) -> int:
    return post(library.Client(transport=make(), timeout=timeout), mock)


def by_mount(mock: omixa_mock.OmixaMock, timeout: float) -> int:
    mounts = {"all://": BlindRetry(httpx.HTTPTransport(verify=False))}
    return post(httpx.Client(mounts=mounts, timeout=timeout, verify=False), mock)


def by_async_transport(make: Callable[[], Any], mock: omixa_mock.OmixaMock, timeout: float) -> int:
    async def call() -> int:
        async with httpx.AsyncClient(transport=make(), timeout=timeout) as client:
            response = await client.post(url_of(mock), json=REQUEST, headers=headers_of(mock))
        return response.status_code

    return anyio.run(call)


def by_tenacity(mock: omixa_mock.OmixaMock, timeout: float) -> int:
    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(3),
        retry=tenacity.retry_if_exception_type(httpx.TransportError)
        | tenacity.retry_if_result(lambda status: status in STATUSES),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else 0,
        reraise=True,
    )
    status: int = attempts(lambda: post(httpx.Client(timeout=timeout, verify=False), mock))
    return status


def by_session(make: Callable[[float], Any], mock: omixa_mock.OmixaMock, timeout: float) -> int:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", make(timeout))
        session.mount("https://", make(timeout))
        given = None if make is DefaultTimeout else timeout
        return session.post(url_of(mock), json=REQUEST, headers=headers_of(mock), timeout=given).status_code


def by_pool_manager(mock: omixa_mock.OmixaMock, timeout: float) -> int:
    with urllib3.PoolManager(timeout=timeout, retries=retry_of_urllib3()) as manager:
        return manager.request("POST", url_of(mock), json=REQUEST, headers=headers_of(mock)).status


def by_openai(mock: omixa_mock.OmixaMock, timeout: float) -> int:
    transport = BlindRetry(httpx2.HTTPTransport(verify=False), httpx2.TransportError)
    with (
        httpx2.Client(transport=transport, timeout=timeout) as http,  # type: ignore[arg-type]  # the same methods
        openai.OpenAI(http_client=http, base_url=mock.base_url, api_key=mock.api_key, max_retries=1) as client,
    ):
        return client.with_options(timeout=timeout).images.with_raw_response.generate(**REQUEST).status_code


def by_litellm(mock: omixa_mock.OmixaMock, timeout: float) -> int:
    # Else it downloads a price list as it is imported.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm

        litellm.image_generation(
            model=f"openai/{REQUEST['model']}",
            prompt=REQUEST["prompt"],
            api_base=mock.base_url,
            api_key=mock.api_key,
            max_retries=2,
            timeout=timeout,
        )
    return 200


def cached(*, inner: Any) -> Any:
    storage = hishel.SqliteStorage(connection=sqlite3.connect(":memory:", check_same_thread=False))
    return hishel.httpx.CacheTransport(inner, storage=storage)


LAYERS: dict[str, Layer] = {
    "transport": partial(by_transport, lambda: BlindRetry(httpx.HTTPTransport(verify=False))),
    "async transport": partial(by_async_transport, lambda: AsyncBlindRetry(httpx.AsyncHTTPTransport(verify=False))),
    "subclass": partial(by_transport, lambda: RetryingTransport(verify=False)),
    "mounts": by_mount,
    "retries=": partial(by_transport, lambda: httpx.HTTPTransport(retries=2, verify=False)),
    "httpx2 transport": partial(
        by_transport,
        lambda: BlindRetry(httpx2.HTTPTransport(verify=False), httpx2.TransportError),
        library=httpx2,
    ),
    "httpx-retries": partial(
        by_transport, lambda: RetryTransport(httpx.HTTPTransport(verify=False), retry_of_httpx_retries())
    ),
    "httpx-retries async": partial(
        by_async_transport, lambda: RetryTransport(httpx.AsyncHTTPTransport(verify=False), retry_of_httpx_retries())
    ),
    "hishel": partial(
        by_transport,
        lambda: cached(inner=RetryTransport(httpx.HTTPTransport(verify=False), retry_of_httpx_retries())),
    ),
    "tenacity": by_tenacity,
    "urllib3 Retry": by_pool_manager,
    "requests Retry": partial(by_session, lambda _: HTTPAdapter(max_retries=retry_of_urllib3())),
    "adapter with a default timeout": partial(by_session, DefaultTimeout),
    "adapter around the library's": partial(by_session, lambda _: RetryingAdapter()),
    "OpenAI SDK": by_openai,
    "LiteLLM": by_litellm,
}
# LiteLLM is in the group acceptance.
EACH_LAYER = pytest.mark.parametrize(
    "layer",
    [
        pytest.param(layer, id=name, marks=[pytest.mark.acceptance] if name == "LiteLLM" else [])
        for name, layer in LAYERS.items()
    ],
)


@dataclass
class Outcome:
    """Outcome of one request: the statuses of the attempts, sorted, what they cost, and what the client received."""

    attempts: list[int]
    charge: Decimal
    result: int | type[Exception]


def outcome_of(mock: omixa_mock.OmixaMock, layer: Layer, plan: list[str]) -> Outcome:
    """Request an image by a client with a layer of its own, and return the outcome."""
    mock.fail(plan)
    timeout = HANG_TIMEOUT if plan[0].startswith("hang") else TIMEOUT
    result: int | type[Exception]
    try:
        # The SDK waits by itself, above its client.
        with scaled_waits(0.001):
            result = layer(mock, timeout)
    except Exception as error:  # noqa: BLE001  # whatever it is, both ways must raise it
        result = type(error)
    mock.settle()
    return Outcome(
        sorted(call.status or 0 for call in mock.calls), sum((call.charge for call in mock.calls), Decimal()), result
    )


@pytest.mark.parametrize("plan", PLANS.values(), ids=[*PLANS])
@EACH_LAYER
def test_layer_of_the_client_has_the_outcome_of_a_socket(layer: Layer, plan: list[str]) -> None:
    with omixa_mock.serve() as server:
        expected = outcome_of(server, layer, plan)
    with omixa_mock.intercept() as mock:
        assert outcome_of(mock, layer, plan) == expected


@EACH_LAYER
def test_layer_of_the_client_retries_in_process(layer: Layer) -> None:
    with omixa_mock.intercept() as mock:
        outcome = outcome_of(mock, layer, ["no_route", "no_route", "ok"])
    # `retries=` is for failed connections alone.
    assert outcome.attempts == ([503] if layer is LAYERS["retries="] else [200, 503, 503])
