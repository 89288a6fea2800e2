"""What is known of each write, noted before and after each request, so that no interrupt can lose it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from attrs import define, field

from .._core.effects import Flow
from .._core.retry import Attempts
from ..enums import ActionStatus, CreationStatus, DeletionStatus, LookupStatus, WriteStatus
from ..errors import ArizeError, NotFoundError, OutcomeUnknownError
from ..results import BulkUserDeletionResult, Outcomes, UserResult, filled_by
from .advice import advice

T = TypeVar("T")

Status = DeletionStatus | WriteStatus | CreationStatus | LookupStatus | ActionStatus


@define(eq=False)
class Record:
    """One write: what became of it, or, until it ends, what its attempts show.

    Args:
        done: The status of a write that was carried out. Its enum has the other statuses, too.
        unanswered: What to say of a write whose answer has not come: how to find out.
        not_found: The status where the API says that there is no such user; None where that is a failure.
        doubts_failures: Whether it is unknown, too, where the server failed and may have carried it out.
        attempts: What its requests keep true.
    """

    done: Status
    unanswered: str
    not_found: Status | None = None
    doubts_failures: bool = False
    attempts: Attempts = field(factory=Attempts)
    _settled: tuple[Status, str | None] | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it was written down how it ended."""
        return self._settled is not None

    @property
    def is_pending(self) -> bool:
        """Whether no request was sent."""
        return self.state[0] is type(self.done).NOT_ATTEMPTED

    def settle(self, status: Status, error: str | None = None) -> None:
        """Write down how it ended."""
        self._settled = status, error

    def skip(self, reason: str) -> None:
        """Write down why nothing was sent."""
        self.settle(type(self.done).NOT_ATTEMPTED, reason)

    def refuse(self, reason: str) -> None:
        """Write down why it cannot be done."""
        self.settle(type(self.done).FAILED, reason)

    def reopen(self) -> None:
        """Let it be attempted again: until it ends once more, its attempts show its state."""
        self._settled = None

    def fail(self, error: ArizeError) -> None:
        """Write down the error that it ended with."""
        if self.not_found is not None and isinstance(error, NotFoundError) and error.is_about_user:
            self.settle(self.not_found)
        else:
            is_unknown = self.attempts.unanswered or isinstance(error, OutcomeUnknownError)
            is_unknown = is_unknown or (self.doubts_failures and getattr(error, "maybe_applied", False))
            self.settle(self._unknown if is_unknown else type(self.done).FAILED, one_line(error))

    @property
    def _unknown(self) -> Status:
        kind = type(self.done)
        return LookupStatus.FAILED if issubclass(kind, LookupStatus) else kind.UNKNOWN

    @property
    def state(self) -> tuple[Any, str | None]:
        """The status and what there is to say about it."""
        if self._settled is not None:
            return self._settled
        kind, failure = type(self.done), self.attempts.failure
        if self.attempts.unanswered:
            return self._unknown, self.unanswered
        if failure is not None:
            is_unknown = self.doubts_failures and failure.maybe_applied
            status = self._unknown if is_unknown else kind.FAILED
            return status, one_line(failure.error(advice(failure)))
        return kind.NOT_ATTEMPTED, None


class Write(Generic[T]):
    """A single write: the flow that carries it out, and its outcome as `Outcomes` of one result."""

    def __init__(
        self, flow: Flow[T], record: Record, *, user_id: str | None = None, email: str | None = None
    ) -> None:
        self.flow: Flow[T] = self._recorded(flow)
        self.outcomes: Outcomes = filled_by(self)
        self._record = record
        self._user_id = user_id
        self._email = email

    def _recorded(self, flow: Flow[T]) -> Flow[T]:
        try:
            value = yield from flow
        except ArizeError as error:
            self._record.fail(error)
            raise
        self._user_id = self._user_id or getattr(value, "id", None)
        self._record.settle(self._record.done)
        return value

    def results(self) -> list[UserResult]:
        """Give the one result."""
        status, error = self._record.state
        kind = BulkUserDeletionResult if isinstance(status, DeletionStatus) else UserResult
        return [kind(user_id=self._user_id, email=self._email, status=status, error=error)]

    def pending_ids(self) -> list[str]:
        """Give none: only a bulk operation leaves inputs to go on with."""
        return []

    def pending_emails(self) -> list[str]:
        """Give none."""
        return []


def one_line(error: ArizeError) -> str:
    """Give an error's text without its line breaks."""
    return " ".join(str(error).split())
