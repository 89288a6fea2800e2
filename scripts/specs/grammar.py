"""Which parts of an OpenAPI document are objects that may be references, and which are plain data.

A `$ref` inside an example, a default or an enum is a value of the API, and a property may be called
`example` or `$ref`; only the place decides. Everything that walks a document goes by this table.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

from specs.errors import SpecError

Place = tuple[str, ...]
"""The steps from the root to a value, as a JSON pointer would name them."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

SECTIONS = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "request_body": "requestBodies",
    "header": "headers",
    "security_scheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
    "path_item": "pathItems",
}
"""For each kind of object that can be referred to, its section under `components`."""


@dataclass(frozen=True)
class _Slot:
    kind: str
    shape: Literal["one", "list", "map"]


def _one(kind: str) -> _Slot:
    return _Slot(kind, "one")


def _list(kind: str) -> _Slot:
    return _Slot(kind, "list")


def _map(kind: str) -> _Slot:
    return _Slot(kind, "map")


_PARAMETER = {"schema": _one("schema"), "content": _map("media_type"), "examples": _map("example")}
_SCHEMA_ONE = (
    *("items", "additionalItems", "contains", "unevaluatedItems"),
    *("additionalProperties", "propertyNames", "unevaluatedProperties"),
    *("not", "if", "then", "else", "contentSchema"),
)
_SCHEMA_MAP = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_SCHEMA_LIST = ("allOf", "anyOf", "oneOf", "prefixItems")

_FIELDS: dict[str, dict[str, _Slot]] = {
    "document": {"paths": _map("path_item"), "components": _one("components")},
    "components": {section: _map(kind) for kind, section in SECTIONS.items()},
    "path_item": {
        "parameters": _list("parameter"),
        **{name: _one("operation") for name in METHODS},
    },
    "operation": {
        "parameters": _list("parameter"),
        "requestBody": _one("request_body"),
        "responses": _map("response"),
        "callbacks": _map("callback"),
    },
    "parameter": _PARAMETER,
    "header": _PARAMETER,
    "request_body": {"content": _map("media_type")},
    "media_type": {
        "schema": _one("schema"),
        "examples": _map("example"),
        "encoding": _map("encoding"),
    },
    "encoding": {"headers": _map("header")},
    "response": {
        "headers": _map("header"),
        "content": _map("media_type"),
        "links": _map("link"),
    },
    "schema": {
        **{name: _one("schema") for name in _SCHEMA_ONE},
        **{name: _map("schema") for name in _SCHEMA_MAP},
        **{name: _list("schema") for name in _SCHEMA_LIST},
    },
}

# Maps whose own keys may be extensions; in the others, such as properties, `x-` is a name like any.
_PATTERNED = {"paths", "responses"}

_MAX_HOPS = 50

# A component's name may be anything here; what a fragment allows besides (RFC 3986) stays readable.
_FRAGMENT_SAFE = "!$&'()*+,;=:@?"


def children(node: dict[str, Any], kind: str) -> Iterator[tuple[Place, Any, str]]:
    """The objects directly under one object: the steps to each, itself, and its kind."""
    if kind == "callback":
        for key, item in node.items():
            if key != "$ref" and not key.startswith("x-"):
                yield (key,), item, "path_item"
        return
    for field, slot in _FIELDS.get(kind, {}).items():
        value = node.get(field)
        if slot.shape == "one" and isinstance(value, dict):
            yield (field,), value, slot.kind
        elif slot.shape == "map" and isinstance(value, dict):
            for key, item in value.items():
                if field not in _PATTERNED or not key.startswith("x-"):
                    yield (field, key), item, slot.kind
        elif slot.shape == "list" and isinstance(value, list):
            for index, item in enumerate(value):
                yield (field, str(index)), item, slot.kind


def walked(node: Any, kind: str, at: Place) -> Iterator[tuple[dict[str, Any], str, Place]]:
    """Every object from this one inwards, each with its kind and place."""
    if not isinstance(node, dict):
        return
    yield node, kind, at
    for steps, child, child_kind in children(node, kind):
        yield from walked(child, child_kind, at + steps)


def references(node: dict[str, Any], kind: str, at: Place) -> Iterator[tuple[str, str, Place]]:
    """The references that one object holds itself: text, the kind it refers to, and place."""
    if kind in SECTIONS and "$ref" in node:
        if not isinstance(node["$ref"], str):
            raise SpecError(f"{shown(at)}: its $ref is not text")
        yield node["$ref"], kind, at
    for value, target in _mapping(node, kind).items():
        if not isinstance(target, str):
            raise SpecError(f"{shown(at)}: the discriminator's mapping of {value!r} is not text")
        yield target, kind, (*at, "discriminator", "mapping", value)


def rebuilt(
    node: Any, kind: str, at: Place, change: Callable[[dict[str, Any], str, Place], dict[str, Any]]
) -> Any:
    """An independent copy with `change` applied to every object, from outside in."""
    if not isinstance(node, dict):
        return copy.deepcopy(node)
    node = change(node, kind, at)
    fresh: dict[tuple[str, ...], Any] = {
        steps: rebuilt(child, child_kind, at + steps, change)
        for steps, child, child_kind in children(node, kind)
    }
    grown = {steps[0] for steps in fresh}
    result = {key: None if key in grown else copy.deepcopy(value) for key, value in node.items()}
    for key in grown:
        result[key] = _filled(node[key], key, fresh)
    return result


def _filled(original: Any, key: str, fresh: dict[tuple[str, ...], Any]) -> Any:
    if (key,) in fresh:
        return fresh[(key,)]
    if isinstance(original, list):
        return [fresh[(key, str(index))] for index in range(len(original))]
    return {
        name: fresh[(key, name)] if (key, name) in fresh else copy.deepcopy(value)
        for name, value in original.items()
    }


def redirected(node: dict[str, Any], kind: str, translate: Callable[[str], str]) -> dict[str, Any]:
    """The object with each reference it holds itself translated; the rest is shared."""
    if kind in SECTIONS and "$ref" in node:
        node = {**node, "$ref": translate(node["$ref"])}
    mapping = _mapping(node, kind)
    if mapping:
        fresh = {value: translate(target) for value, target in mapping.items()}
        node = {**node, "discriminator": {**node["discriminator"], "mapping": fresh}}
    return node


def _mapping(node: dict[str, Any], kind: str) -> dict[str, Any]:
    discriminator = node.get("discriminator") if kind == "schema" else None
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    return mapping if isinstance(mapping, dict) else {}


def pointer(place: Place) -> str:
    """The place as a reference has it, such as `#/components/schemas/User`."""
    steps = (step.replace("~", "~0").replace("/", "~1") for step in place)
    return "#" + "".join("/" + quote(step, safe=_FRAGMENT_SAFE) for step in steps)


def shown(place: Place) -> str:
    """The place for reading, such as `paths > /v2/users > get`."""
    return " > ".join(place) or "the document"


def located(document: dict[str, Any], reference: str, at: Place, *, hops: int = 0) -> Place:
    """The place that a reference at `at` names; one that leads through other references ends there.

    Raises:
        SpecError: it points outside the document, to nothing, or back to itself.
    """
    if not reference.startswith("#"):
        schemas = document.get("components", {}).get("schemas", {})
        if at[-3:-1] == ("discriminator", "mapping") and reference in schemas:
            return ("components", "schemas", reference)
        raise SpecError(f"{shown(at)}: {reference!r} points outside the document")
    if not reference.startswith("#/"):
        raise SpecError(f"{shown(at)}: {reference!r} is not a JSON pointer")
    if hops > _MAX_HOPS:
        raise SpecError(f"{shown(at)}: {reference!r} leads back to itself")
    place: Place = ()
    value: Any = document
    for step in (_unescaped(step) for step in reference[2:].split("/")):
        while isinstance(value, dict) and step not in value and isinstance(value.get("$ref"), str):
            hops += 1
            place = located(document, value["$ref"], place, hops=hops)
            value = at_place(document, place)
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise SpecError(f"{shown(at)}: {reference!r} points to nothing")
        place = (*place, step)
    return place


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")


def at_place(document: Any, place: Place) -> Any:
    """The value at a place that is known to exist."""
    value = document
    for step in place:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
