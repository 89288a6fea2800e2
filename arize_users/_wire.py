"""The one module that knows the generated client: our arguments -> requests, answers -> our types.

Requests are built by the generated operations from the generated models, so a changed spec breaks type
checking here and nowhere else. Answers are read straight from JSON: the generated models refuse a
missing field, an error page and an unknown role, and would cost a second pass over every user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
    NOTHING,
    CreatedUser,
    CustomUserRole,
    E,
    FrozenDict,
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
    iso_time,
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
    fields = _fields(document, _PAGE_KINDS)
    if fields["users"] is None:
        raise Undecodable("`users` of the body is missing")
    pagination = _fields(fields["pagination"] or {}, _PAGINATION_KINDS)
    cursor, more = pagination["next_cursor"], pagination["has_more"]
    return UserPage(
        users=tuple([user(one, index) for index, one in enumerate(fields["users"])]),
        pagination=Pagination(
            has_more=bool(cursor) if more is None else more,
            next_cursor=cursor or None,
            extra=pagination["extra"],
        ),
        extra=fields["extra"],
    )


def user(document: Any, place: int | None = None) -> User:
    """Read a user; ``place`` is its index on a page."""
    fields = _fields(document, _USER_KINDS, place)
    _interpret(fields, place)
    return User(**fields)


def _interpret(fields: dict[str, Any], place: int | None = None) -> None:
    """Turn the texts and objects of a user's fields into what they stand for."""
    status, created_at = fields["status"], fields["created_at"]
    fields["status"] = _STATUSES.get(status) or _member(UserStatus, status)
    fields["created_at"] = _time(created_at, place)
    is_exact = created_at is None or _EXACT_TIME.fullmatch(created_at)
    if not is_exact and iso_time(fields["created_at"]) != created_at:
        # A datetime cannot hold it to the letter, as with nanoseconds: the text is kept beside it.
        fields["extra"] = FrozenDict({**fields["extra"], "created_at": created_at})
    fields["role"] = _role(fields["role"])


def created_user(document: Any, *, created: bool | None) -> CreatedUser:
    """Read the answer to a create: 201 has the invite mode, and sometimes a password; 200 has neither."""
    fields = _fields(document, _CREATED_KINDS)
    _interpret(fields)
    fields["invite_mode"] = _member(InviteMode, fields["invite_mode"])
    return CreatedUser(created=created, **fields)


_ABSENT = type(None)
_TEXT = (str, _ABSENT)
_USER_KINDS = {
    "id": _TEXT,
    "name": _TEXT,
    "email": _TEXT,
    "created_at": _TEXT,
    "status": _TEXT,
    "role": (dict, _ABSENT),
    "is_developer": (bool, _ABSENT),
}
_PAGE_KINDS = {"users": (list, _ABSENT), "pagination": (dict, _ABSENT)}
_PAGINATION_KINDS = {"has_more": (bool, _ABSENT), "next_cursor": _TEXT}
_ONLY_CREATED = {"invite_mode": _TEXT, "temporary_password": _TEXT}
_CREATED_KINDS = _USER_KINDS | _ONLY_CREATED
_NAMES = {str: "text", dict: "an object", list: "a list", bool: "true or false"}

# Look-ups instead of calls: a page holds these a hundred times. Roles are immutable, so one will do.
_STATUSES = {text: status for status in UserStatus for text in (status.value, status.value.upper())}
_ROLES: dict[tuple[str, str | None], PredefinedUserRole] = {
    (kind, name): PredefinedUserRole(name=role)
    for role in UserRole
    for kind, name in (("predefined", role.value), ("PREDEFINED", role.value.upper()))
}


def _fields(document: Any, kinds: Mapping[str, tuple[type, ...]], place: int | None = None) -> dict[str, Any]:
    """Take the known fields out of an object, None for an absent one, and check their kinds.

    What a server sends beyond the contract is kept under ``extra``.
    """
    if not isinstance(document, dict):
        raise Undecodable(f"{_named(place)} is not a JSON object")
    fields: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = fields[name] = document.get(name)
        if not isinstance(value, kind):
            raise Undecodable(f"`{name}` of {_named(place)} is not {_NAMES[kind[0]]}")
    known = document.keys() <= kinds.keys()
    fields["extra"] = NOTHING if known else _without(document, *kinds)
    return fields


def _named(place: int | None) -> str:
    return "the body" if place is None else f"users[{place}]"


def _member(enum: type[E], text: str | None) -> E | str | None:
    return None if text is None else open_member(enum, text)


def _role(document: dict[str, Any] | None) -> Role | None:
    if document is None:
        return None
    kind, name, identifier = document.get("type"), document.get("name"), document.get("id")
    if not isinstance(kind, str) or not isinstance(name, str | None):
        return UnknownUserRole(data=FrozenDict(document))
    if len(document) == 2 and (kind, name) in _ROLES:
        return _ROLES[kind, name]
    if kind.lower() == "predefined" and name is not None:
        return PredefinedUserRole(name=name, extra=_without(document, "type", "name"))
    if kind.lower() == "custom" and isinstance(identifier, str):
        return CustomUserRole(id=identifier, name=name, extra=_without(document, "type", "id", "name"))
    return UnknownUserRole(data=FrozenDict(document))


def _without(document: dict[str, Any], *known: str) -> FrozenDict:
    return FrozenDict({name: value for name, value in document.items() if name not in known})


def _time(text: str | None, place: int | None) -> datetime | None:
    if text is None:
        return None
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    # RFC 3339 allows what fromisoformat does not: "t" and "z" in lower case, and leap seconds.
    spelled, leaps = _LEAP_SECOND.subn(r"\1:59", text.upper())
    try:
        return as_utc(datetime.fromisoformat(spelled)) + timedelta(seconds=leaps)
    except (ValueError, OverflowError) as error:
        raise Undecodable(f"`created_at` of {_named(place)} is not a time") from error


_EXACT_TIME = re.compile(r"....-..-..T..:..:[0-5].(?:\.(?!000000)\d{6})?Z")
_LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")
