"""The door for httpx2, which respx does not know: a mocker of our own, in respx's manner."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

import httpx2
from respx.mocks import Mocker
from respx.models import PassThrough

from .httpx_door import RouterDoor

__all__ = ["Httpx2Door"]


class FirstAnswering(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """The mocked transport, and where it passes a call on, the client's own."""

    def __init__(self, mocked: httpx2.MockTransport, own: Any) -> None:
        self._mocked = mocked
        self._own = own

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a sync call."""
        try:
            return self._mocked.handle_request(request)
        except PassThrough:
            response: httpx2.Response = self._own.handle_request(request)
            return response

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer an async call."""
        try:
            return await self._mocked.handle_async_request(request)
        except PassThrough:
            response: httpx2.Response = await self._own.handle_async_request(request)
            return response


class Httpx2Mocker(Mocker):
    """respx's way of patching a client, for httpx2's classes."""

    # respx refuses two mockers of one name: it may one day have its own "httpx2", and this module may be imported anew.
    name = f"omixa-mock-httpx2-{len(Mocker.registry)}"
    targets: ClassVar[list[str]] = ["httpx2._client.Client", "httpx2._client.AsyncClient"]
    target_methods: ClassVar[list[str]] = ["_transport_for_url"]

    @classmethod
    def mock(cls, spec: Callable[..., Any]) -> Callable[..., Any]:
        """What stands in place of `_transport_for_url`."""

        def transport_for_url(self: Any, *args: Any, **kwargs: Any) -> FirstAnswering:
            handler = cls.async_handler if inspect.iscoroutinefunction(self.request) else cls.handler
            return FirstAnswering(httpx2.MockTransport(handler), spec(self, *args, **kwargs))

        return transport_for_url


class Httpx2Door(RouterDoor):
    """Answers httpx2's calls to Omixa's hosts while it is open."""

    library: ClassVar[ModuleType] = httpx2
    mocker: ClassVar[type[Mocker]] = Httpx2Mocker
