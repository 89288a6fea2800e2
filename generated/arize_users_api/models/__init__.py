# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
"""Contains all the data models used in inputs/outputs"""

from .create_user_request import CreateUserRequest
from .create_user_response import CreateUserResponse
from .custom_user_role_assignment import CustomUserRoleAssignment
from .custom_user_role_assignment_type import CustomUserRoleAssignmentType
from .invite_mode import InviteMode
from .list_users_response import ListUsersResponse
from .pagination_metadata import PaginationMetadata
from .predefined_user_role_assignment import PredefinedUserRoleAssignment
from .predefined_user_role_assignment_type import PredefinedUserRoleAssignmentType
from .problem import Problem
from .update_user_request import UpdateUserRequest
from .user import User
from .user_role_name import UserRoleName
from .user_status import UserStatus

__all__ = (
    "CreateUserRequest",
    "CreateUserResponse",
    "CustomUserRoleAssignment",
    "CustomUserRoleAssignmentType",
    "InviteMode",
    "ListUsersResponse",
    "PaginationMetadata",
    "PredefinedUserRoleAssignment",
    "PredefinedUserRoleAssignmentType",
    "Problem",
    "UpdateUserRequest",
    "User",
    "UserRoleName",
    "UserStatus",
)
