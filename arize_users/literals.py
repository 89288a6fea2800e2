"""The texts that arguments take, for checkers and editors: beside an enum, the spellings of its members.

A checker refuses ``status="activ"``. A text that is known only at run time goes through the enum:
``UserStatus(text)`` raises `ValueError` for an unknown one.
"""

from __future__ import annotations

from typing import Literal

UserStatusLiteral = Literal["active", "invited", "expired", "ACTIVE", "INVITED", "EXPIRED"]
"""The spellings of `UserStatus`."""

UserRoleLiteral = Literal["admin", "member", "annotator", "ADMIN", "MEMBER", "ANNOTATOR"]
"""The spellings of `UserRole`."""

InviteModeLiteral = Literal[
    "none", "email_link", "temporary_password", "NONE", "EMAIL_LINK", "TEMPORARY_PASSWORD"
]
"""The spellings of `InviteMode`."""

RegionLiteral = Literal[
    "us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a", "US", "EU", "CA", "us", "eu", "ca"
]
"""The regions of the hosted API, and the short names of Arize's command line for three of them."""

EnumCaseLiteral = Literal["auto", "lower", "upper", "AUTO", "LOWER", "UPPER"]
"""The spellings of the argument ``enum_case`` of a client."""
