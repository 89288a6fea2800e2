"""The in-process adapters: httpx transports that pass requests to a sandbox, without a server."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self, TypeVar

import httpx

from .faults import Fault
from .injection import respond
from .messages import BODILESS, Request, Response
from .policy import EnumCase
from .sandbox import Sandbox

T = TypeVar("T")


class _Transport:
    """What both transports share: their sandbox, and whether they close it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._owns_sandbox = False

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None, *, enum_case: EnumCase = "lower") -> Self:
        """Return a transport with a sandbox of its own, which closes together with the transport.

        Args:
            path: The account's file, None for an account in memory.
            enum_case: The generation of the API; see `Sandbox`.

        Returns:
            The transport.

        Raises:
            SandboxError: The file cannot be opened, or it is not a sandbox account.
        """
        transport = cls(Sandbox(path, enum_case=enum_case))
        transport._owns_sandbox = True
        return transport

    def close(self) -> None:
        """Close the sandbox if this transport opened it."""
        if self._owns_sandbox:
            self.sandbox.close()

    def _fault(self, request: httpx.Request, received: Request) -> Fault | None:
        """Return the request's fault; raise at once when the fault ends the request."""
        fault = self.sandbox.faults.take(received)
        if fault is None:
            return None
        if fault.kind == "refuse":
            raise httpx.ConnectError(_os_error(errno.ECONNREFUSED), request=request)
        timeout = request.extensions.get("timeout", {}).get("read")
        if timeout is not None and fault.seconds > timeout:
            # To the account this is the same as a connection that is reset.
            respond(self.sandbox, received, Fault(kind="reset_before" if fault.before else "reset_after"))
            raise httpx.ReadTimeout("timed out", request=request)
        return fault


class SandboxTransport(_Transport, httpx.BaseTransport):
    """A transport for `httpx.Client(transport=...)`; the sandbox answers whatever the host.

    Args:
        sandbox: The account, which closing the transport leaves open.

    Attributes:
        sandbox: The account.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request to the sandbox.

        Args:
            request: The request.

        Returns:
            The response.

        Raises:
            httpx.TransportError: A fault refuses, resets or times out the request.
        """
        received = _received(request, request.read())
        fault = self._fault(request, received)
        if fault is not None and fault.pause_before:
            time.sleep(fault.pause_before)
        response = respond(self.sandbox, received, fault)
        if fault is not None and fault.pause_after:
            time.sleep(fault.pause_after)
        return _response(request, response)


class AsyncSandboxTransport(_Transport, httpx.AsyncBaseTransport):
    """A transport for `httpx.AsyncClient(transport=...)`, under asyncio and trio.

    A sandbox in a file works in a thread, since another process may keep the file locked for a while.

    Args:
        sandbox: The account, which closing the transport leaves open.

    Attributes:
        sandbox: The account.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request to the sandbox.

        Args:
            request: The request.

        Returns:
            The response.

        Raises:
            httpx.TransportError: A fault refuses, resets or times out the request.
        """
        received = _received(request, await request.aread())
        fault = await self._run(self._fault, request, received)
        if fault is not None and fault.pause_before:
            await _sleep(fault.pause_before)
        response = await self._run(respond, self.sandbox, received, fault)
        if fault is not None and fault.pause_after:
            await _sleep(fault.pause_after)
        return _response(request, response)

    async def aclose(self) -> None:
        """Close the sandbox if this transport opened it."""
        self.close()

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        if self.sandbox.path is None:
            return function(*arguments)
        # Imported here, because anyio is slow to import and most users of this module do not need it.
        import anyio.to_thread

        return await anyio.to_thread.run_sync(function, *arguments)


async def _sleep(seconds: float) -> None:
    import anyio

    await anyio.sleep(seconds)


class _CutStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends early, as when a server dies while it sends."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


def _received(request: httpx.Request, body: bytes) -> Request:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Request(request.method, path, query, tuple(request.headers.multi_items()), body)


def _response(request: httpx.Request, response: Response | None) -> httpx.Response:
    if response is None:
        raise httpx.ReadError(_os_error(errno.ECONNRESET), request=request)
    headers = list(response.headers)
    if response.status not in BODILESS:
        headers.append(("content-length", str(len(response.body))))
    # As a stream, because a client does not read `content`, and so does not set `elapsed`.
    body = b"" if request.method == "HEAD" else response.body
    stream: httpx.SyncByteStream | httpx.AsyncByteStream = httpx.ByteStream(body)
    if response.sent is not None and body:
        stream = _CutStream(response.body[: response.sent])
    return httpx.Response(response.status, headers=headers, stream=stream)


def _os_error(number: int) -> str:
    return f"[Errno {number}] {os.strerror(number)}"
