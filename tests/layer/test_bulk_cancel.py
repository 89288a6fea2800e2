"""A bulk delete whose task is cancelled midway loses no outcome and starts nothing more."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from support.contract import contract_of
from support.transports import Recorder, sandbox_transport

from arize_users import AsyncArizeClient, BulkInterrupted, BulkUserDeletionResult
from arize_users.sandbox import Sandbox

from .stopped import agrees


@pytest.mark.parametrize("at", [1, 2, 9])
def test_cancelled_task(at: int, case: str, sandbox: Sandbox) -> None:
    """A cancelled task finishes what is in flight, starts nothing more, and tells every outcome."""
    ids = sandbox.add_users(40)

    class Cancelling(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.inner = sandbox_transport(sandbox, "async")
            self.count = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.count += 1
            if self.count == at:
                task.cancel()
            await asyncio.sleep(0)
            response: httpx.Response = await self.inner.handle_async_request(request)
            return response

    async def stop_midway() -> tuple[BulkInterrupted, int]:
        nonlocal task
        recorder = Recorder(Cancelling(), contract_of(case))
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            task = asyncio.create_task(client.users.bulk_delete(user_ids=ids, max_concurrency=4))
            with pytest.raises(BulkInterrupted) as caught:
                await task
            sent = len(recorder.sent)
            await asyncio.sleep(0)
            assert len(recorder.sent) == sent
            return caught.value, sent

    task: asyncio.Task[Any]
    caught, sent = asyncio.run(stop_midway())
    assert isinstance(caught.__cause__, asyncio.CancelledError)
    assert len(caught.results) == sent < 40
    agrees(caught, sandbox, ids)


@pytest.mark.parametrize("phase", ["before the start", "while resolving"])
def test_cancelled_early(phase: str, sandbox: Sandbox, case: str) -> None:
    """Cancelled before the first DELETE, nothing is deleted and everything is pending."""
    sandbox.add_users(10)
    emails = [f"user{number:05}@example.com" for number in range(1, 11)]

    class Cancelling(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            task.cancel()
            response: httpx.Response = await sandbox_transport(sandbox, "async").handle_async_request(request)
            return response

    async def stop_early() -> BaseException:
        nonlocal task
        async with AsyncArizeClient(api_key="sandbox-admin", transport=Cancelling()) as client:
            task = asyncio.create_task(client.users.bulk_delete(emails=emails))
            if phase == "before the start":
                task.cancel()
            try:
                await task
            except (BulkInterrupted, asyncio.CancelledError) as error:
                return error
            raise AssertionError("not stopped")

    task: asyncio.Task[Any]
    error = asyncio.run(stop_early())
    if phase == "while resolving":
        assert isinstance(error, BulkInterrupted)
        assert (error.results, error.pending) == ([], emails)
    assert sandbox.audit == []


def test_timeout_around_a_batch(sandbox: Sandbox) -> None:
    """A timeout of the caller's around the batch works like a cancellation: the outcomes are told."""
    ids = sandbox.add_users(20)
    recorder = Recorder(sandbox_transport(sandbox, "async"), None)

    async def stop_midway() -> None:
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            async with asyncio.timeout(60) as limit:

                def on_result(result: BulkUserDeletionResult) -> None:
                    limit.reschedule(asyncio.get_running_loop().time())

                await client.users.bulk_delete(user_ids=ids, max_concurrency=1, on_result=on_result)

    with pytest.raises(BulkInterrupted) as caught:
        asyncio.run(stop_midway())
    agrees(caught.value, sandbox, ids)
