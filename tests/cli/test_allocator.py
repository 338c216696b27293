"""The command keeps large blocks for the next upload; nobody else's process is touched."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from omixa_mock.cli.allocator import keep_large_blocks

# Bytes that glibc has mapped apart for single blocks, while one of 8 MB lives.
MAPPED = """
import ctypes
class Report(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks u f k".split()]
library = ctypes.CDLL(None)
library.mallinfo2.restype = Report
block = bytearray(8_000_000)
print(library.mallinfo2().hblkhd > 8_000_000)
"""
SERVE = """
from click.testing import CliRunner
from omixa_mock.cli import main
CliRunner().invoke(main, ["serve", "--seed", "x"])
"""
PLUGIN = """
import pytest
pytest.main(["-q", "-p", "no:cacheprovider", "/dev/null"])
"""
IN_A_THREAD = """
import omixa_mock
with omixa_mock.serve():
    pass
"""


def has_switch() -> bool:
    import ctypes

    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2")


@pytest.mark.skipif(not has_switch(), reason="this system's C library is not glibc of 2.33 or newer")
@pytest.mark.parametrize(
    ("code", "maps"),
    [(SERVE, "False"), ("import omixa_mock, omixa_mock.cli.serving", "True"), (PLUGIN, "True"), (IN_A_THREAD, "True")],
    ids=["serve", "import", "pytest", "server in a thread"],
)
def test_large_blocks_are_mapped_apart_except_by_the_command(code: str, maps: str) -> None:
    done = subprocess.run([sys.executable, "-c", code + MAPPED], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == maps


@pytest.mark.skipif(not has_switch(), reason="this system's C library is not glibc of 2.33 or newer")
def test_it_says_that_the_c_library_obeys() -> None:
    code = "from omixa_mock.cli.allocator import keep_large_blocks; print(keep_large_blocks())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert not keep_large_blocks()


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda _: SimpleNamespace())
    assert not keep_large_blocks()
