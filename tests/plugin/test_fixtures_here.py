"""The fixtures as this very run has them, from the installed entry point."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from arize_users import ArizeClient, ArizeError
from arize_users.testing import ArizeSandbox, ArizeSandboxServer


def test_both_clients_see_one_account(arize_sandbox: ArizeSandbox) -> None:
    """What the test adds, the sync and the async client find; what they do, the test sees."""
    user_id = arize_sandbox.add_user(email="ada@example.com")

    async def find() -> str | None:
        found = await arize_sandbox.async_client.users.get(user="ADA@example.com")
        return found and found.id

    assert asyncio.run(find()) == user_id
    arize_sandbox.client.users.reset_password(user_id=user_id)
    assert [mail.to for mail in arize_sandbox.outbox] == ["ada@example.com"]
    assert [request.method for request in arize_sandbox.requests] == ["GET", "POST"]


def test_the_clock_is_the_tests(arize_sandbox: ArizeSandbox) -> None:
    """Setting the time makes invitations expire."""
    user_id = arize_sandbox.add_user(email="ada@example.com", status="invited")
    arize_sandbox.set_time(datetime.now(UTC) + timedelta(days=30))
    user = arize_sandbox.client.users.get(user=user_id)
    assert user is not None
    assert user.status == "expired"


def test_faults_are_the_tests(arize_sandbox: ArizeSandbox) -> None:
    """A fault injected by the test reaches the code under test."""
    arize_sandbox.faults.add("server_error")
    with pytest.raises(ArizeError, match="500"):
        arize_sandbox.client.users.list()


@pytest.mark.arize_enum_case("upper")
def test_the_marker_chooses_the_generation(arize_sandbox_server: ArizeSandboxServer) -> None:
    """The HTTP face speaks the generation that the test asks for."""
    answer = httpx.get(
        f"{arize_sandbox_server.url}/v2/users",
        headers={"Authorization": f"Bearer {arize_sandbox_server.api_key}"},
        trust_env=False,
    )
    assert {user["status"] for user in answer.json()["users"]} == {"ACTIVE"}


def test_a_client_without_arguments_finds_the_server(arize_sandbox_server: ArizeSandboxServer) -> None:
    """Code that makes its own client reaches the test's account, and no other."""
    arize_sandbox_server.add_user(email="ada@example.com")
    with ArizeClient() as client:
        assert client.users.get(user="ada@example.com") is not None
    assert os.environ["ARIZE_BASE_URL"] == arize_sandbox_server.url
