"""A client in forked processes: each process has connections and locks of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.programs import run_python
from support.transports import sandbox_transport

from arize_users import ArizeClient, AsyncArizeClient, ConfigurationError
from arize_users._core.runtime import ProcessLock
from arize_users.sandbox import Sandbox, SandboxServer

pytestmark = [
    pytest.mark.posix,
    # Newer Pythons warn of a fork beside other threads, which is what is tested.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]
CALLS = 150


def _fork(work: Callable[[], object]) -> int:
    """Run a function in a forked process, which ends with exit code 0 if it returns."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.alarm(60)  # A child that waits for a lock of its parent would wait for ever.
        work()
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.__stderr__)
    finally:
        os._exit(code)


def _ended_well(*children: int) -> bool:
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)


@pytest.mark.parametrize("used_before", [False, True], ids=["unused", "used"])
def test_each_process_gets_its_own_answers(
    server: SandboxServer, connections: list[object], used_before: bool
) -> None:
    """A parent and two children share a client, each with a connection of its own and its own answers."""
    ids = server.sandbox.add_users(30)
    with ArizeClient(api_key="sandbox-admin", base_url=server.url, max_retries=0) as client:
        if used_before:
            client.users.list()

        def work(number: int) -> None:
            for call in range(CALLS):
                user_id = ids[number::3][call % 10]
                assert client.users.get(user=user_id).id == user_id
            client.users.delete(user_id=ids[number])

        children = [_fork(lambda number=number: work(number)) for number in (1, 2)]
        work(0)
        assert _ended_well(*children)
        assert len(connections) == 3
        assert {entry.user_id for entry in server.sandbox.audit} == {*ids[:3]}


def test_closing_in_a_child(server: SandboxServer, connections: list[object]) -> None:
    """A child that closes the client, or ends without it, leaves the parent's connection open."""
    with ArizeClient(api_key="sandbox-admin", base_url=server.url) as client:
        client.users.list()
        assert _ended_well(_fork(client.close), _fork(client.users.list), _fork(lambda: None))
        client.users.list()
    assert len(connections) == 2


def test_fork_beside_a_thread(server: SandboxServer) -> None:
    """A fork while another thread is in the middle of a call leaves the child a client that works."""
    with ArizeClient(api_key="sandbox-admin", base_url=server.url) as client:
        stop = threading.Event()

        def call_on() -> None:
            while not stop.is_set():
                client.users.list(status="active")

        thread = threading.Thread(target=call_on)
        thread.start()
        try:
            children = [_fork(lambda: client.users.list(status="invited")) for _ in range(10)]
        finally:
            stop.set()
            thread.join()
        assert _ended_well(*children)


FIRST_CALL = """
import os, signal, sys, threading
from arize_users import ArizeClient

client = ArizeClient(api_key="sandbox-admin", base_url=sys.argv[1])
thread = threading.Thread(target=client.users.list)
thread.start()
children = []
for _ in range(10):
    children.append(os.fork())
    if not children[-1]:
        signal.alarm(20)
        client.users.list()
        os._exit(0)
thread.join()
print([os.waitpid(child, 0)[1] for child in children])
"""


def test_fork_beside_the_first_call(server: SandboxServer) -> None:
    """A fork waits while another thread loads what the first call needs, so that a child can load it, too."""
    done = run_python("-W", "ignore", "-c", FIRST_CALL, server.url, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (str([0] * 10), "")


def test_locks() -> None:
    """A lock that a thread of the parent holds is free in the child."""
    exclusion = ProcessLock()

    def work() -> None:
        assert exclusion.lock.acquire(timeout=20)

    with exclusion.lock:
        assert _ended_well(_fork(work))


def test_async_client(server: SandboxServer, connections: list[object]) -> None:
    """An async client goes on in a child, beside the event loop of the parent and after it."""
    client = AsyncArizeClient(api_key="sandbox-admin", base_url=server.url, max_retries=0)

    async def count() -> int:
        return len(await client.users.list())

    async def use() -> None:
        assert await count() == 3
        assert _ended_well(_fork(lambda: asyncio.run(count())))
        assert await count() == 3
        assert len(connections) == 2

    asyncio.run(use())
    assert _ended_well(_fork(lambda: asyncio.run(count())))
    asyncio.run(client.aclose())


def test_http_client(connect: Connect, kind: str, server: SandboxServer, connections: list[object]) -> None:
    """A caller's connections are not used in a child: an error says what to do, and nothing is sent."""
    kinds: Any = {
        "sync": (httpx.Client, httpx.HTTPTransport),
        "async": (httpx.AsyncClient, httpx.AsyncHTTPTransport),
    }
    http, transport = (make() for make in kinds[kind])
    for argument, value in (("http_client", http), ("transport", transport)):
        client = connect(None, base_url=server.url, **{argument: value})

        def refused(client: Any = client, argument: str = argument) -> None:
            run = asyncio.run if kind == "async" else lambda result: result
            with pytest.raises(ConfigurationError, match="another process") as caught:
                run(client.real.users.list())
            assert caught.value.argument == argument

        assert _ended_well(_fork(refused))
        client.users.list()
    assert len(connections) == 2
    client.settle(http.close() if kind == "sync" else http.aclose())


def test_sandbox_in_a_file(tmp_path: Path, kind: str) -> None:
    """A parent and two children share an account in a file through one client, opened before the fork."""
    with Sandbox(tmp_path / "account.db") as sandbox:
        ids = sandbox.add_users(30)
        transport = sandbox_transport(sandbox, kind)
        client: Any = (ArizeClient if kind == "sync" else AsyncArizeClient)(
            base_url="https://sandbox.example", api_key="sandbox-admin", transport=transport
        )

        async def delete_all(number: int) -> None:
            for user_id in ids[number::3]:
                await client.users.delete(user_id=user_id)

        def work(number: int) -> None:
            if kind == "async":
                asyncio.run(delete_all(number))
            else:
                for user_id in ids[number::3]:
                    client.users.delete(user_id=user_id)
            # SQLite's connections do not survive a fork, although sharing one may seem to work.
            assert (sandbox._account._db is parents) is (number == 0)

        parents = sandbox._account._db
        children = [_fork(lambda number=number: work(number)) for number in (1, 2)]
        work(0)
        assert _ended_well(*children)
        assert sorted(entry.user_id for entry in sandbox.audit) == sorted(ids)


def test_sandbox_in_memory() -> None:
    """A child has a copy of an account in memory, whole although other threads were changing it."""
    with Sandbox() as sandbox:
        stop = threading.Event()

        def change() -> None:
            while not stop.is_set():
                sandbox.add_users(1)

        def work() -> None:
            before = len(sandbox.users())
            sandbox.add_users(2)
            assert len(sandbox.users()) == before + 2

        thread = threading.Thread(target=change)
        thread.start()
        try:
            children = [_fork(work) for _ in range(10)]
        finally:
            stop.set()
            thread.join()
        assert _ended_well(*children)


FORKING_CALLBACK = """
    import os
    from arize_users import ArizeClient, ConfigurationError
    from arize_users.sandbox import Sandbox, SandboxTransport

    sandbox, parent, children = Sandbox(), os.getpid(), []
    client = ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(sandbox))

    def fork(_):
        if not children:
            children.append(os.fork())

    try:
        client.users.bulk_delete(user_ids=sandbox.add_users(4), on_result=fork, max_concurrency=1)
    except ConfigurationError:
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
    """


def test_fork_inside_of_a_batch() -> None:
    """A process that is forked by on_result, and goes on, gets an error instead of waiting for ever."""
    done = run_python("-c", textwrap.dedent(FORKING_CALLBACK), timeout=60)
    assert done.stdout.split() == ["7"], done.stderr
