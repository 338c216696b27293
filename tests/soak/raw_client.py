"""HTTP/1.1 client on a bare socket, which can leave or cut its connection at any byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass

TIMEOUT = 60.0
# SO_LINGER with no time: closing resets the connection.
RESET = struct.pack("ii", 1, 0)


class ResponseLost(Exception):  # noqa: N818  # an outcome that is expected
    """No complete response arrived."""


@dataclass(frozen=True)
class Arrived:
    """A complete response, with lower-case header names."""

    status: int
    headers: dict[str, str]
    body: bytes


def write_request(method: str, path: str, fields: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


class RawClient:
    """Client with one connection, which it opens anew after each loss."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes, timeout: float = TIMEOUT) -> Arrived:  # noqa: ASYNC109  # of one read
        """Send a request, and return its response.

        Raises:
            ResponseLost: The timeout passed, the connection ended, or the bytes are not HTTP.
        """
        try:
            async with asyncio.timeout(timeout):
                reader = await self._write(request)
                arrived = await read_response(reader)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ResponseLost(repr(error)) from None
        if "content-length" not in arrived.headers or arrived.headers.get("connection") == "close":
            self.close()
        return arrived

    async def leave(self, request: bytes, *, after: float = 0.0, read: int = 0, reset: bool = False) -> None:
        """Send a request or a part of it; close or reset the connection after some seconds, and some response bytes."""
        try:
            reader = await self._write(request)
            if read:
                async with asyncio.timeout(1.0):
                    await reader.readexactly(read)
            await asyncio.sleep(after)
        except (OSError, EOFError, TimeoutError):
            pass
        self.close(reset=reset)

    def close(self, *, reset: bool = False) -> None:
        """Close or reset the connection, if it is open."""
        if self._streams is None:
            return
        (_, writer), self._streams = self._streams, None
        if reset and not writer.is_closing():
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        else:
            writer.close()

    async def _write(self, request: bytes) -> asyncio.StreamReader:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        return reader


async def read_response(reader: asyncio.StreamReader) -> Arrived:
    """Read one response: its length is announced, chunked, or marked by the end of the connection."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    version, status, *_ = first.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(first)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        body = await read_chunks(reader)
    else:
        body = await reader.read()
    return Arrived(int(status), headers, body)


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a chunked body; ValueError if it is malformed."""
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return bytes(body)
