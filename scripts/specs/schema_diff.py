"""Compares two schemas in one direction: their values, fields, items and variants."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from specs.changes import Direction, Finding, Findings, Severity, under
from specs.grammar import Object, children
from specs.references import resolve, value_at
from specs.schemas import BOUNDS, TEXTS, FlatSchema, Schemas, by_json

_T = TypeVar("_T")

_HIDDEN_BY: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}
# The generator gives a value of one of these formats a Python type of its own, or its bytes change.
_TYPED_FORMATS = {"date", "date-time", "time", "duration", "uuid", "binary", "byte"}
_BOUNDS_THAT_SAY_NOTHING = {"minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False}
# For each limit of a number, its exclusive form, and the factor that makes a larger value a stricter one.
_LIMITS = {"minimum": ("exclusiveMinimum", 1), "maximum": ("exclusiveMaximum", -1)}
# Keywords that mean nothing without another one are one rule with it.
_PARTS = {"if": ("then", "else"), "contains": ("minContains", "maxContains")}
# Compared by rules of their own. A difference in any keyword without a rule is for a person to judge.
_COMPARED_ELSEWHERE = {
    *(*TEXTS, "deprecated", "discriminator", "items", "$defs", "definitions"),
    *(*_LIMITS, *(exclusive for exclusive, _ in _LIMITS.values())),
    *("properties", "required", "additionalProperties", "readOnly", "writeOnly"),
}


def text_findings(old: Object, new: Object, direction: Direction, origin: int | None = None) -> Findings:
    """Yield differences in words and in extensions, and whether it is deprecated."""
    origin = id(old) if origin is None else origin
    extensions = sorted(key for key in {*old, *new} if key.startswith("x-"))
    for key in (*TEXTS, *extensions):
        if old.get(key) != new.get(key):
            yield Finding("text-changed", direction, (origin, key), (key,), old.get(key), new.get(key))
    is_deprecated = new.get("deprecated", False)
    if old.get("deprecated", False) != is_deprecated:
        yield Finding("deprecated" if is_deprecated else "undeprecated", direction, origin)


class SchemaDiff:
    """Compares schemas of two documents; each pair is compared once."""

    def __init__(self, old: Schemas, new: Schemas, direction: Direction) -> None:
        self._old = old
        self._new = new
        self._direction: Direction = direction
        # By the ids of two raw schemas, which `Schemas` keeps alive. A pair that is being compared has an
        # empty list, so that a cycle ends there.
        self._known: dict[tuple[int, int], list[Finding]] = {}

    def findings(self, old_raw: Any, new_raw: Any) -> list[Finding]:
        """Return the differences between two raw schemas, with steps from these schemas inwards."""
        key = (id(old_raw), id(new_raw))
        if key not in self._known:
            self._known[key] = []
            self._known[key] = list(self._compare(old_raw, new_raw))
        return self._known[key]

    def _find(self, kind: str, old: FlatSchema, *steps: str, was: Any = None, is_: Any = None) -> Finding:
        return Finding(kind, self._direction, (old.origin, steps), steps, was, is_)

    def _compare(self, old_raw: Any, new_raw: Any) -> Findings:
        old, new = self._old.flatten(old_raw), self._new.flatten(new_raw)
        if old.name and new.name and old.name != new.name:
            yield self._find("schema-renamed", old, was=old.name, is_=new.name)
        yield from text_findings(old.fields, new.fields, self._direction, old.origin)
        if old.variants or new.variants:
            yield from self._variants(old, new, old_raw, new_raw)
            if not (old.variants and new.variants):
                return
        elif not (_is_union(self._old.follow(old_raw)) or _is_union(self._new.follow(new_raw))):
            yield from self._discriminator(old, new, _mapped(old), _mapped(new))
        if old.types != new.types:
            covered = new.types | ({"integer"} if "number" in new.types else set())
            is_wider = not new.types or (bool(old.types) and old.types <= covered)
            types = [" or ".join(sorted(flat.types)) or "anything" for flat in (old, new)]
            kind = "type-widened" if is_wider else "type-changed"
            yield self._find(kind, old, "type", was=types[0], is_=types[1])
            if not is_wider:
                return
        if old.nullable != new.nullable:
            yield self._find("null-allowed" if new.nullable else "null-refused", old)
        yield from self._enum(old, new)
        yield from self._keywords(old, new)
        yield from self._fields(old, new)
        yield from self._additional_fields(old, new)
        if "items" in old.fields or "items" in new.fields:
            items = self.findings(old.fields.get("items", True), new.fields.get("items", True))
            yield from under(items, "items")

    def _enum(self, old: FlatSchema, new: FlatSchema) -> Findings:
        if old.enum is not None and new.enum is not None:
            yield from self._members(old, old.enum, new.enum, "enum")
        elif old.enum != new.enum:
            kind = "enum-removed" if new.enum is None else "enum-added"
            yield self._find(kind, old, "enum", was=old.enum, is_=new.enum)

    def _members(self, old: FlatSchema, were: list[Any], are: list[Any], step: str) -> Findings:
        gone, come, recased = _split(were, are)
        for kind, values in (
            ("enum-value-changed-case", recased),
            ("enum-value-removed", [(value, None) for value in gone]),
            ("enum-value-added", [(None, value) for value in come]),
        ):
            for was, is_ in values:
                yield self._find(kind, old, step, was=was, is_=is_)

    def _keywords(self, old: FlatSchema, new: FlatSchema) -> Findings:
        rules = set()
        for keyword in sorted({*old.fields, *new.fields} - _COMPARED_ELSEWHERE):
            was, is_ = old.fields.get(keyword), new.fields.get(keyword)
            # An enum whose values change case takes its default along, and that is one change.
            is_recased = keyword == "default" and old.enum and new.enum and _same_but_case(was, is_)
            if keyword in BOUNDS:
                nothing = _BOUNDS_THAT_SAY_NOTHING.get(keyword)
                was, is_ = (None if value == nothing else value for value in (was, is_))
            kind = None if was == is_ or is_recased else self._keyword_kind(keyword, was, is_)
            if kind == "rule-changed":
                rules.add(next((rule for rule, parts in _PARTS.items() if keyword in parts), keyword))
            elif kind:
                yield self._find(kind, old, keyword, was=was, is_=is_)
        for rule in sorted(rules):
            was, is_ = (_said(flat, rule, *_PARTS.get(rule, ())) for flat in (old, new))
            # What several schemas say alike, or one in several places, is one change.
            yield Finding("rule-changed", self._direction, rule, (rule,), was, is_)
        for limit, (exclusive, sign) in _LIMITS.items():
            was, is_ = (_strictness(flat, limit, exclusive, sign) for flat in (old, new))
            if was != is_:
                kind = "bound-narrowed" if was < is_ else "bound-widened"
                was, is_ = (_said(flat, limit, exclusive) for flat in (old, new))
                yield self._find(kind, old, limit, was=was, is_=is_)

    def _keyword_kind(self, keyword: str, was: Any, is_: Any) -> str | None:
        """Return what kind of change a keyword's new value is; None if it means the same."""
        if keyword in BOUNDS:
            both = was is not None and is_ is not None
            is_wider = BOUNDS[keyword](was, is_) if both else is_ is None
            return "bound-widened" if is_wider else "bound-narrowed"
        if keyword in ("contentEncoding", "contentMediaType"):
            return "format-changed"
        if keyword == "format":
            if {was, is_} & _TYPED_FORMATS:
                return "format-changed"
            return f"format-hint-{'added' if was is None else 'removed' if is_ is None else 'changed'}"
        if keyword == "default":
            return "default-changed"
        if keyword.startswith("x-"):
            return None
        olds, news = (
            {steps: raw for steps, raw, _ in children({keyword: value}, "schemas")} for value in (was, is_)
        )
        alike = olds and olds.keys() == news.keys()
        return None if alike and not any(self._matters(olds[at], news[at]) for at in olds) else "rule-changed"

    def _fields(self, old: FlatSchema, new: FlatSchema) -> Findings:
        hidden_by = _HIDDEN_BY[self._direction]
        were, are = old.properties(hidden_by), new.properties(hidden_by)
        was_required = set(old.fields.get("required", []))
        is_required = set(new.fields.get("required", []))
        gone, come, recased = _split(were, are)
        for name in gone:
            yield self._find("field-removed", old, name)
        for name in come:
            yield self._find("required-field-added" if name in is_required else "field-added", old, name)
        for name, new_name in recased:
            yield self._find("field-changed-case", old, name, was=name, is_=new_name)
        for name, new_name in (*((name, name) for name in were if name in are), *recased):
            if (name in was_required) != (new_name in is_required):
                yield self._find("made-required" if new_name in is_required else "made-optional", old, name)
            yield from under(self.findings(were[name], are[new_name]), name)

    def _additional_fields(self, old: FlatSchema, new: FlatSchema) -> Findings:
        was, is_ = (flat.fields.get("additionalProperties", True) for flat in (old, new))
        if isinstance(was, dict) and isinstance(is_, dict):
            yield from under(self.findings(was, is_), "extra fields")
        elif _openness(was) != _openness(is_):
            is_narrower = _openness(is_) < _openness(was)
            yield self._find("extra-fields-refused" if is_narrower else "extra-fields-allowed", old)

    def _variants(self, old: FlatSchema, new: FlatSchema, old_raw: Any, new_raw: Any) -> Findings:
        """Compare unions variant by variant; a schema that is no union is a union of itself."""
        olds, news = _variants_of(self._old, old, old_raw), _variants_of(self._new, new, new_raw)
        pairs = _pair_variants(olds, news, lambda was, is_: not self._matters(was, is_))
        for was, is_ in pairs:
            yield from under(self.findings(was.raw, is_.raw), "variant", was.label)
        kept = {id(variant) for pair in pairs for variant in pair}
        for variants, kind in ((olds, "variant-removed"), (news, "variant-added")):
            for variant in variants:
                if id(variant) not in kept:
                    yield self._find(kind, old, "variant", variant.label)
        yield from self._discriminator(old, new, olds, news)

    def _discriminator(
        self, old: FlatSchema, new: FlatSchema, olds: list[_Variant], news: list[_Variant]
    ) -> Findings:
        was, is_ = ((f.fields.get("discriminator") or {}).get("propertyName") for f in (old, new))
        if was != is_:
            kind = "discriminator-added" if was is None else "discriminator-changed"
            yield self._find(kind, old, "discriminator", was=was, is_=is_)
        elif not all(variant.says_value for variant in (*olds, *news)):
            # Where the variants themselves say their values, comparing them has found this already.
            were, are = ([v.value for v in variants if v.value is not None] for variants in (olds, news))
            yield from self._members(old, were, are, "discriminator")

    def _matters(self, old_raw: Any, new_raw: Any) -> bool:
        return any(f.meaning[0] > Severity.COSMETIC for f in self.findings(old_raw, new_raw))


def _split(were: Iterable[Any], are: Iterable[Any]) -> tuple[list[Any], list[Any], list[tuple[str, str]]]:
    """Return which values are gone, which are new, and which changed nothing but their case."""
    olds, news = by_json(were), by_json(are)
    gone = [value for text, value in olds.items() if text not in news]
    come = [value for text, value in news.items() if text not in olds]
    recased = _take_pairs(gone, come, _same_but_case)
    return gone, come, recased


def _take_pairs(olds: list[_T], news: list[_T], test: Callable[[_T, _T], bool]) -> list[tuple[_T, _T]]:
    """Take the pairs that pass the test out of both lists."""
    pairs = []
    for old in list(olds):
        new = next((candidate for candidate in news if test(old, candidate)), None)
        if new is not None:
            pairs.append((old, new))
            olds.remove(old)
            news.remove(new)
    return pairs


def _same_but_case(was: Any, is_: Any) -> bool:
    return isinstance(was, str) and isinstance(is_, str) and was.casefold() == is_.casefold()


def _said(flat: FlatSchema, rule: str, *parts: str) -> Any:
    """Return what a schema says by a keyword, or by name if it says something by those that go with it."""
    said = {name: flat.fields[name] for name in (rule, *parts) if name in flat.fields}
    return said.get(rule) if said.keys() <= {rule} else said


def _strictness(flat: FlatSchema, limit: str, exclusive: str, sign: int) -> tuple[float, bool]:
    """Return a limit so that the stricter of two is the larger one."""
    named = ((name, flat.fields[name]) for name in (limit, exclusive) if name in flat.fields)
    return max(((sign * value, name == exclusive) for name, value in named), default=(-math.inf, False))


def _openness(additional: Any) -> int:
    """Rank how much a schema lets through beyond its fields: nothing, some, everything."""
    if additional is False:
        return 0
    return 2 if additional in (True, {}) else 1


@dataclass(frozen=True, kw_only=True, eq=False)
class _Variant:
    """One alternative of a union.

    `value` is what the discriminator has for it, when known; `says_value` is whether its own schema says so.
    """

    raw: Any
    label: str
    value: str | None
    name: str | None
    says_value: bool


def _variants_of(schemas: Schemas, union: FlatSchema, raw: Any) -> list[_Variant]:
    """Return the variants of a union; of a schema that is none, the schema itself."""
    discriminator = union.fields.get("discriminator") or {}
    mapping = {}
    for value, text in discriminator.get("mapping", {}).items():
        place = resolve(schemas.document, text, ("discriminator", "mapping", value))
        mapping[schemas.flatten(value_at(schemas.document, place)).origin] = value
    result = []
    for position, variant in enumerate(union.variants or [raw], start=1):
        flat = schemas.flatten(variant)
        own = flat.fields.get("properties", {}).get(discriminator.get("propertyName"))
        enum = schemas.flatten(own).enum if own is not None else None
        said = str(enum[0]) if enum is not None and len(enum) == 1 else None
        value = mapping.get(flat.origin, said)
        label = value or flat.name or str(position)
        says_value = said is not None and said == value
        result.append(_Variant(raw=variant, label=label, value=value, name=flat.name, says_value=says_value))
    return result


def _is_union(raw: Any) -> bool:
    """Return whether a schema is a union, also one of a single alternative, which is flattened to it."""
    return isinstance(raw, dict) and not raw.keys().isdisjoint(("oneOf", "anyOf"))


def _mapped(flat: FlatSchema) -> list[_Variant]:
    """Return what the discriminator of a schema without a union of its own maps, by its values."""
    values = (flat.fields.get("discriminator") or {}).get("mapping", {})
    return [_Variant(raw=None, label=v, value=v, name=None, says_value=False) for v in values]


def _pair_variants(
    olds: list[_Variant], news: list[_Variant], alike: Callable[[Any, Any], bool]
) -> list[tuple[_Variant, _Variant]]:
    """Return which variant became which: by discriminator, name, content, and at last by position."""
    tests: tuple[Callable[[_Variant, _Variant], bool], ...] = (
        lambda old, new: old.value is not None and old.value == new.value,
        lambda old, new: (old.value or "").casefold() == (new.value or " ").casefold(),
        lambda old, new: old.name is not None and old.name == new.name,
        lambda old, new: alike(old.raw, new.raw),
    )
    pairs: list[tuple[_Variant, _Variant]] = []
    olds, news = list(olds), list(news)
    for test in tests:
        pairs += _take_pairs(olds, news, test)
    return pairs + (list(zip(olds, news, strict=True)) if len(olds) == len(news) else [])
