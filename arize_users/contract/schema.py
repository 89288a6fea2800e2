"""Holds a JSON document against a schema, and says what differs in the contract's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator,
    FormatChecker,
    ValidationError,
    validators,
)

from .findings import Kind

_LONGEST_VALUE = 40


@frozen
class Difference:
    """What differs between a document and its schema, and where."""

    kind: Kind
    place: str
    detail: str


def differences(document: Any, schema: Mapping[str, Any]) -> Iterator[Difference]:
    """Find all that the schema does not allow, then all that it does not mention."""
    for error in _Validator(schema, format_checker=_FORMATS).iter_errors(document):
        yield _difference(error)
    for place in _unmentioned(document, [schema], ()):
        yield Difference(Kind.UNDOCUMENTED, place, "the contract does not mention it")


def _difference(error: ValidationError) -> Difference:
    place = _place(error.absolute_path)
    if error.validator == "required":
        return Difference(Kind.MISSING, place, "it is required")
    if error.validator in ("enum", "const"):
        return _of_value(error, place)
    if error.validator == "type":
        return Difference(Kind.SCHEMA, place, f"{_kind(error.instance)} for {error.validator_value}")
    if error.validator == "format":
        return Difference(Kind.SCHEMA, place, f"not a {error.validator_value}")
    # The value itself may be somebody's name or a secret: the rule says enough.
    bound = f" {error.validator_value}" if isinstance(error.validator_value, int | str) else ""
    return Difference(Kind.SCHEMA, place, f"breaks {error.validator}{bound}")


def _of_value(error: ValidationError, place: str) -> Difference:
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    value = error.instance
    if isinstance(value, str):
        for one in allowed:
            if isinstance(one, str) and one.lower() == value.lower():
                return Difference(Kind.CASE, place, f"{value!r} for {one!r}")
    shown = ascii(value)
    if len(shown) > _LONGEST_VALUE:
        shown = shown[:_LONGEST_VALUE] + "..."
    return Difference(Kind.UNKNOWN, place, f"{shown} is none of {', '.join(map(str, allowed))}")


def _place(path: Sequence[str | int]) -> str:
    """Name a place without the numbers of list entries, so that a thousand users have one place."""
    text = "".join("[]" if isinstance(step, int) else f".{_printable(step)}" for step in path)
    return text.removeprefix(".") or "the body"


def _printable(step: str) -> str:
    return ascii(step)[1:-1][:_LONGEST_VALUE]


def _kind(value: object) -> str:
    names = {bool: "boolean", str: "string", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "number")


def _is_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return "T" in value.upper() and datetime.fromisoformat(value.upper()).tzinfo is not None
    except ValueError:
        return False


def _is_email(value: object) -> bool:
    return not isinstance(value, str) or all(value.rpartition("@")[::2])


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time")(_is_time)
_FORMATS.checks("email")(_is_email)

Errors = Iterator[ValidationError]


def _required(_: Any, names: Sequence[str], instance: Any, __: Any) -> Errors:
    """Point at the field that is missing, and not at the object that misses it."""
    if isinstance(instance, dict):
        yield from (ValidationError("missing", path=[name]) for name in names if name not in instance)


def _alternatives(validator: Any, branches: Sequence[Any], instance: Any, schema: Any) -> Errors:
    """Report what is wrong with the alternative that was meant, and not that none fits."""
    chosen = schema.get("discriminator", {})
    name = chosen.get("propertyName")
    value = instance.get(name) if isinstance(instance, dict) else None
    if isinstance(value, str):
        named = {one.lower(): branch for one, branch in chosen["mapping"].items()}
        if value.lower() in named:
            yield from validator.descend(instance, named[value.lower()])
        else:
            allowed = list(chosen["mapping"])
            yield ValidationError(
                "unknown", validator="enum", validator_value=allowed, instance=value, path=[name]
            )
        return
    yield from min((list(validator.descend(instance, branch)) for branch in branches), key=len)


def _one_of(validator: Any, branches: Sequence[Any], instance: Any, schema: Any) -> Errors:
    yield from _alternatives(validator, branches, instance, schema)
    if sum(validator.evolve(schema=branch).is_valid(instance) for branch in branches) > 1:
        yield ValidationError("several")


_Validator = validators.extend(
    Draft202012Validator, {"required": _required, "anyOf": _alternatives, "oneOf": _one_of}
)


def _unmentioned(document: Any, schemas: Sequence[Any], path: tuple[str | int, ...]) -> Iterator[str]:
    """Name the fields that no schema of a place mentions."""
    schemas = list(_all_parts(schemas))
    if isinstance(document, list):
        items = [schema["items"] for schema in schemas if "items" in schema]
        for entry in document:
            yield from _unmentioned(entry, items, (*path, 0))
    if isinstance(document, dict):
        closed = not any(schema.get("additionalProperties") for schema in schemas)
        mentioned = [schema["properties"] for schema in schemas if "properties" in schema]
        for name, value in document.items():
            known = [properties[name] for properties in mentioned if name in properties]
            if known:
                yield from _unmentioned(value, known, (*path, name))
            elif mentioned and closed:
                yield _place((*path, name))


def _all_parts(schemas: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for schema in schemas:
        if isinstance(schema, Mapping):
            yield schema
            for word in ("allOf", "anyOf", "oneOf"):
                yield from _all_parts(schema.get(word, ()))
