"""Reads the pages of a list one after another, as the server's cursors lead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from .._core.effects import Flow, tell
from ..errors import ArizeError, PaginationError
from ..types import Pagination, User, UserPage
from . import arguments as check
from .progress import Advanced

LONGEST_CURSOR = 16_384
"""Characters; no server accepts a URL as long as this."""

logger = logging.getLogger("arize_users")


class Scan:
    """All pages of a list, one after another.

    ``created_after`` is inclusive, ``created_before`` is not; the list is sorted by creation, so the first
    user created too late ends it, unless a page shows that it is not sorted. Users without a creation time
    lie in no range.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Flow[UserPage]],
        *,
        cursor: str | None,
        created_after: datetime | None,
        created_before: datetime | None,
    ) -> None:
        self._fetch = fetch
        self._after = created_after
        self._before = created_before
        self._cursor = cursor
        self._cursors: set[str | None] = {cursor}
        self._ids: set[str] = set()
        self._newest: datetime | None = None
        self._is_sorted = True
        self._done = False
        self._pending_error: PaginationError | None = None

    def next_page(self) -> Flow[tuple[User, ...] | None]:
        """Fetch the next page and give its users that are in range; None when there is no further page.

        Raises:
            PaginationError: The server gave a cursor twice, or promises more without one.
        """
        if self._done:
            return None
        if self._pending_error is not None:
            raise self._pending_error
        try:
            page = yield from self._fetch(self._cursor)
        except ArizeError as error:
            error.cursor = self._cursor
            raise
        self._advance(page)
        if self._after is None and self._before is None:
            return page.users
        times = [getattr(user, "created_at", None) for user in page.users]
        if self._before is not None:
            self._note_order([time for time in times if time is not None])
            is_past = self._newest is not None and self._newest >= self._before
            self._done = self._done or (is_past and self._is_sorted)
        return tuple(user for user, time in zip(page.users, times, strict=True) if self._in_range(time))

    def next_unseen(self) -> Flow[tuple[User, ...] | None]:
        """Do as `next_page` does, but give each user once, though the list may move while it is read."""
        users = yield from self.next_page()
        if users is None:
            return None
        unseen = tuple(user for user in users if self._is_unseen(user))
        if len(unseen) < len(users):
            again = len(users) - len(unseen)
            logger.warning("the list moved while it was read: %d of its users came a second time", again)
        return unseen

    def next_whole_page(self) -> Flow[tuple[UserPage] | None]:
        """Do as `next_unseen` does, and say where the list goes on."""
        users = yield from self.next_unseen()
        if users is None:
            return None
        yield from tell(Advanced(len(users)))
        is_last = self._done or self._pending_error is not None
        pagination = Pagination(has_more=not self._done, next_cursor=None if is_last else self._cursor)
        return (UserPage(users=users, pagination=pagination),)

    def _is_unseen(self, user: User) -> bool:
        user_id = getattr(user, "id", None)
        if user_id in self._ids:
            return False
        if user_id:  # Without an id nobody can be recognized.
            self._ids.add(user_id)
        return True

    def _note_order(self, times: Sequence[datetime]) -> None:
        known = [*times] if self._newest is None else [self._newest, *times]
        if self._is_sorted and known != sorted(known):
            self._is_sorted = False
            logger.warning("the list is not sorted by creation, so it is read to its end")
        self._newest = max(known, default=None)

    def _advance(self, page: UserPage) -> None:
        if not page.pagination.has_more:
            self._done = True
            return
        # The users of this page are right whatever follows it, so an error is for the next call.
        cursor = page.pagination.next_cursor
        if cursor is None:
            self._stop_with("the server says there are more users, but gives no cursor")
        elif cursor in self._cursors:
            self._stop_with("the server gave the same cursor twice: the list has no end")
        elif not cursor.strip() or len(cursor) > LONGEST_CURSOR or not check.is_unicode(cursor):
            self._stop_with("the server gave a cursor that cannot be sent back to it")
        else:
            self._cursors.add(cursor)
            self._cursor = cursor

    def _stop_with(self, problem: str) -> None:
        self._pending_error = PaginationError(
            problem,
            operation="list_users",
            method="GET",
            path="/v2/users",
            hint="This is on the server's side: try again later.",
        )
        self._pending_error.cursor = self._cursor

    def _in_range(self, created: datetime | None) -> bool:
        return (
            created is not None
            and (self._after is None or created >= self._after)
            and (self._before is None or created < self._before)
        )
