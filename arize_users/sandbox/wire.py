"""From a raw request to its answer: route, caller, permission, then the operation's own rules."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import attrs

from arize_users.sandbox import rules, users
from arize_users.sandbox.account import Account
from arize_users.sandbox.checks import MAX_BODY_BYTES
from arize_users.sandbox.messages import RefusalError, Request, Response, invalid, not_allowed
from arize_users.sandbox.vocabulary import Policy


@attrs.frozen
class Operation:
    """One operation of the contract and what it takes to be allowed it."""

    id: str
    permission: str
    perform: Callable[[rules.Call], Response]


_ITEM = "{user_id}"
_ROUTES: Mapping[tuple[str, ...], Mapping[str, Operation]] = {
    (): {
        "GET": Operation("list_users", "USER_READ", rules.list_users),
        "POST": Operation("create_user", "USER_CREATE", rules.create_user),
    },
    (_ITEM,): {
        "GET": Operation("get_user", "USER_READ", rules.get_user),
        "PATCH": Operation("update_user", "USER_UPDATE", rules.update_user),
        "DELETE": Operation("delete_user", "USER_DELETE", rules.delete_user),
    },
    (_ITEM, "resend-invitation"): {
        "POST": Operation("resend_user_invitation", "USER_CREATE", rules.resend_user_invitation),
    },
    (_ITEM, "reset-password"): {
        "POST": Operation("reset_user_password", "USER_UPDATE", rules.reset_user_password),
    },
}

OPERATION_IDS = tuple(operation.id for methods in _ROUTES.values() for operation in methods.values())


def operation_id(request: Request) -> str | None:
    """Return which operation a request is for, None when it is for none."""
    try:
        return _route(request)[0].id
    except RefusalError:
        return None


def answer(account: Account, policy: Policy, request: Request) -> Response:
    """Answer a request by the rules; whatever it holds, the answer is a response."""
    try:
        response = _answer(account, policy, request)
    except RefusalError as refusal:
        response = refusal.response(request.path)
    except sqlite3.OperationalError as error:
        # Another process may hold the file's lock for longer than anyone should wait.
        detail = f"The account's file cannot be used now: {error}."
        response = RefusalError(503, "ACCOUNT_BUSY", detail).response(request.path)
    return with_request_id(response)


def with_request_id(response: Response) -> Response:
    """Return the response with an id of its own, as every answer of the API has."""
    return response.with_headers({"x-request-id": f"req-{secrets.token_hex(8)}"})


def _answer(account: Account, policy: Policy, request: Request) -> Response:
    operation, raw_id = _route(request)
    caller = _authenticate(account, request)
    if operation.permission not in caller.permissions:
        raise RefusalError(403, "PERMISSION_DENIED", f"This needs {operation.permission}.")
    if len(request.body) > MAX_BODY_BYTES:
        raise too_large()
    try:
        user_id = unquote(raw_id, errors="strict")
    except UnicodeDecodeError:
        raise invalid("The id in the path is not percent-encoded UTF-8.") from None
    return operation.perform(rules.Call(account, policy, caller, user_id, request))


def too_large() -> RefusalError:
    """Return the refusal of a body that nobody needs for a user."""
    return RefusalError(413, "BODY_TOO_LARGE", f"A body may hold at most {MAX_BODY_BYTES} bytes.")


def _route(request: Request) -> tuple[Operation, str]:
    # The path is split while still encoded: an id may hold a slash, sent as %2F.
    parts = request.path.split("/")
    if parts[:3] != ["", "v2", "users"] or parts[3:4] == [""]:
        raise _no_route()
    raw_id = parts[3] if len(parts) > 3 else ""
    methods = _ROUTES.get((*(_ITEM for _ in parts[3:4]), *parts[4:]))
    if methods is None:
        raise _no_route()
    operation = methods.get(request.method)
    if operation is None:
        raise not_allowed(methods)
    return operation, raw_id


def _no_route() -> RefusalError:
    return RefusalError(404, "ROUTE_NOT_FOUND", "The API has no such path.")


def _authenticate(account: Account, request: Request) -> users.Caller:
    scheme, _, key = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        with account.reading() as db:
            caller = users.caller(db, key.strip())
        if caller is not None:
            return caller
    detail = "Send a known API key as a bearer token."
    raise RefusalError(401, "UNAUTHENTICATED", detail, {"www-authenticate": "Bearer"})
