"""Tests of somebody who uses the plugin; test_plugin.py runs them in a process of their own."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import httpx
import pytest

from arize_users import ArizeClient, ConfigurationError
from arize_users.testing import ArizeSandbox, ArizeSandboxServer


def test_both_clients_see_one_account(arize_sandbox: ArizeSandbox):
    user_id = arize_sandbox.add_user(email="ada@example.com", role="admin")
    ada = arize_sandbox.client.users.get(user="ADA@example.com")
    assert (ada.id, ada.name, ada.role.name, ada.status) == (user_id, "ada", "admin", "active")

    async def rename():
        return await arize_sandbox.async_client.users.update(user_id=user_id, name="Ada")

    assert asyncio.run(rename()).name == "Ada"
    assert arize_sandbox.client.users.get(user=user_id).name == "Ada"
    assert [one.method for one in arize_sandbox.requests] == ["GET", "PATCH", "GET"]


def test_each_test_has_a_fresh_account(arize_sandbox):
    assert arize_sandbox.requests == arize_sandbox.outbox == []
    assert arize_sandbox.client.users.get(user="ada@example.com") is None


def test_mail_and_clock(arize_sandbox):
    start = datetime(2026, 3, 1, tzinfo=UTC)
    arize_sandbox.set_time(start)
    arize_sandbox.client.users.create(
        name="Bo", email="bo@example.com", role="member", invite_mode="email_link"
    )
    (mail,) = arize_sandbox.outbox
    assert (mail.kind, mail.to, mail.sent_at) == ("invitation", "bo@example.com", start)
    arize_sandbox.set_time(start + timedelta(days=8))
    assert arize_sandbox.client.users.get(user="bo@example.com").status == "expired"
    arize_sandbox.set_time(None)
    assert arize_sandbox.sandbox.now() > start


def test_users_of_every_kind(arize_sandbox):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    for status in ("active", "invited", "expired", "inactive"):
        arize_sandbox.add_user(
            email=f"{status}@example.com",
            name=status.title(),
            status=status,
            is_developer=False,
            created_at=long_ago,
            sso=True,
        )
    users = arize_sandbox.client.users.list(email="@example.com").users
    assert [user.status for user in users] == ["active", "invited", "expired"]
    assert {(user.created_at, user.is_developer) for user in users} == {(long_ago, False)}
    with pytest.raises(ValueError):
        arize_sandbox.add_user(email="active@example.com")


def test_faults(arize_sandbox):
    arize_sandbox.faults.add("rate_limit", retry_after=0)
    assert arize_sandbox.client.users.list()
    assert [one.status for one in arize_sandbox.requests] == [429, 200]


def test_the_server_is_the_same_account(arize_sandbox, arize_sandbox_server):
    assert isinstance(arize_sandbox_server, ArizeSandboxServer)
    assert arize_sandbox_server.sandbox is arize_sandbox.sandbox
    arize_sandbox_server.add_user(email="ada@example.com")
    with ArizeClient(base_url=arize_sandbox_server.url, api_key=arize_sandbox_server.api_key) as client:
        assert client.users.get(user="ada@example.com")
    assert arize_sandbox_server.url.endswith(f":{arize_sandbox_server.port}")
    assert arize_sandbox_server.client.users.get(user="ada@example.com")
    assert len(arize_sandbox_server.requests) == len(arize_sandbox.requests) == 2


def test_code_that_makes_its_own_client_finds_the_server(arize_sandbox_server):
    arize_sandbox_server.add_user(email="ada@example.com")
    with ArizeClient() as client:
        assert client.users.get(user="ada@example.com")
    program = "import arize_users; print(len(arize_users.ArizeClient().users.list()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("4\n", "")


def test_no_test_reaches_a_real_account_by_accident(arize_sandbox):
    with pytest.raises(ConfigurationError, match="API key"):
        ArizeClient()


class TestAfterwards:
    seen: ClassVar[list[ArizeSandboxServer]] = []

    def test_in_use(self, arize_sandbox_server):
        arize_sandbox_server.client.users.list()
        asyncio.run(self.listed(arize_sandbox_server))
        self.seen.append(arize_sandbox_server)

    @staticmethod
    async def listed(account):
        await account.async_client.users.list()

    def test_all_is_stopped_and_closed(self):
        (account,) = self.seen
        with pytest.raises(ConfigurationError, match="closed"):
            account.client.users.list()
        with pytest.raises(ConfigurationError, match="closed"):
            asyncio.run(self.listed(account))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{account.url}/v2/users", trust_env=False)
        with pytest.raises(Exception, match="closed"):
            account.sandbox.users()


def test_clients_that_the_code_closes_are_no_trouble(arize_sandbox):
    async def close():
        async with arize_sandbox.async_client:
            pass

    asyncio.run(close())
    arize_sandbox.client.close()


@pytest.mark.arize_enum_case("upper")
@pytest.mark.parametrize("asked", ["active", "ACTIVE"])
def test_the_second_generation(arize_sandbox, asked):
    users = arize_sandbox.client.users.list(status=asked)
    assert {user.status for user in users} == {"active"}
    assert ("status", "ACTIVE") in arize_sandbox.requests[-1].query
