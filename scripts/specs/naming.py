"""The corrections that follow references: naming a schema, and closing a union's variants."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from specs.errors import SpecError
from specs.grammar import Place, at_place, located, pointer, rebuilt, redirected, references, shown

_SCHEMAS = ("components", "schemas")


def with_schema_named(
    document: dict[str, Any], matches: Sequence[tuple[str | int, ...]], name: str
) -> dict[str, Any]:
    """A copy in which the one schema that all matches are, or refer to, is the component `name`."""
    places = {_schema_place(document, tuple(str(step) for step in steps)) for steps in matches}
    if len(places) > 1:
        raise SpecError(f"matches {len(places)} different schemas; one name fits one")
    old, new = places.pop(), (*_SCHEMAS, name)
    if old == new:
        return document
    if name in document.get("components", {}).get("schemas", {}):
        raise SpecError(f"another schema is called {name!r} already")
    return _moved(document, old, new)


def with_single_value_discriminator(
    document: dict[str, Any], matches: Sequence[tuple[str | int, ...]]
) -> dict[str, Any]:
    """A copy in which each variant of the matched unions tells itself apart by one value."""
    result = copy.deepcopy(document)
    for steps in matches:
        place = tuple(str(step) for step in steps)
        union = at_place(result, place)
        discriminator = union.get("discriminator") if isinstance(union, dict) else None
        if not (isinstance(discriminator, dict) and "propertyName" in discriminator):
            raise SpecError(f"{shown(place)} has no discriminator")
        for value, variant_place in _variants(result, union, place).items():
            variant = at_place(result, variant_place)
            if not isinstance(variant, dict):
                raise SpecError(f"{shown(variant_place)}: a variant without properties")
            _close(variant, str(discriminator["propertyName"]), value)
    return result


def _schema_place(document: dict[str, Any], place: Place) -> Place:
    """Where the schema stands that is at a place, or that what is there refers to."""
    node = at_place(document, place)
    if isinstance(node, str) and place[-3:-1] == ("discriminator", "mapping"):
        return located(document, node, place)
    if not isinstance(node, dict):
        raise SpecError(f"{shown(place)} is not a schema")
    # A reference with a description beside it, or made nullable, is often wrapped.
    wrapped = node.get("allOf") or node.get("anyOf") or node.get("oneOf") or []
    real = [part for part in wrapped if part != {"type": "null"}]
    if "$ref" not in node and len(real) == 1 and "properties" not in node:
        node = real[0]
    return located(document, node["$ref"], place) if "$ref" in node else place


def _moved(document: dict[str, Any], old: Place, new: Place) -> dict[str, Any]:
    """A copy with the schema at `old` at `new`, and every reference to it following."""

    def follow(node: dict[str, Any], kind: str, at: Place) -> dict[str, Any]:
        if at == old and old[:-1] != _SCHEMAS:
            return {"$ref": pointer(new)}
        moving = {
            text for text, _, place in references(node, kind, at) if located(document, text, place) == old
        }
        return redirected(node, kind, lambda text: pointer(new) if text in moving else text)

    schema = rebuilt(at_place(document, old), "schema", (), lambda n, k, at: follow(n, k, (*new, *at)))
    result: dict[str, Any] = rebuilt(document, "document", (), follow)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    if old[:-1] == _SCHEMAS:
        # In the old one's position, since a document's order is part of how it reads.
        moved = {new[-1] if key == old[-1] else key: value for key, value in schemas.items()}
        result["components"]["schemas"] = {**moved, new[-1]: schema}
    else:
        schemas[new[-1]] = schema
    return result


def _variants(document: dict[str, Any], union: dict[str, Any], at: Place) -> dict[str, Place]:
    discriminator = union["discriminator"]
    mapping = discriminator.get("mapping")
    if mapping:
        steps = (*at, "discriminator", "mapping")
        found = {value: located(document, text, (*steps, value)) for value, text in mapping.items()}
    else:
        found = {}
        for variant in union.get("oneOf") or union.get("anyOf") or []:
            place = _schema_place_of(document, variant, at)
            found[_only_value(at_place(document, place), discriminator["propertyName"], place)] = place
    if len(set(found.values())) < len(found):
        raise SpecError(f"{shown(at)}: two values of the discriminator lead to one schema")
    return found


def _schema_place_of(document: dict[str, Any], variant: Any, at: Place) -> Place:
    if not (isinstance(variant, dict) and "$ref" in variant):
        raise SpecError(f"{shown(at)}: a variant is not a reference, and there is no mapping")
    return located(document, variant["$ref"], at)


def _only_value(variant: dict[str, Any], property_name: str, place: Place) -> str:
    schema = variant.get("properties", {}).get(property_name, {})
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if len(values) != 1:
        raise SpecError(f"{shown(place)}: nothing says which {property_name} it has")
    return str(values[0])


def _close(variant: dict[str, Any], property_name: str, value: str) -> None:
    properties = variant.setdefault("properties", {})
    said = properties.get(property_name, {})
    kept = {key: said[key] for key in ("title", "description") if key in said}
    properties[property_name] = {"type": "string", "enum": [value], **kept}
    required = variant.setdefault("required", [])
    if property_name not in required:
        required.insert(0, property_name)
