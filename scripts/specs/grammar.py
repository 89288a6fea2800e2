"""The objects of an OpenAPI document: where they stand, and which of them may be references.

A `$ref` inside an example, a default or an enum is a value of the API, and a property may be called
`example` or `$ref`; only the place decides. Everything that walks a document goes by this table.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterator
from itertools import count
from typing import Any, TypeVar, cast

_T = TypeVar("_T")
Object = dict[str, Any]
Place = tuple[str, ...]
"""The steps from the root to a value, as a JSON pointer would name them."""
Rewrite = Callable[[Object, str, Place], Object]
"""Returns an object as it shall be, from the object, its kind and its place."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

SECTIONS = (
    *("schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes"),
    *("links", "callbacks", "pathItems"),
)
"""The sections of `components`. An object that can be referred to is of the kind that its section names."""

# For each kind of object, its fields that hold objects: `kind` is one, `[kind]` a list, `{kind}` a map.
_BODIES = {"requestBody": "requestBodies", "responses": "{responses}"}
_PARAMETER = {"schema": "schemas", "content": "{mediaTypes}", "examples": "{examples}"}
_ONE_SCHEMA = (
    *("items", "additionalItems", "contains", "unevaluatedItems", "contentSchema"),
    *("additionalProperties", "propertyNames", "unevaluatedProperties", "not", "if", "then", "else"),
)
_SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_FIELDS: dict[str, dict[str, str]] = {
    "document": {"paths": "{pathItems}", "components": "components"},
    "components": {section: f"{{{section}}}" for section in SECTIONS},
    "pathItems": {"parameters": "[parameters]", **dict.fromkeys(METHODS, "operations")},
    "operations": {**_BODIES, "parameters": "[parameters]", "callbacks": "{callbacks}"},
    "parameters": _PARAMETER,
    "headers": _PARAMETER,
    "requestBodies": {"content": "{mediaTypes}"},
    "mediaTypes": {"schema": "schemas", "examples": "{examples}", "encoding": "{encodings}"},
    "encodings": {"headers": "{headers}"},
    "responses": {"headers": "{headers}", "content": "{mediaTypes}", "links": "{links}"},
    "schemas": {
        **dict.fromkeys(_ONE_SCHEMA, "schemas"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schemas]"),
        **dict.fromkeys(_SCHEMA_MAPS, "{schemas}"),
    },
}

# Maps in which a key `x-...` is an extension; in the others, such as properties, it is a name like any.
_EXTENSIBLE_MAPS = {"paths", "responses"}


def children(node: Object, kind: str) -> Iterator[tuple[Place, Any, str]]:
    """Yield the objects directly under one object: the steps to each, itself, and its kind."""
    if kind == "callbacks":
        fields = {key: "pathItems" for key in node if key != "$ref" and not key.startswith("x-")}
    else:
        fields = _FIELDS.get(kind, {})
    for field, slot in fields.items():
        value, child_kind = node.get(field), slot.strip("[{}]")
        if slot[0] == "{" and isinstance(value, dict):
            for key, item in value.items():
                if field not in _EXTENSIBLE_MAPS or not key.startswith("x-"):
                    yield (field, key), item, child_kind
        elif slot[0] == "[" and isinstance(value, list):
            for index, item in enumerate(value):
                yield (field, str(index)), item, child_kind
        elif slot == child_kind and isinstance(value, dict):
            yield (field,), value, child_kind


def walk(node: Any, kind: str = "document", at: Place = ()) -> Iterator[tuple[Object, str, Place]]:
    """Yield every object from this one inwards, each with its kind and place."""
    if isinstance(node, dict):
        yield node, kind, at
        for steps, child, child_kind in children(node, kind):
            yield from walk(child, child_kind, at + steps)


def transform(node: _T, change: Rewrite, kind: str = "document", at: Place = ()) -> _T:
    """Copy an object with `change` applied to every object in it, from outside in; plain data is shared."""
    if not isinstance(node, dict):
        return node
    result: Any = dict(change(node, kind, at))
    found = list(children(result, kind))
    for field in {steps[0] for steps, _, _ in found}:
        result[field] = copy.copy(result[field])
    for (field, *key), child, child_kind in found:
        fresh = transform(child, change, child_kind, (*at, field, *key))
        if not key:
            result[field] = fresh
        elif isinstance(result[field], list):
            result[field][int(key[0])] = fresh
        else:
            result[field][key[0]] = fresh
    return cast("_T", result)


def unshare(document: Object) -> Object:
    """Copy a document so that nothing in it is shared, such as what several YAML aliases stand for."""
    result: Object = json.loads(json.dumps(document))
    return result


def free_name(base: str, taken: Collection[str]) -> str:
    """Return the name, with the first number behind it that makes it free."""
    return next(name for n in count(1) if (name := base if n == 1 else f"{base}{n}") not in taken)
