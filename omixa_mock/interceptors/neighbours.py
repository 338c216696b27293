"""Patches of other mocks, so that an interception takes precedence over them for Omixa's hosts.

Nothing here is imported for its own sake: a mock that its user has not imported is not patched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from omixa_mock.gateway import Request
from omixa_mock.transports.header_fields import join_fields, parse_query

from .advisories import advise_of_route
from .exchange import is_omixa
from .patching import Patch, PatchFailed, explain_failure
from .registry import flow_of

__all__ = ["NeighbourPatch", "is_intercepted", "package_of", "patch_aioresponses", "patch_vcr"]


def is_intercepted(method: str, url: str, fields: Iterable[tuple[Any, Any]]) -> bool:
    """Return True if an interception accepts a call."""
    parts = urlsplit(url)
    if not is_omixa(parts.hostname or ""):
        return False
    headers = join_fields((as_bytes(name), as_bytes(value)) for name, value in fields)
    query = parse_query(parts.query.encode("latin-1", "replace"))
    # Its flow is not begun: the call has one of its own.
    return flow_of(Request(method.upper(), unquote(parts.path) or "/", headers, query)) is not None


def as_bytes(text: Any) -> bytes:
    """Return a name or value of a header field as it is encoded."""
    return text if isinstance(text, bytes) else str(text).encode("latin-1", "replace")


class NeighbourPatch(Patch):
    """Patches of a module that is not one of the intercepted libraries, applied once its user has imported it.

    Args:
        name: The name of the module.
        make: Makes the patches from the module.
        adopt: Called with the module at each interception's start, for what is in use already.
    """

    def __init__(
        self, name: str, make: Callable[[Any], list[Patch]], adopt: Callable[[Any], None] = lambda _: None
    ) -> None:
        self._module_name = name
        self._make_patches = make
        self._adopt = adopt
        self._module: ModuleType | None = None
        self._patches: list[Patch] = []

    def apply(self) -> None:
        """Apply the patches, if the module has been imported."""
        module = sys.modules.get(self._module_name)
        if module is None:
            return
        if module is not self._module:
            try:
                self._module, self._patches = module, self._make_patches(module)
            except AttributeError as error:
                raise PatchFailed(explain_failure(package_of(module), str(error))) from error
        for patch in self._patches:
            patch.apply()
        self._adopt(module)

    def remove(self) -> None:
        """Remove the patches."""
        for patch in self._patches:
            patch.remove()


def package_of(module: ModuleType) -> ModuleType:
    """Return the package of a module, which has the version."""
    return sys.modules[module.__name__.partition(".")[0]]


# aioresponses


def patch_aioresponses() -> Patch:
    """Return the patch of aioresponses, which replaces `ClientSession._request`."""
    return NeighbourPatch(
        "aioresponses.core",
        lambda module: [Patch(package_of(module), module.aioresponses, "start", make_start)],
        adopt_router,
    )


def make_start(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of `aioresponses.start`."""

    @wraps(original)
    def start(router: Any) -> None:
        original(router)
        adopt_router(sys.modules[original.__module__])

    return start


def adopt_router(module: Any) -> None:
    """Let the active router of aioresponses, of which there is one at most, pass intercepted calls on.

    It keeps its method as the side effect of a mock, from before it is started: a patch of the class is too late.
    """
    request: Any = vars(module.ClientSession)["_request"]
    side_effect: Any = getattr(request, "side_effect", None)
    router = getattr(side_effect, "__self__", None)
    if isinstance(router, module.aioresponses):
        request.side_effect = make_side_effect(module, router, side_effect)


def make_side_effect(module: Any, router: Any, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a router's method."""

    async def request_mock(session: Any, method: str, url: Any, *args: Any, **kwargs: Any) -> Any:
        target = session._build_url(url)  # noqa: SLF001  # relative to the session's base URL
        headers = session._prepare_headers(kwargs.get("headers"))  # noqa: SLF001  # with the session's own
        if not is_intercepted(method, str(target), headers.items()):
            return await original(session, method, url, *args, **kwargs)
        whole = module.normalize_url(module.merge_params(target, kwargs.get("params")))
        if any(route.match(method, whole) for route in router._matches.values()):  # noqa: SLF001  # no public name
            advise_of_route(method, str(target), "aioresponses")
        return await router.patcher.temp_original(session, method, url, *args, **kwargs)

    return request_mock


# vcrpy

# The attribute of a request of vcrpy's that an interception answers.
ANSWERED = "omixa_mock_answers"


def patch_vcr() -> Patch:
    """Return the patch of vcrpy's cassettes: an intercepted call is neither played nor recorded."""
    return NeighbourPatch(
        "vcr.cassette",
        lambda module: [
            Patch(package_of(module), module.Cassette, "can_play_response_for", make_play_test),
            Patch(package_of(module), module.Cassette, "filter_request", make_skip),
            Patch(package_of(module), module.Cassette, "append", make_skip),
        ],
    )


def make_play_test(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of `can_play_response_for`, which the stubs of all libraries call first."""

    @wraps(original)
    def can_play_response_for(cassette: Any, request: Any) -> Any:
        if not is_intercepted(request.method, request.uri, fields_of(request)):
            return original(cassette, request)
        setattr(request, ANSWERED, True)
        return False

    return can_play_response_for


def fields_of(request: Any) -> Iterable[tuple[Any, Any]]:
    """Yield the header fields of a request of vcrpy's; some stubs keep lists of values."""
    for name, values in request.headers.items():
        yield from ((name, value) for value in (values if isinstance(values, list) else [values]))


def make_skip(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a method that records a request, or tests if it is to be recorded."""

    @wraps(original)
    def skip(cassette: Any, request: Any, *args: Any) -> Any:
        return None if getattr(request, ANSWERED, False) else original(cassette, request, *args)

    return skip
