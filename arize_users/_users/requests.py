"""Arguments -> requests, by the generated operations and models.

A changed contract breaks type checking here.
"""

from __future__ import annotations

from collections.abc import Mapping
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

from .._core.request import Request
from ..enums import InviteMode, UserStatus
from ..types import CustomUserRole, PredefinedUserRole

Operation = Literal[
    "list_users",
    "get_user",
    "create_user",
    "update_user",
    "delete_user",
    "resend_user_invitation",
    "reset_user_password",
]


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
        status=[WireUserStatus(str(one)) for one in status] if status else UNSET,
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
        invite_mode=WireInviteMode(str(invite_mode)),
        is_developer=UNSET if is_developer is None else is_developer,
    )
    return _request("create_user", api.create_user_request(body=body))


def _role_assignment(
    role: PredefinedUserRole | CustomUserRole,
) -> PredefinedUserRoleAssignment | CustomUserRoleAssignment:
    if isinstance(role, CustomUserRole):
        return CustomUserRoleAssignment(type_=CustomUserRoleAssignmentType.CUSTOM, id=role.id)
    return PredefinedUserRoleAssignment(
        type_=PredefinedUserRoleAssignmentType.PREDEFINED, name=UserRoleName(str(role.name))
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
