"""The process and the event loop that code runs in, and what belongs to one of them alone."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, TypeVar
from weakref import WeakKeyDictionary, WeakMethod

import sniffio

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")

# macOS goes on counting in CLOCK_MONOTONIC while it sleeps, other than in the clock of Python.
_CLOCK = getattr(time, "CLOCK_UPTIME_RAW", getattr(time, "CLOCK_MONOTONIC", None))
# For Windows, which has no such clock; in a list, because freezegun replaces it wherever it has a name.
_clocks = [time.monotonic]


def monotonic() -> float:
    """Give the monotonic time, in seconds, also where a test freezes or moves Python's own clocks."""
    if sys.platform == "win32" or _CLOCK is None:
        return _clocks[0]()
    return time.clock_gettime(_CLOCK)


def is_clock_moved() -> bool:
    """Tell whether a test has frozen or moved Python's own clocks, which an event loop goes by."""
    return abs(time.monotonic() - monotonic()) >= 1


_renewals: set[WeakMethod[Callable[[], object]]] = set()
_left_to_the_parent: list[object] = []


def renew_after_fork(renew: Callable[[], object]) -> None:
    """Call a bound method in each forked process, as long as its object lives.

    Its object then makes new what cannot be shared with the parent: connections, and locks that a thread
    of the parent may hold. The method returns what is the parent's, which is never touched again.
    """
    _renewals.add(WeakMethod(renew, _renewals.discard))


def _renew_all() -> None:
    renewals = [reference() for reference in tuple(_renewals)]
    _left_to_the_parent.extend(renew() for renew in renewals if renew is not None)


loading = threading.RLock()
"""Held where modules and certificates are loaded. A fork waits for it: its process would wait without end for
what another thread was in the middle of loading."""

if hasattr(os, "register_at_fork"):  # Windows cannot fork.
    os.register_at_fork(
        before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release
    )
    os.register_at_fork(after_in_child=_renew_all)


class NotCopied:
    """Refuses to be copied or pickled: connections and locks belong to one process, and to one owner."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be copied or pickled, because it holds connections: make a client "
            "in each process, and use with_options() for one with other options."
        )


class ProcessLock:
    """Holds a lock; a forked process has another, whichever thread of its parent holds this one."""

    # No context manager itself: an interrupt in one that is written in Python leaves the lock held.
    def __init__(self) -> None:
        self.lock: threading.Lock = threading.Lock()
        renew_after_fork(self._renew)

    def _renew(self) -> None:
        self.lock = threading.Lock()


def current_loop() -> Hashable:
    """Give the event loop of asyncio or trio that this code runs in."""
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


@contextmanager
def ended_after(seconds: float, *, shield: bool = False) -> Iterator[anyio.CancelScope]:
    """Cancel what is done within after so many seconds, also where a test freezes Python's clocks."""
    import anyio

    if not is_clock_moved():
        with anyio.move_on_after(seconds, shield=shield) as scope:
            yield scope
        return
    # The event loop's clock is one of those: a thread counts the seconds.
    loop: Any = current_loop()
    call_soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
    with anyio.CancelScope(shield=shield) as scope:
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), call_soon, [scope.cancel])
        timer.daemon = True
        timer.start()
        try:
            yield scope
        finally:
            timer.cancel()


class PerLoop(Generic[T]):
    """A value for each event loop, made when it is first needed there; those of closed loops are dropped."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: WeakKeyDictionary[Any, T] = WeakKeyDictionary()
        self._changing = ProcessLock()
        renew_after_fork(self._renew)

    def get(self) -> T:
        """Give the value of the running event loop."""
        loop = current_loop()
        value = self._values.get(loop)
        if value is None:
            with self._changing.lock:
                # A value may refer to its loop, and so keep it: it does not go by itself.
                for other in list(self._values):
                    if _is_closed(other):
                        self._values.pop(other, None)
                value = self._values[loop] = self._make()
        return value

    def all(self) -> list[T]:
        """Give the values of all event loops."""
        with self._changing.lock:
            return list(self._values.values())

    def _renew(self) -> object:
        values, self._values = self._values, WeakKeyDictionary()
        return dict(values)


def _is_closed(loop: Any) -> bool:
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    import trio

    try:
        loop.run_sync_soon(int)  # It does nothing; only this tells whether trio still runs.
    except trio.RunFinishedError:
        return True
    return False
