"""The operations of a document, each with what its path and the document give it."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from specs.grammar import METHODS, Object
from specs.references import put_in_place
from specs.schemas import Schemas

PATH_PARAMETER = re.compile(r"\{([^{}]*)\}")
Items = Mapping[Hashable, tuple[tuple[str, ...], Object]]
"""For each key by which objects are paired: the steps to the object, and the object."""


class Operation(NamedTuple):
    """One operation, with the path and the path item that it belongs to."""

    schemas: Schemas
    method: str
    path: str
    item: Object
    fields: Object

    def parameters(self) -> Items:
        """Return the parameters, its own before its path's; one in the path goes by its position."""
        in_path = PATH_PARAMETER.findall(self.path)
        result: dict[Hashable, tuple[tuple[str, ...], Object]] = {}
        for raw in (*self.fields.get("parameters", []), *self.item.get("parameters", [])):
            parameter = self.schemas.follow(raw)
            place, name = parameter["in"], parameter["name"]
            key = name.lower() if place == "header" else name
            if place == "path" and name in in_path:
                key = in_path.index(name)
            result.setdefault((place, key), ((place, name), parameter))
        return result

    def request_body(self) -> Items:
        """Return the request body, if there is one."""
        body = self.fields.get("requestBody")
        return {} if body is None else {"": (("request body",), self.schemas.follow(body))}

    def responses(self) -> Items:
        """Return the responses by status."""
        responses = {status.upper(): raw for status, raw in self.fields.get("responses", {}).items()}
        return {
            status: (("response", status), self.schemas.follow(raw))
            for status, raw in responses.items()
            if not status.startswith("X-")
        }

    def servers(self) -> Any:
        """Return the servers that it has instead of the document's, if any."""
        return self.fields.get("servers", self.item.get("servers"))

    def security(self) -> dict[str, str]:
        """Return what each alternative is, and what it is called."""
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


def operations(schemas: Schemas) -> dict[tuple[str, str], Operation]:
    """Return each operation by method and path, in which a path parameter's name does not matter."""
    result = {}
    for path, raw in schemas.document["paths"].items():
        item = put_in_place(schemas.document, raw)
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                operation = Operation(schemas, method, path, item, item[method])
                result[method, PATH_PARAMETER.sub("{}", path)] = operation
    return result


def media_types(holder: Object) -> Items:
    """Return the bodies by media type, in which neither case nor a charset of UTF-8 matters."""
    return {
        _media_type(name): ((_media_type(name),), body) for name, body in holder.get("content", {}).items()
    }


def _media_type(name: str) -> str:
    kind, *rest = (part.strip() for part in name.split(";"))
    others = sorted(part for part in rest if part.replace('"', "").lower() != "charset=utf-8")
    return "; ".join((kind.lower(), *others))


def value_schema(parameter: Object) -> Any:
    """Return the schema of a parameter's or header's value, or of a media type's."""
    holder = parameter if "schema" in parameter else next(iter(parameter.get("content", {}).values()), {})
    return holder.get("schema", True)


def style(parameter: Object) -> str:
    """Return how a parameter or header is written, with the defaults filled in."""
    if "content" in parameter:
        return " ".join(("content", *map(str, media_types(parameter))))
    usual = "form" if parameter.get("in") in ("query", "cookie") else "simple"
    style = parameter.get("style", usual)
    exploded = parameter.get("explode", style == "form")
    also = [key for key in ("allowReserved", "allowEmptyValue") if parameter.get(key)]
    return " ".join((style, *(["exploded"] if exploded else []), *also))
