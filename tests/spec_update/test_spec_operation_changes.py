"""Comparing operations: parameters, bodies, answers, security."""

from __future__ import annotations

from typing import Any

import pytest
from spec_documents import OK, document
from specs.document_diff import compared

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.kind, change.severity.name.lower()) for change in compared(old, new)]


def _operation(**fields: Any) -> dict[str, Any]:
    return document({"/a": {"get": {"responses": OK, **fields}}})


def _parameter(schema: Any = TEXT, **fields: Any) -> dict[str, Any]:
    return _operation(parameters=[{"name": "p", "in": "query", "schema": schema, **fields}])


JSON = {"content": {"application/json": {"schema": TEXT}}}
XML = {"content": {"application/xml": {"schema": TEXT}}}


def _answer(**fields: Any) -> dict[str, Any]:
    return _operation(responses={"200": {"description": "Fine.", **fields}})


@pytest.mark.parametrize(
    ("old", "new", "kind", "severity"),
    [
        (_operation(), _parameter(), "parameter-added", "compatible"),
        (_operation(), _parameter(required=True), "required-parameter-added", "breaking"),
        (_parameter(), _operation(), "parameter-removed", "breaking"),
        (_parameter(), _parameter(required=True), "made-required", "breaking"),
        (_parameter(required=True), _parameter(), "made-optional", "compatible"),
        (_parameter(), _parameter(explode=False), "parameter-style-changed", "breaking"),
        (
            _parameter(WHOLE | {"maximum": 9}),
            _parameter(WHOLE | {"maximum": 5}),
            "bound-narrowed",
            "breaking",
        ),
        (
            _parameter(WHOLE | {"maximum": 9}),
            _parameter(WHOLE | {"maximum": 10}),
            "bound-widened",
            "compatible",
        ),
        (_parameter(WHOLE | {"default": 1}), _parameter(WHOLE | {"default": 2}), "default-changed", "risky"),
        (_parameter(), _parameter(description="d"), "text-changed", "cosmetic"),
        (_parameter(), _parameter(deprecated=True), "deprecated", "compatible"),
        (_operation(), _operation(requestBody=JSON), "body-added", "compatible"),
        (_operation(), _operation(requestBody=JSON | {"required": True}), "required-body-added", "breaking"),
        (_operation(requestBody=JSON), _operation(), "body-removed", "breaking"),
        (
            _operation(requestBody=JSON),
            _operation(requestBody=JSON | {"required": True}),
            "made-required",
            "breaking",
        ),
        (_operation(), _operation(responses=OK | {"202": {"description": "d"}}), "status-added", "risky"),
        (
            _operation(responses=OK | {"202": {"description": "d"}}),
            _operation(),
            "status-removed",
            "breaking",
        ),
        (_answer(**JSON), _answer(), "body-removed", "breaking"),
        (_answer(), _answer(**JSON), "body-added", "compatible"),
        (_answer(), _answer(headers={"H": {"schema": TEXT}}), "header-added", "compatible"),
        (_answer(headers={"H": {"schema": TEXT}}), _answer(), "header-removed", "breaking"),
        (_operation(), _operation(operationId="x"), "operation-id-changed", "cosmetic"),
        (_operation(), _operation(tags=["x"]), "text-changed", "cosmetic"),
        (_operation(), _operation(callbacks={"c": {}}), "operation-changed", "risky"),
        (_operation(), document({"/a": {}}), "operation-removed", "breaking"),
        (document({"/a": {}}), _operation(), "operation-added", "compatible"),
        (_operation(), _operation() | {"servers": [{"url": "https://x"}]}, "servers-added", "compatible"),
        (_operation() | {"servers": [{"url": "https://x"}]}, _operation(), "servers-removed", "risky"),
    ],
)
def test_an_operation_changes(old: dict[str, Any], new: dict[str, Any], kind: str, severity: str) -> None:
    """Parameters, bodies, statuses, headers and operations each have their kind of change."""
    assert _changes(old, new) == [(kind, severity)]


def test_header_names_have_no_case() -> None:
    """A header, in a request or an answer, is the same in any case."""

    def parameter(name: str, place: str) -> dict[str, Any]:
        return _operation(parameters=[{"name": name, "in": place, "schema": TEXT}])

    same = [("layout-changed", "cosmetic")]
    assert _changes(parameter("X-A", "header"), parameter("x-a", "header")) == same
    assert (
        _changes(_answer(headers={"X": {"schema": TEXT}}), _answer(headers={"x": {"schema": TEXT}})) == same
    )
    assert _changes(parameter("X-A", "query"), parameter("x-a", "query"))[0] == (
        "parameter-removed",
        "breaking",
    )


def test_media_types_change() -> None:
    """A body in another media type is one type gone, and one come."""
    assert _changes(_answer(**JSON), _answer(**XML)) == [
        ("media-type-removed", "breaking"),
        ("media-type-added", "risky"),
    ]
    assert _changes(
        _operation(requestBody=JSON), _operation(requestBody={"content": JSON["content"] | XML["content"]})
    ) == [("media-type-added", "compatible")]
    charset = {"content": {"application/json; charset=utf-8": {"schema": TEXT}}}
    assert _changes(_answer(**JSON), _answer(**charset)) == [("layout-changed", "cosmetic")]


def test_security_changes() -> None:
    """A way of authenticating that goes is breaking, one that comes is compatible, its name is nothing."""

    def secured(requirements: list[dict[str, Any]], **schemes: Any) -> dict[str, Any]:
        return document({"/a": {"get": {"responses": OK, "security": requirements}}}) | {
            "components": {"securitySchemes": schemes}
        }

    bearer = {"type": "http", "scheme": "bearer"}
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    old = secured([{"a": []}], a=bearer)
    assert _changes(old, secured([{"b": []}], b=bearer)) == [("security-renamed", "cosmetic")]
    assert _changes(old, secured([{"a": []}, {"k": []}], a=bearer, k=key)) == [
        ("security-added", "compatible")
    ]
    assert _changes(old, secured([{"a": []}], a=key)) == [
        ("security-removed", "breaking"),
        ("security-added", "compatible"),
    ]
    assert _changes(_operation(), secured([{"a": []}], a=bearer))[0] == ("security-removed", "breaking")


def test_a_path_parameter_may_change_its_name() -> None:
    """A path parameter is known by its position; its name is not on the wire."""

    def path(name: str) -> dict[str, Any]:
        parameter = {"name": name, "in": "path", "required": True, "schema": TEXT}
        return document({f"/a/{{{name}}}": {"get": {"parameters": [parameter], "responses": OK}}})

    assert _changes(path("id"), path("user_id")) == [("path-parameter-renamed", "cosmetic")]


def test_where_a_parameter_stands_is_no_change() -> None:
    """A parameter that moves from the operation to its path is the same parameter."""
    parameter = {"name": "p", "in": "query", "schema": TEXT}
    above = document({"/a": {"parameters": [parameter], "get": {"responses": OK}}})
    assert _changes(_parameter(), above) == [("layout-changed", "cosmetic")]
