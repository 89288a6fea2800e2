"""Faults on purpose: what each one does to the client and to the account, on every face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from arize_users.sandbox import (
    AsyncSandboxTransport,
    Sandbox,
    SandboxServer,
    SandboxTransport,
)

BASE = "http://sandbox.test"
HEADERS = {"authorization": "Bearer sandbox-admin"}
BODY = {
    "name": "Ada",
    "email": "ada@example.com",
    "role": {"type": "predefined", "name": "member"},
    "invite_mode": "email_link",
}


Send = Callable[..., httpx.Response]


@contextmanager
def sync_face(sandbox: Sandbox) -> Iterator[Send]:
    transport = SandboxTransport(sandbox)
    with httpx.Client(transport=transport, base_url=BASE, headers=HEADERS) as client:
        yield client.request


@contextmanager
def async_face(sandbox: Sandbox) -> Iterator[Send]:
    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def work() -> httpx.Response:
            transport = AsyncSandboxTransport(sandbox)
            client = httpx.AsyncClient(transport=transport, base_url=BASE, headers=HEADERS)
            async with client:
                return await client.request(method, path, **options)

        return anyio.run(work)

    yield send


@contextmanager
def http_face(sandbox: Sandbox) -> Iterator[Send]:
    with (
        SandboxServer(sandbox) as server,
        httpx.Client(base_url=server.url, headers=HEADERS) as client,
    ):
        yield client.request


FACES: dict[str, Callable[[Sandbox], Any]] = {
    "in process": sync_face,
    "in process, async": async_face,
    "http": http_face,
}


@pytest.fixture(params=FACES)
def send(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Send]:
    with FACES[request.param](sandbox) as send:
        yield send


def create(send: Send) -> httpx.Response:
    return send("POST", "/v2/users", json=BODY)


def done(sandbox: Sandbox) -> list[str]:
    return [entry.action for entry in sandbox.audit]


@pytest.mark.parametrize(
    ("fault", "params", "status", "retry_after", "content_type"),
    [
        ("rate_limit", {}, 429, "1", "application/problem+json"),
        ("rate_limit", {"retry_after": 7}, 429, "7", "application/problem+json"),
        ("rate_limit", {"retry_after": None}, 429, None, "application/problem+json"),
        (
            "rate_limit",
            {"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"},
            429,
            "Wed, 21 Oct 2026 07:28:00 GMT",
            "application/problem+json",
        ),
        ("bad_gateway", {}, 502, None, "text/html; charset=utf-8"),
        ("service_unavailable", {}, 503, None, "application/problem+json"),
        ("service_unavailable", {"retry_after": 3}, 503, "3", "application/problem+json"),
        ("gateway_timeout", {}, 504, None, "text/html; charset=utf-8"),
        ("server_error", {}, 500, None, "application/problem+json"),
        ("status", {"status": 520}, 520, None, None),
        ("status", {"status": 204, "body": "never sent"}, 204, None, None),
        ("status", {"status": 418, "body": "<p>tea"}, 418, None, "text/html; charset=utf-8"),
        ("status", {"status": 200, "body": {"odd": 1}}, 200, None, "application/json"),
        (
            "status",
            {"status": 307, "headers": {"Location": "/x"}, "content_type": "a/b", "body": "x"},
            307,
            None,
            "a/b",
        ),
    ],
)
def test_answers_instead(
    sandbox: Sandbox,
    send: Send,
    fault: str,
    params: dict[str, Any],
    status: int,
    retry_after: str | None,
    content_type: str | None,
) -> None:
    """An answer in place of the account's own leaves the account untouched, and the next is right."""
    sandbox.faults.add(fault, **params)
    answer = create(send)
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == retry_after
    assert answer.headers.get("content-type") == content_type
    assert answer.headers["x-request-id"]
    if content_type == "application/problem+json":
        assert answer.json()["status"] == status
    assert done(sandbox) == []
    assert create(send).status_code == 201
    assert [request.status for request in sandbox.requests] == [status, 201]


def test_answers_instead_after_the_deed(sandbox: Sandbox, send: Send) -> None:
    """With `handled` a gateway's error comes although the account did the thing."""
    sandbox.faults.add("bad_gateway", handled=True)
    assert create(send).status_code == 502
    assert done(sandbox) == ["create"]
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(("fault", "actions"), [("reset_before", []), ("reset_after", ["create"])])
def test_resets(sandbox: Sandbox, send: Send, fault: str, actions: list[str]) -> None:
    """A dropped connection is a read error, before or after the account did the thing."""
    sandbox.faults.add(fault)
    with pytest.raises(httpx.ReadError):
        create(send)
    assert done(sandbox) == actions
    assert [request.status for request in sandbox.requests] == [None]
    assert send("GET", "/v2/users").status_code == 200


def test_refuse(sandbox: Sandbox) -> None:
    """A refused connection is a connect error and never reaches the account."""
    for face in (sync_face, async_face):
        sandbox.faults.clear()
        sandbox.faults.add("refuse")
        with face(sandbox) as send, pytest.raises(httpx.ConnectError):
            create(send)
    assert (sandbox.requests, done(sandbox)) == ([], [])


@pytest.mark.parametrize(("method", "path"), [("GET", "/v2/users"), ("DELETE", "/v2/users/{}")])
def test_truncated(sandbox: Sandbox, send: Send, method: str, path: str) -> None:
    """A body that ends early is a protocol error, also where there would have been no body."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    sandbox.faults.add("truncated")
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        send(method, path.format(user_id.replace("/", "%2F")))
    assert sandbox.user(user_id).status == ("inactive" if method == "DELETE" else "active")
    assert send("GET", "/v2/users").status_code == 200


def test_wrong_content_type(sandbox: Sandbox, send: Send) -> None:
    """The right body may come as HTML."""
    sandbox.faults.add("wrong_content_type")
    answer = create(send)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/html; charset=utf-8")
    assert answer.json()["email"] == "ada@example.com"


def test_garbage(sandbox: Sandbox, send: Send) -> None:
    """A success may hold a web page, as behind a portal; the account did the thing."""
    sandbox.faults.add("garbage", nth=[1, 2])
    answer = create(send)
    assert answer.status_code == 201
    assert answer.text.startswith("<!doctype html>")
    user_id = sandbox.audit[0].user_id
    answer = send("DELETE", "/v2/users/" + user_id.replace("/", "%2F"))
    assert (answer.status_code, "<html>" in answer.text) == (200, True)
    assert done(sandbox) == ["create", "delete"]


def test_unknown_enum(sandbox: Sandbox, send: Send) -> None:
    """Words that no contract has may come in every place that holds one."""
    sandbox.faults.add("unknown_enum", nth=[1, 2, 4])
    created = create(send).json()
    assert (created["status"], created["invite_mode"]) == ("suspended", "carrier_pigeon")
    listed = send("GET", "/v2/users").json()["users"]
    assert {user["role"]["name"] for user in listed} == {"auditor"}
    assert {user["status"] for user in send("GET", "/v2/users").json()["users"]} > {"active"}
    assert send("GET", "/v2/users/nobody").status_code == 404
    sandbox.faults.add("unknown_enum", role_type="team")
    assert send("GET", "/v2/users").json()["users"][0]["role"] == {"type": "team"}


def test_unknown_enum_in_the_second_generation() -> None:
    """Unknown words are upper case where the server speaks upper case."""
    with Sandbox(enum_case="upper") as sandbox, sync_face(sandbox) as send:
        sandbox.faults.add("unknown_enum")
        user = send("GET", "/v2/users").json()["users"][0]
    assert user["status"] == "SUSPENDED"
    assert user["role"] == {"type": "PREDEFINED", "name": "AUDITOR"}


def test_cursor_faults(sandbox: Sandbox, send: Send) -> None:
    """A page may repeat the cursor it was asked with, and a cursor may go stale."""
    sandbox.faults.add("repeat_cursor")
    sandbox.faults.add("stale_cursor", nth=2)
    first = send("GET", "/v2/users?limit=1").json()["pagination"]
    query = {"limit": 1, "cursor": first["next_cursor"]}
    assert send("GET", "/v2/users", params=query).json()["pagination"] == first
    stale = send("GET", "/v2/users", params=query)
    assert (stale.status_code, stale.json()["error_code"]) == (400, "INVALID_CURSOR")
    assert send("GET", "/v2/users", params=query).json()["pagination"] != first
    sandbox.faults.add("repeat_cursor")
    assert send("GET", "/v2/users?cursor=x").status_code == 400


@pytest.mark.parametrize("before", [False, True])
def test_latency_beyond_patience(sandbox: Sandbox, send: Send, before: bool) -> None:
    """A client that gives up gets a timeout; whether the thing was done is the script's choice."""
    sandbox.faults.add("latency", seconds=60, before=before)
    with pytest.raises(httpx.ReadTimeout):
        send("POST", "/v2/users", json=BODY, timeout=0.05)
    assert done(sandbox) == ([] if before else ["create"])


@pytest.mark.parametrize("before", [False, True])
def test_latency_within_patience(sandbox: Sandbox, send: Send, before: bool) -> None:
    """A slow answer is still the right one."""
    sandbox.faults.add("latency", seconds=0.03, before=before)
    answer = create(send)
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.02


def test_nothing_refuses_over_http(sandbox: Sandbox) -> None:
    """A server that is there cannot refuse a connection, so it drops it without doing anything."""
    sandbox.faults.add("refuse")
    with http_face(sandbox) as send, pytest.raises(httpx.ReadError):
        create(send)
    assert done(sandbox) == []


def test_async_face_on_a_file(tmp_path: Path) -> None:
    """The async face works on a file too, and closes the sandbox that it opened."""

    async def work() -> list[int]:
        transport = AsyncSandboxTransport.open(tmp_path / "account.db")
        client = httpx.AsyncClient(transport=transport, base_url=BASE, headers=HEADERS)
        async with client:
            found: list[int] = []

            async def create(number: int) -> None:
                body = {**BODY, "email": f"user{number}@x.org"}
                found.append((await client.post("/v2/users", json=body)).status_code)

            async with anyio.create_task_group() as tasks:
                for number in range(10):
                    tasks.start_soon(create, number)
        with pytest.raises(Exception, match="closed"):
            transport.sandbox.now()
        return found

    assert anyio.run(work) == [201] * 10


def test_transports_close_only_their_own(sandbox: Sandbox) -> None:
    """A transport over somebody else's sandbox leaves it open."""
    with SandboxTransport(sandbox):
        pass
    assert sandbox.now() == sandbox.now()
    transport = SandboxTransport.open()
    transport.close()
    with pytest.raises(Exception, match="closed"):
        transport.sandbox.now()
