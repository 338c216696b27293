"""Lessons of requests that were accepted against an assumption, or refused against one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.gateway import Settings
from omixa_mock.kit.files.elided import is_link

from .lessons import Contradiction, Lesson, agree, evidence_of
from .samples import Sample, length_of

__all__ = ["REQUEST_LEARNERS"]

Json = Any
Lessons = Iterator[Lesson | Contradiction]
DEFAULTS = Settings()
# The setting under which the fake accepts what breaks a rule, by the setting of the rule.
LENIENT: Mapping[str, str] = {
    "empty_prompt": "allow",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
}


# The ratio of a refused size to an accepted one beyond which the limit between them is unknown.
NEAR = 2


def leniency(samples: Sequence[Sample], settings: Mapping[str, str]) -> Lessons:
    """Yield the settings under which the fake accepts what the gateway accepted.

    Args:
        samples: The samples.
        settings: The setting of each rule.
    """
    by_setting: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        for name in {setting_of(sample, rule, pointer, settings) for rule, pointer in sample.broken} & LENIENT.keys():
            by_setting[name].append(sample)
    for name, found in by_setting.items():
        accepted = [sample for sample in found if sample.accepted]
        # A mask may be refused for its form as well.
        refused = [item for item in found if is_refused_for(item, name, settings) and "mask" not in item.fields]
        if accepted and refused:
            evidence = (
                f"{evidence_of(item.call for item in accepted)}; refused in {evidence_of(i.call for i in refused)}"
            )
            yield Contradiction(name, f"accepted in {evidence}")
        elif accepted:
            yield Lesson(name, LENIENT[name], evidence_of(sample.call for sample in accepted))


def is_refused_for(sample: Sample, name: str, settings: Mapping[str, str]) -> bool:
    """Return True if a request was refused, and breaks no rule but those of one setting."""
    broken = (setting_of(sample, rule, pointer, settings) for rule, pointer in sample.broken)
    return sample.call.status == 422 and all(setting == name for setting in broken)


def setting_of(sample: Sample, rule: str, pointer: str, settings: Mapping[str, str]) -> str:
    """Return the setting of a broken rule; that of links only if the value is one."""
    name = settings.get(rule, "")
    return "" if name == "remote_images" and not is_link(sample.value_at(pointer)) else name


def unknown_fields(samples: Sequence[Sample], settings: Mapping[str, str]) -> Lessons:
    """Yield whether every unknown field is accepted, or some by name."""
    accepted: dict[str, Sample] = {}
    refused = False
    for sample in samples:
        names = [pointer[1:] for rule, pointer in sample.broken if rule == "request.additionalProperties"]
        refused = refused or (bool(names) and is_refused_for(sample, "unknown_fields", settings))
        for name in names if sample.accepted else ():
            accepted.setdefault(name, sample)
    if accepted and (refused or len(accepted) == 1):
        yield Lesson("allowed_fields", sorted(accepted), evidence_of(sample.call for sample in accepted.values()))
    elif accepted:
        yield Lesson("unknown_fields", "ignore", evidence_of(sample.call for sample in accepted.values()))


# The size of a request by the setting that limits it.
SIZES: Mapping[str, Callable[[Mapping[str, Json]], int]] = {
    "prompt_max_chars": lambda fields: length_of(fields.get("prompt")),
    "input_images_max": lambda fields: (
        len(fields["input_images"]) if isinstance(fields.get("input_images"), list) else 0
    ),
    "provider_limit": lambda fields: int(fields["n"]) if isinstance(fields.get("n"), int) else 1,
}


def limits(samples: Sequence[Sample], settings: Mapping[str, str]) -> Lessons:
    """Yield the limits that explain why valid requests were refused, or larger ones accepted."""
    for name, size_of in SIZES.items():
        accepted = [sample for sample in samples if sample.accepted]
        most = max((size_of(sample.fields) for sample in accepted), default=0)
        explained = [sample for sample in samples if is_explained_by(sample, name, most, settings)]
        others = [other for other in SIZES if other != name]
        alone = [sample for sample in explained if not exceeds_another(sample, others, accepted)]
        if most and alone:
            yield from strict_limit(name, most, alone)
        elif most > getattr(DEFAULTS, name) and name != "provider_limit":
            largest = [sample for sample in accepted if size_of(sample.fields) == most]
            yield Lesson(name, most, evidence_of(sample.call for sample in largest))


def is_explained_by(sample: Sample, name: str, most: int, settings: Mapping[str, str]) -> bool:
    """Return True if a request was refused, and only its size is out of what was accepted."""
    is_free = all(settings.get(rule) == name for rule, _ in sample.broken)
    return sample.call.status == 422 and sample.request is not None and is_free and SIZES[name](sample.fields) > most


def exceeds_another(sample: Sample, names: Sequence[str], accepted: Sequence[Sample]) -> bool:
    """Return True if another size of a request is out of what was accepted as well."""
    return any(
        SIZES[name](sample.fields) > max((SIZES[name](other.fields) for other in accepted), default=0) for name in names
    )


def strict_limit(name: str, most: int, refused: Sequence[Sample]) -> Lessons:
    """Yield a limit between the largest accepted size and the smallest refused one, if these are near enough."""
    least = min(SIZES[name](sample.fields) for sample in refused)
    if least > NEAR * most:
        return
    if least > getattr(DEFAULTS, name) and most <= getattr(DEFAULTS, name) < least:
        return  # The default explains it.
    evidence = f"{evidence_of(sample.call for sample in refused)}; {most:,} was accepted, {least:,} refused"
    yield Lesson(name, most, evidence)
    if name == "provider_limit":
        yield Lesson("n_over_provider_limit", "refuse", evidence)


def mask_shape(samples: Sequence[Sample], _: Mapping[str, str]) -> Lessons:
    """Yield the form of a mask that is accepted, if the other one is refused."""
    accepted, refused = set[str](), dict[str, Sample]()
    for sample in samples:
        mask = sample.fields.get("mask")
        form = "string" if isinstance(mask, str) else "object" if isinstance(mask, dict) else ""
        if not sample.fields.get("input_images"):
            continue  # It may be refused for that.
        if form and sample.accepted:
            accepted.add(form)
        elif form and sample.call.status == 422 and not sample.broken:
            refused.setdefault(form, sample)
    if len(accepted) == 1 and set(refused) == {"string", "object"} - accepted:
        yield Lesson("mask_shape", accepted.pop(), evidence_of(sample.call for sample in refused.values()))


def edit_fields(samples: Sequence[Sample], _: Mapping[str, str]) -> Lessons:
    """Yield whether input_fidelity without an input image is refused."""
    found = [s for s in samples if "input_fidelity" in s.fields and not s.fields.get("input_images") and not s.broken]
    refused = [("refuse", sample.call) for sample in found if sample.call.status == 422]
    accepted = [("advise", sample.call) for sample in found if sample.accepted]
    return agree("edit_fields_without_images", [*refused, *accepted])


REQUEST_LEARNERS: tuple[Callable[[Sequence[Sample], Mapping[str, str]], Lessons], ...] = (
    leniency,
    unknown_fields,
    limits,
    mask_shape,
    edit_fields,
)
