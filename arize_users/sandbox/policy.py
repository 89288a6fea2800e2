"""The values that the API knows, and what differs from one deployment to another.

Inside the sandbox every enum value is lower case; only `Policy.encode` knows the other spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

EnumCase = Literal["lower", "upper"]
CustomRoles = Literal["any", "known", "refuse"]

LISTED_STATUSES = ("active", "invited", "expired")
PREDEFINED_ROLES = ("admin", "member", "annotator")
ROLE_TYPES = ("predefined", "custom")
INVITE_MODES = ("none", "email_link", "temporary_password")
PERMISSIONS = ("USER_READ", "USER_CREATE", "USER_UPDATE", "USER_DELETE")

ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    "admin": frozenset(PERMISSIONS),
    "member": frozenset({"USER_READ"}),
    "annotator": frozenset(),
}


def default_is_developer(role_type: str, role: str) -> bool:
    """Return the developer flag of a new user of this role when the request does not give one."""
    return (role_type, role) != ("predefined", "annotator")


@attrs.frozen
class Policy:
    """The settings of one deployment; they are not stored with the account."""

    enum_case: EnumCase
    custom_roles: CustomRoles
    sso_enforced: bool

    def encode(self, value: str) -> str:
        """Return an enum value as this generation of the API writes it, and alone reads it."""
        return value.upper() if self.enum_case == "upper" else value
