"""Schemas as they are meant: references followed, `allOf` merged, 3.0 and 3.1 spelled alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from specs.grammar import Place, at_place, located

TEXTS = (
    "title",
    "summary",
    "description",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "$comment",
)
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

_ANNOTATIONS = frozenset({*TEXTS, "deprecated"})
_OBJECT_WORDS = {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}
_ARRAY_WORDS = {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One schema, flattened.

    `origin` is the identity of the raw schema behind plain references, and `name` its component name.
    No `types` means any. `fields` are the flattened keywords, without what the others say.
    """

    origin: int
    name: str | None
    types: frozenset[str]
    nullable: bool
    enum: list[Any] | None
    variants: list[Any]
    fields: dict[str, Any]

    def properties(self, hidden_by: str) -> dict[str, Any]:
        """The fields by name; those marked `hidden_by` (readOnly or writeOnly) are left out."""
        declared = self.fields.get("properties", {})
        required = dict.fromkeys(self.fields.get("required", []), True)
        return {
            name: schema
            for name, schema in {**required, **declared}.items()
            if not (isinstance(schema, dict) and schema.get(hidden_by) is True)
        }


class Shapes:
    """The schemas of one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._is_3_0 = str(document.get("openapi", "")).startswith("3.0")
        # The raw schema is kept beside its shape: identities of dead objects are given out again.
        self._known: dict[int, tuple[Any, Shape]] = {}

    def resolved(self, node: Any) -> Any:
        """What a parameter, response or other object is, behind its references."""
        place: Place = ()
        while isinstance(node, dict) and "$ref" in node:
            place = located(self.document, node["$ref"], place)
            node = at_place(self.document, place)
        return node

    def of(self, raw: Any) -> Shape:
        """The shape of a schema of this document."""
        if id(raw) not in self._known:
            self._known[id(raw)] = (raw, self._shape(raw))
        return self._known[id(raw)][1]

    def _shape(self, raw: Any) -> Shape:
        behind, name = self._behind(raw)
        fields = self._flat(raw, frozenset())
        variants, nullable = self._variants(fields)
        seen: set[int] = set()
        while len(variants) == 1 and id(variants[0]) not in seen:
            # A union of one, beside null or not, is that one.
            seen.add(id(variants[0]))
            rest = {key: value for key, value in fields.items() if key not in ("oneOf", "anyOf")}
            inner, inner_name = self._behind(variants[0])
            name = name or inner_name
            behind = behind if rest.keys() - _ANNOTATIONS - {"nullable"} else inner
            fields = _merged(self._flat(variants[0], frozenset()), rest)
            variants, null_variant = self._variants(fields)
            nullable |= null_variant
        types, null_type = _types(fields)
        enum = [fields["const"]] if "const" in fields else fields.get("enum")
        null_value = enum is not None and None in enum
        spoken_for = {"type", "nullable", "enum", "const", "oneOf", "anyOf"}
        return Shape(
            origin=id(behind),
            name=name,
            types=types,
            nullable=nullable or null_type or null_value or fields.get("nullable") is True,
            enum=None if enum is None else [value for value in enum if value is not None],
            variants=variants,
            fields={key: value for key, value in _numeric_bounds(fields).items() if key not in spoken_for},
        )

    def _behind(self, raw: Any) -> tuple[Any, str | None]:
        """The schema that plain references lead to, and the first component name on the way."""
        name: str | None = None
        seen: set[int] = set()
        while isinstance(raw, dict) and id(raw) not in seen:
            seen.add(id(raw))
            others = raw.keys() - _ANNOTATIONS
            if "$ref" in raw and (self._is_3_0 or others == {"$ref"}):
                place = located(self.document, raw["$ref"], ())
                if name is None and place[:2] == ("components", "schemas"):
                    name = place[-1]
                raw = at_place(self.document, place)
            elif others == {"allOf"} and len(raw["allOf"]) == 1:
                raw = raw["allOf"][0]
            else:
                break
        return raw, name

    def _flat(self, raw: Any, trail: frozenset[Place]) -> dict[str, Any]:
        if raw is False:
            return {"not": {}}
        if not isinstance(raw, dict):
            return {}
        result: dict[str, Any] = {}
        if "$ref" in raw:
            place = located(self.document, raw["$ref"], ())
            if place not in trail:
                result = self._flat(at_place(self.document, place), trail | {place})
            if self._is_3_0:
                return result
        for part in raw.get("allOf", []):
            result = _merged(result, self._flat(part, trail))
        own = {key: value for key, value in raw.items() if key not in ("$ref", "allOf")}
        return _merged(result, own)

    def _variants(self, fields: dict[str, Any]) -> tuple[list[Any], bool]:
        """The alternatives of a union other than null, and whether null is one."""
        alternatives = fields.get("oneOf") or fields.get("anyOf") or []
        real = [raw for raw in alternatives if self._flat(raw, frozenset()).get("type") != "null"]
        return real, len(real) < len(alternatives)


def _types(fields: dict[str, Any]) -> tuple[frozenset[str], bool]:
    """The types other than null, and whether null is one; without any, what the keywords imply."""
    said = fields.get("type", [])
    types = {said} if isinstance(said, str) else set(said)
    if not types:
        values = [fields["const"]] if "const" in fields else fields.get("enum", [])
        if fields.keys() & _OBJECT_WORDS:
            types = {"object"}
        elif fields.keys() & _ARRAY_WORDS:
            types = {"array"}
        elif values and all(isinstance(value, str | None) for value in values):
            types = {"string"}
    return frozenset(types - {"null"}), "null" in types


def _numeric_bounds(fields: dict[str, Any]) -> dict[str, Any]:
    """3.0 says `exclusiveMinimum: true` beside a minimum; 3.1 says the number."""
    result = dict(fields)
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if result.get(exclusive) is True and plain in result:
            result[exclusive] = result.pop(plain)
        elif isinstance(result.get(exclusive), bool):
            del result[exclusive]
    return result


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both schemas at once, as `allOf` has it; words of the second win."""
    result = {**first, **second}
    for key in first.keys() & second.keys():
        one, other = first[key], second[key]
        if one == other or key in _ANNOTATIONS:
            continue
        if key == "properties":
            result[key] = {
                **one,
                **other,
                **{name: {"allOf": [one[name], other[name]]} for name in one.keys() & other.keys()},
            }
        elif key == "required":
            result[key] = list(dict.fromkeys((*one, *other)))
        elif key == "enum":
            result[key] = [value for value in one if is_among(value, other)]
        elif key in LOWER_BOUNDS and not isinstance(one, bool):
            result[key] = max(one, other)
        elif key in UPPER_BOUNDS and not isinstance(one, bool):
            result[key] = min(one, other)
        elif key in ("items", "additionalProperties", "not"):
            result[key] = {"allOf": [one, other]}
        elif key in ("oneOf", "anyOf"):
            # Two unions at once have no flat form; a difference in the first is still noticed.
            result[f"allOf {key}"] = one
    return result


def is_among(value: Any, values: Iterable[Any]) -> bool:
    """Whether the values hold this one as JSON has it, where 1 is neither `true` nor "1"."""
    text = json.dumps(value, sort_keys=True)
    return any(json.dumps(other, sort_keys=True) == text for other in values)
