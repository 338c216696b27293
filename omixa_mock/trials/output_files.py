"""Validation of the images that a client wrote: whose they are, in which format and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from omixa_mock.gateway import Call
from omixa_mock.kit.identify import identify
from omixa_mock.kit.image_files import read_image

__all__ = ["find_files_flaw", "find_flaw", "read_files"]


def read_files(folder: Path, pattern: str) -> dict[str, bytes]:
    """Return the files that match a glob pattern below a folder, by name."""
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def find_files_flaw(files: Mapping[str, bytes], calls: Sequence[Call]) -> str:
    """Return what is wrong with image files; empty if they are the images of one call, as they were requested.

    Args:
        files: The files by name.
        calls: The calls of the trial.
    """
    flaws = (f"{name} {flaw}" for name, data in files.items() if (flaw := find_flaw(data, calls)))
    return next(flaws, "") or find_missing(files, calls)


def find_flaw(data: bytes, calls: Sequence[Call]) -> str:
    """Return what is wrong with a file; empty if it is an image of one of the calls, as it was requested."""
    image = read_image(data)
    if not image.format:
        return "is no image" if data else "is empty"
    if image.damage:
        return f"is damaged: {image.damage}"
    call = find_call(data, calls)
    request = call.image_request if call else None
    if request is None:
        return "is no image of this trial's calls"
    if image.format != request.output_format:
        return f"is a {image.format}; requested: {request.output_format}"
    if (image.width, image.height) != (request.width, request.height):
        return f"has {image.width}x{image.height} pixels; requested: {request.width}x{request.height}"
    return ""


def find_call(data: bytes, calls: Sequence[Call]) -> Call | None:
    """Return the call that made an image; None if none did."""
    fingerprint = identify(data)
    return next((call for call in calls if fingerprint in call.fingerprints), None)


def find_missing(files: Mapping[str, bytes], calls: Sequence[Call]) -> str:
    """Return how many images are missing; empty if the files show all images of a call."""
    shown = {identify(data) for data in files.values()}
    made = [set(call.fingerprints) for call in calls if call.fingerprints]
    if any(fingerprints <= shown for fingerprints in made):
        return ""
    best = max(made, key=lambda fingerprints: len(shown & fingerprints), default=set())
    return f"{len(shown & best)} of {max(len(best), 1)} images were written"
