"""Samples: recorded calls, parsed and compared with the contract under default settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from omixa_mock.gateway import Contract, Settings
from omixa_mock.gateway.contract import Flaw, decode
from omixa_mock.gateway.http import GENERATE
from omixa_mock.kit.files.elided import ELIDED_IMAGE, elided_pointers, kind_of_elision
from omixa_mock.kit.image_files import ImageFile, read_image
from omixa_mock.kit.validation import image_texts, validate_document

from .recordings import RecordedCall

__all__ = ["Sample", "length_of", "make_samples", "parse"]

Json = Any
DEFAULTS = Settings()
# What a placeholder says of an image and of a text.
FACTS = re.compile(r"(?P<length>\d+) bytes, image/(?P<format>png|jpeg|webp), (?P<width>\d+)x(?P<height>\d+)")
MALFORMED = "gateway.body.malformed"
CHARACTERS = re.compile(r"([\d,]+) characters")
PATH = f"/api/v1/{GENERATE}"
TOO_LONG = ("request.prompt.maxLength", "/prompt")


@dataclass(frozen=True, slots=True)
class Sample:
    """Recorded call to the generations endpoint.

    Attributes:
        call: The call.
        request: The request as JSON; None if it is no object.
        response: The response as JSON; None if it is none.
        broken: The rules that the request breaks under default settings, each with its pointer.
        images: The images of the response.
        files: The lengths of their files.
    """

    call: RecordedCall
    request: Mapping[str, Json] | None
    response: Json
    broken: tuple[tuple[str, str], ...] = ()
    images: tuple[ImageFile, ...] = ()
    files: tuple[int, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """Return True if the call was a success with images."""
        return 200 <= self.call.status < 300 and bool(self.rows)

    @property
    def rows(self) -> list[Json]:
        """Return the images of the response as JSON."""
        data = self.response.get("data") if isinstance(self.response, dict) else None
        return data if isinstance(data, list) else []

    @property
    def fields(self) -> Mapping[str, Json]:
        """Return the fields of the request."""
        return self.request or {}

    @property
    def bill(self) -> Decimal | None:
        """Return the billed amount; None without a plain one."""
        usage = self.response.get("usage") if isinstance(self.response, dict) else None
        text = str(usage.get("billed_amount")) if isinstance(usage, dict) else ""
        whole, _, fraction = text.partition(".")
        is_plain = f"{whole}{fraction}".isdecimal() and text.isascii() and len(text) < 20 and bool(whole)
        return Decimal(text) if is_plain else None

    @property
    def is_malformed(self) -> bool:
        """Return True if the body of the request is not JSON, also if it was not recorded."""
        if not self.call.request:
            return any(rule == MALFORMED for rule, _ in self.call.noted)
        return parse(self.call.request) is None

    def value_at(self, pointer: str) -> Json:
        """Return the value at a JSON pointer into the request; None if there is none."""
        value: Json = self.request
        for step in pointer.strip("/").split("/"):
            if isinstance(value, dict):
                value = value.get(step)
            else:
                value = (
                    value[int(step)]
                    if isinstance(value, list) and step.isdecimal() and int(step) < len(value)
                    else None
                )
        return value


def make_samples(calls: list[RecordedCall], contract: Contract) -> Iterator[Sample]:
    """Yield a sample for each recorded POST to the generations endpoint."""
    for call in calls:
        if call.method == "POST" and call.path == PATH:
            yield make_sample(call, contract)


def make_sample(call: RecordedCall, contract: Contract) -> Sample:
    """Return the sample of a call; what its recorder has left out breaks no rule."""
    request, response = parse(call.request), parse(call.response)
    broken: tuple[tuple[str, str], ...] = ()
    if isinstance(request, dict):
        broken = tuple(broken_rules(call, request, contract))
    files = [file for _, text in image_texts(response) if (file := read_file(text)) is not None]
    images, lengths = tuple(image for image, _ in files), tuple(length for _, length in files)
    return Sample(call, request if isinstance(request, dict) else None, response, broken, images, lengths)


def broken_rules(call: RecordedCall, request: Mapping[str, Json], contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield rule and pointer of each broken rule; of a value that was left out, those noted when it was recorded."""
    elided = elided_pointers(call.request)
    for item in validate_document(contract, call.request, "request").violations:
        if item.pointer not in elided:
            yield item.rule, item.pointer
    for rule, place in call.noted:
        is_inside = any(pointer == place or pointer.startswith(f"{place}/") for pointer in elided)
        if is_inside and (rule, place) != TOO_LONG:
            yield rule, place
    if "/prompt" in elided and length_of(request.get("prompt")) > DEFAULTS.prompt_max_chars:
        yield TOO_LONG


def read_file(text: str) -> tuple[ImageFile, int] | None:
    """Return an image in base64 and the length of its file, or what a placeholder says of them; None for others."""
    facts = FACTS.search(text) if kind_of_elision(text) == ELIDED_IMAGE else None
    if facts:
        return ImageFile(facts["format"], int(facts["width"]), int(facts["height"])), int(facts["length"])
    data = decode(text)
    return None if isinstance(data, Flaw) else (read_image(data), len(data))


def length_of(text: Json) -> int:
    """Return the length of a text, or of the text that a placeholder stands for; 0 if it is unknown."""
    if not isinstance(text, str):
        return 0
    if not kind_of_elision(text):
        return len(text)
    found = CHARACTERS.search(text)
    return int(found[1].replace(",", "")) if found else 0


def parse(body: bytes) -> Json:
    """Return a body as JSON; None if it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
