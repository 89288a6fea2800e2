"""Bringing a slice into the form that corrections by place expect."""

from __future__ import annotations

from typing import Any

from spec_documents import OK, document, ref
from specs.preparing import with_bodies_in_place, with_path_parameters_of


def test_bodies_behind_references_are_put_in_place() -> None:
    """Request bodies and successful responses are seen through; errors may stay references."""
    body = {"content": {"application/json": {"schema": {"type": "string"}}}}
    fine = {"description": "Fine.", **body}
    operation = {
        "requestBody": ref("New", "requestBodies"),
        "responses": {"201": ref("Alias", "responses"), "400": ref("Fine", "responses")},
    }
    whole = document({"/a": {"post": operation}})
    responses = {"Alias": ref("Fine", "responses"), "Fine": fine}
    whole["components"] = {"requestBodies": {"New": body}, "responses": responses}
    assert with_bodies_in_place(whole)["paths"]["/a"]["post"] == {
        "requestBody": body,
        "responses": {"201": fine, "400": ref("Fine", "responses")},
    }


def _parameter(name: str, place: str = "path") -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}}


def test_a_path_gets_our_names_for_its_parameters() -> None:
    """A path that is ours but for a parameter's name is ours, wherever the parameter is declared."""
    ours = document({"/a/{a_id}": {}, "/a/{a_id}/b/{b_id}": {}})
    deep = {"get": {"parameters": [_parameter("id"), _parameter("sub")], "responses": OK}}
    one = {
        "parameters": [ref("Id", "parameters"), _parameter("id", "query")],
        "get": {"operationId": "one", "responses": OK},
    }
    link = {"operationId": "one", "parameters": {"id": "$response.body#/id"}}
    made = {"post": {"responses": {"201": {"description": "", "links": {"one": link}}}}}
    whole = document({"/a": made, "/a/{id}": one, "/a/{id}/b/{sub}": deep, "/c/{id}": {}})
    whole["components"] = {"parameters": {"Id": _parameter("id")}}
    result = with_path_parameters_of(ours, whole)
    assert list(result["paths"]) == ["/a", "/a/{a_id}", "/a/{a_id}/b/{b_id}", "/c/{id}"]
    assert result["paths"]["/a/{a_id}"]["parameters"] == [_parameter("a_id"), _parameter("id", "query")]
    names = [each["name"] for each in result["paths"]["/a/{a_id}/b/{b_id}"]["get"]["parameters"]]
    assert names == ["a_id", "b_id"]
    links = result["paths"]["/a"]["post"]["responses"]["201"]["links"]
    assert links["one"]["parameters"] == {"a_id": "$response.body#/id"}
    assert "/a/{id}" in whole["paths"]


def test_a_path_that_is_ours_already_stays() -> None:
    """Nothing is renamed onto a path that is there."""
    ours = document({"/a/{a_id}": {}})
    whole = document({"/a/{a_id}": {"get": {"responses": OK}}, "/a/{id}": {"put": {"responses": OK}}})
    assert with_path_parameters_of(ours, whole) == whole
