"""The command `delete`: deletes many users at once, after asking."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted, deletions_answer
from .errors import INTERRUPTED, SETTINGS, SOME_FAILED, UsageError
from .interrupts import DeferredInterrupt
from .options import Output
from .output import deliver
from .session import Session
from .terminal import ask, has_colour, is_attended, is_plain, is_terminal, say

if TYPE_CHECKING:
    from arize_users import BulkUserDeletionResult, UsersClient

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
    output: Output = None,
) -> int:
    """Delete users for good, by id or email address.

    Each is blocked, and loses organization and space memberships, API keys and role bindings.
    If one cannot be deleted, the others still are.
    """
    user_ids, addresses = _split(ids), _split(emails)
    named = _distinct(user_ids, addresses)
    if not named:
        raise UsageError("nobody to delete: give at least one --id or --email")
    if not force and not is_attended():
        raise UsageError("there is no terminal to ask at: --force deletes without asking")
    target = session.target(output)
    users = session.users()
    if not force and not _is_confirmed(named):
        say("nothing was deleted")
        return SETTINGS
    with DeferredInterrupt() as interrupt:
        results, pending = _delete(users, user_ids, addresses, interrupt)
        deliver(deletions_answer(results), target, acted=True)
        code = _summarize(results)
        if pending is None:
            return code
        say(f"interrupted; {len(pending):,} not attempted:", *(f"  {one}" for one in pending))
        return INTERRUPTED


def _delete(
    users: UsersClient, user_ids: Sequence[str], emails: Sequence[str], interrupt: DeferredInterrupt
) -> tuple[Sequence[BulkUserDeletionResult], Sequence[str] | None]:
    """Delete users, and give the results; where Ctrl-C stopped it, also those not attempted."""
    from arize_users import BulkInterrupted

    remaining = len(_distinct(user_ids, emails))
    with _progress(remaining) as advance:

        def on_result(_: BulkUserDeletionResult) -> None:
            nonlocal remaining
            advance()
            remaining -= 1
            # Here, because Ctrl-C could come between the return of the call and the next line.
            if remaining == 0:
                interrupt.defer()

        try:
            return users.bulk_delete(user_ids=user_ids, emails=emails, on_result=on_result), None
        except BulkInterrupted as stop:
            interrupt.defer()
            return stop.results, stop.pending


def _split(values: Sequence[str] | None) -> list[str]:
    parts = (part.strip() for value in values or () for part in value.split(","))
    return [part for part in parts if part]


def _distinct(user_ids: Sequence[str], emails: Sequence[str]) -> list[str]:
    """Drop repetitions, ignoring the case of addresses, as the bulk delete does."""
    addresses = {address.lower(): address for address in reversed(emails)}
    return [*dict.fromkeys(user_ids), *reversed(addresses.values())]


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


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], object]]:
    """Draw a progress bar on standard error if that is a terminal, and give the function that advances it."""
    if not is_terminal(sys.stderr) or is_plain():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    coloured = has_colour(sys.stderr)
    console = Console(stderr=True, color_system="auto" if coloured else None, no_color=not coloured)
    columns = TextColumn("Deleting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _summarize(results: Sequence[BulkUserDeletionResult]) -> int:
    """Say how many deletions ended how, and give the exit code for them."""
    from arize_users import DeletionStatus

    counts = Counter(result.status for result in results)
    if results:
        say(", ".join(f"{counts[one]:,} {one.replace('_', ' ')}" for one in DeletionStatus if counts[one]))
    return 0 if counts[DeletionStatus.DELETED] == len(results) else SOME_FAILED
