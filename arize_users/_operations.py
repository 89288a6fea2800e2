"""One flow per operation: every rule of the layer, for sync and async callers alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from . import _arguments as check
from . import _wire
from ._flow import Flow
from ._generation import Dialect
from ._retry import Retrier, in_doubt
from ._when import point_in_time
from ._wire import Request
from .config import Settings
from .errors import (
    APIConnectionError,
    APIError,
    ArizeError,
    BadRequestError,
    InvalidArgumentError,
    NotFoundError,
    OutcomeUnknownError,
    PaginationError,
    UnprocessableEntityError,
)
from .types import CreatedUser, InviteMode, User, UserPage

T = TypeVar("T")

LONGEST_CURSOR = 16_384
"""Characters; no server takes an address as long as this."""

# A repeated invitation by mail is answered with the first; a repeated password is lost.
_REPEATABLE_MODES = frozenset({InviteMode.EMAIL_LINK})


class Operations:
    """The operations of one client. Shared by its threads and tasks."""

    def __init__(self, settings: Settings) -> None:
        retrier = Retrier(max_retries=settings.max_retries)
        self._dialect = Dialect(retrier, settings.enum_case)

    def list(
        self,
        *,
        email: str | None,
        status: str | Iterable[str] | None,
        limit: int,
        cursor: str | None,
    ) -> Flow[UserPage]:
        """One page of users."""
        return self._dialect.page(
            _wire.list_users(
                limit=check.limit(limit),
                cursor=check.cursor(cursor),
                email=check.email_filter(email),
                status=check.statuses(status),
            )
        )

    def scan(
        self,
        *,
        email: str | None = None,
        status: str | Iterable[str] | None = None,
        created_after: object = None,
        created_before: object = None,
        page_size: int = check.MAX_LIMIT,
    ) -> Scan:
        """Every matching user, page by page."""
        after = point_in_time(created_after, "created_after")
        before = point_in_time(created_before, "created_before")
        if after and before and after > before:
            raise InvalidArgumentError(
                f"created_after: {created_after!r} is later than created_before {created_before!r}"
            )
        limit = check.limit(page_size, "page_size")
        email, status = check.email_filter(email), check.statuses(status)

        def page(cursor: str | None) -> Flow[UserPage]:
            return self.list(email=email, status=status, limit=limit, cursor=cursor)

        return Scan(page, created_after=after, created_before=before)

    def get(self, *, user: str) -> Flow[User | None]:
        """A user by id, or by email."""
        if isinstance(user, str) and "@" in user:
            return self._find(check.searchable_email(user, "user"))
        return self._get(_wire.get_user(check.user_id(user, "user")))

    def _get(self, request: Request) -> Flow[User]:
        return (yield from self._answer(request, _wire.user))

    def _find(self, email: str) -> Flow[User | None]:
        scan = self.scan(email=email)
        while (users := (yield from scan.turn())) is not None:
            for user in users:
                if same_email(user.email, email):
                    return user
        return None

    def create(
        self,
        *,
        name: str,
        email: str,
        role: object,
        invite_mode: str,
        is_developer: bool | None,
    ) -> Flow[CreatedUser]:
        """A new user, or the one who was invited before."""
        mode = check.invite_mode(invite_mode)
        request = _wire.create_user(
            name=check.name(name),
            email=check.email(email),
            role=check.role(role),
            invite_mode=mode,
            is_developer=None if is_developer is None else check.flag(is_developer, "is_developer"),
        )
        return self._create(request, email, mode)

    def _create(self, request: Request, email: str, mode: InviteMode) -> Flow[CreatedUser]:
        repeatable = mode in _REPEATABLE_MODES
        try:
            delivery = yield from self._dialect.deliver(request, repeatable=repeatable)
        except (BadRequestError, UnprocessableEntityError) as refusal:
            if request.body and "is_developer" in request.body:
                self._dialect.explain_refused_developer_flag(refusal)
            raise
        except (APIError, APIConnectionError) as failure:
            if in_doubt(failure) or failure.after_doubt:
                _tell_doubt_of_create(failure, email, mode)
            raise
        created: bool | None = delivery.response.status_code == 201
        if delivery.repeated and not created:
            created = None  # This call's first attempt may have made what the second one found.
        return self._dialect.read(delivery, partial(_wire.created_user, created=created))

    def update(self, *, user_id: str, name: str | None, is_developer: bool | None) -> Flow[User]:
        """A change of what is given."""
        identifier = check.user_id(user_id)
        if name is None and is_developer is None:
            raise InvalidArgumentError("name, is_developer: give at least one of them to update")
        request = _wire.update_user(
            identifier,
            name=None if name is None else check.name(name),
            is_developer=None if is_developer is None else check.flag(is_developer, "is_developer"),
        )
        return self._answer(request, _wire.user)

    def delete(self, *, user_id: str) -> Flow[None]:
        """A user blocked for good."""
        return self._delete(_wire.delete_user(check.user_id(user_id)))

    def _delete(self, request: Request) -> Flow[None]:
        try:
            yield from self._dialect.deliver(request, repeatable=True)
        except NotFoundError as error:
            # An attempt whose answer was lost may have deleted the user this one cannot find.
            if not error.after_doubt:
                raise

    def resend_invitation(self, *, user_id: str) -> Flow[None]:
        """The invitation mail once more."""
        return self._mail(_wire.resend_user_invitation(check.user_id(user_id)))

    def reset_password(self, *, user_id: str) -> Flow[None]:
        """A password reset mail."""
        return self._mail(_wire.reset_user_password(check.user_id(user_id)))

    def _mail(self, request: Request) -> Flow[None]:
        try:
            yield from self._dialect.deliver(request, repeatable=False)
        except (APIError, APIConnectionError) as failure:
            if in_doubt(failure):
                failure.hint = "The mail may have been sent: ask the user before sending another."
            raise

    def _answer(self, request: Request, decode: Callable[[Any], T]) -> Flow[T]:
        delivery = yield from self._dialect.deliver(request, repeatable=True)
        return self._dialect.read(delivery, decode)


def same_email(one: str | None, other: str) -> bool:
    """Compare two addresses as the API does, ignoring case."""
    # lower(), not casefold(): that would take "straße" and "strasse" for one person.
    return one is not None and one.lower() == other.lower()


def _tell_doubt_of_create(failure: ArizeError, email: str, mode: InviteMode) -> None:
    """Say what may have happened to a create whose answer was lost.

    Raises:
        OutcomeUnknownError: a temporary password may have been issued, and is lost.
    """
    look = f"users.get(user={email!r}) shows whether the user exists"
    if mode is InviteMode.TEMPORARY_PASSWORD:
        raise OutcomeUnknownError(
            f"The user {email!r} may have been created, but no answer came; a temporary password "
            f"issued for it cannot be had again. {look}; if so, delete the user, or have the "
            "password reset once the address is verified.",
            email=email,
        ) from failure
    failure.hint = f"The user may have been created all the same: {look}."


class Scan:
    """A walk over all pages of a list. Each turn is a flow; after the last page it returns None.

    ``created_after`` is inclusive, ``created_before`` is not; the list is sorted by creation, so the first
    user past it ends the walk. Users without a creation time lie in no range.
    """

    def __init__(
        self,
        page: Callable[[str | None], Flow[UserPage]],
        *,
        created_after: datetime | None,
        created_before: datetime | None,
    ) -> None:
        self._page = page
        self._after = created_after
        self._before = created_before
        self._cursor: str | None = None
        self._seen: set[str] = set()
        self._done = False
        self._astray: PaginationError | None = None

    def turn(self) -> Flow[tuple[User, ...] | None]:
        """Fetch the next page and give the users on it that are in range; None when there is none.

        Raises:
            PaginationError: the server gave a cursor twice, or promises more without one.
        """
        if self._done:
            return None
        if self._astray is not None:
            raise self._astray
        page = yield from self._page(self._cursor)
        self._advance(page)
        users = page.users
        if self._before is not None:
            self._done = self._done or any(
                user.created_at is not None and user.created_at >= self._before for user in users
            )
        return tuple(user for user in users if self._in_range(user))

    def _advance(self, page: UserPage) -> None:
        if not page.pagination.has_more:
            self._done = True
            return
        # Told at the next turn: the users of this page are right whatever comes after it.
        cursor = page.pagination.next_cursor
        if cursor is None:
            self._astray = PaginationError("the server says there are more users, but gives no cursor")
        elif cursor in self._seen:
            self._astray = PaginationError("the server gave the same cursor twice: the list has no end")
        elif not cursor.strip() or len(cursor) > LONGEST_CURSOR or not check.is_unicode(cursor):
            self._astray = PaginationError("the server gave a cursor that cannot be sent back to it")
        else:
            self._seen.add(cursor)
            self._cursor = cursor

    def _in_range(self, user: User) -> bool:
        if self._after is None and self._before is None:
            return True
        created = user.created_at
        return (
            created is not None
            and (self._after is None or created >= self._after)
            and (self._before is None or created < self._before)
        )
