"""Installation of the interceptors of all HTTP client libraries in this environment."""

from __future__ import annotations

import sys
import threading
import warnings
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from .exchange import StartFlow
from .patching import Patch, PatchFailed, explain_failure
from .registry import ACTIVE, Interception

__all__ = ["installed_patches", "start_interception"]

# The module here that has a library's `make_patches`.
MODULES = {"httpx": "httpx", "httpx2": "httpx", "urllib3": "urllib3", "requests": "requests", "aiohttp": "aiohttp"}

# Tests in threads start and close interceptions concurrently.
LOCK = threading.RLock()
# The patches of each library. They are made once: the next interception must know which ones are applied.
PATCHES: dict[str, list[Patch]] = {}


class PatchedInterception(Interception):
    """Interception that holds the patches of all installed libraries."""

    def close(self) -> None:
        """Receive no more calls, and restore the libraries if this was the last interception."""
        with LOCK:
            self.end()
            if not ACTIVE:
                for patch in (patch for patches in PATCHES.values() for patch in patches):
                    patch.remove()


def start_interception(start_flow: StartFlow, **options: Any) -> Interception:
    """Intercept the calls of each installed library until the returned object is closed.

    Args:
        start_flow: Starts the flow of a call.
        **options: Those of `Interception`: `everywhere`, `advise`, `time_scale`.

    Raises:
        PatchFailed: A library's structure is unknown; then none is patched.
    """
    with LOCK, ExitStack() as stack:
        interception = PatchedInterception(start_flow, **options)
        stack.callback(interception.close)
        interception.begin()
        for patch in installed_patches():
            patch.apply()
        stack.pop_all()
        return interception


def installed_patches() -> list[Patch]:
    """Return the patches of all installed libraries.

    Raises:
        PatchFailed: The interceptor of one of them cannot be imported: the library is too old or too new.
    """
    return [patch for library in MODULES if is_installed(library) for patch in patches_of(library)]


def is_installed(library: str) -> bool:
    """Return True if a library can be called; an object that replaces it in `sys.modules` does not count."""
    if library in sys.modules:
        return getattr(sys.modules[library], "__spec__", None) is not None
    return find_spec(library) is not None


def patches_of(library: str) -> list[Patch]:
    """Return the patches of a library; its import warnings are suppressed."""
    if library not in PATCHES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                interceptor = import_module(f"{__package__}.{MODULES[library]}")
                PATCHES[library] = interceptor.make_patches(import_module(library))
            except (AttributeError, ImportError) as error:
                # The import itself may have failed.
                module = sys.modules.get(library) or ModuleType(library)
                raise PatchFailed(explain_failure(module, str(error))) from error
    return PATCHES[library]
