"""What to do about a field that the model's table does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omixa_mock.gateway.common import nearest

__all__ = ["hint_at_field"]


def hint_at_field(name: str, known: Sequence[str]) -> str:
    """What to do about an unknown field."""
    if name in OPENAI_FIELDS:
        return OPENAI_FIELDS[name]
    near = nearest(name, known)
    if near is not None:
        return f'Did you mean "{near}"?'
    return f"Leave it out; known: {', '.join(known)}."


# OpenAI's image API has these and Omixa's table does not: the commonest unknown fields.
OPENAI_FIELDS: Mapping[str, str] = {
    "response_format": "Leave it out: every image comes as b64_json, and url is null.",
    "stream": "Leave it out: Omixa answers with one whole JSON body.",
    "partial_images": "Leave it out: Omixa answers with one whole JSON body.",
    "user": "Leave it out: Omixa's table has no field for end users.",
    "style": 'Leave it out, and say the style in "prompt".',
    "output_compression": 'Leave it out: "output_format" and "quality" are all there is to ask for.',
    "image": 'Omixa calls it "input_images": a list of {"type": "image_url", "image_url": {"url": "data:…"}}.',
    "images": 'Omixa calls it "input_images": a list of {"type": "image_url", "image_url": {"url": "data:…"}}.',
    "negative_prompt": 'Leave it out, and say in "prompt" what to avoid.',
    "seed": "Leave it out: Omixa has none (the fake's own seed is the setting seed).",
}
