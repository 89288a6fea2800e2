"""Correcting a slice: bringing it into form, and applying an overlay."""

from __future__ import annotations

import re
from typing import Any

import pytest
from spec_documents import OK, TEXT, WHOLE, answering, document, in_json, ref, taking
from specs import SpecError
from specs.overlay import apply_overlay
from specs.rewriting import with_bodies_in_place, with_path_parameters_of

AT_A = "$.paths['/a'].get.responses['200'].content['application/json'].schema"
AT_B = AT_A.replace("/a", "/b")


def _applied(target: dict[str, Any], *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": [*actions], **fields}
    return apply_overlay(target, overlay, "o.yaml")


def _name(target: str, name: str) -> dict[str, Any]:
    return {"target": target, "x-schema-name": name}


def test_updates_merge() -> None:
    """An update merges into every object matched: objects deeply, lists by adding, the rest by replacing."""
    whole = document({"/a": answering(TEXT, tags=["x"]), "/b": answering(TEXT)})
    update = {"summary": "S", "tags": ["y"], "responses": {"200": {"description": "D"}}}
    result = _applied(whole, {"target": "$.paths[*].get", "update": update})
    assert result["paths"]["/a"]["get"]["tags"] == ["x", "y"]
    assert result["paths"]["/b"]["get"]["tags"] == ["y"]
    assert result["paths"]["/b"]["get"]["responses"]["200"] == {
        "description": "D",
        "content": {"application/json": {"schema": TEXT}},
    }
    assert "summary" not in whole["paths"]["/a"]["get"]


def test_lists_and_the_root_can_be_updated() -> None:
    """Where a list is matched, the update is added to it as one entry; the target `$` is the document."""
    whole = document({"/a": {"get": {"responses": OK, "parameters": [{"name": "p"}]}}})
    result = _applied(
        whole,
        {"target": "$.paths.*.get.parameters", "update": {"name": "q"}},
        {"target": "$", "update": {"x-a": 1}},
    )
    assert result["paths"]["/a"]["get"]["parameters"] == [{"name": "p"}, {"name": "q"}]
    assert result["x-a"] == 1


def test_removals_remove_everything_matched() -> None:
    """All matches go, also several of one list and one inside another; an optional action may match none."""
    parameters = [{"in": "query", "name": str(n)} for n in range(12)]
    whole = document({"/a": {"get": {"parameters": parameters, "responses": OK}}, "/b": {"get": {}}})
    result = _applied(whole, {"target": "$..[?@.in == 'query']", "remove": True})
    assert result["paths"]["/a"]["get"]["parameters"] == []
    result = _applied(whole, {"target": "$.paths..*", "remove": True})
    assert result["paths"] == {}
    assert _applied(whole, {"target": "$.paths['/c']", "x-optional": True, "remove": True}) == whole


@pytest.mark.parametrize(
    ("actions", "problem"),
    [
        ([{"target": "$.paths['/b']", "remove": True}], "action 1 ($.paths['/b']): matches nothing"),
        (
            [{"target": "$.info", "update": {}}, {"target": "$.x", "update": {}}],
            "action 2 ($.x): matches nothing",
        ),
        ([{"target": "$.paths[", "remove": True}], "action 1 ($.paths[): not a JSONPath"),
        ([{"remove": True}], "has no target"),
        (["x"], "has no target"),
        ([{"target": "$.info"}], "needs exactly one of update, remove"),
        ([{"target": "$.info", "update": {}, "remove": True}], "needs exactly one of"),
        ([{"target": "$.info", "updates": {}}], "unknown field 'updates'"),
        ([{"target": "$.info.title", "update": {}}], "neither an object nor an array"),
        ([{"target": "$.info", "update": "x"}], "an object is updated with something else"),
        ([{"target": "$", "update": {"info": "x"}}], "'info' is not of the same shape"),
        ([{"target": "$", "remove": True}], "the whole document cannot be removed"),
        ([{"target": "$.info", "x-schema-name": "a b"}], "'a b' is not a name for a component"),
        ([{"target": "$.info.title", "x-schema-name": "A"}], "is not a schema"),
        ([{"target": "$.info", "x-single-value-discriminator": True}], "is not the mapping"),
        ([], "'actions' is not a list of actions"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(actions: list[Any], problem: str) -> None:
    """An action that matches nothing, or cannot be applied, is refused by its number and target."""
    with pytest.raises(SpecError, match=rf"\Ao\.yaml: .*{re.escape(problem)}"):
        _applied(document({"/a": {}}), *actions)


@pytest.mark.parametrize("fields", [{"overlay": "2.0.0"}, {"overlay": 1.0}, {"info": {"title": "x"}}])
def test_other_documents_are_no_overlay(fields: dict[str, Any]) -> None:
    """Only Overlay 1.0 documents are applied."""
    with pytest.raises(SpecError, match=r"^o\.yaml: "):
        _applied(document({}), {"target": "$", "update": {}}, **fields)


def test_a_schema_is_named_by_its_place() -> None:
    """A schema gets our name whatever the vendor calls it, and every reference to it follows."""
    other = {"discriminator": {"propertyName": "t", "mapping": {"o": "Old"}}}
    schemas = {"Old": {"properties": {"self": ref("Old"), "other": ref("Other")}}, "Other": other}
    whole = document({"/a": answering(ref("Old")), "/b": taking({"items": ref("Old")})}, schemas)
    result = _applied(whole, _name(AT_A, "New"))
    other["discriminator"]["mapping"]["o"] = "#/components/schemas/New"
    assert result["components"]["schemas"] == {
        "New": {"properties": {"self": ref("New"), "other": ref("Other")}},
        "Other": other,
    }
    assert result["paths"] == {"/a": answering(ref("New")), "/b": taking({"items": ref("New")})}
    assert _applied(result, _name(AT_A, "New")) == result


def test_a_schema_in_place_becomes_a_component() -> None:
    """A schema that has no name yet is moved into a component, wherever it stands."""
    inline = {"type": "string", "enum": ["a"]}
    whole = document({"/a": answering(ref("A"))}, {"A": {"properties": {"x": inline, "y": ref("A")}}})
    result = _applied(whole, _name("$.components.schemas.A.properties.x", "X"))
    named = {"A": {"properties": {"x": ref("X"), "y": ref("A")}}, "X": inline}
    assert result["components"]["schemas"] == named


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_wrapped_reference_is_seen_through(keyword: str) -> None:
    """A reference wrapped to carry a description or to allow null names what it refers to."""
    wrapped = {keyword: [ref("B"), {"type": "null"}][: 1 if keyword == "allOf" else 2], "description": "d"}
    whole = document({}, {"A": {"properties": {"b": wrapped}}, "B": TEXT})
    schemas = _applied(whole, _name("$.components.schemas.A.properties.b", "C"))["components"]["schemas"]
    assert set(schemas) == {"A", "C"}
    assert schemas["A"]["properties"]["b"][keyword][0] == ref("C")


def test_a_name_fits_one_schema() -> None:
    """Two schemas that differ never get one name, neither by one action nor by two."""
    whole = document({}, {"A": TEXT, "B": WHOLE})
    with pytest.raises(SpecError, match="matches 2 different schemas"):
        _applied(whole, _name("$.components.schemas.*", "C"))
    with pytest.raises(SpecError, match="another schema is called 'C' already"):
        _applied(whole, *(_name(f"$.components.schemas.{each}", "C") for each in "AB"))


def test_equal_schemas_become_one() -> None:
    """A schema written out at each use is one component, as if it had been referred to."""
    whole = document({"/a": answering(TEXT), "/b": answering(ref("B"))}, {"B": TEXT, "C": ref("B")})
    result = _applied(whole, _name("$..content[*].schema", "D"))
    assert result["components"]["schemas"] == {"D": TEXT, "C": ref("D")}
    assert result["paths"] == {"/a": answering(ref("D")), "/b": answering(ref("D"))}


def test_another_schema_of_our_name_gets_a_new_one() -> None:
    """A vendor's other schema of a name that we give keeps its content under another name."""
    other = {"properties": {"self": ref("User"), "in": TEXT}}
    paths = {"/a": answering(ref("Person")), "/b": answering(ref("User"))}
    whole = document(paths, {"User": other, "Person": TEXT})
    result = _applied(whole, _name(AT_A, "User"))
    moved: dict[str, Any] = {"properties": {"self": ref("User2"), "in": TEXT}}
    assert result["components"]["schemas"] == {"User2": moved, "User": TEXT}
    assert result["paths"] == {"/a": answering(ref("User")), "/b": answering(ref("User2"))}
    result = _applied(whole, _name("$.components.schemas.User.properties.in", "User"))
    moved["properties"]["in"] = ref("User")
    assert result["components"]["schemas"] == {"User2": moved, "Person": TEXT, "User": TEXT}


def test_the_first_name_given_stays() -> None:
    """A schema in two places that we name keeps the name of the first."""
    whole = document({"/a": answering(ref("Person")), "/b": answering(ref("Person"))}, {"Person": TEXT})
    result = _applied(whole, _name(AT_A, "User"), _name(AT_B, "Made"))
    assert result == document({"/a": answering(ref("User")), "/b": answering(ref("User"))}, {"User": TEXT})


MAPPING = "$.components.schemas[*].discriminator.mapping"


def test_variants_get_a_single_value() -> None:
    """Each variant's discriminating property is required and has the mapping's value, in its own case."""
    mapping = {"CAT": "Cat", "dog": ref("Dog")["$ref"]}
    kind = {"type": "string", "enum": ["CAT", "dog"]}
    schemas = {
        "Pet": {"discriminator": {"propertyName": "kind", "mapping": mapping}},
        "Kind": kind,
        "Cat": {"type": "object", "required": ["name"], "properties": {"kind": ref("Kind"), "name": TEXT}},
        "Dog": {"type": "object", "properties": {"kind": {"description": "d", **kind}}},
    }
    whole = _applied(document({}, schemas), {"target": MAPPING, "x-single-value-discriminator": True})
    result = whole["components"]["schemas"]
    assert result["Cat"]["properties"]["kind"] == {"type": "string", "enum": ["CAT"]}
    assert result["Cat"]["required"] == ["kind", "name"]
    assert result["Dog"]["properties"]["kind"] == {"type": "string", "enum": ["dog"], "description": "d"}
    assert result["Dog"]["required"] == ["kind"]
    assert result["Kind"] == kind


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [({"a": "Any"}, "a variant without properties"), ({"a": "V", "A": "V"}, "lead to one schema")],
)
def test_variants_that_cannot_have_one_value_are_refused(mapping: dict[str, str], problem: str) -> None:
    """A mapping that does not tell its variants apart is refused, and so is a variant that is no object."""
    union = {"discriminator": {"propertyName": "t", "mapping": mapping}}
    whole = document({}, {"U": union, "V": {"properties": {}}, "Any": True})
    with pytest.raises(SpecError, match=problem):
        _applied(whole, {"target": MAPPING, "x-single-value-discriminator": True})


def test_bodies_behind_references_are_put_in_place() -> None:
    """Request bodies and successful responses are seen through; errors may stay references."""
    body = in_json(TEXT)
    fine = {"description": "Fine.", **body}
    responses = {"201": ref("Alias", "responses"), "400": ref("Fine", "responses")}
    whole = document({"/a": {"post": {"requestBody": ref("New", "requestBodies"), "responses": responses}}})
    responses = {"Alias": ref("Fine", "responses"), "Fine": fine}
    whole["components"] = {"requestBodies": {"New": body}, "responses": responses}
    assert with_bodies_in_place(whole)["paths"]["/a"]["post"] == {
        "requestBody": body,
        "responses": {"201": fine, "400": ref("Fine", "responses")},
    }


def _parameter(name: str, place: str = "path") -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": TEXT}


def test_a_path_gets_our_names_for_its_parameters() -> None:
    """A path that is ours but for a parameter's name is ours, wherever the parameter is declared."""
    ours = document({"/a/{a_id}": {}, "/a/{a_id}/b/{b_id}": {}})
    deep = {"get": {"parameters": [_parameter("id"), _parameter("sub")], "responses": OK}}
    one = {"parameters": [ref("Id", "parameters"), _parameter("id", "query")], "get": {"responses": OK}}
    whole = document({"/a": {}, "/a/{id}": one, "/a/{id}/b/{sub}": deep, "/c/{id}": {}})
    whole["components"] = {"parameters": {"Id": _parameter("id")}}
    paths = with_path_parameters_of(ours, whole)["paths"]
    assert list(paths) == ["/a", "/a/{a_id}", "/a/{a_id}/b/{b_id}", "/c/{id}"]
    assert paths["/a/{a_id}"]["parameters"] == [_parameter("a_id"), _parameter("id", "query")]
    assert [p["name"] for p in paths["/a/{a_id}/b/{b_id}"]["get"]["parameters"]] == ["a_id", "b_id"]
    assert "/a/{id}" in whole["paths"]


def test_a_path_that_is_ours_already_stays() -> None:
    """Nothing is renamed onto a path that is there."""
    ours = document({"/a/{a_id}": {}})
    whole = document({"/a/{a_id}": {"get": {"responses": OK}}, "/a/{id}": {"put": {"responses": OK}}})
    assert with_path_parameters_of(ours, whole) == whole
