"""Flows, the effects they ask for, and the two drivers that run them.

A flow is a generator that knows of neither threads nor event loops. It yields an effect, is sent the
result or thrown the error, and returns its value. `SyncDriver` runs flows with threads, `AsyncDriver` in an
anyio task group; each sends requests through the function it is given.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from attrs import frozen

from .errors import APIConnectionError, APITimeoutError, ConfigurationError, InvalidArgumentError

if TYPE_CHECKING:
    import anyio

    from ._wire import Request

T = TypeVar("T")


@frozen
class Send:
    """Send one request; the result is the whole `httpx.Response`, whatever its status."""

    request: Request


@frozen
class Sleep:
    """Wait so many seconds; `Stopped` is thrown when the work around it is stopped meanwhile."""

    seconds: float


@frozen
class Now:
    """Tell the monotonic time, in seconds."""


@frozen
class Alone:
    """Run a flow while no other flow of this client runs in `Alone`; the result is the flow's."""

    flow: Flow[Any]


@frozen
class ForEach:
    """Run flows side by side, at most ``limit`` at once, taking each when its turn comes.

    ``report`` gets each result as it arrives, one call at a time, on the caller's thread. When an
    interrupt, or an exception of ``report`` or of a flow, ends the work early, no further flow starts,
    those under way end and are reported, and `Stopped` is thrown.
    """

    flows: Iterator[Flow[Any]]
    limit: int
    report: Callable[[Any], None]


Effect = Send | Sleep | Now | Alone | ForEach
Flow = Generator[Effect, Any, T]


class Stopped(Exception):
    """Work was stopped early; ``__cause__`` says by what. It never reaches a caller."""


def connection_error(error: Exception, request: Request) -> APIConnectionError:
    """Make our error from httpx': it says whether the request can have reached the server.

    Raises:
        ArizeError: the request cannot be sent at all, so trying again would not help.
    """
    if isinstance(error, httpx.InvalidURL):
        raise InvalidArgumentError(f"{request.operation}: the request is too long to be sent") from error
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        # Not in httpx' words: they quote the header that they do not like.
        raise ConfigurationError(
            f"the request cannot be sent as it is set up ({type(error).__name__})"
        ) from error
    what = f"{request.method} {request.path}"
    # Waiting for the pool or for a connection comes before the first byte is sent.
    sent = not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    if isinstance(error, httpx.TimeoutException):
        phase = "no connection" if not sent else "no answer"
        return APITimeoutError(f"{what}: {phase} in time.", sent=sent)
    reason = f": {error}" if str(error) else ""
    state = "the connection broke" if sent else "no connection could be made"
    return APIConnectionError(f"{what}: {state} ({type(error).__name__}{reason}).", sent=sent)


# httpx raises these for anything between the first byte sent and the last byte read.
_FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)


def _resume(flow: Flow[T], result: Any, error: Exception | None) -> Effect:
    return flow.send(result) if error is None else flow.throw(error)


class SyncDriver:
    """Runs flows on the calling thread, and side by side on threads."""

    def __init__(self, send: Callable[[Request], httpx.Response]) -> None:
        self._sender = send
        self._alone = threading.Lock()

    def run(self, flow: Flow[T], stop: threading.Event | None = None) -> T:
        """Run one flow to its end; once ``stop`` is set, it starts no request and no wait."""
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                effect = _resume(flow, result, error)
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
            return self._sleep(effect.seconds, stop)
        if isinstance(effect, Alone):
            with self._alone:
                return self.run(effect.flow, stop)
        return self._for_each(effect)

    def _send(self, request: Request) -> httpx.Response:
        try:
            return self._sender(request)
        except _FAILURES as error:
            raise connection_error(error, request) from error

    def _sleep(self, seconds: float, stop: threading.Event | None) -> None:
        if stop is None:
            time.sleep(seconds)
        elif stop.wait(seconds):
            raise Stopped

    def _for_each(self, effect: ForEach) -> None:
        # The flows run on workers, never on the calling thread, so that an interrupt, which only the
        # calling thread gets, cannot tear a request in the middle.
        crew = _Crew(effect, self.run)
        interruption: BaseException | None = None
        while True:
            try:
                crew.work(effect.report)
                break
            except BaseException as error:
                # What is under way is awaited and reported all the same: once more round.
                interruption = interruption or error
                crew.halt()
        if interruption is not None:
            raise Stopped from interruption

    def pages(self, turn: Callable[[], Flow[T | None]], *, prefetch: bool) -> Iterator[T]:
        """Give what each turn returns until one returns None; with ``prefetch``, one turn ahead."""
        if not prefetch:
            while (page := self.run(turn())) is not None:
                yield page
            return
        from concurrent.futures import ThreadPoolExecutor

        left = threading.Event()
        with ThreadPoolExecutor(max_workers=1) as ahead:
            try:
                coming = ahead.submit(lambda: self.run(turn(), left))
                while (page := coming.result()) is not None:
                    coming = ahead.submit(lambda: self.run(turn(), left))
                    yield page
            finally:
                left.set()  # Whoever leaves early does not wait for the repetitions of the page ahead.


@frozen
class _Arrival:
    result: Any
    reported: threading.Event


class _Crew:
    """Threads that share one iterator of flows; what comes of them arrives in a queue.

    A worker takes its next flow when its last result has been reported: whoever stops the work from
    ``report`` sees nothing start after it, and results never pile up.
    """

    def __init__(self, effect: ForEach, run: Callable[..., Any]) -> None:
        # A result, an error, or None: a worker left.
        self._arrivals: SimpleQueue[_Arrival | BaseException | None] = SimpleQueue()
        self._flows = effect.flows
        self._run = run
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._left = 0
        self._waiting = [threading.Event() for _ in range(effect.limit)]
        self._workers = [
            threading.Thread(target=self._take_turns, args=(reported,), daemon=True)
            for reported in self._waiting
        ]

    def work(self, report: Callable[[Any], None]) -> None:
        """Report until nobody works any more. May be called again when it was interrupted."""
        for worker in self._workers:
            if worker.ident is None and not self._stop.is_set():
                worker.start()
        while self._working or not self._arrivals.empty():
            arrival = self._arrivals.get()
            if isinstance(arrival, BaseException):
                raise arrival
            if arrival is not None:
                report(arrival.result)
                arrival.reported.set()

    @property
    def _working(self) -> bool:
        # Told by the threads themselves: an interrupt of the calling thread can come between any two
        # of its steps, so nothing that it would count could be trusted.
        return sum(worker.ident is not None for worker in self._workers) > self._left

    def halt(self) -> None:
        """Let no further flow start, and nobody wait for a report that may never come."""
        self._stop.set()
        for reported in self._waiting:
            reported.set()

    def _take_turns(self, reported: threading.Event) -> None:
        try:
            while (flow := self._next()) is not None:
                result = self._run(flow, self._stop)
                reported.clear()
                self._arrivals.put(_Arrival(result, reported))
                reported.wait()
        except BaseException as error:
            self._arrivals.put(error)
        finally:
            self._leave()

    def _next(self) -> Flow[Any] | None:
        with self._turn:
            return None if self._stop.is_set() else next(self._flows, None)

    def _leave(self) -> None:
        # First the count, then the word: whoever takes the last word finds nobody working.
        with self._turn:
            self._left += 1
        self._arrivals.put(None)


class AsyncDriver:
    """Runs flows on the event loop, and side by side in a task group."""

    def __init__(self, send: Callable[[Request], Awaitable[httpx.Response]]) -> None:
        self._sender = send
        self._alone: anyio.Lock | None = None

    async def run(self, flow: Flow[T], stop: anyio.Event | None = None) -> T:
        """Run one flow to its end; once ``stop`` is set, it starts no request and no wait."""
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                effect = _resume(flow, result, error)
                result = error = None
                try:
                    result = await self._perform(effect, stop)
                except Exception as failure:
                    error = failure
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()

    async def _perform(self, effect: Effect, stop: anyio.Event | None) -> Any:
        if isinstance(effect, Now):
            return time.monotonic()
        if stop is not None and stop.is_set():
            raise Stopped
        if isinstance(effect, Send):
            return await self._send(effect.request)
        if isinstance(effect, Sleep):
            return await self._sleep(effect.seconds, stop)
        if isinstance(effect, Alone):
            async with self._lock():
                return await self.run(effect.flow, stop)
        return await self._for_each(effect)

    def _lock(self) -> anyio.Lock:
        import anyio

        if self._alone is None:
            self._alone = anyio.Lock()
        return self._alone

    async def _send(self, request: Request) -> httpx.Response:
        try:
            return await self._sender(request)
        except _FAILURES as error:
            raise connection_error(error, request) from error

    async def _sleep(self, seconds: float, stop: anyio.Event | None) -> None:
        import anyio

        if stop is None:
            await anyio.sleep(seconds)
            return
        with anyio.move_on_after(seconds):
            await stop.wait()
            raise Stopped

    async def _for_each(self, effect: ForEach) -> None:
        import anyio
        from anyio.lowlevel import checkpoint_if_cancelled

        stop, finished = anyio.Event(), anyio.Event()
        working = effect.limit
        interruption: BaseException | None = None

        async def work() -> None:
            nonlocal working, interruption
            try:
                while not stop.is_set():
                    # Here a cancelled worker ends; what is under way below is never torn.
                    await checkpoint_if_cancelled()
                    if (flow := next(effect.flows, None)) is None:
                        break
                    with anyio.CancelScope(shield=True):
                        result = await self.run(flow, stop)
                    try:
                        effect.report(result)
                    except BaseException as error:
                        # Even one that looks like a cancellation: it is the caller's, not the loop's.
                        interruption = interruption or error
                        stop.set()
            except Exception as error:
                interruption = interruption or error
                stop.set()
            finally:
                working -= 1
                if not working:
                    finished.set()

        try:
            async with anyio.create_task_group() as group:
                for _ in range(effect.limit):
                    group.start_soon(work)
                try:
                    await finished.wait()
                finally:
                    stop.set()
        except BaseException as error:
            # A cancellation, or what a signal handler raised in the middle of the loop.
            interruption = interruption or error
        if interruption is not None:
            raise Stopped from interruption

    async def pages(self, turn: Callable[[], Flow[T | None]], *, prefetch: bool) -> AsyncGenerator[T, None]:
        """Give what each turn returns until one returns None; with ``prefetch``, one turn ahead."""
        if not prefetch:
            while (page := await self.run(turn())) is not None:
                yield page
            return
        import asyncio

        # A task, not a task group: a group must not be left open across a yield.
        coming = asyncio.create_task(self.run(turn()))
        try:
            while (page := await coming) is not None:
                coming = asyncio.create_task(self.run(turn()))
                yield page
        finally:
            coming.cancel()
