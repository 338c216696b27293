"""What `@pytest.mark.omixa_mock(...)` asks for."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from omixa_mock.gateway import SettingError, Settings, changed, describe_settings

__all__ = ["Wishes", "read_marks"]

OWN = ("strict", "live", "openai", "balance", "models", "routes_down")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a test's markers ask for, the closest one winning.

    Attributes:
        strict: Whether broken contracts and unmet plans fail the test; None where no marker says.
        live: Whether real calls are let through.
        openai: Whether OPENAI_BASE_URL and OPENAI_API_KEY are set as well.
        settings: Changes to the settings.
        books: What else the workspace starts with: balance, models, routes_down.
    """

    strict: bool | None = None
    live: bool = False
    openai: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    books: Mapping[str, Any] = field(default_factory=dict)


def read_marks(node: pytest.Item | pytest.Session) -> Wishes:
    """The wishes of a test.

    Raises:
        pytest.fail.Exception: A marker has an option that does not exist, or a value that it does not take;
            with the line of the test.
    """
    wanted: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("omixa_mock"))):
        if mark.args:
            raise refused(node, f"the marker omixa_mock takes options by name only, came {mark.args!r}")
        wanted |= mark.kwargs
    known = (*OWN, *describe_settings())
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise refused(node, f"the marker omixa_mock has no option {name!r}; {hint}")
    settings = {name: value for name, value in wanted.items() if name not in OWN}
    try:
        changed(Settings(), settings)
    except SettingError as error:
        raise refused(node, str(error)) from None
    return Wishes(
        strict=wanted.get("strict"),
        live=bool(wanted.get("live")),
        openai=bool(wanted.get("openai")),
        settings=settings,
        books={name: wanted[name] for name in ("balance", "models", "routes_down") if name in wanted},
    )


def refused(node: Any, why: str) -> BaseException:
    """A failure that shows the user's line and nothing of ours."""
    error: BaseException = pytest.fail.Exception(f"{place_of(node)}\n{why}", pytrace=False)
    return error


def place_of(node: Any) -> str:
    """The user's line that has the marker, as file:line, with the line itself."""
    function = getattr(node, "function", None)
    if function is None:
        return str(node.nodeid)
    lines, start = inspect.getsourcelines(function)
    offset = next((i for i, line in enumerate(lines) if "omixa_mock(" in line and "mark" in line), 0)
    return f"{node.path.name}:{start + offset}: {lines[offset].strip()}"
