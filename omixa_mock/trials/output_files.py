"""Validation of the files that a client wrote: whose images they are, in which format and size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omixa_mock.gateway import Call
from omixa_mock.kit.identify import identify
from omixa_mock.kit.image_files import read_image

__all__ = ["find_output_flaw"]


def find_output_flaw(folder: Path, pattern: str, calls: Sequence[Call]) -> str:
    """Return what is wrong with the files that match a pattern; empty if they are the images of one call.

    Args:
        folder: The client's working folder.
        pattern: A glob pattern below it, for instance `out*.png`.
        calls: The calls of the trial.
    """
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not paths:
        return f"no file matches {pattern}"
    return next(filter(None, (find_flaw(path, calls) for path in paths)), "") or find_missing(paths, calls)


def find_flaw(path: Path, calls: Sequence[Call]) -> str:
    """Return what is wrong with a file; empty if it is an image of one of the calls, as it was requested."""
    data = path.read_bytes()
    if not data:
        return f"{path.name} is empty"
    image = read_image(data)
    if not image.format:
        return f"{path.name} is no image"
    call = find_call(data, calls)
    if call is None or call.image_request is None:
        return f"{path.name} is no image of this trial's calls"
    fields = call.fields
    expected = fields.get("output_format", "png")
    if image.format != expected:
        return f"{path.name} is a {image.format}; requested: {expected}"
    pixels, size = f"{image.width}x{image.height}", fields.get("size", "auto")
    if size not in {"auto", pixels}:
        return f"{path.name} has {pixels} pixels; requested: {size}"
    return f"{path.name} is damaged: {image.damage}" if image.damage else ""


def find_call(data: bytes, calls: Sequence[Call]) -> Call | None:
    """Return the call that made an image; None if none did."""
    fingerprint = identify(data)
    return next((call for call in calls if fingerprint in call.fingerprints), None)


def find_missing(paths: Sequence[Path], calls: Sequence[Call]) -> str:
    """Return which images are missing; empty if the files show all images of a call."""
    shown = {identify(path.read_bytes()) for path in paths}
    complete = [call for call in calls if call.fingerprints and set(call.fingerprints) <= shown]
    if complete:
        return ""
    paid = max((call for call in calls if call.charged), key=lambda call: len(shown & set(call.fingerprints)))
    return f"{len(shown & set(paid.fingerprints))} of {len(paid.fingerprints)} images were written"
