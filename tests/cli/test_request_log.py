"""Request log: written beside the calls, bounded, and safe to print."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from omixa_mock import Call
from omixa_mock.cli.request_log import LineWriter, describe_call, escape, write_to_stderr
from omixa_mock.gateway import Refusal, Response

TIMEOUT = 10.0


class SlowReader:
    """Reader that blocks until it is released."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.called = threading.Event()
        self.released = threading.Event()

    def __call__(self, text: str) -> None:
        self.called.set()
        self.released.wait(TIMEOUT)
        self.texts.append(text)


@pytest.fixture
def reader() -> Iterator[SlowReader]:
    reader = SlowReader()
    yield reader
    reader.released.set()


@pytest.fixture
def writer(reader: SlowReader) -> LineWriter:
    """Return a writer of at most three waiting lines, blocked by a first one."""
    writer = LineWriter(reader, 3)
    writer.put("first")
    assert reader.called.wait(TIMEOUT)
    return writer


def test_lines_are_written_in_order(reader: SlowReader, writer: LineWriter) -> None:
    for line in "abc":
        writer.put(line)
    reader.released.set()
    writer.close(TIMEOUT)
    assert "".join(reader.texts) == "first\na\nb\nc\n"


def test_lines_beyond_the_bound_are_counted(reader: SlowReader, writer: LineWriter) -> None:
    for line in "abcde":
        writer.put(line)
    reader.released.set()
    writer.close(TIMEOUT)
    count = "(2 lines of this log were dropped, since nobody read them in time)"
    assert "".join(reader.texts).splitlines() == ["first", "a", "b", "c", count]


def test_close_does_not_wait_for_a_reader_that_never_reads(reader: SlowReader, writer: LineWriter) -> None:
    writer.close(0.01)
    assert reader.texts == []


def test_broken_pipe_ends_the_writer_quietly() -> None:
    def refuse(_: str) -> None:
        raise BrokenPipeError

    writer = LineWriter(refuse)
    writer.put("a")
    writer.close(TIMEOUT)
    assert not writer._thread.is_alive()


def test_non_blocking_pipe_gets_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = os.pipe()
    os.set_blocking(target, False)
    text = "x" * 300_000
    with open(source, "rb") as reading, open(target, "w", encoding="utf-8") as writing:  # noqa: PTH123
        monkeypatch.setattr("sys.stderr", writing)
        thread = threading.Thread(target=write_to_stderr, args=(text,))
        thread.start()
        assert reading.read(len(text)) == text.encode()
        thread.join(TIMEOUT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a cat – 0.039 …", "a cat – 0.039 …"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b"),
        ("\u202e", "\\u202e"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_only_printable_text_is_unchanged(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_planned_fault_is_in_the_line_of_its_call() -> None:
    call = Call("POST", "/api/v1/images/generations", {}, fault="no_route", sent=Response(503, (), b""))
    call.error = Refusal("no_route", "No healthy route is currently available.", planned=True)

    assert describe_call(call) == (
        "503 POST /api/v1/images/generations (no_route, as planned) No healthy route is currently available."
    )
