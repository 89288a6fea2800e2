"""The connections of a client: few, reused, closed; and the proxy that they go through."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok, page
from support.raw_server import EMPTY_LIST, raw_server
from support.transports import ScriptedTransport

from arize_users import ArizeClient, AsyncArizeClient, ConfigurationError
from arize_users._core.pool import IdleConnections
from arize_users.config import proxy_for, resolve
from arize_users.sandbox import SandboxServer


def test_one_connection_for_one_caller(
    connect: Connect, server: SandboxServer, connections: list[object]
) -> None:
    """One caller after another uses one connection."""
    client = connect(server)
    for _ in range(5):
        client.users.list()
    assert len(connections) == 1


def test_threads_share_connections(server: SandboxServer, connections: list[object]) -> None:
    """Many threads need no more connections than there are threads, and use each again."""
    client = ArizeClient(api_key="sandbox-admin", base_url=server.url)
    with client, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: client.users.list(), range(80)))
    assert 1 <= len(connections) <= 8


def test_bulk_connections(connect: Connect, server: SandboxServer, connections: list[object]) -> None:
    """A bulk delete opens no more connections than max_concurrency, and reports each result once."""
    ids = server.sandbox.add_users(60)
    seen: list[Any] = []
    results = connect(server).users.bulk_delete(user_ids=ids, max_concurrency=6, on_result=seen.append)
    assert 1 <= len(connections) <= 6
    assert sorted(map(repr, seen)) == sorted(map(repr, results))
    assert len(server.sandbox.audit) == 60


def test_connections_idle_for_too_long(
    connect: Connect, server: SandboxServer, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that was idle for too long is closed, and another one opened when needed."""
    monkeypatch.setattr("arize_users._core.pool.IDLE_SECONDS", 0.0)
    client = connect(server)
    for _ in range(3):
        assert len(client.users.list()) == 3
    assert len(connections) == 3


def test_connection_that_has_become_too_old(
    connect: Connect, server: SandboxServer, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection used last is not used again either when it was idle for too long."""
    client = connect(server)
    client.users.list()
    monkeypatch.setattr("arize_users._core.pool.IDLE_SECONDS", 0.0)
    assert len(client.users.list()) == 3
    assert len(connections) == 2


def test_idle_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection used last is taken first; one idle for 30 s is closed, and all once the pool is."""
    now = 1000.0
    monkeypatch.setattr("arize_users._core.pool.monotonic", lambda: now)
    idle: Any = IdleConnections()
    one, two, three, busy = [SimpleNamespace() for _ in range(4)]
    assert idle.pop() is None
    assert idle.put_back(one) == idle.put_back(two) == []
    assert (idle.pop(), idle.pop()) == (two, one)
    idle.put_back(one)
    now += 29
    assert idle.put_back(two) == []
    now += 1
    assert idle.put_back(three) == [one]
    assert idle.close() == [three, two]
    assert idle.close() == []
    assert idle.put_back(busy) == [busy]


def test_closing_while_a_request_is_in_flight() -> None:
    """Closing a client in the middle of another thread's request lets that request end."""
    begun, may_end = threading.Event(), threading.Event()

    def answer(_: httpx.Request) -> Any:
        begun.set()
        assert may_end.wait(20)
        return ok(page())

    client = ArizeClient(api_key="k", transport=ScriptedTransport(answer))
    with ThreadPoolExecutor(1) as threads:
        coming = threads.submit(client.users.list)
        assert begun.wait(20)
        client.close()
        may_end.set()
        assert len(coming.result(20)) == 0
    with pytest.raises(ConfigurationError, match="closed"):
        client.users.list()


def test_after_a_cancelled_request(server: SandboxServer, connections: list[object]) -> None:
    """A request that was cancelled leaves nothing behind that disturbs the next one."""

    async def use() -> int:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        take = server.sandbox.faults.take

        def take_and_tell(request: Any) -> Any:
            loop.call_soon_threadsafe(arrived.set)
            return take(request)

        server.sandbox.faults.take = take_and_tell
        async with AsyncArizeClient(api_key="sandbox-admin", base_url=server.url) as client:
            request = asyncio.create_task(client.users.list(limit=1))
            await arrived.wait()
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            return len(await client.users.list(limit=2))

    server.sandbox.faults.add("latency", seconds=0.05)
    assert asyncio.run(use()) == 2
    assert len(connections) == 2


def test_a_callers_transport(connect: Connect) -> None:
    """A transport of the caller's is used even if it is false, and is closed with the client."""
    closed: list[str] = []

    class Empty(ScriptedTransport):
        def __len__(self) -> int:
            return 0

        def close(self) -> None:
            closed.append("sync")

        async def aclose(self) -> None:
            closed.append("async")

    client = connect(None, transport=Empty([ok(page())]))
    assert len(client.users.list()) == 0
    client.close_client()
    assert closed == [client.kind]


# Proxies


def _proxy(base_url: str = "https://api.arize.com", **arguments: Any) -> str | None:
    return proxy_for(resolve(api_key="k", base_url=base_url, environ={}, **arguments))


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"ALL_PROXY": "http://proxy.example"}, "http://proxy.example"),
        ({"HTTP_PROXY": "http://proxy.example"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "arize.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "other.example"}, "http://proxy.example"),
    ],
    ids=str,
)
def test_proxy_variables(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], proxy: str | None) -> None:
    """The usual variables hold, with their exceptions, but never to this machine; an argument goes first."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert _proxy() == proxy
    assert _proxy(proxy="http://mine.example:1") == "http://mine.example:1"
    for host in ("127.0.0.1:8765", "localhost", "[::1]:80", "x.localhost"):
        assert _proxy(f"http://{host}") is None


@pytest.mark.parametrize("proxy", ["ftp://me:pa55@x", "http://me:pa55@x:port", "http://me:pa55@[::1"])
def test_malformed_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, proxy: str
) -> None:
    """A proxy variable that is no URL is a configuration error, and its password is not repeated."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError) as caught:
        connect(None)
    assert caught.value.argument == "proxy"
    assert "pa55" not in str(caught.value)


TWICE = EMPTY_LIST * 2
NO_CONTENT_WITH_BODY = b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"
LONGER_THAN_IT_SAYS = EMPTY_LIST + b"{}"


@pytest.mark.parametrize("answer", [TWICE, NO_CONTENT_WITH_BODY, LONGER_THAN_IT_SAYS])
def test_more_than_an_answer(connect: Connect, answer: bytes) -> None:
    """What a server sends beyond an answer is never taken for the next: that connection is not used again."""
    with raw_server(lambda connection: connection.send(answer)) as server:
        client = connect(None, base_url=server.url, max_retries=0)
        for number in range(1, 4):
            if answer is NO_CONTENT_WITH_BODY:
                client.users.delete(user_id="x")
            else:
                client.users.list()
            assert len(server.connections) == number
