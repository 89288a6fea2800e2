"""Fault injection: responding to a request with its fault applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import attrs

from .faults import Fault
from .messages import BODILESS, HTML_TYPE, RefusalError, Request, Response, json_response
from .routing import with_request_id

if TYPE_CHECKING:
    from .sandbox import Sandbox

_HTML = "<!doctype html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_PROBLEMS = {
    "rate_limit": (429, "RATE_LIMITED", "Wait before the next request."),
    "service_unavailable": (503, "UNAVAILABLE", "The service is not available now."),
    "server_error": (500, "INTERNAL_ERROR", "Something broke on the server."),
    "stale_cursor": (400, "INVALID_CURSOR", "cursor is too old; begin again."),
}
_PAGES = {"bad_gateway": (502, "502 Bad Gateway"), "gateway_timeout": (504, "504 Gateway Time-out")}


def respond(sandbox: Sandbox, request: Request, fault: Fault | None) -> Response | None:
    """Return the response to a request that meets this fault, None for no response; record the request."""
    response = _respond(sandbox, request, fault)
    sandbox.note(request, response.status if response else None)
    return response


def _respond(sandbox: Sandbox, request: Request, fault: Fault | None) -> Response | None:
    if fault is None or fault.kind == "latency":
        return sandbox.answer(request)
    if fault.kind in ("reset_before", "refuse"):
        return None
    replacement = _replacement(fault, request)
    if replacement is not None:
        if fault.handled:
            sandbox.answer(request)
        return with_request_id(replacement)
    response = sandbox.answer(request)
    return None if fault.kind == "reset_after" else _apply_fault(response, fault, request)


def _replacement(fault: Fault, request: Request) -> Response | None:
    """Return the response in place of the account's own, None for a fault that keeps that."""
    if fault.kind in _PROBLEMS:
        response = RefusalError(*_PROBLEMS[fault.kind]).response(request.path)
    elif fault.kind in _PAGES:
        response = _page(*_PAGES[fault.kind])
    elif fault.kind == "status":
        response = _any_status(fault)
    else:
        return None
    if fault.retry_after is not None:
        response = response.with_headers({"retry-after": str(fault.retry_after)})
    return response


def _apply_fault(response: Response, fault: Fault, request: Request) -> Response:
    """Return the account's response as the fault changes it."""
    match fault.kind:
        case "truncated":
            # A response without a body cannot be cut, so it becomes one that announces a body.
            whole = response if response.body else with_request_id(json_response(200, {}))
            return attrs.evolve(whole, sent=len(whole.body) // 2)
        case "wrong_content_type":
            return response.with_headers({"content-type": HTML_TYPE})
        case "garbage":
            status = response.status if response.status in (200, 201) else 200
            return with_request_id(_page(status, "Welcome"))
    if response.status not in (200, 201):
        return response
    document = json.loads(response.body)
    if fault.kind == "unknown_enum":
        for user in document.get("users", [document]):
            _set_unknown_enums(user, fault.role_type)
    else:
        cursor = dict(parse_qsl(request.query))["cursor"]
        document["pagination"] = {"has_more": True, "next_cursor": cursor}
    return attrs.evolve(response, body=json_response(response.status, document).body)


def _page(status: int, title: str) -> Response:
    return Response(status, (("content-type", HTML_TYPE),), _HTML.format(title).encode())


def _any_status(fault: Fault) -> Response:
    if fault.body is None or fault.status in BODILESS:
        response = Response(fault.status)
    elif isinstance(fault.body, str):
        response = Response(fault.status, (("content-type", HTML_TYPE),), fault.body.encode())
    else:
        response = json_response(fault.status, fault.body)
    if fault.content_type is not None:
        response = response.with_headers({"content-type": fault.content_type})
    return response.with_headers({name.lower(): value for name, value in fault.headers.items()})


def _set_unknown_enums(user: dict[str, Any], role_type: str | None) -> None:
    # The unknown values are in the case of the known ones, as both generations have it.
    spell = str.upper if user["status"].isupper() else str.lower
    user["status"] = spell("suspended")
    user["role"] = {"type": spell("predefined"), "name": spell("auditor")}
    if role_type is not None:
        user["role"] = {"type": role_type}
    if "invite_mode" in user:
        user["invite_mode"] = spell("carrier_pigeon")
