"""One client shared by many."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from support.account import Connect
from support.contract import contract_of
from support.transports import Recorder

from arize_users import ArizeClient, AsyncArizeClient, NotFoundError
from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

CALLERS = 32


def _do_everything(users: Any, number: int) -> list[str]:
    """Call every operation; give the emails seen, which must be this caller's own."""
    email = f"worker{number}@acme{number}.com"
    mode = ("none", "email_link")[number % 2]
    created = users.create(name=f"Worker {number}", email=email, role="member", invite_mode=mode)
    seen = [created.email, users.get(user=created.id).email, users.get(user=email.upper()).email]
    seen += [one.email for one in users.list(email=f"@acme{number}.com")]
    seen.append(users.update(user_id=created.id, name=f"W {number}").email)
    seen += [one.email for one in users.iter(email=email, status=["active", "invited"], prefetch=True)]
    if mode == "email_link":
        users.resend_invitation(user_id=created.id)
    else:
        users.reset_password(user_id=users.get(user="member@sandbox.example").id)
    if number % 3 == 0:
        users.delete(user_id=created.id)
    else:
        users.bulk_delete(user_ids=[created.id], emails=[email], max_concurrency=2)
    try:
        users.get(user=created.id)
    except NotFoundError as error:
        seen.append(email if error.path == f"/v2/users/{quote(created.id, safe='')}" else str(error.path))
    return seen


async def _do_some(users: Any, number: int) -> list[str]:
    email = f"worker{number}@acme{number}.com"
    created = await users.create(name="W", email=email, role="member", invite_mode="none")
    seen = [created.email, (await users.get(user=email)).email]
    seen += [one.email async for one in users.iter(email=email, status="active", prefetch=number % 2 == 0)]
    await users.bulk_delete(user_ids=[created.id], emails=[email])
    return seen


def test_threads(sandbox: Sandbox, case: str) -> None:
    """32 threads share one client through every operation: each sees its own answers and no other's."""
    recorder = Recorder(SandboxTransport(sandbox), contract_of(case))
    start = threading.Barrier(CALLERS, timeout=20)

    def work(number: int) -> list[str]:
        start.wait()
        return _do_everything(client.users, number)

    with (
        ArizeClient(api_key="sandbox-admin", transport=recorder, enum_case=case) as client,
        ThreadPoolExecutor(CALLERS) as threads,
    ):
        seen = list(threads.map(work, range(CALLERS)))
        actions = [entry.action for entry in sandbox.audit]
    assert seen == [[f"worker{number}@acme{number}.com"] * 7 for number in range(CALLERS)]
    assert actions.count("create") == actions.count("delete") == actions.count("update") == CALLERS
    assert actions.count("resend_invitation") + actions.count("reset_password") == CALLERS
    assert recorder.deviations == []


def test_tasks(sandbox: Sandbox, case: str) -> None:
    """32 tasks on one event loop share one client in the same way."""
    recorder = Recorder(AsyncSandboxTransport(sandbox), contract_of(case))

    async def everyone() -> list[list[str]]:
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder, enum_case=case) as client:
            seen = await asyncio.gather(*(_do_some(client.users, number) for number in range(CALLERS)))
            assert [entry.action for entry in sandbox.audit].count("delete") == CALLERS
            return seen

    seen = asyncio.run(everyone())
    assert seen == [[f"worker{number}@acme{number}.com"] * 3 for number in range(CALLERS)]
    assert recorder.deviations == []


def test_clients_share_nothing(connect: Connect) -> None:
    """What one client learnt of its server is not used for another's."""
    with Sandbox(enum_case="upper") as second, Sandbox() as first:
        upper, lower = connect(second, case="upper"), connect(first, case="lower")
        upper.users.list()
        lower.users.create(name="A", email="a@acme.com", role="member", invite_mode="none")
        assert len(lower.recorder.sent) == 1


def test_iterators_are_independent(connect: Connect) -> None:
    """Two iterators of one client do not disturb each other."""
    with Sandbox() as sandbox:
        sandbox.add_users(20)
        client = connect(sandbox)
        iterators = [client.users.iter(page_size=size, prefetch=size % 2 == 0) for size in (3, 4)]
        pairs = list(zip(*iterators, strict=True))
        assert len(pairs) == 23
        assert all(one == other for one, other in pairs)
