"""Refusing what is not valid OpenAPI, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from specs.errors import SpecError
from specs.grammar import Place, walked

_MAX_REASON = 200
_Problem = tuple[Iterable[Any], str]


def validated(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document itself, once it is valid OpenAPI.

    Raises:
        SpecError: with place and reason of the first thing that is wrong.
    """
    is_3_0 = str(document["openapi"]).startswith("3.0")
    problems = _outline_problems(document, OpenAPIV30SpecValidator if is_3_0 else OpenAPIV31SpecValidator)
    if not is_3_0:
        problems = chain(_schema_problems(document), problems)
    # The validator reports what is wrong with the outline first, and may then stumble over it itself.
    try:
        problem = next(problems, None)
    except Exception as error:
        raise SpecError(f"{name}: not valid OpenAPI: {type(error).__name__}: {_line(str(error))}") from error
    if problem is not None:
        place, reason = problem
        where = " > ".join(str(step) for step in place) or "the document"
        raise SpecError(f"{name}: not valid OpenAPI: {where}: {_line(reason)}")
    return document


def _outline_problems(document: dict[str, Any], validator: Any) -> Iterator[_Problem]:
    for error in validator(document).iter_errors():
        yield getattr(error, "absolute_path", ()), getattr(error, "message", str(error))


def _schema_problems(document: dict[str, Any]) -> Iterator[_Problem]:
    """What is wrong inside schemas, which OpenAPI 3.1 leaves to JSON Schema."""
    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    outermost: Place | None = None
    for node, kind, at in walked(document, "document", ()):
        if kind != "schema" or (outermost is not None and at[: len(outermost)] == outermost):
            continue
        outermost = at
        for error in checker.iter_errors(node):
            yield (*at, *error.absolute_path), error.message


def _line(text: str) -> str:
    line = " ".join(text.split())
    half = _MAX_REASON // 2
    return line if len(line) <= _MAX_REASON else f"{line[:half]} … {line[-half:]}"
