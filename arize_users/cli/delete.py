"""The command `delete`: deletes many users at once, after asking."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted, results_answer
from .errors import PARTIAL, REFUSED, SETTINGS, USAGE, CommandError
from .interrupts import interrupts
from .options import Output, split_values
from .output import deliver
from .progress import showing_progress
from .session import Session
from .terminal import ask, is_attended, say

if TYPE_CHECKING:
    from arize_users import Outcomes, UserResult, UsersClient

_NAMED_AT_MOST = 10
"""How many users the question names; it counts the rest."""


def delete(
    session: Session,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="A user's id, or several with commas. Can be repeated."),
    ] = None,
    emails: Annotated[
        list[str] | None,
        typer.Option("--email", "-e", metavar="EMAIL", help="The same for email addresses."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
    missing_ok: Annotated[
        bool,
        typer.Option("--missing-ok", help="A user who is not there counts as deleted, with exit code 0."),
    ] = False,
    output: Output = None,
) -> int:
    """Delete users for good, by id or email address.

    Each is blocked, and loses organization and space memberships, API keys and role bindings.
    If one cannot be deleted, the others still are. A signal ends it in order: the output says of each user
    what was done, what is unknown, and what was not attempted.
    """
    user_ids, addresses = split_values(ids), split_values(emails)
    # Two spellings may name two users, so the question shows both.
    named = [*dict.fromkeys(user_ids), *dict.fromkeys(addresses)]
    if not named:
        raise CommandError(USAGE, "nobody to delete: give at least one --id or --email")
    if not force and not is_attended():
        raise CommandError(USAGE, "there is no terminal to ask at: --force deletes without asking")
    target = session.target(output)
    users = session.users()
    if not force and not _is_confirmed(named):
        say("nothing was deleted")
        return SETTINGS
    from arize_users import DeletionStatus, Outcomes

    outcomes, failure = Outcomes(), None
    try:
        _delete(users, user_ids, addresses, outcomes, len(named))
    except Exception as error:
        failure = error
    # Read once: an answer that is not awaited any more may still come.
    results = outcomes.results
    statuses = {one.status for one in results}
    if failure is not None and not statuses & {DeletionStatus.DELETED, DeletionStatus.UNKNOWN}:
        raise failure
    if not results:  # A signal came before the call began.
        raise KeyboardInterrupt
    interrupts.acted = statuses != {DeletionStatus.NOT_ATTEMPTED}
    deliver(results_answer(results), target, acted=True)
    code = _summarize(results, session.reporter.group, missing_ok=missing_ok)
    if failure is not None:
        raise failure
    return code


def _delete(
    users: UsersClient, user_ids: Sequence[str], emails: Sequence[str], outcomes: Outcomes, total: int
) -> None:
    from arize_users import BulkProgress

    # From here on a signal is noted, but for the call itself, which it ends.
    interrupts.raising = False
    with showing_progress() as show:
        deleted = itertools.count()

        def advance(_: object = None) -> None:
            show(BulkProgress(phase="deleting", done=next(deleted), total=total))

        advance()
        interrupts.run(
            users.bulk_delete, user_ids=user_ids, emails=emails, on_result=advance, outcomes=outcomes
        )


def _is_confirmed(named: Sequence[str]) -> bool:
    many = counted(len(named), "user")
    say(
        f"This blocks {many} for good, and removes their organization and space memberships,",
        "API keys and role bindings:",
        *(f"  {one}" for one in named[:_NAMED_AT_MOST]),
    )
    if len(named) > _NAMED_AT_MOST:
        say(f"  and {len(named) - _NAMED_AT_MOST:,} more")
    return ask(f"Delete {many}? [y/N]").lower() in ("y", "yes")


def _summarize(results: Sequence[UserResult], group: str, *, missing_ok: bool) -> int:
    """Say how many deletions ended how, and give the exit code for them."""
    from arize_users import DeletionStatus
    from arize_users.errors import NOT_ABOUT_USERS, NOT_FROM_API

    counts = Counter(result.status for result in results)
    if results:
        say(", ".join(f"{counts[one]:,} {one.replace('_', ' ')}" for one in DeletionStatus if counts[one]))
    for result in results:
        if result.status == DeletionStatus.UNKNOWN:
            say(f"  `{group} get {result.user_id}` shows whether the user is still there")
    done = counts[DeletionStatus.DELETED] + (counts[DeletionStatus.NOT_FOUND] if missing_ok else 0)
    if done == len(results):
        return 0
    # Nothing is known to be done, not even in part, or to have reached what deletes users.
    elsewhere = NOT_FROM_API, NOT_ABOUT_USERS
    is_elsewhere = [any(text in (result.error or "") for text in elsewhere) for result in results]
    return REFUSED if all(is_elsewhere) else PARTIAL
