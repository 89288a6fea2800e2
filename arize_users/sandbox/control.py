"""The paths under /_sandbox/: what testers in other languages see and set over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from .account import to_micros, to_text
from .faults import FaultScriptError
from .messages import RefusalError, Request, Response, allowed_method, invalid, json_response
from .sandbox import Sandbox

_PREFIX = "/_sandbox/"
_METHODS: Mapping[str, tuple[str, ...]] = {
    "outbox": ("GET",),
    "audit": ("GET",),
    "users": ("GET",),
    "clock": ("PUT",),
    "faults": ("POST", "DELETE"),
}


def is_control(request: Request) -> bool:
    """Tell whether a request is for the sandbox itself, not for the API."""
    return request.path.startswith(_PREFIX)


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Return the response to a request for the sandbox itself."""
    name = request.path.removeprefix(_PREFIX)
    try:
        if name not in _METHODS:
            raise RefusalError(404, "ROUTE_NOT_FOUND", "The sandbox has no such path.")
        return _perform(sandbox, request, allowed_method(request, _METHODS[name]), name)
    except RefusalError as refusal:
        return refusal.response(request.path)


def _perform(sandbox: Sandbox, request: Request, method: str, name: str) -> Response:
    if method == "GET":
        records = sandbox.users() if name == "users" else getattr(sandbox, name)
        return json_response(200, {name: [_plain(record) for record in records]})
    if name == "clock":
        return _set_clock(sandbox, _json(request))
    if method == "DELETE":
        sandbox.faults.clear()
        return Response(204)
    try:
        sandbox.faults.load(_json(request), over_http=True)
    except FaultScriptError as error:
        raise invalid(f"{error}.") from None
    return Response(204)


def _set_clock(sandbox: Sandbox, body: object) -> Response:
    if not isinstance(body, dict) or body.keys() != {"now"}:
        raise invalid('The body must be {"now": a time with its zone, or null}.')
    try:
        sandbox.set_time(None if body["now"] is None else datetime.fromisoformat(body["now"]))
    except (TypeError, ValueError) as error:
        raise invalid(f"now cannot be set: {error}.") from None
    return json_response(200, {"now": _time(sandbox.now())})


def _json(request: Request) -> object:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.") from None


def _time(moment: datetime) -> str:
    return to_text(to_micros(moment.astimezone(UTC)))


def _plain(record: attrs.AttrsInstance) -> dict[str, Any]:
    fields = attrs.asdict(record, recurse=False)
    return {name: _time(value) if isinstance(value, datetime) else value for name, value in fields.items()}
