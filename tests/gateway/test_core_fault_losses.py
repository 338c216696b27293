"""Which faults lose the images that were paid for, against the clients measured in fault_table.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omixa_mock.gateway import CATALOGUE

MEASURED = json.loads((Path(__file__).parents[1] / "acceptance" / "fault_table.json").read_text("utf-8"))
# The only call brought the image that was requested.
USABLE = "image"
# Faults of the catalogue that differ from the measured results, and the reason.
EXCEPTIONS = {
    "data_url_prefix": "a client that strips the prefix has the images",
    "fewer_images": "it leaves all images but one; the measured requests are for one",
    "gzip_not_applied": "curl without --compressed does not read Content-Encoding; every library does",
    "other_format": "the files are whole images, in another format than requested",
    "other_size": "the files are whole images, in another size than requested",
}


def is_lost(fault: str) -> bool:
    """Return True if no measured client got a usable image under a fault."""
    return all(results[fault] != USABLE for results in MEASURED.values())


@pytest.mark.parametrize("fault", [fault for fault in CATALOGUE if fault not in EXCEPTIONS])
def test_fault_loses_the_images_if_no_client_gets_one(fault: str) -> None:
    assert CATALOGUE[fault].loses == is_lost(fault)


@pytest.mark.parametrize("fault", EXCEPTIONS)
def test_exception_still_differs(fault: str) -> None:
    assert CATALOGUE[fault].loses != is_lost(fault)


@pytest.mark.parametrize("client", MEASURED)
def test_client_is_measured_under_every_fault(client: str) -> None:
    assert set(CATALOGUE) <= set(MEASURED[client])
