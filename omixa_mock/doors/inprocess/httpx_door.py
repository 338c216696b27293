"""The door for httpx, beside whatever the user mocks with respx.

respx patches `_transport_for_url` once for all its routers, so a router of ours
at the front of its list neither loses the user's mocks nor costs a second patch.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, ClassVar

import anyio
import httpx
from respx.mocks import HTTPXMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough, Route

from omixa_mock.doors.fields import join_fields, read_query, reply_fields
from omixa_mock.gateway import Cut, Request, Send

from .exchange import Answering, Impatient, answer, answer_async, is_omixa, visible_body
from .patching import verify_patches
from .replay_httpcore import replay, replay_async

__all__ = ["HttpxDoor", "Router", "RouterDoor"]

# respx names a route that passes on; ours is none.
NOBODY = Route()


class Router:
    """What respx asks first: answers calls to Omixa's hosts, and passes on all others.

    Args:
        library: `httpx`, or a library with the same classes.
        mocker: Whose routers this one stands among.
        answering: Who answers.
    """

    def __init__(self, library: Any, mocker: type[Mocker], answering: Answering) -> None:
        self._library = library
        self._mocker = mocker
        self._answering = answering

    def handler(self, request: Any) -> Any:
        """Answer a call of a sync client, or pass it on."""
        journey = self._journey(request)
        try:
            ending = answer(journey, request.read(), patience_of(request))
        except Impatient:
            raise self._timeout(request) from None
        if isinstance(ending, Cut):
            return replay(self._library, request, ending)
        return self._respond(request, ending)

    async def async_handler(self, request: Any) -> Any:
        """Answer a call of an async client, or pass it on."""
        journey = self._journey(request)
        body = await request.aread()
        try:
            ending = await answer_async(journey, body, patience_of(request), anyio.sleep)
        except Impatient:
            raise self._timeout(request) from None
        if isinstance(ending, Cut):
            return await replay_async(self._library, request, ending)
        return self._respond(request, ending)

    def _journey(self, request: Any) -> Any:
        journey = self._answering(read_head(request)) if is_omixa(request.url.host) else None
        if journey is None:
            # respx asks the next router after the one error, and the real transport after the other.
            routers: list[Any] = [*self._mocker.routers]
            if routers and routers[-1] is not self:
                raise AllMockedAssertionError(f"{request!r} is not mocked")
            raise PassThrough("not Omixa's", request=request, origin=NOBODY)
        return journey

    def _respond(self, request: Any, ending: Send) -> Any:
        # A stream: content that is not what its encoding announces is the client's to find.
        stream = self._library.ByteStream(visible_body(ending.reply, request.method))
        return self._library.Response(ending.reply.status, headers=reply_fields(ending.reply), stream=stream)

    def _timeout(self, request: Any) -> Exception:
        error: Exception = self._library.ReadTimeout("timed out", request=request)
        return error


def patience_of(request: Any) -> float | None:
    """The read timeout of an httpx request, in seconds."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def read_head(request: Any) -> Request:
    """The head of an httpx request."""
    url = request.url
    return Request(request.method, url.path, join_fields(request.headers.raw), read_query(url.query))


class RouterDoor:
    """Answers a library's calls to Omixa's hosts while it is open, by a router of a respx mocker.

    Attributes:
        library: `httpx`, or a library with the same classes.
        mocker: What patches its clients.
    """

    library: ClassVar[ModuleType]
    mocker: ClassVar[type[Mocker]]

    def __init__(self, answering: Answering) -> None:
        # respx asks a router for no more than two methods.
        self._router: Any = Router(self.library, self.mocker, answering)

    def open(self) -> None:
        """Take the first place among the mocker's routers.

        Raises:
            PatchFailed: The library is not built as respx and this door know it.
        """
        self.mocker.routers.insert(0, self._router)
        self.mocker.start()
        verify_patches(self.library, self.mocker)

    def close(self) -> None:
        """Leave; the mocker unpatches when nobody is left."""
        self.mocker.unregister(self._router)
        self.mocker.stop()


class HttpxDoor(RouterDoor):
    """Answers httpx's calls to Omixa's hosts while it is open."""

    library: ClassVar[ModuleType] = httpx
    mocker: ClassVar[type[Mocker]] = HTTPXMocker
