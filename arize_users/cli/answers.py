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
        listed_as: The field of the document that lists the things; None where the document is the one thing.
        secret: Whether it may hold a temporary password, which cannot be had again.
    """

    size: int
    noun: str
    columns: Sequence[str]
    document: Callable[[], Mapping[str, Any]]
    rows: Callable[[], Iterable[Mapping[str, Any]]]
    draw: Callable[[Canvas], str]
    listed_as: str | None = None
    secret: bool = False

    def documents(self) -> Iterable[Mapping[str, Any]]:
        """Give the document of each thing, for JSON Lines."""
        document = self.document()
        return [document] if self.listed_as is None else [*document[self.listed_as]]

    @property
    def summary(self) -> str:
        """The size with the noun."""
        return counted(self.size, self.noun)


def users_answer(page: UserPage, fields: Sequence[str] | None = None) -> Answer:
    """Answer with a list of users: all of each, or these fields in their order."""
    from arize_users import USER_COLUMNS

    def document() -> Mapping[str, Any]:
        whole = page.to_dict()
        return whole if fields is None else whole | {"users": [_picked(user, fields) for user in page]}

    return Answer(
        size=len(page),
        noun="user",
        columns=USER_COLUMNS if fields is None else fields,
        document=document,
        rows=lambda: (user.to_row() | {"role": _role_text(user)} for user in page),
        draw=lambda canvas: canvas.users_table(page.users, fields),
        listed_as="users",
    )


def _picked(user: User, fields: Sequence[str]) -> dict[str, Any]:
    """Give fields of a user as JSON has them; what the server left out, or a role has not, is left out."""
    document = {name: value for name, value in user.to_row().items() if value is not None} | user.to_dict()
    return {name: document[name] for name in fields if name in document}


def _role_text(user: User) -> str | None:
    """Name a role in one cell: a custom one by its name, or else its id."""
    role = getattr(user, "role", None)
    return role and str(role.name or getattr(role, "id", None) or role.type)


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


def results_answer(results: Sequence[UserResult], *, dry_run: bool = False) -> Answer:
    """Answer with what became of each user of a write, or, in a dry run, with whom it is about."""
    return Answer(
        size=len(results),
        noun="result",
        columns=("user_id", "email", "status", "error"),
        # Under a name, so that other fields can be added beside it.
        document=lambda: _rehearsed({"results": [result.to_dict() for result in results]}, dry_run),
        rows=lambda: (result.to_dict() for result in results),
        draw=lambda canvas: canvas.results_table(results),
        listed_as="results",
    )


def _rehearsed(document: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    return document | {"dry_run": True} if dry_run else document


def report_answer(report: Report, *, dry_run: bool = False) -> Answer:
    """Answer with what became of each action of a plan."""
    return results_answer(report.results)._replace(
        columns=("kind", "name", "user_id", "email", "status", "error"),
        document=lambda: _rehearsed(report.to_dict(), dry_run),
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
