"""Path expansion: globs and folders to files, each file once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from .cassette import is_yaml_cassette
from .documents import LINE_ENDINGS

__all__ = ["STANDARD_INPUT", "Source", "expand"]

STANDARD_INPUT = "-"
ENDINGS = (".json", *LINE_ENDINGS, ".har", ".har.zip")
# Most files in YAML are something else; of a folder, only cassettes are taken.
YAML_ENDINGS = (".yaml", ".yml")
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Source:
    """File to read, or the reason why there is none.

    Attributes:
        name: The path, or `-` for standard input.
        size: Bytes; 0 if unknown.
        trouble: The reason why the file cannot be read; empty if it can.
    """

    name: str
    size: int = 0
    trouble: str = ""


def expand(paths: Iterable[str]) -> list[Source]:
    """Return the files of the paths, in order; folders are searched, patterns expanded as by a shell."""
    found: dict[str, Source] = {}
    for path in paths:
        for source in sources_of(path):
            found.setdefault(os.path.realpath(source.name) if source.name != STANDARD_INPUT else "-", source)
    return list(found.values())


def sources_of(path: str) -> Iterator[Source]:
    """Yield the files of one path."""
    if path == STANDARD_INPUT:
        yield Source(path)
    elif Path(path).is_dir():
        yield from files_within(path)
    elif has_magic(path) and not Path(path).exists():
        yield from files_matching(path)
    else:
        yield stat_source(path)


def files_within(folder: str) -> Iterator[Source]:
    """Yield the files in a folder and its subfolders, except hidden ones."""
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [os.path.join(parent, name) for name in files]  # noqa: PTH118  # as given
    names = sorted(filter(is_recording, names))
    yield from map(stat_source, names)
    if not names:
        yield Source(folder, trouble=f"nothing to check: no {', '.join(ENDINGS)} file and no VCR cassette is in it.")


def is_recording(name: str) -> bool:
    """Return True if a file found in a folder is to be validated; a FIFO never is, as reading it may never end."""
    if not name.lower().endswith((*ENDINGS, *YAML_ENDINGS)) or is_special(name):
        return False
    return name.lower().endswith(ENDINGS) or has_yaml_cassette(name)


def is_special(name: str) -> bool:
    """Return True if a path is a FIFO, a socket or a device; a file that is missing or a broken link is none."""
    return Path(name).exists() and not Path(name).is_file()


def has_yaml_cassette(name: str) -> bool:
    """Return True if a file begins like a cassette in YAML, or cannot be read."""
    try:
        with Path(name).open("rb") as stream:
            return is_yaml_cassette(stream.read(HEAD_BYTES))
    except OSError:
        return True


def files_matching(pattern: str) -> Iterator[Source]:
    """Yield the files that match a pattern, and those in matching folders."""
    names = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # a pattern may be absolute
    for name in names:
        if Path(name).is_dir():
            # `a/**` matches the files of its folders as well.
            yield from () if pattern.endswith("**") else files_within(name)
        elif not is_special(name):
            yield stat_source(name)
    if not names:
        yield Source(pattern, trouble="nothing to check: no file matches. Compare the pattern with `ls`.")


def stat_source(path: str) -> Source:
    """Return a file with its size, or with the error of `stat`."""
    try:
        return Source(path, Path(path).stat().st_size)
    except OSError as error:
        return Source(path, trouble=f"cannot be read: {error.strerror}")
