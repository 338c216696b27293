"""Corpus: valid requests, with their image bytes and charges."""

from __future__ import annotations

import json
from collections.abc import Mapping

from omixa_mock.gateway.contract.input_images import TINY_PNG

from .parts import CAT, JPEG, LINK, MODELS, PNG, TALL, WEBP, Case, cat, images, of_model, part, raw, several, url

FORMATS = ("png", "jpeg", "webp")
SIZES = ("auto", "1024x1024", "1024x1536", "1536x1024")
QUALITIES = ("auto", "low", "medium", "high")
CLASSES = (("0.5K", "1:1"), ("1K", "16:9"), ("2K", "9:16"), ("0.5K", "4:3"), ("1K", "3:4"), ("4K", "16:9"))
Table = Mapping[str, tuple[Case, ...]]

IMAGES: Table = {
    **{f"{kind} by size": tuple(cat(output_format=kind, size=size) for size in SIZES) for kind in FORMATS},
    **{
        f"{size} by quality": tuple(cat(size=size, quality=how, output_format="webp") for how in QUALITIES)
        for size in SIZES
    },
    **{
        f"transparent {kind} by size": tuple(
            cat(output_format=kind, size=size, background="transparent") for size in SIZES[1:]
        )
        for kind in ("png", "webp")
    },
    **{
        f"{background} background": tuple(cat(output_format=kind, background=background) for kind in FORMATS)
        for background in ("auto", "opaque")
    },
    "no choice at all": (cat(),),
    "every choice made": (
        cat(
            n=2,
            size="auto",
            quality="auto",
            background="auto",
            moderation="low",
            output_format="webp",
            **images(TINY_PNG),
            input_fidelity="low",
        ),
    ),
}

NUMBERS: Table = {
    **{
        f"{n} {kind}": (cat(n=n, output_format=kind),)
        for n, kind in ((1, "png"), (3, "png"), (3, "jpeg"), (10, "webp"))
    },
    "n with a decimal point": (raw('{"model": "gpt-image-1.5", "prompt": "a cat", "n": 2.0}', 200),),
    "10 of a provider that makes 4": (cat(n=10, under={"provider_limit": 4}),),
    "4 of a provider that makes 4": (cat(n=4, under={"provider_limit": 4}),),
    "n does not change the first image": (cat(n=1), cat(n=2)),
}

MODELS_AND_CLASSES: Table = {
    **{f"model {model}": (of_model(model),) for model in MODELS},
    **{
        f"classes of {model}": tuple(
            of_model(model, size=size, aspect_ratio=ratio, output_format="webp") for size, ratio in CLASSES
        )
        for model in MODELS
        if "gemini" in model
    },
    "partial model with all its fields": (
        of_model(MODELS[-1], n=2, person_generation="allow_all", enhance_prompt=True, add_watermark=False),
    ),
    "partial model with a field that is not in its table": (of_model(MODELS[-1], seed=7, labels={"a": [1, None]}),),
    "partial model with quality": (
        of_model("MAI-Image-2.5", quality="high", size="1536x1024", background="transparent"),
    ),
}

EDITS: Table = {
    "edit": (cat(**images(url(PNG))),),
    "edit of a JPEG": (cat(**images(url(JPEG, "jpeg"))),),
    "edit of a JPEG by its other name": (cat(**images(url(JPEG, "jpg"))),),
    "edit of a WebP": (cat(**images(url(WEBP, "webp")), input_fidelity="high"),),
    "edit of no image": (cat(input_images=[]),),
    "merge of 2": (cat(**images(url(PNG), url(WEBP, "webp"))),),
    "merge of 2 in another order": (cat(**images(url(WEBP, "webp"), url(PNG))),),
    "merge of 16": (cat(**several(16), output_format="jpeg"),),
    "merge of the same twice": (cat(**images(TINY_PNG, TINY_PNG)),),
    "mask as text": (cat(**images(url(PNG)), mask=url(PNG)),),
    "mask as an object": (cat(**images(url(PNG)), mask=part(url(JPEG, "jpeg"))),),
    "mask of the first of several": (cat(**images(url(PNG), url(TALL)), mask=url(WEBP, "webp")),),
    "mask without input images": (cat(mask=url(PNG)),),
    "input fidelity without input images": (cat(input_fidelity="low"),),
    "two advisories": (cat(mask=part(TINY_PNG), input_fidelity="high", n=5, under={"provider_limit": 2}),),
    "remote image": (cat(**images(LINK), under={"remote_images": "accept"}),),
    "remote image beside an inline one, with a mask": (
        cat(**images(LINK, TINY_PNG), mask=url(PNG), under={"remote_images": "accept"}),
    ),
    "remote mask": (cat(**images(TINY_PNG), mask=LINK, under={"remote_images": "accept"}),),
    "images that are not looked at": (
        cat(**images(url(b"no picture"), url(PNG, "webp")), mask=url(TALL), under={"image_checks": "ignore"}),
    ),
}

SPELLINGS: Table = {
    "field order and white space are nothing to an image": (
        raw('{"model": "gpt-image-1.5", "prompt": "a cat", "n": 1, "size": "1024x1024"}', 200),
        raw(' {\n"size":"1024x1024" ,\t"n" :1,"prompt":"a c\\u0061t","model":"gpt-image-1.5"}\r\n', 200),
    ),
    "prompts": tuple(cat(prompt=text) for text in ("\0", '"\\\n', "猫 🐈", "e\u0301", "é", "a" * 32_000, "𝄞" * 32_000)),
    "names and colons within texts": (cat(prompt='{"prompt": "a", "prompt": "b"}, "model":'),),
    "escaped names": (raw('{"mod\\u0065l": "gpt-image-1.5", "prompt": "\\ud83d\\udc08"}', 200),),
    "numbers of unknown fields": (
        raw(
            '{"model":"gpt-image-1.5","prompt":"a cat","a":[1e2,-0.0,18446744073709551615,1.0,0.1e-7]}',
            200,
            workspace={"settings": {"unknown_fields": "ignore"}},
        ),
    ),
}

SETTINGS: Table = {
    "seeds": tuple(cat(under={"seed": seed}) for seed in (0, 7, 2**40)),
    "without captions": tuple(cat(n=2, output_format=kind, under={"caption": "none"}) for kind in FORMATS),
    "captions": tuple(cat(prompt=prompt) for prompt in ("cat", "Crème brûlée, 猫 and 🐈", "long " * 100, "wide" * 100)),
    "repeated": (cat(), cat(), cat(prompt="a dog"), cat()),
    "repeated, varying": tuple(cat(n=2, under={"vary": "call"}) for _ in range(3)),
    **{f"{kind} of 2 MB": (cat(output_format=kind, under={"weight": "2MB"}),) for kind in FORMATS},
    "transparent WebP of 10 kB, twice": (
        cat(output_format="webp", background="transparent", n=2, under={"weight": 10_000}),
    ),
    **{f"{kind} by default": (cat(under={"default_format": kind}),) for kind in FORMATS[1:]},
    "another auto size": tuple(cat(size=size, under={"auto_size": "1024x1536"}) for size in SIZES[:2]),
    "created then": (cat(under={"created": 1}),),
    "success is 201": (cat(201, under={"success_status": 201}),),
    "transparent JPEG is opaque": (
        cat(output_format="jpeg", background="transparent", under={"transparent_jpeg": "opaque"}),
    ),
    "empty prompt": (cat(prompt="", under={"empty_prompt": "allow"}),),
    "unknown fields": (cat(style="vivid", user={"a": "b"}, under={"unknown_fields": "ignore"}),),
    "allowed fields": (cat(style="vivid", user={"a": "b"}, under={"allowed_fields": ["style", "user"]}),),
    "data URLs in capitals": (cat(**images(TINY_PNG.replace("data:image/png;base64", "DATA:Image/PNG;Base64"))),),
    "flat price": (cat(n=3, quality="high", under={"prices": {"gpt-image-1.5": "0.05"}}),),
    "price table": (
        cat(
            n=7,
            quality="low",
            size="1024x1536",
            under={"prices": {"gpt-image-1.5": {"base": "0.000333", "quality": {"low": "0.3333"}}}},
        ),
    ),
    "half a millionth is rounded up": tuple(
        cat(quality="low", under={"prices": {"gpt-image-1.5": {"base": base, "quality": {"low": "0.5"}}}})
        for base in ("0.000001", "0.000003", "0.000005")
    ),
    "no price": (cat(n=3, under={"prices": {"gpt-image-1.5": 0}}),),
    "least hold": (cat(under={"minimum_hold": "1.5"}),),
    "no content type": (
        Case(200, CAT, headers={"content-type": ""}, workspace={"settings": {"content_type": "ignore"}}),
    ),
    "content type with a parameter": (Case(200, CAT, headers={"content-type": "Application/JSON ; charset=utf-8"}),),
    "idempotent": tuple(
        Case(
            200, CAT | {"n": n}, headers={"idempotency-key": "a"}, workspace={"settings": {"idempotency_key": "replay"}}
        )
        for n in (1, 1, 2, 1)
    ),
    "slow": (cat(under={"latency": "uniform:10ms..20ms", "seed": 3}),),
    "other routes": (cat(under={"routes": {"gpt-image-1.5": ["a", "b"]}}),),
    "one route down": (
        Case(200, CAT, workspace={"routes_down": ["azure-openai"], "settings": {"failover_latency": "1ms"}}),
    ),
    "deep as allowed": (
        raw(
            json.dumps(CAT)[:-1] + ', "a": ' + "[" * 62 + "]" * 62 + "}",
            200,
            workspace={"settings": {"unknown_fields": "ignore"}},
        ),
    ),
}

REQUESTS: Table = {**IMAGES, **NUMBERS, **MODELS_AND_CLASSES, **EDITS, **SPELLINGS, **SETTINGS}
