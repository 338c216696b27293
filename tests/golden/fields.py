"""Corpus: requests that are refused for their fields."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from omixa_mock import shipped_contract
from omixa_mock.gateway.contract.input_images import TINY_PNG

from .parts import (
    LINK,
    PNG,
    TALL,
    WEBP,
    Case,
    cat,
    images,
    of_model,
    one_example_a_rule,
    part,
    raw,
    url,
)

Table = Mapping[str, tuple[Case, ...]]
KNOWN = shipped_contract().requests["gpt-image-1.5"]["properties"]

VALUES: Table = {
    **dict(one_example_a_rule()),
    "several rules": (cat(422, n=11, size="999x1", style="vivid", prompt="", quality="hd", background=None),),
    "every field wrong": (cat(422, **{name: [1] for name in KNOWN}, stream=[1]),),
    "several rules within parts": (
        cat(
            422,
            input_images=[
                1,
                {},
                part(LINK),
                {**part(TINY_PNG), "detail": "low"},
                {"type": "text", "image_url": {"url": 1, "x": 2}},
                part("data:,"),
            ],
            mask={"type": "image_url", "image_url": {"x": 1}},
        ),
    ),
    "rules of the schema and beyond": (
        cat(422, n=0, **images(url(PNG), url(PNG, "webp"), "data:image/png;base64,a", LINK), mask=url(TALL)),
    ),
    "more wrong than is told": (cat(422, input_images=[*range(16)], **{f"x{number}": 1 for number in range(120)}),),
    "more wrong than is looked at": (cat(422, input_images=[*range(1200)], stream=1, prompt=""),),
    "mask of another size": (cat(422, **images(url(PNG)), mask=part(url(TALL))),),
    "numbers for n": tuple(
        raw(f'{{"model": "gpt-image-1.5", "prompt": "a", "n": {n}}}')
        for n in ("0", "11", "-1", "1.5", "1e1000", "1e300", "10.000001", "9" * 30, "true", '"3"', "null", "[]", "{}")
    ),
    "prompts": tuple(cat(422, prompt=text) for text in ("", None, 1, ["a"], {"text": "a"}, "a" * 32_001, "𝄞" * 32_001)),
    "models": tuple(
        cat(422, model=model)
        for model in ("dall-e-3", "GPT-image-1.5", "", None, 1, ["gpt-image-1.5"], "omx_live_secret")
    ),
    "unknown model of several": (of_model("dall-e-3", 422, n=11),),
    "names": tuple(
        cat(422, **{name: 1})
        for name in (
            "response_format",
            "stream",
            "user",
            "style",
            "output_compression",
            "promt",
            "Prompt",
            "",
            "猫",
            "a/b~c",
            "omx_live_secret",
        )
    ),
    "formats": tuple(cat(422, output_format=name) for name in ("jpg", "PNG", "image/png", "gif", "")),
    "sizes": tuple(cat(422, size=name) for name in ("1024x1204", "1024X1024", "256x256", "square", 1024, [1024, 1024])),
}

URLS: Table = {
    "base64": tuple(
        cat(422, **images(f"data:image/png;base64,{text}"))
        for text in (
            "",
            "a",
            "ab",
            "abc",
            "ab=",
            "abc==",
            "====",
            "=abc",
            "ab=c",
            "YQ",
            "YR==",
            "YWJ=",
            "YQ==YQ==",
            "YW Jj",
            "YWJj\n",
            "\tYWJj",
            "-_-_",
            "-_+/",
            "YW!j",
            "YWJ\u00e9",
            "猫猫猫猫",
            "%2B",
            "YWJj,YWJj",
            "<base64-reference>",
            "YWJj;",
        )
    ),
    "base64 of a mask": (
        cat(422, **images(TINY_PNG), mask="data:image/png;base64,YR=="),
        cat(422, **images(TINY_PNG), mask=part("data:image/png;base64,YQ")),
    ),
    "URLs": tuple(
        cat(422, **images(text))
        for text in (
            "",
            "data:",
            "data:image/png,abc",
            "data:image/gif;base64,R0lGODlh",
            "data:image/PNG;base64,YQ==",
            "DATA:image/png;base64,YQ==",
            "data:image/png;charset=a;base64,YQ==",
            "file:///etc/passwd",
            LINK,
            f"{LINK}?key=omx_live_secret",
            base64.b64encode(PNG).decode(),
            " " + TINY_PNG,
            "\n" + TINY_PNG,
            "data:image/png;base64;,YQ==",
        )
    ),
    "kinds of files": tuple(
        cat(422, **images(url(data)))
        for data in (
            b"GIF89a",
            b"BM" + bytes(8),
            b"II*\0",
            b"....ftypavif",
            b"....ftypheic",
            b"<svg",
            b"%PDF-",
            b"hello",
            WEBP,
            b"\xff\xd8\xff",
        )
    ),
    "cut headers": tuple(
        cat(422, **images(url(data[:cut], kind)))
        for data, kind, cut in (
            (PNG, "png", 8),
            (PNG, "png", 15),
            (PNG, "png", 23),
            (WEBP, "webp", 12),
            (WEBP, "webp", 24),
        )
    ),
    "URLs where links are accepted": tuple(
        cat(422, **images(text), under={"remote_images": "accept"})
        for text in ("ftp://a", "data:image/gif;base64,R0lGODlh", "data:image/png;base64,YR==", "")
    ),
}

UNDER_SETTINGS: Table = {
    "mask not as text": (cat(422, **images(TINY_PNG), mask=TINY_PNG, under={"mask_shape": "object"}),),
    "mask not as an object": (cat(422, **images(TINY_PNG), mask=part(TINY_PNG), under={"mask_shape": "string"}),),
    "fields of edits refused": (
        cat(422, mask=TINY_PNG, input_fidelity="high", under={"edit_fields_without_images": "refuse"}),
    ),
    "n over the provider's limit": tuple(
        cat(status, n=n, under={"provider_limit": 4, "n_over_provider_limit": "refuse"})
        for n, status in ((4, 200), (5, 422), (11, 422), (True, 422))
    ),
    "short prompts only": (cat(422, prompt="a cat", under={"prompt_max_chars": 4}),),
    "two input images at most": (cat(422, **images(*[TINY_PNG] * 3), under={"input_images_max": 2}),),
}

FIELDS: Table = {**VALUES, **URLS, **UNDER_SETTINGS}
