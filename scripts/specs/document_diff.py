"""Comparing two documents: their operations, and in each its parameters, bodies and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator
from typing import Any

from specs.changes import Change, Direction, Finding, merged
from specs.grammar import METHODS
from specs.schema_diff import SchemaDiff, text_findings
from specs.shapes import Shapes


def compared(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The changes from the old document to the new one, most severe first.

    Equal content in another arrangement, such as a schema moved into a component, is at most
    cosmetic; but documents that are not equal always have a change.
    """
    changes = merged(_DocumentDiff(old, new).findings())
    if not changes and old != new:
        layout = Finding(kind="layout-changed", direction="request", steps=("document",))
        return merged([layout])
    return changes


class _DocumentDiff:
    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = Shapes(old)
        self._new = Shapes(new)
        self._schemas = SchemaDiff(self._old, self._new)

    def findings(self) -> Iterator[Finding]:
        old, new = self._old.document, self._new.document
        for key in sorted({*old["info"], *new["info"]}):
            was, is_ = old["info"].get(key), new["info"].get(key)
            if was != is_:
                yield _finding("text-changed", ("info", key), was=was, is_=is_)
        yield from self._servers(old.get("servers", []), new.get("servers", []))
        olds, news = _operations(old), _operations(new)
        for key, (path, method, _, _) in olds.items():
            if key not in news:
                yield _finding("operation-removed", (method.upper(), path))
        for key, (path, method, item, operation) in news.items():
            if key not in olds:
                yield _finding("operation-added", (method.upper(), path))
                continue
            old_path, _, old_item, old_operation = olds[key]
            where = (method.upper(), old_path)
            were, are = _names_in(old_path), _names_in(path)
            for was, is_ in zip(were, are, strict=True):
                if was != is_:
                    yield _finding("path-parameter-renamed", (*where, "path"), was=was, is_=is_)
            parameters = self._parameters(
                _all_parameters(self._old, old_item, old_operation, were),
                _all_parameters(self._new, item, operation, are),
            )
            for finding in (*parameters, *self._operation(old_operation, operation)):
                yield finding.under(*where)

    def _servers(self, old: list[Any], new: list[Any]) -> Iterator[Finding]:
        were, are = [server.get("url") for server in old], [server.get("url") for server in new]
        for url in were:
            if url not in are:
                yield _finding("servers-removed", ("servers",), was=url)
        for url in are:
            if url not in were:
                yield _finding("servers-added", ("servers",), is_=url)

    def _operation(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
        was, is_ = old.get("operationId"), new.get("operationId")
        if was != is_:
            yield _finding("operation-id-changed", (), was=was, is_=is_)
        yield from text_findings(old, new, "request", id(old))
        if old.get("tags") != new.get("tags"):
            yield _finding("text-changed", ("tags",), was=old.get("tags"), is_=new.get("tags"))
        for key in ("callbacks", "servers"):
            if old.get(key) != new.get(key):
                yield _finding("operation-changed", (key,), was=old.get(key), is_=new.get(key))
        yield from self._security(old, new)
        yield from self._request_body(old, new)
        yield from self._responses(old.get("responses", {}), new.get("responses", {}))

    def _security(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
        were, are = _alternatives(self._old, old), _alternatives(self._new, new)
        for content in sorted({*were, *are}):
            was, is_ = were.get(content), are.get(content)
            if was != is_:
                kind = "removed" if is_ is None else "added" if was is None else "renamed"
                origin = ("security", content)
                steps = ("security",)
                yield _finding(f"security-{kind}", steps, origin=origin, was=was, is_=is_)

    def _parameters(
        self, olds: dict[Hashable, dict[str, Any]], news: dict[Hashable, dict[str, Any]]
    ) -> Iterator[Finding]:
        for key, parameter in olds.items():
            if key not in news:
                yield _finding("parameter-removed", _parameter_steps(parameter))
        for key, parameter in news.items():
            if key not in olds:
                required = "required-" if parameter.get("required") else ""
                yield _finding(f"{required}parameter-added", _parameter_steps(parameter))
                continue
            old = olds[key]
            for finding in self._carrier(old, parameter, "request"):
                yield finding.under(*_parameter_steps(old))

    def _carrier(self, old: dict[str, Any], new: dict[str, Any], direction: Direction) -> Iterator[Finding]:
        """A parameter or a header: how it is written, whether it must be there, and its value."""
        yield from text_findings(old, new, direction, id(old))
        if bool(old.get("required")) != bool(new.get("required")):
            kind = "made-required" if new.get("required") else "made-optional"
            yield _finding(kind, (), direction, origin=id(old))
        was, is_ = _style(old), _style(new)
        if was != is_:
            yield _finding("parameter-style-changed", ("style",), direction, origin=id(old), was=was, is_=is_)
        if "schema" in old and "schema" in new:
            yield from self._schemas.findings(old["schema"], new["schema"], direction)
        else:
            yield from self._content(_content(old), _content(new), direction, id(old))

    def _request_body(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
        steps = ("request body",)
        was = self._old.resolved(old.get("requestBody"))
        is_ = self._new.resolved(new.get("requestBody"))
        if was is None or is_ is None:
            if was is not None:
                yield _finding("body-removed", steps)
            elif is_ is not None:
                required = "required-" if is_.get("required") else ""
                yield _finding(f"{required}body-added", steps)
            return
        if bool(was.get("required")) != bool(is_.get("required")):
            yield _finding("made-required" if is_.get("required") else "made-optional", steps)
        for finding in text_findings(was, is_, "request", id(was)):
            yield finding.under(*steps)
        for finding in self._content(_content(was), _content(is_), "request", id(was)):
            yield finding.under(*steps)

    def _responses(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
        olds = {key.upper(): self._old.resolved(value) for key, value in old.items()}
        news = {key.upper(): self._new.resolved(value) for key, value in new.items()}
        for status, response in olds.items():
            steps = ("response", status)
            if status not in news:
                yield _finding("status-removed", steps, "response")
                continue
            for finding in self._response(response, news[status]):
                yield finding.under(*steps)
        for status in news:
            if status not in olds:
                yield _finding("status-added", ("response", status), "response")

    def _response(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
        yield from text_findings(old, new, "response", id(old))
        were, are = _content(old), _content(new)
        if bool(were) != bool(are):
            kind = "body-added" if are else "body-removed"
            yield _finding(kind, (), "response", origin=id(old))
        else:
            yield from self._content(were, are, "response", id(old))
        olds = {name.lower(): (name, value) for name, value in old.get("headers", {}).items()}
        news = {name.lower(): (name, value) for name, value in new.get("headers", {}).items()}
        for key, (name, value) in olds.items():
            if key not in news:
                yield _finding("header-removed", ("header", name), "response", origin=(id(old), key))
                continue
            header, other = self._old.resolved(value), self._new.resolved(news[key][1])
            for finding in self._carrier(header, other, "response"):
                yield finding.under("header", name)
        for key, (name, _) in news.items():
            if key not in olds:
                yield _finding("header-added", ("header", name), "response", origin=(id(old), key))

    def _content(
        self, old: dict[str, Any], new: dict[str, Any], direction: Direction, origin: int
    ) -> Iterator[Finding]:
        for media_type, was in old.items():
            # The usual one goes without saying.
            steps = () if media_type == "application/json" else (media_type,)
            if media_type not in new:
                key = (origin, media_type)
                yield _finding("media-type-removed", (media_type,), direction, origin=key)
                continue
            is_ = new[media_type]
            yield from (f.under(*steps) for f in text_findings(was, is_, direction, id(was)))
            if was.get("encoding") != is_.get("encoding"):
                yield _finding(
                    "rule-changed",
                    (*steps, "encoding"),
                    direction,
                    origin=id(was),
                    was=was.get("encoding"),
                    is_=is_.get("encoding"),
                )
            schemas = (was.get("schema", True), is_.get("schema", True))
            yield from (f.under(*steps) for f in self._schemas.findings(*schemas, direction))
        for media_type in new:
            if media_type not in old:
                key = (origin, media_type)
                yield _finding("media-type-added", (media_type,), direction, origin=key)


def _finding(
    kind: str,
    steps: tuple[str, ...],
    direction: Direction = "request",
    *,
    origin: Hashable = None,
    was: Any = None,
    is_: Any = None,
) -> Finding:
    return Finding(kind=kind, direction=direction, steps=steps, was=was, is_=is_, origin=origin)


_Operation = tuple[str, str, dict[str, Any], dict[str, Any]]


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], _Operation]:
    """Each operation by method and path, where a path parameter's name does not matter."""
    return {
        (method, re.sub(r"\{[^}]*\}", "{}", path)): (path, method, item, item[method])
        for path, item in document["paths"].items()
        if isinstance(item, dict)
        for method in METHODS
        if isinstance(item.get(method), dict)
    }


def _names_in(path: str) -> list[str]:
    return re.findall(r"\{([^}]*)\}", path)


def _all_parameters(
    shapes: Shapes, item: dict[str, Any], operation: dict[str, Any], in_path: list[str]
) -> dict[Hashable, dict[str, Any]]:
    """An operation's parameters, its own over its path's; one in the path goes by its position."""
    result: dict[Hashable, dict[str, Any]] = {}
    for raw in (*item.get("parameters", []), *operation.get("parameters", [])):
        parameter = shapes.resolved(raw)
        place, name = parameter["in"], parameter["name"]
        if place == "path" and name in in_path:
            result[place, in_path.index(name)] = parameter
        else:
            result[place, name.lower() if place == "header" else name] = parameter
    return result


def _parameter_steps(parameter: dict[str, Any]) -> tuple[str, str]:
    return parameter["in"], parameter["name"]


def _style(parameter: dict[str, Any]) -> str:
    """How a parameter is written, with what goes without saying said."""
    usual = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    style = parameter.get("style", usual)
    exploded = parameter.get("explode", style == "form")
    also = [key for key in ("allowReserved", "allowEmptyValue") if parameter.get(key)]
    return " ".join((style, *(["exploded"] if exploded else []), *also))


def _content(holder: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The bodies by media type, without parameters such as a charset."""
    return {
        media_type.partition(";")[0].strip().lower(): body
        for media_type, body in holder.get("content", {}).items()
    }


def _alternatives(shapes: Shapes, operation: dict[str, Any]) -> dict[str, str]:
    """What each alternative of the security is, and what it is called."""
    document = shapes.document
    requirements = operation.get("security", document.get("security", []))
    schemes = document.get("components", {}).get("securitySchemes", {})
    result = {}
    for requirement in requirements or [{}]:
        content = [
            (
                {
                    key: value
                    for key, value in shapes.resolved(schemes.get(name, {})).items()
                    if key not in ("description", "bearerFormat") and not key.startswith("x-")
                },
                sorted(scopes),
            )
            for name, scopes in requirement.items()
        ]
        texts = sorted(json.dumps(part, sort_keys=True) for part in content)
        result["\n".join(texts)] = " and ".join(sorted(requirement)) or "none"
    return result
