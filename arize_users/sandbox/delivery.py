"""Carrying a request to the rule book, and what a fault makes of the answer on its way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import attrs

from arize_users.sandbox.faults import Fault
from arize_users.sandbox.messages import (
    BODILESS,
    HTML_TYPE,
    RefusalError,
    Request,
    Response,
    json_response,
)
from arize_users.sandbox.wire import with_request_id

if TYPE_CHECKING:
    from arize_users.sandbox.local import Sandbox

_HTML = "<!doctype html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


@attrs.frozen
class Delivery:
    """What the client gets: a response, whole or cut after `sent` bytes of its body, or none."""

    response: Response | None
    sent: int | None = None


def deliver(sandbox: Sandbox, request: Request, fault: Fault | None) -> Delivery:
    """Let the sandbox handle the request, unless the fault keeps it away; then do the fault."""
    delivery = _deliver(sandbox, request, fault)
    sandbox.note(request, delivery.response.status if delivery.response else None)
    return delivery


def abandon(sandbox: Sandbox, request: Request, fault: Fault) -> None:
    """Do what happens to a request whose sender will not wait for the answer."""
    if not fault.before:
        sandbox.answer(request)
    sandbox.note(request, None)


def _deliver(sandbox: Sandbox, request: Request, fault: Fault | None) -> Delivery:
    if fault is None or fault.kind == "latency":
        return Delivery(sandbox.answer(request))
    if fault.kind in ("reset_before", "refuse"):
        return Delivery(None)
    instead = _instead(fault, request)
    if instead is not None:
        if fault.handled:
            sandbox.answer(request)
        return Delivery(with_request_id(instead))
    response = sandbox.answer(request)
    if fault.kind == "reset_after":
        return Delivery(None)
    response = _bent(response, fault, request)
    return Delivery(response, len(response.body) // 2 if fault.kind == "truncated" else None)


def _instead(fault: Fault, request: Request) -> Response | None:
    """Return the answer that stands for the account's own, None for a fault that keeps that."""
    match fault.kind:
        case "rate_limit":
            response = _problem(429, "RATE_LIMITED", "Wait before the next request.", request)
        case "service_unavailable":
            response = _problem(503, "UNAVAILABLE", "The service is not available now.", request)
        case "server_error":
            response = _problem(500, "INTERNAL_ERROR", "Something broke on the server.", request)
        case "stale_cursor":
            response = _problem(400, "INVALID_CURSOR", "cursor is too old; begin again.", request)
        case "bad_gateway":
            response = _page(502, "502 Bad Gateway")
        case "gateway_timeout":
            response = _page(504, "504 Gateway Time-out")
        case "status":
            response = _any_status(fault)
        case _:
            return None
    if fault.retry_after is not None:
        response = response.with_headers({"retry-after": str(fault.retry_after)})
    return response


def _bent(response: Response, fault: Fault, request: Request) -> Response:
    """Return what a fault makes of the account's answer."""
    match fault.kind:
        case "truncated":
            # An answer without a body has nothing to cut, so it becomes one that announces some.
            return response if response.body else with_request_id(json_response(200, {}))
        case "wrong_content_type":
            return response.with_headers({"content-type": HTML_TYPE})
        case "garbage":
            status = response.status if response.status in (200, 201) else 200
            return with_request_id(_page(status, "Welcome"))
        case "unknown_enum":
            return _unknown_enum(response, fault)
        case _:
            return _repeat_cursor(response, request)


def _page(status: int, title: str) -> Response:
    return Response(status, (("content-type", HTML_TYPE),), _HTML.format(title).encode())


def _problem(status: int, code: str, detail: str, request: Request) -> Response:
    return RefusalError(status, code, detail).response(request.path)


def _any_status(fault: Fault) -> Response:
    if fault.body is None or fault.status in BODILESS:
        response = Response(fault.status)
    elif isinstance(fault.body, str):
        response = Response(fault.status, (("content-type", HTML_TYPE),), fault.body.encode())
    else:
        response = json_response(fault.status, fault.body)
    if fault.content_type is not None:
        response = response.with_headers({"content-type": fault.content_type})
    return response.with_headers(fault.headers)


def _unknown_enum(response: Response, fault: Fault) -> Response:
    document = _json_of(response)
    if document is None:
        return response
    for user in document.get("users", [document]):
        # Whatever generation is spoken: a word follows the case of the one it replaces.
        say = str.upper if user["status"].isupper() else str.lower
        user["status"] = say("suspended")
        user["role"] = (
            {"type": say("predefined"), "name": say("auditor")}
            if fault.role_type is None
            else {"type": fault.role_type}
        )
        if "invite_mode" in user:
            user["invite_mode"] = say("carrier_pigeon")
    return _with_json(response, document)


def _repeat_cursor(response: Response, request: Request) -> Response:
    document = _json_of(response)
    if document is None:
        return response
    cursor = dict(parse_qsl(request.query))["cursor"]
    document["pagination"] = {"has_more": True, "next_cursor": cursor}
    return _with_json(response, document)


def _json_of(response: Response) -> dict[str, Any] | None:
    """Return the users' document in a success, None for any other answer."""
    if response.status not in (200, 201):
        return None
    document: dict[str, Any] = json.loads(response.body)
    return document


def _with_json(response: Response, document: object) -> Response:
    body = json_response(response.status, document).body
    return Response(response.status, response.headers, body)
