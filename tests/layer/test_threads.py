"""One client shared by many."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from support.account import Connect
from support.contract import contract_of
from support.transports import Recorder, sandbox_transport

from arize_users import ArizeClient, AsyncArizeClient, NotFoundError
from arize_users.sandbox import Sandbox

THREADS = 32


def _mixed_load(users: Any, number: int) -> list[str]:
    """Do something of everything; give the emails seen, which must be this caller's own."""
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
        users.reset_password(user_id=created.id)
    if number % 3 == 0:
        users.delete(user_id=created.id)
    else:
        users.bulk_delete(user_ids=[created.id], emails=[email], max_concurrency=2)
    try:
        users.get(user=created.id)
    except NotFoundError as error:
        seen.append(email if error.path.endswith(quote(created.id, safe="")) else error.path)
    return seen


def _whole(sandbox: Sandbox, seen: list[list[str]]) -> None:
    for number, emails in enumerate(seen):
        assert set(emails) == {f"worker{number}@acme{number}.com"}
        assert len(emails) == 7
    actions = [entry.action for entry in sandbox.audit]
    assert actions.count("create") == actions.count("delete") == actions.count("update") == len(seen)
    assert actions.count("resend_invitation") + actions.count("reset_password") == len(seen)


def test_mixed_load(case: str) -> None:
    """32 threads share one client through a mixed load: each sees its own answers and nobody else's."""
    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "sync"), contract_of(case))
        client = ArizeClient(api_key="sandbox-admin", transport=recorder, enum_case=case)
        with ThreadPoolExecutor(THREADS) as threads:
            start = threading.Barrier(THREADS, timeout=20)

            def work(number: int) -> list[str]:
                start.wait()
                return _mixed_load(client.users, number)

            _whole(sandbox, list(threads.map(work, range(THREADS))))
        client.close()
    assert recorder.deviations == []


def test_many_tasks(case: str) -> None:
    """As many tasks on one event loop share one client just so."""

    async def work(users: Any, number: int) -> list[str]:
        email = f"worker{number}@acme{number}.com"
        created = await users.create(name="W", email=email, role="member", invite_mode="none")
        seen = [created.email, (await users.get(user=email)).email]
        seen += [
            one.email async for one in users.iter(email=email, status="active", prefetch=number % 2 == 0)
        ]
        await users.bulk_delete(user_ids=[created.id], emails=[email])
        return seen

    async def everybody(recorder: Recorder) -> list[list[str]]:
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder, enum_case=case) as client:
            return await asyncio.gather(*(work(client.users, number) for number in range(THREADS)))

    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "async"), contract_of(case))
        for number, emails in enumerate(asyncio.run(everybody(recorder))):
            assert set(emails) == {f"worker{number}@acme{number}.com"}
        assert [entry.action for entry in sandbox.audit].count("delete") == THREADS
    assert recorder.deviations == []


def test_clients_do_not_know_each_other(connect: Connect) -> None:
    """What one client learned of its server is not taken for true of another's."""
    with Sandbox(enum_case="upper") as second, Sandbox() as first:
        upper, lower = connect(second, case="upper"), connect(first, case="lower")
        upper.users.list()
        lower.users.create(name="A", email="a@acme.com", role="member", invite_mode="none")
        assert len(lower.recorder.sent) == 1


def test_iterators_are_independent(connect: Connect) -> None:
    """Two walks of one client do not disturb each other."""
    with Sandbox() as sandbox:
        sandbox.add_users(20)
        client = connect(sandbox)
        walks = [client.users.iter(page_size=size, prefetch=size % 2 == 0) for size in (3, 4)]
        pairs = list(zip(*walks, strict=True))
        assert len(pairs) == 23
        assert all(one == other for one, other in pairs)
