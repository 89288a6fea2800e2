"""Refusing what is not valid OpenAPI, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
from jsonschema_path import SchemaPath
from openapi_schema_validator import OAS30Validator, OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from specs.errors import SpecError
from specs.grammar import Place, at_place, located, references, shown, walked

_MAX_REASON = 200
_Problem = tuple[Iterable[Any], str]


def validated(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document itself, once it is valid OpenAPI.

    Raises:
        SpecError: with place and reason of the first thing that is wrong.
    """
    is_3_0 = str(document["openapi"]).startswith("3.0")
    outline = OpenAPIV30SpecValidator if is_3_0 else OpenAPIV31SpecValidator
    problems = chain(
        _schema_problems(document, OAS30Validator if is_3_0 else OAS31Validator),
        _outline_problems(document, outline),
    )
    # The validator reports what is wrong with the outline first, and may then stumble over it itself.
    try:
        _check_references(document)
        problem = next(problems, None)
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
    except Exception as error:
        raise SpecError(f"{name}: not valid OpenAPI: {type(error).__name__}: {_line(str(error))}") from error
    if problem is not None:
        place, reason = problem
        where = " > ".join(str(step) for step in place) or "the document"
        raise SpecError(f"{name}: not valid OpenAPI: {where}: {_line(reason)}")
    return document


def _check_references(document: dict[str, Any]) -> None:
    """Refuses a reference that leads out of the document, nowhere, or round in a circle."""
    for node, kind, at in walked(document, "document", ()):
        for text, _, place in references(node, kind, at):
            seen = set()
            target = located(document, text, place)
            value = at_place(document, target)
            while isinstance(value, dict) and isinstance(value.get("$ref"), str):
                if target in seen:
                    raise SpecError(f"{shown(place)}: {text!r} leads back to itself")
                seen.add(target)
                target = located(document, value["$ref"], target)
                value = at_place(document, target)


def _outline_problems(document: dict[str, Any], validator: Any) -> Iterator[_Problem]:
    schemas = {id(node): at for node, kind, at in walked(document, "document", ()) if kind == "schema"}
    # Without handlers it has no way to fetch anything.
    for error in validator(SchemaPath.from_dict(document, handlers={})).iter_errors():
        place: Iterable[Any] = getattr(error, "absolute_path", ())
        # The validator says where in a default something is wrong, but not whose default it is.
        schema = getattr(error, "schema", None)
        if isinstance(schema, dict) and id(schema) in schemas:
            place = (*schemas[id(schema)], *(["default"] if "default" in schema else []))
        yield place, getattr(error, "message", str(error))


def _schema_problems(document: dict[str, Any], dialect: Any) -> Iterator[_Problem]:
    """What is wrong inside schemas, which OpenAPI 3.1 leaves to JSON Schema."""
    outermost: Place | None = None
    for node, kind, at in walked(document, "document", ()):
        if kind != "schema" or (outermost is not None and at[: len(outermost)] == outermost):
            continue
        outermost = at
        try:
            dialect.check_schema(node)
        except SchemaError as error:
            yield (*at, *error.absolute_path), error.message


def _line(text: str) -> str:
    line = " ".join(text.split())
    half = _MAX_REASON // 2
    return line if len(line) <= _MAX_REASON else f"{line[:half]} … {line[-half:]}"
