"""The public types: open enums, role builders, and the frozen answers of the layer.

A field that the server left out is None; what it sent beyond what the fields hold is in ``extra``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from attrs import field, frozen

from .errors import InvalidArgumentError

if TYPE_CHECKING:
    import pandas


class UserStatus(StrEnum):
    """Where a user is between invitation and use."""

    ACTIVE = "active"
    INVITED = "invited"
    EXPIRED = "expired"


class UserRole(StrEnum):
    """A predefined account-level role."""

    ADMIN = "admin"
    MEMBER = "member"
    ANNOTATOR = "annotator"


class InviteMode(StrEnum):
    """How a new user learns of the account.

    NONE creates an active user and sends nothing; EMAIL_LINK mails a verification link;
    TEMPORARY_PASSWORD answers a password that must be changed at the first login.
    """

    NONE = "none"
    EMAIL_LINK = "email_link"
    TEMPORARY_PASSWORD = "temporary_password"


class DeletionStatus(StrEnum):
    """What became of one input of a bulk delete."""

    DELETED = "deleted"
    NOT_FOUND = "not_found"
    FAILED = "failed"


E = TypeVar("E", bound=StrEnum)


def open_member(enum: type[E], text: str) -> E | str:
    """Read a server's value: the member of that name in any case, or else the text as it came."""
    # Every member is named after its value in upper case. A look-up, not enum(...) in a try:
    # this runs several times for each user of a page.
    return enum.__members__.get(text.upper(), text)


def closed_member(enum: type[E], value: object, *, argument: str) -> E:
    """Read a caller's value in any case; refuse one that is not in the enum."""
    if isinstance(value, str):
        member = open_member(enum, value)
        if isinstance(member, enum):
            return member
    valid = ", ".join(repr(member.value) for member in enum)
    raise InvalidArgumentError(f"{argument}: {value!r} is not one of {valid}")


class FrozenDict(dict[str, Any]):
    """What a server sent beyond the contract: to be read, as all of an answer is."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise TypeError("answers are frozen; make a dict of it to change it")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


NOTHING = FrozenDict()


def _role_name(name: str) -> UserRole | str:
    return open_member(UserRole, name) if isinstance(name, str) else name


@frozen(kw_only=True)
class PredefinedUserRole:
    """A predefined role. ``name`` in any case; a name this version does not know stays text."""

    name: UserRole | str = field(converter=_role_name)
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    @property
    def type(self) -> str:
        """The API's name for this kind of role."""
        return "predefined"

    def to_dict(self) -> dict[str, Any]:
        """Give the role under the API's field names."""
        return {"type": self.type, "name": str(self.name)} | dict(self.extra)


@frozen(kw_only=True)
class CustomUserRole:
    """A custom role of the account, by its id. ``name`` is only ever read, never sent."""

    id: str
    name: str | None = None
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    @property
    def type(self) -> str:
        """The API's name for this kind of role."""
        return "custom"

    def to_dict(self) -> dict[str, Any]:
        """Give the role under the API's field names."""
        named = {} if self.name is None else {"name": self.name}
        return {"type": self.type, "id": self.id, **named} | dict(self.extra)


@frozen(kw_only=True)
class UnknownUserRole:
    """A role in a shape this version does not know, as the server sent it. It can only be read."""

    data: Mapping[str, Any] = field(hash=False)

    @property
    def type(self) -> str | None:
        """The server's name for this kind of role, where it gave one."""
        kind = self.data.get("type")
        return kind if isinstance(kind, str) else None

    @property
    def name(self) -> str | None:
        """The role's name, where the server gave one."""
        name = self.data.get("name")
        return name if isinstance(name, str) else None

    def to_dict(self) -> dict[str, Any]:
        """Give the role as the server sent it."""
        return dict(self.data)


Role = PredefinedUserRole | CustomUserRole | UnknownUserRole


def assign_predefined_role(name: str) -> PredefinedUserRole:
    """Build the assignment of a predefined role for ``users.create``.

    ``name`` is "admin", "member" or "annotator" in any case, or a `UserRole`.

    Raises:
        InvalidArgumentError: there is no such predefined role.
    """
    return PredefinedUserRole(name=closed_member(UserRole, name, argument="name"))


def assign_custom_role(id: str) -> CustomUserRole:
    """Build the assignment of an existing custom role, by its id, for ``users.create``.

    Raises:
        InvalidArgumentError: the id is empty or blank.
    """
    if not isinstance(id, str) or not id.strip():
        raise InvalidArgumentError(f"id: a custom role's id is a text that is not blank, not {id!r}")
    return CustomUserRole(id=id)


def iso_time(moment: datetime) -> str:
    """Write a time as the API does: RFC 3339, with Z for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


class _Dictable(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class _Document:
    """What every answer of the layer can do beside `to_dict`."""

    __slots__ = ()

    def to_json(self: _Dictable, *, indent: int | None = None) -> str:
        """Give what ``to_dict`` gives, as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


# Not slotted: attrs fills a frozen class without slots in half the time, and pages hold many users.
@frozen(kw_only=True, slots=False)
class User(_Document):
    """One user of the account.

    A field is None where the server left it out, as the newest deployments may. ``status`` and a
    predefined role's name compare equal to their lower-case text, whichever case the server uses.
    """

    id: str | None = None
    name: str | None = None
    email: str | None = None
    created_at: datetime | None = None
    status: UserStatus | str | None = None
    role: Role | None = None
    is_developer: bool | None = None
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the user under the API's field names, with an ISO time; absent fields are left out.

        What the server sent beyond the contract is included.
        """
        document = {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "created_at": iso_time(self.created_at) if self.created_at else None,
            "status": str(self.status) if self.status is not None else None,
            "role": self.role.to_dict() if self.role else None,
            "is_developer": self.is_developer,
        }
        present = {name: value for name, value in document.items() if value is not None}
        return present | dict(self.extra)

    def to_row(self) -> dict[str, Any]:
        """Give the user as one flat row, with every column of `USER_COLUMNS` always there."""
        role = self.role
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "status": str(self.status) if self.status is not None else None,
            "role_type": role.type if role else None,
            "role_name": str(role.name) if role and role.name is not None else None,
            "role_id": role.id if isinstance(role, CustomUserRole) else None,
            "is_developer": self.is_developer,
            "created_at": self.created_at,
        }


USER_COLUMNS = tuple(User().to_row())


@frozen(kw_only=True, slots=False)
class CreatedUser(User):
    """The answer of ``users.create``: a user, and what creating did.

    ``created`` is False when the email was invited before (nothing was sent again), and None when a
    repeated request cannot tell. ``invite_mode`` is None unless this call invited.
    ``temporary_password`` is a secret, answered once; it is in no repr, but in ``to_dict``.
    """

    created: bool | None = None
    invite_mode: InviteMode | str | None = None
    temporary_password: str | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the user as `User.to_dict` does, with ``invite_mode`` and ``temporary_password``."""
        document = super().to_dict()
        if self.invite_mode is not None:
            document["invite_mode"] = str(self.invite_mode)
        if self.temporary_password is not None:
            document["temporary_password"] = self.temporary_password
        return document


@frozen(kw_only=True)
class Pagination:
    """Where a page stands: whether another follows, and the cursor that asks for it."""

    has_more: bool
    next_cursor: str | None = None
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the pagination under the API's field names."""
        cursor = {} if self.next_cursor is None else {"next_cursor": self.next_cursor}
        return {"has_more": self.has_more, **cursor} | dict(self.extra)


@frozen(kw_only=True)
class UserPage(_Document):
    """One page of users, oldest first. Iterable, with a length."""

    users: tuple[User, ...]
    pagination: Pagination
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    def __iter__(self) -> Iterator[User]:
        return iter(self.users)

    def __len__(self) -> int:
        return len(self.users)

    def to_dict(self) -> dict[str, Any]:
        """Give the page under the API's field names, with ISO times."""
        page = {
            "users": [user.to_dict() for user in self.users],
            "pagination": self.pagination.to_dict(),
        }
        return page | dict(self.extra)

    def to_df(self) -> pandas.DataFrame:
        """Give a pandas frame, one row per user, the role flattened; times are UTC.

        Raises:
            ImportError: pandas is not installed; the extra ``df`` brings it.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_df() needs pandas: install it with `pip install 'arize-users[df]'`"
            ) from error
        frame = pandas.DataFrame([user.to_row() for user in self.users], columns=USER_COLUMNS)
        frame["created_at"] = pandas.to_datetime(frame["created_at"], utc=True)
        return frame


@frozen(kw_only=True)
class BulkUserDeletionResult(_Document):
    """What became of one id or email given to ``users.bulk_delete``.

    ``email`` is as the caller spelled it, None for an id; ``user_id`` is None for an email that no
    user has; ``error`` is one line, for ``FAILED`` only.
    """

    user_id: str | None = None
    email: str | None = None
    status: DeletionStatus
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all four fields; those that do not apply are None."""
        return {
            "user_id": self.user_id,
            "email": self.email,
            "status": str(self.status),
            "error": self.error,
        }


def as_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
