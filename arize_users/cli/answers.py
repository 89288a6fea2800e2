"""What the commands output: each answer as a JSON document, as rows, and drawn for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from arize_users import BulkUserDeletionResult, CreatedUser, User

    from .tables import Canvas


class Answer(NamedTuple):
    """An answer that can be written in any format.

    Args:
        size: How many things it holds.
        noun: What one of them is called.
        columns: The columns of its rows, always the same for a command.
        document: Gives the JSON document, under the API's field names.
        rows: Gives the rows, for CSV and parquet.
        draw: Gives the table or panel, as text.
        secret: Whether it may hold a temporary password, which cannot be had again.
    """

    size: int
    noun: str
    columns: Sequence[str]
    document: Callable[[], Mapping[str, Any]]
    rows: Callable[[], Iterable[Mapping[str, Any]]]
    draw: Callable[[Canvas], str]
    secret: bool = False

    @property
    def summary(self) -> str:
        """The size with the noun."""
        return counted(self.size, self.noun)


def users_answer(users: Sequence[User], rest: Mapping[str, Any]) -> Answer:
    """Answer with a list of users, and what else its document holds."""
    from arize_users import USER_COLUMNS

    def draw(canvas: Canvas) -> str:
        from .tables import users_table

        return users_table(users, canvas)

    return Answer(
        size=len(users),
        noun="user",
        columns=USER_COLUMNS,
        document=lambda: {"users": [user.to_dict() for user in users], **rest},
        rows=lambda: (user.to_row() for user in users),
        draw=draw,
    )


def user_answer(user: User) -> Answer:
    """Answer with one user."""

    def draw(canvas: Canvas) -> str:
        from .tables import user_panel

        return user_panel(user, canvas)

    return users_answer([user], {})._replace(document=user.to_dict, draw=draw)


def created_user_answer(user: CreatedUser, *, secret: bool) -> Answer:
    """Answer with a user just created, and the temporary password if one was issued."""
    answer = user_answer(user)
    issued = {
        "invite_mode": None if user.invite_mode is None else str(user.invite_mode),
        "temporary_password": user.temporary_password,
    }
    return answer._replace(
        columns=(*answer.columns, *issued), rows=lambda: [user.to_row() | issued], secret=secret
    )


def deletions_answer(results: Sequence[BulkUserDeletionResult]) -> Answer:
    """Answer with the results of a bulk delete."""

    def draw(canvas: Canvas) -> str:
        from .tables import deletions_table

        return deletions_table(results, canvas)

    return Answer(
        size=len(results),
        noun="result",
        columns=("user_id", "email", "status", "error"),
        # Under a name, so that other fields can be added beside it.
        document=lambda: {"results": [result.to_dict() for result in results]},
        rows=lambda: (result.to_dict() for result in results),
        draw=draw,
    )


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
