"""Options of `@pytest.mark.omixa_mock(...)`."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from omixa_mock.advisory import OmixaAdvisory
from omixa_mock.gateway import SettingError, Settings, describe_settings, with_changes
from omixa_mock.gateway.common import hint_at
from omixa_mock.profile import read_profile

from .items import goes_live, takes_a_fixture

__all__ = ["MarkerOptions", "read_markers", "refused", "warn_of_unused_options"]

# Options that take effect in a test without a fixture too.
ALWAYS = frozenset({"live", "strict"})
SWITCHES = ("strict", "live", "openai")
WORKSPACE = ("balance", "models", "routes_down")
# The options that are no settings.
OTHERS = (*SWITCHES, *WORKSPACE, "profile")


@dataclass(frozen=True, slots=True)
class MarkerOptions:
    """Options of a test's markers; the closest marker wins.

    Attributes:
        strict: Whether broken contracts and unmet plans fail the test; None if no marker has it.
        openai: Whether OPENAI_BASE_URL and OPENAI_API_KEY are set as well.
        settings: Changes to the settings.
        workspace: The other things that the workspace starts with: balance, models, routes_down.
        profile: The settings of the marker's profile, below `settings`; None if no marker has one.
    """

    strict: bool | None = None
    openai: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    workspace: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] | None = None


def read_markers(node: pytest.Item | pytest.Session) -> MarkerOptions:
    """Return the marker options of a test.

    Raises:
        pytest.fail.Exception: A marker has an option that does not exist, or a value that it does not take;
            with the user's line.
    """
    values: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("omixa_mock"))):
        if mark.args:
            raise refused(node, f"The marker omixa_mock takes options by name only; came: {mark.args!r}", mark=mark)
        values |= mark.kwargs
    known = (*OTHERS, *describe_settings())
    for name, value in values.items():
        if name not in known:
            raise refused(node, f"The marker omixa_mock has no option {name!r}. {hint_at(name, known)}", name)
        if name in SWITCHES and not isinstance(value, bool):
            raise refused(node, f"{name} = {value!r} is not accepted; accepted: True, False", name)
    settings = {name: value for name, value in values.items() if name not in OTHERS}
    for name, value in settings.items():
        try:
            with_changes(Settings(), {name: value})
        except SettingError as error:
            raise refused(node, str(error), name) from None
    return MarkerOptions(
        strict=values.get("strict"),
        openai=values.get("openai", False),
        settings=settings,
        workspace={name: values[name] for name in WORKSPACE if name in values},
        profile=read_marked_profile(node, values["profile"]) if "profile" in values else None,
    )


def read_marked_profile(node: pytest.Item | pytest.Session, profile: Any) -> Mapping[str, Any]:
    """Return the settings of a marker's profile, whose path is relative to the rootdir; none for None.

    Raises:
        pytest.fail.Exception: The profile cannot be used; with the user's line.
    """
    if profile is None:
        return {}
    is_path = isinstance(profile, (str, os.PathLike)) and os.fspath(profile)
    try:
        return read_profile(node.config.rootpath / profile if is_path else profile)
    except SettingError as error:
        raise refused(node, str(error), "profile") from None


def warn_of_unused_options(item: pytest.Item) -> None:
    """Warn of a marker without effect: its test goes live, and uses no fixture that reads it."""
    # By `request` it may still take one.
    if takes_a_fixture(item) or "request" in getattr(item, "fixturenames", ()) or not goes_live(item):
        return
    named = (name for mark in item.own_markers if mark.name == "omixa_mock" for name in mark.kwargs)
    for name in sorted({*named} - ALWAYS):
        item.warn(
            OmixaAdvisory(
                f"{item.nodeid}: @pytest.mark.omixa_mock({name}=…) changes nothing, since the test goes live "
                "(live=True) and takes neither omixa_mock nor omixa_mock_server. Leave it out."
            )
        )


def refused(node: Any, why: str, name: str = "", *, mark: pytest.Mark | None = None) -> BaseException:
    """Return a failure that shows the user's line with the option `name`, and no frame of ours."""
    place = place_of(node, name, mark)
    error: BaseException = pytest.fail.Exception(f"{place}\n{why}" if place else why, pytrace=False)
    return error


def place_of(node: Any, name: str, mark: pytest.Mark | None) -> str:
    """Return the user's line with the option as `file:line: text`; the test's id if no source has it."""
    for owner, each in node.iter_markers_with_node("omixa_mock"):
        if each is mark or name in each.kwargs:
            found = find_line(owner, name)
            return f"{node.nodeid.partition('::')[0]}:{found[0]}: {found[1]}" if found else str(node.nodeid)
    return str(node.nodeid)


def find_line(owner: Any, name: str) -> tuple[int, str] | None:
    """Return the line number and text of the marker with an option in a function, class or module."""
    try:
        lines, start = inspect.getsourcelines(getattr(owner, "function", None) or owner.obj)
    except (AttributeError, OSError, TypeError):
        return None
    # A module's own marks stand behind `pytestmark`; what stands before are those of others.
    begin = find(lines, r"\bpytestmark\b", 0) if isinstance(owner, pytest.Module) else 0
    marker = find(lines, r"\bomixa_mock\(", begin or 0)
    if begin is None or marker is None:
        return None
    at = (find(lines, rf"\b{re.escape(name)}\s*=", marker) if name else marker) or marker
    return max(start, 1) + at, lines[at].strip()


def find(lines: Sequence[str], pattern: str, begin: int) -> int | None:
    """Return the index of the first line from `begin` on that matches a pattern."""
    return next((at for at in range(begin, len(lines)) if re.search(pattern, lines[at])), None)
