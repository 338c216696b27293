"""`intercept()`: a fake gateway in this process, without a socket."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from omixa_mock.decorating import WRAPPERS, kind_of, parameters_of
from omixa_mock.environment import environment
from omixa_mock.gateway import ISSUED_PREFIX, Call, Gateway, Settings, with_changes
from omixa_mock.interceptors import CURRENT, TRIPWIRE, Interception, start_interception
from omixa_mock.mock import LocalClient, OmixaMock, warn_user
from omixa_mock.shipped import shipped_contract

if TYPE_CHECKING:
    from omixa_mock.profile import ProfilePath

__all__ = ["InterceptionContext", "intercept"]

BASE_URL = "https://www.omixa.cloud/api/v1"


def intercept(
    *,
    api_key: str = f"{ISSUED_PREFIX}intercept",
    openai: bool = False,
    settings: Mapping[str, Any] | None = None,
    profile: ProfilePath | None = None,
) -> InterceptionContext:
    """Answer this process's calls to Omixa's hosts: use with `with`, `async with`, or as a decorator.

        with omixa_mock.intercept() as mock:
            httpx.post("https://www.omixa.cloud/api/v1/images/generations", ...)

    httpx, httpx2, urllib3, requests and aiohttp are intercepted at their connections. Every well-formed key opens
    the same workspace. `OMIXA_BASE_URL` and `OMIXA_API_KEY` are set during the block, and an
    attempt to reach Omixa for real is refused. Entering is cheap enough for each example of a
    Hypothesis test. A decorated function receives the mock as its last argument.

    Interceptions may overlap. A task's calls belong to the newest interception that it, or the
    code that started it, has entered. A thread inherits none; its calls belong to the newest of all.

    Args:
        api_key: The value of `OMIXA_API_KEY`.
        openai: Set `OPENAI_BASE_URL` and `OPENAI_API_KEY` as well.
        settings: Changes to `Settings`, by name.
        profile: TOML file whose `[settings]` apply below `settings`, for instance of `omixa-mock verify --profile`.

    Raises:
        SettingError: A setting is unknown or not accepted, or the profile cannot be used.
        PatchFailed: A client library does not have the methods that are patched.
    """
    if profile is not None:
        from omixa_mock.profile import settings_of  # few have one

        settings = settings_of(profile, settings)
    return InterceptionContext(api_key, with_changes(Settings(), settings or {}), openai=openai)


def ignore(_: Call) -> None:
    """Do nothing with a call."""


class InterceptionContext:
    """Context manager and decorator; each time that it is entered, a new gateway answers."""

    def __init__(
        self,
        api_key: str,
        settings: Settings,
        *,
        openai: bool = False,
        on_start: Callable[[Call], None] = ignore,
        on_call: Callable[[Call], None] = ignore,
    ) -> None:
        self._api_key = api_key
        self._on_start, self._on_call = on_start, on_call
        self._settings = settings
        self._openai = openai
        self._open: list[tuple[Interception, ExitStack]] = []

    def __enter__(self) -> OmixaMock:
        """Begin to answer, and return the mock."""
        contract = shipped_contract()
        gateway = Gateway(
            contract, self._settings, keys="shared", now=time.time, on_start=self._on_start, on_call=self._on_call
        )
        gateway.workspaces.open(self._api_key)
        client = LocalClient(gateway, self._api_key)
        mock = OmixaMock(BASE_URL, self._api_key, client, gateway)
        with ExitStack() as stack:
            advisories: list[str] = []
            # At the end: a warning that is an error must not be raised within the client's own stack.
            stack.callback(give_advisories, advisories)
            TRIPWIRE.arm()
            stack.callback(TRIPWIRE.disarm)
            started = start_interception(
                gateway.handle, advise=advisories.append, time_scale=lambda: client.settings.time_scale
            )
            opening = stack.enter_context(started)
            stack.enter_context(environment(mock.env(openai=self._openai)))
            self._open.append((opening, stack.pop_all()))
        return mock

    def __exit__(self, *_: object) -> None:
        """Restore the libraries and the environment."""
        # One object may be entered by several tasks and threads: each leaves its own.
        mine = CURRENT.get()
        entered = next((entry for entry in reversed(self._open) if entry[0] in mine), self._open[-1])
        self._open.remove(entered)
        entered[1].close()

    async def __aenter__(self) -> OmixaMock:
        """Begin to answer, and return the mock."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the libraries and the environment."""
        self.__exit__(kind, error, trace)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function or generator function, sync or async: each call gets an interception of its own.

        Raises:
            TypeError: Its last parameter cannot take the mock. A call raises it if the function is not async
                and returned an awaitable, which would be awaited outside of the interception.
        """
        *others, last = parameters_of(function)
        wrapped = WRAPPERS[kind_of(function)](self._again, function, last.name)
        wrapped.omixa_mock_parameter = last.name  # type: ignore[attr-defined]  # the plugin explains it
        # The last parameter is passed here: pytest would take it for a fixture.
        wrapped.__signature__ = inspect.signature(function).replace(parameters=others)  # type: ignore[attr-defined]
        return wrapped

    def _again(self) -> InterceptionContext:
        """Return another one with the same options: calls of a decorated function may overlap."""
        return InterceptionContext(
            self._api_key, self._settings, openai=self._openai, on_start=self._on_start, on_call=self._on_call
        )


def give_advisories(advisories: Iterable[str]) -> None:
    """Warn of each advisory once."""
    for advisory in dict.fromkeys(advisories):
        warn_user(advisory)
