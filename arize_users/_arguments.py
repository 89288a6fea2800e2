"""What a caller may pass, checked before any request. Every refusal says what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .errors import InvalidArgumentError
from .types import (
    CustomUserRole,
    InviteMode,
    PredefinedUserRole,
    UserRole,
    UserStatus,
    assign_custom_role,
    closed_member,
)

MAX_LIMIT = 100
MAX_NAME = 255
MAX_EMAIL_FILTER = 255

T = TypeVar("T")


def text(value: object, argument: str) -> str:
    """Check that a value is text that can travel as UTF-8."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{argument}: expected text, got {type(value).__name__}")
    if not is_unicode(value):
        raise InvalidArgumentError(f"{argument}: {value!r} is not valid Unicode text")
    return value


def is_unicode(value: str) -> bool:
    """Tell whether a text can travel as UTF-8: it holds no half of a pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def flag(value: object, argument: str) -> bool:
    """Check that a value is True or False."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{argument}: expected True or False, got {value!r}")
    return value


def whole_number(value: object, argument: str, *, maximum: int | None = None) -> int:
    """Check a whole number from 1 to a maximum."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or value < 1 or (maximum is not None and value > maximum):  # type: ignore[operator]
        bounds = "from 1 up" if maximum is None else f"from 1 to {maximum}"
        raise InvalidArgumentError(f"{argument}: expected a whole number {bounds}, got {value!r}")
    return value  # type: ignore[return-value]


def limit(value: object, argument: str = "limit") -> int:
    """Check a page size: 1 to 100."""
    return whole_number(value, argument, maximum=MAX_LIMIT)


def cursor(value: str | None) -> str | None:
    """Check a page's cursor; an empty one would silently start from the first page again."""
    if value is not None and not text(value, "cursor").strip():
        raise InvalidArgumentError("cursor: is empty; leave it out for the first page")
    return value


def email_filter(value: str | None) -> str | None:
    """Check a substring filter: at most 255 characters; an empty one filters nothing."""
    if value is None or not text(value, "email"):
        return None
    if len(value) > MAX_EMAIL_FILTER:
        raise InvalidArgumentError(
            f"email: a filter has at most {MAX_EMAIL_FILTER} characters, this one {len(value)}"
        )
    return value


def statuses(value: str | Iterable[str] | None) -> list[UserStatus]:
    """Check one status or several, in any case; repetitions are dropped."""
    if value is None:
        return []
    many = [value] if isinstance(value, str) else items(value, "status")
    return list(dict.fromkeys(closed_member(UserStatus, one, argument="status") for one in many))


def items(values: Iterable[T], argument: str) -> list[T]:
    """Copy an iterable of many; a bare text, which would fall into its letters, is refused."""
    if isinstance(values, str | bytes):
        raise InvalidArgumentError(f"{argument}: expected several, in a list; got one bare text")
    try:
        return list(values)
    except TypeError as error:
        raise InvalidArgumentError(
            f"{argument}: expected an iterable of text, got {type(values).__name__}"
        ) from error


def name(value: object) -> str:
    """Check a display name: 1 to 255 characters after stripping; it is sent stripped."""
    stripped = text(value, "name").strip()
    if not stripped:
        raise InvalidArgumentError("name: is empty; give 1 to 255 characters")
    if len(stripped) > MAX_NAME:
        raise InvalidArgumentError(f"name: has {len(stripped)} characters; at most {MAX_NAME} are allowed")
    return stripped


def email(value: object, argument: str = "email") -> str:
    """Check an email address: a local part, an @ and a domain, without blanks."""
    address = text(value, argument)
    local, _, domain = address.rpartition("@")
    if not local or not domain or _has_blanks(address):
        raise InvalidArgumentError(
            f"{argument}: {address!r} is not an email address (local part, @, domain, no blanks)"
        )
    return address


def searchable_email(value: object, argument: str = "email") -> str:
    """Check an email address that is to be looked up, so no longer than a filter may be."""
    address = email(value, argument)
    if len(address) > MAX_EMAIL_FILTER:
        raise InvalidArgumentError(
            f"{argument}: {len(address)} characters cannot be looked up; "
            f"the API searches at most {MAX_EMAIL_FILTER}"
        )
    return address


def user_id(value: object, argument: str = "user_id") -> str:
    """Check a user id. Ids are opaque, but these would reach another address of the API."""
    identifier = text(value, argument)
    if not identifier.strip():
        raise InvalidArgumentError(f"{argument}: is empty; give a user's id")
    if identifier in (".", ".."):
        raise InvalidArgumentError(f"{argument}: {identifier!r} cannot be a user's id")
    if "@" in identifier:
        raise InvalidArgumentError(
            f"{argument}: {identifier!r} is an email address, not an id; "
            "find the id with users.get(user=...), or use emails= in users.bulk_delete"
        )
    if _has_blanks(identifier):
        raise InvalidArgumentError(f"{argument}: {identifier!r} holds blanks; no user's id does")
    return identifier


def _has_blanks(value: str) -> bool:
    return any(letter.isspace() or not letter.isprintable() for letter in value)


def role(value: object) -> PredefinedUserRole | CustomUserRole:
    """Check a role: a builder's result, or the plain name of a predefined role in any case."""
    if isinstance(value, CustomUserRole):
        text(assign_custom_role(value.id).id, "role id")
        return value
    named = value.name if isinstance(value, PredefinedUserRole) else value
    if not isinstance(named, str):
        raise InvalidArgumentError(
            f"role: expected a role name, PredefinedUserRole or CustomUserRole, got {type(value).__name__}"
        )
    return PredefinedUserRole(name=closed_member(UserRole, named, argument="role"))


def invite_mode(value: object) -> InviteMode:
    """Check an invite mode, in any case."""
    return closed_member(InviteMode, value, argument="invite_mode")
