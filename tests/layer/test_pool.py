"""The connections of a client: few, reused, closed; and by which way they go."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.answers import ok, page
from support.clients import Client
from support.transports import ScriptedTransport

from arize_users import ArizeClient, AsyncArizeClient, BulkUserDeletionResult, ConfigurationError
from arize_users._core.pool import IDLE_SECONDS, IdleConnections
from arize_users.config import proxy_for, resolve
from arize_users.sandbox import Sandbox, SandboxServer, server


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every connection that any sandbox server has accepted."""
    accepted: list[object] = []
    connected = server._Server.connected

    def count(self: Any, connection: Any) -> None:
        accepted.append(connection)
        connected(self, connection)

    monkeypatch.setattr(server._Server, "connected", count)
    return accepted


def test_one_connection_for_one_caller(kind: str, connections: list[object]) -> None:
    """One caller after another uses one connection."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        client = Client(kind, None, base_url=running.url)
        for _ in range(5):
            client.users.list()
        assert len(connections) == 1
        client.close()


def test_threads_share_connections(connections: list[object]) -> None:
    """Many threads need no more connections than there are threads, and use each again."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        client = ArizeClient(api_key="sandbox-admin", base_url=running.url)
        with client, ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: client.users.list(), range(80)))
        assert 1 <= len(connections) <= 8


def test_bulk_connections(kind: str, connections: list[object]) -> None:
    """A bulk delete opens no more connections than max_concurrency."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        ids = sandbox.add_users(60)
        client = Client(kind, None, base_url=running.url)
        client.users.bulk_delete(user_ids=ids, max_concurrency=6)
        assert 1 <= len(connections) <= 6
        client.close()


def test_connections_idle_for_too_long(
    kind: str, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that was idle for too long is closed, and another opened when needed."""
    monkeypatch.setattr("arize_users._core.pool.IDLE_SECONDS", 0.0)
    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        client = Client(kind, None, base_url=running.url)
        for _ in range(3):
            assert len(client.users.list()) == 3
        assert len(connections) == 3
        client.close()


class Connection:
    """Something that can be taken and given back."""


def test_the_last_connection_first() -> None:
    """The connection used last is taken first, and a new one is opened only when none is idle."""
    pool = IdleConnections(Connection)
    first, second = pool.take(), pool.take()
    assert first is not second
    assert pool.put_back(first) == pool.put_back(second) == []
    assert pool.take() is second
    assert pool.take() is first
    assert pool.take() not in (first, second)


def test_stale_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that nobody used for long are given up for closing; those in use lately stay."""
    now = 1000.0
    monkeypatch.setattr("arize_users._core.pool.time.monotonic", lambda: now)
    pool = IdleConnections(Connection)
    old, newer, newest = pool.take(), pool.take(), pool.take()
    pool.put_back(old)
    now += IDLE_SECONDS - 1
    assert pool.put_back(newer) == []
    now += 1
    assert pool.put_back(newest) == [old]
    assert pool.close() == [newer, newest]
    assert pool.close() == []


def test_connection_given_back_after_closing() -> None:
    """A connection that was in use while the client was closed is closed when its request ends."""
    pool = IdleConnections(Connection)
    connection = pool.take()
    assert pool.close() == []
    assert pool.put_back(connection) == [connection]


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


def test_a_transport_is_used_even_if_it_is_false() -> None:
    """A transport of the caller's is used whatever else it is, and never the network instead."""

    class Empty(ScriptedTransport):
        def __len__(self) -> int:
            return 0

    transport = Empty(lambda _: ok(page()))
    with ArizeClient(api_key="k", transport=transport) as client:
        assert len(client.users.list()) == 0

    async def use() -> int:
        async with AsyncArizeClient(api_key="k", transport=transport) as client:
            return len(await client.users.list())

    assert asyncio.run(use()) == 0


@pytest.mark.parametrize("closes", [ArizeClient, AsyncArizeClient])
def test_a_callers_transport_is_closed(closes: Any) -> None:
    """Closing a client closes the transport it was given, as httpx does."""
    closed: list[str] = []

    class Noting(ScriptedTransport):
        def close(self) -> None:
            closed.append("sync")

        async def aclose(self) -> None:
            closed.append("async")

    client = closes(api_key="k", transport=Noting([]))
    if closes is ArizeClient:
        client.close()
    else:
        asyncio.run(client.aclose())
    assert closed == ["sync" if closes is ArizeClient else "async"]


# Proxies


def _way(base_url: str = "https://api.arize.com", **arguments: Any) -> str | None:
    return proxy_for(resolve(api_key="k", base_url=base_url, environ={}, **arguments))


@pytest.mark.parametrize(
    ("environ", "way"),
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
)
def test_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], way: str | None
) -> None:
    """The usual proxy variables hold, with their exceptions; an argument beats them."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert _way() == way
    assert _way(proxy="http://mine.example:1") == "http://mine.example:1"


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "[::1]:80", "x.localhost"])
def test_loopback_never_goes_through_a_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """What is allowed unencrypted since it stays on this machine stays on this machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert _way(f"http://{host}") is None


@pytest.mark.parametrize("proxy", ["ftp://me:pa55@x", "http://me:pa55@x:port", "http://me:pa55@[::1"])
def test_malformed_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch, kind: str, proxy: str) -> None:
    """A proxy variable that is no URL is a configuration error, and its password is not repeated."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        Client(kind, None)
    assert "pa55" not in str(caught.value)


def _telling(take: Any, tell: Any) -> Any:
    """Tell that a request has arrived at the server, before it is answered."""

    def take_and_tell(request: Any) -> Any:
        fault = take(request)
        tell()
        return fault

    return take_and_tell


def test_after_a_cancelled_request() -> None:
    """A request that was cancelled leaves nothing behind that the next could stumble over."""

    async def use(url: str) -> int:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        sandbox.faults.take = _telling(sandbox.faults.take, lambda: loop.call_soon_threadsafe(arrived.set))
        async with AsyncArizeClient(api_key="sandbox-admin", base_url=url) as client:
            request = asyncio.create_task(client.users.list(limit=1))
            await arrived.wait()
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            return len(await client.users.list(limit=2))

    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        sandbox.faults.add("latency", seconds=0.05)
        assert asyncio.run(use(running.url)) == 2


def test_reports_while_deleting(kind: str) -> None:
    """Over a real server, too, each result is reported once."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as running:
        ids = sandbox.add_users(30)
        seen: list[BulkUserDeletionResult] = []
        client = Client(kind, None, base_url=running.url)
        results = client.users.bulk_delete(user_ids=ids, max_concurrency=5, on_result=seen.append)
        assert sorted(map(repr, seen)) == sorted(map(repr, results))
        assert len(sandbox.audit) == 30
        client.close()
