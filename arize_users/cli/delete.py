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
    entries = [*split_values(ids), *split_values(emails)]
    if file is None and not entries:
        raise CommandError(USAGE, "nobody to delete: give at least one --id or --email, or a --file")
    if not force and not dry_run and not is_attended():
        raise CommandError(USAGE, "there is no terminal to ask at: --force deletes without asking")
    named = named_people(entries, file, skip_invalid=skip_invalid)
    guards = None
    if file is not None or keep or max_removals is not None or min_admins is not None:
        guards = _checked(keep or (), max_removals, 1 if min_admins is None else min_admins)
    target = session.target(output)
    job = _Job(session, session.users(), target, force, missing_ok, named.skipped)
    if guards is None and not dry_run:
        return job.delete_named(named.people)
    return job.delete_found(named.people, guards, dry_run=dry_run)


def _checked(keep: Iterable[str], max_removals: str | None, min_admins: int) -> Guards:
    from arize_users.roster import checked_guards

    return checked_guards(
        max_removals=max_removals, keep=keep, min_admins=min_admins, is_limit_needed=False
    )


class _Job(NamedTuple):
    """How to delete, and where the results go."""

    session: Session
    users: UsersClient
    target: Target
    force: bool
    missing_ok: bool
    skipped: int

    def delete_named(self, people: Sequence[Person]) -> int:
        """Delete people as they are named: the client finds those of an address."""
        user_ids = [one.user_id for one in people if one.user_id]
        emails = [one.email for one in people if one.email]
        if not self.force:
            names = self._shown(people[:_NAMED_AT_MOST]) + [one.named for one in people[_NAMED_AT_MOST:]]
            if not self._is_confirmed(names, counted(len(names), "user")):
                return SETTINGS
        return self._delete(user_ids, emails, lambda results: results)

    def delete_found(self, people: Sequence[Person], guards: Guards | None, *, dry_run: bool) -> int:
        """Find people, hold their deletion against the guards, and delete them by their ids."""
        everyone = None if guards is None else self._everyone()
        with showing_progress() as show:
            found = distinct(look_up(self.users, people, everyone, show=show))
        ids = [one.user_id for one in found if one.user_id and (one.status == "found" or one.email is None)]
        many = counted(len(ids), "user")
        if guards is not None and everyone is not None:
            admins, ids = self._guarded(guards, everyone, found, ids)
            many = f"{len(ids):,} of {counted(len(everyone), 'user')}"
            found = [one for one in found if one.user_id not in kept]
        ...

    def _everyone(self) -> list[User]:
        with closing(counting(self.users.iter_pages(), "users")) as pages:
            return [user for page in pages for user in page]

    def _shown(self, people: Sequence[Person]) -> list[str]:
        """Name people for the eyes, as given where they cannot be looked up."""
        from arize_users import ArizeError

        try:
            found = look_up(self.session.users_for_a_look(), people)
        except ArizeError:
            return [one.named for one in people]
        return [_described(one, person) for one, person in zip(found, people, strict=True)]
