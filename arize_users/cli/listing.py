"""The command `list`: lists a page, a time range, or every user."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arize_users.enums import UserStatus

from .answers import users_answer
from .errors import USAGE, CommandError
from .options import Output
from .output import Target, deliver
from .session import Session
from .terminal import counting, say

if TYPE_CHECKING:
    from arize_users import User, UserPage

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100


def list_users(
    session: Session,
    email: Annotated[
        str | None,
        typer.Option("--email", "-e", metavar="PART", help="Only addresses that hold this, in any case."),
    ] = None,
    status: Annotated[
        list[UserStatus] | None,
        typer.Option("--status", "-s", case_sensitive=False, help="Only this status. Can be repeated."),
    ] = None,
    created_after: Annotated[
        str | None,
        typer.Option("--created-after", metavar="WHEN", help="Created since: 2026-03-01, yesterday, 30d."),
    ] = None,
    created_before: Annotated[
        str | None,
        typer.Option("--created-before", metavar="WHEN", help="Created before. Without a zone: UTC."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-l",
            min=1,
            max=_MAX_LIMIT,
            help=f"List at most this many; {_DEFAULT_LIMIT} if left out.",
        ),
    ] = None,
    cursor: Annotated[
        str | None, typer.Option("--cursor", "-c", help="Where to go on, as the previous page says.")
    ] = None,
    all: Annotated[
        bool, typer.Option("--all", help="Everyone, page by page. Not with --limit or --cursor.")
    ] = False,
    output: Output = None,
) -> None:
    """List users, oldest first. Blocked users are never listed."""
    has_range = created_after is not None or created_before is not None
    if cursor is not None and (all or has_range):
        raise CommandError(
            USAGE, "--cursor goes neither with --all nor with --created-after, --created-before"
        )
    if limit is not None and all:
        raise CommandError(USAGE, "--all lists everyone: --limit does not go with it")
    target = session.target(output)
    users = session.users()
    size = _DEFAULT_LIMIT if limit is None else limit
    if all or has_range:
        found = users.iter(
            email=email, status=status, created_after=created_after, created_before=created_before
        )
        page = _first(found, None if all else size)
    else:
        page = users.list(email=email, status=status, limit=size, cursor=cursor)
    answer = users_answer(page)
    deliver(answer, target)
    if target == Target("table"):
        say(answer.summary if page.users else "no users match")
    if page.pagination.has_more:
        _say_next_command(session, page.pagination.next_cursor if target.path is None else None)


def _first(found: Iterator[User], limit: int | None) -> UserPage:
    """Collect users, at most so many; None sets no limit."""
    from arize_users import Pagination, UserPage

    # One user beyond the limit shows whether there are more.
    some = list(counting(itertools.islice(found, limit and limit + 1), "users"))
    has_more = limit is not None and len(some) > limit
    return UserPage(users=tuple(some[:limit]), pagination=Pagination(has_more=has_more))


def _say_next_command(session: Session, cursor: str | None) -> None:
    # A range has no cursor, and the next page would overwrite this one in a file.
    next_page = {"all": True, "limit": None} if cursor is None else {}
    given = {**session.arguments, **session.options._asdict(), "api_key": None, "cursor": cursor, **next_page}
    key = "" if session.options.api_key is None else " (and the same --api-key)"
    say(f"there are more{key}:", f"  {shlex.join([*session.reporter.command.split(), *_words(given)])}")


def _words(given: Mapping[str, Any]) -> Iterator[str]:
    for parameter, value in given.items():
        option = "--" + parameter.replace("_", "-")
        if value is True:
            yield option
        elif value:
            for one in value if isinstance(value, list) else [value]:
                yield from (option, str(one))
