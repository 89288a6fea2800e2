"""What all bulk calls have in common: what is done side by side, what ends it, and who is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import ClassVar, Generic, TypeVar

from attrs import define, field, frozen

from .._core.effects import Flow, Stopped, parallel
from .._core.retry import LONGEST_RETRY_AFTER
from ..enums import WriteStatus
from ..errors import (
    ArizeError,
    BulkInterrupted,
    ConfigurationError,
    ForbiddenError,
    JournalError,
    RateLimitError,
    UnauthorizedError,
)
from ..people import BulkProgress
from ..results import Outcomes, UserResult, filled_by
from . import arguments as check
from .outcomes import Record, one_line
from .progress import Callback, CallbackRaised, Progress

FIRST_ANSWERS = 8
"""When so many answers of a batch come first and all are 403, the rest is not attempted."""


class Refusals:
    """Tells when further requests of a batch would be refused as well.

    Answers are counted where they are reported, by one thread or task.
    """

    def __init__(self) -> None:
        self._answers = 0
        self._forbidden = 0
        self.reason: str | None = None
        """Why no further request is sent, for the results of those that are not attempted."""

    def note(self, failure: ArizeError | None) -> None:
        """Count an answer: a failure, or None for a success."""
        self._answers += 1
        if isinstance(failure, ForbiddenError):
            self._forbidden += 1
            if self._forbidden == self._answers == FIRST_ANSWERS:
                self.reason = f"Not sent: the first {FIRST_ANSWERS} answers refused it. {one_line(failure)}"
        # A limit longer than anyone waits for holds for the rest of the batch: further requests would
        # only make it longer.
        if isinstance(failure, RateLimitError) and (failure.retry_after or 0) > LONGEST_RETRY_AFTER:
            self.reason = f"Not sent: the rate limit is too long to wait for. {one_line(failure)}"


R = TypeVar("R", bound=UserResult)


class Options(Generic[R]):
    """The arguments that every bulk call takes, checked.

    Raises:
        InvalidArgumentError: One cannot be right.
    """

    def __init__(
        self,
        max_concurrency: int,
        on_result: Callable[[R], object] | None,
        on_progress: Callable[[BulkProgress], object] | None,
        outcomes: Outcomes | None,
    ) -> None:
        self.limit: int = check.whole_number(max_concurrency, "max_concurrency")
        self.on_result: Callback[R] = Callback(on_result, "on_result")
        self.progress = Progress(on_progress)
        self.outcomes: Outcomes | None = outcomes


@define(eq=False)
class Target:
    """One thing to do. Subclasses add what it is, and the inputs that ask for it."""

    record: Record
    is_told: bool = field(default=False, kw_only=True)
    """Whether the caller's function was called with its results."""


T = TypeVar("T", bound=Target)


@frozen
class _Ended(Generic[T]):
    """What one flow came to, for its report."""

    target: T
    failure: ArizeError | None = None
    is_sent: bool = True


class LeftOpen(Exception):
    """What `Batch.each` does for a target was refused, and its record is settled later."""

    def __init__(self, error: ArizeError) -> None:
        super().__init__(error)
        self.error = error


class Batch(ABC, Generic[R, T]):
    """One bulk call: does something for each of many targets, and knows at every moment what became of each.

    A subclass has the inputs. It calls this ``__init__`` last, when all of them were checked, and says

    - ``name``: what the call is, for messages;
    - `work`: the flow of the whole call, made of look-ups and of `each`, one for each phase;
    - `results_of` a target, `results` of all inputs, and `pending_ids` and `pending_emails` of those not
      attempted, from the targets' records alone, so that they are true whatever ends the call.

    The driver runs `run`, within ``carrying(batch.outcomes)``.
    """

    name: ClassVar[str]
    outcomes: Outcomes

    def __init__(self, options: Options[R]) -> None:
        self.limit: int = options.limit
        self.progress: Progress = options.progress
        self.refused_key: UnauthorizedError | None = None
        """The last 401, also where the key was good before and after."""
        self._on_result = options.on_result
        self._refusals = Refusals()
        self._has_succeeded = False
        self._unauthorized: list[UnauthorizedError] = []
        self._refused: list[T] = []
        self.outcomes = filled_by(self, options.outcomes)

    @abstractmethod
    def work(self) -> Flow[None]:
        """Do what the call is for."""

    @abstractmethod
    def results_of(self, target: T) -> Iterable[R]:
        """Give the results of the inputs that a target stands for."""

    @abstractmethod
    def results(self) -> list[R]:
        """Give the result of each input, in the order of the inputs."""

    @abstractmethod
    def pending_ids(self) -> list[str]:
        """Give the ids for which no request was sent."""

    @abstractmethod
    def pending_emails(self) -> list[str]:
        """Give the emails for which no request was sent."""

    def run(self) -> Flow[list[R]]:
        """Do it all, and give the results.

        Raises:
            UnauthorizedError: The key was refused before anything was done.
            BulkInterrupted: A function of the caller's raised an exception.
        """
        try:
            yield from self.work()
        except CallbackRaised as stop:
            raise self._interrupted(str(stop)) from stop.__cause__
        return self.results()

    def each(self, phase: str, targets: Iterable[T], act: Callable[[T], Flow[None]]) -> Flow[None]:
        """Do something for each target, side by side; the caller is told of each that is settled then.

        A target that is settled already is told of without doing anything. Once `stop` was called, the first
        eight answers are all 403, or a rate limit is longer than anyone waits for, the rest is not attempted.

        Args:
            phase: What is done, for ``on_progress``.
            targets: All of them.
            act: Does it for one target, and settles its record; a record left open is not told of, and may be
                settled in a later phase (see `tell`). An `ArizeError` that it raises is what its record fails
                with, but a `ConfigurationError` or `JournalError` ends the call: no further target is begun,
                and those under way are awaited. `LeftOpen` leaves the record of a refusal open.

        Raises:
            UnauthorizedError: The key was refused before anything was done for any target, in any phase.
        """
        all_targets = list(targets)
        self.progress.begin(phase, len(all_targets))
        waiting: Iterator[T] = iter(all_targets)
        while all_targets:
            limit = min(self.limit, len(all_targets))
            yield from parallel(self._acts(waiting, act), limit, self._report, self.progress.on_notice)
            if not self._unauthorized:
                return
            if not self._has_succeeded:
                raise self._unauthorized[0]
            # Another request was answered with success meanwhile: the key is good, and the work goes on.
            refused = {id(target) for target in self._refused}
            again = [target for target in all_targets if id(target) in refused]
            for target in again:
                target.record.reopen()
            waiting = chain(again, waiting)
            self._unauthorized, self._refused = [], []

    def stop(self, reason: str) -> None:
        """Begin no further target, now and in later phases; the reason is in the results of the rest."""
        self._refusals.reason = reason

    def tell(self, target: T) -> None:
        """Give the caller the results of a target, once; `each` does so for those that it settles."""
        if not target.is_told:
            target.is_told = True
            for result in self.results_of(target):
                self._on_result(result)

    def _acts(self, waiting: Iterator[T], act: Callable[[T], Flow[None]]) -> Iterator[Flow[_Ended[T] | None]]:
        # A 401 before anything was done ends the batch: no further request starts.
        while self._has_succeeded or not self._unauthorized:
            target = next(waiting, None)
            if target is None:
                return
            yield self._act(target, act)

    def _act(self, target: T, act: Callable[[T], Flow[None]]) -> Flow[_Ended[T] | None]:
        if target.record.is_settled:
            return _Ended(target, is_sent=False)
        if self._refusals.reason is not None:
            target.record.skip(self._refusals.reason)
            return _Ended(target, is_sent=False)
        failure: ArizeError | None = None
        try:
            yield from act(target)
            self._has_succeeded = True
        except Stopped:
            # What was done before that is told: a create whose developer permission is not set yet.
            return _Ended(target, is_sent=False) if target.record.is_settled else None
        except (ConfigurationError, JournalError):
            raise
        except LeftOpen as refused:
            failure = refused.error
        except ArizeError as error:
            failure = error
            target.record.fail(error)
            if isinstance(error, UnauthorizedError):
                self.refused_key = error
                if not self._has_succeeded:
                    self._unauthorized.append(error)
                    self._refused.append(target)
                    return None
        return _Ended(target, failure)

    def _report(self, ended: _Ended[T] | None) -> None:
        if ended is None:
            return
        if ended.is_sent:
            self._refusals.note(ended.failure)
        if ended.target.record.is_settled:
            self.tell(ended.target)
        self.progress.advance()

    def _interrupted(self, callback: str) -> BulkInterrupted:
        pending = [*self.pending_ids(), *self.pending_emails()]
        results = [one for one in self.results() if one.status != WriteStatus.NOT_ATTEMPTED]
        return BulkInterrupted(
            f"The {self.name} was stopped by {callback}: the outcomes of {len(results)} are in `results`, "
            f"the {len(pending)} that were not attempted are in `pending`.",
            results=results,
            pending=pending,
        )
