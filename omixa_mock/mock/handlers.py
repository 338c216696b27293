"""Handlers of a mock, for routers and transports of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omixa_mock.gateway import Gateway

if TYPE_CHECKING:
    # Each imports its library.
    from omixa_mock.interceptors.handlers import HttpxHandler
    from omixa_mock.interceptors.responses_callback import ResponsesCallback

__all__ = ["Handlers"]


class Handlers:
    """The handlers of a mock."""

    _gateway: Gateway | None

    @property
    def httpx_handler(self) -> HttpxHandler:
        """Return a handler of httpx and httpx2 requests, sync and async, that answers with this mock's gateway.

            httpx.Client(transport=httpx.MockTransport(mock.httpx_handler))
            respx_mock.route(host="images.test").mock(side_effect=mock.httpx_handler)
            httpx_mock.add_callback(mock.httpx_handler, is_reusable=True)

        Broken responses raise what httpx raises, and a read timeout that is shorter than a planned wait raises
        `ReadTimeout` at once.

        Raises:
            RuntimeError: The fake runs in another process (`--omixa-mock-url`).
        """
        from omixa_mock.interceptors.handlers import HttpxHandler

        return HttpxHandler(self._own_gateway("httpx_handler"))

    @property
    def responses_callback(self) -> ResponsesCallback:
        """Return a callback for the library `responses` that answers with this mock's gateway.

            responses.add_callback(responses.POST, url, callback=mock.responses_callback)

        Raises:
            ModuleNotFoundError: requests is not installed.
            RuntimeError: The fake runs in another process (`--omixa-mock-url`).
        """
        from omixa_mock.interceptors.responses_callback import ResponsesCallback

        return ResponsesCallback(self._own_gateway("responses_callback"))

    def _own_gateway(self, member: str) -> Gateway:
        if self._gateway is None:
            raise RuntimeError(
                f"{member} is out of reach: the fake runs in another process. Call it over its socket, at "
                "mock.base_url, or run the test without --omixa-mock-url"
            )
        return self._gateway
