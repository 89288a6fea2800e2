"""One bulk call of the client: its progress, its results wherever it ends, and the exit code for them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .answers import counted, results_answer
from .errors import PARTIAL, REFUSED
from .interrupts import interrupts
from .output import Target, deliver
from .progress import Show, showing_progress
from .session import Session
from .terminal import say

if TYPE_CHECKING:
    from arize_users import UserResult

Results = Callable[[], Sequence["UserResult"]]

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
    skipped: int = 0,
) -> int:
    """Make a call that changes many users, write what became of each, and give the exit code.

    A signal ends the call in order; the results are written all the same.

    Args:
        session: The run of the command.
        target: Where the results go.
        call: Makes the call, with a function that shows progress.
        results_so_far: Gives the results, whatever has ended the call.
        accepted: Statuses that are as good as done.
        skipped: How many lines of a file were skipped.
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
    results = results_so_far()
    statuses = {str(one.status) for one in results}
    if failure is not None and not statuses & {*_DONE, "unknown"}:
        raise failure
    if not results:  # A signal came before the call began.
        raise KeyboardInterrupt
    interrupts.acted = bool(statuses - {"not_attempted", "not_found"})
    deliver(results_answer(results), target, acted=True)
    code = exit_code(session, results, accepted=accepted, skipped=skipped)
    if failure is not None:
        raise failure
    return code


def exit_code(
    session: Session,
    results: Sequence[UserResult],
    *,
    accepted: frozenset[str] = frozenset(),
    skipped: int = 0,
) -> int:
    """Say how many ended how, and how to find out about those who are not known; give the exit code."""
    from arize_users.errors import NOT_ABOUT_USERS, NOT_FROM_API

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
        return PARTIAL if skipped else 0
    # Nothing is known to be done, not even in part, or to have reached what changes users.
    elsewhere = NOT_FROM_API, NOT_ABOUT_USERS
    is_elsewhere = [any(text in (one.error or "") for text in elsewhere) for one in results]
    return REFUSED if all(is_elsewhere) else PARTIAL


def rehearse(
    session: Session, target: Target, lines: Sequence[str], results: Sequence[UserResult], *, skipped: int = 0
) -> int:
    """Show what would be done, and give the exit code for it. Nobody has been sent anything."""
    say(DRY_RUN, *lines)
    deliver(results_answer(results), target)
    missing = [one for one in results if one.status != "not_attempted"]
    if missing:
        say(f"{counted(len(missing), 'user')} could not be found, or is not known")
    say(DRY_RUN)
    return PARTIAL if missing or skipped else 0
