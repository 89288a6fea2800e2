"""The checked-in contract as a judge of requests, in the words of either generation."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import yaml
from attrs import frozen
from openapi_core import Config, OpenAPI
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.testing import MockRequest
from werkzeug.datastructures import Headers, ImmutableMultiDict

SPEC = Path(__file__).parents[2] / "openapi" / "users.yaml"
SERVER = "https://api.arize.com"


@frozen
class Judgement:
    """Which operation a request is for, None for none, and what is wrong with it."""

    operation: str | None
    violations: tuple[str, ...] = ()


class Contract:
    """One generation of the spec; every object of a request is closed to members it does not name."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        openapi = OpenAPI.from_dict(document, config=Config(extra_format_validators={}))
        self._errors = openapi.iter_request_errors
        self._find = APICallPathFinder(openapi.spec).find
        self._known: dict[object, Judgement] = {}
        self._lock = threading.Lock()

    def judge(self, request: httpx.Request) -> Judgement:
        """Match a request with an operation and check its path, query, headers and body."""
        # The same question gets the same answer, and validation is most of what a test costs.
        question = (
            request.method,
            request.url.raw_path,
            request.headers.get("content-type"),
            "authorization" in request.headers,
            request.content,
        )
        with self._lock:
            if question not in self._known:
                self._known[question] = self._judge(request)
            return self._known[question]

    def _judge(self, request: httpx.Request) -> Judgement:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        try:
            found = self._find(request.method.lower(), SERVER + path)
        except PathError as error:
            return Judgement(None, (f"{request.method} {path}: {type(error).__name__}",))
        operation = found.operation.read_value()
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        declared = {one["name"] for one in operation.get("parameters", [])}
        given = Counter(name for name, _ in pairs)
        violations = [f"unknown query parameter {name!r}" for name in given if name not in declared]
        violations += [f"{name!r} given twice" for name in given - Counter(given.keys()) if name != "status"]
        if "requestBody" not in operation and request.content:
            violations.append("a body where none belongs")
        violations += map(_full_text, self._errors(_in_openapi_core(request, path, pairs)))
        return Judgement(operation["operationId"], tuple(violations))


def _full_text(error: BaseException | None) -> str:
    parts: list[str] = []
    while error is not None:
        parts.append(f"{type(error).__name__}: {error}")
        parts += [inner.message for inner in getattr(error, "schema_errors", ())]
        error = error.__cause__
    return " <- ".join(parts)


def _in_openapi_core(request: httpx.Request, path: str, query: list[tuple[str, str]]) -> MockRequest:
    """Give an httpx request in the shape that openapi-core reads."""
    asked = MockRequest(SERVER, request.method, path, content_type=request.headers.get("content-type", ""))
    asked.body = request.content or None
    asked.parameters.query = ImmutableMultiDict(query)
    asked.parameters.header = Headers(list(request.headers.items()))
    return asked


@cache
def first_generation() -> Contract:
    """Give the contract as it is checked in."""
    return Contract(_closed(yaml.safe_load(SPEC.read_text(encoding="utf-8"))))


@cache
def second_generation() -> Contract:
    """Give the contract as the hosted API has spoken since: upper case, no is_developer on create."""
    document = _closed(yaml.safe_load(SPEC.read_text(encoding="utf-8")))
    document = _walk(document, _in_upper_case)
    del document["components"]["schemas"]["CreateUserRequest"]["properties"]["is_developer"]
    return Contract(document)


def contract_of(case: str) -> Contract:
    """Give the contract of a generation by the case of its values."""
    return first_generation() if case == "lower" else second_generation()


def _closed(document: dict[str, Any]) -> dict[str, Any]:
    document["servers"] = [{"url": SERVER}]
    closed: dict[str, Any] = _walk(document, _without_unknown_members)
    return closed


def _walk(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(node, dict):
        return change({name: _walk(child, change) for name, child in node.items()})
    if isinstance(node, list):
        return [_walk(child, change) for child in node]
    return node


def _without_unknown_members(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "object" or "properties" not in schema:
        return schema
    # Only requests are judged here, and what is read only has no place in one.
    sent = {name: one for name, one in schema["properties"].items() if not one.get("readOnly")}
    return {**schema, "properties": sent, "additionalProperties": False}


def _in_upper_case(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("enum"), list) and schema.get("type") == "string":
        schema = {**schema, "enum": [value.upper() for value in schema["enum"]]}
    if "discriminator" in schema:
        mapping = schema["discriminator"]["mapping"]
        upper = {value.upper(): target for value, target in mapping.items()}
        schema = {**schema, "discriminator": {**schema["discriminator"], "mapping": upper}}
    return schema
