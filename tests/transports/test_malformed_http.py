"""Bytes that are not HTTP, or HTTP that nobody expects: each is answered, and the server lives on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from omixa_mock import OmixaMockServer
from omixa_mock.transports.protocol import HEAD_MAX, GatewayProtocol

KEY = b"Authorization: Bearer omx_live_test\r\n"
READ = b"GET /api/v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n" + KEY
POST = b"POST /api/v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + KEY
MALFORMED = {
    "garbage": b"garbage\r\n\r\n",
    "lower-case method": b"get /api/v1/models HTTP/1.1\r\n\r\n",
    "header without colon": READ + b"no colon\r\n\r\n",
    "space before colon": READ + b"X : y\r\n\r\n",
    "length of letters": POST + b"Content-Length: abc\r\n\r\n",
    "negative length": POST + b"Content-Length: -5\r\n\r\n",
    "endless length": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad chunk after a good one": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n",
    "target outside ASCII": "GET /api/v1/modèles HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "one long header": READ + b"X: " + b"x" * HEAD_MAX + b"\r\n\r\n",
    "many headers": READ + b"X: xxxxxxxxxx\r\n" * (HEAD_MAX // 10) + b"\r\n",
    "long target": b"GET /" + b"x" * HEAD_MAX + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
}
ALL = pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)


@ALL
def test_malformed_bytes_get_the_documented_envelope(wire: Any, data: bytes) -> None:
    wire.send(data)
    answer = wire.answer()
    assert (answer.status, set(json.loads(answer.body)["error"])) == (400, {"message", "type", "code"})


@ALL
def test_malformed_bytes_are_called_so(wire: Any, data: bytes) -> None:
    wire.send(data)
    assert wire.answer().code == "malformed_http"


@ALL
def test_refusal_of_malformed_bytes_has_the_usual_headers(wire: Any, data: bytes) -> None:
    wire.send(data)
    assert set(wire.answer().headers) == {"content-type", "x-omixa-mock", "content-length", "connection"}


@ALL
def test_connection_ends_after_malformed_bytes(wire: Any, data: bytes) -> None:
    wire.send(data)
    wire.answer()
    assert wire.rest() == b""


@ALL
def test_server_lives_on_after_malformed_bytes(wire: Any, api: httpx.Client, data: bytes) -> None:
    wire.send(data)
    wire.answer()
    assert api.get("/api/v1/models").status_code == 200


def test_malformed_bytes_cost_nothing(server: OmixaMockServer, open_wire: Callable[[str], Any]) -> None:
    for data in MALFORMED.values():
        wire = open_wire(server.url)
        wire.send(data)
        wire.rest()
        wire.close()
    assert [entry.kind for entry in server.ledger] == ["balance"]


def test_refusal_follows_the_settings_of_errors(open_wire: Callable[[str], Any]) -> None:
    import omixa_mock

    with omixa_mock.serve(settings={"errors": {"malformed_http": {"status": 418}}}) as server:
        wire = open_wire(server.url)
        wire.send(b"garbage\r\n\r\n")
        status = wire.answer().status
        wire.close()
    assert status == 418


def test_head_as_long_as_accepted_is_read(wire: Any) -> None:
    wire.send(READ + b"X: " + b"x" * (HEAD_MAX - 1000) + b"\r\n\r\n")
    assert wire.answer().status == 200


def test_head_in_single_bytes_is_read(wire: Any) -> None:
    for byte in READ + b"\r\n":
        wire.send(bytes([byte]))
    assert wire.answer().status == 200


def test_head_without_end_is_refused_and_the_answer_not_lost(wire: Any) -> None:
    wire.send(READ + b"X: " + b"x" * 8_000_000)
    assert wire.answer().code == "malformed_http"


def test_responses_owed_come_before_the_refusal(wire: Any) -> None:
    wire.send(wire.generate(n=2) + READ + b"\r\n" + b"garbage\r\n\r\n")
    assert [wire.answer().status for _ in range(3)] == [200, 200, 400]


def test_response_owed_after_a_wait_comes_before_the_refusal(wire: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 0.05}})
    wire.send(wire.generate() + b"garbage\r\n\r\n")
    assert [wire.answer().status for _ in range(2)] == [200, 400]


def test_broken_body_behind_a_good_request_is_refused_after_its_response(wire: Any) -> None:
    wire.send(wire.generate() + MALFORMED["bad chunk after a good one"])
    assert [wire.answer().status for _ in range(2)] == [200, 400]


def test_options_of_the_whole_server_gets_the_envelope(wire: Any) -> None:
    wire.send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.answer().code == "not_found"


UPGRADES = {
    "websocket": ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"),
    # What Java's HttpClient sends with every first request.
    "h2c": ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"),
}
UPGRADING = pytest.mark.parametrize("fields", UPGRADES.values(), ids=UPGRADES)


@UPGRADING
def test_upgrade_is_not_made_and_the_request_answered(wire: Any, fields: tuple[str, ...]) -> None:
    wire.send(wire.request("GET", "/api/v1/models", *fields))
    assert wire.answer().status == 200


@UPGRADING
def test_request_with_upgrade_keeps_its_body(wire: Any, fields: tuple[str, ...]) -> None:
    wire.send(wire.generate(*fields, n=3))
    assert len(json.loads(wire.answer().body)["data"]) == 3


@UPGRADING
def test_request_with_upgrade_keeps_a_body_that_comes_later(wire: Any, fields: tuple[str, ...]) -> None:
    head, end, body = wire.generate(*fields, n=3).partition(b"\r\n\r\n")
    wire.send(head + end)
    wire.send(body)
    assert len(json.loads(wire.answer().body)["data"]) == 3


@UPGRADING
def test_connection_works_on_after_an_upgrade_was_not_made(wire: Any, fields: tuple[str, ...]) -> None:
    wire.send(wire.generate(*fields) + wire.request("GET", "/api/v1/models", *fields) + wire.generate(n=2))
    assert [wire.answer().status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /api/v1/models HTTP/1.0\r\n" + KEY + b"\r\n", 200),
        (b"GET http://elsewhere.example/api/v1/models HTTP/1.1\r\nHost: a\r\n" + KEY + b"\r\n", 200),
        (b"GET /api/v1/%ff%zz HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"\r\n" + READ + b"\r\n", 200),
    ],
    ids=["HTTP/1.0", "absolute target", "bad percent", "empty line before"],
)
def test_odd_but_lawful_request_is_answered(wire: Any, data: bytes, status: int) -> None:
    wire.send(data)
    assert wire.answer().status == status


# Heads about as long as is accepted, in blocks of our choosing: what TCP makes of segments is up to the system.
MARGIN = 100


@pytest.fixture
def send_blocks(
    server: OmixaMockServer, open_wire: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Sends bytes by a new connection that the server takes in given blocks; gives the connection."""
    opened: list[Any] = []
    take = GatewayProtocol.data_received

    def send(*blocks: bytes) -> Any:
        came = bytearray()

        def gather(protocol: GatewayProtocol, data: bytes) -> None:
            came.extend(data)
            if len(came) == sum(map(len, blocks)):
                for block in blocks:
                    take(protocol, block)

        # Before the connection is made: the loop looks its protocol's methods up then.
        monkeypatch.setattr(GatewayProtocol, "data_received", gather)
        opened.append(open_wire(server.url))
        opened[-1].send(b"".join(blocks))
        return opened[-1]

    yield send
    for wire in opened:
        wire.close()


def long_header(length: int) -> bytes:
    """A head of a length that one header gives it."""
    return READ + b"X: " + b"x" * (length - len(READ) - 7) + b"\r\n\r\n"


def long_query(length: int) -> bytes:
    """A head of a length that its target gives it."""
    line, end, rest = READ.partition(b" HTTP/1.1")
    return line + b"?" + b"x" * (length - len(READ) - 3) + end + rest + b"\r\n"


def many_headers(length: int) -> bytes:
    """A head of a length that a thousand headers give it."""
    field = b"X: " + b"x" * 59 + b"\r\n"
    count, rest = divmod(length - len(READ) - 2 - 7, len(field))
    return READ + field * count + b"X: " + b"x" * (rest + 2) + b"\r\n\r\n"


def halves(*places: int) -> Callable[[bytes], list[bytes]]:
    """Cuts a head at some places."""
    return lambda head: [
        head[begin:end] for begin, end in pairwise([0, *(place % len(head) for place in places), len(head)])
    ]


def behind(cut: Callable[[bytes], list[bytes]]) -> Callable[[bytes], list[bytes]]:
    """Puts a short request before the first block of a head, whose end so comes in its last block."""

    def cut_behind(head: bytes) -> list[bytes]:
        first, *others = cut(head)
        return [READ + b"\r\n" + first, *others]

    return cut_behind


LONG = pytest.mark.parametrize("make", [long_header, long_query, many_headers])
PLACES = (1, 3, 10, 60, 1000, HEAD_MAX // 2, HEAD_MAX - 2 * MARGIN, -2 * MARGIN, -5, -4, -3, -2, -1)
CUTS = {
    "one": halves(),
    **{f"cut at {place}": halves(place) for place in PLACES},
    "three": halves(1000, 60_000),
    "many": halves(*range(1000, 65_000, 1000)),
    "behind another": behind(halves()),
    **{f"behind another, cut at {place}": behind(halves(place)) for place in PLACES},
    "behind another, three": behind(halves(1000, 60_000)),
}
CUT = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)


def last_answer(wire: Any, blocks: list[bytes]) -> Any:
    """The answer to the last request in some blocks."""
    return [wire.answer() for _ in range(b"".join(blocks).count(b"GET "))][-1]


@LONG
@CUT
def test_head_a_little_longer_than_accepted_is_refused(send_blocks: Any, make: Any, cut: Any) -> None:
    blocks = cut(make(HEAD_MAX + MARGIN))
    assert "longer than 65,536 bytes" in str(last_answer(send_blocks(*blocks), blocks).body)


@LONG
@CUT
def test_head_a_little_shorter_than_accepted_is_read(send_blocks: Any, make: Any, cut: Any) -> None:
    blocks = cut(make(HEAD_MAX - MARGIN))
    assert last_answer(send_blocks(*blocks), blocks).status == 200


@LONG
@pytest.mark.parametrize("length", [HEAD_MAX - MARGIN, HEAD_MAX + MARGIN])
def test_long_heads_of_these_tests_are_as_long_as_they_say(make: Any, length: int) -> None:
    assert len(make(length)) == length


def test_long_heads_behind_one_another_are_measured_one_by_one(send_blocks: Any) -> None:
    wire = send_blocks(long_header(HEAD_MAX - MARGIN) * 3 + long_header(HEAD_MAX + MARGIN))
    assert [wire.answer().status for _ in range(4)] == [200, 200, 200, 400]


def test_short_heads_in_a_long_block_are_read(send_blocks: Any) -> None:
    count = 2 * HEAD_MAX // len(READ)
    wire = send_blocks((READ + b"\r\n") * count)
    assert [wire.answer().status for _ in range(count)] == [200] * count


def test_long_body_is_not_counted_with_its_head(send_blocks: Any, wire: Any) -> None:
    data = wire.generate(n=2) + wire.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX)
    assert [answer.status for answer in two_answers(send_blocks(data[:20], data[20:]))] == [200, 422]


def test_head_that_begins_in_the_block_of_a_whole_long_request_is_not_counted_with_it(
    send_blocks: Any, wire: Any
) -> None:
    data = wire.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX) + READ + b"\r\n"
    assert [answer.status for answer in two_answers(send_blocks(data[:-20], data[-20:]))] == [422, 200]


def test_long_heads_in_blocks_are_measured_one_by_one(send_blocks: Any) -> None:
    blocks = halves(1000, 60_000)(long_header(HEAD_MAX - MARGIN))
    assert [answer.status for answer in two_answers(send_blocks(*blocks, *blocks))] == [200, 200]


def test_head_that_begins_behind_a_long_body_is_not_counted_with_it(send_blocks: Any, wire: Any) -> None:
    data = wire.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX) + READ + b"\r\n"
    assert [answer.status for answer in two_answers(send_blocks(data[:20], data[20:-20], data[-20:]))] == [422, 200]


def two_answers(wire: Any) -> list[Any]:
    return [wire.answer() for _ in range(2)]
