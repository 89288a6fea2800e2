"""Answers of the API -> public types.

Answers are read straight from JSON: the generated models refuse a missing field, an unknown role and an
error page, and would cost a second pass over every user. ``scripts/check_codec.py`` holds the tables below
against the generated models, so a changed contract names the line to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from ..enums import InviteMode, UserRole, UserStatus, parse_open
from ..types import (
    NOTHING,
    CreatedUser,
    CustomUserRole,
    FrozenDict,
    Pagination,
    PredefinedUserRole,
    Role,
    UnknownUserRole,
    User,
    UserPage,
    iso_time,
)
from .dates import server_time

# The fields that are read of each response schema of the contract, and what each is read as.
USER_FIELDS: Mapping[str, type] = {
    "id": str,
    "name": str,
    "email": str,
    "created_at": datetime,
    "status": UserStatus,
    "role": dict,
    "is_developer": bool,
}
CREATED_USER_FIELDS: Mapping[str, type] = {
    **USER_FIELDS,
    "invite_mode": InviteMode,
    "temporary_password": str,
}
PAGE_FIELDS: Mapping[str, type] = {"users": list, "pagination": dict}
PAGINATION_FIELDS: Mapping[str, type] = {"has_more": bool, "next_cursor": str}
PREDEFINED_ROLE_FIELDS: Mapping[str, type] = {"type": str, "name": str}
CUSTOM_ROLE_FIELDS: Mapping[str, type] = {"type": str, "id": str, "name": str}
# The fields of each generated model that are not read: `extra` holds them.
LEFT_TO_EXTRA: Mapping[str, tuple[str, ...]] = {}


def _json_types(fields: Mapping[str, type]) -> dict[str, type]:
    """Give the type that each field has in JSON."""
    texts = (datetime, UserStatus, InviteMode)
    return {name: str if kind in texts else kind for name, kind in fields.items()}


_USER_TYPES = _json_types(USER_FIELDS)
_CREATED_USER_TYPES = _json_types(CREATED_USER_FIELDS)
_TYPE_NAMES = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


class Undecodable(ValueError):
    """A document is not what the contract says; the message says what and where, without values."""


def user_page(document: Any) -> UserPage:
    """Read a page of users."""
    fields = _fields(document, PAGE_FIELDS, "the body")
    if "users" not in fields:
        raise Undecodable("`users` of the body is missing")
    pagination = _fields(fields.get("pagination", {}), PAGINATION_FIELDS, "the pagination")
    cursor = pagination.get("next_cursor") or None
    return UserPage(
        users=tuple([_typical_user(one, index) for index, one in enumerate(fields["users"])]),
        pagination=Pagination(
            has_more=pagination.get("has_more", cursor is not None),
            next_cursor=cursor,
            extra=pagination["extra"],
        ),
        extra=fields["extra"],
    )


def user(document: Any) -> User:
    """Read a user."""
    return _user(User, _USER_TYPES, document)


def created_user(document: Any, *, created: bool | None) -> CreatedUser:
    """Read the answer to a create: 201 has the invite mode, and sometimes a password; 200 has neither."""
    user = _user(CreatedUser, _CREATED_USER_TYPES, document)
    fields = vars(user)
    mode = fields.get("invite_mode")
    fields["invite_mode"] = None if mode is None else parse_open(InviteMode, mode)
    fields.setdefault("temporary_password", None)
    fields["created"] = created
    return user


U = TypeVar("U", bound=User)

_new: Callable[[type], Any] = object.__new__
_set = object.__setattr__


def _user(kind: type[U], types: Mapping[str, type], document: Any, index: int | None = None) -> U:
    fields = _fields(document, types, index)
    if (status := fields.get("status")) is not None:
        fields["status"] = _STATUSES.get(status) or parse_open(UserStatus, status)
    if (role := fields.get("role")) is not None:
        fields["role"] = _role(role)
    if (text := fields.get("created_at")) is not None:
        moment = fields["created_at"] = _time(text, index)
        if not _EXACT_TIME(text) and iso_time(moment) != text:
            # A datetime cannot hold it to the letter, as with nanoseconds: the text is kept beside it.
            fields["extra"] = FrozenDict({**fields["extra"], "created_at": text})
    # The fields become the object's own dictionary: attrs' constructor takes three times as long, and pages
    # hold many users. A field that the server left out is not there, as the class expects.
    user: U = _new(kind)
    _set(user, "__dict__", fields)
    return user


def _typical_user(document: Any, index: int) -> User:
    """Read a user of a page: `_user` for what nearly all users are like, in three fifths of its time."""
    try:
        role, created_at = document["role"], document["created_at"]
        if (
            len(document) == 7  # The fields named here, and no other.
            and len(role) == 2
            and type(document["id"]) is type(document["name"]) is type(document["email"]) is str
            and type(document["is_developer"]) is bool
            and _EXACT_TIME(created_at)
        ):
            fields = {
                **document,
                "status": _STATUSES[document["status"]],
                "role": _ROLES[role["type"], role["name"]],
                "created_at": datetime.fromisoformat(created_at),
                "extra": NOTHING,
            }
            user: User = _new(User)
            _set(user, "__dict__", fields)
            return user
    except (KeyError, TypeError, ValueError):
        pass
    return _user(User, _USER_TYPES, document, index)


def _fields(document: Any, types: Mapping[str, type], place: str | int | None) -> dict[str, Any]:
    """Take the known fields out of an object and check their types; a null is left out.

    What a server sends beyond the contract is kept under ``extra``.
    """
    if type(document) is not dict:
        raise Undecodable(f"{_named(place)} is not a JSON object")
    absent = []
    for name, expected in types.items():
        value = document.get(name)
        if type(value) is not expected:
            if value is not None:
                raise Undecodable(f"`{name}` of {_named(place)} is not {_TYPE_NAMES[expected]}")
            absent.append(name)
    if not absent and len(document) == len(types):  # Nearly every object is just as the contract says.
        return {**document, "extra": NOTHING}
    fields = {name: document[name] for name in types if name not in absent}
    return {**fields, "extra": _without(document, types)}


def _named(place: str | int | None) -> str:
    if place is None:
        return "the body"
    return f"users[{place}]" if isinstance(place, int) else place


# Look-ups instead of calls: a page holds these a hundred times. Roles are immutable, so one will do.
_STATUSES = {text: status for status in UserStatus for text in (str(status), status.upper())}
_ROLES: Mapping[tuple[str, str | None], PredefinedUserRole] = {
    (kind, name): PredefinedUserRole(name=role)
    for role in UserRole
    for kind, name in (("predefined", str(role)), ("PREDEFINED", role.upper()))
}


def _role(document: dict[str, Any]) -> Role:
    kind, name = document.get("type"), document.get("name")
    if not isinstance(kind, str) or not isinstance(name, str | None):
        return UnknownUserRole(data=FrozenDict(document))
    if len(document) == 2 and (known := _ROLES.get((kind, name))):
        return known
    if kind.lower() == "predefined" and name is not None:
        return PredefinedUserRole(name=name, extra=_without(document, PREDEFINED_ROLE_FIELDS))
    identifier = document.get("id")
    if kind.lower() == "custom" and isinstance(identifier, str):
        return CustomUserRole(id=identifier, name=name, extra=_without(document, CUSTOM_ROLE_FIELDS))
    return UnknownUserRole(data=FrozenDict(document))


def _without(document: dict[str, Any], known: Mapping[str, type]) -> FrozenDict:
    return FrozenDict({name: value for name, value in document.items() if name not in known})


def _time(text: str, index: int | None) -> datetime:
    try:
        return server_time(text)
    except (ValueError, OverflowError) as error:
        raise Undecodable(f"`created_at` of {_named(index)} is not a time") from error


_EXACT_TIME = re.compile(r"....-..-..T..:..:[0-5].(?:\.(?!000000)\d{6})?Z").fullmatch
