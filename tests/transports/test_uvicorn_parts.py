"""Internals of uvicorn and httptools on which the server depends, although they are not public."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version

import pytest
from httptools import HttpParserUpgrade, HttpRequestParser
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

LIBRARIES = f"uvicorn {version('uvicorn')}, httptools {version('httptools')}"
METHODS = (
    "_unset_keepalive_if_required",
    "connection_lost",
    "data_received",
    "eof_received",
    "on_header",
    "on_headers_complete",
    "on_message_begin",
    "on_message_complete",
    "on_response_complete",
    "timeout_keep_alive_handler",
)
ATTRIBUTES = (
    "access_log",
    "access_logger",
    "cycle",
    "headers",
    "logger",
    "loop",
    "parser",
    "pipeline",
    "timeout_keep_alive",
    "timeout_keep_alive_task",
    "transport",
)


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing: the protocol requires an application, but never calls it."""


@pytest.fixture
def protocol() -> HttpToolsProtocol:
    config = Config(nothing, lifespan="off", ws="none", log_config=None)
    config.load()
    return HttpToolsProtocol(config, ServerState(), {}, asyncio.new_event_loop())


@pytest.mark.parametrize("name", METHODS)
def test_protocol_has_the_methods_used(name: str) -> None:
    assert callable(getattr(HttpToolsProtocol, name, None)), f"{LIBRARIES}: HttpToolsProtocol has no {name}"


def test_protocol_has_the_attributes_used(protocol: HttpToolsProtocol) -> None:
    missing = [name for name in ATTRIBUTES if not hasattr(protocol, name)]
    protocol.loop.close()
    assert not missing, f"{LIBRARIES}: HttpToolsProtocol lacks {missing}"


@pytest.mark.parametrize(
    "name", ["disconnected", "keep_alive", "more_body", "response_complete", "response_started", "message_event"]
)
def test_cycle_has_the_attributes_used(name: str) -> None:
    source = inspect.getsource(RequestResponseCycle.__init__)
    assert f"self.{name}" in source, f"{LIBRARIES}: RequestResponseCycle has no {name}"


def test_status_lines_are_whole_lines() -> None:
    assert STATUS_LINE[400] == b"HTTP/1.1 400 Bad Request\r\n", LIBRARIES


def test_server_state_has_fields_of_every_response() -> None:
    assert ServerState().default_headers == [], LIBRARIES


@pytest.mark.parametrize("name", ["connections", "tasks"])
def test_server_state_has_connections_and_tasks(name: str) -> None:
    assert getattr(ServerState(), name, None) == set(), f"{LIBRARIES}: ServerState has no {name}"


def test_upgrade_is_raised_with_its_position() -> None:
    data = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nrest"
    with pytest.raises(HttpParserUpgrade) as caught:
        HttpRequestParser(object()).feed_data(data)
    assert data[caught.value.args[0] :] == b"rest", LIBRARIES
