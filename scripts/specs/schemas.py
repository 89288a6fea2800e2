"""Flattens schemas to what they mean: references followed, `allOf` merged, 3.0 and 3.1 spelled alike."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from specs.grammar import Object, Place
from specs.references import follow, resolve, value_at

TEXTS = ("title", "summary", "description", "example", "examples", "externalDocs", "$comment")

BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), operator.gt),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), operator.lt),
    "multipleOf": lambda was, is_: bool(was % is_ == 0),
    "uniqueItems": lambda _, is_: not is_,
    "pattern": lambda _was, _is: False,
}
"""For each keyword that bounds a value, whether a second bound lets through all that the first one does."""

_ANNOTATIONS = frozenset({*TEXTS, "deprecated", "xml"})
_SECOND_WINS = {"type", "nullable", "default", "readOnly", "writeOnly"}
_UNIONS = ("oneOf", "anyOf")
_IMPLIED_TYPES = {
    "object": {"properties", "required", "additionalProperties", "minProperties", "maxProperties"},
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
}
# Keywords that become attributes of a FlatSchema.
_SAID = {"type", "nullable", "enum", "const", *_UNIONS}


@dataclass(frozen=True, kw_only=True)
class FlatSchema:
    """One schema, flattened.

    `origin` is the identity of the raw schema behind plain references, and `name` its component name.
    No `types` means any. `fields` are the other keywords.
    """

    origin: int
    name: str | None
    types: frozenset[str]
    nullable: bool
    enum: list[Any] | None
    variants: list[Any]
    fields: Object

    def properties(self, hidden_by: str) -> Object:
        """Return the fields by name; those marked `hidden_by` (readOnly or writeOnly) are left out."""
        required = dict.fromkeys(self.fields.get("required", []), True)
        return {
            name: schema
            for name, schema in {**required, **self.fields.get("properties", {})}.items()
            if not (isinstance(schema, dict) and schema.get(hidden_by) is True)
        }


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: Object) -> None:
        self.document = document
        self._is_3_0 = str(document["openapi"]).startswith("3.0")
        # By the id of the raw schema, which is kept too, since Python reuses the id of a dead object.
        self._known: dict[int, tuple[Any, FlatSchema]] = {}
        self._pairs: dict[tuple[int, int], tuple[Any, Any, Object]] = {}

    def follow(self, node: Any) -> Any:
        """Return the parameter, response or other object that a reference leads to."""
        return follow(self.document, node)[0]

    def flatten(self, raw: Any) -> FlatSchema:
        """Return a schema of this document, flattened."""
        if id(raw) not in self._known:
            self._known[id(raw)] = (raw, self._flatten(raw))
        return self._known[id(raw)][1]

    def _flatten(self, raw: Any) -> FlatSchema:
        behind, name = self._behind(raw)
        fields = self._merge_parts(raw, frozenset())
        variants, _ = self._alternatives(fields, frozenset())
        types = _types(fields)
        enum = [fields["const"]] if "const" in fields else fields.get("enum")
        return FlatSchema(
            origin=id(behind),
            name=name,
            types=types - {"null"},
            nullable=fields.get("nullable") is True or "null" in types or None in (enum or []),
            enum=None if enum is None else [value for value in enum if value is not None],
            variants=variants,
            fields={key: value for key, value in fields.items() if key not in _SAID},
        )

    def _behind(self, raw: Any) -> tuple[Any, str | None]:
        """Return the schema that plain references lead to, and the first component name on the way."""
        name: str | None = None
        seen: set[int] = set()
        while isinstance(raw, dict) and id(raw) not in seen:
            seen.add(id(raw))
            others = raw.keys() - _ANNOTATIONS - {"nullable"}
            parts = raw.get("allOf", self._alternatives(raw, frozenset())[0])
            if "$ref" in raw and (self._is_3_0 or others == {"$ref"}):
                place = resolve(self.document, raw["$ref"], ())
                if name is None and place[:2] == ("components", "schemas"):
                    name = place[-1]
                raw = value_at(self.document, place)
            elif len(others) == len(parts) == 1:
                raw = parts[0]
            else:
                break
        return raw, name

    def _merge_parts(self, raw: Any, trail: frozenset[Place]) -> Object:
        """Return the keywords of a schema, of what it refers to, and of the parts of its `allOf`, as one."""
        if not isinstance(raw, dict):
            return {"not": {}} if raw is False else {}
        result: Object = {}
        if "$ref" in raw:
            place = resolve(self.document, raw["$ref"], ())
            if place not in trail:
                result = self._merge_parts(value_at(self.document, place), trail | {place})
            if self._is_3_0:
                return result
        own = {key: value for key, value in raw.items() if key not in ("$ref", "allOf")}
        parts = raw.get("allOf", [])
        variants, has_null = self._alternatives(own, trail)
        if len(variants) == 1:
            # A union with one alternative besides null means that alternative.
            parts = [*parts, *variants]
            own = {key: value for key, value in own.items() if key not in _UNIONS}
            own |= {"nullable": True} if has_null else {}
        for part in parts:
            result = self._intersect(result, self._merge_parts(part, trail))
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            # 3.0 says `exclusiveMinimum: true` beside a minimum; 3.1 says the number.
            if isinstance(own.get(exclusive), bool) and own.pop(exclusive) and bound in own:
                own[exclusive] = own.pop(bound)
        return self._intersect(result, own)

    def _alternatives(self, fields: Object, trail: frozenset[Place]) -> tuple[list[Any], bool]:
        """Return the alternatives of a union other than null, and whether null is one."""
        alternatives = fields.get("oneOf") or fields.get("anyOf") or []
        real = [raw for raw in alternatives if self._merge_parts(raw, trail).get("type") != "null"]
        return real, len(real) < len(alternatives)

    def _both(self, one: Any, other: Any) -> Object:
        """Return the schema that asks for both: the same one each time, so that its change is one."""
        key = (id(one), id(other))
        return self._pairs.setdefault(key, (one, other, {"allOf": [one, other]}))[2]

    def _intersect(self, first: Object, second: Object) -> Object:
        """Return the keywords of a schema that asks for both; in words the second wins."""
        result = {**first, **second}
        for key in sorted(first.keys() & second.keys() - _ANNOTATIONS):
            one, other = first[key], second[key]
            if one == other:
                continue
            if key == "properties":
                both = {name: self._both(one[name], other[name]) for name in one.keys() & other.keys()}
                result[key] = {**one, **other, **both}
            elif key == "required":
                result[key] = list(dict.fromkeys((*one, *other)))
            elif key == "enum":
                allowed = by_json(other)
                result[key] = [value for text, value in by_json(one).items() if text in allowed]
            elif key in BOUNDS and BOUNDS[key](one, other):
                result[key] = one
            elif key in BOUNDS and BOUNDS[key](other, one):
                result[key] = other
            elif key in ("items", "additionalProperties", "not"):
                result[key] = self._both(one, other)
            elif key.startswith("allOf "):
                result[key] = [*one, *other]
            elif key not in _SECOND_WINS and not key.startswith("x-"):
                # Two of these at once have no flat form; a difference in the first is still noticed.
                result[f"allOf {key}"] = [*result.get(f"allOf {key}", []), one]
        return result


def by_json(values: Iterable[Any]) -> Object:
    """Return the values by their JSON, in which 1 is neither `true` nor "1"."""
    return {json.dumps(value, sort_keys=True): value for value in values}


def _types(fields: Object) -> frozenset[str]:
    """Return the types that a schema names; without any, what its keywords imply."""
    said = fields.get("type", [])
    if said:
        return frozenset([said] if isinstance(said, str) else said)
    for implied, keywords in _IMPLIED_TYPES.items():
        if fields.keys() & keywords:
            return frozenset({implied})
    values = [fields["const"]] if "const" in fields else fields.get("enum", [])
    return frozenset({"string"} if values and all(isinstance(v, str | None) for v in values) else ())
