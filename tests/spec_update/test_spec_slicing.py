"""Cutting a slice out of a document."""

from __future__ import annotations

from typing import Any

import pytest
from spec_documents import OK, TEXT, WHOLE, answering, document, ref, taking
from specs import SpecError
from specs.slicing import slice_document


def _slice(schema: Any, schemas: dict[str, Any], **paths: Any) -> tuple[Any, dict[str, Any]]:
    """Cut out a path that answers with a schema: the schema, and the components that come along."""
    whole = document({"/a": answering(schema), **{f"/{name}": item for name, item in paths.items()}}, schemas)
    cut = slice_document(whole, "/a")
    assert slice_document(cut, "/a") == cut, "a slice is its own slice"
    assert set(cut["paths"]) == {"/a"}
    result = cut["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return result, cut.get("components", {}).get("schemas", {})


def test_the_prefix_ends_at_a_slash() -> None:
    """A prefix takes itself and what is under it, not paths that merely begin alike."""
    names = ["/v2/users", "/v2/users/{id}", "/v2/users/{id}/x", "/v2/users-export", "/v2/user", "/x/v2/users"]
    whole = document({name: {"get": {"responses": OK}} for name in names})
    assert list(slice_document(whole, "/v2/users")["paths"]) == names[:3]
    assert list(slice_document(whole, "/")["paths"]) == names


def test_a_prefix_that_matches_nothing_is_refused() -> None:
    """A wrong prefix is answered with the nearest paths there are."""
    with pytest.raises(SpecError, match=r"^no path is /v2/user or under it; the nearest are /v2/users$"):
        slice_document(document({"/v2/users": {}}), "/v2/user")


def test_references_are_followed_through_depth_and_cycles() -> None:
    """Everything a slice refers to comes along, also in circles, and nothing else does."""
    schemas = {
        "A": {"type": "object", "properties": {"b": ref("B"), "more": {"additionalProperties": ref("C")}}},
        "B": {"allOf": [ref("D"), {"not": ref("E")}]},
        "C": {"type": "array", "items": ref("A")},
        "D": {"oneOf": [TEXT, ref("B")], "prefixItems": [ref("F")]},
        "E": ref("E2"),
        "E2": {"patternProperties": {"x": ref("G")}},
        "F": TEXT,
        "G": {"if": ref("H"), "then": TEXT},
        "H": TEXT,
    }
    unused = {"Unused": ref("F"), "UnusedToo": ref("A"), "Dangling": ref("Nowhere")}
    found = _slice(ref("A"), schemas | unused, b=answering(ref("Unused")), c=answering(ref("Nowhere")))
    assert found == (ref("A"), schemas)


def test_components_of_every_kind_come_along() -> None:
    """Parameters, bodies, responses, headers, examples, callbacks and path items are followed too."""
    operation = {
        "requestBody": ref("B", "requestBodies"),
        "responses": {"200": ref("R", "responses")},
        "callbacks": {"done": ref("C", "callbacks")},
    }
    whole = document({"/a": {"parameters": [ref("P", "parameters")], "post": operation}})
    whole["components"] = {
        "parameters": {"P": {"name": "p", "in": "query", "schema": TEXT}, "P2": {}},
        "requestBodies": {"B": {"content": {"text/plain": {"examples": {"e": ref("E", "examples")}}}}},
        "responses": {"R": {"description": "R", "headers": {"H": ref("H", "headers")}}, "R2": {}},
        "headers": {"H": {"schema": ref("S")}, "H2": {}},
        "examples": {"E": {"value": {"$ref": "#/not/a/reference"}}, "E2": {}},
        "callbacks": {"C": {"{$request.body#/url}": ref("I", "pathItems")}},
        "pathItems": {"I": {"post": {"responses": OK, "requestBody": ref("B", "requestBodies")}}},
        "schemas": {"S": TEXT, "S2": TEXT},
    }
    components = slice_document(whole, "/a")["components"]
    assert {name for section in components.values() for name in section} == set("PBRHECIS")


def test_only_the_place_makes_a_reference() -> None:
    """Data that looks like a reference is data, and a property may be called like a keyword."""
    dangling = {"$ref": "#/components/schemas/Nowhere"}
    schema = {
        "type": "object",
        "properties": {"example": ref("A"), "default": ref("B"), "$ref": TEXT, "enum": ref("C")},
        **dict.fromkeys(("example", "default", "const", "x-thing"), dangling),
        "enum": [dangling],
        "examples": [dangling],
    }
    schemas = {"A": TEXT, "B": TEXT, "C": TEXT}
    assert _slice(schema, schemas) == (schema, schemas)
    responses = {"200": {"description": "", "content": {}}, "x-thing": dangling}
    paths = {"/a": {"get": {"responses": responses}}}
    assert slice_document(document(paths), "/a")["paths"] == paths


def test_references_are_unescaped_once() -> None:
    """A component's name may hold any character, written as JSON pointers and addresses have it."""
    names = ["a~1b", "a/b", "a b", "a%20b", "é"]
    written = ["a~01b", "a~1b", "a%20b", "a%2520b", "é"]
    _, found = _slice({"allOf": [ref(name) for name in written]}, dict.fromkeys(names, TEXT))
    assert set(found) == set(names)


def test_discriminators_bring_their_mapping() -> None:
    """A mapping is followed both by reference and by bare schema name, and then says references."""
    union = {"discriminator": {"propertyName": "t", "mapping": {"a": ref("A")["$ref"], "b": "B"}}}
    schema, found = _slice(union, {"A": TEXT, "B": TEXT, "C": TEXT})
    assert set(found) == {"A", "B"}
    assert schema["discriminator"]["mapping"] == {"a": ref("A")["$ref"], "b": ref("B")["$ref"]}


def test_a_reference_into_something_gets_a_component() -> None:
    """A reference to a part, also with escapes, takes the part and not the whole around it."""
    parts = {
        "part": {"$ref": "#/components/schemas/Big/properties/small"},
        "other": {"$ref": "#/paths/~1b~1%7By%7D/get/responses/200/content/application~1json/schema"},
        "through": {"$ref": "#/components/schemas/Alias/properties/small"},
    }
    big = {"properties": {"small": WHOLE, "large": ref("Huge")}}
    schemas = {"Big": big, "Alias": ref("Big"), "Huge": TEXT, "Other": TEXT}
    schema, found = _slice({"properties": parts}, schemas, **{"b/{y}": answering(ref("Other"))})
    small, other, through = (schema["properties"][name]["$ref"] for name in parts)
    assert small == through == "#/components/schemas/BigSmall"
    assert found == {"BigSmall": WHOLE, other.rpartition("/")[2]: ref("Other"), "Other": TEXT}


def test_a_part_that_is_in_the_slice_is_there_once() -> None:
    """When the whole comes along as well, it refers to the part's component instead of repeating it."""
    small = {"type": "object", "title": "Small thing"}
    both = {"x": ref("Big"), "y": ref("Big/properties/small")}
    _, found = _slice({"properties": both}, {"Big": {"properties": {"small": small}}})
    assert found == {"Big": {"properties": {"small": ref("SmallThing")}}, "SmallThing": small}


def test_a_part_takes_no_name_that_is_there() -> None:
    """A part whose name would be that of a component gets the next one that is free."""
    schemas = {"Big": {"properties": {"small": WHOLE}}, "BigSmall": TEXT}
    schema, found = _slice({"allOf": [ref("Big/properties/small"), ref("BigSmall")]}, schemas)
    assert schema == {"allOf": [ref("BigSmall2"), ref("BigSmall")]}
    assert found == {"BigSmall": TEXT, "BigSmall2": WHOLE}


def test_a_path_may_refer_to_another() -> None:
    """A path item that is a reference holds the content it refers to, with its own words on top."""
    paths = {"/a": {"$ref": "#/paths/~1b", "summary": "mine"}, "/b": answering(ref("A"))}
    cut = slice_document(document(paths, {"A": TEXT}), "/a")
    assert cut["paths"] == {"/a": {**answering(ref("A")), "summary": "mine"}}
    assert cut["components"] == {"schemas": {"A": TEXT}}


@pytest.mark.parametrize(
    ("own", "expected", "is_global_kept"),
    [
        ({}, {"global"}, True),
        ({"security": [{"own": [], "second": ["read"]}, {}]}, {"own", "second"}, False),
        ({"security": []}, set(), False),
    ],
)
def test_security_schemes_come_along(own: dict[str, Any], expected: set[str], is_global_kept: bool) -> None:
    """The schemes of the sliced operations are taken: their own, or else the document's."""
    whole = document({"/a": {"get": {"responses": OK, **own}}}, security=[{"global": []}])
    scheme = {"type": "http", "scheme": "bearer"}
    schemes = {"global": scheme, "own": scheme, "second": scheme, "other": scheme}
    whole["components"] = {"securitySchemes": schemes}
    cut = slice_document(whole, "/a")
    assert set(cut.get("components", {}).get("securitySchemes", {})) == expected
    assert ("security" in cut) is is_global_kept


def test_only_used_tags_are_kept() -> None:
    """Tags, and nothing else at the root, are cut down to what the slice uses."""
    tags = [{"name": "b"}, {"name": "a", "description": "A"}]
    whole = document({"/a": answering(TEXT, tags=["a"])}, tags=tags, webhooks={}, externalDocs={})
    cut = slice_document(whole, "/a")
    assert cut["tags"] == [{"name": "a", "description": "A"}]
    assert set(cut) == {"openapi", "info", "tags", "paths"}


AT_SCHEMA = "paths > /a > post > requestBody > content > application/json > schema"


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (ref("B"), ": '#/components/schemas/B' points to nothing"),
        (ref("A/items/x"), ": '#/components/schemas/A/items/x' points to nothing"),
        ({"$ref": "other.yaml#/A"}, ": 'other.yaml#/A' points outside the document"),
        (
            {"$ref": "https://example.com/a.json"},
            ": 'https://example.com/a.json' points outside the document",
        ),
        ({"$ref": "#A"}, ": '#A' is not a JSON pointer"),
        ({"$ref": 5}, ": its $ref is not text"),
        (
            {"discriminator": {"mapping": {"a": "Nothing"}}},
            " > discriminator > mapping > a: 'Nothing' points outside the document",
        ),
        ({"discriminator": {"mapping": {"a": 5}}}, ": the discriminator's mapping of 'a' is not text"),
    ],
)
def test_references_to_nothing_are_refused(schema: dict[str, Any], problem: str) -> None:
    """A reference that cannot be followed is refused with the place where it stands."""
    with pytest.raises(SpecError) as refusal:
        slice_document(document({"/a": taking(schema)}, {"A": TEXT}), "/a")
    assert str(refusal.value) == AT_SCHEMA + problem


@pytest.mark.parametrize("path_item", [{"$ref": "#/paths/~1a"}, taking(ref("Loop/x"))])
def test_references_to_themselves_are_refused(path_item: dict[str, Any]) -> None:
    """A reference that leads back to itself is refused, with the place where it goes round."""
    with pytest.raises(SpecError, match=r"> (/a|Loop): '.*' leads back to itself$"):
        slice_document(document({"/a": path_item}, {"Loop": ref("Loop/x")}), "/a")


def test_the_source_is_left_alone() -> None:
    """The slice shares nothing with the document it was cut from."""
    whole = document({"/a": answering(ref("A"), tags=["t"])}, {"A": {"enum": ["x"]}}, tags=[{"name": "t"}])
    cut = slice_document(whole, "/a")
    cut["components"]["schemas"]["A"]["enum"].append("y")
    cut["tags"][0]["name"] = "u"
    cut["info"]["title"] = "B"
    assert whole["components"]["schemas"]["A"] == {"enum": ["x"]}
    assert (whole["tags"], whole["info"]["title"]) == ([{"name": "t"}], "A")
