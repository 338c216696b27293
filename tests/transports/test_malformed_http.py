"""Malformed and unusual HTTP: it always gets a response, and the server keeps running."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.transports import listen
from omixa_mock.transports.protocol import HEAD_MAX, GatewayProtocol
from omixa_mock.transports.wire import IDLE_SECONDS

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
def test_malformed_bytes_get_the_documented_envelope(connection: Any, data: bytes) -> None:
    connection.send(data)
    response = connection.read_response()
    assert (response.status, set(json.loads(response.body)["error"])) == (400, {"message", "type", "code"})


@ALL
def test_malformed_bytes_have_their_own_code(connection: Any, data: bytes) -> None:
    connection.send(data)
    assert connection.read_response().code == "malformed_http"


@ALL
def test_refusal_of_malformed_bytes_has_the_usual_headers(connection: Any, data: bytes) -> None:
    connection.send(data)
    assert set(connection.read_response().headers) == {"content-type", "x-omixa-mock", "content-length", "connection"}


@ALL
def test_connection_ends_after_malformed_bytes(connection: Any, data: bytes) -> None:
    connection.send(data)
    connection.read_response()
    assert connection.read_rest() == b""


@ALL
def test_server_keeps_running_after_malformed_bytes(connection: Any, api: httpx.Client, data: bytes) -> None:
    connection.send(data)
    connection.read_response()
    assert api.get("/api/v1/models").status_code == 200


def test_malformed_bytes_cost_nothing(server: OmixaMockServer, open_connection: Callable[[str], Any]) -> None:
    for data in MALFORMED.values():
        connection = open_connection(server.url)
        connection.send(data)
        connection.read_rest()
        connection.close()
    assert [entry.kind for entry in server.ledger] == ["balance"]


def test_refusal_follows_the_settings_of_errors(open_connection: Callable[[str], Any]) -> None:
    with omixa_mock.serve(settings={"errors": {"malformed_http": {"status": 418}}}) as server:
        connection = open_connection(server.url)
        connection.send(b"garbage\r\n\r\n")
        status = connection.read_response().status
        connection.close()
    assert status == 418


def test_head_below_the_limit_is_accepted(connection: Any) -> None:
    connection.send(READ + b"X: " + b"x" * (HEAD_MAX - 1000) + b"\r\n\r\n")
    assert connection.read_response().status == 200


def test_head_in_single_bytes_is_read(connection: Any) -> None:
    for byte in READ + b"\r\n":
        connection.send(bytes([byte]))
    assert connection.read_response().status == 200


def test_endless_head_is_refused_and_the_response_not_lost(connection: Any) -> None:
    connection.send(READ + b"X: " + b"x" * 8_000_000)
    assert connection.read_response().code == "malformed_http"


def test_pending_responses_precede_the_refusal(connection: Any) -> None:
    connection.send(connection.generate(n=2) + READ + b"\r\n" + b"garbage\r\n\r\n")
    assert [connection.read_response().status for _ in range(3)] == [200, 200, 400]


def test_pending_response_after_a_wait_precedes_the_refusal(connection: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 0.05}})
    connection.send(connection.generate() + b"garbage\r\n\r\n")
    assert [connection.read_response().status for _ in range(2)] == [200, 400]


def test_malformed_body_behind_a_valid_request_is_refused_after_its_response(connection: Any) -> None:
    connection.send(connection.generate() + MALFORMED["bad chunk after a good one"])
    assert [connection.read_response().status for _ in range(2)] == [200, 400]


def test_options_of_the_whole_server_gets_the_envelope(connection: Any) -> None:
    connection.send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.read_response().code == "not_found"


UPGRADES = {
    "websocket": ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"),
    # What Java's HttpClient sends with every first request.
    "h2c": ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"),
}
UPGRADING = pytest.mark.parametrize("fields", UPGRADES.values(), ids=UPGRADES)


@UPGRADING
def test_request_with_upgrade_gets_a_plain_response(connection: Any, fields: tuple[str, ...]) -> None:
    connection.send(connection.request("GET", "/api/v1/models", *fields))
    assert connection.read_response().status == 200


@UPGRADING
def test_request_with_upgrade_keeps_its_body(connection: Any, fields: tuple[str, ...]) -> None:
    connection.send(connection.generate(*fields, n=3))
    assert len(json.loads(connection.read_response().body)["data"]) == 3


@UPGRADING
def test_request_with_upgrade_keeps_a_body_that_comes_later(connection: Any, fields: tuple[str, ...]) -> None:
    head, end, body = connection.generate(*fields, n=3).partition(b"\r\n\r\n")
    connection.send(head + end)
    connection.send(body)
    assert len(json.loads(connection.read_response().body)["data"]) == 3


@UPGRADING
def test_connection_is_kept_after_an_ignored_upgrade(connection: Any, fields: tuple[str, ...]) -> None:
    connection.send(
        connection.generate(*fields) + connection.request("GET", "/api/v1/models", *fields) + connection.generate(n=2)
    )
    assert [connection.read_response().status for _ in range(3)] == [200, 200, 200]


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
def test_unusual_valid_request_gets_a_response(connection: Any, data: bytes, status: int) -> None:
    connection.send(data)
    assert connection.read_response().status == status


# Heads about as long as the limit, in chosen blocks; real TCP segments are up to the system.
MARGIN = 100


@pytest.fixture
def send_blocks(
    server: OmixaMockServer, open_connection: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Return a function that sends bytes on a new connection, which the server receives in given blocks."""
    opened: list[Any] = []
    data_received = GatewayProtocol.data_received

    def send(*blocks: bytes) -> Any:
        received = bytearray()

        def gather(protocol: GatewayProtocol, data: bytes) -> None:
            received.extend(data)
            if len(received) == sum(map(len, blocks)):
                for block in blocks:
                    data_received(protocol, block)

        # Before the connection is made: then the loop looks up the methods of its protocol.
        monkeypatch.setattr(GatewayProtocol, "data_received", gather)
        opened.append(open_connection(server.url))
        opened[-1].send(b"".join(blocks))
        return opened[-1]

    yield send
    for connection in opened:
        connection.close()


def long_header(length: int) -> bytes:
    """Return a head of this length with one long header."""
    return READ + b"X: " + b"x" * (length - len(READ) - 7) + b"\r\n\r\n"


def long_query(length: int) -> bytes:
    """Return a head of this length with a long target."""
    line, end, rest = READ.partition(b" HTTP/1.1")
    return line + b"?" + b"x" * (length - len(READ) - 3) + end + rest + b"\r\n"


def many_headers(length: int) -> bytes:
    """Return a head of this length with a thousand headers."""
    field = b"X: " + b"x" * 59 + b"\r\n"
    count, rest = divmod(length - len(READ) - 2 - 7, len(field))
    return READ + field * count + b"X: " + b"x" * (rest + 2) + b"\r\n\r\n"


def split_at(*positions: int) -> Callable[[bytes], list[bytes]]:
    """Return a function that splits a head at some positions."""
    return lambda head: [
        head[begin:end] for begin, end in pairwise([0, *(position % len(head) for position in positions), len(head)])
    ]


def behind_another(split: Callable[[bytes], list[bytes]]) -> Callable[[bytes], list[bytes]]:
    """Return a split that puts a short request before the first block of a head."""

    def split_behind_another(head: bytes) -> list[bytes]:
        first, *others = split(head)
        return [READ + b"\r\n" + first, *others]

    return split_behind_another


LONG = pytest.mark.parametrize("make", [long_header, long_query, many_headers])
POSITIONS = (1, 3, 10, 60, 1000, HEAD_MAX // 2, HEAD_MAX - 2 * MARGIN, -2 * MARGIN, -5, -4, -3, -2, -1)
SPLITS = {
    "one": split_at(),
    **{f"split at {position}": split_at(position) for position in POSITIONS},
    "three": split_at(1000, 60_000),
    "many": split_at(*range(1000, 65_000, 1000)),
    "behind another": behind_another(split_at()),
    **{f"behind another, split at {position}": behind_another(split_at(position)) for position in POSITIONS},
    "behind another, three": behind_another(split_at(1000, 60_000)),
}
SPLIT = pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)


def last_response(connection: Any, blocks: list[bytes]) -> Any:
    """Return the response to the last request in some blocks."""
    return [connection.read_response() for _ in range(b"".join(blocks).count(b"GET "))][-1]


@LONG
@SPLIT
def test_head_slightly_over_the_limit_is_refused(send_blocks: Any, make: Any, split: Any) -> None:
    blocks = split(make(HEAD_MAX + MARGIN))
    assert "longer than 65,536 bytes" in str(last_response(send_blocks(*blocks), blocks).body)


@LONG
@SPLIT
def test_head_slightly_below_the_limit_is_accepted(send_blocks: Any, make: Any, split: Any) -> None:
    blocks = split(make(HEAD_MAX - MARGIN))
    assert last_response(send_blocks(*blocks), blocks).status == 200


@LONG
@pytest.mark.parametrize("length", [HEAD_MAX - MARGIN, HEAD_MAX + MARGIN])
def test_made_heads_have_the_given_length(make: Any, length: int) -> None:
    assert len(make(length)) == length


def test_pipelined_long_heads_are_measured_separately(send_blocks: Any) -> None:
    connection = send_blocks(long_header(HEAD_MAX - MARGIN) * 3 + long_header(HEAD_MAX + MARGIN))
    assert [connection.read_response().status for _ in range(4)] == [200, 200, 200, 400]


def test_short_heads_in_a_long_block_are_read(send_blocks: Any) -> None:
    count = 2 * HEAD_MAX // len(READ)
    connection = send_blocks((READ + b"\r\n") * count)
    assert [connection.read_response().status for _ in range(count)] == [200] * count


def test_long_body_does_not_count_as_head(send_blocks: Any, connection: Any) -> None:
    data = connection.generate(n=2) + connection.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX)
    assert [response.status for response in two_responses(send_blocks(data[:20], data[20:]))] == [200, 422]


def test_head_that_begins_in_the_block_of_a_long_request_is_measured_separately(
    send_blocks: Any, connection: Any
) -> None:
    data = connection.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX) + READ + b"\r\n"
    assert [response.status for response in two_responses(send_blocks(data[:-20], data[-20:]))] == [422, 200]


def test_long_heads_in_blocks_are_measured_separately(send_blocks: Any) -> None:
    blocks = split_at(1000, 60_000)(long_header(HEAD_MAX - MARGIN))
    assert [response.status for response in two_responses(send_blocks(*blocks, *blocks))] == [200, 200]


def test_head_that_begins_behind_a_long_body_is_measured_separately(send_blocks: Any, connection: Any) -> None:
    data = connection.request("POST", "/api/v1/images/generations", body=b" " * 2 * HEAD_MAX) + READ + b"\r\n"
    assert [response.status for response in two_responses(send_blocks(data[:20], data[20:-20], data[-20:]))] == [
        422,
        200,
    ]


def two_responses(connection: Any) -> list[Any]:
    return [connection.read_response() for _ in range(2)]


# What RFC 9110 and RFC 9112 say of requests that the parser takes

LINE = b"GET /api/v1/models HTTP/1.1\r\n"
RULES = {
    "no Host": (LINE + KEY + b"\r\n", 400, "no header field Host"),
    "two Hosts": (READ + b"Host: b\r\n\r\n", 400, "2 header fields Host"),
    "no version": (b"GET /api/v1/models\r\n\r\n", 505, "Send HTTP/1.1"),
    "version 2.0": (b"GET /api/v1/models HTTP/2.0\r\nHost: a\r\n\r\n", 505, "Send HTTP/1.1"),
    "gzip, chunked": (
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
        "Send Transfer-Encoding: chunked",
    ),
    "gzip and chunked": (
        POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        501,
        "chunked alone",
    ),
}


@pytest.mark.parametrize(("data", "status", "text"), RULES.values(), ids=RULES)
def test_request_against_a_rule_of_http_is_refused_with_the_cure(
    connection: Any, data: bytes, status: int, text: str
) -> None:
    connection.send(data)
    response = connection.read_response()
    assert (response.status, response.code, text in response.body.decode()) == (status, "malformed_http", True)


def test_request_of_http_1_0_needs_no_host(connection: Any) -> None:
    connection.send(b"GET /api/v1/models HTTP/1.0\r\n" + KEY + b"\r\n")
    assert connection.read_response().status == 200


TARGETS = {
    "absolute form": (b"GET http://a/api/v1/models", 200, ""),
    "absolute form with an empty path": (b"GET http://a", 404, "There is nothing at /."),
    "absolute form with a query alone": (b"GET http://a?x=1", 404, "There is nothing at /."),
    "absolute form for the whole server": (b"OPTIONS http://a", 404, "There is nothing at *."),
    "encoded slash": (b"GET /api/v1%2Fmodels", 404, "There is nothing at /api/v1%2Fmodels."),
    "encoded slash in lower case": (b"GET /api/v1%2fmodels", 404, "There is nothing at /api/v1%2Fmodels."),
    "other encoded characters": (b"GET /api/v1/m%6fdels", 200, ""),
}


@pytest.mark.parametrize(("line", "status", "text"), TARGETS.values(), ids=TARGETS)
def test_target_is_read_as_the_standard_says(connection: Any, line: bytes, status: int, text: str) -> None:
    connection.send(line + b" HTTP/1.1\r\nHost: a\r\n" + KEY + b"\r\n")
    response = connection.read_response()
    assert (response.status, text in response.body.decode()) == (status, True)


def test_encoded_slash_differs_from_a_slash_on_one_connection(connection: Any) -> None:
    statuses = []
    for target in (b"/api/v1/models", b"/api/v1%2Fmodels", b"/api/v1/models"):
        connection.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + KEY + b"\r\n")
        statuses.append(connection.read_response().status)
    assert statuses == [200, 404, 200]


BODY = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
CHUNKED = (
    b"POST /api/v1/images/generations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n%s\r\n"
    b"2d\r\n%s\r\n0\r\n%s\r\n"
)
JSON_FIELD = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "trailer", "status"),
    [(JSON_FIELD, KEY, 401), (KEY, JSON_FIELD, 415), (KEY + JSON_FIELD, b"X-Checksum: 1\r\n", 200)],
    ids=["key", "media type", "other"],
)
def test_trailer_is_no_header_field(connection: Any, head: bytes, trailer: bytes, status: int) -> None:
    connection.send(CHUNKED % (head, BODY, trailer))
    assert connection.read_response().status == status


# Idle connections


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> Iterator[OmixaMockServer]:
    """Serve with a short life of idle connections."""
    monkeypatch.setattr(listen, "IDLE_SECONDS", 0.05)
    with omixa_mock.serve() as server:
        yield server


@pytest.mark.parametrize("data", [b"", READ + b"\r\n"], ids=["unused", "after a request"])
def test_idle_connection_ends(brief: OmixaMockServer, open_connection: Callable[[str], Any], data: bytes) -> None:
    connection = open_connection(brief.url)
    connection.send(data)
    assert connection.read_rest().startswith(b"HTTP/1.1 200" if data else b"")
    connection.close()


@pytest.mark.parametrize("waits", [False, True])
def test_response_has_the_hint_of_keep_alive(connection: Any, api: httpx.Client, *, waits: bool) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 0.001 if waits else 0}})
    connection.send(connection.generate())
    assert connection.read_response().headers["keep-alive"] == f"timeout={IDLE_SECONDS}"


def test_fields_do_not_show_whether_a_response_waited(connection: Any, api: httpx.Client) -> None:
    fields = []
    for latency in (0, 0.001):
        api.put("/__omixa/workspace", json={"settings": {"latency": latency}})
        connection.send(connection.generate())
        fields.append([*connection.read_response().headers])
    assert fields[0] == fields[1]


def test_last_response_has_no_hint_of_keep_alive(connection: Any) -> None:
    connection.send(READ + b"Connection: close\r\n\r\n")
    assert "keep-alive" not in connection.read_response().headers
