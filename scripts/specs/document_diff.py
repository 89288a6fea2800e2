"""Compares two documents: their operations, and in each its parameters, bodies and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from specs.changes import RULES, Change, Direction, Finding, Findings, merge, paired, under
from specs.grammar import METHODS, Object
from specs.schema_diff import SchemaDiff, text_findings
from specs.schemas import Schemas

_PATH_PARAMETER = re.compile(r"\{([^}]*)\}")
# What kind of change another value of these fields of an operation is.
_OPERATION_FIELDS = {
    "operationId": "operation-id-changed",
    "tags": "text-changed",
    "callbacks": "operation-changed",
    "servers": "operation-changed",
}
# For each key by which objects are paired: the steps to the object, and the object.
_Items = Mapping[Hashable, tuple[tuple[str, ...], Object]]


def compare(old: Object, new: Object) -> list[Change]:
    """Return the changes from the old document to the new one, most severe first.

    Equal content in another arrangement, such as a schema moved into a component, is at most
    cosmetic; but documents that are not equal always have a change.
    """
    changes = merge(_DocumentDiff(old, new).findings())
    if not changes and old != new:
        return merge([Finding("layout-changed", "request", None, ("document",))])
    return changes


class _Operation(NamedTuple):
    schemas: Schemas
    path: str
    item: Object
    fields: Object

    def parameters(self) -> _Items:
        """The parameters, its own over its path's; one in the path goes by its position."""
        in_path = _PATH_PARAMETER.findall(self.path)
        result: dict[Hashable, tuple[tuple[str, ...], Object]] = {}
        for raw in (*self.item.get("parameters", []), *self.fields.get("parameters", [])):
            parameter = self.schemas.follow(raw)
            place, name = parameter["in"], parameter["name"]
            key = name.lower() if place == "header" else name
            if place == "path" and name in in_path:
                key = in_path.index(name)
            result[place, key] = (place, name), parameter
        return result

    def request_body(self) -> _Items:
        body = self.fields.get("requestBody")
        return {} if body is None else {"": (("request body",), self.schemas.follow(body))}

    def responses(self) -> _Items:
        responses = {status.upper(): raw for status, raw in self.fields.get("responses", {}).items()}
        return {
            status: (("response", status), self.schemas.follow(raw))
            for status, raw in responses.items()
            if not status.startswith("X-")
        }

    def security(self) -> dict[str, str]:
        """What each alternative is, and what it is called."""
        document = self.schemas.document
        schemes = document.get("components", {}).get("securitySchemes", {})
        result = {}
        for requirement in self.fields.get("security", document.get("security", [])) or [{}]:
            parts = []
            for name, scopes in requirement.items():
                scheme = self.schemas.follow(schemes.get(name, {}))
                words = {"description", "bearerFormat", *(key for key in scheme if key.startswith("x-"))}
                said = {key: value for key, value in scheme.items() if key not in words}
                parts.append(json.dumps([said, sorted(scopes)], sort_keys=True))
            result["\n".join(sorted(parts))] = " and ".join(sorted(requirement)) or "none"
        return result


class _DocumentDiff:
    def __init__(self, old: Object, new: Object) -> None:
        self._old = Schemas(old)
        self._new = Schemas(new)
        directions: tuple[Direction, Direction] = ("request", "response")
        self._schemas = {each: SchemaDiff(self._old, self._new, each) for each in directions}

    def findings(self) -> Findings:
        old, new = self._old.document, self._new.document
        for key, text, new_text in paired(old["info"], new["info"]):
            yield from _difference("text-changed", old, ("info", key), text, new_text)
        urls = ({server["url"]: server["url"] for server in each.get("servers", [])} for each in (old, new))
        for _, url, new_url in paired(*urls):
            yield from _difference(f"servers-{_what_happened(url)}", old, ("servers",), url, new_url)
        for (method, _), was, is_ in paired(_operations(self._old), _operations(self._new)):
            if was is not None and is_ is not None:
                yield from under(self._operation(was, is_), method.upper(), was.path)
            elif each := was or is_:
                steps = (method.upper(), each.path)
                yield Finding(f"operation-{_what_happened(was)}", "request", (id(old), steps), steps)

    def _operation(self, was: _Operation, is_: _Operation) -> Findings:
        old, new = was.fields, is_.fields
        names = zip(_PATH_PARAMETER.findall(was.path), _PATH_PARAMETER.findall(is_.path), strict=True)
        for name, new_name in names:
            yield from _difference("path-parameter-renamed", old, ("path", name), name, new_name)
        yield from text_findings(old, new, "request")
        for field, kind in _OPERATION_FIELDS.items():
            yield from _difference(kind, old, (field,), old.get(field), new.get(field))
        for content, scheme, new_scheme in paired(was.security(), is_.security()):
            if scheme != new_scheme:
                kind = f"security-{'renamed' if scheme and new_scheme else _what_happened(scheme)}"
                yield Finding(kind, "request", ("security", content), ("security",), scheme, new_scheme)
        yield from self._items("parameter", old, was.parameters(), is_.parameters(), "request")
        yield from self._items("body", old, was.request_body(), is_.request_body(), "request")
        yield from self._items("status", old, was.responses(), is_.responses(), "response")

    def _items(self, kind: str, owner: Object, olds: _Items, news: _Items, direction: Direction) -> Findings:
        """Yield what is gone and what is new, and compare what both of two owners have."""
        for _, was, is_ in paired(olds, news):
            if was is not None and is_ is not None:
                # JSON is the usual media type, so a place does not name it.
                steps = () if was[0] == ("application/json",) else was[0]
                yield from under(self._object(was[1], is_[1], direction), *steps)
            elif each := was or is_:
                change = f"{kind}-{_what_happened(was)}"
                if each[1].get("required") and f"required-{change}" in RULES:
                    change = f"required-{change}"
                yield Finding(change, direction, (id(owner), each[0]), each[0])

    def _object(self, old: Object, new: Object, direction: Direction) -> Findings:
        """Compare two parameters, headers, bodies, responses or media types: whatever they have of these."""
        yield from text_findings(old, new, direction)
        if bool(old.get("required")) != bool(new.get("required")):
            yield Finding("made-required" if new.get("required") else "made-optional", direction, id(old))
        yield from _difference(
            "parameter-style-changed", old, ("style",), _style(old), _style(new), direction
        )
        encodings = (old.get("encoding"), new.get("encoding"))
        yield from _difference("rule-changed", old, ("encoding",), *encodings, direction)
        media_types, new_media_types = _media_types(old), _media_types(new)
        if not media_types and not new_media_types:
            schemas = (old.get("schema", True), new.get("schema", True))
            yield from self._schemas[direction].findings(*schemas)
        elif (media_types and new_media_types) or "schema" in {**old, **new}:
            yield from self._items("media-type", old, media_types, new_media_types, direction)
        else:
            yield Finding(f"body-{_what_happened(media_types or None)}", direction, id(old))
        headers, new_headers = _headers(self._old, old), _headers(self._new, new)
        yield from self._items("header", old, headers, new_headers, direction)


def _difference(
    kind: str, old: Object, steps: tuple[str, ...], was: Any, is_: Any, direction: Direction = "request"
) -> Findings:
    if was != is_:
        yield Finding(kind, direction, (id(old), steps), steps, was, is_)


def _what_happened(was: Any) -> str:
    """Return the word for something that only one of two documents has."""
    return "added" if was is None else "removed"


def _operations(schemas: Schemas) -> dict[tuple[str, str], _Operation]:
    """Return each operation by method and path, in which a path parameter's name does not matter."""
    return {
        (method, _PATH_PARAMETER.sub("{}", path)): _Operation(schemas, path, item, item[method])
        for path, item in schemas.document["paths"].items()
        for method in METHODS
        if isinstance(item, dict) and isinstance(item.get(method), dict)
    }


def _headers(schemas: Schemas, response: Object) -> _Items:
    headers = response.get("headers", {})
    return {name.lower(): (("header", name), schemas.follow(raw)) for name, raw in headers.items()}


def _media_types(holder: Object) -> _Items:
    """Return the bodies by media type, without parameters such as a charset."""
    content = {
        name.partition(";")[0].strip().lower(): body for name, body in holder.get("content", {}).items()
    }
    return {name: ((name,), body) for name, body in content.items()}


def _style(parameter: Object) -> str:
    """Return how a parameter is written, with the defaults filled in."""
    usual = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    style = parameter.get("style", usual)
    exploded = parameter.get("explode", style == "form")
    also = [key for key in ("allowReserved", "allowEmptyValue") if parameter.get(key)]
    return " ".join((style, *(["exploded"] if exploded else []), *also))
