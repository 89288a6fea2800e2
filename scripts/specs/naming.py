"""The corrections that follow references: naming a schema, and closing a union's variants."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from itertools import count
from typing import Any

from specs.errors import SpecError
from specs.grammar import Place, at_place, located, pointer, rebuilt, redirected, references, shown

_SCHEMAS = ("components", "schemas")


def with_schema_named(
    document: dict[str, Any],
    matches: Sequence[tuple[str | int, ...]],
    name: str,
    given: Collection[str] = (),
) -> dict[str, Any]:
    """A copy in which the one schema that all matches are, or refer to, is the component `name`.

    Equal schemas become one. Another schema of that name moves aside; one of a `given` name stays.
    """
    places = list(dict.fromkeys(_schema_place(document, tuple(map(str, steps))) for steps in matches))
    first = at_place(document, places[0])
    if any(at_place(document, place) != first for place in places):
        raise SpecError(f"matches {len(places)} different schemas; one name fits one")
    new = (*_SCHEMAS, name)
    if places == [new] or any(_is_component(place) and place[-1] in given for place in places):
        return document
    schemas = document.get("components", {}).get("schemas", {})
    if name in schemas and new not in places:
        if name in given:
            raise SpecError(f"another schema is called {name!r} already")
        aside = (*_SCHEMAS, _free(name, schemas))
        document = _moved(document, [new], aside)
        # What stood inside the other schema went with it.
        places = [(*aside, *place[3:]) if place[:3] == new else place for place in places]
    return _moved(document, places, new)


def with_single_value_discriminator(
    document: dict[str, Any], matches: Sequence[tuple[str | int, ...]], *, strict: bool = True
) -> dict[str, Any]:
    """A copy in which each variant of the matched unions tells itself apart by one value.

    A union that does not say which variant has which value is refused, or left alone if not `strict`.
    """
    result = copy.deepcopy(document)
    for steps in matches:
        place = tuple(str(step) for step in steps)
        if place[-1:] == ("discriminator",) and "propertyName" in at_place(result, place):
            place = place[:-1]
        union = at_place(result, place)
        discriminator = union.get("discriminator") if isinstance(union, dict) else None
        if not (isinstance(discriminator, dict) and "propertyName" in discriminator):
            raise SpecError(f"{shown(place)} has no discriminator")
        try:
            variants = _variants(result, union, place)
        except SpecError:
            if strict:
                raise
            continue
        for variant_place, value in variants.items():
            _close(at_place(result, variant_place), str(discriminator["propertyName"]), value)
        # So that a variant is found by its value, also where only the variant itself says it.
        if not discriminator.get("mapping"):
            discriminator["mapping"] = {
                value: pointer(variant_place) for variant_place, value in variants.items()
            }
    return result


def _is_component(place: Place) -> bool:
    return place[:-1] == _SCHEMAS


def _free(name: str, taken: Collection[str]) -> str:
    return next(free for number in count(2) if (free := f"{name}{number}") not in taken)


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


def _moved(document: dict[str, Any], olds: Sequence[Place], new: Place) -> dict[str, Any]:
    """A copy with the equal schemas at `olds` at `new`; every reference to or into them follows."""

    def follow(node: dict[str, Any], kind: str, at: Place) -> dict[str, Any]:
        if at in olds and not _is_component(at):
            return {"$ref": pointer(new)}
        moved = {}
        for text, _, place in references(node, kind, at):
            target = located(document, text, place)
            for old in olds:
                if target[: len(old)] == old:
                    moved[text] = pointer((*new, *target[len(old) :]))
        return redirected(node, kind, lambda text: moved.get(text, text))

    first = olds[0]
    schema = rebuilt(at_place(document, first), "schema", (), lambda n, k, at: follow(n, k, (*new, *at)))
    result: dict[str, Any] = rebuilt(document, "document", (), follow)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    named = [old[-1] for old in olds if _is_component(old)]
    # In the old one's position, since a document's order is part of how it reads.
    moved = {new[-1] if key in named[:1] else key: value for key, value in schemas.items()}
    result["components"]["schemas"] = {
        **{key: value for key, value in moved.items() if key not in named[1:] or key == new[-1]},
        new[-1]: schema,
    }
    return result


def _variants(document: dict[str, Any], union: dict[str, Any], at: Place) -> dict[Place, str]:
    """The place of each variant, and its value."""
    discriminator = union["discriminator"]
    found: dict[Place, list[str]] = {}
    if discriminator.get("mapping"):
        steps = (*at, "discriminator", "mapping")
        for value, text in discriminator["mapping"].items():
            place = located(document, text, (*steps, value))
            if not isinstance(at_place(document, place), dict):
                raise SpecError(f"{shown(place)}: a variant without properties")
            found.setdefault(place, []).append(value)
    else:
        keyword = "oneOf" if union.get("oneOf") else "anyOf"
        for index in range(len(union.get(keyword) or [])):
            place = _schema_place(document, (*at, keyword, str(index)))
            found[place] = [_own_value(document, place, str(discriminator["propertyName"]))]
    values = [value for values in found.values() for value in values]
    if len(set(values)) < len(values):
        raise SpecError(f"{shown(at)}: one value of the discriminator leads to two schemas")
    for values in found.values():
        # Not even one value in two cases: a generated enum of two values is open to any other.
        if len(values) > 1:
            raise SpecError(f"{shown(at)}: two values of the discriminator lead to one schema")
    return {place: value for place, (value,) in found.items()}


def _own_value(document: dict[str, Any], place: Place, property_name: str) -> str:
    """The one value that a variant without mapping has: what its property says, else its name."""
    if property_name in at_place(document, place).get("properties", {}):
        schema = at_place(document, _schema_place(document, (*place, "properties", property_name)))
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if len(values) == 1:
            return str(values[0])
    if not _is_component(place):
        raise SpecError(f"{shown(place)}: nothing says which {property_name} it has")
    return place[-1]


def _close(variant: dict[str, Any], property_name: str, value: str) -> None:
    properties = variant.setdefault("properties", {})
    said = properties.get(property_name, {})
    kept = {key: said[key] for key in ("title", "description") if key in said}
    properties[property_name] = {"type": "string", "enum": [value], **kept}
    required = variant.setdefault("required", [])
    if property_name not in required:
        required.insert(0, property_name)
