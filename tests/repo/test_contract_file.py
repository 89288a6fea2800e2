"""The checked-in contract: valid, complete, and true to its own examples."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from specs.grammar import walk
from specs.references import follow, pointer
from support.programs import ROOT

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
            resolved, _ = follow(SPEC, response)
            schema = resolved["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
            assert (status == "429") == ("Retry-After" in resolved.get("headers", {}))


EXAMPLES = [
    (pointer((*at, "schema") if "schema" in node else at), node["example"])
    for node, _, at in walk(SPEC)
    if "example" in node
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
    schema = {"$ref": f"urn:spec{place}"}
    formats = FormatChecker(["email", "date-time"])
    Draft202012Validator(schema, registry=registry, format_checker=formats).validate(example)
