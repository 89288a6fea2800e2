"""Makes values that a schema describes, to try a generated model with."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

from specs.schemas import FlatSchema, Schemas

ADDED = "a field beyond the schema"
"""The name of a field that only an object with `additionalProperties` of its own has."""

_DEEPEST = 4
_TEXTS = {
    "date-time": "2024-01-01T12:00:00+00:00",
    "date": "2024-01-01",
    "time": "12:00:00+00:00",
    "uuid": "12345678-1234-5678-1234-567812345678",
    "email": "ada@example.com",
    "byte": "dGV4dA==",
}
_VALUES: dict[str, list[Any]] = {
    "integer": [1],
    "number": [1.5],
    "boolean": [True, False],
    "string": ["text"],
}


class Instances:
    """Makes values for the schemas of one document."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def of(self, raw: Any, depth: int = 0) -> list[Any]:
        """Return values that between them have every field, variant and enum value, the fullest first."""
        flat = self._schemas.flatten(raw)
        values = self._values(flat, depth)
        return [*values, None] if flat.nullable else values

    def least(self, raw: Any, depth: int = 0) -> Any:
        """Return an object with the fields that a schema requires alone; of another schema any value."""
        flat = self._schemas.flatten(raw)
        if flat.types != {"object"} or flat.variants:
            return self.of(raw, depth)[0]
        required = flat.fields.get("required", [])
        properties = flat.properties(hidden_by="")
        return {name: self.of(properties[name], depth + 1)[0] for name in required}

    def _values(self, flat: FlatSchema, depth: int) -> list[Any]:
        if flat.variants:
            values = [value for variant in flat.variants for value in self.of(variant, depth)]
            own = self._objects(flat, depth)[0]
            return [value | own if isinstance(value, dict) else value for value in values]
        if flat.enum is not None:
            return flat.enum
        values = []
        for kind in sorted(flat.types):
            if kind == "object":
                values += self._objects(flat, depth)
            elif kind == "array":
                items = self.of(flat.fields.get("items", {}), depth + 1) if depth < _DEEPEST else []
                values += [items, []]
            elif kind == "string" and flat.fields.get("format") in _TEXTS:
                values.append(_TEXTS[flat.fields["format"]])
            else:
                values += _VALUES[kind]
        return values or ["anything"]

    def _objects(self, flat: FlatSchema, depth: int) -> list[Any]:
        required = flat.fields.get("required", [])
        choices = {
            name: self.of(schema, depth + 1)
            for name, schema in flat.properties(hidden_by="").items()
            if depth < _DEEPEST or name in required
        }
        if isinstance(flat.fields.get("additionalProperties"), dict) and depth < _DEEPEST:
            choices[ADDED] = self.of(flat.fields["additionalProperties"], depth + 1)
        count = max(map(len, choices.values()), default=1)
        columns = (islice(cycle(values), count) for values in choices.values())
        rows = [dict(zip(choices, row, strict=True)) for row in zip(*columns, strict=True)] or [{}]
        least = {name: choices[name][0] for name in required}
        return rows if least in rows else [*rows, least]
