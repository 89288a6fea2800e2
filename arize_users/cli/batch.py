"""One bulk call of the client: its progress, its results wherever it ends, and the exit code for them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from .answers import counted, results_answer
from .errors import PARTIAL, REFUSED, SETTINGS, UNREACHED
from .interrupts import interrupts
from .named import Named, distinct, is_sent, look_up, name_of, results_of
from .output import Target, deliver
from .progress import Show, showing_progress
from .prompts import account_label, is_confirmed
from .session import Session
from .terminal import say
from .text import with_commands

if TYPE_CHECKING:
    from arize_users import (
        BulkGetResult,
        DeletionStatus,
        Outcomes,
        User,
        UserResult,
        UsersClient,
        WriteStatus,
    )

R = TypeVar("R", bound="UserResult")

Results = Callable[[], Sequence["UserResult"]]

NAMED_AT_MOST = 10
"""How many people a question names; it counts the rest."""
_DONE = frozenset({"deleted", "done"})
DRY_RUN = "Dry run: nothing is changed."
"""The first and the last line of what would be done."""
_FIND_OUT = {
    "delete": "`{group} get {named}` shows whether the user is still there",
    "update": "`{group} get {named}` shows the user as it is",
}


def carry_out(
    session: Session,
    target: Target,
    call: Callable[[Show], object],
    results_so_far: Results,
    *,
    accepted: frozenset[str] = frozenset(),
    is_part: bool = False,
) -> int:
    """Make a call that changes many users, write what became of each, and give the exit code.

    A signal ends the call in order; the results are written all the same.

    Args:
        session: The run of the command.
        target: Where the results go.
        call: Makes the call, with a function that shows progress.
        results_so_far: Gives the results, whatever has ended the call.
        accepted: Statuses that are as good as done.
        is_part: Whether others were left out, so that the exit code is 3 at best.
    """
    failure: Exception | None = None
    try:
        # From here on a signal is noted, but for the call itself, which it ends.
        interrupts.raising = False
        with showing_progress() as show:
            interrupts.run(call, show)
    except Exception as error:
        failure = error
    # Read once: an answer that is not awaited any more may still come.
    results = results_in_shell_words(results_so_far(), session)
    statuses = {str(one.status) for one in results}
    if failure is not None and not statuses & {*_DONE, "unknown"}:
        raise failure
    if not results:  # A signal came before the call began.
        raise KeyboardInterrupt
    interrupts.acted = bool(statuses - {"not_attempted", "not_found"})
    deliver(results_answer(results), target, acted=True)
    code = exit_code(session, results, accepted=accepted, is_part=is_part)
    if failure is not None:
        raise failure
    return code


def results_in_shell_words(results: Iterable[R], session: Session) -> list[R]:
    """Name commands, and what named the endpoint, where results of the client name methods and arguments."""
    from attrs import evolve

    def told(error: str) -> str:
        error = error.replace("the argument base_url", session.settings.endpoint_from)
        return with_commands(error, session.reporter.group)

    return [one if one.error is None else evolve(one, error=told(one.error)) for one in results]


def exit_code(
    session: Session, results: Sequence[UserResult], *, accepted: frozenset[str], is_part: bool
) -> int:
    """Say how many ended how, and how to find out about those who are not known; give the exit code."""
    from arize_users.errors import NOT_ABOUT_USERS, NOT_FROM_API, NOT_REACHED

    counts = Counter(str(one.status) for one in results)
    if results:
        say(
            ", ".join(
                f"{counts[one]:,} {one.replace('_', ' ')}" for one in type(results[0].status) if counts[one]
            )
        )
    _, _, command = session.reporter.command.rpartition(" ")
    find_out = _FIND_OUT.get(command, "the mail to {named} may have been sent: ask before sending another")
    for one in results:
        if one.status == "unknown":
            named = shlex.quote(one.user_id or one.email or "")
            say(f"  {find_out.format(group=session.reporter.group, named=named)}")
    if sum(counts[status] for status in _DONE | accepted) == len(results):
        return PARTIAL if is_part else 0
    if all(NOT_REACHED in (one.error or "") for one in results):
        return UNREACHED
    # Nothing is known to be done, not even in part, or to have reached what changes users.
    elsewhere = NOT_FROM_API, NOT_ABOUT_USERS
    is_elsewhere = [any(text in (one.error or "") for text in elsewhere) for one in results]
    return REFUSED if all(is_elsewhere) else PARTIAL


def rehearse(
    target: Target, lines: Sequence[str], results: Sequence[UserResult], *, is_part: bool = False
) -> int:
    """Show what would be done, and give the exit code for it. Nobody has been sent anything."""
    say(DRY_RUN, *lines)
    deliver(results_answer(results, dry_run=True), target)
    missing = [one for one in results if one.status != "not_attempted"]
    if missing:
        say(f"not found, or not known: {counted(len(missing), 'user')}")
    say(DRY_RUN)
    return PARTIAL if missing or is_part else 0


class Writing(Protocol):
    """Writes to those who were found, and knows what became of each so far."""

    def __call__(self, sent: Sequence[BulkGetResult], show: Show) -> None:
        """Write to them all."""

    @property
    def results(self) -> Sequence[UserResult]:
        """The results so far; none before the call begins."""


class BulkCall:
    """One call of a bulk method of the client that takes ids."""

    def __init__(self, method: Callable[..., object]) -> None:
        from arize_users import Outcomes

        self._method = method
        self._outcomes: Outcomes = Outcomes()

    def __call__(self, sent: Sequence[BulkGetResult], show: Show) -> None:
        """Call it."""
        self._method(user_ids=[one.user_id for one in sent], on_progress=show, outcomes=self._outcomes)

    @property
    def results(self) -> Sequence[UserResult]:
        """The results so far."""
        return self._outcomes.results


class Act(NamedTuple):
    """What is done to users, and how it is said.

    Args:
        says: Gives the lines that say what it does to so many users, before these are named.
        write: Does it.
        kind: The kind of the status of its results.
        question: What to ask first, with a place for the number of users; None asks nothing.
        declined: What to say where the answer is no.
        before: Is called right before it is done, and may refuse it.
        accepted: Statuses that are as good as done.
    """

    says: Callable[[str], Sequence[str]]
    write: Writing
    kind: type[DeletionStatus | WriteStatus]
    question: str | None = None
    declined: str = "nothing was sent"
    before: Callable[[], None] = lambda: None
    accepted: frozenset[str] = frozenset()

    def is_confirmed(self, lines: Sequence[str], number: int) -> bool:
        """Ask whether to do it to so many users, unless nothing is to be asked."""
        if self.question is None:
            return True
        question = self.question.format(counted(number, "user"))
        if is_confirmed(lines, question, people=number):
            return True
        say(self.declined)
        return False


def write_many(
    session: Session, users: UsersClient, target: Target, named: Named, act: Act, *, dry_run: bool
) -> int:
    """Do something to each of those whom a file names; see `write_found`."""
    with showing_progress() as show:
        found = distinct(look_up(users, named.people, None if dry_run else (), show=show))
    return write_found(
        session, target, found, act, dry_run=dry_run, notes=named.skipped, is_part=bool(named.skipped)
    )


def write_found(
    session: Session,
    target: Target,
    found: Sequence[BulkGetResult],
    act: Act,
    *,
    dry_run: bool,
    listed: int | None = None,
    notes: Sequence[str],
    is_part: bool = False,
) -> int:
    """Do something to each of those who were found, or say what would be done; give the exit code.

    Args:
        session: The run of the command.
        target: Where the results go.
        found: Whom the look-up found, and whom not.
        act: What is done.
        dry_run: Whether nothing is to be done.
        listed: How many users the account has; None where that is not known.
        notes: What to say first.
        is_part: Whether others were left out, so that the exit code is 3 at best.
    """
    sent = [one for one in found if is_sent(one)]
    many = counted(len(sent), "user") if listed is None else f"{len(sent):,} of {counted(listed, 'user')}"
    results = partial(results_of, found, [str(one.user_id) for one in sent], kind=act.kind)
    lines = account_and_people(session, act.says(many), [*map(name_of, sent)])
    if dry_run:
        return rehearse(target, [*notes, *lines], results([]), is_part=is_part)
    say(*notes)
    if not sent:
        deliver(results_answer(results([])), target)
        say(*() if found else ("there is nobody left",))
        return exit_code(session, results([]), accepted=act.accepted, is_part=is_part)
    if not act.is_confirmed(lines, len(sent)):
        return SETTINGS
    act.before()

    def so_far() -> Sequence[UserResult]:
        done = act.write.results
        return results(done) if done else ()

    return carry_out(
        session, target, partial(act.write, sent), so_far, accepted=act.accepted, is_part=is_part
    )


def account_and_people(session: Session, says: Sequence[str], names: Sequence[str]) -> list[str]:
    """Say which account is written to, what is done, and to whom: the first of many, and how many more."""
    more = len(names) - NAMED_AT_MOST
    return [
        f"Account: {account_label(session.settings)}",
        *says,
        *(f"  - {one}" for one in names[:NAMED_AT_MOST]),
        *([f"  and {more:,} more"] if more > 0 else ()),
    ]


def rehearse_one(target: Target, user: User, line: str) -> int:
    """Show what would be done to one user, and give the exit code for it."""
    from arize_users import UserResult, WriteStatus

    user_id, email = getattr(user, "id", None), getattr(user, "email", None)
    result = UserResult(user_id=user_id, email=email, status=WriteStatus.NOT_ATTEMPTED)
    return rehearse(target, [line], [result])
