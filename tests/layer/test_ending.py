"""Calls where no thread can be started: when Python ends, and at a limit of the system."""

from __future__ import annotations

import textwrap
import threading
from typing import Any

import pytest
from support.account import Account
from support.programs import run_python

from arize_users import outcomes_of
from arize_users.sandbox import SandboxServer


@pytest.fixture
def limit_threads(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let only so many more threads start."""
    start = threading.Thread.start

    def limit(left: int) -> None:
        def refuse(thread: threading.Thread) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse)

    return limit


@pytest.mark.parametrize("left", [0, 1, 3])
def test_limit_of_threads(account: Account, limit_threads: Any, left: int) -> None:
    """Where few or no threads can be started, a list is read and a batch is carried out all the same."""
    ids = account.sandbox.add_users(20)
    limit_threads(left)
    found = list(account.users.iter(page_size=5, prefetch=True))
    assert [one.id for one in found][-20:] == ids
    results = account.users.bulk_delete(user_ids=[*ids, "gone"], max_concurrency=8)
    assert [one.status for one in results] == ["deleted"] * 20 + ["not_found"]
    assert sorted(email for _, email in account.done) == sorted(one.email for one in found[-20:])


def test_interrupt_without_threads(
    account: Account, limit_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt of a batch without threads leaves its outcomes known: done, unknown, not attempted."""
    ids = account.sandbox.add_users(4)
    limit_threads(0)
    answer, asked = account.sandbox.answer, []

    def interrupt(request: Any) -> Any:
        response = answer(request)
        asked.append(request)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return response

    monkeypatch.setattr(account.sandbox, "answer", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        account.users.bulk_delete(user_ids=ids, max_concurrency=1)
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    statuses = [one.status for one in outcomes.results]
    assert statuses == ["deleted", "unknown", "not_attempted", "not_attempted"]


AT_EXIT = """
    import asyncio, atexit, concurrent.futures.thread, threading
    from arize_users import APIConnectionError, ArizeClient, AsyncArizeClient

    settings = {"api_key": "sandbox-admin", "base_url": BASE_URL, "max_retries": 0}

    def refuse(thread):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    async def work_async():
        async with AsyncArizeClient(**settings) as client:
            users = [user async for user in client.users.iter(page_size=2, prefetch=True)]
            results = await client.users.bulk_delete(user_ids=[user.id for user in users[3:]])
            print(len(users), *(result.status.value for result in results))

    def work_sync():
        with ArizeClient(**settings) as client:
            users = list(client.users.iter(page_size=2, prefetch=True))
            results = client.users.bulk_delete(user_ids=[user.id for user in users[3:]])
            print(len(users), *(result.status.value for result in results))

    @atexit.register
    def last():
        threading.Thread.start = refuse  # As Python 3.12 does by itself.
        try:
            # Not asyncio.run, which ends its threads by another one.
            asyncio.new_event_loop().run_until_complete(work_async()) if KIND == "async" else work_sync()
        except APIConnectionError as error:
            print(type(error).__name__, error.sent, "RuntimeError" in repr(error.__cause__.__cause__))
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_at_exit(server: SandboxServer, kind: str, host: str) -> None:
    """A handler that Python calls at its end reads and deletes users, or gets an error of this package.

    An event loop looks the names of hosts up in threads, so the async client says that it cannot connect.
    """
    server.sandbox.add_users(5)
    url = server.url.replace("127.0.0.1", host)
    values = {"BASE_URL": repr(url), "KIND": repr(kind)}
    program = textwrap.dedent(AT_EXIT)
    for name, value in values.items():
        program = program.replace(name, value)
    ran = run_python("-W", "ignore", "-c", program, timeout=60)
    done = f"8{' deleted' * 5}\n"
    if kind == "async" and host == "localhost":
        done = "APIConnectionError False True\n"
    assert (ran.stdout, ran.stderr) == (done, "")
