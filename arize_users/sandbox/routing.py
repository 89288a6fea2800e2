"""From a raw request to its response: route, caller, permission, then the operation."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import attrs

from . import checks, operations, users
from .account import Account, now
from .messages import RefusalError, Request, Response, allowed_method, invalid
from .policy import Policy


@attrs.frozen
class Operation:
    """One operation of the contract, the permission that it needs, and its query parameters."""

    id: str
    permission: str
    perform: Callable[[operations.Call], Response]
    query: tuple[str, ...] = ()

    def require_permission(self, caller: users.Caller, policy: Policy) -> None:
        """Refuse a caller who may not use the operation."""
        if self.permission in caller.permissions:
            return
        if self.id == "create_user" and caller.role == "member" and policy.member_may_create:
            return  # The operation refuses the roles that a member may not give.
        if self.id == "get_user":
            # The contract has no 403 here, so that nobody learns which ids there are.
            raise operations.not_found()
        raise RefusalError(403, "PERMISSION_DENIED", f"This needs {self.permission}.")


_ITEM = "{user_id}"
_LIST_QUERY = ("limit", "cursor", "email", "status")
_ROUTES: Mapping[tuple[str, ...], Mapping[str, Operation]] = {
    (): {
        "GET": Operation("list_users", "USER_READ", operations.list_users, _LIST_QUERY),
        "POST": Operation("create_user", "USER_CREATE", operations.create_user),
    },
    (_ITEM,): {
        "GET": Operation("get_user", "USER_READ", operations.get_user),
        "PATCH": Operation("update_user", "USER_UPDATE", operations.update_user),
        "DELETE": Operation("delete_user", "USER_DELETE", operations.delete_user),
    },
    (_ITEM, "resend-invitation"): {
        "POST": Operation("resend_user_invitation", "USER_CREATE", operations.resend_user_invitation),
    },
    (_ITEM, "reset-password"): {
        "POST": Operation("reset_user_password", "USER_UPDATE", operations.reset_user_password),
    },
}

OPERATION_IDS = tuple(operation.id for methods in _ROUTES.values() for operation in methods.values())


def operation_id(request: Request) -> str | None:
    """Return the id of the operation that a request asks for, None when it asks for none."""
    try:
        return _route(request)[0].id
    except RefusalError:
        return None


def respond(account: Account, policy: Policy, request: Request) -> Response:
    """Return the response to a request; every refusal is a response, too."""
    try:
        response = _perform(account, policy, request)
    except RefusalError as refusal:
        response = refusal.response(request.path)
    except sqlite3.OperationalError as error:
        # Another process has kept the file locked for too long.
        detail = f"The account's file cannot be used now: {error}."
        response = RefusalError(503, "ACCOUNT_BUSY", detail).response(request.path)
    return with_request_id(response)


def with_request_id(response: Response) -> Response:
    """Return the response with a new request id, which every response of the API has."""
    return response.with_headers({"x-request-id": f"req-{secrets.token_hex(8)}"})


def _perform(account: Account, policy: Policy, request: Request) -> Response:
    operation, encoded_id = _route(request)
    caller = _authenticate(account, request)
    operation.require_permission(caller, policy)
    if len(request.body) > checks.MAX_BODY_BYTES:
        raise checks.too_large()
    try:
        user_id = unquote(encoded_id, errors="strict")
    except UnicodeDecodeError:
        raise invalid("The id in the path is not percent-encoded UTF-8.") from None
    query = checks.read_query(request.query, operation.query)
    transaction = account.reading() if request.method in ("GET", "HEAD") else account.writing()
    with transaction as db:
        return operation.perform(operations.Call(db, now(db), policy, caller, user_id, query, request))


def _route(request: Request) -> tuple[Operation, str]:
    # The path is split before it is decoded: an id may hold a slash, sent as %2F.
    parts = request.path.split("/")
    encoded_id = parts[3] if len(parts) > 3 else ""
    methods = _ROUTES.get((*(_ITEM for _ in parts[3:4]), *parts[4:]))
    if parts[:3] != ["", "v2", "users"] or parts[3:4] == [""] or methods is None:
        raise RefusalError(404, "ROUTE_NOT_FOUND", "The API has no such path.")
    return methods[allowed_method(request, methods)], encoded_id


def _authenticate(account: Account, request: Request) -> users.Caller:
    scheme, _, key = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        with account.reading() as db:
            caller = users.caller(db, key.strip())
        if caller is not None:
            return caller
    detail = "Send a known API key as a bearer token."
    raise RefusalError(401, "UNAUTHENTICATED", detail, {"www-authenticate": "Bearer"})
