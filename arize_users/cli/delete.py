"""The command `delete`: deletes many users at once, after asking."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from .answers import counted
from .batch import carry_out, rehearse
from .errors import REFUSED, SETTINGS, USAGE, CommandError
from .named import Named, described, look_up, named_people
from .options import DryRun, Output, PeopleFile, SkipInvalid, split_values
from .people_files import Person
from .progress import Show, counting
from .prompts import account_label, is_confirmed
from .session import Session
from .terminal import is_attended, say
from .text import in_shell_words

if TYPE_CHECKING:
    from arize_users import BulkGetResult, BulkUserDeletionResult, Outcomes, User, UsersClient
    from arize_users.roster import Guards

_NAMED_AT_MOST = 10
"""How many users the question names; it counts the rest."""


def delete(
    session: Session,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="ID", help="A user's id or address, or several with commas. Can be repeated."
        ),
    ] = None,
    emails: Annotated[
        list[str] | None,
        typer.Option("--email", "-e", metavar="EMAIL", help="The same."),
    ] = None,
    file: PeopleFile = None,
    skip_invalid: SkipInvalid = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="EMAIL|ID|@DOMAIN",
            help="Leave this user alone, or those of this domain, whoever else is named. Can be repeated.",
        ),
    ] = None,
    max_removals: Annotated[
        str | None,
        typer.Option(
            "--max-removals", metavar="NUMBER|PERCENT", help="Refuse to delete more: 25, or 10% of all users."
        ),
    ] = None,
    min_admins: Annotated[
        int | None,
        typer.Option(
            "--min-admins",
            metavar="NUMBER",
            help="Refuse to leave fewer active admins; 1 with --file or another guard, if left out.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Do not ask. No guard is switched off by it.")
    ] = False,
    missing_ok: Annotated[
        bool,
        typer.Option("--missing-ok", help="A user who is not there counts as deleted, with exit code 0."),
    ] = False,
    dry_run: DryRun = False,
    output: Output = None,
) -> int:
    """Delete users for good, by id or email address.

    Each is blocked, and loses organization and space memberships, API keys and role bindings.
    If one cannot be deleted, the others still are. A signal ends it in order: the output says of each user
    what was done, what is unknown, and what was not attempted.

    With --file or a guard (--keep, --max-removals, --min-admins) the whole account is listed first, and
    nobody is deleted if a guard refuses it: exit code 4.
    """
    has_guards = file is not None or keep or max_removals is not None or min_admins is not None
    entries = [*split_values(ids), *split_values(emails)]
    if file is None and not entries:
        raise CommandError(USAGE, "nobody to delete: give at least one --id or --email, or a --file")
    named = named_people(entries, file, skip_invalid=skip_invalid)
    if not force and not dry_run and not is_attended():
        raise CommandError(USAGE, "there is no terminal to ask at: --force deletes without asking")
    target = session.target(output)
    users = session.users()
    accepted = frozenset({"not_found"}) if missing_ok else frozenset[str]()
    if has_guards or dry_run:
        ...
