"""The command `list`: lists a page, a time range, or every user."""

from __future__ import annotations

import itertools
import os
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from arize_users.enums import UserRole, UserStatus

from .answers import counted, users_answer
from .errors import USAGE, CommandError
from .interrupts import interrupts
from .options import Output, split_values
from .output import Target, deliver
from .progress import counting
from .session import Session
from .terminal import say, write_bytes

if TYPE_CHECKING:
    from arize_users import User, UserPage

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100


_FIELDS = (
    *("id", "name", "email", "status", "role", "role_type", "role_name", "role_id", "is_developer"),
    "created_at",
)
"""What --fields takes: the columns of users, and the role in one."""


def _matching_fields(incomplete: str) -> list[str]:
    *before, last = incomplete.split(",")
    return [",".join([*before, one]) for one in _FIELDS if one.startswith(last) and one not in before]


def _matching_roles(incomplete: str) -> list[str]:
    return [str(one) for one in UserRole if one.startswith(incomplete.lower())]


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
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            autocompletion=_matching_roles,
            help="Only this role: admin, member, annotator in any case, or the id or name of a custom one. "
            "Matched here, not by the API. Can be repeated.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="PART",
            help="Only names that hold this, in any case. Matched here, not by the API.",
        ),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            metavar="NAME,...",
            autocompletion=_matching_fields,
            help=f"Only these, in this order: {', '.join(_FIELDS)}.",
        ),
    ] = None,
    count: Annotated[
        bool, typer.Option("--count", help="Print the number of all who match, and nothing else.")
    ] = False,
    output: Output = None,
) -> None:
    """List users, oldest first. Blocked users are never listed.

    Where it fails on the way, -o FILE keeps what was read in FILE.partial, and a command goes on. With --role
    or --name, as many users are read as it takes to find --limit of them.
    """
    if limit is not None and all:
        raise CommandError(USAGE, "--all lists everyone: --limit does not go with it")
    local_filter = LocalFilter(role or (), name)
    columns = None if fields is None else _parsed_fields(fields)
    has_range = created_after is not None or created_before is not None
    filters: dict[str, Any] = {"email": email, "status": status, "cursor": cursor}
    ranges: dict[str, Any] = {"created_after": created_after, "created_before": created_before}
    if count:
        _refuse_beside_count({"--limit": limit, "--fields": fields, "--output": output})
        users = session.users()
        with closing(counting(partial(users.iter_pages, **filters, **ranges), "users")) as pages:
            total = sum(len(local_filter.matching(page)) for page in pages)
        write_bytes(sys.stdout, f"{total}\n".encode())
        local_filter.explain()
        return
    target = session.target(output)
    users = session.users()
    size = _DEFAULT_LIMIT if limit is None else limit
    listing = _Listing(session, target, columns, local_filter)
    if all or has_range or local_filter.is_used:
        read = partial(users.iter_pages, **filters, **ranges)
        page = listing.first(read, None if all else size)
    else:
        page = users.list(**filters, limit=size)
    answer = users_answer(page, columns)
    deliver(answer, target)
    local_filter.explain()
    if target == Target("table"):
        say(answer.summary if page.users else "no users match")
    if page.pagination.has_more:
        next_cursor = page.pagination.next_cursor if target.path is None else None
        # A range has no cursor, and the next page would overwrite this one in a file.
        next_page = {"all": True, "limit": None} if next_cursor is None else {}
        _say_command(session, "there are more", cursor=next_cursor, **next_page)


def _refuse_beside_count(given: Mapping[str, object]) -> None:
    for option, value in given.items():
        if value is not None:
            raise CommandError(
                USAGE, f"--count prints a number and nothing else: {option} does not go with it"
            )


def _parsed_fields(text: str) -> list[str]:
    fields = [*dict.fromkeys(one.lower() for one in split_values([text]))]
    unknown = [one for one in fields if one not in _FIELDS]
    if unknown or not fields:
        wrong = f"{', '.join(map(repr, unknown))} is not" if unknown else "it is empty, and not"
        raise CommandError(USAGE, f"--fields: {wrong} among {', '.join(_FIELDS)}")
    return fields


class LocalFilter:
    """Filters that the API does not have: it lets users pass whose role or name matches.

    Args:
        roles: Any of these roles: a predefined one by its name in any case, a custom one by its id or name.
        name: A part of the name, in any case.
    """

    def __init__(self, roles: Sequence[str], name: str | None) -> None:
        if name is not None and not name.strip():
            raise CommandError(USAGE, "--name: is empty")
        if not all(map(str.strip, roles)):
            raise CommandError(USAGE, "--role: is empty")
        self._roles = [one.strip() for one in roles]
        self._part = None if name is None else _alike(name)
        self._options = " and ".join(
            option for option, given in (("--role", roles), ("--name", name)) if given
        )
        self._read, self._passed = 0, 0

    @property
    def is_used(self) -> bool:
        """Whether anything is filtered."""
        return bool(self._options)

    def matching(self, page: UserPage) -> UserPage:
        """Give a page with those of its users who match."""
        if not self.is_used:
            return page
        from arize_users import UserPage

        passed = tuple([user for user in page if self._matches(user)])
        self._read += len(page)
        self._passed += len(passed)
        return UserPage(users=passed, pagination=page.pagination)

    def explain(self) -> None:
        """Say that the filters were this program's, and how many users were read for them."""
        if self.is_used:
            say(
                f"note: {self._options} matched here, not by the API: {counted(self._read, 'user')} read, "
                f"{self._passed:,} matched"
            )

    def _matches(self, user: User) -> bool:
        role, name = getattr(user, "role", None), getattr(user, "name", None)
        if self._part is not None and self._part not in _alike(name or ""):
            return False
        return not self._roles or any(_is_role(role, one) for one in self._roles)


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _is_role(role: Any, named: str) -> bool:
    """Tell whether a role is the one named; a custom role of a predefined one's name is not that one."""
    if role is None:
        return False
    if role.type == "predefined":
        return bool(role.name == named)
    return getattr(role, "id", None) == named or (role.name == named and named.lower() not in tuple(UserRole))


class _Listing(NamedTuple):
    """What is listed and where it goes."""

    session: Session
    target: Target
    fields: Sequence[str] | None
    local_filter: LocalFilter

    def first(self, pages: Callable[..., Iterator[UserPage]], limit: int | None) -> UserPage:
        """Collect users, at most so many; None sets no limit. What was read is kept where that fails."""
        read: list[UserPage] = []
        try:
            with closing(counting(pages, "users")) as coming:
                for page in coming:
                    read.append(self.local_filter.matching(page))
                    # One user beyond the limit shows whether there are more.
                    if limit is not None and sum(map(len, read)) > limit:
                        break
            return _joined(read, limit)
        except BaseException:  # Ctrl-C, too; a second one must not end the writing.
            interrupts.raising = False
            if read:
                self._keep(read, limit)
            raise

    def _keep(self, read: Sequence[UserPage], limit: int | None) -> None:
        """Write what was read before a failure beside the target, and say how to go on."""
        from arize_users import UserPage

        session, target = self.session, self.target
        pagination = read[-1].pagination
        cursor = pagination.next_cursor
        page = UserPage(users=tuple(user for page in read for user in page), pagination=pagination)
        answer = users_answer(page, self.fields)
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


def _joined(read: Sequence[UserPage], limit: int | None) -> UserPage:
    from arize_users import Pagination, UserPage

    users = [user for page in read for user in page]
    has_more = limit is not None and len(users) > limit
    return UserPage(users=tuple(users[:limit]), pagination=Pagination(has_more=has_more))


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
