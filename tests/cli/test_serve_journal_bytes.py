"""How much `serve` keeps of large bodies: told as every other option is, and small where nobody says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import omixa_mock
from omixa_mock import SettingError
from omixa_mock.cli import serving
from omixa_mock.gateway import Gateway

Run = Callable[..., Result]
Kept = Callable[..., int]


@pytest.fixture
def kept(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kept:
    """Runs `serve` up to the moment at which it would listen; gives the budget of its gateway."""
    told: list[int] = []

    async def stop(gateway: Gateway, *_: Any) -> None:
        told.append(gateway.budget.bytes_max)

    def kept(*arguments: str, file: str = "", **env: str) -> int:
        config = tmp_path / "omixa-mock.toml"
        config.write_text(file, "utf-8")
        result = run("serve", "--config", str(config), *arguments, env=env)
        assert result.exit_code == 0, result.output
        return told[-1]

    monkeypatch.setattr(serving, "run", stop)
    return kept


def test_default_is_small(kept: Kept) -> None:
    assert kept() == 6_000_000


@pytest.mark.parametrize(
    ("size", "count"),
    [("0", 0), ("4096", 4096), ("64KiB", 65_536), ("16MB", 16_000_000), ("1 GB", 10**9), ("2gib", 2**31)],
)
def test_size_has_a_unit_or_none(kept: Kept, size: str, count: int) -> None:
    assert kept("--journal-bytes", size) == count


@pytest.mark.parametrize("said", ['"64KiB"', "65536"])
def test_file_says_it_as_text_or_as_a_number(kept: Kept, said: str) -> None:
    assert kept(file=f"journal_bytes = {said}") == 65_536


def test_environment_beats_the_file(kept: Kept) -> None:
    assert kept(file="journal_bytes = 1", OMIXA_MOCK_JOURNAL_BYTES="2KB") == 2000


def test_flag_beats_the_environment(kept: Kept) -> None:
    assert kept("--journal-bytes", "3KB", OMIXA_MOCK_JOURNAL_BYTES="2KB") == 3000


ACCEPTED = "is not accepted; accepted: a number of bytes, 0 or more, for instance 16MB or 64KiB"


@pytest.mark.parametrize("size", ["much", "1.5MB", "16 M", "", "MB", "-", "-1"])
def test_what_is_no_size_is_refused_with_what_is_accepted(run: Run, size: str) -> None:
    result = run("serve", f"--journal-bytes={size}")
    assert (result.exit_code, f"journal_bytes = {size!r} {ACCEPTED}" in result.stderr) == (2, True)


@pytest.mark.parametrize("said", ["true", "[1]", "1.5", "2026-11-22"])
def test_another_type_in_the_file_is_refused(run: Run, tmp_path: Path, said: str) -> None:
    config = tmp_path / "omixa-mock.toml"
    config.write_text(f"journal_bytes = {said}", "utf-8")
    result = run("serve", "--config", str(config))
    assert (result.exit_code, 'accepted: a number of bytes, for instance "16MB"' in result.stderr) == (2, True)


def test_python_says_it_as_text_or_as_a_number() -> None:
    with omixa_mock.serve(journal_bytes="64KiB") as one, omixa_mock.serve(journal_bytes=1) as other:
        assert [each.gateway.budget.bytes_max for each in (one, other)] == [65_536, 1]


def test_python_keeps_256_mib_where_nobody_says() -> None:
    with omixa_mock.serve() as server:
        assert server.gateway.budget.bytes_max == 256 * 1024 * 1024


def test_python_is_refused_what_is_no_size() -> None:
    with (
        pytest.raises(SettingError, match=r"^journal_bytes = 'much' is not accepted"),
        omixa_mock.serve(journal_bytes="much"),
    ):
        pass
