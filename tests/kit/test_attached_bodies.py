"""Tests of HARs whose bodies are files of their own, as Playwright's `content: "attach"` writes them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.kit.reports.findings import Report

Validate = Callable[..., Report]
Make = Callable[..., Any]
HAR, BODY = "har.har", "5d41402abc4b2a76b9719d911017c592.json"


@pytest.fixture
def attached(har: Make, entry: Make, cat: Any, image_response: Any) -> dict[str, bytes]:
    """Return the files of a recording by name: the HAR, and the response's body beside it."""
    recorded = entry(cat, image_response)
    content = recorded["response"]["content"]
    del content["text"]
    return {HAR: har(recorded | {"response": recorded["response"] | {"content": content | {"_file": BODY}}})} | {
        BODY: json.dumps(image_response).encode()
    }


def zipped(files: dict[str, bytes], folder: str = "") -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return buffer.getvalue()


def broken(body: bytes) -> bytes:
    """Return a response's body with a rule broken."""
    return json.dumps(json.loads(body) | {"created": -1}).encode()


def test_body_beside_the_har_is_validated(validate: Validate, attached: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / BODY).write_bytes(broken(attached[BODY]))
    assert [finding.rule for finding in validate(HAR, attached[HAR]).findings] == ["response.created.minimum"]


def test_missing_file_beside_the_har_is_a_trouble(validate: Validate, attached: dict[str, bytes]) -> None:
    (file,) = validate(HAR, attached[HAR]).files
    assert file.troubles == [f"log.entries[0].response: its body is missing. Put {BODY!r} beside the HAR."]


def test_body_outside_the_folder_is_not_read(validate: Validate, attached: dict[str, bytes], tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.json"
    outside.write_bytes(attached[BODY])
    (file,) = validate(HAR, attached[HAR].replace(BODY.encode(), f"../{outside.name}".encode())).files
    assert "its body is missing" in file.troubles[0]


@pytest.mark.parametrize("name", ["a.har.zip", "a.zip", "recorded"])
@pytest.mark.parametrize("folder", ["", "out/"])
def test_archive_of_a_har_is_validated(validate: Validate, attached: dict[str, bytes], name: str, folder: str) -> None:
    report = validate(name, zipped(attached | {BODY: broken(attached[BODY])}, folder))
    assert [finding.rule for finding in report.findings] == ["response.created.minimum"]


def test_archive_is_found_in_a_folder(attached: dict[str, bytes], tmp_path: Path) -> None:
    from omixa_mock.kit.files.paths import expand

    (tmp_path / "a.har.zip").write_bytes(zipped(attached))
    (tmp_path / "other.zip").write_bytes(zipped(attached))
    assert [Path(source.name).name for source in expand([str(tmp_path)])] == ["a.har.zip"]


def encrypted(files: dict[str, bytes]) -> bytes:
    """Return an archive that claims to be encrypted (APPNOTE §4.4.4: bit 0)."""
    data = bytearray(zipped(files))
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(head) + offset] |= 1
    return bytes(data)


UNREADABLE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "no HAR": (lambda files: zipped({BODY: files[BODY]}), "a zip archive with 0 HARs in it, not one"),
    "two HARs": (lambda files: zipped(files | {"b.har": b"{}"}), "a zip archive with 2 HARs in it, not one"),
    "nothing": (lambda _: zipped({}), "a zip archive with 0 HARs in it, not one"),
    "cut off": (lambda files: zipped(files)[:100], "a zip archive that cannot be read (File is not a zip file)"),
    "encrypted": (encrypted, "a zip archive that cannot be read (File 'har.har' is encrypted"),
}


@pytest.mark.parametrize(("make", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_archive_without_one_readable_har_is_not_a_document(
    validate: Validate, attached: dict[str, bytes], make: Callable[[dict[str, bytes]], bytes], reason: str
) -> None:
    (file,) = validate("a.har.zip", make(attached)).files
    assert file.troubles[0].startswith(f"not a document I know: it is {reason}")


def test_file_that_is_missing_in_the_archive_is_a_trouble(validate: Validate, attached: dict[str, bytes]) -> None:
    (file,) = validate("a.har.zip", zipped({HAR: attached[HAR]})).files
    assert "its body is missing" in file.troubles[0]
