"""The records of writes, before anything is sent: what each may come to, and how to find out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from .._core.request import Request
from ..enums import ActionStatus, DeletionStatus, InviteMode, LookupStatus, UserRole, WriteStatus
from ..errors import MAYBE_SENT, OutcomeUnknownError
from .outcomes import Record, Status, one_line

_NO_ANSWER = "The request was sent, and its answer did not come."
MAYBE_BLOCKED = "The user may be blocked all the same: a look-up by the id shows it."
MAYBE_CHANGED = "The change may have been made: reading the user shows it."


@frozen(kw_only=True)
class Creation:
    """A create whose arguments were checked."""

    request: Request
    email: str
    mode: InviteMode
    is_developer: bool | None

    def without_developer(self) -> Creation:
        """Leave is_developer out of the request."""
        body = {name: value for name, value in (self.request.body or {}).items() if name != "is_developer"}
        return evolve(self, request=evolve(self.request, body=body))

    @property
    def default_developer(self) -> bool | None:
        """What is_developer is where the request leaves it out; of a custom role nobody says it."""
        role: Mapping[str, Any] = (self.request.body or {})["role"]
        name = role.get("name", "")
        return None if name.upper() not in UserRole.__members__ else name != UserRole.ANNOTATOR

    @property
    def unanswered(self) -> OutcomeUnknownError:
        """What to say where no answer tells what became of it."""
        look = f"users.get(user={self.email!r}) shows whether the user exists"
        if self.mode is not InviteMode.TEMPORARY_PASSWORD:
            hint = f"The user may have been created all the same: {look}."
            return OutcomeUnknownError(_NO_ANSWER, email=self.email, hint=hint)
        return OutcomeUnknownError(
            f"The user {self.email!r} may have been created, but no answer says so; a temporary password "
            "issued for it cannot be had again.",
            email=self.email,
            hint=f"{look}. If so, users.resend_invitation mails an invited one a link, users.reset_password "
            "an active one, and users.create invites an expired one anew. To delete the user would block "
            "the address for good.",
        )


def deletion_record(done: Status = DeletionStatus.DELETED) -> Record:
    """Make the record of one deletion; in a plan it is unknown where the server failed."""
    not_found = DeletionStatus.NOT_FOUND if done is DeletionStatus.DELETED else None
    is_planned = isinstance(done, ActionStatus)
    return Record(done, f"{_NO_ANSWER} {MAYBE_BLOCKED}", not_found, doubts_failures=is_planned)


def reading_record() -> Record:
    """Make the record of one look at a user."""
    return Record(LookupStatus.FOUND, f"{_NO_ANSWER} Asking again is safe.", LookupStatus.NOT_FOUND)


def creation_record(creation: Creation, done: Status) -> Record:
    """Make the record of one create; one of many is unknown where the server failed."""
    return Record(done, one_line(creation.unanswered), doubts_failures=done is not WriteStatus.DONE)


def update_record(done: Status, not_found: Status | None = None) -> Record:
    """Make the record of one update; in a plan it is unknown where the server failed."""
    is_planned = isinstance(done, ActionStatus)
    return Record(done, f"{_NO_ANSWER} {MAYBE_CHANGED}", not_found, doubts_failures=is_planned)


def mail_record(not_found: Status | None = None) -> Record:
    """Make the record of one mail that is sent; one of many is unknown where the server failed."""
    is_one_of_many = not_found is not None
    return Record(WriteStatus.DONE, f"{_NO_ANSWER} {MAYBE_SENT}", not_found, doubts_failures=is_one_of_many)
