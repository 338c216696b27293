"""Unusual configuration files: a byte order mark, and a number of thousands of digits."""

from __future__ import annotations

from pathlib import Path

import pytest

import omixa_mock
from omixa_mock.configuration import read_config


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "omixa-mock.toml"
    path.write_bytes(b"\xef\xbb\xbfport = 1")
    assert read_config(path) == {"port": 1}


def test_number_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "omixa-mock.toml"
    path.write_bytes(b"port = " + b"9" * 5000)
    with pytest.raises(omixa_mock.SettingError, match="is not TOML: Exceeds the limit"):
        read_config(path)
