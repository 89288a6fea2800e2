"""Compares a JSON document with a schema, and describes what differs without quoting people's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from .findings import Kind
from .spec import Spec

_LONGEST_VALUE = 40

Difference = tuple[Kind, str, str]
"""What differs between a document and its schema: the kind, the place and the detail."""


def differences(document: Any, schema: Mapping[str, Any], spec: Spec) -> Iterator[Difference]:
    """Yield everything that a schema of the spec does not allow, then everything that it does not mention."""
    validator = _Validator(schema, registry=spec.registry, format_checker=_FORMATS)
    for error in validator.iter_errors(document):
        kind, detail = _described(error)
        yield kind, _place(error.absolute_path), detail
    for place in _unmentioned(document, [schema], (), spec):
        yield Kind.UNDOCUMENTED, place, "the contract does not mention it"


def _described(error: jsonschema.ValidationError) -> tuple[Kind, str]:
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "required":
        return Kind.MISSING, "it is required"
    if rule in ("enum", "const"):
        return _described_value(value, wanted if rule == "enum" else [wanted])
    if rule == "type":
        return Kind.SCHEMA, f"{_json_type(value)} for {wanted}"
    if rule == "format":
        return Kind.SCHEMA, f"not in the format {wanted}"
    # The value may be somebody's name or a secret, so only the rule is named.
    bound = f" {wanted}" if isinstance(wanted, int | str) else ""
    return Kind.SCHEMA, f"breaks {rule}{bound}"


def _described_value(value: Any, allowed: Sequence[Any]) -> tuple[Kind, str]:
    for one in allowed:
        if isinstance(value, str) and isinstance(one, str) and one.lower() == value.lower():
            return Kind.CASE, f"{value!r} for {one!r}"
    shown = ascii(value)
    if len(shown) > _LONGEST_VALUE:
        shown = shown[:_LONGEST_VALUE] + "..."
    return Kind.UNKNOWN, f"{shown} is none of {', '.join(map(str, allowed))}"


def _place(path: Sequence[str | int]) -> str:
    """Name a place without the indexes of lists, so that a fault of a thousand users is one place."""
    steps = ("[]" if isinstance(step, int) else f".{ascii(step)[1:-1][:_LONGEST_VALUE]}" for step in path)
    return "".join(steps).removeprefix(".") or "the body"


def _json_type(value: object) -> str:
    names = {bool: "boolean", str: "string", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "number")


def time_of(value: object) -> datetime | None:
    """Read an RFC 3339 time; None for anything else, also for a time without a zone."""
    text = str(value).upper()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo and "T" in text else None


_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or time_of(value) is not None)
_FORMATS.checks("email")(lambda value: not isinstance(value, str) or all(value.rpartition("@")[::2]))

Errors = Iterator[jsonschema.ValidationError]


def _required(_: Any, names: Sequence[str], instance: Any, __: Any) -> Errors:
    """Point at the missing field instead of the object that lacks it."""
    if isinstance(instance, dict):
        yield from (
            jsonschema.ValidationError("missing", path=[name]) for name in names if name not in instance
        )


def _alternatives(validator: Any, branches: Sequence[Any], instance: Any, schema: Any) -> Errors:
    """Report what is wrong with the alternative that was meant, instead of that none matches."""
    discriminator = schema.get("discriminator", {})
    name = discriminator.get("propertyName")
    value = instance.get(name) if isinstance(instance, dict) else None
    if not isinstance(value, str):
        yield from min((list(validator.descend(instance, branch)) for branch in branches), key=len)
        return
    mapping = discriminator["mapping"]
    branch = {one.lower(): branch for one, branch in mapping.items()}.get(value.lower())
    if branch is not None:
        yield from validator.descend(instance, branch)
    else:
        yield jsonschema.ValidationError(
            "unknown", validator="enum", validator_value=list(mapping), instance=value, path=[name]
        )


def _one_of(validator: Any, branches: Sequence[Any], instance: Any, schema: Any) -> Errors:
    yield from _alternatives(validator, branches, instance, schema)
    if sum(validator.evolve(schema=branch).is_valid(instance) for branch in branches) > 1:
        yield jsonschema.ValidationError("several")


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"required": _required, "anyOf": _alternatives, "oneOf": _one_of}
)


def _unmentioned(
    document: Any, schemas: Sequence[Any], path: tuple[str | int, ...], spec: Spec
) -> Iterator[str]:
    """Yield the places of the fields that none of the schemas of their object mentions."""
    schemas = list(_with_parts(schemas, spec))
    if isinstance(document, list):
        items = [schema["items"] for schema in schemas if "items" in schema]
        for entry in document:
            yield from _unmentioned(entry, items, (*path, 0), spec)
    if isinstance(document, dict):
        closed = not any(schema.get("additionalProperties") for schema in schemas)
        mentioned = [schema["properties"] for schema in schemas if "properties" in schema]
        for name, value in document.items():
            known = [properties[name] for properties in mentioned if name in properties]
            if known:
                yield from _unmentioned(value, known, (*path, name), spec)
            elif mentioned and closed:
                yield _place((*path, name))


def _with_parts(schemas: Sequence[Any], spec: Spec) -> Iterator[Mapping[str, Any]]:
    """Yield schemas, what they refer to, and what they are combined from."""
    for schema in schemas:
        if isinstance(schema, Mapping):
            yield schema
            if "$ref" in schema:
                yield from _with_parts([spec.resolve(schema)], spec)
            for keyword in ("allOf", "anyOf", "oneOf"):
                yield from _with_parts(schema.get(keyword, ()), spec)
