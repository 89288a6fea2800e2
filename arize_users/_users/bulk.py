"""Deletes many users at once, and knows at every moment what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from attrs import define, field, frozen

from .._core.effects import Flow, Stopped, parallel
from ..enums import DeletionStatus
from ..errors import (
    ArizeError,
    BulkInterrupted,
    ConfigurationError,
    InvalidArgumentError,
    UnauthorizedError,
)
from ..results import BulkUserDeletionResult, Outcomes, filled_by
from . import arguments as check
from .addresses import folded
from .lookup import Found, Lookup, Refusals
from .operations import Operations, deletion_record
from .outcomes import Record

Result = BulkUserDeletionResult
Report = Callable[[Result], object] | None


def bulk_delete(
    operations: Operations,
    *,
    user_ids: Iterable[str] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Report,
    outcomes: Outcomes | None = None,
) -> BulkDelete:
    """Check everything before the first request, and give the bulk delete, whose flow is `run`."""
    limit = check.whole_number(max_concurrency, "max_concurrency")
    on_result = check.callback(on_result, "on_result")
    ids, bad_ids = check.entries(() if user_ids is None else user_ids, "user_ids", check.user_id)
    addresses, bad_emails = check.entries(() if emails is None else emails, "emails", check.searchable_email)
    check.refuse([*bad_ids, *bad_emails])
    if not ids and not addresses:
        raise InvalidArgumentError(
            "neither it nor emails names a user", argument="user_ids", hint="Give at least one id or email."
        )
    batch = BulkDelete(operations, dict.fromkeys(ids), dict.fromkeys(addresses), limit, on_result)
    batch.outcomes = filled_by(batch, outcomes)
    return batch


@define(eq=False)
class _Target:
    """One user to delete, with every input that names this user; without an id, an email that nobody has."""

    user_id: str | None = None
    record: Record = field(factory=deletion_record)
    inputs: list[_Input] = field(factory=list)


@define(eq=False)
class _Input:
    """One distinct input: an id, or an email. Before its look-up an email has all of its spellings."""

    target: _Target
    spellings: list[str] = field(factory=list)

    def result(self) -> Result:
        status, error = self.target.record.state
        email = self.spellings[0] if self.spellings else None
        return Result(user_id=self.target.user_id, email=email, status=status, error=error)


@frozen
class _Deletion:
    """What one flow came to, for its report."""

    target: _Target
    failure: ArizeError | None = None
    is_sent: bool = True


class _CallbackRaised(Exception):
    """``on_result`` raised the exception that is the cause."""


class BulkDelete:
    """One bulk delete: its inputs, and what is known of them so far."""

    outcomes: Outcomes

    def __init__(
        self, operations: Operations, ids: Iterable[str], emails: Iterable[str], limit: int, on_result: Report
    ) -> None:
        self._operations = operations
        self._ids = [_Input(_Target(user_id)) for user_id in ids]
        # Until they are looked up, all spellings of an address are one input.
        self._emails: dict[str, list[_Input]] = {}
        self._places: dict[str, int] = {}
        for place, email in enumerate(emails):
            self._places[email] = place
            inputs = self._emails.setdefault(folded(email), [_Input(_Target())])
            inputs[0].spellings.append(email)
        self._limit = min(limit, len(self._ids) + len(self._emails))
        self._on_result = on_result
        self._unauthorized: list[UnauthorizedError] = []
        self._refused: list[_Target] = []
        self._has_deleted = False
        self._refusals = Refusals()

    def run(self) -> Flow[list[Result]]:
        """Delete them all; the results are in the order of the inputs."""
        lookup = Lookup(self._operations, self._places, self._limit)
        try:
            if self._emails:
                yield from lookup.run()
            yield from self._delete_all(self._targets(lookup.found))
        except _CallbackRaised as stop:
            raise self._interrupted() from stop.__cause__
        return self.results()

    def _targets(self, found: dict[str, Found]) -> list[_Target]:
        """Bring the inputs that name the same user together; those without a user come last."""
        users: dict[str, _Target] = {}
        for one in self._ids:
            assert one.target.user_id is not None
            one.target.inputs = [one]
            users[one.target.user_id] = one.target
        without_user: list[_Target] = []
        for key, (unresolved,) in self._emails.items():
            inputs: dict[Found, _Input] = {}
            for email in unresolved.spellings:
                outcome = found[email]
                if outcome not in inputs:
                    target = users.get(outcome.user_id or "")
                    if target is None:
                        target = _target(outcome)
                        if target.user_id is None:
                            without_user.append(target)
                        else:
                            users[target.user_id] = target
                    inputs[outcome] = _Input(target, [email])
                    target.inputs.append(inputs[outcome])
            self._emails[key] = list(inputs.values())
        return [*users.values(), *without_user]

    def _delete_all(self, targets: list[_Target]) -> Flow[None]:
        waiting = iter(targets)
        while True:
            yield from parallel(self._deletions(waiting), self._limit, self._report)
            if not self._unauthorized:
                return
            if not self._has_deleted:
                raise self._unauthorized[0]
            # Another request was answered with success meanwhile: the key is good, and the work goes on.
            for target in self._refused:
                target.record.reopen()
            waiting = chain(self._refused, waiting)
            self._unauthorized, self._refused = [], []

    def _deletions(self, waiting: Iterator[_Target]) -> Iterator[Flow[_Deletion | None]]:
        # A 401 before anything was deleted ends the batch: no further request starts.
        while self._has_deleted or not self._unauthorized:
            target = next(waiting, None)
            if target is None:
                return
            yield self._delete_one(target)

    def _delete_one(self, target: _Target) -> Flow[_Deletion | None]:
        record = target.record
        failure: ArizeError | None = None
        if target.user_id is None:
            return _Deletion(target, is_sent=False)
        if self._refusals.reason is not None:
            record.settle(DeletionStatus.NOT_ATTEMPTED, self._refusals.reason)
            return _Deletion(target, is_sent=False)
        try:
            if check.user_id(target.user_id) != target.user_id:
                raise InvalidArgumentError(f"the server gave the id {target.user_id!r}, which cannot be sent")
            yield from self._operations.delete_recorded(target.user_id, record)
            self._has_deleted = True
            record.settle(DeletionStatus.DELETED)
        except Stopped:
            return None
        except ConfigurationError:
            raise
        except ArizeError as error:
            failure = error
            record.fail(error)
            if isinstance(error, UnauthorizedError) and not self._has_deleted:
                self._unauthorized.append(error)
                self._refused.append(target)
                return None
        return _Deletion(target, failure)

    def _report(self, deletion: _Deletion | None) -> None:
        if deletion is None:
            return
        if deletion.is_sent:
            self._refusals.note(deletion.failure)
        for one in deletion.target.inputs:
            if self._on_result is not None:
                try:
                    self._on_result(one.result())
                except BaseException as error:
                    self._on_result = None  # A callback that raised is not called again.
                    if isinstance(error, Exception):
                        raise _CallbackRaised from error
                    raise

    def _inputs(self) -> list[_Input]:
        emails = chain.from_iterable(self._emails.values())
        return [*self._ids, *sorted(emails, key=lambda one: self._places[one.spellings[0]])]

    def _pending(self) -> list[_Input]:
        return [one for one in self._inputs() if one.target.record.state[0] is DeletionStatus.NOT_ATTEMPTED]

    def results(self) -> list[Result]:
        """Give the result of each input, in the order of the inputs."""
        return [one.result() for one in self._inputs()]

    def pending_ids(self) -> list[str]:
        """Give the ids for which no request was sent."""
        return [one.target.user_id or "" for one in self._pending() if not one.spellings]

    def pending_emails(self) -> list[str]:
        """Give the emails for which no request was sent, in every spelling that may name its own user."""
        return [email for one in self._pending() for email in one.spellings]

    def _interrupted(self) -> BulkInterrupted:
        pending = [*self.pending_ids(), *self.pending_emails()]
        results = [one for one in self.results() if one.status is not DeletionStatus.NOT_ATTEMPTED]
        return BulkInterrupted(
            f"The bulk delete was stopped by on_result: the outcomes of {len(results)} are in `results`, "
            f"the {len(pending)} that were not attempted are in `pending`.",
            results=results,
            pending=pending,
        )


def _target(found: Found) -> _Target:
    target = _Target(found.user_id)
    if found.error is not None:
        status = DeletionStatus.FAILED if found.is_sent else DeletionStatus.NOT_ATTEMPTED
        target.record.settle(status, found.error)
    elif found.user_id is None:
        target.record.settle(DeletionStatus.NOT_FOUND)
    return target
