"""The public types: role builders, and the frozen answers of the layer.

What the server sent beyond the fields of a type is in ``extra``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from attrs import field, frozen

from ._frames import as_utc as as_utc
from ._frames import data_frame
from ._streams import visible
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
from .literals import InviteModeLiteral, UserRoleLiteral, UserStatusLiteral
from .results import BulkUserDeletionResult, Document

if TYPE_CHECKING:
    import pandas

__all__ = [
    "USER_COLUMNS",
    "ActionKind",
    "ActionStatus",
    "AnyCaseText",
    "BulkUserDeletionResult",
    "CreatedUser",
    "CreationStatus",
    "CustomUserRole",
    "DeletionStatus",
    "InviteMode",
    "InviteModeLike",
    "LookupStatus",
    "Pagination",
    "PredefinedUserRole",
    "Role",
    "RoleLike",
    "StatusLike",
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


def _role_name(name: str) -> UserRole | AnyCaseText:
    return parse_open(UserRole, name) if isinstance(name, str) else name


@frozen(kw_only=True)
class PredefinedUserRole:
    """A predefined role. Its text is its name, and compares equal in any case.

    Args:
        name: The role, in any case; a name that this version does not know stays text. It compares
            equal to its text in any case.
        extra: What the server sent beyond the contract.
    """

    name: UserRole | AnyCaseText = field(converter=_role_name)
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
"""The role of a user, as answers have it."""

# What answers have can be passed back: an unknown value is refused when it is used. No `str`, and above all
# no `Iterable[str]`, is among them, so that a checker refuses a text with a typing error.
StatusLike = UserStatus | UserStatusLiteral | AnyCaseText
"""What names a status."""

RoleLike = UserRole | UserRoleLiteral | AnyCaseText | Role
"""What names the role of a new user."""

InviteModeLike = InviteMode | InviteModeLiteral | AnyCaseText
"""What names an invite mode."""


def assign_predefined_role(name: UserRole | UserRoleLiteral | AnyCaseText) -> PredefinedUserRole:
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


_MISSING: Any = object()


def _status(value: str) -> UserStatus | AnyCaseText:
    return parse_open(UserStatus, value) if isinstance(value, str) else value


def _invite_mode(value: str | None) -> InviteMode | AnyCaseText | None:
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
    status: UserStatus | AnyCaseText = field(default=_MISSING, converter=_status)
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
    invite_mode: InviteMode | AnyCaseText | None = field(default=None, converter=_invite_mode)
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


@frozen(kw_only=True, repr=False)
class UserPage(Document, Sequence[User]):
    """One page of users, oldest first: a sequence of them. A slice is a tuple.

    A notebook shows it as a table of its first users.

    Args:
        users: The users of the page.
        pagination: Whether another page follows.
        extra: What the server sent beyond the contract.
    """

    users: tuple[User, ...]
    pagination: Pagination
    extra: Mapping[str, Any] = field(default=NOTHING, hash=False)

    @overload
    def __getitem__(self, index: int) -> User: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[User, ...]: ...

    def __getitem__(self, index: int | slice) -> User | tuple[User, ...]:
        return self.users[index]

    def __iter__(self) -> Iterator[User]:
        return iter(self.users)

    def __len__(self) -> int:
        return len(self.users)

    def __repr__(self) -> str:
        ends = {"first": self.users[0], "last": self.users[-1]} if self.users else {}
        emails = [f", {end}={_short(repr(getattr(user, 'email', None)))}" for end, user in ends.items()]
        return f"UserPage({self._size}, has_more={self.pagination.has_more}{''.join(emails)})"

    @property
    def _size(self) -> str:
        return "1 user" if len(self) == 1 else f"{len(self)} users"

    def _repr_html_(self) -> str:
        # What a name holds is markup nowhere, no formula of MathJax, and turns no address around.
        rows = [_html_row("td", user.to_row().values()) for user in self.users[:_MOST_ROWS]]
        more = len(self) - len(rows)
        size = f"{self._size}{f', {more} of them not shown' if more else ''}"
        return (
            '<table class="tex2jax_ignore mathjax_ignore">'
            f"<caption>{size}, has_more={self.pagination.has_more}</caption>"
            f"<thead>{_html_row('th', USER_COLUMNS)}</thead><tbody>{''.join(rows)}</tbody></table>"
        )

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
        """Give a pandas frame, one row per user, the role flattened as by `User.to_row`.

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
        return data_frame((user.to_row() for user in self.users), USER_COLUMNS, case=case)


_MOST_ROWS = 20
"""How many users of a page a notebook shows."""
_MOST_LETTERS = 80


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _html_row(tag: str, cells: Iterable[object]) -> str:
    texts = ("" if cell is None else escape(_short(visible(str(cell)))) for cell in cells)
    return f"<tr>{''.join(f'<{tag}>{text}</{tag}>' for text in texts)}</tr>"
