"""Compares what a generated package makes of values in JSON with the values themselves."""

from __future__ import annotations

import contextlib
import datetime
import enum
import io
import json
import types
import typing
import uuid
from collections.abc import Callable
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, quote

import attrs
import httpx

from specs.instances import ADDED
from specs.operations import PATH_PARAMETER, Operation


class Mismatch(Exception):
    """What came out is not what the document says."""


def same(value: Any, came_out: Any) -> None:
    """Raise if two values differ as JSON, in which 1 is neither `true` nor 1.0, with what differs."""
    texts = [json.dumps(each, sort_keys=True) for each in (value, came_out)]
    if texts[0] == texts[1]:
        return
    if isinstance(value, dict) and isinstance(came_out, dict) and value.keys() == came_out.keys():
        for key in value:
            same([key, value[key]], [key, came_out[key]])
    pairs = list(zip(value, came_out, strict=False)) if isinstance(value, list) else []
    if len(pairs) == len(value) and all(isinstance(each, list) for each in (came_out, *value)):
        for one, other in pairs:
            same(one, other)
    raise Mismatch(" came out as ".join(text if len(text) <= 80 else f"{text[:77]}..." for text in texts))


def build(value: Any, hint: Any) -> Any:
    """Return the Python object of a type that a value in JSON stands for."""
    make: Any = hint
    if isinstance(hint, types.UnionType):
        for each in typing.get_args(hint):
            with contextlib.suppress(Exception):
                built = build(value, each)
                same(value, dump(built))
                return built
    elif typing.get_origin(hint) is list:
        (item,) = typing.get_args(hint)
        return [build(each, item) for each in value]
    elif hasattr(hint, "from_dict"):
        return make.from_dict(value)
    elif isinstance(hint, type) and issubclass(hint, datetime.date):
        return make.fromisoformat(value)
    elif isinstance(hint, type) and issubclass(hint, enum.Enum | uuid.UUID):
        return make(value)
    elif getattr(hint, "__name__", "") == "File":
        return make(payload=io.BytesIO(str(value).encode()))
    return value


def dump(value: Any) -> Any:
    """Return the JSON that an object of the package stands for.

    Raises:
        Mismatch: something of what it was read from did not come out.
    """
    if isinstance(value, enum.Enum):
        if value.name not in type(value).__members__:
            raise Mismatch(f"the value {value.value!r} did not come out")
        return value.value
    if isinstance(value, list):
        return [dump(each) for each in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if type(value).__name__ == "File":
        return value.payload.getvalue().decode()
    if hasattr(value, "to_dict"):
        for field in attrs.fields(type(value)):
            part = getattr(value, field.name)
            if field.name == "additional_properties" and part.keys() - {ADDED}:
                raise Mismatch(f"the property {min(part.keys() - {ADDED})!r} did not come out")
            if type(part).__name__ != "Unset" and not isinstance(part, dict):
                dump(part)
        return value.to_dict()
    return value


def compare_request(
    operation: Operation, built: dict[str, Any], given: list[tuple[dict[str, Any], Any]], kind: str, body: Any
) -> None:
    """Compare the request that was built with the values that it was built from."""
    request = httpx.Request(**{**built, "url": "http://localhost" + built["url"]})
    request.read()
    by_place: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    for parameter, value in given:
        is_exploded = parameter["in"] == "query" and isinstance(value, dict)
        by_place[parameter["in"]] |= value if is_exploded else {parameter["name"]: value}
    path = PATH_PARAMETER.sub(lambda match: quote(_text(by_place["path"][match[1]]), safe=""), operation.path)
    paths = (httpx.URL(f"http://localhost{path}").raw_path, request.url.raw_path.partition(b"?")[0])
    same([operation.method.upper(), paths[0].decode()], [request.method, paths[1].decode()])
    same(_pairs(by_place["query"]), sorted(map(list, request.url.params.multi_items())))
    for name, value in by_place["header"].items():
        same([name, _text(value)], [name, request.headers.get(name)])
    cookies = dict(each.split("=", 1) for each in request.headers.get("cookie", "").split("; ") if each)
    same({name: _text(value) for name, value in by_place["cookie"].items()}, cookies)
    if not kind:
        return
    written = request.headers["content-type"]
    same(kind.partition(";")[0], written.partition(";")[0])
    if "json" in kind:
        same(body, json.loads(request.content))
    elif kind.startswith("application/x-www-form-urlencoded"):
        same(_pairs(body), sorted(map(list, parse_qsl(request.content.decode()))))
    elif kind.startswith("multipart/"):
        message: Any = message_from_bytes(f"Content-Type: {written}\n\n".encode() + request.content)
        parts = [
            [each.get_param("name", "", "content-disposition"), each.get_payload()]
            for each in message.get_payload()
        ]
        same(_pairs(body, json.dumps), sorted(parts))
    else:
        same(_text(body), request.content.decode())


def _pairs(values: dict[str, Any], write_object: Callable[[Any], str] | None = None) -> list[list[str]]:
    """Return how a query or a form writes values: each of a list by itself."""
    return sorted(
        [name, write_object(each) if write_object and isinstance(each, dict) else _text(each)]
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        raise Mismatch(f"{json.dumps(value)} has no form as text here")
    return json.dumps(value) if isinstance(value, bool) else str(value)
