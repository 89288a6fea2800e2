"""The checked-in contract: valid, complete, and true to its own examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "openapi" / "users.yaml").read_text())

OPERATIONS = {
    ("/v2/users", "get"): ("list_users", "200 400 401 403 429"),
    ("/v2/users", "post"): ("create_user", "200 201 400 401 403 404 409 422 429"),
    ("/v2/users/{user_id}", "get"): ("get_user", "200 400 401 404 429"),
    ("/v2/users/{user_id}", "patch"): ("update_user", "200 400 401 403 404 422 429"),
    ("/v2/users/{user_id}", "delete"): ("delete_user", "204 400 401 403 404 429"),
    ("/v2/users/{user_id}/resend-invitation", "post"): (
        "resend_user_invitation",
        "202 204 400 401 403 404 429",
    ),
    ("/v2/users/{user_id}/reset-password", "post"): ("reset_user_password", "204 400 401 403 404 429"),
}


def test_the_contract_is_valid_openapi() -> None:
    """Tooling can rely on a document that openapi-spec-validator accepts."""
    OpenAPIV31SpecValidator(SPEC).validate()


def test_the_contract_holds_the_seven_operations_and_no_other() -> None:
    """Every operation has its documented id and exactly its documented statuses."""
    found = {
        (path, method): (operation["operationId"], " ".join(sorted(operation["responses"])))
        for path, item in SPEC["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert found == OPERATIONS


def test_every_refusal_is_a_problem_document() -> None:
    """Each documented failure of each operation has the problem+json body, and 429 its Retry-After."""
    operations = [SPEC["paths"][path][method] for path, method in OPERATIONS]
    for status, response in (pair for operation in operations for pair in operation["responses"].items()):
        if status.startswith("4"):
            resolved = resolve(response)
            schema = resolved["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
            assert (status == "429") == ("Retry-After" in resolved.get("headers", {}))


def test_each_role_variant_is_told_by_a_required_type_of_its_own() -> None:
    """A generated client can never take a custom role for a predefined one."""
    schemas = SPEC["components"]["schemas"]
    kinds = []
    for variant in schemas["UserRoleAssignment"]["oneOf"]:
        schema = resolve(variant)
        assert "type" in schema["required"]
        kinds.extend(schema["properties"]["type"]["enum"])
    assert kinds == ["predefined", "custom"]


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """Follow one local reference."""
    if "$ref" not in node:
        return node
    target: Any = SPEC
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    found: dict[str, Any] = target
    return found


def examples(node: Any, steps: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Find every example, with the pointer to the schema that it is an example of."""
    if isinstance(node, list):
        node = {str(index): item for index, item in enumerate(node)}
    if isinstance(node, dict):
        if "example" in node:
            at = (*steps, "schema") if "schema" in node else steps
            yield "#/" + "/".join(step.replace("/", "~1") for step in at), node["example"]
        for name, value in node.items():
            if name not in ("example", "enum", "default", "required"):
                yield from examples(value, (*steps, name))


EXAMPLES = [
    (place, example) for part in ("paths", "components") for place, example in examples(SPEC[part], (part,))
]


def test_there_are_examples_of_everything() -> None:
    """Each schema of an object or an enum carries an example."""
    places = {place for place, _ in EXAMPLES}
    assert {f"#/components/schemas/{name}" for name in SPEC["components"]["schemas"]} <= places


@pytest.mark.parametrize(("place", "example"), EXAMPLES, ids=[place for place, _ in EXAMPLES])
def test_each_example_is_valid_against_its_own_schema(place: str, example: Any) -> None:
    """Whoever copies an example gets a document that the contract accepts."""
    resource = Resource.from_contents(SPEC, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:spec", resource)
    schema = {"$ref": f"urn:spec{quote(place, safe='#/~$')}"}
    formats = FormatChecker(["email", "date-time"])
    Draft202012Validator(schema, registry=registry, format_checker=formats).validate(example)
