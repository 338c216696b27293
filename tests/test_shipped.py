"""Tests of the loader of the shipped documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from omixa_mock.shipped import JsonFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_text(f'{{"name": "{name}"}}')
    return tmp_path


def test_names_are_sorted(folder: Path) -> None:
    assert list(JsonFolder(folder)) == ["a", "b", "c"]


def test_first_name_leads(folder: Path) -> None:
    assert list(JsonFolder(folder, first="b")) == ["b", "a", "c"]


def test_document_is_read_at_its_first_use(folder: Path) -> None:
    documents = JsonFolder(folder)
    (folder / "a.json").write_text('{"name": "changed before use"}')
    assert documents["a"] == {"name": "changed before use"}


def test_document_is_read_once(folder: Path) -> None:
    documents = JsonFolder(folder)
    first = documents["a"]
    (folder / "a.json").unlink()
    assert documents["a"] is first


def test_unknown_name_is_a_key_error(folder: Path) -> None:
    with pytest.raises(KeyError):
        JsonFolder(folder)["missing"]
