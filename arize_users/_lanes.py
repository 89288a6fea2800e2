"""The open connections of a client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

IDLE_SECONDS = 30.0
"""A connection idle for longer is closed: a proxy on the way may have dropped it silently."""

L = TypeVar("L")


class Lanes(Generic[L]):
    """A pool of transports, each of which holds one connection. Shared by threads or tasks.

    A pool of many connections looks at all of them before and after each request; with a few dozen that
    costs more than the request. Here the one used last is taken in one step, or else a new one is
    opened. How many there are is bounded by the callers: their threads, and ``max_concurrency``.
    """

    def __init__(self, open_lane: Callable[[], L]) -> None:
        self._open = open_lane
        self._idle: list[tuple[L, float]] = []
        self._lock = threading.Lock()
        self._drained = False

    def take(self) -> L:
        """Give a lane that nobody uses."""
        with self._lock:
            return self._idle.pop()[0] if self._idle else self._open()

    def give_back(self, lane: L, /) -> list[L]:
        """Put a lane back; the result are those to be closed, idle for too long or back too late."""
        now = time.monotonic()
        with self._lock:
            if self._drained:
                return [lane]
            self._idle.append((lane, now))
            if now - self._idle[0][1] < IDLE_SECONDS:  # The bottom one has been idle the longest.
                return []
            stale = [idle for idle, since in self._idle if now - since >= IDLE_SECONDS]
            self._idle = [(idle, since) for idle, since in self._idle if now - since < IDLE_SECONDS]
            return stale

    def drain(self) -> list[L]:
        """Take out every idle lane, to be closed; those under way follow when they are given back."""
        with self._lock:
            self._drained = True
            idle, self._idle = self._idle, []
        return [lane for lane, _ in idle]


class OneLane(Generic[L]):
    """A transport of the caller's or the sandbox's own, which everyone shares."""

    def __init__(self, lane: L) -> None:
        self._lane = lane

    def take(self) -> L:
        """Give the transport."""
        return self._lane

    def give_back(self, _lane: L, /) -> list[L]:
        """Nothing is ever idle."""
        return []

    def drain(self) -> list[L]:
        """Give the transport, to be closed."""
        return [self._lane]
