"""Cutting a slice out of a document."""

from __future__ import annotations

from typing import Any

import pytest
from spec_documents import OK, answering, document, ref, taking
from specs import SpecError
from specs.slicing import slice_document

TEXT = {"type": "string"}


def _schemas(slice_: dict[str, Any]) -> set[str]:
    return set(slice_.get("components", {}).get("schemas", {}))


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
        "Unused": ref("F"),
        "UnusedToo": ref("A"),
    }
    whole = document({"/a": answering(ref("A")), "/b": answering(ref("Unused"))}, schemas)
    cut = slice_document(whole, "/a")
    assert _schemas(cut) == {"A", "B", "C", "D", "E", "E2", "F", "G", "H"}
    assert cut["components"]["schemas"]["A"] == schemas["A"]
    assert slice_document(cut, "/a") == cut


def test_components_of_every_kind_come_along() -> None:
    """Parameters, bodies, responses, headers, examples, callbacks and path items are followed too."""
    whole = document(
        {
            "/a": {
                "parameters": [ref("P", "parameters")],
                "post": {
                    "requestBody": ref("B", "requestBodies"),
                    "responses": {"200": ref("R", "responses")},
                    "callbacks": {"done": ref("C", "callbacks")},
                },
            }
        }
    )
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
        "example": dangling,
        "default": dangling,
        "enum": [dangling],
        "const": dangling,
        "examples": [dangling],
        "x-thing": dangling,
    }
    whole = document({"/a": answering(schema)}, {"A": TEXT, "B": TEXT, "C": TEXT})
    whole["paths"]["/a"]["get"]["responses"]["x-thing"] = dangling
    cut = slice_document(whole, "/a")
    assert _schemas(cut) == {"A", "B", "C"}
    assert cut["paths"] == whole["paths"]


def test_references_are_unescaped_once() -> None:
    """A component's name may hold any character, written as JSON pointers and addresses have it."""
    names = ["a~1b", "a/b", "a b", "a%20b", "é"]
    written = ["a~01b", "a~1b", "a%20b", "a%2520b", "é"]
    whole = document(
        {"/a": answering({"allOf": [ref(name) for name in written]})}, dict.fromkeys(names, TEXT)
    )
    cut = slice_document(whole, "/a")
    assert _schemas(cut) == set(names)
    assert slice_document(cut, "/a") == cut


def test_discriminators_bring_their_mapping() -> None:
    """A mapping is followed both by reference and by bare schema name, and then says references."""
    union = {"discriminator": {"propertyName": "t", "mapping": {"a": "#/components/schemas/A", "b": "B"}}}
    whole = document({"/a": answering(union)}, {"A": TEXT, "B": TEXT, "C": TEXT})
    cut = slice_document(whole, "/a")
    assert _schemas(cut) == {"A", "B"}
    schema = cut["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["discriminator"]["mapping"] == {
        "a": "#/components/schemas/A",
        "b": "#/components/schemas/B",
    }


def test_a_reference_into_something_gets_a_component() -> None:
    """A reference to a part, also with escapes, takes the part and not the whole around it."""
    whole = document(
        {
            "/a/{x}": answering(
                {
                    "properties": {
                        "part": {"$ref": "#/components/schemas/Big/properties/small"},
                        "other": {
                            "$ref": "#/paths/~1b~1%7By%7D/get/responses/200/content/text~1plain/schema"
                        },
                        "through": {"$ref": "#/components/schemas/Alias/properties/small"},
                    }
                }
            ),
            "/b/{y}": {"get": {"responses": {"200": {"content": {"text/plain": {"schema": ref("Other")}}}}}},
        },
        {
            "Big": {"properties": {"small": {"type": "integer"}, "large": ref("Huge")}},
            "Alias": ref("Big"),
            "Huge": TEXT,
            "Other": TEXT,
        },
    )
    cut = slice_document(whole, "/a")
    assert set(cut["paths"]) == {"/a/{x}"}
    schema = cut["paths"]["/a/{x}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    small, other, through = (schema["properties"][name]["$ref"] for name in ("part", "other", "through"))
    assert small == through == "#/components/schemas/BigSmall"
    assert cut["components"]["schemas"] == {
        "BigSmall": {"type": "integer"},
        other.rpartition("/")[2]: ref("Other"),
        "Other": TEXT,
    }


def test_a_part_that_is_in_the_slice_is_there_once() -> None:
    """When the whole comes along as well, it refers to the part's component instead of repeating it."""
    schemas = {"Big": {"title": "Big", "properties": {"small": {"type": "object", "title": "Small thing"}}}}
    part = {"$ref": "#/components/schemas/Big/properties/small"}
    cut = slice_document(
        document({"/a": answering({"properties": {"x": ref("Big"), "y": part}})}, schemas), "/a"
    )
    assert cut["components"]["schemas"] == {
        "Big": {"title": "Big", "properties": {"small": ref("SmallThing")}},
        "SmallThing": {"type": "object", "title": "Small thing"},
    }


def test_a_path_may_refer_to_another() -> None:
    """A path item that is a reference holds the content it refers to, with its own words on top."""
    whole = document(
        {"/a": {"$ref": "#/paths/~1b", "summary": "mine"}, "/b": answering(ref("A"))}, {"A": TEXT}
    )
    cut = slice_document(whole, "/a")
    assert cut["paths"] == {"/a": {**answering(ref("A")), "summary": "mine"}}
    assert _schemas(cut) == {"A"}


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
    scheme = {"type": "http", "scheme": "bearer"}
    whole = document({"/a": {"get": {"responses": OK, **own}}}, security=[{"global": []}])
    names = ("global", "own", "second", "other")
    whole["components"] = {"securitySchemes": dict.fromkeys(names, scheme)}
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


def test_links_out_of_the_slice_are_left_out() -> None:
    """A link to an operation that stays behind is dropped; one inside the slice is kept."""
    links = {
        "in": {"operationId": "inside"},
        "out": {"operationId": "outside"},
        "shared": ref("L", "links"),
        "shared out": ref("M", "links"),
        "by place": {"operationRef": "#/paths/~1a~1b/get"},
        "by place out": {"operationRef": "#/paths/~1b/get"},
    }
    whole = document(
        {
            "/a": {"get": {"responses": {"200": {"description": "", "links": links}}}},
            "/a/b": {"get": {"operationId": "inside", "responses": OK}},
            "/b": {"get": {"operationId": "outside", "responses": OK}},
        }
    )
    whole["components"] = {"links": {"L": {"operationId": "inside"}, "M": {"operationId": "outside"}}}
    cut = slice_document(whole, "/a")
    assert set(cut["paths"]["/a"]["get"]["responses"]["200"]["links"]) == {"in", "shared", "by place"}
    assert cut["components"] == {"links": {"L": {"operationId": "inside"}}}
    del whole["paths"]["/a/b"]
    assert "components" not in slice_document(whole, "/a")


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (ref("B"), "'#/components/schemas/B' points to nothing"),
        (ref("A") | {"$ref": "#/components/schemas/A/items/x"}, "points to nothing"),
        ({"$ref": "other.yaml#/A"}, "'other.yaml#/A' points outside the document"),
        ({"$ref": "https://example.com/a.json"}, "points outside the document"),
        ({"$ref": "#A"}, "'#A' is not a JSON pointer"),
        ({"$ref": 5}, "its $ref is not text"),
        ({"discriminator": {"mapping": {"a": "Nothing"}}}, "'Nothing' points outside the document"),
        ({"$ref": "#/components/schemas/Loop/x"}, "leads back to itself"),
    ],
)
def test_references_to_nothing_are_refused(schema: dict[str, Any], problem: str) -> None:
    """A reference that cannot be followed is refused with the place where it stands."""
    schemas = {"A": TEXT, "Loop": {"$ref": "#/components/schemas/Loop/x"}}
    with pytest.raises(SpecError) as refusal:
        slice_document(document({"/a": taking(schema)}, schemas), "/a")
    assert problem in str(refusal.value)
    assert str(refusal.value).startswith(
        "paths > /a > post > requestBody > content > application/json > "
    ) or ("Loop" in str(refusal.value))


@pytest.mark.parametrize("field", ["security", "tags"])
@pytest.mark.parametrize("value", ["x", {"a": 1}, [5]])
def test_malformed_lists_are_refused(field: str, value: Any) -> None:
    """A field of the wrong shape is refused with its place."""
    with pytest.raises(SpecError, match=f"> {field}: not a list of"):
        slice_document(document({"/a": {"get": {"responses": OK, field: value}}}), "/a")


def test_dangling_references_elsewhere_do_not_matter() -> None:
    """What the slice does not need is not looked at."""
    whole = document({"/a": answering(TEXT), "/b": answering(ref("Nowhere"))}, {"A": ref("Nowhere")})
    assert set(slice_document(whole, "/a")["paths"]) == {"/a"}


def test_the_source_is_left_alone() -> None:
    """The slice shares nothing with the document it was cut from."""
    whole = document({"/a": answering(ref("A"), tags=["t"])}, {"A": {"enum": ["x"]}}, tags=[{"name": "t"}])
    cut = slice_document(whole, "/a")
    cut["components"]["schemas"]["A"]["enum"].append("y")
    cut["tags"][0]["name"] = "u"
    cut["info"]["title"] = "B"
    assert whole["components"]["schemas"]["A"] == {"enum": ["x"]}
    assert (whole["tags"], whole["info"]["title"]) == ([{"name": "t"}], "A")
