"""The one module that knows the generated client: our arguments -> requests, answers -> our types.

Requests are built by the generated operations from the generated models, so a changed spec breaks type
checking here and nowhere else. Answers are read straight from JSON: the generated models refuse a
missing field, an error page and an unknown role, and would cost a second pass over every user.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from arize_users_api.api import users as api
from arize_users_api.models import (
    CreateUserRequest,
    CustomUserRoleAssignment,
    CustomUserRoleAssignmentType,
    PredefinedUserRoleAssignment,
    PredefinedUserRoleAssignmentType,
    UpdateUserRequest,
    UserRoleName,
)
from arize_users_api.models import InviteMode as WireInviteMode
from arize_users_api.models import UserStatus as WireUserStatus
from arize_users_api.types import UNSET
from attrs import frozen

from .types import (
    CreatedUser,
    CustomUserRole,
    InviteMode,
    Pagination,
    PredefinedUserRole,
    Role,
    UnknownUserRole,
    User,
    UserPage,
    UserRole,
    UserStatus,
    as_utc,
    open_member,
)

Operation = Literal[
    "list_users",
    "get_user",
    "create_user",
    "update_user",
    "delete_user",
    "resend_user_invitation",
    "reset_user_password",
]


@frozen(kw_only=True)
class Request:
    """One HTTP request, as data: what a flow asks its driver to send."""

    operation: Operation
    method: str
    path: str
    params: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


def _request(operation: Operation, arguments: Mapping[str, Any]) -> Request:
    return Request(
        operation=operation,
        method=arguments["method"].upper(),
        path=arguments["url"],
        params=arguments.get("params"),
        body=arguments.get("json"),
    )


def list_users(
    *,
    limit: int,
    cursor: str | None = None,
    email: str | None = None,
    status: list[UserStatus] | None = None,
) -> Request:
    """Ask for one page of users."""
    arguments = api.list_users_request(
        limit=limit,
        cursor=cursor or UNSET,
        email=email or UNSET,
        status=[WireUserStatus(one) for one in status] if status else UNSET,
    )
    return _request("list_users", arguments)


def get_user(user_id: str) -> Request:
    """Ask for one user by id."""
    return _request("get_user", api.get_user_request(user_id))


def create_user(
    *,
    name: str,
    email: str,
    role: PredefinedUserRole | CustomUserRole,
    invite_mode: InviteMode,
    is_developer: bool | None,
) -> Request:
    """Ask for a new user; ``is_developer`` is sent only when given."""
    body = CreateUserRequest(
        name=name,
        email=email,
        role=_role_assignment(role),
        invite_mode=WireInviteMode(invite_mode),
        is_developer=UNSET if is_developer is None else is_developer,
    )
    return _request("create_user", api.create_user_request(body=body))


def _role_assignment(
    role: PredefinedUserRole | CustomUserRole,
) -> PredefinedUserRoleAssignment | CustomUserRoleAssignment:
    if isinstance(role, CustomUserRole):
        return CustomUserRoleAssignment(type_=CustomUserRoleAssignmentType.CUSTOM, id=role.id)
    return PredefinedUserRoleAssignment(
        type_=PredefinedUserRoleAssignmentType.PREDEFINED, name=UserRoleName(role.name)
    )


def update_user(user_id: str, *, name: str | None, is_developer: bool | None) -> Request:
    """Ask for a change of what is given."""
    body = UpdateUserRequest(
        name=UNSET if name is None else name,
        is_developer=UNSET if is_developer is None else is_developer,
    )
    return _request("update_user", api.update_user_request(user_id, body=body))


def delete_user(user_id: str) -> Request:
    """Ask for a user to be blocked for good."""
    return _request("delete_user", api.delete_user_request(user_id))


def resend_user_invitation(user_id: str) -> Request:
    """Ask for the invitation mail again."""
    return _request("resend_user_invitation", api.resend_user_invitation_request(user_id))


def reset_user_password(user_id: str) -> Request:
    """Ask for a password reset mail."""
    return _request("reset_user_password", api.reset_user_password_request(user_id))


class Undecodable(ValueError):
    """A document is not what the contract says; the message says what and where, without values."""


def document(content: bytes) -> Any:
    """Read JSON, refusing whatever is not."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Undecodable("its body is not JSON") from error


def user_page(document: Any) -> UserPage:
    """Read a page of users."""
    fields = _object(document, "the body")
    users = fields.pop("users", None)
    if not isinstance(users, list):
        raise Undecodable("`users` is not a list")
    return UserPage(
        users=tuple([user(one, f"users[{index}]") for index, one in enumerate(users)]),
        pagination=_pagination(fields.pop("pagination", {})),
        extra=fields,
    )


def _pagination(document: Any) -> Pagination:
    fields = _object(document, "`pagination`")
    cursor = _typed(fields, "next_cursor", str, "pagination")
    more = _typed(fields, "has_more", bool, "pagination")
    return Pagination(has_more=bool(cursor) if more is None else more, next_cursor=cursor or None)


def user(document: Any, place: str = "the body") -> User:
    """Read a user."""
    return User(**_user_fields(_object(document, place), place))


def created_user(document: Any, *, created: bool | None) -> CreatedUser:
    """Read the answer to a create: 201 has the invite mode, and sometimes a password; 200 has neither."""
    place = "the body"
    fields = _object(document, place)
    mode = _typed(fields, "invite_mode", str, place)
    password = _typed(fields, "temporary_password", str, place)
    return CreatedUser(
        created=created,
        invite_mode=None if mode is None else open_member(InviteMode, mode),
        temporary_password=password,
        **_user_fields(fields, place),
    )


def _user_fields(fields: dict[str, Any], place: str) -> dict[str, Any]:
    """Read the fields of a user out of ``fields``; what is left over is beyond the contract."""
    status = _typed(fields, "status", str, place)
    created_at = _typed(fields, "created_at", str, place)
    return {
        "id": _typed(fields, "id", str, place),
        "name": _typed(fields, "name", str, place),
        "email": _typed(fields, "email", str, place),
        "created_at": None if created_at is None else _time(created_at, place),
        "status": None if status is None else open_member(UserStatus, status),
        "role": _role(fields.pop("role", None), place),
        "is_developer": _typed(fields, "is_developer", bool, place),
        "extra": fields,
    }


def _role(document: Any, place: str) -> Role | None:
    if document is None:
        return None
    if not isinstance(document, dict):
        raise Undecodable(f"`role` of {place} is not an object")
    kind = document.get("type")
    kind = kind.lower() if isinstance(kind, str) else None
    name = document.get("name")
    # A role with members beyond the contract is kept as it came, so nothing is lost.
    if kind == "predefined" and isinstance(name, str) and len(document) == 2:
        return PredefinedUserRole(name=open_member(UserRole, name))
    named = name is None or isinstance(name, str)
    if kind == "custom" and named and isinstance(document.get("id"), str) and document.keys() <= _CUSTOM:
        return CustomUserRole(id=document["id"], name=name)
    return UnknownUserRole(data=document)


_CUSTOM = {"type", "id", "name"}


def _object(document: Any, place: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Undecodable(f"{place} is not a JSON object")
    return dict(document)


def _typed(fields: dict[str, Any], name: str, kind: type, place: str) -> Any:
    value = fields.pop(name, None)
    if value is None or isinstance(value, kind):
        return value
    raise Undecodable(f"`{name}` of {place} is not a {'text' if kind is str else 'boolean'}")


def _time(text: str, place: str) -> datetime:
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    # RFC 3339 lets "t" and "z" be lower case, which fromisoformat does not.
    try:
        return as_utc(datetime.fromisoformat(text.upper()))
    except ValueError as error:
        raise Undecodable(f"`created_at` of {place} is not a time") from error
