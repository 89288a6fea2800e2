"""Corrections of a slice that references have to follow: our names, bodies in place, closed variants."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from specs import SpecError
from specs.grammar import METHODS, Object, Place, free_name, transform
from specs.references import pointer, put_in_place, redirect, references, resolve, show, value_at

_PATH_PARAMETER = re.compile(r"\{([^{}]*)\}")
_SCHEMAS = ("components", "schemas")

Steps = tuple[str | int, ...]
"""The steps from the root to a match of a JSONPath, with list indices as numbers."""


def with_bodies_in_place(document: Object) -> Object:
    """Copy a document so that operations hold their request bodies and successful responses themselves."""

    def change(node: Object, kind: str, _: Place) -> Object:
        if kind != "operations":
            return node
        node = dict(node)
        if "requestBody" in node:
            node["requestBody"] = put_in_place(document, node["requestBody"])
        if isinstance(node.get("responses"), dict):
            node["responses"] = {
                status: put_in_place(document, response) if status.startswith("2") else response
                for status, response in node["responses"].items()
            }
        return node

    return transform(document, change)


def with_path_parameters_of(ours: Object, document: Object) -> Object:
    """Copy a document so that a path that is one of ours but for its parameters' names has our names.

    The wire never sees these names, and corrections find a path by them.
    """
    our_paths = {_PATH_PARAMETER.sub("{}", path): path for path in ours["paths"]}
    new_paths: dict[str, str] = {}
    for path in document["paths"]:
        new = our_paths.get(_PATH_PARAMETER.sub("{}", path), path)
        taken = new in document["paths"] or new in new_paths.values()
        new_paths[path] = path if taken else new
    by_path = {
        path: dict(zip(_PATH_PARAMETER.findall(path), _PATH_PARAMETER.findall(new), strict=True))
        for path, new in new_paths.items()
    }
    by_operation = {
        str(item[method]["operationId"]): by_path[path]
        for path, item in document["paths"].items()
        for method in METHODS
        if isinstance(item.get(method), dict) and "operationId" in item[method]
    }

    def change(node: Object, kind: str, at: Place) -> Object:
        if kind == "links" and isinstance(node.get("parameters"), dict):
            names = by_operation.get(str(node.get("operationId")), {})
            return {**node, "parameters": {names.get(k, k): v for k, v in node["parameters"].items()}}
        # A callback holds path items too, at longer places.
        if at[:1] == ("paths",) and 2 <= len(at) <= 3 and "parameters" in node:
            renamed = [_renamed(document, each, by_path[at[1]]) for each in node["parameters"]]
            return {**node, "parameters": renamed}
        return node

    result = transform(document, change)
    return {**result, "paths": {new_paths[path]: item for path, item in result["paths"].items()}}


def _renamed(document: Object, parameter: Any, names: dict[str, str]) -> Any:
    whole = put_in_place(document, parameter)
    new = names.get(whole.get("name")) if whole.get("in") == "path" else None
    return parameter if new in (None, whole["name"]) else {**whole, "name": new}


def name_schema(document: Object, matches: Sequence[Steps], name: str, given: Collection[str]) -> Object:
    """Copy a document so that the one schema that all matches are, or refer to, is the component `name`.

    Equal schemas become one. Another schema of that name gets a new one; one of a `given` name keeps it.
    """
    places = list(dict.fromkeys(_schema_place(document, tuple(map(str, steps))) for steps in matches))
    first = value_at(document, places[0])
    if any(value_at(document, place) != first for place in places):
        raise SpecError(f"matches {len(places)} different schemas; one name fits one")
    new = (*_SCHEMAS, name)
    if places == [new] or any(_is_component(place) and place[-1] in given for place in places):
        return document
    schemas = document.get("components", {}).get("schemas", {})
    if name in schemas and new not in places:
        if name in given:
            raise SpecError(f"another schema is called {name!r} already")
        aside = (*_SCHEMAS, free_name(name, schemas))
        document = _move(document, [new], aside)
        # A place inside the other schema has moved with it.
        places = [(*aside, *place[3:]) if place[:3] == new else place for place in places]
    return _move(document, places, new)


def close_variants(document: Object, matches: Sequence[Steps], *, strict: bool = True) -> Object:
    """Give each variant of the matched unions, in place, a discriminating property of one value.

    A union that does not say which variant has which value is refused, or left alone if not `strict`.
    """
    for steps in matches:
        place = tuple(str(step) for step in steps)
        if place[-1:] == ("discriminator",) and "propertyName" in value_at(document, place):
            place = place[:-1]
        union = value_at(document, place)
        discriminator = union.get("discriminator") if isinstance(union, dict) else None
        if not (isinstance(discriminator, dict) and "propertyName" in discriminator):
            raise SpecError(f"{show(place)} has no discriminator")
        name = str(discriminator["propertyName"])
        try:
            variants = _variants(document, union, name, place)
        except SpecError:
            if strict:
                raise
            continue
        for variant_place, value in variants.items():
            variant = value_at(document, variant_place)
            properties = variant.setdefault("properties", {})
            words = {k: v for k, v in properties.get(name, {}).items() if k in ("title", "description")}
            properties[name] = {"type": "string", "enum": [value], **words}
            if name not in variant.setdefault("required", []):
                variant["required"].insert(0, name)
        # Later actions can then target a variant by its value, though the vendor gave no mapping.
        if not discriminator.get("mapping"):
            discriminator["mapping"] = {value: pointer(at) for at, value in variants.items()}
    return document


def _is_component(place: Place) -> bool:
    return place[:-1] == _SCHEMAS


def _schema_place(document: Object, place: Place) -> Place:
    """Return where the schema stands that is at a place, or that what is there refers to."""
    node = value_at(document, place)
    if isinstance(node, str) and place[-3:-1] == ("discriminator", "mapping"):
        return resolve(document, node, place)
    if not isinstance(node, dict):
        raise SpecError(f"{show(place)} is not a schema")
    # A reference with a description beside it, or made nullable, is often wrapped.
    wrapped = node.get("allOf") or node.get("anyOf") or node.get("oneOf") or []
    real = [part for part in wrapped if part != {"type": "null"}]
    if "$ref" not in node and len(real) == 1 and "properties" not in node:
        node = real[0]
    return resolve(document, node["$ref"], place) if "$ref" in node else place


def _move(document: Object, olds: Sequence[Place], new: Place) -> Object:
    """Copy a document with the equal schemas at `olds` at `new`; references to or into them follow."""

    def change(node: Object, kind: str, at: Place) -> Object:
        if at in olds and not _is_component(at):
            return {"$ref": pointer(new)}
        moved = {}
        for text, place in references(node, kind, at):
            target = resolve(document, text, place)
            for old in olds:
                if target[: len(old)] == old:
                    moved[text] = pointer((*new, *target[len(old) :]))
        return redirect(node, kind, lambda text: moved.get(text, text))

    schema = transform(value_at(document, olds[0]), change, "schemas", new)
    result = transform(document, change)
    components = result.setdefault("components", {})
    kept = {k: v for k, v in components.get("schemas", {}).items() if (*_SCHEMAS, k) not in olds}
    components["schemas"] = {**kept, new[-1]: schema}
    return result


def _variants(document: Object, union: Object, property_name: str, at: Place) -> dict[Place, str]:
    """Return the place of each variant, and its value."""
    mapping = union["discriminator"].get("mapping") or {}
    keyword = "oneOf" if union.get("oneOf") else "anyOf"
    steps = [(*at, "discriminator", "mapping", value) for value in mapping]
    steps = steps or [(*at, keyword, str(index)) for index in range(len(union.get(keyword) or []))]
    places = [_schema_place(document, each) for each in steps]
    for place in places:
        if not isinstance(value_at(document, place), dict):
            raise SpecError(f"{show(place)}: a variant without properties")
    values = list(mapping) or [_own_value(document, place, property_name) for place in places]
    found = list(dict.fromkeys(zip(places, values, strict=True)))
    if len({value for _, value in found}) < len(found):
        raise SpecError(f"{show(at)}: one value of the discriminator leads to two schemas")
    # One value in two cases counts as two: a generated enum of two values accepts any other text.
    if len(dict(found)) < len(found):
        raise SpecError(f"{show(at)}: two values of the discriminator lead to one schema")
    return dict(found)


def _own_value(document: Object, place: Place, property_name: str) -> str:
    """Return the one value of a variant without mapping: what its property says, else its name."""
    if property_name in value_at(document, place).get("properties", {}):
        schema = value_at(document, _schema_place(document, (*place, "properties", property_name)))
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if len(values) == 1:
            return str(values[0])
    if not _is_component(place):
        raise SpecError(f"{show(place)}: nothing says which {property_name} it has")
    return place[-1]
