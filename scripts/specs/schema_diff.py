"""Comparing two schemas: their values, fields, items and variants, in one direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specs.changes import Direction, Finding, Severity
from specs.grammar import children
from specs.shapes import LOWER_BOUNDS, TEXTS, UPPER_BOUNDS, Shape, Shapes
from specs.value_diff import paired_by_case, type_finding, value_findings
from specs.variant_diff import discriminator_findings, labelled, paired

_HIDDEN_BY: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}
_COMPARED = {
    *TEXTS,
    *LOWER_BOUNDS,
    *UPPER_BOUNDS,
    *("multipleOf", "pattern", "uniqueItems", "format", "default", "deprecated", "discriminator"),
    *("properties", "required", "additionalProperties", "items", "readOnly", "writeOnly"),
}


def text_findings(
    old: dict[str, Any], new: dict[str, Any], direction: Direction, origin: int
) -> Iterator[Finding]:
    """Differences in words and in extensions, and whether it is deprecated."""
    extensions = {key for key in (*old, *new) if key.startswith("x-")}
    for key in (*TEXTS, *sorted(extensions)):
        if old.get(key) != new.get(key):
            yield Finding(
                kind="text-changed",
                direction=direction,
                steps=(key,),
                was=old.get(key),
                is_=new.get(key),
                origin=origin,
            )
    was, is_ = old.get("deprecated", False), new.get("deprecated", False)
    if was != is_:
        kind = "deprecated" if is_ else "undeprecated"
        yield Finding(kind=kind, direction=direction, steps=(), origin=origin)


class SchemaDiff:
    """Compares schemas of two documents; each pair is compared once."""

    def __init__(self, old: Shapes, new: Shapes) -> None:
        self._old = old
        self._new = new
        # An empty list stands for a pair under comparison, which is where a cycle closes.
        self._found: dict[tuple[int, int, Direction], list[Finding]] = {}
        self._kept: list[Any] = []

    def findings(self, old_raw: Any, new_raw: Any, direction: Direction) -> list[Finding]:
        """The differences between two raw schemas, with steps from these schemas inwards."""
        key = (id(old_raw), id(new_raw), direction)
        if key not in self._found:
            self._kept += (old_raw, new_raw)
            self._found[key] = []
            self._found[key] = list(self._compared(old_raw, new_raw, direction))
        return self._found[key]

    def _compared(self, old_raw: Any, new_raw: Any, direction: Direction) -> Iterator[Finding]:
        old, new = self._old.of(old_raw), self._new.of(new_raw)
        if old.name and new.name and old.name != new.name:
            yield Finding(
                kind="schema-renamed",
                direction=direction,
                steps=(),
                was=old.name,
                is_=new.name,
                origin=old.origin,
            )
        yield from text_findings(old.fields, new.fields, direction, old.origin)
        if old.variants or new.variants:
            yield from self._variants(old, new, old_raw, new_raw, direction)
            if not (old.variants and new.variants):
                return
        changed = type_finding(old, new, direction)
        if changed:
            yield changed
        if changed and changed.kind == "type-changed":
            return
        yield from value_findings(old, new, direction)
        yield from self._fields(old, new, direction)
        yield from self._additional(old, new, direction)
        yield from self._inside("items", old, new, direction)
        yield from self._others(old, new, direction)

    def _fields(self, old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
        hidden_by = _HIDDEN_BY[direction]
        were, are = old.properties(hidden_by), new.properties(hidden_by)
        was_required = set(old.fields.get("required", []))
        is_required = set(new.fields.get("required", []))
        gone = [name for name in were if name not in are]
        come = [name for name in are if name not in were]
        renamed = paired_by_case(gone, come)
        for kind, name in (
            *(("field-removed", name) for name in gone),
            *(("required-field-added" if n in is_required else "field-added", n) for n in come),
        ):
            yield Finding(kind=kind, direction=direction, steps=(name,), origin=(old.origin, name))
        for name, new_name in (*((n, n) for n in were if n in are), *renamed):
            if name != new_name:
                yield Finding(
                    kind="field-changed-case",
                    direction=direction,
                    steps=(name,),
                    was=name,
                    is_=new_name,
                    origin=old.origin,
                )
            if (name in was_required) != (new_name in is_required):
                kind = "made-required" if new_name in is_required else "made-optional"
                yield Finding(kind=kind, direction=direction, steps=(name,), origin=(old.origin, name))
            for finding in self.findings(were[name], are[new_name], direction):
                yield finding.under(name)

    def _additional(self, old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
        was, is_ = (shape.fields.get("additionalProperties", True) for shape in (old, new))
        if isinstance(was, dict) and isinstance(is_, dict):
            for finding in self.findings(was, is_, direction):
                yield finding.under("extra fields")
            return
        if _openness(was) != _openness(is_):
            narrower = _openness(is_) < _openness(was)
            kind = "extra-fields-refused" if narrower else "extra-fields-allowed"
            yield Finding(kind=kind, direction=direction, steps=(), origin=old.origin)

    def _inside(self, keyword: str, old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
        if keyword in old.fields or keyword in new.fields:
            was, is_ = old.fields.get(keyword, True), new.fields.get(keyword, True)
            for finding in self.findings(was, is_, direction):
                yield finding.under(keyword)

    def _others(self, old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
        """Keywords whose effect has no direction; a difference in them is for a person to judge."""
        keywords = {key for key in (*old.fields, *new.fields) if not key.startswith("x-")}
        for keyword in sorted(keywords - _COMPARED):
            was, is_ = old.fields.get(keyword), new.fields.get(keyword)
            if self._differs(keyword, was, is_, direction):
                yield Finding(
                    kind="rule-changed",
                    direction=direction,
                    steps=(keyword,),
                    was=was,
                    is_=is_,
                    origin=old.origin,
                )

    def _differs(self, keyword: str, was: Any, is_: Any, direction: Direction) -> bool:
        olds = {steps: raw for steps, raw, _ in children({keyword: was}, "schema")}
        news = {steps: raw for steps, raw, _ in children({keyword: is_}, "schema")}
        if not olds or olds.keys() != news.keys():
            return bool(was != is_)
        return any(
            finding.meaning[0] > Severity.COSMETIC
            for steps, raw in olds.items()
            for finding in self.findings(raw, news[steps], direction)
        )

    def _variants(
        self, old: Shape, new: Shape, old_raw: Any, new_raw: Any, direction: Direction
    ) -> Iterator[Finding]:
        """Compares unions variant by variant; a schema that is no union is a union of itself."""
        olds = labelled(self._old, old, old_raw)
        news = labelled(self._new, new, new_raw)
        pairs = paired(olds, news, lambda a, b: not self._matter(a, b, direction))
        for before, after in pairs:
            for finding in self.findings(before.raw, after.raw, direction):
                yield finding.under("variant", before.label)
        for variants, kind in ((olds, "variant-removed"), (news, "variant-added")):
            kept = {id(variant) for pair in pairs for variant in pair}
            for variant in variants:
                if id(variant) not in kept:
                    yield Finding(
                        kind=kind,
                        direction=direction,
                        steps=("variant", variant.label),
                        origin=(old.origin, variant.label),
                    )
        yield from discriminator_findings(olds, news, old, new, direction)

    def _matter(self, a: Any, b: Any, direction: Direction) -> bool:
        return any(f.meaning[0] > Severity.COSMETIC for f in self.findings(a, b, direction))


def _openness(additional: Any) -> int:
    """How much a schema lets through beyond its fields: nothing, some, everything."""
    if additional is False:
        return 0
    return 2 if additional in (True, {}) else 1
