"""What of a document the generator cannot express: it would write it wrongly, or leaves it to callers.

The lists are of what it can express, so that a field nobody thought of is told and not dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from openapi_python_client.strings import PythonIdentifier

from specs import SpecError
from specs.grammar import METHODS, Object, Place, walk
from specs.instances import TYPED_TEXTS
from specs.operations import media_types, operations
from specs.references import show
from specs.schemas import TEXTS, Schemas
from specs.writing import ROOT_ORDER

_WORDS = {*TEXTS, "deprecated"}
_EXPRESSED = {
    "document": ROOT_ORDER,
    "pathItems": ("$ref", "parameters", *METHODS),
    "operations": ("tags", "operationId", "parameters", "requestBody", "responses", "security"),
    "parameters": ("$ref", "name", "in", "required", "schema", "style", "explode"),
    "requestBodies": ("$ref", "content", "required"),
    "responses": ("$ref", "content"),
    "mediaTypes": ("schema",),
    "schemas": (
        *("$ref", "type", "nullable", "enum", "const", "default", "discriminator", "properties"),
        *("required", "additionalProperties", "items", "allOf", "anyOf", "oneOf"),
    ),
}
_REFUSED = {
    ("parameters", "content"): "the generator drops a parameter with `content`",
    ("operations", "servers"): "the generated client sends every request to one server",
    ("pathItems", "servers"): "the generated client sends every request to one server",
    ("mediaTypes", "encoding"): "the generator drops how the parts of a body are encoded",
}
# As `Operation.security` writes them.
_NOT_ONE_HEADER = ("\n", '"type": "mutualTLS"', '"in": "query"', '"in": "cookie"')
_USUAL_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def refuse_what_comes_out_wrong(document: Object) -> None:
    """Raise for the first thing that the generator would write otherwise than the document says."""
    schemas = Schemas(document)
    for node, kind, at in walk(document):
        reason = next((_REFUSED[kind, field] for field in node if (kind, field) in _REFUSED), None)
        if kind == "parameters" and "schema" in node:
            reason = _reason_against_style(schemas, node)
        if kind == "schemas":
            reason = _reason_against_names(node)
        if reason:
            name = f" (the parameter {node['name']!r})" if kind == "parameters" else ""
            raise SpecError(f"{show(at)}{name}: {reason}")


def _reason_against_style(schemas: Schemas, parameter: Object) -> str | None:
    usual = _USUAL_STYLES[parameter["in"]]
    flat = schemas.flatten(parameter["schema"])
    kinds = [flat, *map(schemas.flatten, flat.variants)]
    if parameter.get("style", usual) != usual:
        return f"the generator does not write the style {parameter['style']!r}"
    if not parameter.get("explode", True) and any(each.types & {"array", "object"} for each in kinds):
        return "the generator writes each value of a list or an object by itself (explode: true)"
    return None


def _reason_against_names(schema: Object) -> str | None:
    """Return why the generator gives a schema's values or fields no names of their own."""
    kinds = {type(value) for value in schema.get("enum", []) if value is not None}
    if schema.get("type") != "boolean" and kinds not in ({str}, {int}, set()):
        return "the generator takes an enum of text, or of integers, and no mixture"
    names: dict[str, str] = {}
    for field in schema.get("properties", {}):
        name = PythonIdentifier(field, "field_", skip_snake_case=True)
        if names.setdefault(name, field) != field:
            return f"the properties {names[name]!r} and {field!r} come out under one name, {name!r}"
    return None


def left_to_callers(document: Object) -> Iterator[tuple[str, Place]]:
    """Yield what the generated client does not express, and where."""
    for node, kind, at in walk(document):
        known = _EXPRESSED.get(kind, node.keys())
        for field in node:
            if field == "format" and node[field] in (*TYPED_TEXTS, "binary"):
                continue
            if field not in known and field not in _WORDS and not field.startswith("x-"):
                yield field if kind == "schemas" else f"{field} of {kind}", at
        if kind == "responses":
            for number, (_, (_, body)) in enumerate(media_types(node).items()):
                if number or "schema" not in body:
                    yield "media types of responses", at
    for operation in operations(Schemas(document)).values():
        for scheme in operation.security():
            if any(part in scheme for part in _NOT_ONE_HEADER):
                yield "security beyond one header", ("paths", operation.path, operation.method)
