"""Deletes, invites again and gets many users at once, and knows at every moment what became of each."""

from __future__ import annotations

from attrs import evolve

from .._core.effects import Flow
from ..enums import LookupStatus, WriteStatus
from ..people import BulkGetResult, BulkInvitationResult, BulkPasswordResetResult
from ..results import BulkUserDeletionResult
from .named import UserBatch, UserTarget
from .outcomes import Record
from .records import deletion_record, mail_record, reading_record


class BulkDelete(UserBatch[BulkUserDeletionResult]):
    """Blocks each user for good."""

    name = "bulk delete"
    phase = "deleting"
    result = BulkUserDeletionResult

    def new_record(self) -> Record:
        """Make the record of one deletion."""
        return deletion_record()

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Delete one user."""
        return self.operations.delete_recorded(user_id, target.record)


class BulkResendInvitation(UserBatch[BulkInvitationResult]):
    """Sends each user one invitation mail; what may have been sent is not sent again."""

    name = "bulk resend of invitations"
    phase = "sending invitations"
    result = BulkInvitationResult

    def new_record(self) -> Record:
        """Make the record of one mail."""
        return mail_record(WriteStatus.NOT_FOUND)

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Send one mail."""
        return self.operations.resend_recorded(user_id, target.record)


class BulkResetPassword(UserBatch[BulkPasswordResetResult]):
    """Mails each user one password reset link; what may have been sent is not sent again."""

    name = "bulk reset of passwords"
    phase = "sending password links"
    result = BulkPasswordResetResult

    def new_record(self) -> Record:
        """Make the record of one mail."""
        return mail_record(WriteStatus.NOT_FOUND)

    def act(self, user_id: str, target: UserTarget) -> Flow[None]:
        """Send one mail."""
        return self.operations.reset_recorded(user_id, target.record)


class BulkGet(UserBatch[BulkGetResult]):
    """Gets each user: one whose email was found is known by that, another is asked for by id."""

    name = "bulk get"
    phase = "getting"
    result = BulkGetResult

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
        return evolve(super().result_of(target, email), user=target.user)


bulk_delete = BulkDelete.of
bulk_resend_invitation = BulkResendInvitation.of
bulk_reset_password = BulkResetPassword.of
bulk_get = BulkGet.of
