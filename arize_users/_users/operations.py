"""One flow per operation: every rule of the layer, for sync and async callers alike."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from attrs import evolve

from .._core.effects import Flow
from .._core.request import Request
from .._core.retry import Answer, Failure, Retrier
from ..config import Settings
from ..enums import InviteMode
from ..errors import InvalidArgumentError, OutcomeUnknownError, PaginationError
from ..types import CreatedUser, User, UserPage
from . import arguments as check
from . import codec, requests
from .dates import point_in_time
from .enum_case import EnumCaseRetrier, LearntCase

T = TypeVar("T")

LONGEST_CURSOR = 16_384
"""Characters; no server accepts a URL as long as this."""

# A repeated invitation by mail is answered with the first; a repeated password is lost.
_REPEATABLE_MODES = frozenset({InviteMode.EMAIL_LINK})

# A server that answers so carried out neither this attempt nor an earlier one.
_REFUSED_AS_MALFORMED = frozenset({400, 422})

logger = logging.getLogger("arize_users")


class Operations:
    """The operations of one client. Shared by its threads and tasks."""

    def __init__(self, retrier: Retrier, learnt: LearntCase) -> None:
        self._retrier = retrier
        self._learnt = learnt
        self._api = EnumCaseRetrier(retrier, learnt)

    @classmethod
    def of(cls, settings: Settings) -> Operations:
        """Make the operations of a new client."""
        retrier = Retrier(max_retries=settings.max_retries, total_timeout=settings.total_timeout)
        return cls(retrier, LearntCase(settings.enum_case))

    def with_settings(self, settings: Settings) -> Operations:
        """Give operations that share the learnt case and the rate-limit pause with these."""
        retrier = self._retrier.with_options(
            max_retries=settings.max_retries, total_timeout=settings.total_timeout
        )
        return Operations(retrier, self._learnt)

    def list(
        self, *, email: str | None, status: str | Iterable[str] | None, limit: int, cursor: str | None
    ) -> Flow[UserPage]:
        """One page of users."""
        return self._page(
            requests.list_users(
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
                f"{created_after!r} is later than {created_before!r}, where the range ends",
                argument="created_after",
            )
        limit = check.limit(page_size, "page_size")
        email, statuses = check.email_filter(email), check.statuses(status)

        def fetch(cursor: str | None) -> Flow[UserPage]:
            return self._page(requests.list_users(limit=limit, cursor=cursor, email=email, status=statuses))

        return Scan(fetch, created_after=after, created_before=before)

    def _page(self, request: Request) -> Flow[UserPage]:
        """Fetch a page, and trust its status filter only if the server surely understood it."""
        request = yield from self._retrier.timed(request)
        answer = yield from self._answer(request)
        page = _read(answer, codec.user_page)
        if not (request.params or {}).get("status"):
            return page
        if not page and self._learnt.case is None:
            # Nobody has the status, or the server does not know this spelling of it: a user of any
            # status shows how the server spells.
            yield from self._answer(evolve(requests.list_users(limit=1), deadline=request.deadline))
        if self._learnt.encode(request) != answer.request:
            page = _read((yield from self._answer(request)), codec.user_page)
        return _enforce_status_filter(page, request)

    def get(self, *, user: str) -> Flow[User | None]:
        """A user by id, or by email."""
        if isinstance(user, str) and "@" in user:
            return self._find(check.searchable_email(user, "user"))
        return self._ask(requests.get_user(check.user_id(user, "user")), codec.user)

    def _find(self, email: str) -> Flow[User | None]:
        scan = self.scan(email=email)
        while (users := (yield from scan.next_page())) is not None:
            for user in users:
                if same_email(getattr(user, "email", None), email):
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
        request = requests.create_user(
            name=check.name(name),
            email=check.email(email),
            role=check.role(role),
            invite_mode=mode,
            is_developer=None if is_developer is None else check.flag(is_developer, "is_developer"),
        )
        return self._create(request, email, mode)

    def _create(self, request: Request, email: str, mode: InviteMode) -> Flow[CreatedUser]:
        outcome = yield from self._api.send(request, repeatable=mode in _REPEATABLE_MODES)
        if isinstance(outcome, Failure):
            if not outcome.maybe_applied or outcome.status in _REFUSED_AS_MALFORMED:
                raise outcome.error(self._developer_flag_hint(outcome))
            look = f"users.get(user={email!r}) shows whether the user exists"
            if mode is InviteMode.TEMPORARY_PASSWORD:
                raise OutcomeUnknownError(
                    f"The user {email!r} may have been created, but no answer came; a temporary password "
                    "issued for it cannot be had again.",
                    email=email,
                    hint=f"{look}; if so, delete the user, or have the password reset once the address is "
                    "verified.",
                ) from outcome.error()
            raise outcome.error(f"The user may have been created all the same: {look}.")
        created: bool | None = outcome.response.status_code == 201
        if outcome.maybe_applied and not created:
            created = None  # This call's first attempt may have made what the second one found.
        return _read(outcome, partial(codec.created_user, created=created))

    def _developer_flag_hint(self, failure: Failure) -> str | None:
        """Name the way out where a refusal may be the second generation's, which has no such field."""
        if failure.status not in _REFUSED_AS_MALFORMED or "is_developer" not in (failure.request.body or {}):
            return None
        assert failure.response is not None
        bodies = failure.response.content, getattr(failure.cause, "body", b"")
        is_named = any(b"is_developer" in body for body in bodies)
        if not is_named and self._learnt.case == "lower":
            return None
        return (
            f"This deployment {'does' if is_named else 'may'} not take is_developer on create: create the "
            "user without it, then set it with users.update(user_id=..., is_developer=...)."
        )

    def update(self, *, user_id: str, name: str | None, is_developer: bool | None) -> Flow[User]:
        """A change of what is given."""
        identifier = check.user_id(user_id)
        if name is None and is_developer is None:
            raise InvalidArgumentError(
                "neither it nor is_developer is given", argument="name", hint="Give at least one to update."
            )
        request = requests.update_user(
            identifier,
            name=None if name is None else check.name(name),
            is_developer=None if is_developer is None else check.flag(is_developer, "is_developer"),
        )
        return self._ask(request, codec.user)

    def delete(self, *, user_id: str) -> Flow[None]:
        """A user blocked for good."""
        return self._delete(requests.delete_user(check.user_id(user_id)))

    def _delete(self, request: Request) -> Flow[None]:
        outcome = yield from self._api.send(request, repeatable=True)
        if isinstance(outcome, Failure):
            # An attempt whose answer was lost may have deleted the user whom this one cannot find.
            if outcome.status == 404 and outcome.maybe_applied:
                return
            raise outcome.error()

    def resend_invitation(self, *, user_id: str) -> Flow[None]:
        """The invitation mail, sent again."""
        return self._mail(requests.resend_user_invitation(check.user_id(user_id)))

    def reset_password(self, *, user_id: str) -> Flow[None]:
        """A password reset mail."""
        return self._mail(requests.reset_user_password(check.user_id(user_id)))

    def _mail(self, request: Request) -> Flow[None]:
        outcome = yield from self._api.send(request, repeatable=False)
        if isinstance(outcome, Failure):
            hint = "The mail may have been sent: ask the user before sending another."
            raise outcome.error(hint if outcome.maybe_applied else None)

    def _ask(self, request: Request, decode: Callable[[Any], T]) -> Flow[T]:
        return _read((yield from self._answer(request)), decode)

    def _answer(self, request: Request) -> Flow[Answer]:
        outcome = yield from self._api.send(request, repeatable=True)
        if isinstance(outcome, Failure):
            raise outcome.error()
        return outcome


def _read(answer: Answer, decode: Callable[[Any], T]) -> T:
    """Decode an answer.

    Raises:
        ResponseDecodeError: It is not JSON, or not what the contract says.
    """
    try:
        return decode(answer.document)
    except codec.Undecodable as problem:
        raise answer.decode_error(str(problem)) from problem


def _enforce_status_filter(page: UserPage, request: Request) -> UserPage:
    """Leave out users of another status than asked for: some servers ignore a filter they do not know."""
    wanted = {*(request.params or {})["status"], None}
    statuses = [getattr(user, "status", None) for user in page.users]
    if None in statuses:
        logger.warning("the server leaves out statuses, so the status filter cannot be checked")
    kept = tuple([user for user, status in zip(page.users, statuses, strict=True) if status in wanted])
    if len(kept) == len(page.users):
        return page
    logger.warning(
        "the server ignored the status filter: %d of %d users of a page left out",
        *(len(page.users) - len(kept), len(page.users)),
    )
    return evolve(page, users=kept)


def same_email(one: str | None, other: str) -> bool:
    """Compare two addresses as the API does, ignoring case."""
    # lower(), not casefold(): that would take "straße" and "strasse" for one person.
    return one is not None and one.lower() == other.lower()


class Scan:
    """All pages of a list, one after another.

    ``created_after`` is inclusive, ``created_before`` is not; the list is sorted by creation, so the first
    user created too late ends it. Users without a creation time lie in no range.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Flow[UserPage]],
        *,
        created_after: datetime | None,
        created_before: datetime | None,
    ) -> None:
        self._fetch = fetch
        self._after = created_after
        self._before = created_before
        self._cursor: str | None = None
        self._seen: set[str] = set()
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
        page = yield from self._fetch(self._cursor)
        self._advance(page)
        if self._after is None and self._before is None:
            return page.users
        times = [getattr(user, "created_at", None) for user in page.users]
        if self._before is not None:
            self._done = self._done or any(time is not None and time >= self._before for time in times)
        return tuple(user for user, time in zip(page.users, times, strict=True) if self._in_range(time))

    def _advance(self, page: UserPage) -> None:
        if not page.pagination.has_more:
            self._done = True
            return
        # The users of this page are right whatever follows it, so an error is for the next call.
        cursor = page.pagination.next_cursor
        if cursor is None:
            self._stop_with("the server says there are more users, but gives no cursor")
        elif cursor in self._seen:
            self._stop_with("the server gave the same cursor twice: the list has no end")
        elif not cursor.strip() or len(cursor) > LONGEST_CURSOR or not check.is_unicode(cursor):
            self._stop_with("the server gave a cursor that cannot be sent back to it")
        else:
            self._seen.add(cursor)
            self._cursor = cursor

    def _stop_with(self, problem: str) -> None:
        self._pending_error = PaginationError(
            problem,
            operation="list_users",
            method="GET",
            path="/v2/users",
            hint="This is on the server's side: try again later.",
        )

    def _in_range(self, created: datetime | None) -> bool:
        return (
            created is not None
            and (self._after is None or created >= self._after)
            and (self._before is None or created < self._before)
        )
