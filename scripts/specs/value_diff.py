"""Comparing what one value may be: its type, enum, format, bounds and default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specs.changes import Direction, Finding
from specs.shapes import LOWER_BOUNDS, UPPER_BOUNDS, Shape, is_among

# The generator gives a value of one of these formats a Python type of its own, or its bytes change.
_TYPED_FORMATS = {"date", "date-time", "time", "duration", "uuid", "binary", "byte"}
_ZERO_UNLESS_SAID = {"minLength", "minItems", "minProperties"}


def value_findings(old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    """The differences between two values of comparable type."""
    yield from _null(old, new, direction)
    yield from _enum(old, new, direction)
    yield from _format(old, new, direction)
    for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS, "multipleOf", "pattern", "uniqueItems"):
        yield from _bound(keyword, old, new, direction)
    yield from _default(old, new, direction)


def type_finding(old: Shape, new: Shape, direction: Direction) -> Finding | None:
    """The difference between two types; a wider one takes everything that the other did."""
    if old.types == new.types:
        return None
    covers = new.types | ({"integer"} if "number" in new.types else set())
    wider = not new.types or (bool(old.types) and old.types <= covers)
    return Finding(
        kind="type-widened" if wider else "type-changed",
        direction=direction,
        steps=("type",),
        was=_shown(old),
        is_=_shown(new),
        origin=old.origin,
    )


def paired_by_case(gone: list[Any], come: list[Any]) -> list[tuple[str, str]]:
    """The texts that differ in nothing but case; each is taken out of both lists."""
    pairs = []
    for old in [value for value in gone if isinstance(value, str)]:
        new = next((v for v in come if isinstance(v, str) and v.casefold() == old.casefold()), None)
        if new is not None:
            pairs.append((old, new))
            gone.remove(old)
            come.remove(new)
    return pairs


def membership_findings(
    kind: str,
    gone: list[Any],
    come: list[Any],
    direction: Direction,
    steps: tuple[str, ...],
    origin: int,
) -> Iterator[Finding]:
    """Values (or whatever `kind` says) that went, came, or changed case only."""
    for old, new in paired_by_case(gone, come):
        yield Finding(
            kind=f"{kind}-changed-case",
            direction=direction,
            steps=steps,
            was=old,
            is_=new,
            origin=origin,
        )
    for value in gone:
        yield Finding(kind=f"{kind}-removed", direction=direction, steps=steps, was=value, origin=origin)
    for value in come:
        yield Finding(kind=f"{kind}-added", direction=direction, steps=steps, is_=value, origin=origin)


def _shown(shape: Shape) -> str:
    return " or ".join(sorted(shape.types)) or "anything"


def _null(old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    if old.nullable != new.nullable:
        yield Finding(
            kind="null-allowed" if new.nullable else "null-refused",
            direction=direction,
            steps=(),
            origin=old.origin,
        )


def _enum(old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    if old.enum is not None and new.enum is not None:
        gone = [value for value in old.enum if not is_among(value, new.enum)]
        come = [value for value in new.enum if not is_among(value, old.enum)]
        yield from membership_findings("enum-value", gone, come, direction, ("enum",), old.origin)
    elif old.enum != new.enum:
        yield Finding(
            kind="enum-removed" if new.enum is None else "enum-added",
            direction=direction,
            steps=("enum",),
            was=old.enum,
            is_=new.enum,
            origin=old.origin,
        )


def _format(old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    was, is_ = old.fields.get("format"), new.fields.get("format")
    if was != is_:
        yield Finding(
            kind=_format_kind(was, is_),
            direction=direction,
            steps=("format",),
            was=was,
            is_=is_,
            origin=old.origin,
        )


def _format_kind(was: str | None, is_: str | None) -> str:
    if {was, is_} & _TYPED_FORMATS:
        return "format-changed"
    return "format-hint-removed" if is_ is None else "format-hint-changed"


def _bound(keyword: str, old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    missing = 0 if keyword in _ZERO_UNLESS_SAID else None
    was, is_ = old.fields.get(keyword, missing), new.fields.get(keyword, missing)
    if keyword == "uniqueItems":
        was, is_ = was or None, is_ or None
    if was != is_:
        yield Finding(
            kind="bound-widened" if _is_wider(keyword, was, is_) else "bound-narrowed",
            direction=direction,
            steps=(keyword,),
            was=was,
            is_=is_,
            origin=old.origin,
        )


def _is_wider(keyword: str, was: Any, is_: Any) -> bool:
    if was is None or is_ is None:
        return is_ is None
    if keyword in LOWER_BOUNDS:
        return bool(is_ < was)
    if keyword in UPPER_BOUNDS:
        return bool(is_ > was)
    return keyword == "multipleOf" and was % is_ == 0


def _default(old: Shape, new: Shape, direction: Direction) -> Iterator[Finding]:
    was, is_ = old.fields.get("default"), new.fields.get("default")
    # An enum whose values change case takes its default along, and that is one change.
    case_only = isinstance(was, str) and isinstance(is_, str) and was.casefold() == is_.casefold()
    if was != is_ and not (case_only and old.enum and new.enum):
        yield Finding(
            kind="default-changed",
            direction=direction,
            steps=("default",),
            was=was,
            is_=is_,
            origin=old.origin,
        )
