"""Correction hints for request fields that the model's table does not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence

from msgspec import Struct

from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import redact

__all__ = ["OPENAI_FIELDS", "ForeignField", "hint_at_field"]

# Names that a shell takes as they are.
PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,60}\Z")


class ForeignField(Struct, frozen=True):
    """Field of other image APIs.

    Attributes:
        remedy: What to do instead of sending it.
        clients: The clients that send it; those in docs/clients.md are measured.
        renamed: The field of Omixa's table that has its meaning; empty if there is none.
        caution: What happens if it is accepted and ignored; empty if nothing is lost.
    """

    remedy: str
    clients: str
    renamed: str = ""
    caution: str = ""


def hint_at_field(
    name: str, known: Sequence[str], present: Container[str], suggest: Callable[[str], str], *, of_request: bool
) -> str:
    """Return sentences that correct an unknown field.

    Args:
        name: The field.
        known: The fields that are accepted.
        present: The fields that the object has.
        suggest: Function from a known field to the text that suggests it.
        of_request: True if the object is a whole request.
    """
    field = OPENAI_FIELDS.get(name) if of_request else None
    if field and field.renamed and field.renamed in present:
        return f'Leave it out: "{field.renamed}" is there already.'
    if field:
        return f"{field.remedy}{hint_at_flag(name, field)}"
    near = nearest(name, known)
    if near is not None:
        return f'Leave it out: "{near}" is there already.' if near in present else f"Did you mean {suggest(near)}?"
    return f"Leave it out; known: {', '.join(known)}.{hint_at_flag(name, field) if of_request else ''}"


def hint_at_flag(name: str, field: ForeignField | None) -> str:
    """Return a sentence on the setting that ignores a field, after a space; empty if ignoring it would do harm."""
    if field and (field.renamed or field.caution):
        return ""
    value = name if PLAIN.match(name) and redact(name) == name else "NAME"
    return f" If your client library adds it, start with --allow-field {value} (in tests: allowed_fields)."


INPUT_IMAGES = (
    'Omixa calls it "input_images": a list of {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}.'
)
NO_EVENTS = "a client that streams gets no event then, since Omixa answers with one whole JSON body"
# The most common unknown fields.
OPENAI_FIELDS: Mapping[str, ForeignField] = {
    "response_format": ForeignField(
        "Leave it out: every image is in b64_json, and url is null.",
        "the Vercel AI SDK by @ai-sdk/openai-compatible, LangChain.js, llama-index (docs/clients.md)",
    ),
    "stream": ForeignField(
        "Leave it out: Omixa answers with one whole JSON body.",
        "the OpenAI SDKs, if they are to stream (docs/clients.md)",
        caution=NO_EVENTS,
    ),
    "partial_images": ForeignField(
        "Leave it out: Omixa answers with one whole JSON body.",
        "the OpenAI SDKs, if they are to stream (docs/clients.md)",
        caution=NO_EVENTS,
    ),
    "user": ForeignField(
        "Leave it out: Omixa's table has no field for end users.",
        "LiteLLM and the OpenAI SDKs, if they are given a user (docs/clients.md)",
    ),
    "style": ForeignField(
        'Leave it out, and describe the style in "prompt".',
        "LangChain.js and llama-index, each time (docs/clients.md)",
    ),
    "output_compression": ForeignField(
        'Leave it out: "output_format" and "quality" are the only such fields.',
        "the OpenAI SDKs, if they are given it (docs/clients.md)",
    ),
    "image": ForeignField(INPUT_IMAGES, "clients of OpenAI's images/edits", renamed="input_images"),
    "images": ForeignField(INPUT_IMAGES, "clients of other image APIs", renamed="input_images"),
    "negative_prompt": ForeignField(
        'Leave it out, and exclude things in "prompt".', "clients of Stable Diffusion and Imagen"
    ),
    "seed": ForeignField(
        "Leave it out: Omixa has no seed (the fake's own is the setting seed).",
        "clients of Stable Diffusion and Imagen",
    ),
}
