"""The values of the API: enums whose members equal their text in any case.

The first generation of the API spells values in lower case, the second in upper case. Code that compares a
value with a text is right with both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self, TypeVar


class _AnyCase:
    """Compares text without its case. The hash is that of the lower-case text.

    A set, a dictionary or a column of a frame therefore finds the lower-case text only. Plain text may stand
    on either side; a member of another enum, which compares by its own rule, on the right only.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(self, str) and isinstance(other, str):
            return str.lower(self) == str.lower(other)
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        # Without this, str's own comparison would be found.
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(str.lower(self))  # type: ignore[arg-type]


class AnyCaseText(_AnyCase, str):
    """Text of the server that compares equal in any case: a value that no enum lists, a kind of role."""

    __slots__ = ()


class _AnyCaseEnum(_AnyCase, StrEnum):
    # The members are assigned `AnyCaseText`, because pyright takes a plain text for the only one that equals
    # its member, and complains of `status == "ACTIVE"`.

    def __new__(cls, value: str) -> Self:
        member = str.__new__(cls, value)
        # Code written for enums of plain values compares `.value` with a text.
        member._value_ = AnyCaseText(value)
        return member

    # StrEnum's own hash would be that of the name.
    __hash__ = _AnyCase.__hash__

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # Every member is named after its value in upper case.
        member = cls.__members__.get(value.upper()) if isinstance(value, str) else None
        return member if member == value else None


class UserStatus(_AnyCaseEnum):
    """Where a user is between invitation and use."""

    ACTIVE = AnyCaseText("active")
    INVITED = AnyCaseText("invited")
    EXPIRED = AnyCaseText("expired")


class UserRole(_AnyCaseEnum):
    """A predefined account-level role."""

    ADMIN = AnyCaseText("admin")
    MEMBER = AnyCaseText("member")
    ANNOTATOR = AnyCaseText("annotator")


class InviteMode(_AnyCaseEnum):
    """How a new user learns of the account.

    NONE creates an active user, who logs in by SSO alone, and sends nothing; EMAIL_LINK mails a verification
    link; TEMPORARY_PASSWORD answers a password that must be changed at the first login.
    """

    NONE = AnyCaseText("none")
    EMAIL_LINK = AnyCaseText("email_link")
    TEMPORARY_PASSWORD = AnyCaseText("temporary_password")


class DeletionStatus(_AnyCaseEnum):
    """What became of one input of a bulk delete.

    UNKNOWN: a request was sent and its answer never came, so the user may be blocked. NOT_ATTEMPTED: no
    request was sent.
    """

    DELETED = AnyCaseText("deleted")
    NOT_FOUND = AnyCaseText("not_found")
    FAILED = AnyCaseText("failed")
    UNKNOWN = AnyCaseText("unknown")
    NOT_ATTEMPTED = AnyCaseText("not_attempted")


class WriteStatus(_AnyCaseEnum):
    """What became of a create, an update, or a request for a mail; see `DeletionStatus`.

    NOT_FOUND is of bulk operations alone: nobody has the email or the id. In those, a create or a mail is
    UNKNOWN also where the server failed, and may have done it all the same.
    """

    DONE = AnyCaseText("done")
    NOT_FOUND = AnyCaseText("not_found")
    FAILED = AnyCaseText("failed")
    UNKNOWN = AnyCaseText("unknown")
    NOT_ATTEMPTED = AnyCaseText("not_attempted")


class CreationStatus(_AnyCaseEnum):
    """What became of one input of a bulk create; see `WriteStatus` for the last three.

    CREATED: this call created the user, or invited an expired one anew. ALREADY_INVITED: the user was invited
    before, and nothing was sent. ALREADY_ACTIVE: an active user has the address. BLOCKED: the address is that
    of a deleted user, and cannot return.
    """

    CREATED = AnyCaseText("created")
    ALREADY_INVITED = AnyCaseText("already_invited")
    ALREADY_ACTIVE = AnyCaseText("already_active")
    BLOCKED = AnyCaseText("blocked")
    FAILED = AnyCaseText("failed")
    UNKNOWN = AnyCaseText("unknown")
    NOT_ATTEMPTED = AnyCaseText("not_attempted")


class LookupStatus(_AnyCaseEnum):
    """What became of one input of a bulk get. NOT_ATTEMPTED: no request was sent."""

    FOUND = AnyCaseText("found")
    NOT_FOUND = AnyCaseText("not_found")
    FAILED = AnyCaseText("failed")
    NOT_ATTEMPTED = AnyCaseText("not_attempted")


class ActionKind(_AnyCaseEnum):
    """What an action of a plan does. REINVITE: an expired user is invited anew."""

    INVITE = AnyCaseText("invite")
    REINVITE = AnyCaseText("reinvite")
    UPDATE = AnyCaseText("update")
    REMOVE = AnyCaseText("remove")


class ActionStatus(_AnyCaseEnum):
    """What became of one action of a plan; see `WriteStatus` for the last three.

    UNCHANGED: the account was as wanted already, and nothing was sent. STALE: the user is not as planned any
    more, and was left alone. BLOCKED: the address is that of a deleted user, and cannot return. CANNOT: it is
    the user of the API key, and nobody can delete themselves.
    """

    DONE = AnyCaseText("done")
    UNCHANGED = AnyCaseText("unchanged")
    STALE = AnyCaseText("stale")
    BLOCKED = AnyCaseText("blocked")
    CANNOT = AnyCaseText("cannot")
    FAILED = AnyCaseText("failed")
    UNKNOWN = AnyCaseText("unknown")
    NOT_ATTEMPTED = AnyCaseText("not_attempted")


E = TypeVar("E", bound=StrEnum)


def parse_open(enum: type[E], text: str) -> E | AnyCaseText:
    """Read a server's value.

    Args:
        enum: The enum that lists the known values.
        text: The value, in any case.

    Returns:
        The member, or the text as it came where the enum does not list it.
    """
    # A look-up, not enum(...) in a try: this runs for every user of a page.
    member = enum.__members__.get(text.upper())
    return member if member is not None and member == text else AnyCaseText(text)
