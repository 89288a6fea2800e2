"""Refuses what is not valid OpenAPI, in one line with place and reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
from jsonschema_path import SchemaPath
from openapi_schema_validator import OAS30Validator, OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from specs import SpecError, errors_in
from specs.fetching import fetch, show_source
from specs.grammar import Place, walk
from specs.parsing import parse_openapi
from specs.references import follow, references, resolve, show, value_at

TOO_MANY_LEVELS = "its schemas refer to each other through too many levels"
_MAX_REASON = 200
_VALIDATORS: dict[str, tuple[Any, Any]] = {
    "3.0": (OAS30Validator, OpenAPIV30SpecValidator),
    "3.1": (OAS31Validator, OpenAPIV31SpecValidator),
}
_Problem = tuple[Iterable[Any], str]


def read_valid(source: str, name: str | None = None) -> dict[str, Any]:
    """Return the document behind a file name or an address, once it is valid OpenAPI.

    Raises:
        SpecError: it cannot be read, is no OpenAPI document, or not a valid one.
    """
    name = name or show_source(source)
    return validate(parse_openapi(fetch(source), name), name)


def validate(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the document itself, once it is valid OpenAPI.

    Raises:
        SpecError: with place and reason of the first thing that is wrong.
    """
    schema_validator, spec_validator = _VALIDATORS[document["openapi"][:3]]
    problems = chain(
        _schema_problems(document, schema_validator), _document_problems(document, spec_validator)
    )
    with errors_in(name):
        for node, kind, at in walk(document):
            for text, place in references(node, kind, at):
                target = resolve(document, text, place)
                follow(document, value_at(document, target), target)
        try:
            problem = next(problems, None)
        except RecursionError as error:
            raise SpecError(TOO_MANY_LEVELS) from error
        except Exception as error:
            # The validator stumbles over some documents that it would have to refuse.
            reason = f"{type(error).__name__}: {_shorten(str(error))}"
            raise SpecError(f"not valid OpenAPI: {reason}") from error
        if problem is not None:
            where = show(tuple(str(step) for step in problem[0]))
            raise SpecError(f"not valid OpenAPI: {where}: {_shorten(problem[1])}")
    return document


def _document_problems(document: dict[str, Any], validator: Any) -> Iterator[_Problem]:
    schemas = {id(node): at for node, kind, at in walk(document) if kind == "schemas"}
    # Without handlers it has no way to fetch anything.
    for error in validator(SchemaPath.from_dict(document, handlers={})).iter_errors():
        place: Iterable[Any] = getattr(error, "absolute_path", ())
        # The validator says where in a default something is wrong, but not whose default it is.
        schema = getattr(error, "schema", None)
        if isinstance(schema, dict) and id(schema) in schemas:
            place = (*schemas[id(schema)], *(["default"] if "default" in schema else []))
        yield place, getattr(error, "message", str(error))


def _schema_problems(document: dict[str, Any], validator: Any) -> Iterator[_Problem]:
    """Yield what is wrong inside schemas, which OpenAPI 3.1 leaves to JSON Schema."""
    outermost: Place | None = None
    for node, kind, at in walk(document):
        if kind != "schemas" or (outermost is not None and at[: len(outermost)] == outermost):
            continue
        outermost = at
        try:
            validator.check_schema(node)
        except SchemaError as error:
            yield (*at, *error.absolute_path), error.message


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    half = _MAX_REASON // 2
    return line if len(line) <= _MAX_REASON else f"{line[:half]} … {line[-half:]}"
