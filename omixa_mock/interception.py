"""A fake gateway in this process: calls to Omixa's hosts are answered without a socket."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from omixa_mock.decorating import WRAPPERS, kind_of, parameters_of
from omixa_mock.environment import environment
from omixa_mock.gateway import ISSUED_PREFIX, Gateway, Settings, changed
from omixa_mock.interceptors.install import start_interception
from omixa_mock.interceptors.registry import CURRENT, Interception
from omixa_mock.interceptors.tripwire import TRIPWIRE
from omixa_mock.mock import LocalClient, OmixaMock
from omixa_mock.shipped import shipped_contract

__all__ = ["InterceptionContext", "intercept"]

BASE_URL = "https://www.omixa.cloud/api/v1"


def intercept(
    *, api_key: str = f"{ISSUED_PREFIX}intercept", openai: bool = False, settings: Mapping[str, Any] | None = None
) -> InterceptionContext:
    """Answer this process's calls to Omixa's hosts: `with`, `async with`, or a decorator.

        with omixa_mock.intercept() as gateway:
            httpx.post("https://www.omixa.cloud/api/v1/images/generations", ...)

    httpx, httpx2 and requests are intercepted, sync and async; every well-formed
    key means this one workspace. `OMIXA_BASE_URL` and `OMIXA_API_KEY` are set
    meanwhile, and an attempt to reach Omixa for real is refused. Cheap enough to
    be entered for each example of a Hypothesis test. A decorated function gets
    the handle as its last parameter.

    Interceptions may overlap: a task's calls belong to the newest that it, or what
    started it, has entered. A thread inherits nothing, and its calls belong to the newest of all.

    Args:
        api_key: What `OMIXA_API_KEY` says.
        openai: Set `OPENAI_BASE_URL` and `OPENAI_API_KEY` as well.
        settings: Changes to `Settings`, by name.

    Raises:
        SettingError: A setting is unknown or not accepted.
        PatchFailed: A client library is not built as its door knows it.
    """
    return InterceptionContext(api_key, changed(Settings(), settings or {}), openai=openai)


class InterceptionContext:
    """An interception that is entered once or many times; each time begins anew."""

    def __init__(self, api_key: str, settings: Settings, *, openai: bool = False) -> None:
        self._api_key = api_key
        self._settings = settings
        self._openai = openai
        self._open: list[tuple[Interception, ExitStack]] = []

    def __enter__(self) -> OmixaMock:
        """Begin to answer; returns the handle."""
        gateway = Gateway(shipped_contract(), self._settings, keys="shared", now=time.time)
        client = LocalClient(gateway.workspaces.open(self._api_key))
        mock = OmixaMock(BASE_URL, self._api_key, client, gateway)
        with ExitStack() as stack:
            TRIPWIRE.arm()
            stack.callback(TRIPWIRE.disarm)
            opening = stack.enter_context(start_interception(gateway.handle))
            stack.enter_context(environment(mock.env(openai=self._openai)))
            self._open.append((opening, stack.pop_all()))
        return mock

    def __exit__(self, *_: object) -> None:
        """Leave the libraries and the environment as they were."""
        # One object may be entered by several tasks and threads: each leaves its own.
        mine = CURRENT.get()
        entered = next((each for each in reversed(self._open) if each[0] in mine), self._open[-1])
        self._open.remove(entered)
        entered[1].close()

    async def __aenter__(self) -> OmixaMock:
        """Begin to answer; returns the handle."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the libraries and the environment as they were."""
        self.__exit__(kind, error, trace)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function, a generator function, or an async one of either: each call has an interception.

        Raises:
            TypeError: Its last parameter cannot take the handle. A call raises it where the function, which is not
                async itself, returned an awaitable: what is awaited later would run outside of the interception.
        """
        *others, last = parameters_of(function)
        wrapped = WRAPPERS[kind_of(function)](self._again, function, last.name)
        # The last parameter is filled in here: pytest would take it for a fixture.
        wrapped.__signature__ = inspect.signature(function).replace(parameters=others)  # type: ignore[attr-defined]
        return wrapped

    def _again(self) -> InterceptionContext:
        """One like this: calls of a decorated function may overlap, and end in any order."""
        return InterceptionContext(self._api_key, self._settings, openai=self._openai)
