"""A sandbox on each of its faces, and a small client that says what the tests mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from arize_users.sandbox import Sandbox, SandboxServer, SandboxTransport

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Api:
    """Plain HTTP calls with one key; `send` shows whatever the server answers."""

    def __init__(self, client: httpx.Client, key: str | None = "sandbox-admin") -> None:
        self.client = client
        self.headers = {} if key is None else {"authorization": f"Bearer {key}"}

    def by(self, key: str | None) -> Api:
        return Api(self.client, key)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **options)

    def create(
        self,
        email: str = "ada@example.com",
        invite_mode: str = "email_link",
        *,
        name: str = "Ada",
        role: object = None,
        **fields: object,
    ) -> httpx.Response:
        role = {"type": "predefined", "name": "member"} if role is None else role
        body = {"name": name, "email": email, "role": role, "invite_mode": invite_mode, **fields}
        return self.send("POST", "/v2/users", json=body)

    def list(self, **query: Any) -> httpx.Response:
        return self.send("GET", "/v2/users", params=query)

    def emails(self, **query: Any) -> Sequence[str]:
        return [user["email"] for user in self.list(**query).json()["users"]]

    def get(self, user_id: str) -> httpx.Response:
        return self.send("GET", self.path(user_id))

    def update(self, user_id: str, **body: object) -> httpx.Response:
        return self.send("PATCH", self.path(user_id), json=body)

    def delete(self, user_id: str) -> httpx.Response:
        return self.send("DELETE", self.path(user_id))

    def resend(self, user_id: str) -> httpx.Response:
        return self.send("POST", self.path(user_id) + "/resend-invitation")

    def reset(self, user_id: str) -> httpx.Response:
        return self.send("POST", self.path(user_id) + "/reset-password")

    @staticmethod
    def path(user_id: str) -> str:
        return f"/v2/users/{quote(user_id, safe='')}"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.set_time(START)
        yield sandbox


@pytest.fixture
def open_api() -> Iterator[Callable[[Sandbox], Api]]:
    clients: list[httpx.Client] = []

    def open_api(sandbox: Sandbox) -> Api:
        transport = SandboxTransport(sandbox)
        clients.append(httpx.Client(transport=transport, base_url="http://sandbox.test"))
        return Api(clients[-1])

    yield open_api
    for client in clients:
        client.close()


@pytest.fixture
def api(sandbox: Sandbox, open_api: Callable[[Sandbox], Api]) -> Api:
    return open_api(sandbox)


@pytest.fixture(params=["in process", "http"])
def any_api(
    request: pytest.FixtureRequest, sandbox: Sandbox, open_api: Callable[[Sandbox], Api]
) -> Iterator[Api]:
    if request.param == "in process":
        yield open_api(sandbox)
        return
    with SandboxServer(sandbox) as server, httpx.Client(base_url=server.url) as client:
        yield Api(client)
