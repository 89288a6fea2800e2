"""Bringing a slice into the form that corrections by place expect: bodies in place, our parameter names."""

from __future__ import annotations

import re
from typing import Any

from specs.grammar import METHODS, at_place, located, rebuilt

_PARAMETER = re.compile(r"\{([^{}]*)\}")


def with_bodies_in_place(document: dict[str, Any]) -> dict[str, Any]:
    """A copy whose operations hold their request bodies and successful responses themselves."""

    def change(node: dict[str, Any], kind: str, _at: Any) -> dict[str, Any]:
        if kind != "operation":
            return node
        node = dict(node)
        if isinstance(node.get("requestBody"), dict):
            node["requestBody"] = _resolved(document, node["requestBody"])
        if isinstance(node.get("responses"), dict):
            node["responses"] = {
                status: _resolved(document, response) if status.startswith("2") else response
                for status, response in node["responses"].items()
            }
        return node

    result: dict[str, Any] = rebuilt(document, "document", (), change)
    return result


def with_path_parameters_of(ours: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A copy in which a path that is one of ours but for its parameters' names has ours.

    The wire never sees these names, and corrections find a path by them.
    """
    shapes = {_PARAMETER.sub("{}", path): path for path in ours["paths"]}
    paths = {}
    renamed_operations: dict[str, dict[str, str]] = {}
    for path, item in document["paths"].items():
        own = shapes.get(_PARAMETER.sub("{}", path), path)
        names = dict(zip(_PARAMETER.findall(path), _PARAMETER.findall(own), strict=True))
        if own == path or own in document["paths"] or own in paths:
            paths[path] = item
            continue
        paths[own] = _with_names(document, item, names)
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict) and "operationId" in operation:
                renamed_operations[str(operation["operationId"])] = names

    def follow(node: dict[str, Any], kind: str, _at: Any) -> dict[str, Any]:
        names = renamed_operations.get(str(node.get("operationId"))) if kind == "link" else None
        if names is None or not isinstance(node.get("parameters"), dict):
            return node
        return {**node, "parameters": {names.get(k, k): value for k, value in node["parameters"].items()}}

    result: dict[str, Any] = rebuilt({**document, "paths": paths}, "document", (), follow)
    return result


def _with_names(document: dict[str, Any], item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A path item, or an operation of it, whose path parameters are called as `names` has them."""
    result = dict(item)
    if "parameters" in item:
        result["parameters"] = [_renamed(document, each, names) for each in item["parameters"]]
    for method in METHODS:
        if isinstance(item.get(method), dict):
            result[method] = _with_names(document, item[method], names)
    return result


def _renamed(document: dict[str, Any], parameter: Any, names: dict[str, str]) -> Any:
    whole = _resolved(document, parameter)
    if whole.get("in") == "path" and names.get(whole.get("name"), whole.get("name")) != whole.get("name"):
        return {**whole, "name": names[whole["name"]]}
    return parameter


def _resolved(document: dict[str, Any], node: Any) -> Any:
    """What a reference leads to; what stands beside it has the last word."""
    while isinstance(node, dict) and "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        node = {**at_place(document, located(document, node["$ref"], ())), **beside}
    return node
