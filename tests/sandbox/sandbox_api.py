"""A small client for the users API, over each adapter of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import anyio
import httpx
from attrs import frozen

from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxServer, SandboxTransport

BASE = "http://sandbox.test"
HEADERS = {"authorization": "Bearer sandbox-admin"}
JSON = {"content-type": "application/json"}
MEMBER = {"type": "predefined", "name": "member"}


@frozen
class Api:
    """Requests with one key; `send` returns whatever the server answers."""

    request: Callable[..., httpx.Response]
    key: str | None = "sandbox-admin"

    def by(self, key: str | None) -> Api:
        return Api(self.request, key)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        key = {} if self.key is None else {"authorization": f"Bearer {self.key}"}
        return self.request(method, path, headers={**key, **options.pop("headers", {})}, **options)

    def create(
        self, email: str = "ada@example.com", invite_mode: str = "email_link", **fields: object
    ) -> httpx.Response:
        body = {"name": "Ada", "role": MEMBER, "email": email, "invite_mode": invite_mode, **fields}
        return self.send("POST", "/v2/users", json=body)

    def list(self, **query: Any) -> httpx.Response:
        return self.send("GET", "/v2/users", params=query)

    def emails(self, **query: Any) -> list[str]:
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


@contextmanager
def in_process(sandbox: Sandbox) -> Iterator[Api]:
    with httpx.Client(transport=SandboxTransport(sandbox), base_url=BASE) as client:
        yield Api(client.request)


@contextmanager
def in_process_async(sandbox: Sandbox) -> Iterator[Api]:
    async def send(method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncSandboxTransport(sandbox), base_url=BASE) as client:
            return await client.request(method, path, **options)

    yield Api(lambda method, path, **options: anyio.run(send, method, path, options))


@contextmanager
def over_http(sandbox: Sandbox) -> Iterator[Api]:
    with SandboxServer(sandbox) as server, httpx.Client(base_url=server.url) as client:
        yield Api(client.request)


ADAPTERS = (in_process, in_process_async, over_http)
