"""The C library's memory for large request bodies: kept for the next one, rather than given back each time.

glibc gives freed memory back to the kernel from thresholds that it adjusts by
what was freed before. An upload of megabytes passes them, and its pages may be
faulted in, zeroed and thrown away for each request: a bare Starlette server
takes three times as long by it. This is a decision about a whole process, so only the command takes it; in a process
of a user's it is not ours to take.
"""

from __future__ import annotations

import sys

__all__ = ["keep_large_blocks"]

MEBI = 1024 * 1024
# The parameters of mallopt(3) as glibc numbers them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# The most that every glibc accepts. orjson sets 12 bytes aside for each byte that it reads, most of them untouched:
# an upload of 2 MB needs 24 MB in one block. Measured, with lower numbers an upload costs 500 page faults rather than
# 10 (from 32 MB trimmed: sometimes); with 64 MB to trim from, a process was seen to keep 46 MB.
MMAP_THRESHOLD, TRIM_THRESHOLD = 32 * MEBI, 48 * MEBI


def keep_large_blocks() -> bool:
    """Have freed blocks of megabytes kept for the next request; says whether the C library does.

    Only glibc has both the habit and the switch: elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    # Three milliseconds, which nobody else who imports this package shall spend.
    import ctypes

    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        # musl has a function of that name in some distributions, which does nothing.
        return False
    parameters = ((M_MMAP_THRESHOLD, MMAP_THRESHOLD), (M_TRIM_THRESHOLD, TRIM_THRESHOLD))
    return all(library.mallopt(name, value) == 1 for name, value in parameters)
