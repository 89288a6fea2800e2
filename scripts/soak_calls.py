"""Single calls that are cut short, forked processes, and event loops: a part of soak.py.

Each function makes calls to a sandbox without faults, and returns what was wrong.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
from sandbox_server import served

from arize_users import ArizeClient, ArizeError, AsyncArizeClient
from arize_users.sandbox import KEYS

PATIENCE = 10.0
"""Seconds after which a call is taken to be stuck."""

Call = Callable[[], Coroutine[Any, Any, Any]]


def soak_calls(count: int, seed: int) -> list[str]:
    """Cut so many calls of each client short; share one client between processes, and between loops."""
    with served("--users=20") as url:
        problems = interrupted_calls(url, count, seed)
        for backend in CUTS:
            problems += cancelled_calls(url, backend, count, seed)
        problems += forked_calls(url, count) + calls_in_two_loops(url, count)
    print(f"{3 * count:,} calls cut short, {3 * count:,} in forked processes, {2 * count:,} in two loops")
    return problems


def interrupted_calls(url: str, count: int, seed: int) -> list[str]:
    """Interrupt sync calls by a signal at random moments; the call after each has to work."""
    moments, problems = random.Random(seed), list[str]()  # noqa: S311 - nothing secret is drawn
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    with ArizeClient(api_key=KEYS[0], base_url=url, max_retries=0, total_timeout=PATIENCE) as client:
        for number in range(count):
            try:
                signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 4e-3))
                client.users.list(limit=1)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            try:
                if len(client.users.list(limit=2)) != 2:
                    problems.append(f"after interrupt {number} came the answer of another request")
            except ArizeError as error:
                problems.append(f"after interrupt {number}: {error!r}")
    signal.signal(signal.SIGALRM, before)
    return problems


def cancelled_calls(url: str, backend: str, count: int, seed: int) -> list[str]:
    """Cancel async calls at random moments, in each way that there is; the call after each has to work."""
    moments, problems = random.Random(seed), list[str]()  # noqa: S311

    async def cut_one(client: AsyncArizeClient, number: int) -> None:
        cut = CUTS[backend][number % len(CUTS[backend])]
        one, two = partial(client.users.list, limit=1), partial(_two_calls, client)
        await cut(moments.choice((one, two)), moments)
        try:
            if len(await client.users.list(limit=2)) != 2:
                problems.append(f"{backend}: after cut {number} came the answer of another request")
        except ArizeError as error:
            problems.append(f"{backend}: after cut {number}, {cut.__name__}: {error!r}")

    async def run() -> None:
        for number in range(0, count, 2):
            # The first call of a client opens a connection, the second uses one that there is.
            async with AsyncArizeClient(
                api_key=KEYS[0], base_url=url, max_retries=0, total_timeout=PATIENCE
            ) as client:
                await cut_one(client, number)
                await cut_one(client, number + 1)

    anyio.run(run, backend=backend)
    return problems


async def _two_calls(client: AsyncArizeClient) -> None:
    # One over the connection that is idle, the other over a new one.
    async with anyio.create_task_group() as group:
        for limit in (1, 3):
            group.start_soon(partial(client.users.list, limit=limit))


class _SiblingError(Exception):
    pass


async def _turns(moments: random.Random) -> None:
    for _ in range(moments.randrange(moments.choice((10, 30, 120)))):
        await anyio.lowlevel.checkpoint()


async def _cancel_scope(call: Call, moments: random.Random) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await _turns(moments)
        group.cancel_scope.cancel()


async def _cancel_task(call: Call, moments: random.Random) -> None:
    task = asyncio.ensure_future(call())
    await _turns(moments)
    task.cancel()
    await asyncio.wait([task])


async def _fail_beside_task(call: Call, moments: random.Random) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            await _turns(moments)
            raise _SiblingError
    except* _SiblingError:
        pass


async def _time_out(call: Call, moments: random.Random) -> None:
    with anyio.move_on_after(moments.uniform(0, 6e-3)):
        await call()


async def _fail_beside(call: Call, moments: random.Random) -> None:
    async def fail() -> None:
        await _turns(moments)
        raise _SiblingError

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            group.start_soon(fail)
    except* _SiblingError:
        pass


CUTS: dict[str, Sequence[Callable[[Call, random.Random], Awaitable[None]]]] = {
    "asyncio": (_cancel_scope, _cancel_task, _time_out, _fail_beside, _fail_beside_task),
    "trio": (_cancel_scope, _time_out, _fail_beside),
}
"""The ways to cut a call short, by the event loop."""


def forked_calls(url: str, count: int) -> list[str]:
    """Use one client in a process and two forked ones; each has to get the answers to its own calls."""
    context = multiprocessing.get_context("fork")
    problems: Any = context.SimpleQueue()

    def work(number: int) -> None:
        problems.put([*_wrong_answers(client, users[number::3], count)])

    with ArizeClient(api_key=KEYS[0], base_url=url, max_retries=0) as client:
        users = [user.id for user in client.users.iter()]
        children = [context.Process(target=work, args=(number,)) for number in (1, 2)]
        for child in children:
            child.start()
        work(0)
        found = [problem for _ in range(3) for problem in problems.get()]
        for child in children:
            child.join()
    return found


def _wrong_answers(client: ArizeClient, users: Sequence[str], count: int) -> Iterator[str]:
    for number in range(count):
        user_id = users[number % len(users)]
        try:
            user = client.users.get(user=user_id)
            if user is None or user.id != user_id:
                yield "a forked process got the answer of another"
        except ArizeError as error:
            yield f"a forked process: {error!r}"


def calls_in_two_loops(url: str, count: int) -> list[str]:
    """Use one client in two event loops at once, and again in two others."""
    client = AsyncArizeClient(api_key=KEYS[0], base_url=url, max_retries=0)

    async def work(limit: int) -> list[str]:
        pages = [await client.users.list(limit=limit) for _ in range(count // 2)]
        return ["a loop got the answer of another" for page in pages if len(page) != limit]

    problems: list[str] = []
    for _ in range(2):
        with ThreadPoolExecutor(2) as threads:
            for found in threads.map(lambda limit: asyncio.run(work(limit)), (1, 2)):
                problems += found
    asyncio.run(client.aclose())
    return problems
