"""What a caller may pass, checked before any request. Every refusal says what, where and what to do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TypeVar

from ..enums import InviteMode, UserRole, UserStatus
from ..errors import InvalidArgumentError
from ..types import CustomUserRole, PredefinedUserRole, parse_closed

MAX_LIMIT = 100
MAX_NAME = 255
MAX_EMAIL_FILTER = 255

T = TypeVar("T")


def text(value: object, argument: str, index: int | None = None) -> str:
    """Check that a value is text that can travel as UTF-8."""
    if not isinstance(value, str):
        raise InvalidArgumentError(
            f"expected text, got {type(value).__name__}", argument=argument, index=index
        )
    if not is_unicode(value):
        raise InvalidArgumentError(f"{value!r} is not valid Unicode text", argument=argument, index=index)
    return value


def is_unicode(value: str) -> bool:
    """Tell whether a text can travel as UTF-8: it holds no lone surrogate."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def flag(value: object, argument: str) -> bool:
    """Check that a value is True or False."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"expected True or False, got {value!r}", argument=argument)
    return value


def whole_number(value: object, argument: str, *, maximum: int | None = None) -> int:
    """Check a whole number from 1 to a maximum."""
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= 1
        and (maximum is None or value <= maximum)
    ):
        return value
    bounds = "from 1 up" if maximum is None else f"from 1 to {maximum}"
    raise InvalidArgumentError(f"expected a whole number {bounds}, got {value!r}", argument=argument)


def limit(value: object, argument: str = "limit") -> int:
    """Check a page size: 1 to 100."""
    return whole_number(value, argument, maximum=MAX_LIMIT)


def cursor(value: str | None) -> str | None:
    """Check a page's cursor; an empty one would silently start from the first page again."""
    if value is not None and not text(value, "cursor").strip():
        raise InvalidArgumentError("is empty", argument="cursor", hint="Leave it out for the first page.")
    return value


def email_filter(value: str | None) -> str | None:
    """Check a substring filter: at most 255 characters; an empty one filters nothing."""
    if value is None or not text(value, "email"):
        return None
    if len(value) > MAX_EMAIL_FILTER:
        raise InvalidArgumentError(
            f"a filter has at most {MAX_EMAIL_FILTER} characters, this one {len(value)}", argument="email"
        )
    return value


def statuses(value: str | Iterable[str] | None) -> list[UserStatus]:
    """Check one status or several, in any case; repetitions are dropped."""
    if value is None:
        return []
    if isinstance(value, str):
        return [parse_closed(UserStatus, value, argument="status")]
    many = items(value, "status")
    checked = (
        parse_closed(UserStatus, one, argument="status", index=index) for index, one in enumerate(many)
    )
    return list(dict.fromkeys(checked))


def items(values: Iterable[T], argument: str) -> list[T]:
    """Copy an iterable of many; a bare text, which would fall into its letters, is refused."""
    if isinstance(values, str | bytes):
        raise InvalidArgumentError("expected several, in a list; got one bare text", argument=argument)
    try:
        return list(values)
    except TypeError as error:
        raise InvalidArgumentError(
            f"expected an iterable of text, got {type(values).__name__}", argument=argument
        ) from error


def name(value: object) -> str:
    """Check a display name: 1 to 255 characters after stripping; it is sent stripped."""
    stripped = text(value, "name").strip()
    if not stripped:
        raise InvalidArgumentError("is empty", argument="name", hint=f"Give 1 to {MAX_NAME} characters.")
    if len(stripped) > MAX_NAME:
        raise InvalidArgumentError(
            f"has {len(stripped)} characters; at most {MAX_NAME} are allowed", argument="name"
        )
    return stripped


def email(value: object, argument: str = "email", index: int | None = None) -> str:
    """Check an email address: a local part, an @ and a domain, without blanks."""
    address = text(value, argument, index)
    local, _, domain = address.rpartition("@")
    if not local or not domain or _has_blanks(address):
        raise InvalidArgumentError(
            f"{address!r} is not an email address (local part, @, domain, no blanks)",
            argument=argument,
            index=index,
        )
    return address


def searchable_email(value: object, argument: str = "email", index: int | None = None) -> str:
    """Check an email address that is to be looked up, so no longer than a filter may be."""
    address = email(value, argument, index)
    if len(address) > MAX_EMAIL_FILTER:
        raise InvalidArgumentError(
            f"an address of {len(address)} characters cannot be looked up; "
            f"the API searches at most {MAX_EMAIL_FILTER}",
            argument=argument,
            index=index,
        )
    return address


def user_id(value: object, argument: str = "user_id", index: int | None = None) -> str:
    """Check a user id. Ids are opaque, but those refused here would lead to another address of the API."""
    identifier = text(value, argument, index)

    def refuse(message: str, hint: str | None = None) -> InvalidArgumentError:
        return InvalidArgumentError(message, argument=argument, index=index, hint=hint)

    if not identifier.strip():
        raise refuse("is empty", "Give a user's id.")
    if identifier in (".", ".."):
        raise refuse(f"{identifier!r} cannot be a user's id")
    if "@" in identifier:
        raise refuse(
            f"{identifier!r} is an email address, not an id",
            "Find the id with users.get(user=...), or use emails= in users.bulk_delete.",
        )
    if _has_blanks(identifier):
        raise refuse(f"{identifier!r} holds blanks; no user's id does")
    return identifier


def _has_blanks(value: str) -> bool:
    return any(letter.isspace() or not letter.isprintable() for letter in value)


def role(value: object) -> PredefinedUserRole | CustomUserRole:
    """Check a role: a builder's result, or the plain name of a predefined role in any case."""
    if isinstance(value, CustomUserRole):
        if not text(value.id, "role").strip():
            raise InvalidArgumentError("the custom role has an empty id", argument="role")
        return value
    named = value.name if isinstance(value, PredefinedUserRole) else value
    if not isinstance(named, str):
        raise InvalidArgumentError(
            f"expected a role name, PredefinedUserRole or CustomUserRole, got {type(value).__name__}",
            argument="role",
        )
    return PredefinedUserRole(name=parse_closed(UserRole, named, argument="role"))


def invite_mode(value: object) -> InviteMode:
    """Check an invite mode, in any case."""
    return parse_closed(InviteMode, value, argument="invite_mode")


def callback(value: Callable[[T], object] | None, argument: str) -> Callable[[T], object] | None:
    """Check a function that is called synchronously."""
    if value is not None and not callable(value):
        raise InvalidArgumentError(f"expected a function, got {value!r}", argument=argument)
    if inspect.iscoroutinefunction(value):
        raise InvalidArgumentError("expected a plain function, got a coroutine function", argument=argument)
    return value
