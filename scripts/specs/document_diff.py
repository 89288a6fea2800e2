"""Compares two documents: their operations, and in each its parameters, bodies and answers."""

from __future__ import annotations

from typing import Any

from specs.changes import RULES, Change, Direction, Finding, Findings, merge, paired, under
from specs.grammar import Object
from specs.operations import PATH_PARAMETER, Items, Operation, media_types, operations, style, value_schema
from specs.schema_diff import SchemaDiff, text_findings
from specs.schemas import Schemas

# What kind of change another value of these fields of an operation is.
_OPERATION_FIELDS = {
    "operationId": "operation-id-changed",
    "tags": "text-changed",
    "callbacks": "operation-changed",
}


def compare(old: Object, new: Object) -> list[Change]:
    """Return the changes from the old document to the new one, most severe first.

    Equal content in another arrangement, such as a schema moved into a component, is at most
    cosmetic; but documents that are not equal always have a change.
    """
    changes = merge(_DocumentDiff(old, new).findings())
    if not changes and old != new:
        return merge([Finding("layout-changed", "request", None, ("document",))])
    return changes


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
        dialects = (old.get("jsonSchemaDialect"), new.get("jsonSchemaDialect"))
        yield from _difference("rule-changed", old, ("jsonSchemaDialect",), *dialects)
        servers = ({server["url"]: server for server in each.get("servers", [])} for each in (old, new))
        for url, server, new_server in paired(*servers):
            if server is not None and new_server is not None:
                ours, theirs = _variables(server), _variables(new_server)
                kept = ours.keys() == theirs.keys() and all(_keeps(ours[name], theirs[name]) for name in ours)
                kind = "servers-added" if kept else "servers-changed"
                yield from _difference(kind, old, ("servers", url), ours, theirs)
            else:
                urls = (server and url, new_server and url)
                yield from _difference(f"servers-{_what_happened(server)}", old, ("servers",), *urls)
        for (method, _), was, is_ in paired(operations(self._old), operations(self._new)):
            if was is not None and is_ is not None:
                yield from under(self._operation(was, is_), method.upper(), was.path)
            elif each := was or is_:
                steps = (method.upper(), each.path)
                yield Finding(f"operation-{_what_happened(was)}", "request", (id(old), steps), steps)

    def _operation(self, was: Operation, is_: Operation) -> Findings:
        old, new = was.fields, is_.fields
        names = zip(PATH_PARAMETER.findall(was.path), PATH_PARAMETER.findall(is_.path), strict=True)
        for name, new_name in names:
            yield from _difference("path-parameter-renamed", old, ("path", name), name, new_name)
        yield from text_findings(old, new, "request")
        for field, kind in _OPERATION_FIELDS.items():
            yield from _difference(kind, old, (field,), old.get(field), new.get(field))
        yield from _difference("operation-changed", old, ("servers",), was.servers(), is_.servers())
        for content, scheme, new_scheme in paired(was.security(), is_.security()):
            if scheme != new_scheme:
                kind = f"security-{'renamed' if scheme and new_scheme else _what_happened(scheme)}"
                yield Finding(kind, "request", ("security", content), ("security",), scheme, new_scheme)
        yield from self._items("parameter", old, was.parameters(), is_.parameters(), "request")
        yield from self._items("body", old, was.request_body(), is_.request_body(), "request")
        yield from self._items("status", old, was.responses(), is_.responses(), "response")

    def _items(self, kind: str, owner: Object, olds: Items, news: Items, direction: Direction) -> Findings:
        """Yield what is gone and what is new, and compare what both of two owners have."""
        for _, was, is_ in paired(olds, news):
            if was is not None and is_ is not None:
                # JSON is the usual media type, so a place does not name it.
                steps = () if was[0] == ("application/json",) else was[0]
                yield from under(self._object(kind, was[1], is_[1], direction), *steps)
            elif each := was or is_:
                change = f"{kind}-{_what_happened(was)}"
                if each[1].get("required") and f"required-{change}" in RULES:
                    change = f"required-{change}"
                yield Finding(change, direction, (id(owner), each[0]), each[0])

    def _object(self, kind: str, old: Object, new: Object, direction: Direction) -> Findings:
        """Compare two objects of one kind: parameters, headers, bodies, responses or media types."""
        yield from text_findings(old, new, direction)
        if bool(old.get("required")) != bool(new.get("required")):
            yield Finding("made-required" if new.get("required") else "made-optional", direction, id(old))
        if kind in ("parameter", "header", "media-type"):
            if kind != "media-type":
                styles = (style(old), style(new))
                yield from _difference("parameter-style-changed", old, ("style",), *styles, direction)
            encodings = (old.get("encoding"), new.get("encoding"))
            yield from _difference("encoding-changed", old, ("encoding",), *encodings, direction)
            yield from self._schemas[direction].findings(value_schema(old), value_schema(new))
            return
        contents = (media_types(old), media_types(new))
        if all(contents):
            yield from self._items("media-type", old, *contents, direction)
        elif any(contents):
            yield Finding(f"body-{_what_happened(contents[0] or None)}", direction, id(old))
        headers = (_headers(self._old, old), _headers(self._new, new))
        yield from self._items("header", old, *headers, direction)


def _difference(
    kind: str, old: Object, steps: tuple[str, ...], was: Any, is_: Any, direction: Direction = "request"
) -> Findings:
    if was != is_:
        yield Finding(kind, direction, (id(old), steps), steps, was, is_)


def _what_happened(was: Any) -> str:
    """Return the word for something that only one of two documents has."""
    return "added" if was is None else "removed"


def _headers(schemas: Schemas, response: Object) -> Items:
    headers = response.get("headers", {})
    return {name.lower(): (("header", name), schemas.follow(raw)) for name, raw in headers.items()}


def _variables(server: Object) -> Object:
    """Return the default and the values of a server's variables, without words."""
    variables = server.get("variables", {}).items()
    return {name: (each.get("default"), each.get("enum")) for name, each in variables}


def _keeps(was: tuple[Any, Any], is_: tuple[Any, Any]) -> bool:
    """Return whether a server's variable keeps its default, and may be all that it could be."""
    return was[0] == is_[0] and (is_[1] is None or (was[1] is not None and set(was[1]) <= set(is_[1])))
