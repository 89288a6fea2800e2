"""Small documents to take apart."""

from __future__ import annotations

from typing import Any

OK = {"200": {"description": "Fine."}}
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}


def document(
    paths: dict[str, Any], schemas: dict[str, Any] | None = None, version: str = "3.1.1", **more: Any
) -> dict[str, Any]:
    """A whole document of some paths and component schemas."""
    components = {"components": {"schemas": schemas}} if schemas else {}
    return {"openapi": version, "info": {"title": "A", "version": "1"}, "paths": paths, **components, **more}


def in_json(schema: Any) -> dict[str, Any]:
    """The content of a body in JSON."""
    return {"content": {"application/json": {"schema": schema}}}


def answering(schema: Any, **operation: Any) -> dict[str, Any]:
    """A path whose GET answers with a schema."""
    return {"get": {"responses": {"200": {"description": "Fine.", **in_json(schema)}}, **operation}}


def taking(schema: Any, **body: Any) -> dict[str, Any]:
    """A path whose POST takes a body of a schema."""
    return {"post": {"requestBody": {**in_json(schema), **body}, "responses": OK}}


def ref(name: str, section: str = "schemas") -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}
