"""Bodies as they are recorded: without keys and account ids, and by default without prompts and images.

What a recording may have is listed; everything else is left out. So a prompt in a field that no page has is left out
too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import orjson
from msgspec import Struct

from omixa_mock.kit.files.elided import ELIDED_IMAGE, ELIDED_TEXT, LINK_FACT, elision, is_link

from .compaction import CompactBody
from .image_texts import RUN, SNIFFED, decode, facts_of, hide_images, is_image, sample_of
from .numbering import Numbering
from .secrets import Secrets, is_account_name, shares_part

__all__ = ["Body", "Images", "Policy", "Recorder", "parse"]

Json = Any
Images = Literal["hash", "keep", "drop"]
# Strings of a request that are no prompt: words such as `1024x1024` or `gpt-image-1.5`.
WORD = re.compile(r"[A-Za-z0-9_.:/-]{0,32}")
# Names inside the documented fields whose values are words, and the fields whose values are none.
INNER_NAMES = frozenset({"type"})
NO_WORDS = frozenset({"prompt", "mask", "image", "image_url", "input_images"})
PROMPT_NAMES = frozenset({"prompt", "revised_prompt"})
# Text that is not JSON is recorded up to here; a word of three letters may be in any text.
TEXT_MAX, SHORTEST = 64 * 1024, 3


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
        numbering: The numbers of texts that were left out.

    Attributes:
        private: The prompts and the beginnings of images of the request, which no other text may have.
    """

    def __init__(self, secrets: Secrets, policy: Policy, names: Collection[str], numbering: Numbering) -> None:
        self._secrets = secrets
        self._numbering = numbering
        self._policy = policy
        self._names = frozenset(names) | INNER_NAMES
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
        return self._redact(text)

    def pointer(self, pointer: str, rule: str) -> str:
        """Return the pointer of a broken rule; the documented names in it are those that the rule has too."""
        documented = {"", *rule.split(".")}
        steps = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/"))
        safe = (step if step in documented or step.isdigit() else self.text(step) for step in steps)
        return "/".join(step.replace("~", "~0").replace("/", "~1") for step in safe)

    def parameter(self, name: str, value: str) -> str:
        """Return the value of a parameter in the query, by the rules for a field of the request."""
        if is_account_name(name) and value:
            return "<an account id>"
        if self._policy.prompts or not value or (name not in NO_WORDS and WORD.fullmatch(value)):
            return self.text(value)
        self.private.append(value)
        return self._leave_out(value)

    def _redact(self, text: str) -> str:
        """Return a text without secrets, and without images unless they are kept."""
        return self._secrets.redact(text if self._policy.images == "keep" else hide_images(text))

    def _leave_out(self, text: str) -> str:
        """Return the placeholder of a text: its length, and a number by which equal texts are known."""
        facts = f"{len(text):,} characters", f"number {self._numbering.number_of(text)}"
        return elision(ELIDED_TEXT, *facts, *((LINK_FACT,) if is_link(text) else ()))

    def _quotes(self, text: str) -> bool:
        """Return True if a text has a part of a prompt or an image."""
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
        if recorded == value and self._redact(text) == text:
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
            return self._leave_out(name)
        return self.text(name) if not self._is_request else self._redact(name)

    def _record_string(self, text: str, name: str) -> str:
        if text.rpartition(",")[2] in self._images or (name not in PROMPT_NAMES and is_image(text, name)):
            return self._record_image(text)
        if is_account_name(name) and text:
            self._secrets.add(text, "an account id")
            return "<an account id>"
        if not self._policy.prompts and not self._is_allowed(text, name):
            if self._is_request:
                self.private.append(text)
            return self._leave_out(text)
        return self._redact(text)

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
            return self._secrets.redact(text)  # a text that begins like an image may be none
        base64 = text.partition(",")[2] if text[:5].casefold() == "data:" else text
        data = self._images[base64] if base64 in self._images else decode(base64)
        if self._is_request:
            self.private.append(sample_of(data, text))
        if self._policy.images == "drop":
            return elision(ELIDED_IMAGE)
        # A short text may be words, which could be guessed by their hash.
        if len(data) >= SNIFFED * 3 // 4:
            return elision(ELIDED_IMAGE, *facts_of(data))
        return elision(ELIDED_IMAGE, f"{len(text):,} characters", f"number {self._numbering.number_of(text)}")
