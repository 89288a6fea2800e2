"""Documents held against schemas of every shape that a vendor's spec may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from arize_users.contract.schema import differences
from arize_users.contract.spec import load

CAT = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "lives": {}}}
DOG = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}, "tricks": {}}}
NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}


def found(document: Any, schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and place of each difference."""
    return [(str(one.kind), one.place) for one in differences(document, schema)]


@pytest.fixture
def linked(tmp_path: Path) -> Any:
    """Load a schema as the contract's own are loaded, references and all."""

    def linked(schema: dict[str, Any]) -> Any:
        document = {
            "openapi": "3.1.0",
            "paths": {"/v2/users": {"get": {"responses": {"200": {"schema": schema}}}}},
            "components": {"schemas": {"Cat": CAT, "Dog": DOG, "Node": NODE, "a/b~c": CAT}},
        }
        path = tmp_path / "spec.yaml"
        path.write_text(yaml.safe_dump(document))
        (operation,) = load(path).operations
        response = operation.response(200)
        assert response is not None
        return response["schema"]

    return linked


def of(name: str) -> dict[str, str]:
    """Refer to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_schema_may_hold_itself(linked: Any) -> None:
    """A document of any depth is followed through a schema that refers to itself."""
    schema = linked(of("Node"))
    assert found({"next": {"next": {"name": "last"}}}, schema) == []
    assert found({"next": {"next": {"name": 7, "x": 1}}}, schema) == [
        ("other shape", "next.next.name"),
        ("undocumented field", "next.next.x"),
    ]


@pytest.mark.parametrize("mapping", [None, {"cat": "Cat", "dog": "#/components/schemas/Dog"}])
@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_the_alternative_that_was_meant_is_the_one_judged(linked: Any, mapping: Any, word: str) -> None:
    """A discriminator chooses, by its mapping or by the names of the schemas, in any case."""
    discriminator = {"propertyName": "kind"} | ({"mapping": mapping} if mapping else {})
    schema = linked({word: [of("Cat"), of("Dog")], "discriminator": discriminator})
    assert found({"kind": "dog", "tricks": 2}, schema) == []
    assert found({"kind": "DOG"}, schema) == [("other case", "kind")]
    assert found({"kind": "cow"}, schema) == [("unknown value", "kind")]
    assert found({}, schema) == [("missing field", "kind")]


def test_without_a_discriminator_the_nearest_alternative_is_judged(linked: Any) -> None:
    """What differs is said of the alternative that differs least."""
    schema = linked({"oneOf": [of("Cat"), of("a~1b~0c"), of("Dog")]})
    assert found({"kind": "dog"}, schema) == []
    assert found({"kind": "DOG"}, schema)[0][0] in ("other case", "unknown value")
    assert found({"kind": "cat"}, schema) == [("other shape", "the body")]


def test_keywords_beside_a_reference_count_as_well(linked: Any) -> None:
    """A reference with something beside it means both."""
    schema = linked({**of("Cat"), "required": ["lives"], "allOf": [{"properties": {"age": {}}}]})
    assert found({"kind": "cat", "lives": 9, "age": 3}, schema) == []
    assert found({"kind": "cat"}, schema) == [("missing field", "lives")]


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        ({"type": "object"}, {"anything": 1}, []),
        ({"properties": {"a": {}}, "additionalProperties": True}, {"b": 1}, []),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"b": "x"}, []),
        ({"additionalProperties": False}, {"b": 1}, [("other shape", "the body")]),
        ({"items": {"properties": {"a": {}}}}, [{"b": 1}], [("undocumented field", "[].b")]),
        ({"enum": [1, None]}, "1", [("unknown value", "the body")]),
        ({"enum": ["x"]}, 7, [("unknown value", "the body")]),
        ({"type": ["string", "null"]}, True, [("other shape", "the body")]),
        ({"items": {"not": {"type": "string"}}}, ["a"], [("other shape", "[]")]),
        ({"format": "date-time"}, 5, []),
        ({"format": "email"}, 5, []),
        ({"format": "date-time"}, "2024-01-01t12:00:00z", []),
        ({"format": "date-time"}, "2024-01-01", [("other shape", "the body")]),
    ],
)
def test_other_keywords(schema: dict[str, Any], document: Any, expected: list[tuple[str, str]]) -> None:
    """Whatever a schema says is checked, and what it leaves open is left alone."""
    assert found(document, schema) == expected
