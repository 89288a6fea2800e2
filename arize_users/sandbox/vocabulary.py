"""The words of the API, and how each of its two generations spells them.

Inside the sandbox every word is lower case; `Speech` is the only place that knows of the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import attrs

EnumCase = Literal["lower", "upper"]
CustomRoles = Literal["any", "known", "refuse"]

LISTED_STATUSES = ("active", "invited", "expired")
PREDEFINED_ROLES = ("admin", "member", "annotator")
ROLE_TYPES = ("predefined", "custom")
INVITE_MODES = ("none", "email_link", "temporary_password")
PERMISSIONS = ("USER_READ", "USER_CREATE", "USER_UPDATE", "USER_DELETE")

ROLE_PERMISSIONS = {
    "admin": frozenset(PERMISSIONS),
    "member": frozenset({"USER_READ"}),
    "annotator": frozenset[str](),
}


def default_is_developer(role_type: str, role: str) -> bool:
    """Tell whether a new user of this role is a developer when the caller does not say."""
    return (role_type, role) != ("predefined", "annotator")


@attrs.frozen
class Speech:
    """One generation's spelling; the other generation's is not understood."""

    case: EnumCase

    def say(self, word: str) -> str:
        """Return the word as this generation writes it."""
        return word.upper() if self.case == "upper" else word

    def hear(self, spoken: object, words: Collection[str]) -> str | None:
        """Return which of the words was meant, or None when none of them is spelled so."""
        return next((word for word in words if self.say(word) == spoken), None)

    def choices(self, words: Collection[str]) -> str:
        """Return the words for an error text."""
        return ", ".join(self.say(word) for word in words)


@attrs.frozen
class Policy:
    """What may differ from one account to another without being kept in it."""

    speech: Speech
    custom_roles: CustomRoles
    sso_enforced: bool
