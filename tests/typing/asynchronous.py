# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Programs that use the asynchronous client. They are checked, not run; an ignored line must be an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

import httpx

from arize_users import AsyncArizeClient, BulkUserDeletionResult, CreatedUser, User, UserPage
from arize_users.roster import Plan, Report, Roster


async def set_up() -> None:
    async with AsyncArizeClient(api_key="k", transport=httpx.MockTransport(answer)) as client:
        assert_type(client, AsyncArizeClient)
    async with httpx.AsyncClient() as http:
        client = AsyncArizeClient(http_client=http)
        assert_type(client.with_options(timeout=None), AsyncArizeClient)
        assert_type(await client.aclose(), None)
    client.close()  # type: ignore[attr-defined]
    AsyncArizeClient(http_client=httpx.Client())  # type: ignore[arg-type]
    AsyncArizeClient(transport=httpx.HTTPTransport())  # type: ignore[arg-type]


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path})


async def use(client: AsyncArizeClient) -> list[BulkUserDeletionResult]:
    users = client.users
    page: UserPage = await users.list(status="active")
    iterator: AsyncIterator[User] = users.iter(email="@acme.com", prefetch=True)
    async for user in iterator:
        assert_type(user.email, str)
    pages: AsyncIterator[UserPage] = users.iter_pages(cursor=page.pagination.next_cursor)
    print([len(one) async for one in pages])
    list(users.iter())  # type: ignore[call-overload]
    assert_type(await users.get(user="ada@acme.com"), User | None)
    assert_type(await users.create(name="A", email="a@b.c", role="member", invite_mode="none"), CreatedUser)
    assert_type(await users.update(user_id=page.users[0].id, is_developer=True), User)
    assert_type(await users.delete(user_id="x"), None)
    assert_type(await users.resend_invitation(user_id="x"), None)
    assert_type(await users.reset_password(user_id="x"), None)
    plan = await users.plan(Roster([]), max_removals=3)
    assert_type(plan, Plan)
    assert_type(await users.apply(plan, journal="plan.journal.jsonl"), Report)
    print(len(users.list()))  # type: ignore[arg-type]
    return await users.bulk_delete(emails=["ada@acme.com"], on_result=print)
