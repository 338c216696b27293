"""A fake gateway in this process: calls to Omixa's hosts are answered without a socket."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from omixa_mock.books import LocalBooks
from omixa_mock.doors.inprocess.doors import open_doors
from omixa_mock.environment import environment
from omixa_mock.gateway import ISSUED_PREFIX, Gateway, Settings, changed
from omixa_mock.handle import Handle
from omixa_mock.shipped import shipped_contract

__all__ = ["Interception", "intercept"]

BASE_URL = "https://www.omixa.cloud/api/v1"


def intercept(
    *, api_key: str = f"{ISSUED_PREFIX}intercept", openai: bool = False, settings: Mapping[str, Any] | None = None
) -> Interception:
    """Answer this process's calls to Omixa's hosts: `with`, `async with`, or a decorator.

        with omixa_mock.intercept() as gateway:
            httpx.post("https://www.omixa.cloud/api/v1/images/generations", ...)

    httpx, httpx2 and requests are intercepted, sync and async; every well-formed
    key means this one workspace. `OMIXA_BASE_URL` and `OMIXA_API_KEY` are set
    meanwhile. Cheap enough to be entered for each example of a Hypothesis test.
    A decorated function gets the handle as its last parameter.

    Args:
        api_key: What `OMIXA_API_KEY` says.
        openai: Set `OPENAI_BASE_URL` and `OPENAI_API_KEY` as well.
        settings: Changes to `Settings`, by name.

    Raises:
        SettingError: A setting is unknown or not accepted.
        PatchFailed: A client library is not built as its door knows it.
    """
    return Interception(api_key, changed(Settings(), settings or {}), openai=openai)


class Interception:
    """An interception that is entered once or many times; each time begins anew."""

    def __init__(self, api_key: str, settings: Settings, *, openai: bool = False) -> None:
        self._api_key = api_key
        self._settings = settings
        self._openai = openai
        self._open: list[ExitStack] = []

    def __enter__(self) -> Handle:
        """Begin to answer; returns the handle."""
        gateway = Gateway(shipped_contract(), self._settings, keys="shared", now=time.time)
        handle = Handle(BASE_URL, self._api_key, LocalBooks(gateway.workspaces.open(self._api_key)))
        with ExitStack() as stack:
            stack.push(open_doors(gateway.handle))
            stack.enter_context(environment(handle.env(openai=self._openai)))
            self._open.append(stack.pop_all())
        return handle

    def __exit__(self, *_: object) -> None:
        """Leave the libraries and the environment as they were."""
        self._open.pop().close()

    async def __aenter__(self) -> Handle:
        """Begin to answer; returns the handle."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the libraries and the environment as they were."""
        self.__exit__(kind, error, trace)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function, sync or async: each call runs within an interception of its own."""
        *others, handle = parameters_of(function)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._again() as gateway:
                    return await function(*args, **kwargs, **{handle.name: gateway})
        else:

            @functools.wraps(function)
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                with self._again() as gateway:
                    # By name, as pytest gives the others.
                    return function(*args, **kwargs, **{handle.name: gateway})

        # The last parameter is filled in here: pytest would take it for a fixture.
        wrapped.__signature__ = inspect.signature(function).replace(parameters=others)  # type: ignore[attr-defined]
        return wrapped

    def _again(self) -> Interception:
        """One like this: calls of a decorated function may overlap, and end in any order."""
        return Interception(self._api_key, self._settings, openai=self._openai)


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function that is to be decorated.

    Raises:
        TypeError: The last of them cannot take the handle.
    """
    parameters = [*inspect.signature(function).parameters.values()]
    if not parameters or parameters[-1].kind not in {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    }:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name}() has no last parameter for the handle; write for instance def {name}(gateway)")
    return parameters
