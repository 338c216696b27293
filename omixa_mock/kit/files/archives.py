"""Files beside a HAR, in its folder or in its zip archive, as Playwright writes them."""

from __future__ import annotations

import zlib
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from .foreign import UNPACK, describe_foreign
from .har import ReadResource

__all__ = ["ArchiveError", "open_archive", "read_beside"]

# Far more than ten of the largest images in base64.
FILE_MAX = 256 * 1024 * 1024


class ArchiveError(ValueError):
    """Zip archive without exactly one HAR, or one that cannot be read."""


def read_beside(har: str, name: str) -> bytes | None:
    """Return the bytes of a file in a HAR's folder; None if there is none, or if the name leads out of the folder."""
    folder = Path(har).resolve().parent
    path = (folder / name).resolve()
    return path.read_bytes() if path.is_relative_to(folder) and path.is_file() else None


def open_archive(data: bytes) -> tuple[bytes, ReadResource]:
    """Return the HAR in a zip archive, and a function that reads the files beside it.

    Raises:
        ArchiveError: There is not exactly one HAR, or it cannot be read.
    """
    try:
        archive = ZipFile(BytesIO(data))
        names = [name for name in archive.namelist() if name.lower().endswith(".har")]
        if len(names) != 1:
            raise ArchiveError(describe_foreign(f"a zip archive with {len(names)} HARs in it, not one", UNPACK))
        text = read_member(archive, names[0])
    except READ_ERRORS as error:
        raise ArchiveError(describe_foreign(f"a zip archive that cannot be read ({error})", UNPACK)) from None
    if text is None:
        raise ArchiveError(describe_foreign(f"a zip archive whose HAR has more than {FILE_MAX:,} bytes", UNPACK))
    folder = names[0].rpartition("/")[0]
    return text, partial(read_member_or_none, archive, f"{folder}/" if folder else "")


# A password is a RuntimeError, another compression a NotImplementedError.
READ_ERRORS = (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error)


def read_member(archive: ZipFile, name: str) -> bytes | None:
    """Return the bytes of a file in an archive; None if they are too many."""
    return archive.read(name) if archive.getinfo(name).file_size <= FILE_MAX else None


def read_member_or_none(archive: ZipFile, folder: str, name: str) -> bytes | None:
    """Return the bytes of a file beside the HAR; None if it is missing or damaged."""
    try:
        return read_member(archive, f"{folder}{name}")
    except (KeyError, *READ_ERRORS):
        return None
