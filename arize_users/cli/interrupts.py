"""Ctrl-C while a command changes something: what the API answered is written before the command ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DeferredInterrupt:
    """Holds Ctrl-C back while an outcome is written; `KeyboardInterrupt` is raised at the end of the block.

    Another exception that ends the block takes precedence. Where Ctrl-C is ignored, as in a script's
    background job, it stays ignored.
    """

    def __init__(self) -> None:
        # A SimpleQueue, because its put() is safe in a signal handler.
        self._events: SimpleQueue[object] = SimpleQueue()
        self._interrupted = False
        self._deferring = False

    def defer(self) -> None:
        """Hold Ctrl-C back from now on."""
        # Only the main thread can be interrupted, and only it may set handlers.
        if (
            signal.getsignal(signal.SIGINT) is signal.default_int_handler
            and threading.current_thread() is threading.main_thread()
        ):
            signal.signal(signal.SIGINT, self._note)
            self._deferring = True

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a function in a thread of its own, and hold Ctrl-C back once it has returned.

        Python runs signal handlers in the main thread only, so Ctrl-C cannot come between the API's
        answer and the function's return.

        Raises:
            KeyboardInterrupt: Ctrl-C came before the function returned; its outcome is not known.
        """
        from concurrent.futures import Future

        self.defer()
        outcome: Future[T] = Future()
        outcome.add_done_callback(self._events.put)

        def work() -> None:
            try:
                outcome.set_result(function(*arguments, **named))
            except BaseException as error:
                outcome.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        self._events.get()
        if not outcome.done():
            raise KeyboardInterrupt
        return outcome.result()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._interrupted = True
        self._events.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._deferring:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted and kind is None:
            raise KeyboardInterrupt
