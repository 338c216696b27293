"""Tests of every client under every fault on a real socket, against fault_table.json, which the docs show."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.gateway import CATALOGUE

SCRIPT = Path(__file__).with_name("fault_table.py")
RECORDED = json.loads(SCRIPT.with_suffix(".json").read_text("utf-8"))
REQUEST = {"model": "gpt-image-1.5", "prompt": "a lighthouse"}


def load_script() -> Any:
    """Import the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("omixa_mock_fault_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = load_script()


@pytest.mark.parametrize("client", TABLE.CLIENTS)
def test_results_are_as_recorded(client: str) -> None:
    if missing := TABLE.find_missing(client):
        pytest.skip(f"this machine has no {', '.join(missing)}")
    actual, recorded = TABLE.measure(client), RECORDED[client]
    differences = [
        f"{fault}: {actual.get(fault)!r}, recorded: {recorded.get(fault)!r}"
        for fault in {**recorded, **actual}
        if actual.get(fault) != recorded.get(fault)
    ]
    update = f"If it is intended: python {SCRIPT.relative_to(SCRIPT.parents[2])} {client}, then python docs/tables.py"
    assert not differences, "\n".join([*differences, update])


MOMENTS = [
    (name, moment)
    for name, kind in CATALOGUE.items()
    if len(kind.moments) > 1
    for moment in ("before_capture", "after_capture")
]


@pytest.mark.parametrize(("fault", "moment"), MOMENTS)
def test_moment_of_a_fault_determines_the_charge(omixa_mock_server: Any, fault: str, moment: str) -> None:
    """Compare the wallets; the client sees the same."""
    import httpx

    omixa_mock_server.configure(time_scale=0.05)
    omixa_mock_server.fail(f"{fault}_{moment}")
    auth = {"Authorization": f"Bearer {omixa_mock_server.api_key}"}
    try:
        httpx.post(f"{omixa_mock_server.base_url}/images/generations", json=REQUEST, headers=auth, timeout=1)
    except httpx.TransportError:
        assert CATALOGUE[fault].loses
    omixa_mock_server.assert_no_open_holds()
    # A delayed response is sent and charged in both cases.
    charged = moment == "after_capture" or fault == "delay"
    assert str(omixa_mock_server.wallet.captured) == ("0.039000" if charged else "0.000000")


def test_openai_sdk_pays_for_each_retry(omixa_mock_server: Any) -> None:
    import openai

    omixa_mock_server.fail("reset_after_capture", times=3)
    with (
        openai.OpenAI(base_url=omixa_mock_server.base_url, api_key=omixa_mock_server.api_key) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        client.images.generate(**REQUEST)  # type: ignore[call-overload]  # the arguments are a dict here
    assert [str(call.charge) for call in omixa_mock_server.calls] == ["0.039000"] * 3
    with pytest.raises(AssertionError) as error:
        omixa_mock_server.assert_single_charge()
    assert "Expected one charge; there were 3." in str(error.value)
    assert "Call #2 repeats the request of #1, which was charged and whose response was lost" in str(error.value)
