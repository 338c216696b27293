"""Every in-process door that this environment has a library for."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec

from .exchange import StartFlow
from .patching import Patch, PatchFailed
from .registry import OPEN, Interception

__all__ = ["installed_patches", "start_interception"]

# Which module has a library's `make_patches`.
HTTP_CLIENTS = {"httpx": "httpx", "httpx2": "httpx", "requests": "requests"}

# Tests in threads open doors side by side.
INTERCEPTING = threading.RLock()
# What is patched of each library; made once, since whoever opens next must know what is in place.
PATCHES: dict[str, list[Patch]] = {}


class PatchedInterception(Interception):
    """One who answers, with the doors of all installed libraries."""

    def close(self) -> None:
        """Be asked no more, and leave the libraries as they were when this was the last one."""
        with INTERCEPTING:
            self.end()
            if not OPEN:
                for patch in (patch for patches in PATCHES.values() for patch in patches):
                    patch.remove()


def start_interception(start_flow: StartFlow, *, everywhere: bool = False) -> Interception:
    """Open the door of each installed library, until what is returned is closed.

    Args:
        answering: Who answers.
        everywhere: Whether it answers for all tasks and threads alike, as a test's fixture does.

    Raises:
        PatchFailed: A library is not built as its door knows it; then none is open.
    """
    with INTERCEPTING, ExitStack() as stack:
        opening = PatchedInterception(start_flow, everywhere=everywhere)
        stack.callback(opening.close)
        opening.begin()
        for patch in installed_patches():
            patch.apply()
        stack.pop_all()
        return opening


def installed_patches() -> list[Patch]:
    """What is patched of all installed libraries.

    Raises:
        PatchFailed: One of them is too old or too new for its door to be imported.
    """
    return [patch for library in HTTP_CLIENTS if is_installed(library) for patch in patches_of(library)]


def is_installed(library: str) -> bool:
    """Whether a library can be called; what somebody else put in its place is no library."""
    if library in sys.modules:
        return getattr(sys.modules[library], "__spec__", None) is not None
    return find_spec(library) is not None


def patches_of(library: str) -> list[Patch]:
    """What is patched of a library; what it warns of at import is not our user's business."""
    if library not in PATCHES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                http_client = import_module(f"{__package__}.{HTTP_CLIENTS[library]}")
                PATCHES[library] = http_client.make_patches(import_module(library))
            except (AttributeError, ImportError) as error:
                raise PatchFailed("\n".join(tell(library, error))) from error
    return PATCHES[library]


def tell(library: str, error: Exception) -> Iterator[str]:
    """Which library could not be intercepted, in which version, and what to do."""
    version = getattr(sys.modules.get(library), "__version__", "(unknown version)")
    yield (
        f"{library} {version} could not be intercepted: {error}. No call went out. Use another version of "
        f"{library}, or the fixture omixa_mock_server, which needs no patch."
    )
