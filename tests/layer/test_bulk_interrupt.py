"""A bulk delete that is stopped midway loses no outcome and starts nothing more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from support.account import Account, Connect
from support.transports import Gate, sandbox_transport

from arize_users import ArizeClient, BulkInterrupted, BulkUserDeletionResult
from arize_users.sandbox import Sandbox

from .stopped import agrees

ROOT = Path(__file__).parents[2]


class Stop(Exception):
    """A caller's own exception."""


# An exception of on_result


@pytest.mark.parametrize("error", [Stop, StopIteration, BulkInterrupted, KeyError])
@pytest.mark.parametrize("after", [1, 5])
def test_exception_of_on_result(account: Account, after: int, error: type[Exception]) -> None:
    """An exception of on_result stops the batch, and is the cause of the error that holds the outcomes."""
    ids = account.sandbox.add_users(40)
    seen: list[BulkUserDeletionResult] = []
    arguments = {"results": (), "pending": ()} if error is BulkInterrupted else {}

    def on_result(result: BulkUserDeletionResult) -> None:
        seen.append(result)
        if len(seen) == after:
            raise error("enough", **arguments)

    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(user_ids=ids, max_concurrency=4, on_result=on_result)
    assert isinstance(caught.value.__cause__, error)
    assert len(seen) == after
    assert {one.user_id for one in seen} <= {one.user_id for one in caught.value.results}
    assert len(account.sent) < 40
    agrees(caught.value, account.sandbox, ids)
    before = len(account.sent)
    assert account.users.list().users
    assert len(account.sent) == before + 1


def test_exception_of_the_last_report(account: Account) -> None:
    """Even when all was done before the exception, it is raised with every result and nothing pending."""
    ids = account.sandbox.add_users(3)
    seen: list[BulkUserDeletionResult] = []

    def on_result(result: BulkUserDeletionResult) -> None:
        seen.append(result)
        if len(seen) == 3:
            raise Stop

    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(user_ids=ids, on_result=on_result)
    assert caught.value.pending == []
    agrees(caught.value, account.sandbox, ids)


def test_going_on(account: Account) -> None:
    """Calling again with what is pending goes on where it stopped."""
    ids = account.sandbox.add_users(12)
    emails = ["user00003@example.com", "USER00011@example.com", "nobody@example.com"]

    def on_result(result: BulkUserDeletionResult) -> None:
        raise Stop

    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(user_ids=ids[:5], emails=emails, max_concurrency=2, on_result=on_result)
    pending = caught.value.pending
    assert len(caught.value.results) + len(pending) == 8
    rest = account.users.bulk_delete(
        user_ids=[one for one in pending if "@" not in one], emails=[one for one in pending if "@" in one]
    )
    assert len(rest) == len(pending)
    assert len([entry for entry in account.sandbox.audit if entry.action == "delete"]) == 6


def test_stopped_while_in_flight(connect: Connect, kind: str, sandbox: Sandbox, case: str) -> None:
    """Requests in flight when the batch stops are awaited and told of, and none starts after."""
    ids = sandbox.add_users(30)
    client = connect(Gate(sandbox_transport(sandbox, kind), method="DELETE", together=6), case=case)

    def on_result(result: BulkUserDeletionResult) -> None:
        raise Stop

    with pytest.raises(BulkInterrupted) as caught:
        client.users.bulk_delete(user_ids=ids, max_concurrency=6, on_result=on_result)
    assert len(caught.value.results) == len(client.recorder.sent)
    assert len(caught.value.results) % 6 == 0
    assert len(caught.value.results) < 30
    agrees(caught.value, sandbox, ids)


# Interrupts


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupt_in_on_result(error: type[BaseException]) -> None:
    """An interrupt that arrives in on_result stops the batch like one that arrives elsewhere."""
    with (
        Sandbox() as sandbox,
        ArizeClient(api_key="sandbox-admin", transport=sandbox_transport(sandbox, "sync")) as client,
    ):
        ids = sandbox.add_users(20)

        def on_result(result: BulkUserDeletionResult) -> None:
            raise error

        with pytest.raises(BulkInterrupted) as caught:
            client.users.bulk_delete(user_ids=ids, max_concurrency=3, on_result=on_result)
        assert isinstance(caught.value.__cause__, error)
        agrees(caught.value, sandbox, ids)


class _Alarm(httpx.BaseTransport):
    """Interrupts this process while the so-manieth request is in flight, and answers when that was felt."""

    def __init__(self, inner: Any, at: int, felt: threading.Event) -> None:
        self._inner = inner
        self._left = at
        self._lock = threading.Lock()
        self._felt = felt

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self._left -= 1
            is_turn = self._left == 0
        if is_turn:
            os.kill(os.getpid(), signal.SIGINT)
            assert self._felt.wait(20)
        response: httpx.Response = self._inner.handle_request(request)
        return response


@pytest.fixture
def felt() -> Iterator[threading.Event]:
    """Make Ctrl-C work as in a program, and tell when it was felt."""
    felt = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:
        felt.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    yield felt
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("at", [1, 7])
def test_ctrl_c_while_waiting(at: int, felt: threading.Event) -> None:
    """Ctrl-C while requests are in flight: they are awaited and told of, and the batch ends."""
    with Sandbox() as sandbox:
        ids = sandbox.add_users(200)
        alarm = _Alarm(sandbox_transport(sandbox, "sync"), at, felt)
        seen: list[BulkUserDeletionResult] = []
        with ArizeClient(api_key="sandbox-admin", transport=alarm) as client:
            with pytest.raises(BulkInterrupted) as caught:
                client.users.bulk_delete(user_ids=ids, max_concurrency=2, on_result=seen.append)
            assert isinstance(caught.value.__cause__, KeyboardInterrupt)
            assert len(caught.value.results) < 200
            agrees(caught.value, sandbox, ids)
            assert {one.user_id for one in seen} <= {one.user_id for one in caught.value.results}


class _Interrupter:
    """Raises KeyboardInterrupt at the so-manieth line that this thread runs in the drivers."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.place: str | None = None

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.endswith("_flow.py"):
            return self if event == "call" else None
        if event == "line":
            self._left -= 1
            if self._left == 0:
                self.place = f"{frame.f_code.co_name}, line {frame.f_lineno}"
                raise KeyboardInterrupt
        return self


def _interrupted_at(at: int) -> tuple[str | None, str | None]:
    """Interrupt a small batch at a line; give where that was, and what was wrong with what came of it."""
    outcome: list[Any] = []
    interrupter = _Interrupter(at)
    with Sandbox() as sandbox:
        ids = sandbox.add_users(4)

        def work() -> None:
            client = ArizeClient(api_key="sandbox-admin", transport=sandbox_transport(sandbox, "sync"))
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
        told = {one.user_id for one in results}
    return interrupter.place, None if told == deleted else f"{len(deleted)} deleted, {len(told)} told"


def test_interrupt_at_any_line() -> None:
    """Wherever in the driver an interrupt arrives, every outcome is told, and nothing hangs."""
    wrong: list[str] = []
    for at in range(1, 1000):
        place, problem = _interrupted_at(at)
        if problem is not None:
            wrong.append(f"{place}: {problem}")
        if place is None or len(wrong) == 3:
            break
    assert wrong == []


SCRIPT = """
    import sys, threading, os, signal
    import httpx
    from arize_users import ArizeClient, BulkInterrupted
    from arize_users.sandbox import Sandbox, SandboxTransport

    class Slow(SandboxTransport):
        def handle_request(self, request):
            response = super().handle_request(request)
            if len(self.sandbox.audit) >= 5:
                os.kill(os.getpid(), signal.SIGINT)
            return response

    sandbox = Sandbox()
    ids = sandbox.add_users(300)
    client = ArizeClient(api_key="sandbox-admin", transport=Slow(sandbox))
    try:
        client.users.bulk_delete(user_ids=ids, max_concurrency=3)
    except BulkInterrupted as stopped:
        told = {one.user_id for one in stopped.results}
        done = {entry.user_id for entry in sandbox.audit}
        print(told == done, len(told) + len(stopped.pending) == 300, len(told) < 300)
        print(type(stopped.__cause__).__name__)
    """


ASYNC_SCRIPT = """
    import asyncio, os, signal
    from arize_users import AsyncArizeClient, BulkInterrupted
    from arize_users.sandbox import AsyncSandboxTransport, Sandbox

    class Interrupting(AsyncSandboxTransport):
        async def handle_async_request(self, request):
            if len(self.sandbox.audit) == 5:
                os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0)
            return await super().handle_async_request(request)

    sandbox = Sandbox()
    ids = sandbox.add_users(300)

    async def main():
        async with AsyncArizeClient(api_key="sandbox-admin", transport=Interrupting(sandbox)) as client:
            await client.users.bulk_delete(user_ids=ids, max_concurrency=3)

    try:
        asyncio.run(main())
    except BulkInterrupted as stopped:
        told = {one.user_id for one in stopped.results}
        done = {entry.user_id for entry in sandbox.audit}
        print(told == done, len(told) + len(stopped.pending) == 300, len(told) < 300)
        print(type(stopped.__cause__).__name__)
    """


REAL_INTERRUPTS = [(SCRIPT, "KeyboardInterrupt"), (ASYNC_SCRIPT, "CancelledError")]


@pytest.mark.parametrize(("script", "cause"), REAL_INTERRUPTS)
def test_real_interrupt(script: str, cause: str) -> None:
    """In a program of its own, Ctrl-C in the middle of a batch gives every outcome."""
    environ = {**os.environ, "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"}
    environ["PYTHONPATH"] = os.pathsep.join(
        map(str, [ROOT, ROOT / "generated", os.environ.get("PYTHONPATH", "")])
    )
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
        check=False,
    )
    assert done.stdout.split() == ["True", "True", "True", cause], done.stderr
