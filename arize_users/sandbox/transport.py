"""The in-process faces: httpx transports that hand requests to a sandbox, without a server."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self, TypeVar, TypeVarTuple, Unpack

import httpx

from arize_users.sandbox.delivery import Delivery, abandon, deliver
from arize_users.sandbox.faults import Fault
from arize_users.sandbox.local import Sandbox
from arize_users.sandbox.messages import BODILESS, Request

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Transport:
    """What both transports share: which sandbox, and whether closing closes it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._owns_sandbox = False

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None) -> Self:
        """Return a transport with a sandbox of its own, which closing the transport closes."""
        transport = cls(Sandbox(path))
        transport._owns_sandbox = True
        return transport

    def _close(self) -> None:
        if self._owns_sandbox:
            self.sandbox.close()

    def _fault(self, request: httpx.Request, received: Request) -> Fault | None:
        """Return the fault to do; raise when it leaves nothing to wait for."""
        fault = self.sandbox.faults.take(received)
        if fault is None:
            return None
        if fault.kind == "refuse":
            text = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
            raise httpx.ConnectError(text, request=request)
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and fault.seconds > patience:
            abandon(self.sandbox, received, fault)
            raise httpx.ReadTimeout("timed out", request=request)
        return fault


class SandboxTransport(_Transport, httpx.BaseTransport):
    """For `httpx.Client(transport=...)`: whatever the host, the sandbox answers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or raise the httpx error that its fault stands for."""
        received = _received(request, request.read())
        fault = self._fault(request, received)
        if fault is not None and fault.pause_before:
            time.sleep(fault.pause_before)
        delivery = deliver(self.sandbox, received, fault)
        if fault is not None and fault.pause_after:
            time.sleep(fault.pause_after)
        return _response(request, delivery)

    def close(self) -> None:
        """Close the sandbox if this transport opened it."""
        self._close()


class AsyncSandboxTransport(_Transport, httpx.AsyncBaseTransport):
    """The same for `httpx.AsyncClient`, under asyncio and trio.

    A sandbox in a file works in a thread, since another process may hold its lock for a while.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or raise the httpx error that its fault stands for."""
        received = _received(request, await request.aread())
        fault = await self._run(self._fault, request, received)
        if fault is not None and fault.pause_before:
            await _sleep(fault.pause_before)
        delivery = await self._run(deliver, self.sandbox, received, fault)
        if fault is not None and fault.pause_after:
            await _sleep(fault.pause_after)
        return _response(request, delivery)

    async def aclose(self) -> None:
        """Close the sandbox if this transport opened it."""
        self._close()

    async def _run(self, work: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
        if self.sandbox.path is None:
            return work(*arguments)
        # Here and not above: anyio is slow to import, and most users of this module do without.
        import anyio.to_thread

        return await anyio.to_thread.run_sync(work, *arguments)


async def _sleep(seconds: float) -> None:
    import anyio

    await anyio.sleep(seconds)


class _CutStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends before all of it has come, as when a server dies while sending."""

    def __init__(self, body: bytes, sent: int) -> None:
        self._part = body[:sent]
        self._error = (
            "peer closed connection without sending complete message body "
            f"(received {sent} bytes, expected {len(body)})"
        )

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError(self._error)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError(self._error)


def _received(request: httpx.Request, body: bytes) -> Request:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Request(request.method, path, query, tuple(request.headers.multi_items()), body)


def _response(request: httpx.Request, delivery: Delivery) -> httpx.Response:
    response = delivery.response
    if response is None:
        text = f"[Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}"
        raise httpx.ReadError(text, request=request)
    headers = list(response.headers)
    if response.status not in BODILESS:
        headers.append(("content-length", str(len(response.body))))
    # Given as a stream: with content the client would never read it, nor know `elapsed`.
    body = b"" if request.method == "HEAD" else response.body
    stream: httpx.SyncByteStream | httpx.AsyncByteStream = httpx.ByteStream(body)
    if delivery.sent is not None:
        stream = _CutStream(response.body, delivery.sent)
    return httpx.Response(response.status, headers=headers, stream=stream)
