"""A single call that an interrupt or a cancellation cuts anywhere leaves a client that goes on working."""

from __future__ import annotations

import asyncio
import gc
import linecache
import random
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from packaging.version import Version
from support.account import Connect
from support.programs import ROOT, run_python
from support.raw_server import EMPTY_LIST, RawConnection, raw_server

from arize_users import APIConnectionError, ArizeClient, AsyncArizeClient
from arize_users.sandbox import SandboxServer

EVERYWHERE = ("/arize_users/_core/", "/httpcore/", "/httpx/")
LOCKS = ("/httpcore/_synchronization",)


@pytest.mark.parametrize(("files", "points"), [("EVERYWHERE", 40), ("LOCKS", 400)])
def test_interrupt_at_any_line(server: SandboxServer, files: str, points: int) -> None:
    """Wherever in our code or httpx' an interrupt comes, the call ends with it and the next one works."""
    # A process of its own: what measures coverage traces this one.
    program = (
        f"import sys; from layer.test_interrupted_calls import *; at_points(sys.argv[1], {files}, {points})"
    )
    done = run_python("-W", "ignore", "-c", program, server.url, cwd=ROOT / "tests", timeout=100)
    assert done.returncode == 0, done.stderr


def at_points(url: str, files: tuple[str, ...], points: int) -> None:
    """Interrupt a call at some of its lines in these files, each time with a new client."""
    for is_connected in (False, True):
        with _connected(url, is_connected) as client:
            count = _interrupt(client, files, 0)
        drawn = random.Random(points).sample(range(1, count + 1), min(points, count))
        assert drawn
        for point in drawn:
            with _connected(url, is_connected) as client:
                caller = threading.Thread(target=_interrupt, args=(client, files, point), daemon=True)
                caller.start()
                caller.join(20)
                assert not caller.is_alive(), f"the call waits for something, interrupted at {point}"
                assert len(client.users.list(limit=2)) == 2


@contextmanager
def _connected(url: str, is_connected: bool) -> Iterator[ArizeClient]:
    with ArizeClient(api_key="sandbox-admin", base_url=url, max_retries=0) as client:
        if is_connected:
            client.users.list()
        yield client


class _Interrupt(KeyboardInterrupt):
    pass


def _interrupt(client: ArizeClient, files: tuple[str, ...], point: int) -> int:
    """Make a call that is interrupted before a line of these files; give how many lines there are."""
    count = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        code = frame.f_code
        if not any(name in code.co_filename for name in files):
            return None
        # The line of a with statement comes again before its lock is released, where no signal is looked for.
        line = linecache.getline(code.co_filename, frame.f_lineno).lstrip()
        if event == "line" and not line.startswith("with"):
            count += 1
            if count == point:
                raise _Interrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        client.users.list(limit=1)
    except _Interrupt:
        pass
    finally:
        sys.settrace(before)
    return count


def test_signals(server: SandboxServer) -> None:
    """Signals at random moments of a call end it, and the next one works."""
    program = "import sys, soak_calls; print(soak_calls.interrupted_calls(sys.argv[1], 40, 3))"
    done = run_python("-W", "ignore", "-c", program, server.url, cwd=ROOT / "scripts", timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


class _SiblingError(Exception):
    pass


Cut = Callable[[Callable[[], Any], int], Awaitable[None]]


async def _cancel_scope(call: Callable[[], Any], turns: int) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await _wait(turns)
        group.cancel_scope.cancel()


async def _cancel_task(call: Callable[[], Any], turns: int) -> None:
    task = asyncio.ensure_future(call())
    await _wait(turns)
    task.cancel()
    await asyncio.wait([task])


async def _fail_in_asyncio_group(call: Callable[[], Any], turns: int) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            await _wait(turns)
            raise _SiblingError
    except* _SiblingError:
        pass


async def _fail_in_anyio_group(call: Callable[[], Any], turns: int) -> None:
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await _wait(turns)
            raise _SiblingError
    except* _SiblingError:
        pass


async def _wait(turns: int) -> None:
    for _ in range(turns):
        await anyio.lowlevel.checkpoint()


# anyio before 4.16 leaves the socket of a cancelled connect to the collector.
@pytest.mark.filterwarnings(
    *(["ignore::ResourceWarning"] if Version(version("anyio")) < Version("4.16") else [])
)
@pytest.mark.parametrize(
    ("backend", "cut"),
    [
        *[("asyncio", _cancel_scope), ("asyncio", _cancel_task), ("asyncio", _fail_in_asyncio_group)],
        *[("asyncio", _fail_in_anyio_group), ("trio", _cancel_scope), ("trio", _fail_in_anyio_group)],
    ],
)
def test_cancellation_at_any_turn(server: SandboxServer, backend: str, cut: Cut) -> None:
    """At whatever turn of the event loop a call is cancelled, on a new connection or not, the next works."""

    async def use() -> None:
        for turns in range(40):
            async with AsyncArizeClient(
                api_key="sandbox-admin", base_url=server.url, max_retries=0, total_timeout=20
            ) as client:
                for _ in range(2):
                    await cut(lambda client=client: client.users.list(limit=1), turns)
                    assert len(await client.users.list(limit=2)) == 2

    anyio.run(use, backend=backend)
    gc.collect()


def _broken(connection: RawConnection) -> None:
    connection.send(EMPTY_LIST.replace(b"Content-Length: ", b"Content-Length: 1"))
    connection.socket.shutdown(1)
    connection.hold()


@pytest.mark.parametrize("end", [RawConnection.hold, _broken], ids=["no answer", "half an answer"])
def test_connection_whose_request_fails(connect: Connect, end: Callable[[RawConnection], None]) -> None:
    """A connection is closed at once when its request fails, and the next request has another."""
    answers = [
        lambda connection: connection.send(EMPTY_LIST),
        end,
        lambda connection: connection.send(EMPTY_LIST),
    ]
    with raw_server(lambda connection: answers.pop(0)(connection)) as server:
        client = connect(None, base_url=server.url, timeout=0.2)
        client.users.list()
        with pytest.raises(APIConnectionError):
            client.users.list()
        assert server.connections[0].closed.wait(20)
        client.users.list()
        assert len(server.connections) == 2
