"""The connection pool of a client.

httpx' own pool looks at each of its connections before and after each request; with a few dozen of them
that costs more than the request. This one takes the connection used last, or opens a new one. Callers
bound the number: their threads or tasks, and ``max_concurrency``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import httpx

IDLE_SECONDS = 30.0
"""A connection idle for longer is closed: a proxy on the way may have dropped it silently."""

T = TypeVar("T")


class IdleConnections(Generic[T]):
    """The connections of a pool that no request uses. Safe to share between threads."""

    def __init__(self, connect: Callable[[], T]) -> None:
        self._connect = connect
        self._idle: list[tuple[T, float]] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self) -> T:
        """Give the connection used last, or a new one."""
        with self._lock:
            return self._idle.pop()[0] if self._idle else self._connect()

    def put_back(self, connection: T) -> list[T]:
        """Take a connection back, and give those to close: idle for too long, or the pool is closed."""
        now = time.monotonic()
        with self._lock:
            if self._is_closed:
                return [connection]
            self._idle.append((connection, now))
            if now - self._idle[0][1] < IDLE_SECONDS:  # The first one has been idle the longest.
                return []
            stale = [idle for idle, since in self._idle if now - since >= IDLE_SECONDS]
            self._idle = [(idle, since) for idle, since in self._idle if now - since < IDLE_SECONDS]
            return stale

    def close(self) -> list[T]:
        """Give every idle connection, to close; those in use are to be closed when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        return [connection for connection, _ in idle]


class ConnectionPool(httpx.BaseTransport):
    """A pool of transports with one connection each.

    It does not subclass `httpx.HTTPTransport`: tools that trace that class's requests see each once, at the
    connection.
    """

    def __init__(self, connect: Callable[[], httpx.BaseTransport]) -> None:
        self._connections = IdleConnections(connect)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, which is busy until the response is closed."""
        connection = self._connections.take()
        try:
            response = connection.handle_request(request)
        except BaseException:
            self._put_back(connection)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Stream(response.stream, lambda: self._put_back(connection))
        return response

    def _put_back(self, connection: httpx.BaseTransport) -> None:
        for stale in self._connections.put_back(connection):
            stale.close()

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their request ends."""
        for connection in self._connections.close():
            connection.close()


class AsyncConnectionPool(httpx.AsyncBaseTransport):
    """The same for an async client."""

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._connections = IdleConnections(connect)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, which is busy until the response is closed."""
        connection = self._connections.take()
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await self._put_back(connection)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AsyncStream(response.stream, lambda: self._put_back(connection))
        return response

    async def _put_back(self, connection: httpx.AsyncBaseTransport) -> None:
        for stale in self._connections.put_back(connection):
            await stale.aclose()

    async def aclose(self) -> None:
        """Close the idle connections; those in use are closed when their request ends."""
        for connection in self._connections.close():
            await connection.aclose()


class _Stream(httpx.SyncByteStream):
    """A response's body that gives its connection back when it is closed."""

    def __init__(self, body: httpx.SyncByteStream, put_back: Callable[[], None]) -> None:
        self._body = body
        self._put_back = put_back

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._put_back()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, body: httpx.AsyncByteStream, put_back: Callable[[], Awaitable[None]]) -> None:
        self._body = body
        self._put_back = put_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            await self._put_back()
