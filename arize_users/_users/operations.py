"""One flow per operation: every rule of the layer, for sync and async callers alike."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Set
from functools import partial
from typing import Any, Literal, TypeVar

from attrs import evolve

from .._core.effects import Flow
from .._core.request import Request
from .._core.retry import Answer, Attempts, Failure, Retrier
from .._endpoint import endpoint_of
from ..config import Settings
from ..enums import InviteMode, WriteStatus
from ..errors import MAYBE_SENT, InvalidArgumentError, NotFoundError
from ..types import CreatedUser, User, UserPage
from . import arguments as check
from . import codec, requests
from .addresses import Matches
from .advice import advice
from .dates import point_in_time
from .enum_case import SHOWS_CASE, UNDERSTOOD, EnumCaseRetrier, LearntCase
from .outcomes import Record, Write
from .records import (
    MAYBE_BLOCKED,
    MAYBE_CHANGED,
    Creation,
    creation_record,
    deletion_record,
    mail_record,
    update_record,
)
from .scan import Scan

T = TypeVar("T")
U = TypeVar("U", bound=User)


# Where the API itself answers so, it carried out neither this attempt nor an earlier one.
_REFUSED_AS_MALFORMED = frozenset({400, 422})

logger = logging.getLogger("arize_users")


class Operations:
    """The operations of one client. Shared by its threads and tasks."""

    def __init__(
        self, settings: Settings, retrier: Retrier, learnt: LearntCase, endpoint: Mapping[str, str | int]
    ) -> None:
        self.settings = settings
        self.endpoint = endpoint
        self._retrier = retrier
        self._learnt = learnt
        self._api = EnumCaseRetrier(retrier, learnt)

    @classmethod
    def of(cls, settings: Settings, endpoint: Mapping[str, str | int] | None = None) -> Operations:
        """Make the operations of a new client; its requests go to an endpoint, that of the URL by itself."""
        retrier = Retrier(
            max_retries=settings.max_retries,
            total_timeout=settings.total_timeout,
            endpoint={"base_url": settings.base_url, "base_url_from": settings.base_url_from},
        )
        endpoint = endpoint or endpoint_of(settings.request_url)
        return cls(settings, retrier, LearntCase(settings.enum_case), endpoint)

    def with_settings(self, settings: Settings) -> Operations:
        """Give operations that share the learnt case and the rate-limit pause with these."""
        retrier = self._retrier.with_options(
            max_retries=settings.max_retries, total_timeout=settings.total_timeout
        )
        return Operations(settings, retrier, self._learnt, self.endpoint)

    def deadline(self) -> Flow[float]:
        """The time at which an operation that begins now is given up."""
        return self._retrier.deadline()

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
        cursor: str | None = None,
        deadline: float = math.inf,
    ) -> Scan:
        """Every matching user, page by page, from a cursor on; without a deadline each page has its own."""
        after = point_in_time(created_after, "created_after")
        before = point_in_time(created_before, "created_before")
        if after and before and after > before:
            raise InvalidArgumentError(
                f"{created_after!r} is later than {created_before!r}, where the range ends",
                argument="created_after",
            )
        limit = check.limit(page_size, "page_size")
        email, statuses = check.email_filter(email), check.statuses(status)
        cursor = check.cursor(cursor)

        def fetch(cursor: str | None) -> Flow[UserPage]:
            request = requests.list_users(limit=limit, cursor=cursor, email=email, status=statuses)
            return self._page(request.until(deadline))

        return Scan(fetch, cursor=cursor, created_after=after, created_before=before)

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
            yield from self._answer(SHOWS_CASE.until(request.deadline))
        if self._learnt.encode(request) != answer.request:
            page = _read((yield from self._answer(request)), codec.user_page)
        return _enforce_status_filter(page, request)

    def get(self, *, user: str | User) -> Flow[User | None]:
        """A user by id, or by email."""
        named = check.check_user(user)
        return self._find(named) if "@" in named else self.read(named)

    def read(self, user_id: str, attempts: Attempts | None = None) -> Flow[User]:
        """A user whose id was checked."""
        return _read((yield from self._answer(requests.get_user(user_id), attempts)), codec.user)

    def _find(self, email: str) -> Flow[User | None]:
        scan = self.scan(email=email, deadline=(yield from self.deadline()))
        matches = Matches(email)
        while not matches.is_settled and (users := (yield from scan.next_page())) is not None:
            matches.add(users)
        return matches.result()

    def create(
        self, *, name: str, email: str, role: object, invite_mode: str, is_developer: bool | None
    ) -> Write[CreatedUser]:
        """A new user, or the one who was invited before."""
        creation = self.creation(
            name=name, email=email, role=role, invite_mode=invite_mode, is_developer=is_developer
        )
        record = creation_record(creation, WriteStatus.DONE)
        return Write(self.create_recorded(creation, record), record, email=creation.email)

    @staticmethod
    def creation(
        *, name: object, email: object, role: object, invite_mode: object, is_developer: object
    ) -> Creation:
        """Check the arguments of a create."""
        mode = check.invite_mode(invite_mode)
        address = check.email(email)
        flag = check.developer_flag(is_developer)
        request = requests.create_user(
            name=check.name(name), email=address, role=check.role(role), invite_mode=mode, is_developer=flag
        )
        return Creation(request=request, email=address, mode=mode, is_developer=flag)

    def create_recorded(self, creation: Creation, record: Record) -> Flow[CreatedUser]:
        """Create a user, and keep a record true all the while; the caller settles it."""
        return self._created(
            creation, (yield from self._send_create(creation, record.attempts)), record.attempts
        )

    def create_adapted(self, creation: Creation, record: Record) -> Flow[CreatedUser]:
        """Do as `create_recorded` does, but without is_developer where the deployment does not take it.

        `is_developer_missing` tells whether an update has to set it. That is found out once for a client.
        """
        attempts = record.attempts
        outcome: Answer | Failure | None = None
        if creation.is_developer is not None and self._learnt.takes_developer is None:
            request = yield from self._retrier.timed(creation.request)
            outcome = yield from self._api.find_out(request, self._create_either(creation, attempts))
        if outcome is None:
            sent = creation.without_developer() if self._learnt.takes_developer is False else creation
            outcome = yield from self._send_create(sent, attempts)
        return self._created(creation, outcome, attempts)

    def _create_either(self, creation: Creation, attempts: Attempts) -> Flow[Answer | Failure | None]:
        """Create with is_developer, and where that is refused, without; None where it is known meanwhile."""
        if self._learnt.takes_developer is not None:
            return None
        outcome = yield from self._send_create(creation, attempts, alone=True)
        takes = True
        if isinstance(outcome, Failure) and (refusal := self._developer_refusal(outcome)) is not None:
            attempts.unanswered = False
            outcome = yield from self._send_create(creation.without_developer(), attempts, alone=True)
            takes = False
            if refusal == "does":
                self._learnt.takes_developer = False
        if isinstance(outcome, Answer) or outcome.api_status in UNDERSTOOD:
            self._learnt.takes_developer = takes
        return outcome

    def _send_create(
        self, creation: Creation, attempts: Attempts, *, alone: bool = False
    ) -> Flow[Answer | Failure]:
        # A repeated invitation by mail is answered with the first; a repeated password is lost.
        repeatable = creation.mode is InviteMode.EMAIL_LINK
        return self._api.send(creation.request, repeatable=repeatable, attempts=attempts, alone=alone)

    def _created(self, creation: Creation, outcome: Answer | Failure, attempts: Attempts) -> CreatedUser:
        if isinstance(outcome, Failure):
            if outcome.api_status in _REFUSED_AS_MALFORMED:
                attempts.unanswered = False
                outcome = evolve(outcome, maybe_applied=False)
            if not outcome.maybe_applied:
                raise outcome.error(self._developer_flag_hint(outcome) or advice(outcome))
            if creation.mode is InviteMode.TEMPORARY_PASSWORD:
                raise creation.unanswered from outcome.error()
            raise outcome.error(creation.unanswered.hint)
        created: bool | None = outcome.response.status_code == 201
        if outcome.maybe_applied and not created:
            created = None  # This call's first attempt may have made what the second one found.
        return _read_changed(outcome, partial(codec.created_user, created=created), _CREATED)

    def is_developer_missing(self, creation: Creation, user: CreatedUser) -> bool:
        """Tell whether an update has to set is_developer, after `create_adapted` created a user."""
        wanted = creation.is_developer
        if wanted is None or not user.created:
            return False
        shown = getattr(user, "is_developer", None)
        if shown is None:  # The newest deployments may leave it out. The default is that of the role.
            sent = self._learnt.takes_developer is not False
            shown = wanted if sent else creation.default_developer
        return shown is not wanted

    def _developer_flag_hint(self, failure: Failure) -> str | None:
        """Name the way out where a refusal may be the second generation's, which has no such field."""
        refusal = self._developer_refusal(failure)
        return refusal and (
            f"This deployment {refusal} not take is_developer on create: create the user without it, then "
            "set it with users.update(user_id=..., is_developer=...)."
        )

    def _developer_refusal(self, failure: Failure) -> Literal["does", "may"] | None:
        sent = failure.request.body or {}
        if failure.api_status not in _REFUSED_AS_MALFORMED or "is_developer" not in sent:
            return None
        assert failure.response is not None
        body = failure.response.content
        is_named = b"is_developer" in body + getattr(failure.cause, "body", b"")
        is_other = any(re.search(rf"\b{field}\b".encode(), body) for field in sent)
        if not is_named and (is_other or self._learnt.case == "lower"):
            return None
        return "does" if is_named else "may"

    def update(self, *, user_id: str | User, name: str | None, is_developer: bool | None) -> Write[User]:
        """A change of what is given."""
        request = self.change(user_id=user_id, name=name, is_developer=is_developer)
        record = update_record(WriteStatus.DONE)
        return Write(self.update_recorded(request, record), record, user_id=check.user_id(user_id))

    @staticmethod
    def change(*, user_id: object, name: object, is_developer: object) -> Request:
        """Check the arguments of an update, and give its request."""
        identifier = check.user_id(user_id)
        if name is None and is_developer is None:
            raise InvalidArgumentError(
                "neither it nor is_developer is given", argument="name", hint="Give at least one to update."
            )
        return requests.update_user(
            identifier,
            name=None if name is None else check.name(name),
            is_developer=check.developer_flag(is_developer),
        )

    def update_recorded(self, request: Request, record: Record) -> Flow[User]:
        """Send the request of a `change`, and keep a record true all the while; the caller settles it."""
        answer = yield from self._change(request, record.attempts, MAYBE_CHANGED, repeatable=True)
        return _read_changed(answer, codec.user, _READ)

    def delete(self, *, user_id: str | User) -> Write[None]:
        """A user blocked for good."""
        identifier = check.user_id(user_id, deletes=True)
        record = deletion_record()
        return Write(self.delete_recorded(identifier, record), record, user_id=identifier)

    def delete_recorded(self, user_id: str, record: Record) -> Flow[None]:
        """Block a user whose id was checked, and keep a record true all the while."""
        request = requests.delete_user(user_id)
        outcome = yield from self._api.send(request, repeatable=True, attempts=record.attempts)
        if isinstance(outcome, Answer):
            _check_no_content(outcome)
            return
        error = outcome.error(MAYBE_BLOCKED if outcome.maybe_applied else advice(outcome))
        # An attempt whose answer was lost may have deleted the user whom this one cannot find.
        if not (outcome.maybe_applied and isinstance(error, NotFoundError) and error.is_about_user):
            raise error

    def resend_invitation(self, *, user_id: str | User) -> Write[None]:
        """The invitation mail, sent again."""
        identifier = check.user_id(user_id)
        record = mail_record()
        return Write(self.resend_recorded(identifier, record), record, user_id=identifier)

    def resend_recorded(self, user_id: str, record: Record) -> Flow[None]:
        """Send an invitation again to a user whose id was checked, and keep a record true all the while."""
        return self._mail(requests.resend_user_invitation(user_id), record)

    def reset_password(self, *, user_id: str | User) -> Write[None]:
        """A password reset mail."""
        identifier = check.user_id(user_id)
        record = mail_record()
        return Write(self.reset_recorded(identifier, record), record, user_id=identifier)

    def reset_recorded(self, user_id: str, record: Record) -> Flow[None]:
        """Mail a link to a user whose id was checked, and keep a record true all the while."""
        return self._mail(requests.reset_user_password(user_id), record)

    def _mail(self, request: Request, record: Record) -> Flow[None]:
        _check_no_content((yield from self._change(request, record.attempts, MAYBE_SENT, repeatable=False)))

    def _change(self, request: Request, attempts: Attempts, hint: str, *, repeatable: bool) -> Flow[Answer]:
        outcome = yield from self._api.send(request, repeatable=repeatable, attempts=attempts)
        if isinstance(outcome, Failure):
            raise outcome.error(hint if outcome.maybe_applied else advice(outcome))
        return outcome

    def _answer(self, request: Request, attempts: Attempts | None = None) -> Flow[Answer]:
        outcome = yield from self._api.send(request, repeatable=True, attempts=attempts)
        if isinstance(outcome, Failure):
            raise outcome.error(advice(outcome))
        return outcome


# The statuses of success that the contract documents. Any other 2xx comes from something between.
_READ = frozenset({200})
_CREATED = frozenset({200, 201})


def _read(answer: Answer, decode: Callable[[Any], T], statuses: Set[int] = _READ) -> T:
    """Decode an answer.

    Raises:
        ResponseDecodeError: It is not JSON, or not what the contract says.
    """
    try:
        value = decode(answer.document)
    except codec.Undecodable as problem:
        raise answer.decode_error(str(problem)) from problem
    if answer.response.status_code not in statuses:
        raise answer.decode_error("the API answers this request with another status")
    return value


def _read_changed(answer: Answer, decode: Callable[[Any], U], statuses: Set[int]) -> U:
    """Decode the user whom a write answers with; without an id it is no user, and the write not done."""
    user = _read(answer, decode, statuses)
    if not getattr(user, "id", None):
        raise answer.decode_error("its body holds no user with an id")
    return user


def _check_no_content(answer: Answer) -> None:
    """Refuse any 2xx but 204, and 202 with an empty body, which an older deployment answers."""
    status = answer.response.status_code
    if status != 204 and (status != 202 or answer.response.content):
        raise answer.decode_error("the answer to this request is 204, without a body")


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
