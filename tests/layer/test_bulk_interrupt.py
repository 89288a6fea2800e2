"""A bulk delete that is stopped midway loses no outcome and starts nothing more."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from support.account import Account, Connect
from support.answers import ok, page, problem
from support.simulated_driver import SimulatedDriver
from support.transports import Recorder

from arize_users import (
    ArizeClient,
    AsyncArizeClient,
    BulkInterrupted,
    BulkUserDeletionResult,
    DeletionStatus,
)
from arize_users._users.bulk import bulk_delete
from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

from .simulated_calls import operations_of
from .stopped import agrees
from .test_bulk import batch_of

ROOT = Path(__file__).parents[2]


class Stop(Exception):
    """A caller's own exception."""


@pytest.fixture
def active() -> Iterator[Sandbox]:
    """An account of the first generation."""
    with Sandbox() as sandbox:
        yield sandbox


# When it is stopped


def _interrupted(simulated: SimulatedDriver, moment: float, **batch: Any) -> BulkInterrupted:
    simulated.interrupt_at(moment, KeyboardInterrupt())
    with pytest.raises(BulkInterrupted) as caught:
        simulated.run(batch_of(**batch))
    return caught.value


def test_in_flight() -> None:
    """Requests in flight at the interrupt end and have a result; what had not begun is pending."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=1.0)
    ids = [f"id{number}" for number in range(20)]
    seen: list[BulkUserDeletionResult] = []
    error = _interrupted(simulated, 1002.5, user_ids=ids, on_result=seen.append)
    assert [one.user_id for one in error.results] == ids[:12]
    assert error.pending == ids[12:]
    assert len(seen) == 12
    assert simulated.now == 1003.0
    assert "12" in str(error)
    assert "8" in str(error)


def test_no_retry_after_an_interrupt() -> None:
    """A request that fails after the interrupt, or waits for its retry, is not sent again."""
    simulated = SimulatedDriver(lambda *_: problem(503, retry_after="30"), latency=1.0)
    error = _interrupted(simulated, 1005.0, user_ids=list("abcde"), max_retries=2)
    assert len(simulated.sent) == 4
    assert [one.status for one in error.results] == [DeletionStatus.FAILED] * 4
    assert all("503" in one.error for one in error.results)
    assert error.pending == ["e"]
    assert simulated.now < 1031.0


def test_during_a_rate_limit_pause() -> None:
    """A deletion that a rate limit keeps from its first attempt is pending, not failed."""
    simulated = SimulatedDriver(
        lambda request, _: problem(429, retry_after="30") if request.path.endswith("/a") else ok(),
        latency=1.0,
    )
    error = _interrupted(simulated, 1010.0, user_ids=list("abcd"), max_concurrency=2, max_retries=2)
    statuses = {one.user_id: one.status for one in error.results}
    assert statuses == {"a": DeletionStatus.FAILED, "b": DeletionStatus.DELETED}
    assert error.pending == ["c", "d"]


def test_during_look_ups() -> None:
    """While emails are looked up, nothing was deleted, and everything is pending."""
    simulated = SimulatedDriver(lambda *_: ok(page()), latency=1.0)
    emails = [f"{number}@a{number}.com" for number in range(9)]
    error = _interrupted(simulated, 1000.5, user_ids=["x"], emails=emails)
    assert (error.results, error.pending) == ([], ["x", *emails])
    assert {request.operation for _, request in simulated.sent} == {"list_users"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_before_and_after(error: type[BaseException]) -> None:
    """An interrupt before anything began, or just after the end, gives the outcomes, too."""
    batch = bulk_delete(operations_of(), user_ids=["a"], emails=None, max_concurrency=1, on_result=None)
    with pytest.raises(BulkInterrupted) as caught, batch.interrupts_reported():
        raise error
    assert (caught.value.results, caught.value.pending) == ([], ["a"])
    SimulatedDriver([ok()]).run(batch.run())
    with pytest.raises(BulkInterrupted) as caught, batch.interrupts_reported():
        raise error
    assert ([one.user_id for one in caught.value.results], caught.value.pending) == (["a"], [])


# Exceptions of on_result


def _raise_at(call: int, error: BaseException, seen: list[Any]) -> Callable[[Any], None]:
    def on_result(result: BulkUserDeletionResult) -> None:
        seen.append(result)
        if len(seen) == call:
            raise error

    return on_result


EXCEPTIONS = [
    *[Stop(), StopIteration(), BulkInterrupted("", results=(), pending=()), KeyboardInterrupt()],
    *[asyncio.CancelledError(), SystemExit(3), GeneratorExit()],
]


@pytest.mark.parametrize("error", EXCEPTIONS, ids=repr)
def test_exception_of_on_result(connect: Connect, active: Sandbox, error: BaseException) -> None:
    """An exception of on_result stops the batch, and is the cause of the error that holds the outcomes."""
    for call in (1, 5):
        ids = active.add_users(40)
        seen: list[BulkUserDeletionResult] = []
        client = connect(active)
        on_result = _raise_at(call, error, seen)
        with pytest.raises(BulkInterrupted) as caught:
            client.users.bulk_delete(user_ids=ids, max_concurrency=4, on_result=on_result)
        assert caught.value.__cause__ is error
        assert len(seen) == call
        assert {one.user_id for one in seen} <= {one.user_id for one in caught.value.results}
        assert len(client.recorder.sent) < 40
        agrees(caught.value, active, ids)
        assert client.users.list().users
        active.clear_log()


def test_exception_for_the_last_result(account: Account) -> None:
    """Even when everything is done, an exception of on_result is raised, with every result."""
    ids = account.sandbox.add_users(3)
    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(user_ids=ids, on_result=_raise_at(3, Stop(), []))
    assert caught.value.pending == []
    agrees(caught.value, account.sandbox, ids)


def test_calling_again_with_what_is_pending(account: Account) -> None:
    """Calling again with what is pending deletes the rest."""
    ids = account.sandbox.add_users(12)
    emails = ["user00003@example.com", "USER00011@example.com", "nobody@example.com"]
    batch = {"user_ids": ids[:5], "emails": emails, "max_concurrency": 2}
    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(**batch, on_result=_raise_at(1, Stop(), []))
    pending = caught.value.pending
    assert len(caught.value.results) + len(pending) == 8
    rest = account.users.bulk_delete(
        user_ids=[one for one in pending if "@" not in one], emails=[one for one in pending if "@" in one]
    )
    assert len(rest) == len(pending)
    assert len([entry for entry in account.sandbox.audit if entry.action == "delete"]) == 6


# Interrupts of the driver


class _LineInterrupter:
    """Raises KeyboardInterrupt at one line, counted as this thread runs them in the driver."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.place: str | None = None

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.endswith("sync_driver.py"):
            return self if event == "call" else None
        if event == "line":
            self._left -= 1
            if self._left == 0:
                self.place = f"{frame.f_code.co_name}, line {frame.f_lineno}"
                raise KeyboardInterrupt
        return self


def _interrupted_at(at: int) -> tuple[str | None, str | None]:
    """Interrupt a small batch at a line; give the line, and what is wrong with the outcome."""
    outcome: list[Any] = []
    interrupter = _LineInterrupter(at)
    with Sandbox() as sandbox:
        ids = sandbox.add_users(4)

        def work() -> None:
            client = ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(sandbox))
            sys.settrace(interrupter)
            try:
                outcome.append(client.users.bulk_delete(user_ids=ids, max_concurrency=2))
            except BaseException as error:
                outcome.append(error)
            finally:
                sys.settrace(None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(5)
        if not outcome:
            return interrupter.place, "it hangs"
        deleted = {entry.user_id for entry in sandbox.audit}
    results = getattr(outcome[0], "results", outcome[0] if isinstance(outcome[0], list) else [])
    reported = {one.user_id for one in results}
    is_right = reported == deleted
    return interrupter.place, None if is_right else f"{len(deleted)} deleted, {len(reported)} reported"


def test_interrupt_at_any_line() -> None:
    """Wherever in the driver an interrupt arrives, every outcome is reported, and nothing hangs."""
    wrong: list[str] = []
    for at in range(1, 1000):
        place, problem = _interrupted_at(at)
        if problem is not None:
            wrong.append(f"{place}: {problem}")
        if place is None or len(wrong) == 3:
            break
    assert wrong == []
    assert at > 50


# Cancellation


class _Cancelling(AsyncSandboxTransport):
    """Cancels a task during one request."""

    def __init__(self, sandbox: Sandbox, at: int) -> None:
        super().__init__(sandbox)
        self._left = at
        self.task: asyncio.Task[Any]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0:
            self.task.cancel()
        await asyncio.sleep(0)
        return await super().handle_async_request(request)


def _cancelled(sandbox: Sandbox, at: int, **batch: Any) -> tuple[BulkInterrupted, int]:
    async def run() -> tuple[BulkInterrupted, int]:
        transport = _Cancelling(sandbox, at)
        recorder = Recorder(transport, None)
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            transport.task = asyncio.create_task(client.users.bulk_delete(**batch, max_concurrency=4))
            with pytest.raises(BulkInterrupted) as caught:
                await transport.task
            sent = len(recorder.sent)
            await asyncio.sleep(0)
            assert len(recorder.sent) == sent
            return caught.value, sent

    return asyncio.run(run())


@pytest.mark.parametrize("at", [1, 2, 9])
def test_cancelled_task(active: Sandbox, at: int) -> None:
    """A cancelled task finishes what is in flight, starts nothing more, and reports every outcome."""
    ids = active.add_users(40)
    error, sent = _cancelled(active, at, user_ids=ids)
    assert isinstance(error.__cause__, asyncio.CancelledError)
    assert len(error.results) == sent < 40
    agrees(error, active, ids)


def test_cancelled_during_look_ups(active: Sandbox) -> None:
    """Cancelled before the first DELETE, nothing is deleted, and everything is pending."""
    active.add_users(10)
    emails = [f"user{number:05}@example.com" for number in range(1, 11)]
    error, _ = _cancelled(active, 1, emails=emails)
    assert (error.results, error.pending) == ([], emails)
    assert active.audit == []


def test_cancelled_between_the_pages_of_a_look_up(active: Sandbox) -> None:
    """Cancelled while more pages of a domain are to be read, the cancellation is the cause."""
    active.add_users(250)
    emails = [f"user{number:05}@example.com" for number in range(200, 240)]
    error, _ = _cancelled(active, 1, emails=emails)
    assert isinstance(error.__cause__, asyncio.CancelledError)
    assert (error.results, error.pending) == ([], emails)


def test_timeout_around_a_batch(active: Sandbox) -> None:
    """A timeout of the caller's around the batch works like a cancellation: the outcomes are reported."""
    ids = active.add_users(20)

    async def stop_midway() -> None:
        transport = AsyncSandboxTransport(active)
        async with AsyncArizeClient(api_key="sandbox-admin", transport=transport) as client:
            async with asyncio.timeout(60) as limit:

                def on_result(result: BulkUserDeletionResult) -> None:
                    limit.reschedule(asyncio.get_running_loop().time())

                await client.users.bulk_delete(user_ids=ids, max_concurrency=1, on_result=on_result)

    with pytest.raises(BulkInterrupted) as caught:
        asyncio.run(stop_midway())
    agrees(caught.value, active, ids)


# Programs of their own

PROGRAM = """
    import asyncio, os, signal
    from arize_users import ArizeClient, AsyncArizeClient, BulkInterrupted
    from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

    once = iter([signal.SIGINT])

    def interrupt(sandbox):
        if len(sandbox.audit) >= 5:  # Of several threads, none may see exactly 5.
            for number in once:
                os.kill(os.getpid(), number)

    class Interrupting(SandboxTransport):
        def handle_request(self, request):
            response = super().handle_request(request)
            interrupt(self.sandbox)
            return response

    class AsyncInterrupting(AsyncSandboxTransport):
        async def handle_async_request(self, request):
            interrupt(self.sandbox)
            await asyncio.sleep(0)
            return await super().handle_async_request(request)

    def delete():
        client = ArizeClient(api_key="sandbox-admin", transport=Interrupting(sandbox))
        client.users.bulk_delete(user_ids=ids, max_concurrency=3)

    async def adelete():
        async with AsyncArizeClient(api_key="sandbox-admin", transport=AsyncInterrupting(sandbox)) as client:
            await client.users.bulk_delete(user_ids=ids, max_concurrency=3)

    sandbox = Sandbox()
    ids = sandbox.add_users(300)
    try:
        RUN
    except BulkInterrupted as stopped:
        reported = {one.user_id for one in stopped.results}
        deleted = {entry.user_id for entry in sandbox.audit}
        print(reported == deleted, len(reported) + len(stopped.pending) == 300, len(reported) < 300)
        print(type(stopped.__cause__).__name__)
    """


@pytest.mark.parametrize(
    ("run", "cause"), [("delete()", "KeyboardInterrupt"), ("asyncio.run(adelete())", "CancelledError")]
)
def test_program(run: str, cause: str) -> None:
    """In a program of its own, Ctrl-C in the middle of a batch gives every outcome."""
    paths = [ROOT, ROOT / "generated", os.environ.get("PYTHONPATH", "")]
    environ = {**os.environ, "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"}
    environ["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    script = textwrap.dedent(PROGRAM).replace("RUN", run)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environ, check=False
    )
    assert done.stdout.split() == ["True", "True", "True", cause], done.stderr
