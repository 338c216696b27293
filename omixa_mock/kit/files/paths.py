"""From the paths that a user gives to files: globs and folders too, each file once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from .documents import LINE_ENDINGS

__all__ = ["STANDARD_INPUT", "Source", "expand"]

STANDARD_INPUT = "-"
ENDINGS = (".json", *LINE_ENDINGS, ".har")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, or why there is none.

    Attributes:
        name: As it is shown: the path, or `-` for standard input.
        size: In bytes; 0 where it is not known.
        trouble: Why it cannot be checked; empty where it can be.
    """

    name: str
    size: int = 0
    trouble: str = ""


def expand(paths: Iterable[str]) -> list[Source]:
    """Every file that the paths name, in their order; folders are searched, patterns expanded as a shell would."""
    found: dict[str, Source] = {}
    for path in paths:
        for source in sources_of(path):
            found.setdefault(os.path.realpath(source.name) if source.name != STANDARD_INPUT else "-", source)
    return list(found.values())


def sources_of(path: str) -> Iterator[Source]:
    """The files that one path names."""
    if path == STANDARD_INPUT:
        yield Source(path)
    elif Path(path).is_dir():
        yield from within(path)
    elif has_magic(path) and not Path(path).exists():
        yield from matching(path)
    else:
        yield describe(path)


def within(folder: str) -> Iterator[Source]:
    """The files in a folder and below it, except in hidden ones."""
    names = []
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [os.path.join(at, name) for name in files if name.lower().endswith(ENDINGS)]  # noqa: PTH118  # as given
    yield from map(describe, sorted(names))
    if not names:
        yield Source(folder, trouble=f"nothing to check: no {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} file is in it.")


def matching(pattern: str) -> Iterator[Source]:
    """The files that a pattern matches, those in folders that it matches too."""
    names = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # a pattern may be absolute
    for name in names:
        if Path(name).is_dir():
            # Of `a/**`, the folders' files come by themselves.
            yield from () if pattern.endswith("**") else within(name)
        else:
            yield describe(name)
    if not names:
        yield Source(pattern, trouble="nothing to check: no file matches. Compare the pattern with `ls`.")


def describe(path: str) -> Source:
    """A file with its size."""
    try:
        return Source(path, Path(path).stat().st_size)
    except OSError as error:
        return Source(path, trouble=f"cannot be read: {error.strerror}")
