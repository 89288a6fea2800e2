"""SIGINT (Ctrl-C), SIGTERM, SIGHUP and SIGBREAK end a command in order: its outcomes are written first."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import ParamSpec, TypeVar

from .errors import INTERRUPTED

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 31.0
"""Seconds after a signal for which an answer is awaited: the read timeout of the client, and one more."""

_LOOK_SECONDS = 0.1
"""How often a wait is left: a signal that comes just before it would be noticed after it only."""

# When its terminal is closed, a program gets SIGHUP, and on Windows SIGBREAK, as for Ctrl-Break.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_SIGNALS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


class Unanswered(Exception):
    """A signal ended the wait for an answer, so the outcome is not known."""


class Interrupts:
    """What this process does on a signal; see `interrupts`, the only instance.

    Attributes:
        raising: Whether a signal raises `KeyboardInterrupt`. Otherwise it is noted, and ends the command
            later. Clear it by an assignment, never in a function: Python looks for signals at calls.
        acted: Whether a request that changes something has gone out.
    """

    def __init__(self) -> None:
        self.raising: bool = False
        self.acted: bool = False
        self._received: list[int] = []
        # A SimpleQueue, because its put() is safe in a signal handler.
        self._events: SimpleQueue[object] = SimpleQueue()

    @property
    def exit_code(self) -> int | None:
        """The exit code for the first signal; None where there was none."""
        return INTERRUPTED + self._received[0] if self._received else None

    def install(self) -> dict[int, object]:
        """Handle the signals from now on, and give the handlers that were replaced.

        One that was ignored when the program started, as nohup has it, stays ignored.
        """
        before: dict[int, object] = {}
        self.raising, self.acted, self._received = False, False, []
        # Only the main thread can be interrupted, and only it may set handlers.
        if threading.current_thread() is threading.main_thread():
            self.raising = True
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if handler in (signal.SIG_DFL, signal.default_int_handler):
                    before[number] = signal.signal(number, self._note)
        return before

    def ignore(self) -> None:
        """Ignore the signals from now on: the program ends with its exit code, and not by a signal."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals for a while."""
        before = self.install()
        try:
            yield
        finally:
            self.raising = False
            for number, handler in before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]

    def run(self, function: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
        """Call a function that a signal ends by `KeyboardInterrupt`, and a second signal ends at once.

        Its outcome must be kept elsewhere: nothing is returned, and after a signal nothing is raised.
        """
        if self._received:
            return
        # Not in the handler: a second signal could come there, and two would raise once.
        announcer = _started(self._announce)
        try:
            self.raising = True
            if not self._received:
                function(*arguments, **named)
        except KeyboardInterrupt:
            # A handler of somebody else's may have raised it.
            self._received = self._received or [signal.SIGINT]
        except Exception:
            # Python's own locks, interrupted at the wrong moment, raise others in its place.
            if not self._received:
                raise
        finally:
            self.raising = False
            self._events.put(None)
            if announcer is not None:
                announcer.join()

    def _announce(self) -> None:
        self._events.get()
        if self._received:
            _say_stopping()

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a function in a thread of its own; after a signal, wait for it `PATIENCE` seconds at most.

        Python runs signal handlers in the main thread only, so no signal can come between the API's
        answer and the function's return. From now on signals are noted. A second one ends the waiting.

        Raises:
            Unanswered: The function has not returned.
        """
        from concurrent.futures import Future

        self.raising = False
        self.acted = True
        outcome: Future[T] = Future()
        outcome.add_done_callback(self._events.put)

        def work() -> None:
            try:
                outcome.set_result(function(*arguments, **named))
            except BaseException as error:
                outcome.set_exception(error)

        if _started(work) is None:
            work()
        self._wait(outcome.done)
        if not outcome.done():
            raise Unanswered
        return outcome.result()

    def _wait(self, is_done: Callable[[], bool]) -> None:
        deadline = math.inf
        while not is_done() and len(self._received) < 2 and time.monotonic() < deadline:
            if deadline == math.inf and self._received:
                deadline = time.monotonic() + PATIENCE
                _say_stopping()
            with suppress(Empty):
                self._events.get(timeout=_LOOK_SECONDS)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)
        self._events.put(None)
        if self.raising:
            raise KeyboardInterrupt


def _started(function: Callable[[], None]) -> threading.Thread | None:
    """Run a function in a thread of its own; None where a limit lets none be started."""
    thread = threading.Thread(target=function, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


def _say_stopping() -> None:
    # Here, because the fewer imports come before the handlers, the sooner they are installed.
    from .terminal import say

    say(f"stopping: waiting up to {PATIENCE:.0f} s for what is under way; a second signal ends the wait")


interrupts: Interrupts = Interrupts()
"""Those of this process."""
