"""References between the objects of a document: which an object holds, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from specs import SpecError
from specs.grammar import SECTIONS, Object, Place

_MAX_HOPS = 50
# A component's name may be anything here; what a fragment allows besides (RFC 3986) stays readable.
_FRAGMENT_SAFE = "!$&'()*+,;=:@?"


def references(node: Object, kind: str, at: Place) -> Iterator[tuple[str, Place]]:
    """Yield the references that one object holds itself: text and place. They refer to its own kind."""
    if kind in SECTIONS and "$ref" in node:
        if not isinstance(node["$ref"], str):
            raise SpecError(f"{show(at)}: its $ref is not text")
        yield node["$ref"], at
    for value, target in _mapping(node, kind).items():
        if not isinstance(target, str):
            raise SpecError(f"{show(at)}: the discriminator's mapping of {value!r} is not text")
        yield target, (*at, "discriminator", "mapping", value)


def redirect(node: Object, kind: str, translate: Callable[[str], str]) -> Object:
    """Copy an object with each reference that it holds itself translated; the rest is shared."""
    if kind in SECTIONS and "$ref" in node:
        node = {**node, "$ref": translate(node["$ref"])}
    mapping = _mapping(node, kind)
    if mapping:
        fresh = {value: translate(target) for value, target in mapping.items()}
        node = {**node, "discriminator": {**node["discriminator"], "mapping": fresh}}
    return node


def _mapping(node: Object, kind: str) -> Object:
    discriminator = node.get("discriminator") if kind == "schemas" else None
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    return mapping if isinstance(mapping, dict) else {}


def pointer(place: Place) -> str:
    """Write a place as a reference, such as `#/components/schemas/User`."""
    steps = (step.replace("~", "~0").replace("/", "~1") for step in place)
    return "#" + "".join("/" + quote(step, safe=_FRAGMENT_SAFE) for step in steps)


def show(place: Place) -> str:
    """Write a place for reading, such as `paths > /v2/users > get`."""
    return " > ".join(place) or "the document"


def value_at(document: Any, place: Iterable[str | int]) -> Any:
    """Return the value at a place that is known to exist."""
    for step in place:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def resolve(document: Object, reference: str, at: Place, *, hops: int = 0) -> Place:
    """Return the place that a reference at `at` names. Its path may lead through other references.

    Raises:
        SpecError: it points outside the document, to nothing, or back to itself.
    """
    if not reference.startswith("#"):
        schemas = document.get("components", {}).get("schemas", {})
        if at[-3:-1] == ("discriminator", "mapping") and reference in schemas:
            return ("components", "schemas", reference)
        raise SpecError(f"{show(at)}: {reference!r} points outside the document")
    if not reference.startswith("#/"):
        raise SpecError(f"{show(at)}: {reference!r} is not a JSON pointer")
    if hops > _MAX_HOPS:
        raise SpecError(f"{show(at)}: {reference!r} leads back to itself")
    place: Place = ()
    value: Any = document
    for step in reference[2:].split("/"):
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        while isinstance(value, dict) and step not in value and isinstance(value.get("$ref"), str):
            hops += 1
            place = resolve(document, value["$ref"], place, hops=hops)
            value = value_at(document, place)
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise SpecError(f"{show(at)}: {reference!r} points to nothing")
        place = (*place, step)
    return place


def follow(document: Object, node: Any, at: Place = ()) -> tuple[Any, Place]:
    """Return the object that a reference leads to in the end, and its place; another object is itself.

    Raises:
        SpecError: the reference cannot be resolved, or leads back to itself.
    """
    seen = {at}
    start = at
    while isinstance(node, dict) and "$ref" in node:
        ((text, _), *_) = references(node, "schemas", at)
        at = resolve(document, text, at)
        if at in seen:
            raise SpecError(f"{show(start)}: {text!r} leads back to itself")
        seen.add(at)
        node = value_at(document, at)
    return node, at


def put_in_place(document: Object, node: Any, at: Place = ()) -> Any:
    """Return what a reference leads to, overridden by what stands beside the reference."""
    if not (isinstance(node, dict) and "$ref" in node):
        return node
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return {**follow(document, node, at)[0], **beside}
