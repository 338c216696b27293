"""Mark of an image: a request's fingerprint with a checksum.

A mark is 128 bits: a fingerprint of 12 bytes and its CRC-32, written as 32
hexadecimal digits (ASCII, lower case). Each image contains it twice: as text in
the metadata, and bit by bit in the cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from zlib import crc32

__all__ = ["MARK_BITS", "find_mark", "fingerprint_in_bits", "mark_bits", "mark_of", "mark_text"]

_FINGERPRINT_BYTES: Final = 12
_FINGERPRINT_DIGITS: Final = 2 * _FINGERPRINT_BYTES
MARK_BITS: Final = 8 * (_FINGERPRINT_BYTES + 4)

_DIGIT_VALUES: Final = bytes.maketrans(b"01", b"\0\1")
_MARK_TEXT: Final = re.compile(rb"omixa-mock:([0-9a-f]{32})")
_SIGNATURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


def mark_of(fingerprint: bytes) -> bytes:
    """Return the mark of a 12-byte fingerprint.

    Raises:
        ValueError: The fingerprint is not 12 bytes long.
    """
    if len(fingerprint) != _FINGERPRINT_BYTES:
        raise ValueError(f"a fingerprint has {_FINGERPRINT_BYTES} bytes, not {len(fingerprint)}")
    return b"%b%08x" % (fingerprint.hex().encode(), crc32(fingerprint))


def mark_text(mark: bytes) -> bytes:
    """Return a mark as metadata text: ASCII, `omixa-mock:` and 32 hexadecimal digits."""
    return b"omixa-mock:" + mark


def mark_bits(mark: bytes) -> bytes:
    """Return the 128 bits of a mark as bytes of value 0 or 1, starting with the most significant bit."""
    return f"{int(mark, 16):0{MARK_BITS}b}".encode().translate(_DIGIT_VALUES)


def fingerprint_in_bits(bits: Iterable[bool]) -> str | None:
    """Return the fingerprint (24 hexadecimal digits) in the 128 bits of a mark; None if the CRC is wrong."""
    digits = "".join("1" if bit else "0" for bit in bits)
    return _fingerprint_in(b"%032x" % int(digits, 2))


def find_mark(data: bytes) -> str | None:
    """Find the fingerprint in the metadata of a PNG, JPEG or WebP file.

    Args:
        data: The bytes of the file.

    Returns:
        24 hexadecimal digits; None for another file, no mark, or a mark with a wrong CRC.
    """
    if not data.startswith(_SIGNATURES):
        return None
    return next(filter(None, map(_fingerprint_in, _MARK_TEXT.findall(data))), None)


def _fingerprint_in(mark: bytes) -> str | None:
    digits = mark[:_FINGERPRINT_DIGITS].decode()
    return digits if mark == mark_of(bytes.fromhex(digits)) else None
