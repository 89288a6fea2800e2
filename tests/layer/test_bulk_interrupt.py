"""A bulk delete that is stopped midway loses no outcome and starts nothing more."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import httpx
import pytest
from support.account import Account, Connect
from support.answers import Answer, html, ok, page, problem
from support.simulated_driver import SimulatedDriver
from support.transports import Recorder

from arize_users import (
    ArizeClient,
    ArizeError,
    AsyncArizeClient,
    BulkInterrupted,
    BulkUserDeletionResult,
    ConfigurationError,
    DeletionStatus,
    InvalidArgumentError,
    NotFoundError,
    Outcomes,
    WriteStatus,
    outcomes_of,
)
from arize_users._core.request import Request, RequestFailed
from arize_users._users.bulk import bulk_delete
from arize_users.results import carrying
from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

from .simulated_calls import CALLS, EMAIL, ID, call_with, operations_of
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


def _interrupted(simulated: SimulatedDriver, moment: float, **batch: Any) -> Outcomes:
    outcomes = Outcomes()
    simulated.interrupt_at(moment, KeyboardInterrupt())
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch_of(**batch, outcomes=outcomes))
    return outcomes


def _statuses(outcomes: Outcomes) -> list[str]:
    return [str(one.status) for one in outcomes.results]


def test_in_flight() -> None:
    """Requests under way at the interrupt are awaited and have a result; the rest is not attempted."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=1.0)
    ids = [f"id{number}" for number in range(20)]
    seen: list[BulkUserDeletionResult] = []
    outcomes = _interrupted(simulated, 1002.5, user_ids=ids, on_result=seen.append)
    assert _statuses(outcomes) == ["deleted"] * 12 + ["not_attempted"] * 8
    assert outcomes.pending_ids == ids[12:]
    assert len(seen) == 12
    assert simulated.now == 1003.0
    assert repr(outcomes) == "Outcomes(12 deleted, 8 not attempted)"


def test_requests_that_are_not_answered() -> None:
    """Requests under way are awaited for the read timeout and a second; then they are unknown."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=3600.0)
    outcomes = _interrupted(simulated, 1002.0, user_ids=list("abcd"), max_concurrency=2)
    assert simulated.now == 1002.0 + 31.0
    assert _statuses(outcomes) == ["unknown"] * 2 + ["not_attempted"] * 2
    assert outcomes.unknown == outcomes.results[:2]
    assert all("a look-up by the id shows it" in one.error for one in outcomes.unknown)


def test_attempted_again_after_a_refused_key() -> None:
    """A deletion that was refused with 401 and is under way again is unknown, not failed."""

    def respond(request: Request, now: float) -> Answer:
        return problem(401) if request.path.endswith("/a") and now < 1002 else ok()

    simulated = SimulatedDriver(respond, latency=1.0)
    outcomes = Outcomes()
    simulated.interrupt_at(1001.5, KeyboardInterrupt())
    simulated.interrupt_at(1001.6, KeyboardInterrupt())
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch_of(user_ids=["a", "b"], max_concurrency=2, outcomes=outcomes))
    assert _statuses(outcomes) == ["unknown", "deleted"]


def _first_at_once(request: Request) -> float:
    return 1.0 if request.path.endswith("/a") else 3600.0


def test_interrupt_after_an_exception_of_on_result() -> None:
    """An interrupt while the rest is awaited is raised, though on_result had raised an exception before."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=_first_at_once)
    simulated.interrupt_at(1002.0, KeyboardInterrupt())
    simulated.interrupt_at(1003.0, KeyboardInterrupt())
    outcomes = Outcomes()
    batch = {"user_ids": list("abc"), "max_concurrency": 2, "on_result": _raise_at(1, Stop(), [])}
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch_of(**batch, outcomes=outcomes))
    assert _statuses(outcomes) == ["deleted", "unknown", "not_attempted"]


def test_exception_of_on_result_while_others_wait() -> None:
    """After an exception of on_result, too, requests are awaited no longer than the read timeout allows."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=_first_at_once)
    outcomes = Outcomes()
    batch = {"user_ids": list("abc"), "max_concurrency": 2, "on_result": _raise_at(1, Stop(), [])}
    with pytest.raises(BulkInterrupted):
        simulated.run(batch_of(**batch, outcomes=outcomes))
    assert simulated.now == 1001.0 + 31.0
    assert _statuses(outcomes) == ["deleted", "unknown", "not_attempted"]


def test_second_interrupt() -> None:
    """A second interrupt ends the waiting at once, and loses no outcome either."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=3600.0)
    simulated.interrupt_at(1005.0, KeyboardInterrupt())
    outcomes = _interrupted(simulated, 1002.0, user_ids=list("abcd"), max_concurrency=2)
    assert simulated.now == 1005.0
    assert _statuses(outcomes) == ["unknown"] * 2 + ["not_attempted"] * 2


def test_no_retry_after_an_interrupt() -> None:
    """A request that fails after the interrupt, or waits for its retry, is not sent again."""
    simulated = SimulatedDriver(lambda *_: problem(503, retry_after="30"), latency=1.0)
    outcomes = _interrupted(simulated, 1005.0, user_ids=list("abcde"), max_retries=2)
    assert len(simulated.sent) == 4
    assert _statuses(outcomes) == ["failed"] * 4 + ["not_attempted"]
    assert all("503" in one.error for one in outcomes.results[:4])
    assert simulated.now < 1031.0


def test_lost_answer_before_an_interrupt() -> None:
    """A request whose answer was lost before the interrupt is unknown, though its retry was never sent."""
    simulated = SimulatedDriver(lambda *_: RequestFailed("reset", sent=True), latency=1.0)
    outcomes = _interrupted(simulated, 1001.0001, user_ids=["a"], max_retries=2)
    assert _statuses(outcomes) == ["unknown"]


def test_during_a_rate_limit_pause() -> None:
    """A deletion that a rate limit keeps from its first attempt is not attempted, and has not failed."""
    simulated = SimulatedDriver(
        lambda request, _: problem(429, retry_after="30") if request.path.endswith("/a") else ok(),
        latency=1.0,
    )
    outcomes = _interrupted(simulated, 1010.0, user_ids=list("abcd"), max_concurrency=2, max_retries=2)
    assert _statuses(outcomes) == ["failed", "deleted", "not_attempted", "not_attempted"]


def test_during_look_ups() -> None:
    """While emails are looked up, nothing was deleted, and nothing is attempted."""
    simulated = SimulatedDriver(lambda *_: ok(page()), latency=1.0)
    emails = [f"{number}@a{number}.com" for number in range(9)]
    outcomes = _interrupted(simulated, 1000.5, user_ids=["x"], emails=[*emails, "0@A0.com"])
    assert _statuses(outcomes) == ["not_attempted"] * 10
    # A spelling of its own until the look-up shows that both name the same user.
    assert (outcomes.pending_ids, outcomes.pending_emails) == (["x"], [emails[0], "0@A0.com", *emails[1:]])
    assert {request.operation for _, request in simulated.sent} == {"list_users"}


def test_outcomes_belong_to_one_call(account: Account) -> None:
    """An Outcomes object is filled once; another call, or something else in its place, is refused."""
    outcomes = Outcomes()
    assert (outcomes.results, repr(outcomes)) == ([], "Outcomes(empty)")
    results = account.users.bulk_delete(user_ids=["a", "b"], outcomes=outcomes)
    assert outcomes.results == results
    for wrong in (outcomes, [], "x"):
        with pytest.raises(InvalidArgumentError, match="outcomes"):
            account.users.bulk_delete(user_ids=["a"], outcomes=wrong)
    assert len(account.recorder.sent) == 2


# What carries outcomes


def test_outcomes_of() -> None:
    """Outcomes are found on an exception, its causes, its contexts and in groups, and survive pickling."""
    outcomes = Outcomes()
    settings: Any = {"emails": None, "max_concurrency": 1, "on_result": None, "outcomes": outcomes}
    bulk_delete(operations_of(), user_ids=["a"], **settings)
    for kind in (KeyboardInterrupt, SystemExit, asyncio.CancelledError, RuntimeError, InvalidArgumentError):
        error = kind("x")
        with pytest.raises(kind) as caught, carrying(outcomes):
            raise error
        assert caught.value is error
        wrapped = BaseExceptionGroup("group", [ValueError(), BaseExceptionGroup("inner", [error])])
        effect, outer = TimeoutError(), ValueError()
        effect.__cause__, outer.__context__ = wrapped, effect
        error.__context__ = outer  # A loop, as contexts may form.
        for one in (error, wrapped, effect, outer):
            assert outcomes_of(one) is outcomes
        notes = getattr(error, "__notes__", [])
        assert ["not attempted" in note for note in notes] == ([] if kind is InvalidArgumentError else [True])
    assert outcomes_of(ValueError()) is None
    copied = pickle.loads(pickle.dumps(outcomes))
    assert (copied.results, copied.pending_ids) == (outcomes.results, ["a"])
    assert copied.to_dict() == {"results": [{**outcomes.results[0].to_dict(), "status": "not_attempted"}]}


SINGLE = {
    "delete": ("user_id", DeletionStatus),
    "update": ("user_id", WriteStatus),
    "resend": ("user_id", WriteStatus),
    "reset": ("user_id", WriteStatus),
    "create, email_link": ("email", WriteStatus),
    "create, temporary_password": ("email", WriteStatus),
}


@pytest.mark.parametrize("call", SINGLE)
def test_single_write(connect: Connect, call: str) -> None:
    """A single write that fails carries its one outcome: refused, never sent, or sent without an answer."""
    named, kind = SINGLE[call]
    for answer, status in (
        *[(problem(403), "failed"), (httpx.ConnectError("x"), "failed")],
        *[(httpx.ReadTimeout("x"), "unknown"), (html(200), "unknown")],
    ):
        client = connect(lambda _, answer=answer: answer, max_retries=0, enum_case="lower")
        with pytest.raises(ArizeError) as caught:
            CALLS[call](client.users)
        outcomes = outcomes_of(caught.value)
        assert outcomes is not None
        (result,) = outcomes.results
        assert getattr(result, named) == {"user_id": ID, "email": EMAIL}[named]
        assert (result.status, type(result.status)) == (status, kind)
        assert result.error == " ".join(str(caught.value).split())
        assert (outcomes.pending_ids, outcomes.pending_emails) == ([], [])


def test_single_delete_of_nobody(connect: Connect) -> None:
    """A delete of an id that nobody has carries NOT_FOUND."""
    with pytest.raises(NotFoundError) as caught:
        connect([problem(404)]).users.delete(user_id="a")
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    assert [one.status for one in outcomes.results] == [DeletionStatus.NOT_FOUND]


@pytest.mark.parametrize("call", SINGLE)
def test_cancelled_single_write(call: str) -> None:
    """A single write that is cancelled ends at once; it is unknown, and says how to find out."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=3600.0)
    simulated.interrupt_at(1001.0, KeyboardInterrupt())
    with pytest.raises(asyncio.CancelledError) as caught:
        call_with(simulated, call, operations_of())
    assert simulated.now == 1001.0
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    (result,) = outcomes.unknown
    assert caught.value.__notes__ == [result.error]
    if call == "create, temporary_password":
        assert "cannot be had again" in result.error


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("call", SINGLE)
def test_interrupted_single_write(active: Sandbox, call: str, interrupt: type[BaseException]) -> None:
    """A sync write that is interrupted while its request is out is unknown; the next call works."""

    class Interrupting(SandboxTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if next(interrupts, None):
                raise interrupt
            return response

    interrupts = iter([True])
    with ArizeClient(api_key="sandbox-admin", transport=Interrupting(active), enum_case="lower") as client:
        with pytest.raises(interrupt) as caught:
            CALLS[call](client.users)
        assert [one.status for one in _outcomes(caught.value).results] == ["unknown"]
        assert client.users.list()


# Exceptions of on_result


def _raise_at(call: int, error: BaseException, seen: list[Any]) -> Callable[[Any], None]:
    def on_result(result: BulkUserDeletionResult) -> None:
        seen.append(result)
        if len(seen) == call:
            raise error

    return on_result


EXCEPTIONS = [Stop(), StopIteration(), BulkInterrupted("", results=(), pending=())]
INTERRUPTS = [KeyboardInterrupt(), asyncio.CancelledError(), SystemExit(3), GeneratorExit()]


@pytest.mark.parametrize("error", [*EXCEPTIONS, *INTERRUPTS], ids=repr)
def test_exception_of_on_result(connect: Connect, active: Sandbox, error: BaseException) -> None:
    """An exception of on_result stops the batch and is BulkInterrupted's cause; an interrupt stays itself."""
    for call in (1, 5):
        ids = active.add_users(40)
        seen: list[BulkUserDeletionResult] = []
        client, outcomes = connect(active), Outcomes()
        on_result = _raise_at(call, error, seen)
        try:
            client.users.bulk_delete(user_ids=ids, max_concurrency=4, on_result=on_result, outcomes=outcomes)
        except BaseException as raised:
            caught = raised
        if error in INTERRUPTS:
            assert caught is error
        else:
            assert isinstance(caught, BulkInterrupted)
            assert caught.__cause__ is error
            assert {one.user_id for one in seen} <= {one.user_id for one in caught.results}
            assert caught.results == [one for one in outcomes.results if one.status != "not_attempted"]
            assert caught.pending == outcomes.pending_ids
        assert outcomes_of(caught) is outcomes
        assert len(seen) == call
        assert len(client.recorder.sent) < 40
        agrees(outcomes, active, ids)
        assert client.users.list().users
        active.clear_log()


def test_exception_for_the_last_result(account: Account) -> None:
    """Even when everything is done, an exception of on_result is raised, with every result."""
    ids = account.sandbox.add_users(3)
    with pytest.raises(BulkInterrupted) as caught:
        account.users.bulk_delete(user_ids=ids, on_result=_raise_at(3, Stop(), []))
    assert caught.value.pending == []
    agrees(_outcomes(caught.value), account.sandbox, ids)


def _outcomes(error: BaseException) -> Outcomes:
    outcomes = outcomes_of(error)
    assert outcomes is not None
    return outcomes


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
    """Raises KeyboardInterrupt at one line, counted as this thread runs them in the driver.

    Starting a thread waits for an event. Its lock is Python code as well, but not the one of ``start``.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self.place: str | None = None

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        in_lock = code.co_filename.endswith("threading.py") and code.co_name != "start"
        if not in_lock and not code.co_filename.endswith("sync_driver.py"):
            return self if event == "call" else None
        if event == "line":
            self._left -= 1
            if self._left == 0:
                self.place = f"{frame.f_code.co_name}, line {frame.f_lineno}"
                raise KeyboardInterrupt
        return self


def _interrupted_at(at: int) -> tuple[str | None, str | None]:
    """Interrupt a small batch at a line; give the line, and what is wrong with the outcome."""
    ended: list[Any] = []
    interrupter, outcomes = _LineInterrupter(at), Outcomes()
    with Sandbox() as sandbox:
        ids = sandbox.add_users(4)

        def work() -> None:
            client = ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(sandbox))
            users = client.users
            sys.settrace(interrupter)
            try:
                users.bulk_delete(user_ids=ids, max_concurrency=2, outcomes=outcomes)
            except KeyboardInterrupt as error:
                ended.append(error)
            else:
                ended.append(None)
            finally:
                sys.settrace(None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(5)
        if not ended:
            return interrupter.place, "it hangs"
        if (ended[0] is None) != (interrupter.place is None):
            return interrupter.place, "the interrupt is lost"
        if ended[0] is not None and outcomes_of(ended[0]) is not outcomes:
            return interrupter.place, "the interrupt does not carry the outcomes"
        try:
            agrees(outcomes, sandbox, ids, under_way=2)
        except AssertionError as problem:
            return interrupter.place, str(problem)
    return interrupter.place, None


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


def _cancelled(sandbox: Sandbox, at: int, **batch: Any) -> tuple[Outcomes, int]:
    async def run() -> tuple[Outcomes, int]:
        transport = _Cancelling(sandbox, at)
        recorder = Recorder(transport, None)
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            transport.task = asyncio.create_task(client.users.bulk_delete(**batch, max_concurrency=4))
            with pytest.raises(asyncio.CancelledError) as caught:
                await transport.task
            assert transport.task.cancelled()
            sent = len(recorder.sent)
            await asyncio.sleep(0)
            assert len(recorder.sent) == sent
            return _outcomes(caught.value), sent

    return asyncio.run(run())


@pytest.mark.parametrize("at", [1, 2, 9])
def test_cancelled_task(active: Sandbox, at: int) -> None:
    """A cancelled task finishes what is under way, starts nothing more, and is cancelled."""
    ids = active.add_users(40)
    outcomes, sent = _cancelled(active, at, user_ids=ids)
    assert len(outcomes.results) - len(outcomes.pending_ids) == sent < 40
    agrees(outcomes, active, ids)


@pytest.mark.parametrize("number", [10, 250])
def test_cancelled_during_look_ups(active: Sandbox, number: int) -> None:
    """Cancelled before the first DELETE, nothing is deleted, and nothing was attempted."""
    active.add_users(number)
    emails = [f"user{one:05}@example.com" for one in range(number - 9, number + 1)]
    outcomes, _ = _cancelled(active, 1, emails=emails)
    assert outcomes.pending_emails == emails
    assert active.audit == []


def test_timeout_around_a_batch(active: Sandbox) -> None:
    """asyncio.timeout around a batch raises TimeoutError, which leads to the outcomes."""
    ids = active.add_users(20)

    async def stop_midway() -> None:
        transport = AsyncSandboxTransport(active)
        async with AsyncArizeClient(api_key="sandbox-admin", transport=transport) as client:
            async with asyncio.timeout(60) as limit:

                def on_result(result: BulkUserDeletionResult) -> None:
                    limit.reschedule(asyncio.get_running_loop().time())

                await client.users.bulk_delete(user_ids=ids, max_concurrency=1, on_result=on_result)

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(stop_midway())
    agrees(_outcomes(caught.value), active, ids)


class _Yielding(AsyncSandboxTransport):
    """Lets other tasks run before each request, as a network does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return await super().handle_async_request(request)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_scopes_of_the_caller(active: Sandbox, backend: str) -> None:
    """A scope that swallows the exception, and a sibling's failure, leave the outcomes in the object."""

    async def cancelled_by(how: str, ids: list[str]) -> Outcomes:
        outcomes = Outcomes()
        transport = _Yielding(active)
        async with AsyncArizeClient(api_key="sandbox-admin", transport=transport) as client:

            async def delete() -> None:
                await client.users.bulk_delete(
                    user_ids=ids, max_concurrency=2, outcomes=outcomes, on_result=lambda _: stop.set()
                )

            async def fail() -> None:
                await stop.wait()
                raise Stop

            stop = anyio.Event()
            if how == "scope":
                with anyio.CancelScope() as scope:
                    async with anyio.create_task_group() as group:
                        group.start_soon(delete)
                        await stop.wait()
                        scope.cancel()
                assert scope.cancelled_caught
            else:
                with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012
                    async with anyio.create_task_group() as group:
                        group.start_soon(delete)
                        group.start_soon(fail)
                assert caught.group_contains(Stop)
        return outcomes

    for how in ("scope", "sibling"):
        ids = active.add_users(40)
        outcomes = anyio.run(cancelled_by, how, ids, backend=backend)
        assert 0 < len(outcomes.pending_ids) < 40
        agrees(outcomes, active, ids)
        active.clear_log()


class _Raising(SandboxTransport):
    """Carries the seventh request out, and raises an error that no httpx transport raises."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if len(self.sandbox.audit) == 7:
            raise RuntimeError("event loop is closed")
        return response


def test_transport_that_raises(active: Sandbox) -> None:
    """A transport's own exception comes out as it is; the request that met it is unknown."""
    ids, outcomes = active.add_users(16), Outcomes()
    client = ArizeClient(api_key="sandbox-admin", transport=_Raising(active))
    with pytest.raises(RuntimeError, match="closed") as caught:
        client.users.bulk_delete(user_ids=ids, max_concurrency=1, outcomes=outcomes)
    assert outcomes_of(caught.value) is outcomes
    assert _statuses(outcomes) == ["deleted"] * 6 + ["unknown"] + ["not_attempted"] * 9
    agrees(outcomes, active, ids, under_way=1)


def test_client_closed_during_a_batch(connect: Connect, active: Sandbox) -> None:
    """Closing the client midway is a configuration error that carries the outcomes; nothing is unknown."""
    ids, client, outcomes = active.add_users(9), connect(active), Outcomes()

    def close(_: BulkUserDeletionResult) -> None:
        client.real._sender._shared.is_closed = True

    with pytest.raises(ConfigurationError, match="closed"):
        client.users.bulk_delete(user_ids=ids, max_concurrency=1, on_result=close, outcomes=outcomes)
    assert _statuses(outcomes) == ["deleted"] + ["not_attempted"] * 8


# Programs of their own

PROGRAM = """
    import asyncio, os, signal
    from arize_users import ArizeClient, AsyncArizeClient, outcomes_of
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
    except KeyboardInterrupt as stopped:
        outcomes = outcomes_of(stopped)
        reported = {one.user_id for one in outcomes.results if one.status == "deleted"}
        deleted = {entry.user_id for entry in sandbox.audit}
        print(reported == deleted, len(reported) + len(outcomes.pending_ids) == 300, len(reported) < 300)
    """


@pytest.mark.posix
@pytest.mark.parametrize("run", ["delete()", "asyncio.run(adelete())"])
def test_program(run: str) -> None:
    """In a program of its own, Ctrl-C in the middle of a batch gives every outcome."""
    paths = [ROOT, ROOT / "generated", os.environ.get("PYTHONPATH", "")]
    environ = {**os.environ, "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"}
    environ["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    script = textwrap.dedent(PROGRAM).replace("RUN", run)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environ, check=False
    )
    assert done.stdout.split() == ["True"] * 3, done.stderr
