"""Correction hints for request fields that the model's table does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omixa_mock.gateway.common import nearest

__all__ = ["hint_at_field"]


def hint_at_field(name: str, known: Sequence[str]) -> str:
    """Return a sentence that corrects an unknown field."""
    if name in OPENAI_FIELDS:
        return OPENAI_FIELDS[name]
    near = nearest(name, known)
    if near is not None:
        return f'Did you mean "{near}"?'
    return f"Leave it out; known: {', '.join(known)}."


# Fields of OpenAI's image API that Omixa's table does not have: the most common unknown fields.
OPENAI_FIELDS: Mapping[str, str] = {
    "response_format": "Leave it out: every image is in b64_json, and url is null.",
    "stream": "Leave it out: Omixa answers with one whole JSON body.",
    "partial_images": "Leave it out: Omixa answers with one whole JSON body.",
    "user": "Leave it out: Omixa's table has no field for end users.",
    "style": 'Leave it out, and describe the style in "prompt".',
    "output_compression": 'Leave it out: "output_format" and "quality" are the only such fields.',
    "image": 'Omixa calls it "input_images": a list of {"type": "image_url", "image_url": {"url": "data:…"}}.',
    "images": 'Omixa calls it "input_images": a list of {"type": "image_url", "image_url": {"url": "data:…"}}.',
    "negative_prompt": 'Leave it out, and exclude things in "prompt".',
    "seed": "Leave it out: Omixa has no seed (the fake's own is the setting seed).",
}
