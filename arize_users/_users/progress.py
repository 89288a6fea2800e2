"""The functions of a caller's that a long call calls: with each result, and with how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from attrs import evolve, frozen

from .._core.effects import RateLimited
from ..people import BulkProgress
from . import arguments as check

T = TypeVar("T")


class CallbackRaised(Exception):
    """A function of the caller's raised the exception that is the cause; the one argument is its name."""


class Callback(Generic[T]):
    """A function of the caller's, or none. One that raised is not called again.

    Args:
        function: What the caller gave.
        name: The parameter that it was given as.

    Raises:
        InvalidArgumentError: It cannot be called.
    """

    def __init__(self, function: Callable[[T], object] | None, name: str) -> None:
        self._function = check.callback(function, name)
        self._name = name

    @property
    def is_given(self) -> bool:
        """Whether there is anyone to call."""
        return self._function is not None

    def __call__(self, value: T) -> None:
        """Call it, on the thread that this is called on.

        Raises:
            CallbackRaised: It raised an exception; an interrupt stays as it is.
        """
        if self._function is None:
            return
        try:
            self._function(value)
        except BaseException as error:
            self._function = None
            if isinstance(error, Exception):
                raise CallbackRaised(self._name) from error
            raise


@frozen
class Advanced:
    """So many more are done; a flow tells it where nothing else of it reaches the caller's thread."""

    count: int


class Progress:
    """Tells a caller how far a call is, phase by phase; one call at a time, on the caller's thread.

    `on_notice` is for `parallel`, `in_order` and a driver's ``iterate``: it tells how long a rate limit keeps
    everyone waiting.
    """

    def __init__(self, on_progress: Callable[[BulkProgress], object] | None, phase: str = "") -> None:
        self._callback = Callback(on_progress, "on_progress")
        self._state = BulkProgress(phase=phase, done=0)
        self._limit: float | None = None

    def begin(self, phase: str, total: int | None = None) -> None:
        """Begin a phase."""
        self._tell(phase=phase, done=0, total=total)

    def advance(self, count: int = 1) -> None:
        """Count what was done."""
        self._tell(done=self._state.done + count)

    def on_notice(self, notice: object) -> None:
        """Take in a notice of a flow."""
        if isinstance(notice, Advanced):
            self.advance(notice.count)
        if not isinstance(notice, RateLimited):
            return
        if notice.seconds:
            if self._limit is None or notice.until > self._limit:
                self._limit = notice.until
                self._tell(waiting_until=datetime.now(UTC) + timedelta(seconds=notice.seconds))
        elif notice.until == self._limit:
            self._limit = None
            self._tell(waiting_until=None)

    def _tell(self, **changes: Any) -> None:
        if self._callback.is_given:
            self._state = evolve(self._state, **changes)
            self._callback(self._state)


def told_of_pages(on_progress: Callable[[BulkProgress], object] | None) -> Callable[[object], None] | None:
    """Give what takes in the notices of a list that is read page by page; None where nobody asked for it."""
    progress = Progress(on_progress, phase="listing")
    if on_progress is None:
        return None

    def take_in(notice: object) -> None:
        try:
            progress.on_notice(notice)
        except CallbackRaised as stop:
            raise stop.__cause__ or stop from None

    return take_in
