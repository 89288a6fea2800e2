"""The command `list`: lists a page, a time range, or every user."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from .answers import users_answer
from .errors import UsageError
from .options import Output, Status
from .output import Target, deliver
from .session import Session
from .terminal import counting, say

if TYPE_CHECKING:
    from arize_users import User, UserPage, UsersClient

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100


class _Query(NamedTuple):
    """The filters and the page, as given."""

    email: str | None
    status: list[Status] | None
    created_after: str | None
    created_before: str | None
    limit: int | None
    cursor: str | None

    @property
    def has_range(self) -> bool:
        return self.created_after is not None or self.created_before is not None

    @property
    def filters(self) -> dict[str, object]:
        return {
            "--email": self.email,
            "--status": self.status,
            "--created-after": self.created_after,
            "--created-before": self.created_before,
        }


class _Found(NamedTuple):
    """The users found, whether and where there are more, and what else the document holds."""

    users: Sequence[User]
    more: bool
    next_cursor: str | None
    rest: Mapping[str, object]


def list_users(
    session: Session,
    email: Annotated[
        str | None,
        typer.Option("--email", "-e", metavar="PART", help="Only addresses that hold this, in any case."),
    ] = None,
    status: Annotated[
        list[Status] | None,
        typer.Option("--status", "-s", case_sensitive=False, help="Only this status. Can be repeated."),
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
    everything: Annotated[
        bool, typer.Option("--all", help="Everyone, page by page. Not with --limit or --cursor.")
    ] = False,
    created_after: Annotated[
        str | None,
        typer.Option("--created-after", metavar="WHEN", help="Created since: 2026-03-01, '30 days'."),
    ] = None,
    created_before: Annotated[
        str | None,
        typer.Option("--created-before", metavar="WHEN", help="Created before. Without a zone: UTC."),
    ] = None,
    output: Output = None,
) -> None:
    """List users, oldest first. Blocked users are never listed."""
    query = _Query(email, status, created_after, created_before, limit, cursor)
    if cursor is not None and (everything or query.has_range):
        raise UsageError("--cursor goes neither with --all nor with --created-after, --created-before")
    if limit is not None and everything:
        raise UsageError("--all lists everyone: --limit does not go with it")
    target = session.target(output)
    found = _find(session.users(), query, everything=everything)
    answer = users_answer(found.users, found.rest)
    deliver(answer, target)
    if target == Target("table"):
        say(answer.summary if found.users else "no users match")
    if found.more:
        _say_next_command(session, query, found, output, to_file=target.path is not None)


def _find(users: UsersClient, query: _Query, *, everything: bool) -> _Found:
    size = _DEFAULT_LIMIT if query.limit is None else query.limit
    if not everything and not query.has_range:
        return _of_page(users.list(email=query.email, status=query.status, limit=size, cursor=query.cursor))
    found = users.iter(
        email=query.email,
        status=query.status,
        created_after=query.created_after,
        created_before=query.created_before,
    )
    # One user beyond the limit shows whether there are more.
    some = list(counting(found if everything else itertools.islice(found, size + 1), "users"))
    more = not everything and len(some) > size
    return _Found(some[:size] if more else some, more, None, {"pagination": {"has_more": more}})


def _of_page(page: UserPage) -> _Found:
    pagination = page.pagination
    rest = {"pagination": pagination.to_dict(), **page.extra}
    return _Found(page.users, pagination.has_more, pagination.next_cursor, rest)


def _say_next_command(
    session: Session, query: _Query, found: _Found, output: str | None, *, to_file: bool
) -> None:
    # A range has no cursor, and the next page would overwrite this one in a file.
    if to_file or found.next_cursor is None:
        next_page: dict[str, object] = {"--all": True}
    else:
        next_page = {"--limit": query.limit, "--cursor": found.next_cursor}
    options = session.options
    account = {"--base-url": options.base_url, "--region": options.region, "--profile": options.profile}
    verbose = {"--verbose": options.verbose}
    words = _words({**query.filters, **next_page, "--output": output, **account, **verbose})
    key = "" if options.api_key is None else " (and the same --api-key)"
    say(f"there are more{key}:", f"  {shlex.join([*session.command.split(), *words])}")


def _words(options: Mapping[str, object]) -> Iterable[str]:
    for option, value in options.items():
        if value is True:
            yield option
        elif value:
            for one in value if isinstance(value, list) else [value]:
                yield from (option, str(one))
