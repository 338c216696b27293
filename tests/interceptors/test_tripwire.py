"""The tripwire sees each way in which a name reaches Python's sockets, in each spelling, and advises by the client."""

from __future__ import annotations

import asyncio
import select
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from typing import Any
from xmlrpc.client import ServerProxy

import httpcore
import httpx
import pytest

from omixa_mock.interceptors import is_omixa, tripwire
from omixa_mock.interceptors.tripwire import LiveCallBlocked, Tripwire, is_guarded

WATCHED = Tripwire(lambda: "a test")


@pytest.fixture
def armed() -> Iterator[Tripwire]:
    """A tripwire of this module's own: an attempt fails no test."""
    WATCHED.arm()
    yield WATCHED
    WATCHED.disarm()
    WATCHED.attempts.clear()


def connect_and_send(sender: socket.socket, address: Any) -> None:
    sender.connect(address)
    sender.send(b"x")


# The ways to send to an address, each with its kind of socket.
WAYS: dict[str, tuple[int, Callable[[socket.socket, Any], object]]] = {
    "connect, TCP": (socket.SOCK_STREAM, lambda sender, address: sender.connect(address)),
    "connect_ex, TCP": (socket.SOCK_STREAM, lambda sender, address: sender.connect_ex(address)),
    "connect, UDP": (socket.SOCK_DGRAM, connect_and_send),
    "sendto": (socket.SOCK_DGRAM, lambda sender, address: sender.sendto(b"x", address)),
    "sendto with flags": (socket.SOCK_DGRAM, lambda sender, address: sender.sendto(b"x", 0, address)),
    "sendmsg": (socket.SOCK_DGRAM, lambda sender, address: sender.sendmsg([b"x"], [], 0, address)),
}
if hasattr(socket, "MSG_FASTOPEN"):  # Linux alone has it
    FAST_OPEN = socket.MSG_FASTOPEN
    WAYS |= {
        "sendto, Fast Open": (socket.SOCK_STREAM, lambda sender, address: sender.sendto(b"x", FAST_OPEN, address)),
        "sendmsg, Fast Open": (
            socket.SOCK_STREAM,
            lambda sender, address: sender.sendmsg([b"x"], [], FAST_OPEN, address),
        ),
    }
EACH_WAY = pytest.mark.parametrize("way", WAYS)


@contextmanager
def receiving(kind: int) -> Iterator[socket.socket]:
    """Yield a local socket that stands in for Omixa's."""
    with socket.socket(socket.AF_INET, kind) as receiver:
        receiver.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            receiver.listen()
        yield receiver


def send_to(host: Any, way: str) -> None:
    """Send to a local socket by a name of its host.

    Raises:
        LiveCallBlocked: It was refused, and nothing has arrived.
    """
    kind, send = WAYS[way]
    with receiving(kind) as receiver, socket.socket(socket.AF_INET, kind) as sender:
        try:
            send(sender, (host, receiver.getsockname()[1]))
        except LiveCallBlocked:
            assert not select.select([receiver], [], [], 0)[0]
            raise
        assert select.select([receiver], [], [], 5)[0]


@EACH_WAY
@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", b"localhost", bytearray(b"localhost"), "\uff4cocalhost", "local\u00adhost"],
    ids=ascii,
)
def test_nothing_is_sent_to_a_name_of_omixa(
    armed: Tripwire, monkeypatch: pytest.MonkeyPatch, way: str, host: Any
) -> None:
    monkeypatch.setattr(tripwire, "DOMAIN", "localhost")

    with pytest.raises(LiveCallBlocked, match="a test tried to reach localhost for real"):
        send_to(host, way)
    assert [attempt.host for attempt in armed.attempts] == ["localhost"]


@EACH_WAY
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_messages_to_other_hosts_arrive(armed: Tripwire, way: str, host: str) -> None:
    send_to(host, way)

    assert not armed.attempts


def test_messages_between_local_sockets_pass(armed: Tripwire) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendmsg([b"x"])
        assert other.recv(1) == b"x"
    assert not armed.attempts


SPELLINGS = [
    "www.omixa.cloud",
    "WWW.Omixa.CLOUD",
    "omixa.cloud.",
    "www.omixa\u3002cloud",
    "www\uff0eomixa\uff61cloud",
    "www.\uff4fmixa.cloud",
    "\uff37WW.\uff2fMIXA.cloud",
    "www.omi\u00adxa.cloud",
    "www\u2024omixa.cloud",
    "www.\uff4fmixa.cloud.",
]
OTHERS = [
    "www.\u043emixa.cloud",  # a Cyrillic letter
    "www.xn--mixa-45d.cloud",
    "www.\uff4fmixa.cloud\u3002evil.test",
    "not\uff4fmixa.cloud",
    "\ud800.test",
    "\uff41" * 64 + ".test",
    "\u3002",
    "",
]


async def open_connection(host: str) -> None:
    await asyncio.open_connection(host, 443)


RESOLVERS: dict[str, Callable[[Any], object]] = {
    "getaddrinfo": lambda host: socket.getaddrinfo(host, 443),
    "gethostbyname": socket.gethostbyname,
    "gethostbyname_ex": socket.gethostbyname_ex,
    "gethostbyaddr": socket.gethostbyaddr,
    "http.client": lambda host: HTTPSConnection(host).connect(),
    "asyncio": lambda host: asyncio.run(open_connection(host)),
}


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize("host", SPELLINGS, ids=ascii)
def test_no_spelling_of_the_host_is_resolved(armed: Tripwire, resolver: str, host: str) -> None:
    with pytest.raises(LiveCallBlocked, match=r"a test tried to reach (www\.)?omixa\.cloud for real"):
        RESOLVERS[resolver](host)

    assert len(armed.attempts) == 1


@pytest.mark.parametrize("host", ["www.omixa\u3002cloud", "WWW.\uff4fmixa.cloud."], ids=ascii)
@pytest.mark.usefixtures("armed")
def test_a_name_in_bytes_is_not_resolved(host: str) -> None:
    # The C library itself can convert them, by a flag.
    with pytest.raises(LiveCallBlocked):
        socket.getaddrinfo(host.encode(), 443)


@pytest.mark.parametrize("host", SPELLINGS, ids=ascii)
def test_each_guarded_spelling_is_intercepted(host: str) -> None:
    assert (is_guarded(host), is_omixa(host)) == (True, True)


@pytest.mark.parametrize("host", OTHERS, ids=ascii)
def test_a_similar_name_is_neither_guarded_nor_intercepted(host: str) -> None:
    assert (is_guarded(host), is_omixa(host)) == (False, False)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("www.\uff4fmixa.cloud", r"www.\uff4fmixa.cloud"),
        ("www.omixa\u3002cloud", r"www.omixa\u3002cloud"),
        ("API.omixa.cloud.", "API.omixa.cloud."),
        ("\x1b[1m.omixa.cloud", r"\x1b[1m.omixa.cloud"),
    ],
    ids=ascii,
)
@pytest.mark.usefixtures("armed")
def test_message_names_the_documented_host_and_the_spelling(host: str, shown: str) -> None:
    with pytest.raises(LiveCallBlocked) as caught:
        socket.getaddrinfo(host, 443)

    assert f"Omixa's documented host, which the fake answers, is www.omixa.cloud; not {shown}. " in str(caught.value)


@pytest.mark.parametrize("host", ["www.omixa.cloud", "omixa.cloud", "WWW.OMIXA.CLOUD."])
@pytest.mark.usefixtures("armed")
def test_message_does_not_correct_a_plain_spelling(host: str) -> None:
    with pytest.raises(LiveCallBlocked) as caught:
        socket.getaddrinfo(host, 443)

    assert "documented host" not in str(caught.value)


def call_by_own_transport() -> None:
    class OwnTransport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            httpcore.request(request.method, str(request.url))
            return httpx.Response(200)

    with httpx.Client(transport=OwnTransport()) as client:
        client.get("http://www.omixa.cloud")


CLIENTS: dict[str, tuple[str, Callable[[], object]]] = {
    "urllib": ("urllib.request", lambda: urllib.request.urlopen("http://www.omixa.cloud")),
    "http.client": ("http.client", lambda: HTTPSConnection("www.omixa.cloud").connect()),
    "xmlrpc": ("xmlrpc.client", lambda: ServerProxy("http://www.omixa.cloud").images()),
    "httpcore": ("httpcore", lambda: httpcore.request("GET", "http://www.omixa.cloud")),
    "httpcore below httpx": ("httpcore", call_by_own_transport),
}
UNKNOWN: dict[str, Callable[[], object]] = {
    "socket": lambda: socket.create_connection(("www.omixa.cloud", 443)),
    # It resolves names in another thread.
    "asyncio": lambda: asyncio.run(open_connection("www.omixa.cloud")),
    # Intercepted: what is missing is the fixture.
    "httpx": lambda: httpx.get("https://www.omixa.cloud", trust_env=False, verify=False),
}
LIVE = "; @pytest.mark.omixa_mock(live=True) lets a test through."


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.usefixtures("armed")
def test_message_names_the_client_that_is_not_intercepted(name: str) -> None:
    library, call = CLIENTS[name]
    with pytest.raises(Exception, match="omixa-mock: ") as caught:
        call()

    assert f"Nothing was sent. omixa_mock does not intercept {library}: use omixa_mock_server{LIVE}" in str(
        caught.value
    )


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.usefixtures("armed")
def test_message_names_the_fixtures_if_the_client_is_intercepted_or_unknown(name: str) -> None:
    with pytest.raises(Exception, match="omixa-mock: ") as caught:
        UNKNOWN[name]()

    cure = "Use the fixture omixa_mock, or omixa_mock_server for clients that it does not intercept"
    assert f"Nothing was sent. {cure}{LIVE}" in str(caught.value)
