"""The request log: written beside the calls, bounded, and safe to look at."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from omixa_mock import Call
from omixa_mock.cli.request_log import LineWriter, describe_call, escape, whole_lines, write_to_stderr
from omixa_mock.gateway import Refusal, Response

PATIENCE = 10.0


class SlowReader:
    """Somebody who reads nothing until told to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.asked = threading.Event()
        self.reads = threading.Event()

    def __call__(self, text: str) -> None:
        self.asked.set()
        self.reads.wait(PATIENCE)
        self.texts.append(text)


@pytest.fixture
def reader() -> Iterator[SlowReader]:
    reader = SlowReader()
    yield reader
    reader.reads.set()


@pytest.fixture
def writer(reader: SlowReader) -> LineWriter:
    """A writer of at most three waiting lines, which is blocked with a first one."""
    writer = LineWriter(reader, 3)
    writer.put("first")
    assert reader.asked.wait(PATIENCE)
    return writer


def test_lines_are_written_in_order(reader: SlowReader, writer: LineWriter) -> None:
    for line in "abc":
        writer.put(line)
    reader.reads.set()
    writer.close(PATIENCE)
    assert "".join(reader.texts) == "first\na\nb\nc\n"


def test_lines_beyond_the_bound_are_counted(reader: SlowReader, writer: LineWriter) -> None:
    for line in "abcde":
        writer.put(line)
    reader.reads.set()
    writer.close(PATIENCE)
    told = "(2 lines of this log were dropped, since nobody read them in time)"
    assert "".join(reader.texts).splitlines() == ["first", "a", "b", "c", told]


def test_end_does_not_wait_for_a_reader_that_never_comes(reader: SlowReader, writer: LineWriter) -> None:
    writer.close(0.01)
    assert reader.texts == []


def test_reader_that_is_gone_ends_the_writing_quietly() -> None:
    def refuse(_: str) -> None:
        raise BrokenPipeError

    writer = LineWriter(refuse)
    writer.put("a")
    writer.close(PATIENCE)
    assert not writer._thread.is_alive()


def test_pipe_that_does_not_block_gets_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = os.pipe()
    os.set_blocking(target, False)
    text = "x" * 300_000
    with open(source, "rb") as reading, open(target, "w", encoding="utf-8") as writing:  # noqa: PTH123
        monkeypatch.setattr("sys.stderr", writing)
        thread = threading.Thread(target=write_to_stderr, args=(text,))
        thread.start()
        assert reading.read(len(text)) == text.encode()
        thread.join(PATIENCE)


BLOCKS: dict[str, tuple[bytes, list[bytes]]] = {
    "several lines in one": (b"a\nb\n", [b"a\nb\n"]),
    "no line cut": (b"abc\ndefg\n", [b"abc\n", b"defg\n"]),
    "the rest of a line that is too long": (b"abcdefghij\nk\n", [b"abcdef", b"ghij\n", b"k\n"]),
    "nothing": (b"", [b""]),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_a_pipe_takes_at_once_is_whole_lines(name: str) -> None:
    data, blocks = BLOCKS[name]
    assert [*whole_lines(data, 6)] == blocks


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
def test_only_printable_text_is_shown_as_it_is(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_planned_fault_is_told_with_its_call() -> None:
    call = Call("POST", "/api/v1/images/generations", {}, fault="no_route", response=Response(503, (), b""))
    call.error = Refusal("no_route", "No healthy route is currently available.", planned=True)

    assert describe_call(call) == (
        "503 POST /api/v1/images/generations (no_route, as planned) No healthy route is currently available."
    )
