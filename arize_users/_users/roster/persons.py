"""Checks the people of a roster, and gives each as they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...enums import UserRole
from ...errors import InvalidArgumentError
from ...people import NewUser
from ...types import CustomUserRole, Role
from .. import arguments as check
from .alike import deceptive

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def checked_person(person: NewUser) -> NewUser:
    """Give a person as they are sent.

    Raises:
        InvalidArgumentError: Something about them cannot be right; its message says all of it.
    """
    if not isinstance(person, NewUser):
        raise InvalidArgumentError(f"expected a NewUser, got {type(person).__name__}")
    problems: list[str] = []

    def checked(argument: str, check_one: Callable[[Any], Any]) -> Any:
        try:
            return check_one(getattr(person, argument))
        except InvalidArgumentError as error:
            problems.append(f"{argument}: {error.message}")
            return None

    found = NewUser(
        email=checked("email", checked_email),
        name=checked("name", check.name),
        role=checked("role", checked_role),
        invite_mode=checked("invite_mode", check.invite_mode),
        is_developer=checked("is_developer", check.developer_flag),
    )
    if problems:
        raise InvalidArgumentError("; ".join(problems))
    return found


def checked_email(value: object) -> str:
    """Check an address, and name the characters of a bad one that look like others."""
    try:
        return check.searchable_email(value)
    except InvalidArgumentError as error:
        letters = deceptive(value.strip()) if isinstance(value, str) and check.is_unicode(value) else ""
        if not letters:
            raise
        raise InvalidArgumentError(f"{error.message}: {letters}", argument="email") from None


def checked_role(value: object) -> Role:
    """Check a role, and leave out what is not part of it."""
    role = check.role(value)
    if not isinstance(role, CustomUserRole):
        return role
    name = check.text(role.name or "", "role").strip()
    return CustomUserRole(id=role.id.strip(), name=name or None)


def role_of(cells: Callable[[str], str]) -> UserRole | CustomUserRole:
    """Read the role of a row: the name of a predefined one, or the id of a custom one.

    Args:
        cells: Gives the text of a field.

    Raises:
        InvalidArgumentError: There is none, or the fields contradict each other.
    """
    kind, role_id = cells("role_type").casefold(), cells("role_id")
    role, role_name = cells("role"), cells("role_name")
    named = role or role_name
    if role and role_name and role.casefold() != role_name.casefold():
        problem = f"role is {role!r} and role_name {role_name!r}: they contradict each other"
    elif kind not in ("", "predefined", "custom"):
        problem = f"role_type: {kind!r} is neither predefined nor custom; no other role can be given"
    elif role_id and kind == "predefined":
        problem = "role_id is given for a role whose role_type is predefined"
    elif role_id and not kind and role and role.upper() in UserRole.__members__:
        problem = f"role is {role!r}, and role_id names a custom role: give one of them"
    elif role_id:
        return CustomUserRole(id=role_id, name=named or None)
    elif kind == "custom":
        problem = "has no role_id, by which a custom role is given"
    elif not named:
        problem = "has no role"
    elif named.upper() in UserRole.__members__:
        return UserRole[named.upper()]
    else:
        valid = ", ".join(UserRole)
        problem = f"role: {named!r} is none of {valid}; a custom role is given by its id, in role_id"
    raise InvalidArgumentError(problem)


def flag_of(text: str) -> bool | None:
    """Read whether somebody is a developer: true, false, yes, no, 1 or 0; None where the cell is empty.

    Raises:
        InvalidArgumentError: It is anything else.
    """
    if not text:
        return None
    if text.casefold() not in _FLAGS:
        raise InvalidArgumentError(f"is_developer: {text!r} is none of true, false, yes, no, 1 and 0")
    return _FLAGS[text.casefold()]
