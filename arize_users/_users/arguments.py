"""What a caller may pass, checked before any request. Every refusal says what, where and what to do."""

from __future__ import annotations

import inspect
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from ..enums import InviteMode, UserRole, UserStatus
from ..errors import InvalidArgumentError
from ..types import CustomUserRole, PredefinedUserRole, UnknownUserRole, User, parse_closed

MAX_LIMIT = 100
MAX_NAME = 255
MAX_EMAIL_FILTER = 255

_LABEL = r"[A-Za-z0-9_\x80-\U0010ffff-]+"
_ADDRESS = re.compile(rf'([^"(),:;<>@\[\]\\]+|"[^"\\]+")@{_LABEL}(\.{_LABEL})*')

_FLAWS = {
    r"\s*\Z": "is empty",
    r"(?i)mailto:": "is a mailto: link",
    r".*[<>]": "has a name or brackets around the address",
    r".*[,;]": "is more than one address",
    r".*[\s\x00-\x1f]": "has blanks in it",
    r"[^@]*\Z": "has no @",
    r".*@.*@": "has more than one @",
    r"@": "has nothing before the @",
    r".*@\Z": "has nothing after the @",
    r".*@(\.|.*\.\.|.*\.\Z)": "has a dot too many in its domain",
}
"""What is wrong with a text that is no address; the first pattern that fits says it."""

_BULK_DELETE = "users.bulk_delete(emails=[...]) takes"

T = TypeVar("T")
S = TypeVar("S")


def _refusal(
    problem: str, argument: str, index: int | None = None, *, hint: str | None = None
) -> InvalidArgumentError:
    return InvalidArgumentError(problem, argument=argument, index=index, hint=hint)


def text(value: object, argument: str, index: int | None = None) -> str:
    """Check that a value is text that can travel as UTF-8."""
    if not isinstance(value, str):
        raise _refusal(f"expected text, got {type(value).__name__}", argument, index)
    if not is_unicode(value):
        raise _refusal(f"{value!r} is not valid Unicode text", argument, index)
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
        raise _refusal(f"expected True or False, got {value!r}", argument)
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
    raise _refusal(f"expected a whole number {bounds}, got {value!r}", argument)


def limit(value: object, argument: str = "limit") -> int:
    """Check a page size: 1 to 100."""
    return whole_number(value, argument, maximum=MAX_LIMIT)


def cursor(value: str | None) -> str | None:
    """Check a page's cursor; an empty one would silently start from the first page again."""
    if value is not None and not text(value, "cursor").strip():
        raise _refusal("is empty", "cursor", hint="Leave it out for the first page.")
    return value


def email_filter(value: str | None) -> str | None:
    """Check a substring filter: at most 255 characters; an empty one would give everybody."""
    if value is None:
        return None
    if not text(value, "email").strip():
        raise _refusal("is empty", "email", hint="Leave it out for users of any address.")
    if len(value) > MAX_EMAIL_FILTER:
        raise _refusal(f"a filter has at most {MAX_EMAIL_FILTER} characters, this one {len(value)}", "email")
    return value


def statuses(value: str | Iterable[str] | None) -> list[UserStatus]:
    """Check one status or several, in any case, without repetitions; an empty list would give everybody."""
    if value is None:
        return []
    if isinstance(value, str):
        return [parse_closed(UserStatus, value, argument="status")]

    def status(one: object, argument: str, index: int) -> UserStatus:
        return parse_closed(UserStatus, one, argument=argument, index=index)

    checked, problems = entries(value, "status", status)
    refuse(problems)
    if not checked:
        raise _refusal("is empty", "status", hint="Leave it out for users of any status.")
    return list(dict.fromkeys(checked))


def entries(
    values: Iterable[T], argument: str, check_one: Callable[[T, str, int], S]
) -> tuple[list[S], list[InvalidArgumentError]]:
    """Check each of many; give those that can be right, and what is wrong with the others.

    Args:
        values: Any iterable but a text.
        argument: The parameter that they were given as.
        check_one: Gives a value, its parameter and its index back as it is to be used, or raises.
    """
    checked: list[S] = []
    problems: list[InvalidArgumentError] = []
    for index, value in enumerate(items(values, argument)):
        try:
            checked.append(check_one(value, argument, index))
        except InvalidArgumentError as problem:
            problems.append(problem)
    return checked, problems


def all_fields(
    argument: str, index: int | None, **checks: Callable[[], T]
) -> tuple[dict[str, T], list[InvalidArgumentError]]:
    """Check each field of one of many; give those that can be right, and what is wrong with the others.

    Args:
        argument: The parameter that the many were given as.
        index: The place among them.
        checks: Gives a field as it is to be used, or raises.
    """
    fields: dict[str, T] = {}
    problems: list[InvalidArgumentError] = []
    for name, check_one in checks.items():
        try:
            fields[name] = check_one()
        except InvalidArgumentError as problem:
            text = f"{problem.argument or name}: {problem.message}"
            problems.append(_refusal(text, argument, index, hint=problem.hint))
    return fields, problems


def refuse(problems: Sequence[InvalidArgumentError]) -> None:
    """Raise one error that names every problem, if there are any."""
    if problems:
        first, *others = problems
        raise InvalidArgumentError(
            first.message, argument=first.argument, index=first.index, hint=first.hint, others=others
        )


def items(values: Iterable[T], argument: str) -> list[T]:
    """Copy an iterable of many; a bare text, which would fall into its letters, is refused."""
    if isinstance(values, str | bytes):
        raise _refusal("expected several, in a list; got one bare text", argument)
    try:
        iterator = iter(values)
    except TypeError as error:
        raise _refusal(f"expected an iterable of text, got {type(values).__name__}", argument) from error
    return list(iterator)


def name(value: object) -> str:
    """Check a display name: 1 to 255 characters, as it is sent, which is stripped and in NFC.

    Args:
        value: The name.

    Returns:
        The name as it is sent.

    Raises:
        InvalidArgumentError: It cannot be one.
    """
    sent = as_sent(text(value, "name"))
    if not sent:
        raise _refusal("is empty", "name", hint=f"Give 1 to {MAX_NAME} characters.")
    if len(sent) > MAX_NAME:
        raise _refusal(f"has {len(sent)} characters; at most {MAX_NAME} are allowed", "name")
    return sent


def as_sent(name: str) -> str:
    """Give a name as it is sent: stripped, in NFC. Names are compared so."""
    return unicodedata.normalize("NFC", name.strip())


def email(value: object, argument: str = "email", index: int | None = None) -> str:
    """Check that a value is one email address and nothing else, and strip the blanks around it."""
    address = text(value, argument, index).strip()
    if not _ADDRESS.fullmatch(address) or _has_blanks(address) or _has_punctuation(address):
        flaws = (flaw for pattern, flaw in _FLAWS.items() if re.match(pattern, address, re.DOTALL))
        flaw = next(flaws, "has a character that no address has there")
        hint = "Give one plain address, such as ada@example.com."
        raise _refusal(f"{address!r} is not an email address: it {flaw}", argument, index, hint=hint)
    return address


def searchable_email(value: object, argument: str = "email", index: int | None = None) -> str:
    """Check an email address that is to be looked up, so no longer than a filter may be."""
    address = email(value, argument, index)
    if len(address) > MAX_EMAIL_FILTER:
        raise _refusal(
            f"an address of {len(address)} characters cannot be looked up; "
            f"the API searches at most {MAX_EMAIL_FILTER}",
            argument,
            index,
        )
    return address


def user_id(
    value: object, argument: str = "user_id", index: int | None = None, *, deletes: bool = False
) -> str:
    """Check a user id, or the id of a `User`, and strip the blanks around it, which come with pasting.

    Ids are opaque, but those refused here would lead to another address of the API. ``deletes``: the user is
    to be deleted, for which an address would do.
    """
    if isinstance(value, User):
        value = getattr(value, "id", "")
    identifier = text(value, argument, index).strip()
    if not identifier:
        raise _refusal("is empty", argument, index, hint="Give a user's id.")
    if identifier in (".", ".."):
        raise _refusal(f"{identifier!r} cannot be a user's id", argument, index)
    if "@" in identifier or "\uff20" in identifier:
        hint = f"users.get(user={identifier!r}) finds the id"
        if "@" not in identifier:
            hint = "Write an address with a plain @"
        elif deletes or argument == "user_ids":
            hint += f"; {'emails= takes' if argument == 'user_ids' else _BULK_DELETE} addresses"
        raise _refusal(f"{identifier!r} is an email address, not an id", argument, index, hint=f"{hint}.")
    if _has_blanks(identifier):
        raise _refusal(f"{identifier!r} holds blanks; no user's id does", argument, index)
    return identifier


def check_user(value: str | User, argument: str = "user", index: int | None = None) -> str:
    """Check what names a user, without asking anybody: an id, or an email address.

    Args:
        value: The id or the address; blanks around it are stripped.
        argument: What an error calls it.
        index: Its place among others, for an error.

    Returns:
        The id or the address as it is sent.

    Raises:
        InvalidArgumentError: It can be neither.
    """
    if isinstance(value, str) and "@" in value:
        return searchable_email(value, argument, index)
    return user_id(value, argument, index)


def _has_punctuation(value: str) -> bool:
    """Tell whether a text holds punctuation beyond ASCII, such as typographic quotes or a wide @."""
    return not value.isascii() and any(
        unicodedata.category(letter).startswith("P") for letter in value if not letter.isascii()
    )


def _has_blanks(value: str) -> bool:
    return not value.isprintable() or any(map(str.isspace, value))


def path(value: object, argument: str) -> Path:
    """Check that a value names a file."""
    if not isinstance(value, str | os.PathLike):
        raise _refusal(f"expected a path, got {type(value).__name__}", argument)
    found = os.fsdecode(value)
    if not found or "\0" in found:
        raise _refusal(f"{found!r} names no file", argument)
    return Path(found)


def role(value: object) -> PredefinedUserRole | CustomUserRole:
    """Check a role: a builder's result, or the plain name of a predefined role in any case."""
    if isinstance(value, CustomUserRole):
        if not text(value.id, "role").strip():
            raise InvalidArgumentError("the custom role has an empty id", argument="role")
        return value
    if isinstance(value, UnknownUserRole):
        problem = f"the role {str(value)!r} is of a kind that this version can read, but not assign"
        raise _refusal(problem, "role", hint="Give a predefined role, or CustomUserRole(id=...).")
    named = value.name if isinstance(value, PredefinedUserRole) else value
    if not isinstance(named, str):
        # Arize's own client has roles of the same names.
        expected = "a role name, or a PredefinedUserRole or CustomUserRole of arize_users"
        raise _refusal(f"expected {expected}, got {type(value).__name__}", "role")
    try:
        return PredefinedUserRole(name=parse_closed(UserRole, named, argument="role"))
    except InvalidArgumentError as error:
        hint = "A custom role is given as CustomUserRole(id=...)."
        raise _refusal(error.message, "role", hint=hint) from None


def invite_mode(value: object) -> InviteMode:
    """Check an invite mode, in any case."""
    return parse_closed(InviteMode, value, argument="invite_mode")


def callback(value: Callable[[T], object] | None, argument: str) -> Callable[[T], object] | None:
    """Check a function that is called synchronously."""
    if value is not None and not callable(value):
        raise _refusal(f"expected a function, got {value!r}", argument)
    if inspect.iscoroutinefunction(value):
        raise _refusal("expected a plain function, got a coroutine function", argument)
    return value
