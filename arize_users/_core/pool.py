"""The connection pool of a client.

httpx' own pool looks at each of its connections before and after each request; with a few dozen of them
that costs more than the request. This one takes the connection used last, or opens a new one. Callers
bound the number: their threads or tasks, and ``max_concurrency``.

A connection serves one request at a time, in the process and the event loop that opened it. One whose
request did not end in order, whatever ended it, is closed at its socket and never used again: a thread
that was interrupted or a task that was cancelled may have left it in any state, its locks held.
"""

from __future__ import annotations

import math
import weakref
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import httpx

from .runtime import PerLoop, monotonic, renew_after_fork

IDLE_SECONDS = 30.0
"""A connection idle for longer is closed: a proxy on the way may have dropped it silently."""

T = TypeVar("T")
C = TypeVar("C", bound="_BaseConnection[Any]")


class _BaseConnection(Generic[T]):
    """A transport with one connection, and the network stream of that."""

    def __init__(self, transport: T) -> None:
        self.transport = transport
        self.stream: Any = None
        """What httpcore reads from and writes to; None before it is connected."""
        self.is_ready = False
        """Whether it is made, TLS and all, so that a request may have been sent."""
        self.idle_since = 0.0

    def prepare(self, request: httpx.Request, trace: Callable[..., object]) -> None:
        """Set up a request for this connection, which can be asked whether it was made."""
        request.extensions["connection"] = self
        if self.stream is None:
            request.extensions["trace"] = trace  # Each of its events costs time, so only once.
        limits = request.extensions["timeout"]
        limits["pool"] = limits["connect"]

    def has_connected(self, event: str, facts: Mapping[str, Any]) -> bool:
        """Take the network stream from an event of httpx' trace, where it has one."""
        self.is_ready = self.is_ready or event.endswith(".send_request_headers.started")
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return False
        self.stream = facts["return_value"]
        return True

    def has_leftovers(self) -> bool:
        """Tell whether the server sent more than its answer: httpcore would take it for the next one."""
        try:
            (inner,) = getattr(self.transport, "_pool").connections  # noqa: B009
            while not hasattr(inner, "_h11_state"):  # A proxy's has the connection inside.
                inner = inner._connection
            return bool(inner._h11_state.trailing_data[0])
        except (AttributeError, ValueError):
            return False  # It is closed, or not one of httpcore's.

    def is_usable(self) -> bool:
        """Tell whether the idle connection is open: not idle for too long, and not closed by the server."""
        if monotonic() - self.idle_since >= IDLE_SECONDS:
            return False
        try:
            # Whatever comes now is no answer. Of a closed one httpcore would make another without telling.
            return self.stream is None or not self.stream.get_extra_info("is_readable")
        except (OSError, ValueError):  # Closed on this side.
            return False


class Connection(_BaseConnection[httpx.BaseTransport]):
    """A connection of a sync client."""

    deadline = math.inf
    """Until when the request under way may read."""

    def trace(self, event: str, facts: Mapping[str, Any]) -> None:
        """Get the network stream, and let no read of it last beyond the deadline.

        httpcore limits each read only: a server could send a header's bytes, or interim answers, one by one
        without end.
        """
        if not self.has_connected(event, facts):
            return
        # Weak, because the stream has the function: an interrupted call then leaves no cycle.
        stream, connection = weakref.ref(self.stream), weakref.ref(self)
        read = type(self.stream).read

        def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
            owner = connection()
            left = (math.inf if owner is None else owner.deadline) - monotonic()
            if left <= 0:
                raise httpx.ReadTimeout("timed out")
            if left < math.inf:
                timeout = left if timeout is None else min(timeout, left)
            data: bytes = read(stream(), max_bytes, timeout)
            return data

        self.stream.read = read_in_time

    def close(self) -> None:
        """Close the socket, without a word to httpcore or to the server."""
        if self.stream is not None:
            self.stream.close()


class AsyncConnection(_BaseConnection[httpx.AsyncBaseTransport]):
    """A connection of an async client."""

    async def trace(self, event: str, facts: Mapping[str, Any]) -> None:
        """Get the network stream."""
        self.has_connected(event, facts)

    async def aclose(self) -> None:
        """Close the socket, even where the task is cancelled."""
        import anyio

        if self.stream is not None:
            with anyio.CancelScope(shield=True):
                await self.stream.aclose()


class IdleConnections(Generic[C]):
    """The connections of one process and event loop that no request uses.

    Safe to share between threads without a lock, which one that is interrupted might leave held.
    """

    def __init__(self) -> None:
        self._idle: deque[C] = deque()
        self.is_closed = False
        self.closer: AsyncGenerator[None, None] | None = None
        """Closes them when their event loop ends; the async pool's."""

    def pop(self) -> C | None:
        """Give the connection used last; None where there is none."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def put_back(self, connection: C) -> list[C]:
        """Take a connection back, and give those to close: idle for too long, or the pool is closed."""
        connection.idle_since = now = monotonic()
        self._idle.append(connection)
        stale: list[C] = []
        # The first one has been idle the longest. Closed is asked for last: close() sets it first.
        while self._idle and (now - self._idle[0].idle_since >= IDLE_SECONDS or self.is_closed):
            try:
                stale.append(self._idle.popleft())
            except IndexError:  # Another thread took it.
                break
        return stale

    def close(self) -> list[C]:
        """Give every idle connection, to close; those in use are to be closed when they come back."""
        self.is_closed = True
        return [connection for _ in range(len(self._idle)) if (connection := self.pop()) is not None]


class ConnectionPool(httpx.BaseTransport):
    """A pool of transports with one connection each.

    It does not subclass `httpx.HTTPTransport`: tools that trace that class's requests see each once, at the
    connection.
    """

    def __init__(self, connect: Callable[[], httpx.BaseTransport]) -> None:
        self._connect = connect
        self._idle: IdleConnections[Connection] = IdleConnections()
        renew_after_fork(self._renew)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, which is busy until the response is closed."""
        idle = self._idle
        while (connection := idle.pop()) is not None and not connection.is_usable():
            connection.close()
        if connection is None:
            connection = Connection(self._connect())
        connection.prepare(request, connection.trace)
        connection.deadline = request.extensions.get("deadline", math.inf)
        try:
            response = connection.transport.handle_request(request)
            assert isinstance(response.stream, httpx.SyncByteStream)
            response.stream = _Stream(response.stream, connection, idle)
        except BaseException:
            connection.close()
            raise
        return response

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their request ends."""
        for connection in self._idle.close():
            connection.close()

    def _renew(self) -> object:
        parents, self._idle = self._idle, IdleConnections()
        return parents


class AsyncConnectionPool(httpx.AsyncBaseTransport):
    """The same for an async client."""

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._connect = connect
        self._idle: PerLoop[IdleConnections[AsyncConnection]] = PerLoop(IdleConnections)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, which is busy until the response is closed."""
        idle = self._idle.get()
        while (connection := idle.pop()) is not None and not connection.is_usable():
            await connection.aclose()
        if connection is None:
            connection = AsyncConnection(self._connect())
        connection.prepare(request, connection.trace)
        try:
            if idle.closer is None:
                idle.closer = _close_with_loop(idle)
                await anext(idle.closer)
            response = await connection.transport.handle_async_request(request)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _AsyncStream(response.stream, connection, idle)
        except BaseException as error:
            await connection.aclose()
            if isinstance(error, RuntimeError) and not connection.is_ready:
                # An event loop looks host names up in threads, and none can be started when Python ends.
                raise httpx.ConnectError(str(error)) from error
            raise
        return response

    async def aclose(self) -> None:
        """Close the idle connections of this event loop; those in use are closed when their request ends.

        Those of another event loop are closed when that ends.
        """
        for idle in self._idle.all():
            idle.is_closed = True
        idle = self._idle.get()
        closer, idle.closer = idle.closer, None
        if closer is not None:
            await closer.aclose()


async def _close_with_loop(idle: IdleConnections[AsyncConnection]) -> AsyncGenerator[None, None]:
    """Close the idle connections of an event loop when it ends: then it closes its async generators."""
    try:
        yield
    finally:
        for connection in idle.close():
            await connection.aclose()


class _BaseStream(Generic[T, C]):
    """A response's body that gives its connection back when it is closed, if it was read to the end."""

    def __init__(self, body: T, connection: C, idle: IdleConnections[C]) -> None:
        self._body = body
        self._connection = connection
        self._idle = idle
        self._is_read = False


class _Stream(_BaseStream[httpx.SyncByteStream, Connection], httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield from self._body
        self._is_read = True

    def close(self) -> None:
        to_close = [self._connection]
        try:
            if self._is_read:
                self._body.close()
                if not self._connection.has_leftovers():
                    to_close = self._idle.put_back(self._connection)
        finally:
            for connection in to_close:
                connection.close()


class _AsyncStream(_BaseStream[httpx.AsyncByteStream, AsyncConnection], httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            yield part
        self._is_read = True

    async def aclose(self) -> None:
        to_close = [self._connection]
        try:
            if self._is_read:
                await self._body.aclose()
                if not self._connection.has_leftovers():
                    to_close = self._idle.put_back(self._connection)
        finally:
            for connection in to_close:
                await connection.aclose()
