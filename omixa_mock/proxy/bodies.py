"""Bodies as they are recorded: without keys and account ids, and by default without prompts and images.

What a recording may have is listed; everything else is left out. So a prompt in a field that no page has is left out
too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

import orjson
import pybase64
from msgspec import Struct

from omixa_mock.gateway.contract import media_type_of, read_dimensions
from omixa_mock.kit.files.elided import ELIDED_IMAGE, ELIDED_TEXT, elision

from .compaction import CompactBody
from .secrets import Secrets, is_account_name, shares_part

__all__ = ["Body", "Images", "Policy", "Recorder", "parse"]

Json = Any
Images = Literal["hash", "keep", "drop"]
RUN = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]+={0,2}\s*")
# Strings of a request that are no prompt: words such as `1024x1024` or `gpt-image-1.5`.
WORD = re.compile(r"[A-Za-z0-9_.:/-]{0,32}")
NO_WORDS = frozenset({"prompt", "mask", "image", "image_url", "input_images"})
IMAGE_NAMES = frozenset({"b64_json", "image", "image_url", "mask"})
PROMPT_NAMES = frozenset({"prompt", "revised_prompt"})
# Below, base64 is no image unless it begins like one; text that is not JSON is recorded up to here.
IMAGE_MIN, SNIFFED, TEXT_MAX = 256, 88, 64 * 1024
# The characters at the beginning of an image by which a message that shows them is recognized.
BEGINNING = 4096
SHORTEST = 3


class Policy(Struct, frozen=True):
    """What a recording may have.

    Attributes:
        images: `hash`: the SHA-256 of each image; `keep`: the images; `drop`: nothing of them.
        prompts: True for prompts and everything else that a request says in words.
    """

    images: Images = "hash"
    prompts: bool = False


class Body(Struct, frozen=True):
    """Body as it is recorded.

    Attributes:
        text: The text; None if nothing may be recorded, or if it is in a file of its own.
        note: The reason why there is no text; empty if there is.
        has_images: True if images were kept in it, so that it belongs into a file of its own.
        images: The images by the token that stands in place of each.
    """

    text: str | None
    note: str = ""
    has_images: bool = False
    images: Mapping[str, bytes] = {}

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the text, with its images in place of their tokens."""
        return CompactBody((self.text or "").encode(errors="surrogatepass"), self.images).pieces()


def parse(body: bytes | bytearray) -> Json:
    """Return the value of a JSON text; None for any other text."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


class RepeatedNameError(ValueError):
    """Object with a name that it has twice."""


def refuse_repeated(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return an object, whose names must differ."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise RepeatedNameError
    return value


class Recorder:
    """Writer of one exchange's bodies.

    Args:
        secrets: The known secrets.
        policy: What may be recorded.
        names: The documented names of a request's fields.

    Attributes:
        private: The prompts and the beginnings of images of the request, which no other text may have.
    """

    def __init__(self, secrets: Secrets, policy: Policy, names: Collection[str]) -> None:
        self._secrets = secrets
        self._policy = policy
        self._names = names
        self._is_request = False
        self._has_images = False
        self._images: Mapping[str, bytes] = {}
        self.private: list[str] = []

    def request(self, body: CompactBody) -> Body:
        """Return the body of the request; to be called first."""
        self._is_request = True
        return self._record(body)

    def response(self, body: CompactBody) -> Body:
        """Return the body of the response."""
        self._is_request = False
        return self._record(body)

    def text(self, text: str) -> str:
        """Return a text of any other part, or a placeholder if it has a part of the prompt."""
        if self._quotes(text):
            return elision(ELIDED_TEXT, "it has a part of the request")
        return self._secrets.redact(text)

    def _quotes(self, text: str) -> bool:
        """Return True if a text has a part of a prompt or an image; a word of three letters may be in any text."""
        return any(len(private) > SHORTEST and shares_part(private, text) for private in self.private)

    def _record(self, content: CompactBody) -> Body:
        self._has_images, self._images = False, content.images
        try:
            text = content.body.decode()
        except UnicodeDecodeError:
            self._keep_private(content.body.decode("latin-1"))
            return Body(None, "it is no text")
        try:
            value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=refuse_repeated)
            recorded = self._walk(value, "")
        except RepeatedNameError:
            self._keep_private(text)
            return Body(None, "an object in it has a name twice")
        except (ValueError, RecursionError):
            return self._record_text(text)
        if recorded == value and self._secrets.redact(text) == text:
            return Body(text, has_images=self._has_images, images=content.images)
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        text = mark + json.dumps(recorded, ensure_ascii=False, separators=(",", ":"))
        return Body(text, "", self._has_images, content.images)

    def _record_text(self, text: str) -> Body:
        """Return a body that is no JSON."""
        self._keep_private(text)
        if self._is_request and not self._policy.prompts:
            return Body(None, "it is no JSON, and may have a prompt")
        if len(text) > TEXT_MAX or ("b64_json" in text and self._policy.images != "keep"):
            return Body(None, "it is no JSON, and may have images")
        if not self._is_request and self._quotes(text):
            return Body(None, "it has a part of the request")
        is_kept = self._policy.images == "keep" and bool(self._images)
        return Body(self._secrets.redact(RUN.sub(elision(ELIDED_IMAGE), text)), "", is_kept, self._images)

    def _keep_private(self, text: str) -> None:
        if self._is_request and not self._policy.prompts:
            self.private.append(text)

    def _walk(self, value: Json, name: str) -> Json:
        """Return a JSON value as it may be recorded; `name` is the nearest name above it."""
        if isinstance(value, dict):
            return {self._record_name(key): self._walk(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self._walk(element, name) for element in value]
        return self._record_string(value, name) if isinstance(value, str) else value

    def _record_name(self, name: str) -> str:
        if self._is_request and not self._policy.prompts and name not in self._names and not WORD.fullmatch(name):
            self.private.append(name)
            return elision(ELIDED_TEXT, f"{len(name):,} characters")
        return self.text(name) if not self._is_request else self._secrets.redact(name)

    def _record_string(self, text: str, name: str) -> str:
        if text.rpartition(",")[2] in self._images or is_image(text, name):
            return self._record_image(text)
        if is_account_name(name) and text:
            self._secrets.add(text, "an account id")
            return "<an account id>"
        if not self._policy.prompts and not self._is_allowed(text, name):
            if self._is_request:
                self.private.append(text)
            return elision(ELIDED_TEXT, f"{len(text):,} characters")
        return self._secrets.redact(text)

    def _is_allowed(self, text: str, name: str) -> bool:
        """Return True if a text may be recorded without prompts."""
        if not text:
            return True
        if self._is_request:
            return name in self._names and name not in NO_WORDS and WORD.fullmatch(text) is not None
        return name not in PROMPT_NAMES and not self._quotes(text)

    def _record_image(self, text: str) -> str:
        if self._policy.images == "keep":
            self._has_images = True
            return text
        base64 = text.partition(",")[2] if text[:5].casefold() == "data:" else text
        data = self._images[base64] if base64 in self._images else decode(base64)
        if self._is_request:
            self.private.append(pybase64.b64encode(data[:BEGINNING]).decode() if data else text[:BEGINNING])
        if self._policy.images == "drop":
            return elision(ELIDED_IMAGE)
        return elision(ELIDED_IMAGE, *facts_of(data, text))


def is_image(text: str, name: str) -> bool:
    """Return True if a text is an image in base64, or long enough to be one."""
    if text[:5].casefold() == "data:":
        return True
    if (name not in IMAGE_NAMES and len(text) < SNIFFED) or not BASE64.fullmatch(text[:IMAGE_MIN]):
        return False
    return len(text) >= IMAGE_MIN or name == "b64_json" or media_type_of(decode(text[:SNIFFED])) is not None


def facts_of(data: bytes, text: str) -> Sequence[str]:
    """Return the hash, size, type and dimensions of an image; of anything else the hash of its text."""
    if not data:
        return f"sha256 of its text {sha256(text.encode(errors='replace')).hexdigest()}", f"{len(text):,} characters"
    dimensions = read_dimensions(data)
    return (
        f"sha256 {sha256(data).hexdigest()}",
        f"{len(data)} bytes",
        *filter(None, (media_type_of(data), f"{dimensions[0]}x{dimensions[1]}" if dimensions else "")),
    )


def decode(text: str) -> bytes:
    """Return the bytes of base64 in either alphabet, with or without padding; empty if it is none."""
    compact = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return pybase64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError:
        return b""
