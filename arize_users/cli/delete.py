"""The command `delete`: many users at once, and none by accident."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import Deletions, counted
from .failures import INTERRUPTED, SETTINGS, SOME_FAILED, UsageError
from .interrupts import OutcomeFirst
from .options import Output
from .output import Target, deliver
from .session import Session
from .terminal import ask, has_colour, is_attended, is_plain, is_terminal, say

if TYPE_CHECKING:
    from arize_users import BulkUserDeletionResult

_NAMED = 10
"""How many users the question names; of more it says only how many."""


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
    A user who cannot be deleted does not keep the others from it.
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
    from arize_users import BulkInterrupted

    with OutcomeFirst() as outcome:
        try:
            with _progress(len(named)) as on_result:
                results = outcome.call(
                    users.bulk_delete, user_ids=user_ids, emails=addresses, on_result=on_result
                )
        except BulkInterrupted as stop:
            return _interrupted(stop.results, stop.pending, target)
        deliver(Deletions(results), target, acted=True)
        return _summed_up(results)


def _split(values: Sequence[str] | None) -> list[str]:
    parts = (part.strip() for value in values or () for part in value.split(","))
    return [part for part in parts if part]


def _distinct(user_ids: Sequence[str], emails: Sequence[str]) -> list[str]:
    """Give each user named once, addresses ignoring case, as the batch will."""
    addresses = {address.lower(): address for address in reversed(emails)}
    return [*dict.fromkeys(user_ids), *reversed(addresses.values())]


def _is_confirmed(named: Sequence[str]) -> bool:
    many = counted(len(named), "user")
    say(
        f"This blocks {many} for good, and removes their organization and space memberships,",
        "API keys and role bindings:",
        *(f"  {one}" for one in named[:_NAMED]),
    )
    if len(named) > _NAMED:
        say(f"  and {len(named) - _NAMED:,} more")
    return ask(f"Delete {many}? [y/N]").lower() in ("y", "yes")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[object], None] | None]:
    """Draw a bar on standard error, where that is a terminal; Rich is loaded only there."""
    if not is_terminal(sys.stderr) or is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    coloured = has_colour(sys.stderr)
    console = Console(stderr=True, color_system="auto" if coloured else None, no_color=not coloured)
    columns = TextColumn("Deleting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)
        yield lambda _: bar.advance(task)


def _interrupted(results: Sequence[BulkUserDeletionResult], pending: Sequence[str], target: Target) -> int:
    deliver(Deletions(results), target, acted=True)
    if results:
        _summed_up(results)
    say(f"interrupted; {len(pending):,} not attempted:", *(f"  {one}" for one in pending))
    return INTERRUPTED


def _summed_up(results: Sequence[BulkUserDeletionResult]) -> int:
    """Say how it went, and give the exit code for it."""
    from arize_users import DeletionStatus

    counts = Counter(result.status for result in results)
    said = [f"{counts[one]:,} {one.replace('_', ' ')}" for one in DeletionStatus if counts[one]]
    say(", ".join(said))
    return 0 if counts[DeletionStatus.DELETED] == len(results) else SOME_FAILED
