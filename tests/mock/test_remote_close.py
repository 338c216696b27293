"""Closing a workspace of a fake in another process."""

from __future__ import annotations

import pytest

import omixa_mock
from omixa_mock.mock.control_client import ControlClient
from omixa_mock.mock.remote_client import RemoteClient


def test_workspace_that_the_test_has_closed_itself_is_closed_without_a_word() -> None:
    with omixa_mock.serve() as server:
        client = RemoteClient(server.url, "omx_live_remote", ())
        client.close("first")
        client.close("second")


def test_any_other_refusal_is_raised() -> None:
    with omixa_mock.serve(control_token="letmein") as server:
        client = RemoteClient(server.url, "omx_live_remote", (), "letmein")
        client._control = ControlClient(server.url, "omx_live_remote", "wrong")
        with pytest.raises(omixa_mock.SettingError, match="X-Omixa-Mock-Token"):
            client.close("test")
