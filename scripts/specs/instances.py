"""Makes values that a schema describes, to try a generated model with."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

from specs.schemas import FlatSchema, Schemas

ADDED = "a field beyond the schema"
"""The name of a field that only an object with `additionalProperties` of its own has."""

TYPED_TEXTS = {
    "date-time": "2024-01-01T12:00:00+00:00",
    "date": "2024-01-01",
    "uuid": "12345678-1234-5678-1234-567812345678",
}
"""A text of each format whose values the generator gives a Python type of their own."""

_DEEPEST = 4
_VALUES: dict[str, list[Any]] = {"integer": [1], "number": [1.5], "boolean": [True, False]}


class Instances:
    """Makes values for the schemas of one document."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def of(self, raw: Any, around: tuple[int, ...] = ()) -> list[Any]:
        """Return values that between them have every field, variant and enum value, the fullest first.

        `around` are the schemas that it is inside of. Inside itself, or deep inside others, a schema has
        what it requires alone, and no values at all where it is inside itself twice.
        """
        flat = self._schemas.flatten(raw)
        values = [] if around.count(flat.origin) > 1 else self._values(flat, (*around, flat.origin))
        if not (values or flat.nullable or around):
            raise ValueError(f"the schema {flat.name} describes endless values alone")
        return [*values, None] if flat.nullable else values

    def _values(self, flat: FlatSchema, around: tuple[int, ...]) -> list[Any]:
        if flat.variants:
            values = [value for variant in flat.variants for value in self.of(variant, around[:-1])]
            own: Any = next(iter(self._objects(flat, around)), {})
            return [value | own if isinstance(value, dict) else value for value in values]
        if flat.enum is not None:
            return flat.enum
        values = []
        for kind in sorted(flat.types):
            if kind == "object":
                values += self._objects(flat, around)
            elif kind == "array":
                is_whole = _is_whole(around)
                values += [self.of(flat.fields.get("items", {}), around), []] if is_whole else [[]]
            elif kind == "string":
                values.append(TYPED_TEXTS.get(flat.fields.get("format", ""), "text"))
            else:
                values += _VALUES[kind]
        return values if flat.types or flat.nullable else ["anything"]

    def _objects(self, flat: FlatSchema, around: tuple[int, ...]) -> list[Any]:
        required = flat.fields.get("required", [])
        fields = flat.properties(hidden_by="")
        if isinstance(flat.fields.get("additionalProperties"), dict):
            fields[ADDED] = flat.fields["additionalProperties"]
        chosen = fields if _is_whole(around) else required
        choices = {name: values for name in chosen if (values := self.of(fields[name], around))}
        if not choices.keys() >= {*required}:
            return []
        count = max(map(len, choices.values()), default=1)
        columns = (islice(cycle(values), count) for values in choices.values())
        rows = [dict(zip(choices, row, strict=True)) for row in zip(*columns, strict=True)] or [{}]
        least = {name: choices[name][0] for name in required}
        return rows if least in rows else [*rows, least]


def _is_whole(around: tuple[int, ...]) -> bool:
    """Return whether the innermost schema gets all that it may have."""
    return around.count(around[-1]) == 1 and len(around) <= _DEEPEST
