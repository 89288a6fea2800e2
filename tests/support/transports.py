"""Transports between a client and what answers it: a recorder that judges, a script, a gate."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from attrs import frozen

from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

from .answers import Answer, one_by_one
from .contract import Contract

Answerer = Callable[[httpx.Request], Answer]


@frozen
class Sent:
    """One request that reached the recorder, and the operation of the contract that it is for."""

    operation: str | None
    request: httpx.Request

    @property
    def path(self) -> str:
        """The path as sent, percent-encoded, without the query."""
        return self.request.url.raw_path.decode("ascii").partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, the last."""
        return dict(self.request.url.params)

    @property
    def statuses(self) -> list[str]:
        """The values of the status filter."""
        return self.request.url.params.get_list("status")

    @property
    def body(self) -> Any:
        """The JSON that was sent."""
        return json.loads(self.request.content)


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Records every request, judges it by the contract, and counts those in flight."""

    def __init__(self, inner: Any, contract: Contract | None) -> None:
        self._inner = inner
        self._contract = contract
        self._lock = threading.Lock()
        self._in_flight = 0
        self.sent: list[Sent] = []
        self.deviations: list[str] = []
        self.peak = 0

    @property
    def operations(self) -> list[str | None]:
        """The operations asked for so far, in their order."""
        return [one.operation for one in self.sent]

    def take_deviations(self) -> list[str]:
        """Give the deviations so far, which the test has reason to expect, and forget them."""
        taken, self.deviations = self.deviations, []
        return taken

    def forget(self) -> None:
        """Begin the record anew."""
        self.sent.clear()
        self.peak = 0

    @contextmanager
    def _recorded(self, request: httpx.Request) -> Iterator[None]:
        with self._lock:
            operation = None
            if self._contract is not None:
                judgement = self._contract.judge(request)
                operation = judgement.operation
                self.deviations += [f"{operation}: {one}" for one in judgement.violations]
            self.sent.append(Sent(operation, request))
            self._in_flight += 1
            self.peak = max(self.peak, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._recorded(request):
            response: httpx.Response = self._inner.handle_request(request)
            return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        with self._recorded(request):
            response: httpx.Response = await self._inner.handle_async_request(request)
            return response


class ScriptedTransport(httpx.MockTransport):
    """Answers each request with the next of a list, or with what a function says."""

    def __init__(self, answers: Iterable[Answer] | Answerer) -> None:
        answer = answers if callable(answers) else one_by_one(answers)
        super().__init__(lambda request: _streamed(answer(request)))


def _streamed(answer: Answer) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    stream = httpx.ByteStream(answer.content)
    return httpx.Response(answer.status, headers=answer.raw_headers, stream=stream)


def sandbox_transport(sandbox: Sandbox, kind: str) -> Any:
    """Give the transport to a sandbox in this process, for a sync or an async client."""
    return SandboxTransport(sandbox) if kind == "sync" else AsyncSandboxTransport(sandbox)


class Gate(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Holds matching requests back until so many of them are in flight at once, then lets all go.

    A client that never has so many in flight waits in vain, and gets a timeout.
    """

    def __init__(self, inner: Any, *, method: str, together: int) -> None:
        self._inner = inner
        self._method = method
        self._together = together
        self._threads = threading.Barrier(together, timeout=20)
        self._tasks: asyncio.Barrier | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == self._method:
            try:
                self._threads.wait()
            except threading.BrokenBarrierError:
                raise httpx.ReadTimeout("too few requests in flight") from None
        response: httpx.Response = self._inner.handle_request(request)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._tasks = self._tasks or asyncio.Barrier(self._together)
        if request.method == self._method:
            try:
                await asyncio.wait_for(self._tasks.wait(), 20)
            except TimeoutError:
                raise httpx.ReadTimeout("too few requests in flight") from None
        response: httpx.Response = await self._inner.handle_async_request(request)
        return response
