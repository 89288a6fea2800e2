"""Bulk calls of every kind for so many users, and a server of a few lines that answers all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from support.answers import Reply, ok, page, user

from arize_users import NewUser, UserUpdate
from arize_users._core.request import Request
from arize_users._users.batch import Batch
from arize_users._users.bulk import bulk_delete, bulk_get, bulk_resend_invitation, bulk_reset_password
from arize_users._users.bulk_create import bulk_create
from arize_users._users.bulk_update import bulk_update

from .simulated_calls import operations_of


def people(count: int, **changes: Any) -> list[NewUser]:
    """Give people to be created, each of a domain of their own."""
    one = {"name": "P", "role": "member", **changes}
    return [NewUser(email=f"p{number}@a{number}.com", **one) for number in range(count)]


def ids(count: int) -> list[str]:
    """Give ids of users."""
    return [f"id{number}" for number in range(count)]


def changes(count: int) -> list[UserUpdate]:
    """Give changes of users."""
    return [UserUpdate(user=user_id, name="New") for user_id in ids(count)]


ARGUMENTS: Mapping[str, Callable[[int], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "delete": lambda count: ((), {"user_ids": ids(count)}),
    "resend_invitation": lambda count: ((), {"user_ids": ids(count)}),
    "reset_password": lambda count: ((), {"user_ids": ids(count)}),
    "get": lambda count: ((), {"user_ids": ids(count)}),
    "create": lambda count: ((people(count),), {}),
    "update": lambda count: ((changes(count),), {}),
}
"""What each kind of bulk call takes for so many users."""
KINDS = list(ARGUMENTS)
DONE = {
    "delete": "deleted",
    "resend_invitation": "done",
    "reset_password": "done",
    "get": "found",
    "create": "created",
    "update": "done",
}
"""The status of each kind where it succeeds."""
PHASES = {
    "delete": "deleting",
    "resend_invitation": "sending invitations",
    "reset_password": "sending password links",
    "get": "getting",
    "create": "creating",
    "update": "updating",
}
MAKERS: Mapping[str, Callable[..., Batch[Any]]] = {
    "delete": bulk_delete,
    "resend_invitation": bulk_resend_invitation,
    "reset_password": bulk_reset_password,
    "get": bulk_get,
    "create": bulk_create,
    "update": bulk_update,
}


def batch(kind: str, count: int, *, max_retries: int = 0, **options: Any) -> Batch[Any]:
    """Make a bulk call of a kind for so many users."""
    given: dict[str, Any] = {"max_concurrency": 4, "on_result": None, "on_progress": None, "outcomes": None}
    positional, named = ARGUMENTS[kind](count)
    if "user_ids" in named:
        named = {"emails": None, **named}
    return MAKERS[kind](operations_of(max_retries), *positional, **named, **{**given, **options})


def call(users: Any, kind: str, count: int, **options: Any) -> Any:
    """Make a bulk call of a kind by ``client.users``."""
    positional, named = ARGUMENTS[kind](count)
    return getattr(users, f"bulk_{kind}")(*positional, **named, **options)


def succeed(request: Request, _: float = 0.0) -> Reply:
    """Answer any request of a bulk call as the API does where it succeeds."""
    return success(request.operation, request.path, request.body or {})


def success(operation: str, path: str, body: Mapping[str, Any]) -> Reply:
    """Answer an operation as the API does where it succeeds."""
    if operation == "list_users":
        return ok(page())
    if operation == "create_user":
        created = user(id=f"new {body['email']}".replace(" ", "-"), status="invited", **body)
        return ok(created, 201)
    if operation in ("delete_user", "resend_user_invitation", "reset_user_password"):
        return ok()
    return ok(user(id=path.split("/")[3], **body))
