"""Documents compared with schemas of every shape that a vendor's spec may have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arize_users.contract.schema import differences
from arize_users.contract.spec import load

CAT = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "lives": {}}}
DOG = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}, "tricks": {}}}
NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}
SCHEMAS = {"Cat": CAT, "Dog": DOG, "Node": NODE, "a/b~c": CAT}
NODE_REF, CAT_REF, DOG_REF = ({"$ref": f"#/components/schemas/{name}"} for name in ("Node", "Cat", "Dog"))
Compare = Callable[[Any, dict[str, Any]], list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Compare:
    """Compare a document with a schema of a spec; return what differs."""

    def found(document: Any, schema: dict[str, Any]) -> list[str]:
        paths = {"/v2/users": {"get": {"responses": {"200": {"schema": schema}}}}}
        spec_file = tmp_path / "spec.json"
        components = {"schemas": SCHEMAS}
        spec_file.write_text(json.dumps({"openapi": "3.1.0", "paths": paths, "components": components}))
        spec = load(spec_file)
        response = spec.operations[0].responses["200"]
        return [": ".join(one) for one in differences(document, response["schema"], spec)]

    return found


@pytest.mark.parametrize("mapping", [None, {"cat": "Cat", "dog": "#/components/schemas/Dog"}])
@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"kind": "dog", "tricks": 2}, []),
        ({"kind": "DOG"}, ["other case: kind: 'DOG' for 'dog'"]),
        ({"kind": "cow"}, ["unknown value: kind: 'cow' is none of cat, dog"]),
        ({}, ["missing field: kind: it is required"]),
    ],
)
def test_the_alternative_that_was_meant_is_the_one_judged(
    found: Compare, mapping: Any, keyword: str, document: Any, expected: list[str]
) -> None:
    """A discriminator chooses, by its mapping or by the names of the schemas, in any case."""
    discriminator = {"propertyName": "kind"} | ({"mapping": mapping} if mapping else {})
    expected = [line.replace("cat, dog", ", ".join(mapping or ("Cat", "Dog"))) for line in expected]
    assert found(document, {keyword: [CAT_REF, DOG_REF], "discriminator": discriminator}) == expected


BOTH = {**CAT_REF, "required": ["lives"], "allOf": [{"properties": {"age": {}}}]}
NEAREST = {"oneOf": [CAT_REF, {"$ref": "#/components/schemas/a~1b~0c"}, DOG_REF]}
TIME = {"format": "date-time"}
NO_TIME = ["other shape: the body: not in the format date-time"]
LONG, LONG_SHOWN = "\x1b[31m" + "y" * 99, rf"'\x1b[31m{'y' * 31}..."
BREAKS = "other shape: the body: breaks"
UNKNOWN = "the contract does not mention it"


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        # A schema may refer to itself.
        (NODE_REF, {"next": {"next": {"name": "last"}}}, []),
        (NODE_REF, {"next": {"name": 7}}, ["other shape: next.name: number for string"]),
        (NODE_REF, {"next": {"next": {"x": 1}}}, [f"undocumented field: next.next.x: {UNKNOWN}"]),
        # Without a discriminator, the alternative that differs least is the one reported.
        (NEAREST, {"kind": "dog"}, []),
        (NEAREST, {"kind": "DOG"}, ["unknown value: kind: 'DOG' is none of cat"]),
        (NEAREST, {"kind": "cat"}, [f"{BREAKS} oneOf"]),
        # Keywords beside a reference count as well.
        (BOTH, {"kind": "cat", "lives": 9, "age": 3}, []),
        (BOTH, {"kind": "cat"}, ["missing field: lives: it is required"]),
        ({"type": "object"}, {"anything": 1}, []),
        ({"type": "object"}, [], ["other shape: the body: array for object"]),
        ({"properties": {"a": {}}, "additionalProperties": True}, {"b": 1}, []),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"b": "x"}, []),
        ({"additionalProperties": False}, {"b": 1}, [f"{BREAKS} additionalProperties False"]),
        ({"items": {"properties": {"a": {}}}}, [{"b": 1}], [f"undocumented field: [].b: {UNKNOWN}"]),
        ({"enum": [1, None]}, "1", ["unknown value: the body: '1' is none of 1, None"]),
        ({"enum": ["x"]}, 7, ["unknown value: the body: 7 is none of x"]),
        # A value is shown in part, and without what a terminal would act on.
        ({"const": "x"}, LONG, [f"unknown value: the body: {LONG_SHOWN} is none of x"]),
        ({"type": "string"}, None, ["other shape: the body: null for string"]),
        ({"minLength": 1}, "", [f"{BREAKS} minLength 1"]),
        ({"items": {"not": {"type": "string"}}}, ["a"], ["other shape: []: breaks not"]),
        ({"format": "email"}, 5, []),
        ({"format": "email"}, "ada@", ["other shape: the body: not in the format email"]),
        (TIME, 5, []),
        (TIME, "2024-01-01t12:00:00z", []),
        (TIME, "yesterday", NO_TIME),
        (TIME, "2024-01-01", NO_TIME),
        (TIME, "2024-01-01T12:00:00", NO_TIME),
        (TIME, "2024-01-01 12:00:00Z", NO_TIME),
    ],
)
def test_everything_that_a_schema_says_is_checked(
    found: Compare, schema: dict[str, Any], document: Any, expected: list[str]
) -> None:
    """Whatever a schema says is checked, and what it leaves open is left alone."""
    assert found(document, schema) == expected
