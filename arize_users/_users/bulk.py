"""Deletes, invites again and gets many users at once, and knows at every moment what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .._core.effects import Flow
from ..enums import LookupStatus, WriteStatus
from ..people import BulkGetResult, BulkInvitationResult, BulkPasswordResetResult, BulkProgress
from ..results import BulkUserDeletionResult, Outcomes
from ..types import User
from .batch import Options
from .named import UserBatch, UserTarget, checked_names
from .operations import Operations
from .outcomes import Record
from .records import deletion_record, mail_record, reading_record


class BulkDelete(UserBatch[BulkUserDeletionResult]):
    """Blocks each user for good."""

    name = "bulk delete"
    phase = "deleting"

    def new_record(self) -> Record:
        """Make the record of one deletion."""
        return deletion_record()

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Delete one user."""
        return self.operations.delete_recorded(user_id, target.record)

    def result_of(self, target: UserTarget, email: str | None) -> BulkUserDeletionResult:
        """Give the result of one input."""
        status, error = target.record.state
        return BulkUserDeletionResult(user_id=target.user_id, email=email, status=status, error=error)


class BulkResendInvitation(UserBatch[BulkInvitationResult]):
    """Sends each user one invitation mail; what may have been sent is not sent again."""

    name = "bulk resend of invitations"
    phase = "sending invitations"

    def new_record(self) -> Record:
        """Make the record of one mail."""
        return mail_record(WriteStatus.NOT_FOUND)

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Send one mail."""
        return self.operations.resend_recorded(user_id, target.record)

    def result_of(self, target: UserTarget, email: str | None) -> BulkInvitationResult:
        """Give the result of one input."""
        status, error = target.record.state
        return BulkInvitationResult(user_id=target.user_id, email=email, status=status, error=error)


class BulkResetPassword(UserBatch[BulkPasswordResetResult]):
    """Mails each user one password reset link; what may have been sent is not sent again."""

    name = "bulk reset of passwords"
    phase = "sending password links"

    def new_record(self) -> Record:
        """Make the record of one mail."""
        return mail_record(WriteStatus.NOT_FOUND)

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Send one mail."""
        return self.operations.reset_recorded(user_id, target.record)

    def result_of(self, target: UserTarget, email: str | None) -> BulkPasswordResetResult:
        """Give the result of one input."""
        status, error = target.record.state
        return BulkPasswordResetResult(user_id=target.user_id, email=email, status=status, error=error)


class BulkGet(UserBatch[BulkGetResult]):
    """Gets each user: one whose email was found is known by that, another is asked for by id."""

    name = "bulk get"
    phase = "getting"

    def new_record(self) -> Record:
        """Make the record of one look."""
        return reading_record()

    def work(self) -> Flow[None]:
        """Look the emails up, whose users are told of at once, then get those who are known by id alone."""
        yield from self.look_up(self._found)
        self._found(list(self.places))  # Where no thread could be started, nobody was told meanwhile.
        yield from self.act_on_each()

    def _found(self, addresses: list[str]) -> None:
        for target in self.resolve(addresses):
            if target.user is not None:
                target.record.settle(LookupStatus.FOUND)
            self.tell(target)

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Get one user by id."""
        target.user = yield from self.operations.read(user_id, target.record.attempts)

    def result_of(self, target: UserTarget, email: str | None) -> BulkGetResult:
        """Give the result of one input."""
        status, error = target.record.state
        return BulkGetResult(
            user_id=target.user_id, email=email, status=status, error=error, user=target.user
        )


def bulk_delete(
    operations: Operations,
    *,
    user_ids: Iterable[str | User] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Callable[[BulkUserDeletionResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None = None,
    outcomes: Outcomes | None = None,
) -> BulkDelete:
    """Check everything before the first request, and give the bulk delete, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkDelete(operations, checked_names(user_ids, emails), options)


def bulk_resend_invitation(
    operations: Operations,
    *,
    user_ids: Iterable[str | User] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Callable[[BulkInvitationResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> BulkResendInvitation:
    """Check everything before the first request, and give the bulk call, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkResendInvitation(operations, checked_names(user_ids, emails), options)


def bulk_reset_password(
    operations: Operations,
    *,
    user_ids: Iterable[str | User] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Callable[[BulkPasswordResetResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> BulkResetPassword:
    """Check everything before the first request, and give the bulk call, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkResetPassword(operations, checked_names(user_ids, emails), options)


def bulk_get(
    operations: Operations,
    *,
    user_ids: Iterable[str | User] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Callable[[BulkGetResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> BulkGet:
    """Check everything before the first request, and give the bulk call, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkGet(operations, checked_names(user_ids, emails), options)
