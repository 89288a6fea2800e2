"""Runs flows on the calling thread, and side by side on a pool of worker threads.

Python raises an interrupt such as Ctrl-C between any two steps of the main thread, which is often the
caller's. So no thread waits for what the caller may leave half done: threads talk through `SimpleQueue`,
whose methods are whole steps, and through plain attributes. A `threading.Event` that an interrupt hits
inside of its ``set`` keeps its lock for good.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import httpx
from attrs import frozen

from ..errors import ConfigurationError
from .effects import (
    DEFAULT_PATIENCE,
    Call,
    Effect,
    Exclusive,
    Flow,
    InOrder,
    Now,
    OnNotice,
    Parallel,
    Send,
    Sleep,
    Stopped,
    Tell,
    resume,
)
from .request import Request
from .runtime import ProcessLock, monotonic

T = TypeVar("T")

_POLL_SECONDS = 0.05
"""How often a stopped pool looks whether its workers have ended: a message of theirs may be lost. On Windows,
how often a wait for them is left, for Ctrl-C."""


class SyncDriver:
    """Runs the flows of one client. Safe to share between threads.

    Args:
        send: Sends a request.
        patience: Seconds to wait for the requests under way when parallel work is stopped.
        exclusion: The lock of exclusive flows, to share it with another driver.
    """

    def __init__(
        self,
        send: Callable[[Request], httpx.Response],
        *,
        patience: float = DEFAULT_PATIENCE,
        exclusion: ProcessLock | None = None,
    ) -> None:
        self._send = send
        self._patience = patience
        self._exclusion = exclusion or ProcessLock()

    def with_sender(self, send: Callable[[Request], httpx.Response], patience: float) -> SyncDriver:
        """Give a driver that sends by another function; exclusive flows exclude those of this one."""
        return SyncDriver(send, patience=patience, exclusion=self._exclusion)

    def run(self, flow: Flow[T], stop: _Stop | None = None) -> T:
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

    def _perform(self, effect: Effect, stop: _Stop | None) -> Any:
        if isinstance(effect, Now):
            return monotonic()
        if isinstance(effect, Call):
            return effect.function()
        if isinstance(effect, Tell):
            return None if stop is None else stop.tell(effect.notice)
        if stop is not None and stop.is_set:
            raise Stopped
        if isinstance(effect, Send):
            return self._send(effect.request)
        if isinstance(effect, Sleep):
            return _sleep(effect.seconds, stop)
        if isinstance(effect, Exclusive):
            lock = self._exclusion.lock
            is_held = lock.acquire(timeout=effect.seconds)
            try:
                return self.run(effect.flow, stop)
            finally:
                if is_held:
                    lock.release()
        if isinstance(effect, InOrder):
            for value in self._pages_by_worker(effect.next_flow, effect.on_notice):
                effect.report(value)
            return None
        return self._run_parallel(effect)

    def _run_parallel(self, effect: Parallel) -> None:
        # Flows run on workers: an interrupt of the main thread then cuts no request in the middle.
        pool = _WorkerPool(effect.limit, self.run, effect.on_notice)
        try:
            pool.work(effect.flows, effect.report)
        except BaseException:
            pool.stop()
            pool.await_workers(effect.report, self._patience)
            raise

    def iterate(
        self,
        next_page: Callable[[], Flow[tuple[T, ...] | None]],
        *,
        prefetch: bool,
        on_notice: OnNotice = None,
    ) -> Iterator[T]:
        """Give the items of each page until there is none.

        With ``prefetch``, one page is fetched ahead. ``on_notice`` gets what the flows `tell`, on the
        caller's thread.
        """
        if prefetch or on_notice is not None:
            pages = self._pages_by_worker(next_page, on_notice, ahead=prefetch)
        else:
            pages = self._pages(next_page)
        for page in pages:
            yield from page

    def _pages(self, next_page: Callable[[], Flow[T | None]]) -> Iterator[T]:
        while (page := self.run(next_page())) is not None:
            yield page

    def _pages_by_worker(
        self, next_page: Callable[[], Flow[T | None]], on_notice: OnNotice, *, ahead: bool = True
    ) -> Iterator[T]:
        pool = _WorkerPool(1, self.run, on_notice)
        try:
            pool.submit(next_page())
            while (page := pool.next_value()) is not None:
                if ahead:
                    pool.submit(next_page())
                yield page
                if not ahead:
                    pool.submit(next_page())
        finally:
            pool.stop()  # A page that is on its way is not awaited: its thread ends with it.


class _Stop:
    """Tells one worker of a pool to start nothing more."""

    def __init__(self, pool: _WorkerPool) -> None:
        self._pool = pool
        self._wakes: SimpleQueue[None] = SimpleQueue()

    @property
    def is_set(self) -> bool:
        return self._pool.is_stopped

    def tell(self, notice: object) -> None:
        """Have the caller's thread told something."""
        self._pool.tell(notice)

    def wake(self) -> None:
        self._wakes.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait to be woken; False where nobody did so in time."""
        try:
            self._wakes.get(timeout=seconds)
        except Empty:
            return False
        return True


def _sleep(seconds: float, stop: _Stop | None) -> None:
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise Stopped


@frozen
class _Value:
    value: Any


@frozen
class _Notice:
    notice: Any


class _WorkerPool:
    """Threads that run the flows submitted to them; their values arrive in a queue.

    Where no more can be started, because Python ends or a limit is reached, those there are run all flows;
    where there is none, the caller's thread runs each when its value is asked for.
    """

    def __init__(
        self, limit: int, run: Callable[[Flow[Any], _Stop | None], Any], on_notice: OnNotice
    ) -> None:
        self._limit = limit
        self._run = run
        self._on_notice = on_notice
        self._process = os.getpid()
        self._flows: SimpleQueue[Flow[Any] | None] = SimpleQueue()
        self._arrivals: SimpleQueue[_Value | _Notice | BaseException | None] = SimpleQueue()
        self._stops: list[_Stop] = []
        # Appended to by the workers: a count that the caller keeps could be wrong after an interrupt.
        self._begun: list[None] = []
        self._ended: list[None] = []
        self.is_stopped: bool = False

    def submit(self, flow: Flow[Any]) -> None:
        """Have a flow run by the next worker that is free; a new thread is started up to the limit."""
        self._flows.put(flow)
        if len(self._stops) < self._limit:
            stop = _Stop(self)
            self._stops.append(stop)
            worker = threading.Thread(target=copy_context().run, args=(self._work, stop), daemon=True)
            try:
                worker.start()
            except RuntimeError as error:
                # An interrupt that hits `start` between the steps of its lock comes out as another error.
                if isinstance(error.__context__, KeyboardInterrupt | SystemExit):
                    raise error.__context__ from None
                self._stops.remove(stop)
                self._limit = max(1, len(self._stops))

    def next_value(self) -> Any:
        """Wait for the next value, or raise the next error."""
        if self._process != os.getpid():
            raise ConfigurationError(
                "this process was forked in the middle of a call, whose threads are not in it",
                hint="Let it end by os._exit, or fork before the call.",
            )
        if not self._stops:
            flow = self._flows.get()
            assert flow is not None, "only workers are told to end"
            return self._run(flow, None)
        while isinstance(arrival := self._next_arrival(), _Notice):
            if self._on_notice is not None:
                self._on_notice(arrival.notice)
        if isinstance(arrival, BaseException):
            raise arrival
        assert arrival is not None, "a worker ends after its flows only"
        return arrival.value

    def _next_arrival(self) -> _Value | _Notice | BaseException | None:
        while sys.platform == "win32":  # There, Ctrl-C does not end a wait for a queue.
            with suppress(Empty):
                return self._arrivals.get(timeout=_POLL_SECONDS)
        return self._arrivals.get()

    def tell(self, notice: object) -> None:
        """Let ``on_notice`` hear something, on the caller's thread."""
        if self._on_notice is not None:
            self._arrivals.put(_Notice(notice))

    def work(self, flows: Iterator[Flow[Any]], report: Callable[[Any], object]) -> None:
        """Run flows and report their values, each before the next flow is taken."""
        under_way = 0
        while True:
            while under_way < self._limit and (flow := next(flows, None)) is not None:
                self.submit(flow)
                under_way += 1
            if not under_way:
                break
            value = self.next_value()
            under_way -= 1
            report(value)
        for _ in self._stops:
            self._flows.put(None)
        for _ in self._stops:
            self._next_arrival()  # A worker's last message.

    def stop(self) -> None:
        """Start no further flow and no further request, and wake who waits to send one."""
        self.is_stopped = True
        for stop in self._stops:
            stop.wake()
        for _ in self._stops:
            self._flows.put(None)

    def await_workers(self, report: Callable[[Any], object], seconds: float) -> None:
        """Report what still arrives, for so long at most; an interrupt or error ends the waiting."""
        deadline = monotonic() + seconds
        while len(self._ended) < len(self._begun) or not self._arrivals.empty():
            if self._process != os.getpid():
                return  # The workers are those of the parent.
            left = deadline - monotonic()
            if left <= 0:
                return
            try:
                arrival = self._arrivals.get(timeout=min(left, _POLL_SECONDS))
            except Empty:
                continue
            with suppress(Exception):  # Of several errors, the first one is raised.
                if isinstance(arrival, _Value):
                    report(arrival.value)
                elif isinstance(arrival, _Notice) and self._on_notice is not None:
                    self._on_notice(arrival.notice)

    def _work(self, stop: _Stop) -> None:
        self._begun.append(None)
        try:
            while (flow := self._flows.get()) is not None:
                if self.is_stopped:
                    flow.close()
                    return
                self._arrivals.put(_Value(self._run(flow, stop)))
        except BaseException as error:
            self._arrivals.put(error)
        finally:
            self._ended.append(None)
            self._arrivals.put(None)
