"""The command `list`: lists a page, a time range, or every user."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arize_users.enums import UserStatus

from .answers import users_answer
from .errors import USAGE, CommandError
from .interrupts import interrupts
from .options import Output
from .output import Target, deliver
from .progress import counting
from .session import Session
from .terminal import say

if TYPE_CHECKING:
    from arize_users import UserPage

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100


def _page_size(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= _MAX_LIMIT:
        raise typer.BadParameter(f"expected a whole number from 1 to {_MAX_LIMIT}, got {text!r}")
    return number


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
            metavar="NUMBER",
            parser=_page_size,
            help=f"List at most this many, 1 to {_MAX_LIMIT}; {_DEFAULT_LIMIT} if left out.",
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        typer.Option("--cursor", "-c", help="Where to go on, as the previous page or a failure says."),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Everyone, page by page. Not with --limit.")] = False,
    output: Output = None,
) -> None:
    """List users, oldest first. Blocked users are never listed.

    Where it fails on the way, -o FILE keeps what was read in FILE.partial, and a command goes on.
    """
    has_range = created_after is not None or created_before is not None
    if limit is not None and all:
        raise CommandError(USAGE, "--all lists everyone: --limit does not go with it")
    target = session.target(output)
    users = session.users()
    size = _DEFAULT_LIMIT if limit is None else limit
    if all or has_range:
        pages = users.iter_pages(
            email=email,
            status=status,
            created_after=created_after,
            created_before=created_before,
            cursor=cursor,
        )
        page = _first(pages, None if all else size, session, target)
    else:
        page = users.list(email=email, status=status, limit=size, cursor=cursor)
    answer = users_answer(page)
    deliver(answer, target)
    if target == Target("table"):
        say(answer.summary if page.users else "no users match")
    if page.pagination.has_more:
        next_cursor = page.pagination.next_cursor if target.path is None else None
        # A range has no cursor, and the next page would overwrite this one in a file.
        next_page = {"all": True, "limit": None} if next_cursor is None else {}
        _say_command(session, "there are more", cursor=next_cursor, **next_page)


def _first(pages: Iterator[UserPage], limit: int | None, session: Session, target: Target) -> UserPage:
    """Collect users, at most so many; None sets no limit. What was read is kept where that fails."""
    read: list[UserPage] = []
    try:
        with closing(counting(pages, "users")) as coming:
            for page in coming:
                read.append(page)
                # One user beyond the limit shows whether there are more.
                if limit is not None and sum(map(len, read)) > limit:
                    break
        return _joined(read, limit)
    except BaseException:  # Ctrl-C, too; a second one must not end the writing.
        interrupts.raising = False
        if read:
            _keep(read, limit, session, target)
        raise


def _joined(read: Sequence[UserPage], limit: int | None) -> UserPage:
    from arize_users import Pagination, UserPage

    users = [user for page in read for user in page]
    has_more = limit is not None and len(users) > limit
    return UserPage(users=tuple(users[:limit]), pagination=Pagination(has_more=has_more))


def _keep(read: Sequence[UserPage], limit: int | None, session: Session, target: Target) -> None:
    """Write what was read before a failure beside the target, and say how to go on."""
    from arize_users import UserPage

    pagination = read[-1].pagination
    cursor = pagination.next_cursor
    page = UserPage(users=tuple(user for page in read for user in page), pagination=pagination)
    answer = users_answer(page)
    if target.path is None:
        # Part of a list on standard output would pass for the whole.
        if cursor is not None:
            say(f"{answer.summary} read before it failed; --output FILE would keep what was read")
        return
    try:
        deliver(answer, target._replace(path=_free_name(f"{target.path}.partial"), is_new=True))
    except CommandError as error:
        session.reporter.command_error(error)
        return
    if cursor is not None:
        name, extension = os.path.splitext(target.path)
        left = {} if limit is None else {"limit": max(1, limit - len(page))}
        _say_command(session, "the rest", cursor=cursor, output=f"{name}.rest{extension}", **left)


def _free_name(path: str) -> str:
    """Give a name that no file has: another part of the list may be in the one of this name."""
    names = itertools.chain([path], (f"{path}.{number}" for number in itertools.count(2)))
    return next(name for name in names if not os.path.lexists(name))


def _say_command(session: Session, what: str, **changes: object) -> None:
    given = {**session.arguments, **session.options._asdict(), "api_key": None, **changes}
    key = "" if session.options.api_key is None else " (and the same --api-key)"
    say(f"{what}{key}:", f"  {shlex.join([*session.reporter.command.split(), *_words(given)])}")


def _words(given: Mapping[str, Any]) -> Iterator[str]:
    for parameter, value in given.items():
        option = "--" + parameter.replace("_", "-")
        if value is True:
            yield option
        elif value:
            for one in value if isinstance(value, list) else [value]:
                yield from (option, str(one))
