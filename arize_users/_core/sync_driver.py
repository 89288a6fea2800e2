"""Runs flows on the calling thread, and side by side on a pool of worker threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

import httpx
from attrs import frozen

from .effects import Effect, Exclusive, Flow, Now, Parallel, Send, Sleep, Stopped, resume
from .request import Request
from .runtime import ProcessLock

T = TypeVar("T")


class SyncDriver:
    """Runs the flows of one client. Safe to share between threads."""

    def __init__(
        self, send: Callable[[Request], httpx.Response], exclusion: ProcessLock | None = None
    ) -> None:
        self._send = send
        self._exclusion = exclusion or ProcessLock()

    def with_sender(self, send: Callable[[Request], httpx.Response]) -> SyncDriver:
        """Give a driver that sends by another function; exclusive flows exclude those of this one."""
        return SyncDriver(send, self._exclusion)

    def run(self, flow: Flow[T], stop: threading.Event | None = None) -> T:
        """Run a flow to its end; once ``stop`` is set, it starts no request and no wait."""
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                effect = resume(flow, result, error)
                result = error = None
                try:
                    result = self._perform(effect, stop)
                except Exception as failure:
                    error = failure
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()

    def _perform(self, effect: Effect, stop: threading.Event | None) -> Any:
        if isinstance(effect, Now):
            return time.monotonic()
        if stop is not None and stop.is_set():
            raise Stopped
        if isinstance(effect, Send):
            return self._send(effect.request)
        if isinstance(effect, Sleep):
            return _sleep(effect.seconds, stop)
        if isinstance(effect, Exclusive):
            with self._exclusion.lock:
                return self.run(effect.flow, stop)
        return self._run_parallel(effect)

    def _run_parallel(self, effect: Parallel) -> None:
        # Python delivers an interrupt to the main thread only, which is the caller's: flows run on
        # workers, so that no interrupt cuts a request in the middle.
        pool = _WorkerPool(effect, self.run)
        interruption: BaseException | None = None
        while True:
            try:
                pool.work(effect.report)
                break
            except BaseException as error:
                # What is under way is awaited and reported all the same: work() is called again.
                interruption = interruption or error
                pool.stop()
        if interruption is not None:
            raise Stopped from interruption

    def iterate(self, next_page: Callable[[], Flow[tuple[T, ...] | None]], *, prefetch: bool) -> Iterator[T]:
        """Give the items of each page until there is none; with ``prefetch``, fetch one page ahead."""
        pages = self._pages_ahead(next_page) if prefetch else self._pages(next_page)
        for page in pages:
            yield from page

    def _pages(self, next_page: Callable[[], Flow[T | None]]) -> Iterator[T]:
        while (page := self.run(next_page())) is not None:
            yield page

    def _pages_ahead(self, next_page: Callable[[], Flow[T | None]]) -> Iterator[T]:
        from concurrent.futures import ThreadPoolExecutor

        left = threading.Event()
        with ThreadPoolExecutor(max_workers=1) as background:
            try:
                coming = background.submit(copy_context().run, lambda: self.run(next_page(), left))
                while (page := coming.result()) is not None:
                    coming = background.submit(copy_context().run, lambda: self.run(next_page(), left))
                    yield page
            finally:
                left.set()  # The page ahead is not retried for a caller who has left the loop.


def _sleep(seconds: float, stop: threading.Event | None) -> None:
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise Stopped


@frozen
class _Result:
    value: Any
    reported: threading.Event


class _WorkerPool:
    """Threads that share one iterator of flows; their results arrive in a queue.

    A worker takes its next flow after its last result was reported. So nothing starts after ``report``
    raises, and results never pile up.
    """

    def __init__(self, effect: Parallel, run: Callable[..., Any]) -> None:
        # A result, an error, or None: a worker has ended.
        self._arrivals: SimpleQueue[_Result | BaseException | None] = SimpleQueue()
        self._flows = effect.flows
        self._run = run
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._ended = 0
        self._reported = [threading.Event() for _ in range(effect.limit)]
        self._workers = [
            threading.Thread(target=copy_context().run, args=(self._work, reported), daemon=True)
            for reported in self._reported
        ]

    def work(self, report: Callable[[Any], object]) -> None:
        """Report results until every worker has ended. May be called again after an interrupt."""
        for worker in self._workers:
            if worker.ident is None and not self._stop.is_set():
                worker.start()
        while self._is_working or not self._arrivals.empty():
            arrival = self._arrivals.get()
            if isinstance(arrival, BaseException):
                raise arrival
            if arrival is not None:
                report(arrival.value)
                arrival.reported.set()

    @property
    def _is_working(self) -> bool:
        # Asked of the threads: an interrupt may come between any two steps of the caller's, so a
        # count that the caller keeps could be wrong.
        return sum(worker.ident is not None for worker in self._workers) > self._ended

    def stop(self) -> None:
        """Start no further flow, and let no worker wait for a report that may not come."""
        self._stop.set()
        for reported in self._reported:
            reported.set()

    def _work(self, reported: threading.Event) -> None:
        try:
            while (flow := self._next_flow()) is not None:
                value = self._run(flow, self._stop)
                reported.clear()
                self._arrivals.put(_Result(value, reported))
                reported.wait()
        except BaseException as error:
            self._arrivals.put(error)
        finally:
            # Counted before it is announced, so that `_is_working` is False once the last None is taken.
            with self._lock:
                self._ended += 1
            self._arrivals.put(None)

    def _next_flow(self) -> Flow[Any] | None:
        with self._lock:
            return None if self._stop.is_set() else next(self._flows, None)
