"""The command `delete`: deletes many users at once, after asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from .answers import counted, results_answer
from .batch import carry_out, exit_code, rehearse
from .errors import REFUSED, SETTINGS, USAGE, CommandError
from .named import NAMED_AT_MOST, distinct, is_sent, listed, look_up, name_of, named_people, results_of, shown
from .options import DryRun, Output, PeopleFile, SkipInvalid, split_values
from .output import Target, deliver
from .people_files import Person
from .progress import Show, counting, showing_progress
from .prompts import account_label, is_confirmed
from .session import Session
from .terminal import is_attended, say

if TYPE_CHECKING:
    from arize_users import BulkGetResult, User, UserResult, UsersClient
    from arize_users.roster import Guards


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
            help="Leave this user alone, or those of this domain, though they are named. Can be repeated.",
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
            help="Refuse to leave fewer active admins. If left out: 1 with --file or another guard.",
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
    where a guard refuses it, nobody is deleted: exit code 4.
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

    return checked_guards(max_removals=max_removals, keep=keep, min_admins=min_admins, is_limit_needed=False)


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
        if not self.force:
            names = shown(self.session, people[:NAMED_AT_MOST])
            names += [one.named for one in people[NAMED_AT_MOST:]]
            if not self._is_confirmed(names, counted(len(names), "user")):
                return SETTINGS
        user_ids = [one.user_id for one in people if one.user_id]
        emails = [one.email for one in people if one.email]
        return self._delete(user_ids, emails, list)

    def delete_found(self, people: Sequence[Person], guards: Guards | None, *, dry_run: bool) -> int:
        """Find people, hold their deletion against the guards, and delete them by their ids."""
        from arize_users import DeletionStatus

        everyone = None if guards is None else self._everyone()
        with showing_progress() as show:
            found = distinct(look_up(self.users, people, everyone, show=show))
        many, admins = "", list[str]()
        if guards is not None and everyone is not None:
            found, admins = _guarded(guards, everyone, found)
            many = f" of {len(everyone):,}"
        # An id that is not listed may be that of a user who is blocked, which is told as deleted.
        names = {str(one.user_id): name_of(one) for one in found if is_sent(one)}
        many = f"{len(names):,}{many} users" if many else counted(len(names), "user")
        results = partial(results_of, found, names, kind=DeletionStatus)
        if dry_run:
            lines = self._lines([*names.values()], many)
            return rehearse(self.target, lines, results([]), skipped=self.skipped)
        if not names:
            deliver(results_answer(results([])), self.target)
            say(*() if found else ("there is nobody to delete",))
            return exit_code(self.session, results([]), accepted=self._accepted, skipped=self.skipped)
        if not self.force and not self._is_confirmed([*names.values()], many):
            return SETTINGS
        if guards is not None:
            _require_admins(self.users, guards.min_admins, admins)
        return self._delete([*names], [], results)

    def _everyone(self) -> list[User]:
        with closing(counting(self.users.iter_pages, "users")) as pages:
            return [user for page in pages for user in page]

    def _is_confirmed(self, names: Sequence[str], many: str) -> bool:
        question = f"Delete {counted(len(names), 'user')}?"
        if is_confirmed(self._lines(names, many), question, people=len(names)):
            return True
        say("nothing was deleted")
        return False

    def _lines(self, names: Sequence[str], many: str) -> list[str]:
        return [
            f"Account: {account_label(self.session.settings)}",
            f"This blocks {many} for good, and removes their organization and space memberships,",
            "API keys and role bindings:",
            *listed(names),
        ]

    @property
    def _accepted(self) -> frozenset[str]:
        return frozenset({"not_found"} if self.missing_ok else ())

    def _delete(
        self,
        user_ids: Sequence[str],
        emails: Sequence[str],
        results: Callable[[Sequence[UserResult]], Sequence[UserResult]],
    ) -> int:
        from arize_users import Outcomes

        outcomes = Outcomes()

        def call(show: Show) -> None:
            self.users.bulk_delete(user_ids=user_ids, emails=emails, on_progress=show, outcomes=outcomes)

        def so_far() -> Sequence[UserResult]:
            done = outcomes.results
            return results(done) if done else ()

        return carry_out(
            self.session, self.target, call, so_far, accepted=self._accepted, skipped=self.skipped
        )


def _guarded(
    guards: Guards, everyone: Sequence[User], found: Sequence[BulkGetResult]
) -> tuple[list[BulkGetResult], list[str]]:
    """Leave out whom a guard keeps, and give the ids of the admins who are left.

    Raises:
        PlanRefusedError: A guard refuses the rest.
    """
    from arize_users import PlanRefusedError, User
    from arize_users.roster import guarded_removals

    sent = {str(one.user_id): one.user or User(id=str(one.user_id)) for one in found if is_sent(one)}
    held = guarded_removals(guards, everyone, sent.values())
    say(*(f"note: {one}" for one in held.notes))
    kept = {one.user_id for one in held.kept} | {one for one in sent if one in guards.keep}
    say(*(f"left alone: {name_of(one)}, whom --keep names" for one in found if one.user_id in kept))
    if held.refusals:
        error = PlanRefusedError("The guards refuse this; nobody was deleted.")
        error.refusals = held.refusals
        raise error
    return [one for one in found if one.user_id not in kept], [*held.admins]


def _require_admins(users: UsersClient, least: int, counted_on: Sequence[str]) -> None:
    """Look the admins up again who are left: meanwhile somebody else may have removed them.

    Raises:
        CommandError: Too few are active admins still.
    """
    from arize_users.roster import active_admins

    left = 0
    for start in range(0, len(counted_on), max(least, 1)):
        if left >= least:
            return
        looked_at = users.bulk_get(user_ids=counted_on[start : start + least])
        left += len(active_admins(one.user for one in looked_at if one.user is not None))
    if left < least:
        raise CommandError(
            REFUSED,
            f"looked up again, only {left:,} of the active admins are left; --min-admins asks for {least:,}",
            hint="Nobody was deleted. Start again to see the account as it is.",
        )
