"""Corrections of a slice that references have to follow: our names, bodies in place, closed variants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from specs import SpecError
from specs.grammar import METHODS, Object, Place, free_name, transform, unshare
from specs.operations import PATH_PARAMETER
from specs.references import pointer, put_in_place, redirect, references, resolve, show, value_at

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
    our_paths = {PATH_PARAMETER.sub("{}", path): path for path in ours["paths"]}
    paths: Object = {}
    for path, item in document["paths"].items():
        new = our_paths.get(PATH_PARAMETER.sub("{}", path), path)
        if new in paths or new in document["paths"]:
            new = path
        names = dict(zip(PATH_PARAMETER.findall(path), PATH_PARAMETER.findall(new), strict=True))
        paths[new] = unshare(item)
        for holder in (paths[new], *(paths[new].get(method, {}) for method in METHODS)):
            if "parameters" in holder:
                holder["parameters"] = [_renamed(document, each, names) for each in holder["parameters"]]
    return {**document, "paths": paths}


def _renamed(document: Object, parameter: Any, names: dict[str, str]) -> Any:
    whole = put_in_place(document, parameter)
    new = names.get(whole["name"], whole["name"]) if whole["in"] == "path" else whole["name"]
    return parameter if new == whole["name"] else {**whole, "name": new}


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


def close_variants(document: Object, mapping: Place) -> None:
    """Give each variant of a discriminator's mapping, there itself, a property of the one value it has."""
    discriminator = value_at(document, mapping[:-1]) if mapping[-2:-1] == ("discriminator",) else {}
    if mapping[-1:] != ("mapping",) or "propertyName" not in discriminator:
        raise SpecError(f"{show(mapping)} is not the mapping of a discriminator")
    name = discriminator["propertyName"]
    variants = {_schema_place(document, (*mapping, value)): value for value in discriminator["mapping"]}
    # One value in two cases counts as two: a generated enum of two values accepts any other text.
    if len(variants) < len(discriminator["mapping"]):
        raise SpecError(f"{show(mapping)}: two values of the discriminator lead to one schema")
    for variant_place, value in variants.items():
        variant = value_at(document, variant_place)
        if not isinstance(variant, dict):
            raise SpecError(f"{show(variant_place)}: a variant without properties")
        properties = variant.setdefault("properties", {})
        words = {k: v for k, v in properties.get(name, {}).items() if k in ("title", "description")}
        properties[name] = {"type": "string", "enum": [value], **words}
        if name not in variant.setdefault("required", []):
            variant["required"].insert(0, name)


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
