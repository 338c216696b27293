"""`--journal-bytes`: a flag, variable and name in a file like every option, with a small default."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import omixa_mock
from omixa_mock import SettingError
from omixa_mock.cli import serve as serve_module
from omixa_mock.gateway import Gateway

Run = Callable[..., Result]
Kept = Callable[..., int]


@pytest.fixture
def kept(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kept:
    """Return a function that runs `serve` until it would listen, and returns its gateway's budget."""
    budgets: list[int] = []

    async def stop(gateway: Gateway, *_: Any) -> None:
        budgets.append(gateway.budget.bytes_max)

    def kept(*arguments: str, file: str = "", **env: str) -> int:
        config = tmp_path / "omixa-mock.toml"
        config.write_text(file, "utf-8")
        result = run("serve", "--config", str(config), *arguments, env=env)
        assert result.exit_code == 0, result.output
        return budgets[-1]

    monkeypatch.setattr(serve_module, "run", stop)
    return kept


def test_default_is_small(kept: Kept) -> None:
    assert kept() == 6_000_000


@pytest.mark.parametrize(
    ("size", "count"),
    [("0", 0), ("4096", 4096), ("64KiB", 65_536), ("16MB", 16_000_000), ("1 GB", 10**9), ("2gib", 2**31)],
)
def test_size_has_a_unit_or_none(kept: Kept, size: str, count: int) -> None:
    assert kept("--journal-bytes", size) == count


@pytest.mark.parametrize("value", ['"64KiB"', "65536"])
def test_file_has_it_as_text_or_as_a_number(kept: Kept, value: str) -> None:
    assert kept(file=f"journal_bytes = {value}") == 65_536


def test_environment_beats_the_file(kept: Kept) -> None:
    assert kept(file="journal_bytes = 1", OMIXA_MOCK_JOURNAL_BYTES="2KB") == 2000


def test_flag_beats_the_environment(kept: Kept) -> None:
    assert kept("--journal-bytes", "3KB", OMIXA_MOCK_JOURNAL_BYTES="2KB") == 3000


ACCEPTED = "is not accepted; accepted: a number of bytes, 0 or more, for instance 16MB or 64KiB"


@pytest.mark.parametrize("size", ["much", "1.5MB", "16 M", "", "MB", "-", "-1"])
def test_invalid_size_is_refused_with_the_accepted_form(run: Run, size: str) -> None:
    result = run("serve", f"--journal-bytes={size}")
    assert (result.exit_code, f'journal_bytes = "{size}" {ACCEPTED}' in result.stderr) == (2, True)


@pytest.mark.parametrize("value", ["true", "[1]", "1.5", "2026-11-22"])
def test_another_type_in_the_file_is_refused(run: Run, tmp_path: Path, value: str) -> None:
    config = tmp_path / "omixa-mock.toml"
    config.write_text(f"journal_bytes = {value}", "utf-8")
    result = run("serve", "--config", str(config))
    assert (result.exit_code, 'accepted: a number of bytes, for instance "16MB"' in result.stderr) == (2, True)


def test_python_has_it_as_text_or_as_a_number() -> None:
    with omixa_mock.serve(journal_bytes="64KiB") as text, omixa_mock.serve(journal_bytes=1) as number:
        assert [server.gateway.budget.bytes_max for server in (text, number)] == [65_536, 1]


def test_python_keeps_256_mib_by_default() -> None:
    with omixa_mock.serve() as server:
        assert server.gateway.budget.bytes_max == 256 * 1024 * 1024


def test_python_refuses_an_invalid_size() -> None:
    with (
        pytest.raises(SettingError, match=r'^journal_bytes = "much" is not accepted'),
        omixa_mock.serve(journal_bytes="much"),
    ):
        pass
