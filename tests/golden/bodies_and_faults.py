"""Corpus: malformed bodies, planned faults, and read endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from omixa_mock.gateway import CATALOGUE
from omixa_mock.gateway.contract.input_images import TINY_PNG

from .parts import CAT, EVERY_MODEL, Case, cat, images, raw, read

Table = Mapping[str, tuple[Case, ...]]
HEAD = '{"model": "gpt-image-1.5", "prompt": "a cat", '

BODIES: Table = {
    "nothing": (raw(""), raw(" \n")),
    "no object": tuple(raw(text) for text in ("[]", '"a"', "1", "1.5", "true", "null", "[" * 3 + "]" * 3)),
    "cut off": tuple(
        raw(text) for text in ("{", HEAD, '{"model', '{"model": ', '{"a": "\\', '{"a": "\\ud8', "[1", "tru")
    ),
    "not JSON": tuple(
        raw(text)
        for text in (
            "{'a': 1}",
            "{a: 1}",
            '{"a": 1,}',
            '{"a": 01}',
            '{"a": .5}',
            '{"a": +1}',
            '{"a": 1.}',
            '{"a": 0x1}',
            "{} {}",
            "{}x",
            '{"a": "\t"}',
            '{"a": "\\x"}',
            '{"a": "\\ud800"}',
            "{\"a\": 'b'}",
            "// a\n{}",
            "\ufeff{}",
            "model=a&prompt=b",
            "--a\r\n",
        )
    ),
    "not numbers": tuple(
        raw(HEAD + f'"n": {word}}}') for word in ("NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999")
    ),
    "not UTF-8": tuple(
        raw(data) for data in (b'{"prompt": "\xff"}', b"\xff\xfe{\0}\0", b'{"a": "\xed\xa0\x80"}', b"\xc3")
    ),
    "gzip": (raw(b"\x1f\x8b\x08\0"),),
    "line and column": (raw('{\n  "model": "gpt-image-1.5",\n  "prompt": cat\n}'),),
    "names twice": tuple(
        raw(text)
        for text in (
            HEAD + '"prompt": "a dog"}',
            HEAD + '"n": 1, "n": 1}',
            HEAD + '"mask": {"type": 1, "type": 1}}',
            HEAD + '"input_images": [{"a": {"b": 1, "b": 2}}]}',
            '{"a": 1, "\\u0061": 2}',
            '{"": 1, "": 2}',
            '{"猫": 1, "猫" : 2}',
            '{"omx_live_secret": 1, "omx_live_secret": 2}',
            '{"a": {"x": 1}, "a": {"x": 2}}',
            '{"a":1,"a"\n:2}',
        )
    ),
    "names twice, but not in one object": (
        raw(HEAD + '"input_images": [{"a": 1}, {"a": 1}], "mask": {"model": "a", "prompt": "b"}}'),
    ),
    "too deep": tuple(raw(HEAD + f'"a": {"[" * depth}{"]" * depth}}}') for depth in (63, 64, 65, 1000, 2000)),
    "too deep by objects": (raw('{"a":' * 65 + "1" + "}" * 65),),
    "too deep by its setting": (raw(HEAD + '"a": [[]]}', workspace={"settings": {"nesting_max": 2}}),),
    "too many parts": (raw("[" * 100_001),),
    "malformed is 400": tuple(
        raw(text, status, workspace={"settings": {"malformed_status": 400}})
        for text, status in (("", 400), ("{", 400), ('{"a": 1, "a": 2}', 400), ("[]", 422), (HEAD + '"n": 11}', 422))
    ),
    "errors by other names": (
        raw(
            "{",
            workspace={
                "settings": {"errors": {"invalid_request": {"type": "a", "code": "b"}, "not_found": {"status": 410}}}
            },
        ),
        read("/x", 410),
    ),
}


def planned(*names: str, status: int = 0, **fields: object) -> tuple[Case, ...]:
    """Return a request for each fault."""
    return tuple(Case(status, CAT | {"n": 2, "output_format": "webp", **fields}, plan=name) for name in names)


def of_family(family: str) -> list[str]:
    """Return the faults of a family, each at each of its moments."""
    kinds = {name: kind for name, kind in CATALOGUE.items() if kind.family == family}
    return [
        name if moment == kind.moments[0] else f"{name}_{moment}"
        for name, kind in kinds.items()
        for moment in kind.moments
    ]


# Faults with a duration last a thousandth of a second here.
WITH_RESPONSE = ("delay:1ms", "delay_after_capture:1ms", "drip:1ms")
FAULTS: Table = {
    "documented errors": planned(*of_family("documented error")),
    "assumed errors": planned(*of_family("assumed error")),
    "wrong successes": planned(*of_family("wrong success")),
    "wrong successes with one image": planned(
        "fewer_images", "corrupt_image", "other_format", n=1, output_format="png"
    ),
    "late responses": planned(*WITH_RESPONSE),
    "broken connections": planned(*(name for name in of_family("delivery") if not name.startswith(("delay", "drip")))),
    "retry after": (Case(429, CAT, plan="rate_limited", workspace={"settings": {"retry_after": 7}}),),
    "fault by key": tuple(
        Case(0, CAT, key=f"omx_live_fail_{name}--golden") for name in ("no_route", "empty_data", "billed_as_number")
    ),
    "fault by header": tuple(
        Case(status, CAT, headers={"x-omixa-mock-fault": name}, workspace={"settings": {"fault_header": "obey"}})
        for name, status in (("no_route", 503), ("missing_usage", 200), ("nothing", 422), ("ok", 200))
    ),
    "fault by header that nobody obeys": (Case(200, CAT, headers={"x-omixa-mock-fault": "no_route"}),),
    "plans": (
        Case(0, CAT, plan={"fail": ["no_route", "ok", 402], "when": {"n": 1}, "times": 2, "after": 1}),
        *(Case(0, CAT | {"n": n}) for n in (2, 1, 1, 1, 1, 1, 1, 1)),
    ),
    "fault without money": (Case(402, CAT, plan="internal_error", workspace={"balance": 0}),),
}

BUSY: tuple[Case, ...] = (
    cat(n=2, quality="high"),
    Case(422, CAT | {"n": 11}),
    Case(422, b"{"),
    Case(200, CAT | images(TINY_PNG, TINY_PNG)),
    Case(500, CAT, plan="internal_error_after_capture"),
    Case(402, CAT, workspace={"balance": 0}),
)
READS: Table = {
    "models": (read("/api/v1/models"),),
    "all models": (
        read("/api/v1/models", workspace=EVERY_MODEL),
        read("/api/v1/models", workspace={"models": ["MAI-Image-2.5"]}),
    ),
    "no models": (read("/api/v1/models", workspace={"models": []}),),
    "no usage": (read("/api/v1/usage/requests"), read("/api/v1/usage/rollups")),
    "usage": (*BUSY, read("/api/v1/usage/requests"), read("/api/v1/usage/requests", query="limit=2")),
    "rollups": (
        *BUSY,
        *(read("/api/v1/usage/rollups", query=f"period_type={kind}") for kind in ("hour", "day", "month")),
    ),
    "heads": tuple(read(f"/api/v1/{name}", method="HEAD") for name in ("models", "usage/requests", "usage/rollups")),
    "bad limits": tuple(
        read("/api/v1/usage/requests", 422, query=f"limit={text}")
        for text in ("", "0", "1001", "-1", "a", "1.0", "%D9%A1", "00001", "omx_live_secret", "1&limit=0")
    ),
    "bad periods": tuple(
        read("/api/v1/usage/rollups", 422, query=f"period_type={text}")
        for text in ("", "week", "Day", "w%C3%B6che", "omx_live_secret")
    ),
    "read with an empty wallet": (read("/api/v1/models", workspace={"balance": 0}),),
}

BODIES_AND_FAULTS: Table = {
    **{f"body: {name}": cases for name, cases in BODIES.items()},
    **{f"faults: {name}": cases for name, cases in FAULTS.items()},
    **{f"reads: {name}": cases for name, cases in READS.items()},
}
