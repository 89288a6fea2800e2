"""Ctrl-C, once the API has acted: what came of that is written first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class OutcomeFirst:
    """Lets Ctrl-C stop a call, but not what is done about its outcome until this ends.

    Where Ctrl-C came too late for the call, leaving raises `KeyboardInterrupt`, unless it raises already.
    """

    def __init__(self) -> None:
        self._has_ended = False
        self._is_noted = False
        self._is_on = False

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a function that acts; from its end on, Ctrl-C is held back."""
        try:
            return function(*arguments, **named)
        finally:
            self._has_ended = True

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # Between the function's end and the note of it, the frame interrupted is that of `call` itself.
        if self._has_ended or (frame is not None and frame.f_code is OutcomeFirst.call.__code__):
            self._is_noted = True
        else:
            signal.default_int_handler(number, frame)

    def __enter__(self) -> Self:
        # Whoever ignores Ctrl-C goes on doing so, and only the main thread can be interrupted.
        self._is_on = (
            signal.getsignal(signal.SIGINT) is signal.default_int_handler
            and threading.current_thread() is threading.main_thread()
        )
        if self._is_on:
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_on:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._is_noted and kind is None:
            raise KeyboardInterrupt
