"""Telling which variant of one union is which of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from specs.changes import Direction, Finding
from specs.grammar import at_place, located
from specs.shapes import Shape, Shapes
from specs.value_diff import membership_findings


@dataclass(frozen=True, kw_only=True, eq=False)
class Variant:
    """One alternative of a union. `value` is what the discriminator has for it, when known."""

    raw: Any
    label: str
    value: str | None
    name: str | None
    says_value: bool


def labelled(shapes: Shapes, union: Shape, raw: Any) -> list[Variant]:
    """The variants of a union; of a schema that is none, the schema itself."""
    discriminator = union.fields.get("discriminator") or {}
    mapping = {}
    for value, reference in discriminator.get("mapping", {}).items():
        place = located(shapes.document, reference, ("discriminator", "mapping", value))
        mapping[shapes.of(at_place(shapes.document, place)).origin] = value
    variants = []
    for position, variant in enumerate(union.variants or [raw], start=1):
        shape = shapes.of(variant)
        said = _said(shapes, shape, discriminator.get("propertyName"))
        value = mapping.get(shape.origin, said)
        variants.append(
            Variant(
                raw=variant,
                label=value or shape.name or str(position),
                value=value,
                name=shape.name,
                says_value=said is not None and said == value,
            )
        )
    return variants


def paired(
    olds: list[Variant], news: list[Variant], alike: Callable[[Any, Any], bool]
) -> list[tuple[Variant, Variant]]:
    """Which variant became which: by discriminator, name, content, and at last by position."""
    tests: list[Callable[[Variant, Variant], bool]] = [
        lambda a, b: a.value is not None and a.value == b.value,
        lambda a, b: (a.value or "").casefold() == (b.value or " ").casefold(),
        lambda a, b: a.name is not None and a.name == b.name,
        lambda a, b: alike(a.raw, b.raw),
    ]
    pairs: list[tuple[Variant, Variant]] = []
    olds, news = list(olds), list(news)
    for test in tests:
        for old in list(olds):
            new = next((candidate for candidate in news if test(old, candidate)), None)
            if new is not None:
                pairs.append((old, new))
                olds.remove(old)
                news.remove(new)
    if len(olds) == len(news):
        pairs += zip(olds, news, strict=True)
    return pairs


def discriminator_findings(
    olds: list[Variant], news: list[Variant], old: Shape, new: Shape, direction: Direction
) -> Iterator[Finding]:
    """Differences in what tells the variants apart."""
    was = (old.fields.get("discriminator") or {}).get("propertyName")
    is_ = (new.fields.get("discriminator") or {}).get("propertyName")
    steps = ("discriminator",)
    if was != is_:
        yield Finding(
            kind="discriminator-added" if was is None else "discriminator-changed",
            direction=direction,
            steps=steps,
            was=was,
            is_=is_,
            origin=old.origin,
        )
    elif not all(variant.says_value for variant in (*olds, *news)):
        # Where the variants themselves say their values, comparing them has found this already.
        values = [[v.value for v in variants if v.value is not None] for variants in (olds, news)]
        gone = [value for value in values[0] if value not in values[1]]
        come = [value for value in values[1] if value not in values[0]]
        yield from membership_findings("enum-value", gone, come, direction, steps, old.origin)


def _said(shapes: Shapes, shape: Shape, property_name: str | None) -> str | None:
    """The one value that a variant's own schema gives its discriminating property."""
    schema = shape.fields.get("properties", {}).get(property_name)
    enum = shapes.of(schema).enum if schema is not None else None
    return str(enum[0]) if enum is not None and len(enum) == 1 else None
