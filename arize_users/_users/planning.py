"""Plans what is to be done so that an account has the people of a roster: reads, and changes nothing."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from attrs import frozen

from .._core.effects import Flow, call, in_order
from ..errors import InvalidArgumentError, JournalError, PaginationError
from ..people import BulkProgress
from ..types import User
from . import arguments as check
from .operations import Operations
from .progress import CallbackRaised, Progress
from .roster.guards import checked_guards
from .roster.journal import read_journal
from .roster.matching import plan_of
from .roster.plan import Plan
from .roster.roster import Roster
from .scan import Scan

_READINGS = 3

logger = logging.getLogger("arize_users")


def plan(
    operations: Operations,
    roster: Roster,
    *,
    remove_missing: bool,
    remove_renamed: bool,
    max_removals: int | str,
    keep: Iterable[str | User],
    min_admins: int,
    journal: str | os.PathLike[str] | None,
    on_progress: Callable[[BulkProgress], object] | None,
) -> Flow[Plan]:
    """Check everything before the first request, and give the flow that plans."""
    if not isinstance(roster, Roster):
        raise InvalidArgumentError(
            f"expected a Roster, got {type(roster).__name__}",
            argument="roster",
            hint="Roster(people) takes NewUser objects, Roster.read a file.",
        )
    guards = checked_guards(
        remove_missing=remove_missing,
        remove_renamed=remove_renamed,
        max_removals=max_removals,
        keep=keep,
        min_admins=min_admins,
    )
    progress = Progress(on_progress)
    path = None if journal is None else check.path(journal, "journal")

    def flow() -> Flow[Plan]:
        learnt = _Learnt()
        if path is not None:
            learnt = yield from call(partial(_learnt_from, path, operations.endpoint))
        try:
            users = yield from everyone(operations, progress)
        except CallbackRaised as stop:  # Nothing was changed that a caller would have to know of.
            raise (stop.__cause__ or stop) from None
        return plan_of(
            roster,
            users,
            guards,
            endpoint=operations.endpoint,
            created_at=datetime.now(UTC),
            blocked=learnt.blocked,
            notes=learnt.notes,
        )

    return flow()


@frozen
class _Learnt:
    """What a journal says of addresses that are blocked, and what a reader should know of the journal."""

    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _learnt_from(journal: Path, endpoint: Mapping[str, str | int]) -> _Learnt:
    try:
        record = read_journal(journal)
    except JournalError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        return _Learnt(notes=(f"there is no journal {journal}: which addresses are blocked is not known",))
    if record.plan is not None and record.endpoint != endpoint:
        note = f"{journal} is the journal of another account: its blocked addresses do not count"
        return _Learnt(notes=(note,))
    return _Learnt(record.blocked)


def everyone(operations: Operations, progress: Progress) -> Flow[list[User]]:
    """Read the whole list of users, each once; where it moves meanwhile, read it again.

    Raises:
        PaginationError: It moved each time, or the server's cursors do not lead through it.
    """
    for _ in range(_READINGS):
        progress.begin("listing")
        reading = _Reading(operations.scan(), progress)
        yield from in_order(reading.next_page, reading.take, progress.on_notice)
        if not reading.has_moved:
            return reading.users
        logger.warning("the list moved while it was read: a user came twice; it is read again")
    raise PaginationError(
        f"the list of users moved each of the {_READINGS} times that it was read: a user came twice",
        operation="list_users",
        method="GET",
        path="/v2/users",
        hint="Plan again when nobody else changes the account.",
    )


class _Reading:
    """One reading of the whole list."""

    def __init__(self, scan: Scan, progress: Progress) -> None:
        self.users: list[User] = []
        self.has_moved = False
        self._scan = scan
        self._progress = progress
        self._ids: set[str] = set()

    def next_page(self) -> Flow[tuple[User, ...] | None]:
        """Fetch the next page, unless the list is to be read again."""
        if self.has_moved:
            return None
        return (yield from self._scan.next_page())

    def take(self, users: tuple[User, ...]) -> None:
        """Take in a page."""
        if self.has_moved:
            return
        ids = [user_id for user in users if (user_id := getattr(user, "id", None))]
        known = len(self._ids)
        self._ids.update(ids)
        self.has_moved = len(self._ids) < known + len(ids)
        self.users += users
        self._progress.advance(len(users))
