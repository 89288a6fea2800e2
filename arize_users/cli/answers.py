"""What the commands output: each answer as a JSON document, as rows, and drawn for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from arize_users import CreatedUser, Report, User, UserPage, UserResult

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


def users_answer(page: UserPage) -> Answer:
    """Answer with a list of users."""
    from arize_users import USER_COLUMNS

    return Answer(
        size=len(page),
        noun="user",
        columns=USER_COLUMNS,
        document=page.to_dict,
        rows=lambda: (user.to_row() for user in page),
        draw=lambda canvas: canvas.users_table(page.users),
    )


def user_answer(user: User) -> Answer:
    """Answer with one user."""
    from arize_users import USER_COLUMNS

    return Answer(
        size=1,
        noun="user",
        columns=USER_COLUMNS,
        document=user.to_dict,
        rows=lambda: [user.to_row()],
        draw=lambda canvas: canvas.user_panel(user),
    )


def created_user_answer(user: CreatedUser, *, secret: bool) -> Answer:
    """Answer with a user just created or found invited, and the temporary password if one was issued."""
    answer = user_answer(user)
    issued = {
        "created": user.created,
        "invite_mode": None if user.invite_mode is None else str(user.invite_mode),
        "temporary_password": user.temporary_password,
    }
    return answer._replace(
        columns=(*answer.columns, *issued),
        document=lambda: user.to_dict() | {"created": user.created},
        rows=lambda: [user.to_row() | issued],
        secret=secret,
    )


def results_answer(results: Sequence[UserResult]) -> Answer:
    """Answer with what became of each user of a write."""
    return Answer(
        size=len(results),
        noun="result",
        columns=("user_id", "email", "status", "error"),
        # Under a name, so that other fields can be added beside it.
        document=lambda: {"results": [result.to_dict() for result in results]},
        rows=lambda: (result.to_dict() for result in results),
        draw=lambda canvas: canvas.results_table(results),
    )


def report_answer(report: Report) -> Answer:
    """Answer with what became of each action of a plan."""
    return results_answer(report.results)._replace(
        columns=("kind", "name", "user_id", "email", "status", "error"), document=report.to_dict
    )


def text_answer(document: Callable[[], Mapping[str, Any]], lines: Iterable[str]) -> Answer:
    """Answer with lines of text, which are a document where they are not drawn."""
    return Answer(
        size=1,
        noun="answer",
        columns=(),
        document=document,
        rows=lambda: (),
        draw=lambda canvas: canvas.lines(lines),
    )


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
