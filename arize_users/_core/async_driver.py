"""Runs flows on an event loop of asyncio or trio, and side by side in an anyio task group."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

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
from .runtime import PerLoop, ended_after, is_clock_moved, monotonic

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")


class AsyncDriver:
    """Runs the flows of one client. Tasks may share it, in any event loop."""

    def __init__(
        self,
        send: Callable[[Request], Awaitable[httpx.Response]],
        *,
        patience: float = DEFAULT_PATIENCE,
        exclusion: PerLoop[anyio.Lock] | None = None,
    ) -> None:
        self._send = send
        self._patience = patience
        self._exclusion = exclusion or PerLoop(_new_lock)

    def with_sender(
        self, send: Callable[[Request], Awaitable[httpx.Response]], patience: float
    ) -> AsyncDriver:
        """Give a driver that sends by another function; exclusive flows exclude those of this one."""
        return AsyncDriver(send, patience=patience, exclusion=self._exclusion)

    async def run(self, flow: Flow[T], stop: _Stop | None = None) -> T:
        """Run a flow to its end; once ``stop`` is set, it starts no request and no wait."""
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                effect = resume(flow, result, error)
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

    async def _perform(self, effect: Effect, stop: _Stop | None) -> Any:
        if isinstance(effect, Now):
            return monotonic()
        if isinstance(effect, Call):
            return await _on_thread(effect.function)
        if isinstance(effect, Tell):
            return None if stop is None else stop.tell(effect.notice)
        if stop is not None and stop.event.is_set():
            raise Stopped
        if isinstance(effect, Send):
            return await self._send(effect.request)
        if isinstance(effect, Sleep):
            return await _sleep(effect.seconds, None if stop is None else stop.event)
        if isinstance(effect, Exclusive):
            return await self._run_exclusive(effect, stop)
        if isinstance(effect, InOrder):
            async with aclosing(self._pages_ahead(effect.next_flow, effect.on_notice)) as values:
                async for value in values:
                    effect.report(value)
            return None
        return await self._run_parallel(effect)

    async def _run_exclusive(self, effect: Exclusive, stop: _Stop | None) -> Any:
        lock = self._exclusion.get()
        with ended_after(effect.seconds) as waiting:
            await lock.acquire()
        try:
            return await self.run(effect.flow, stop)
        finally:
            if not waiting.cancelled_caught:
                lock.release()

    async def _run_parallel(self, effect: Parallel) -> None:
        import anyio

        work = _ParallelWork(effect, self.run)
        try:
            async with anyio.create_task_group() as group:
                for _ in range(effect.limit):
                    group.start_soon(work.take_flows)
                try:
                    await work.stopped.wait()
                except BaseException as error:
                    # A cancellation, or what a signal handler raised in the event loop. It is raised once
                    # the group has ended, which would wrap it.
                    work.stop(error)
                await work.drain(self._patience)
        except BaseException as error:
            work.stop(error)
        if work.interruption is not None:
            raise work.interruption

    async def iterate(
        self,
        next_page: Callable[[], Flow[tuple[T, ...] | None]],
        *,
        prefetch: bool,
        on_notice: OnNotice = None,
    ) -> AsyncGenerator[T, None]:
        """Give the items of each page until there is none.

        With ``prefetch``, one page is fetched ahead. ``on_notice`` gets what the flows `tell`.
        """
        pages = (self._pages_ahead if prefetch else self._pages)(next_page, on_notice)
        async with aclosing(pages):
            async for page in pages:
                for item in page:
                    yield item

    async def _pages(
        self, next_page: Callable[[], Flow[T | None]], on_notice: OnNotice
    ) -> AsyncGenerator[T, None]:
        stop = None if on_notice is None else _Stop(on_notice)
        while (page := await self.run(next_page(), stop)) is not None:
            yield page

    async def _pages_ahead(
        self, next_page: Callable[[], Flow[T | None]], on_notice: OnNotice = None
    ) -> AsyncGenerator[T, None]:
        stop = None if on_notice is None else _Stop(on_notice)
        coming = _BackgroundCall(lambda: self.run(next_page(), stop))
        try:
            while (page := await coming.result()) is not None:
                coming = _BackgroundCall(lambda: self.run(next_page(), stop))
                yield page
        finally:
            coming.cancel()


class _Stop:
    """Tells flows to start nothing more, once ``event`` is set, and the caller what they have to tell."""

    def __init__(self, tell: Callable[[Any], object]) -> None:
        import anyio

        self.event: anyio.Event = anyio.Event()
        self.tell: Callable[[Any], object] = tell


class _ParallelWork:
    """The workers of one parallel effect, and how they are stopped."""

    def __init__(self, effect: Parallel, run: Callable[[Flow[Any], _Stop | None], Awaitable[Any]]) -> None:
        import anyio

        self._effect = effect
        self._run = run
        self._working = effect.limit
        # A cancellation cuts no request in the middle: each flow runs in a shielded scope of its own.
        self._scopes: set[anyio.CancelScope] = set()
        self._finished = anyio.Event()
        self._stop = _Stop(self._tell)
        self.stopped = self._stop.event
        """Set when nothing more is to be started, at the latest when all workers have ended."""
        self.interruption: BaseException | None = None

    async def take_flows(self) -> None:
        """Run flows until there is none, or the work is stopped."""
        import anyio
        from anyio.lowlevel import checkpoint_if_cancelled

        try:
            while not self.stopped.is_set():
                await checkpoint_if_cancelled()  # A transport in memory may never wait.
                if (flow := next(self._effect.flows, None)) is None:
                    break
                with anyio.CancelScope(shield=True) as scope:
                    self._scopes.add(scope)
                    try:
                        value = await self._run(flow, self._stop)
                    finally:
                        self._scopes.discard(scope)
                if scope.cancelled_caught:
                    break
                try:
                    self._effect.report(value)
                except BaseException as error:
                    # The callback raised it, even where it is an exception that cancels tasks.
                    self.stop(error)
        except Stopped:
            pass
        except anyio.get_cancelled_exc_class() as error:
            self.stop(error)
            raise
        except BaseException as error:
            self.stop(error)
        finally:
            self._working -= 1
            if not self._working:
                self._finished.set()
                self.stopped.set()

    def _tell(self, notice: object) -> None:
        if self._effect.on_notice is not None:
            try:
                self._effect.on_notice(notice)
            except BaseException as error:
                self.stop(error)  # As for an exception of `report`: the flow that told it ends in order.

    def stop(self, error: BaseException) -> None:
        """Start nothing more. The first reason is raised, but an interrupt rather than an exception."""
        first = self.interruption
        if first is None or (isinstance(first, Exception) and not isinstance(error, Exception)):
            self.interruption = error
        self.stopped.set()

    async def drain(self, patience: float) -> None:
        """Await what is under way for so long; then, or when this is cut off, drop it."""
        try:
            with ended_after(patience, shield=True):
                await self._finished.wait()
        finally:
            for scope in tuple(self._scopes):
                scope.cancel()


def _new_lock() -> anyio.Lock:
    import anyio

    return anyio.Lock()


async def _on_thread(function: Callable[[], T]) -> T:
    """Call a function on a thread, to its end, whatever cancels its caller: the flow closes what it opens.

    A task of its own waits for it, since the cancellation of an asyncio task passes anyio's shields.
    """
    import anyio
    import anyio.to_thread

    values: list[T] = []
    errors: list[Exception] = []

    async def call() -> None:
        try:
            with anyio.CancelScope(shield=True):
                values.append(await anyio.to_thread.run_sync(function))
        except Exception as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
    if errors:
        raise errors[0]
    return values[0]


async def _sleep(seconds: float, stop: anyio.Event | None) -> None:
    import anyio

    stop = stop or anyio.Event()
    end = monotonic() + seconds
    with ended_after(seconds):
        await stop.wait()
        raise Stopped
    if is_clock_moved():  # Maybe meanwhile, which ends a wait at once.
        with ended_after(end - monotonic()):
            await stop.wait()
            raise Stopped


class _BackgroundCall(Generic[T]):
    """A call that runs beside its caller.

    A task of the event loop, not of a task group: a generator must not yield inside a group.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        import anyio
        import sniffio

        self._call = call
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()
        self._value: list[T] = []
        self._error: BaseException | None = None
        if sniffio.current_async_library() == "trio":
            import trio

            trio.lowlevel.spawn_system_task(self._run, context=copy_context())
        else:
            import asyncio

            self._task = asyncio.create_task(self._run())  # The loop itself keeps weak references only.

    async def _run(self) -> None:
        from anyio import get_cancelled_exc_class

        try:
            with self._scope:
                self._value.append(await self._call())
        except BaseException as error:
            self._error = error
            if isinstance(error, get_cancelled_exc_class()):
                raise
        finally:
            self._ended.set()

    async def result(self) -> T:
        """Wait for the end, and give the value or raise the error."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._value[0]

    def cancel(self) -> None:
        """End the call; a call that has ended stays as it is."""
        self._scope.cancel()
