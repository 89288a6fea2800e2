"""The values that the API knows, and what differs from one deployment to another.

Inside the sandbox every enum value is lower case; only `EnumCodec` knows the other spelling.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
class EnumCodec:
    """Reads and writes enum values in the spelling of one generation, and in no other."""

    case: EnumCase

    def encode(self, value: str) -> str:
        """Return the value as this generation writes it."""
        return value.upper() if self.case == "upper" else value

    def decode(self, text: object, values: Collection[str]) -> str | None:
        """Return the one of the values that the text spells, or None."""
        return next((value for value in values if self.encode(value) == text), None)

    def choices(self, values: Collection[str]) -> str:
        """Return the values for an error message."""
        return ", ".join(map(self.encode, values))


@attrs.frozen
class Policy:
    """The settings of one deployment; they are not stored with the account."""

    enums: EnumCodec
    custom_roles: CustomRoles
    sso_enforced: bool

    @property
    def create_takes_is_developer(self) -> bool:
        """Whether a create request may hold is_developer; the second generation dropped it."""
        return self.enums.case == "lower"
