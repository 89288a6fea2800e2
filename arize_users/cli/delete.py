"""The command `delete`: deletes many users at once, after asking."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted
from .batch import NAMED_AT_MOST, Act, BulkCall, account_and_people, carry_out, write_found
from .errors import REFUSED, SETTINGS, USAGE, CommandError
from .named import Named, distinct, is_sent, look_up, name_of, named_people, shown
from .options import DryRun, Force, Output, PeopleFile, SkipInvalid, split_values
from .output import Target
from .people_files import Person
from .progress import Show, counting, showing_progress
from .prompts import require_terminal
from .session import Session
from .terminal import say

if TYPE_CHECKING:
    from arize_users import BulkGetResult, User, UsersClient
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
    force: Force = False,
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
    if not force and not dry_run:
        require_terminal("deletes without asking")
    named = named_people(entries, file, skip_invalid=skip_invalid, is_for_deletion=True)
    guards = None
    if file is not None or keep or max_removals is not None or min_admins is not None:
        from arize_users.roster import checked_guards

        guards = checked_guards(
            max_removals=max_removals,
            keep=keep or (),
            min_admins=1 if min_admins is None else min_admins,
            is_limit_needed=False,
        )
    target = session.target(output)
    users = session.users()
    from arize_users import DeletionStatus

    act = Act(
        _says,
        BulkCall(users.bulk_delete),
        DeletionStatus,
        question=None if force else "Delete {}?",
        declined="nothing was deleted",
        accepted=frozenset({"not_found"} if missing_ok else ()),
    )
    if guards is None and not dry_run:
        return _delete_named(session, users, target, named.people, act)
    return _delete_found(session, users, target, named, guards, act, dry_run=dry_run)


def _delete_named(
    session: Session, users: UsersClient, target: Target, people: Sequence[Person], act: Act
) -> int:
    """Delete people as they are named: the client finds those of an address."""
    from arize_users import Outcomes

    outcomes = Outcomes()
    if act.question is not None:
        names = shown(session, people[:NAMED_AT_MOST]) + [one.named for one in people[NAMED_AT_MOST:]]
        lines = account_and_people(session, _says(counted(len(names), "user")), names)
        if not act.is_confirmed(lines, len(names)):
            return SETTINGS

    def call(show: Show) -> None:
        users.bulk_delete(
            user_ids=[one.user_id for one in people if one.user_id],
            emails=[one.email for one in people if one.email],
            on_progress=show,
            outcomes=outcomes,
        )

    return carry_out(session, target, call, lambda: outcomes.results, accepted=act.accepted)


def _delete_found(
    session: Session,
    users: UsersClient,
    target: Target,
    named: Named,
    guards: Guards | None,
    act: Act,
    *,
    dry_run: bool,
) -> int:
    """Find people, hold their deletion against the guards, and delete them by their ids."""
    notes, everyone = [*named.skipped], None
    if guards is not None:
        with closing(counting(users.iter_pages, "users")) as pages:
            everyone = [user for page in pages for user in page]
    with showing_progress() as show:
        found = distinct(look_up(users, named.people, everyone, show=show))
    if guards is not None and everyone is not None:
        found, admins = _guarded(guards, everyone, found, notes)
        act = act._replace(before=partial(_require_admins, users, guards.min_admins, admins))
    return write_found(
        session,
        target,
        found,
        act,
        dry_run=dry_run,
        listed=None if everyone is None else len(everyone),
        notes=notes,
        is_part=bool(named.skipped),
    )


def _says(many: str) -> list[str]:
    return [
        f"This blocks {many} for good, and removes their organization and space memberships,",
        "API keys and role bindings:",
    ]


def _guarded(
    guards: Guards, everyone: Sequence[User], found: Sequence[BulkGetResult], notes: list[str]
) -> tuple[list[BulkGetResult], list[str]]:
    """Leave out whom a guard keeps, and note it; give the ids of the admins who are left, too.

    Raises:
        PlanRefusedError: A guard refuses the rest.
    """
    from arize_users import PlanRefusedError, User
    from arize_users.roster import guarded_removals

    sent = {str(one.user_id): one.user or User(id=str(one.user_id)) for one in found if is_sent(one)}
    held = guarded_removals(guards, everyone, sent.values())
    notes += [f"note: {one}" for one in held.notes]
    # One that is not listed may be kept by its id alone.
    kept = {one.user_id for one in held.kept} | {one for one in sent if one in guards.keep}
    notes += [f"left alone: {name_of(one)}, whom --keep names" for one in found if one.user_id in kept]
    if held.refusals:
        say(*notes)
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
