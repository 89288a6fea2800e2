"""The public types: role builders, and the frozen answers of the layer.

What the server sent beyond the fields of a type is in ``extra``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from attrs import field, frozen

from .enums import (
    ActionKind,
    ActionStatus,
    AnyCaseText,
    CreationStatus,
    DeletionStatus,
    E,
    InviteMode,
    LookupStatus,
    UserRole,
    UserStatus,
    WriteStatus,
    parse_open,
)
from .errors import InvalidArgumentError, MissingFieldError
from .results import BulkUserDeletionResult, Document

if TYPE_CHECKING:
    import pandas

__all__ = [
    "USER_COLUMNS",
    "ActionKind",
    "ActionStatus",
    "BulkUserDeletionResult",
    "CreatedUser",
    "CreationStatus",
    "CustomUserRole",
    "DeletionStatus",
    "InviteMode",
    "LookupStatus",
    "Pagination",
    "PredefinedUserRole",
    "Role",
    "UnknownUserRole",
    "User",
    "UserPage",
    "UserRole",
    "UserStatus",
    "When",
    "WriteStatus",
    "assign_custom_role",
    "assign_predefined_role",
]

When = datetime | date | timedelta | str
"""A point in time, a text such as ``2026-03-01``, or an age: a timedelta, or a text such as ``30 days``."""


def parse_closed(enum: type[E], value: object, *, argument: str, index: int | None = None) -> E:
    """Read a caller's value in any case.

    Raises:
        InvalidArgumentError: the enum does not list it.
    """
    member = parse_open(enum, value) if isinstance(value, str) else value
    if isinstance(member, enum):
        return member
    valid = ", ".join(repr(str(member)) for member in enum)
    raise InvalidArgumentError(f"{value!r} is not one of {valid}", argument=argument, index=index)


class FrozenDict(dict[str, Any]):
    """What a server sent beyond the contract: to be read, as all of an answer is."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise TypeError("answers are frozen; make a dict of it to change it")

    if not TYPE_CHECKING:  # A checker takes the signatures of dict, which these would contradict.
        __setitem__ = __delitem__ = __ior__ = _refuse
        clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


NOTHING = FrozenDict()


def _role_name(name: str) -> UserRole | str:
    return parse_open(UserRole, name) if isinstance(name, str) else name


@frozen(kw_only=True)
class PredefinedUserRole:
    """A predefined role. Its text is its name, and compares equal in any case.

    Args:
        name: The role, in any case; a name that this version does not know stays text. It compares
            equal to its text in any case.
        extra: What the server sent beyond the contract.
    """

    name: UserRole | str = field(converter=_role_name)
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    type: ClassVar[str] = AnyCaseText("predefined")
    """The API's name for this kind of role; equal in any case."""

    def __str__(self) -> str:
        return AnyCaseText(self.name)

    def to_dict(self) -> dict[str, Any]:
        """Give the role under the API's field names.

        Returns:
            ``type`` and ``name``, in lower case where the name is known, and what is in ``extra``.
        """
        return {"type": str(self.type), "name": str(self.name)} | dict(self.extra)


@frozen(kw_only=True)
class CustomUserRole:
    """A custom role of the account. Its text is its name, or its id where it has none.

    Args:
        id: The role's id.
        name: The role's name, compared exactly. It is only ever read, never sent.
        extra: What the server sent beyond the contract.
    """

    id: str
    name: str | None = None
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    type: ClassVar[str] = AnyCaseText("custom")
    """The API's name for this kind of role; equal in any case."""

    def __str__(self) -> str:
        return self.id if self.name is None else self.name

    def to_dict(self) -> dict[str, Any]:
        """Give the role under the API's field names.

        Returns:
            ``type`` in lower case, ``id``, ``name`` where there is one, and what is in ``extra``.
        """
        named = {} if self.name is None else {"name": self.name}
        return {"type": str(self.type), "id": self.id, **named} | dict(self.extra)


@frozen(kw_only=True)
class UnknownUserRole:
    """A role in a shape that this version does not know. It can only be read; its text is its name or kind.

    Args:
        data: The role as the server sent it.
    """

    data: Mapping[str, Any] = field(hash=False)

    @property
    def type(self) -> str | None:
        """The server's name for this kind of role, where it gave one; equal in any case."""
        kind = self.data.get("type")
        return AnyCaseText(kind) if isinstance(kind, str) else None

    @property
    def name(self) -> str | None:
        """The role's name, where the server gave one."""
        name = self.data.get("name")
        return name if isinstance(name, str) else None

    def __str__(self) -> str:
        return self.name or self.type or "unknown"

    def to_dict(self) -> dict[str, Any]:
        """Give the role as the server sent it.

        Returns:
            The server's fields.
        """
        return dict(self.data)


Role = PredefinedUserRole | CustomUserRole | UnknownUserRole


def assign_predefined_role(name: str) -> PredefinedUserRole:
    """Build the assignment of a predefined role for ``users.create``.

    Args:
        name: "admin", "member" or "annotator" in any case, or a `UserRole`.

    Returns:
        The role to pass to ``users.create``.

    Raises:
        InvalidArgumentError: There is no such predefined role.
    """
    return PredefinedUserRole(name=parse_closed(UserRole, name, argument="name"))


def assign_custom_role(id: str) -> CustomUserRole:
    """Build the assignment of an existing custom role for ``users.create``.

    Args:
        id: The role's id.

    Returns:
        The role to pass to ``users.create``.

    Raises:
        InvalidArgumentError: The id is empty or blank.
    """
    if not isinstance(id, str) or not id.strip():
        raise InvalidArgumentError(
            f"a custom role's id is a text that is not blank, not {id!r}", argument="id"
        )
    return CustomUserRole(id=id)


def iso_time(moment: datetime) -> str:
    """Write a time as the API does: RFC 3339, with Z for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def as_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime | None:
    """Convert a time to UTC; None where it is then before the year 1 or after the year 9999."""
    try:
        return as_utc(moment).astimezone(UTC)
    except OverflowError:
        return None


def encodable(value: object) -> object:
    """Escape a lone surrogate in a text: JSON can hold one, UTF-8 cannot."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


_MISSING: Any = object()


def _status(value: UserStatus | str) -> UserStatus | str:
    return parse_open(UserStatus, value) if isinstance(value, str) else value


def _invite_mode(value: InviteMode | str | None) -> InviteMode | str | None:
    return parse_open(InviteMode, value) if isinstance(value, str) else value


# attrs makes none of the methods that read every field: one may be missing. Without slots, an answer's
# fields are the instance's dictionary, which the decoder sets in one step for each user of a page.
@frozen(kw_only=True, slots=False, eq=False, repr=False)
class User(Document):
    """One user of the account.

    A field that the server left out, as the newest deployments may, raises `MissingFieldError` when it is
    read, and is left out of ``to_dict``, ``repr`` and comparisons. ``status`` and a predefined role's name
    compare equal to their text in any case, whichever case the server uses.

    Args:
        id: The opaque id; it may hold ``/``, ``+`` and ``=``.
        name: The display name.
        email: The address, as the server spells it.
        created_at: When the user was first created, in UTC unless the server names another zone.
        status: A `UserStatus`, or the text of a status that this version does not know.
        role: The account-level role.
        is_developer: Whether the user has developer permissions.
        extra: What the server sent beyond the contract.
    """

    id: str = field(default=_MISSING)
    name: str = field(default=_MISSING)
    email: str = field(default=_MISSING)
    created_at: datetime = field(default=_MISSING)
    status: UserStatus | str = field(default=_MISSING, converter=_status)
    role: Role = field(default=_MISSING)
    is_developer: bool = field(default=_MISSING)
    extra: Mapping[str, Any] = NOTHING

    def __attrs_post_init__(self) -> None:
        for name in [name for name, value in vars(self).items() if value is _MISSING]:
            del vars(self)[name]

    if not TYPE_CHECKING:
        # Hidden, because a checker that sees it takes any name for an attribute.
        def __getattr__(self, name: str) -> object:
            if name not in _USER_FIELDS:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            raise MissingFieldError(name, user=vars(self).get("id") or vars(self).get("email"))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).get(name) for name in _USER_FIELDS))

    def __repr__(self) -> str:
        shown = (name for name in (*_USER_FIELDS, *self._SHOWN) if name in vars(self))
        fields = ", ".join(f"{name}={vars(self)[name]!r}" for name in shown)
        return f"{type(self).__name__}({fields})"

    _SHOWN: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the user under the API's field names.

        Returns:
            The fields, ``created_at`` as an ISO text, and what is in ``extra``. A field that the server
            left out is left out.
        """
        document = {name: vars(self)[name] for name in _USER_FIELDS if name in vars(self)}
        for name, write in (("created_at", iso_time), ("status", str), ("role", _role_document)):
            if name in document:
                document[name] = write(document[name])
        return document | dict(self.extra)

    def to_row(self) -> dict[str, Any]:
        """Give the user as one flat row.

        Returns:
            A value for every column of `USER_COLUMNS`; None for a field that the server left out.
        """
        fields = vars(self)
        role, status = fields.get("role"), fields.get("status")
        return {
            "id": fields.get("id"),
            "name": fields.get("name"),
            "email": fields.get("email"),
            "status": None if status is None else str(status),
            "role_type": role.type and str(role.type) if role else None,
            "role_name": str(role.name) if role and role.name is not None else None,
            "role_id": role.id if isinstance(role, CustomUserRole) else None,
            "is_developer": fields.get("is_developer"),
            "created_at": fields.get("created_at"),
        }


_USER_FIELDS = ("id", "name", "email", "created_at", "status", "role", "is_developer")

USER_COLUMNS = tuple(User().to_row())


def _row(user: User, case: Literal["lower", "upper"] | None) -> dict[str, Any]:
    """Give a user's row, its values of the API spelt in a case; the name of a custom role stays."""
    row = user.to_row()
    if case is None:
        return row
    spelt = ["status", "role_type"]
    if row["role_type"] is not None and row["role_type"].lower() == "predefined":
        spelt.append("role_name")
    return row | {name: row[name] and getattr(row[name], case)() for name in spelt}


def _role_document(role: Role) -> dict[str, Any]:
    return role.to_dict()


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class CreatedUser(User):
    """The answer of ``users.create``: a user, and what creating did.

    Args:
        created: True when this call created the user; False when the email was invited before, and
            nothing was sent again; None when a repeated request cannot tell.
        invite_mode: The mode of this call; None where the user was invited before.
        temporary_password: A secret, answered once. It is in no repr, but in ``to_dict``.
    """

    created: bool | None = None
    invite_mode: InviteMode | str | None = field(default=None, converter=_invite_mode)
    temporary_password: str | None = None

    _SHOWN: ClassVar[tuple[str, ...]] = ("created", "invite_mode")

    def to_dict(self) -> dict[str, Any]:
        """Give the user as `User.to_dict` does, with what creating answered.

        Returns:
            The fields, among them ``invite_mode`` and ``temporary_password`` where the server gave them.
        """
        document = super().to_dict()
        if self.invite_mode is not None:
            document["invite_mode"] = str(self.invite_mode)
        if self.temporary_password is not None:
            document["temporary_password"] = self.temporary_password
        return document


@frozen(kw_only=True)
class Pagination:
    """Where a page stands.

    Args:
        has_more: Whether another page follows.
        next_cursor: The cursor that asks for it.
        extra: What the server sent beyond the contract.
    """

    has_more: bool
    next_cursor: str | None = None
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the pagination under the API's field names.

        Returns:
            ``has_more``, ``next_cursor`` where there is one, and what is in ``extra``.
        """
        cursor = {} if self.next_cursor is None else {"next_cursor": self.next_cursor}
        return {"has_more": self.has_more, **cursor} | dict(self.extra)


@frozen(kw_only=True)
class UserPage(Document):
    """One page of users, oldest first. Iterable, with a length.

    Args:
        users: The users of the page.
        pagination: Whether another page follows.
        extra: What the server sent beyond the contract.
    """

    users: tuple[User, ...]
    pagination: Pagination
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False, repr=False)

    def __iter__(self) -> Iterator[User]:
        return iter(self.users)

    def __len__(self) -> int:
        return len(self.users)

    def to_dict(self) -> dict[str, Any]:
        """Give the page under the API's field names.

        Returns:
            ``users`` and ``pagination``, and what is in ``extra``.
        """
        page = {
            "users": [user.to_dict() for user in self.users],
            "pagination": self.pagination.to_dict(),
        }
        return page | dict(self.extra)

    def to_df(self, *, case: Literal["lower", "upper"] | None = None) -> pandas.DataFrame:
        """Give a pandas frame, one row per user, the role flattened.

        A time that the frame cannot hold, such as the year 1 in pandas 2, is NaT, and a warning says so.
        A lone surrogate in a text is an escape.

        Args:
            case: "upper" writes statuses, role types and the names of predefined roles in upper case, as
                Arize's own client does, "lower" in lower case. A frame compares texts exactly. Left out,
                they are in lower case, and those that this version does not know as the server sent them.

        Returns:
            A frame with the columns of `USER_COLUMNS`; times are UTC.

        Raises:
            ImportError: pandas is not installed; the extra ``df`` brings it.
            InvalidArgumentError: There is no such case.
        """
        if case not in (None, "lower", "upper"):
            raise InvalidArgumentError(f"{case!r} is neither 'lower' nor 'upper'", argument="case")
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_df() needs pandas: install it with `pip install 'arize-users[df]'`"
            ) from error
        rows = [{name: encodable(value) for name, value in _row(user, case).items()} for user in self.users]
        times = [row["created_at"] for row in rows]
        for row in rows:
            if isinstance(row["created_at"], datetime):
                row["created_at"] = in_utc(row["created_at"])
        frame = pandas.DataFrame(rows, columns=USER_COLUMNS)
        frame["created_at"] = pandas.to_datetime(frame["created_at"], utc=True, errors="coerce")
        held = frame["created_at"].notna()
        lost = [time for time, is_held in zip(times, held, strict=True) if time is not None and not is_held]
        if lost:
            warnings.warn(
                f"the frame cannot hold {len(lost)} of {len(times)} times of created_at, and has NaT "
                f"for them; the first is {lost[0]}",
                stacklevel=2,
            )
        return frame
