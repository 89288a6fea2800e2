"""What the commands answer, in every shape that can be asked for: a document, rows, a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from arize_users import BulkUserDeletionResult, CreatedUser, User

    from .tables import Canvas

_SECRET_COLUMNS = ("invite_mode", "temporary_password")
DELETION_COLUMNS = ("user_id", "email", "status", "error")


class Answer(Protocol):
    """An answer that can be written in any format."""

    @property
    def secret(self) -> bool:
        """Whether it may hold a temporary password, which cannot be had again."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns of a row, always the same for a command."""

    def document(self) -> Mapping[str, Any]:
        """Give it under the API's field names."""

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """Give it as flat rows."""

    def draw(self, canvas: Canvas) -> str:
        """Give it for reading at a terminal."""

    def summary(self) -> str:
        """Say how much it is."""


class Users:
    """Several users, and what is known of those beyond."""

    secret = False

    def __init__(self, users: Sequence[User], rest: Mapping[str, Any]) -> None:
        self._users = users
        self._rest = rest

    @property
    def columns(self) -> Sequence[str]:
        """The columns of a user."""
        from arize_users import USER_COLUMNS

        return USER_COLUMNS

    def document(self) -> Mapping[str, Any]:
        """Give the list, as the API does."""
        return {"users": [user.to_dict() for user in self._users], **self._rest}

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """Give one row per user."""
        return (user.to_row() for user in self._users)

    def draw(self, canvas: Canvas) -> str:
        """Give a table, nothing at all for no users."""
        from .tables import users_table

        return users_table(self._users, canvas) if self._users else ""

    def summary(self) -> str:
        """Say how many they are."""
        return counted(len(self._users), "user")


class OneUser:
    """One user."""

    secret = False

    def __init__(self, user: User) -> None:
        self._user = user

    @property
    def columns(self) -> Sequence[str]:
        """The columns of a user."""
        from arize_users import USER_COLUMNS

        return USER_COLUMNS

    def document(self) -> Mapping[str, Any]:
        """Give the user, as the API does."""
        return self._user.to_dict()

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """Give the one row."""
        return [self._user.to_row()]

    def draw(self, canvas: Canvas) -> str:
        """Give a panel."""
        from .tables import user_panel

        return user_panel(self._user, canvas)

    def summary(self) -> str:
        """Say how many they are."""
        return counted(1, "user")


class NewUser(OneUser):
    """A user just created, with the temporary password if one was issued."""

    def __init__(self, user: CreatedUser, *, secret: bool) -> None:
        super().__init__(user)
        self._created = user
        self.secret = secret

    @property
    def columns(self) -> Sequence[str]:
        """The columns of a user, and those only a new user has."""
        return (*super().columns, *_SECRET_COLUMNS)

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """Give the one row."""
        mode = self._created.invite_mode
        issued = {
            "invite_mode": None if mode is None else str(mode),
            "temporary_password": self._created.temporary_password,
        }
        return [self._created.to_row() | issued]


class Deletions:
    """What became of each input of a bulk delete."""

    secret = False
    columns = DELETION_COLUMNS

    def __init__(self, results: Sequence[BulkUserDeletionResult]) -> None:
        self._results = results

    def document(self) -> Mapping[str, Any]:
        """Give the results under one name, so that there is room beside them."""
        return {"results": [result.to_dict() for result in self._results]}

    def rows(self) -> Iterable[Mapping[str, Any]]:
        """Give one row per input."""
        return (result.to_dict() for result in self._results)

    def draw(self, canvas: Canvas) -> str:
        """Give a table, nothing at all for no results."""
        from .tables import deletions_table

        return deletions_table(self._results, canvas) if self._results else ""

    def summary(self) -> str:
        """Say how many they are."""
        return counted(len(self._results), "result")


def counted(number: int, noun: str) -> str:
    """Say a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
