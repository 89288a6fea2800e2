"""An async client in several event loops: each has connections of its own."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
from support.answers import ok, page
from support.raw_server import EMPTY_LIST, raw_server
from support.transports import ScriptedTransport

from arize_users import AsyncArizeClient, ConfigurationError
from arize_users._core.runtime import PerLoop, current_loop
from arize_users.sandbox import SandboxServer

BACKENDS = ["asyncio", "trio"]


@pytest.fixture(params=["network", "sandbox:", "sandbox:file"])
def client(request: pytest.FixtureRequest, server: SandboxServer, tmp_path: Any) -> Any:
    """An async client over the network, and of a local account, which behaves alike."""
    urls = {"network": server.url, "sandbox:": "sandbox:", "sandbox:file": f"sandbox:{tmp_path / 'x.db'}"}
    client = AsyncArizeClient(api_key="sandbox-admin", base_url=urls[request.param], max_retries=0)
    yield client
    asyncio.run(client.aclose())


async def _use(client: AsyncArizeClient, limit: int = 2) -> None:
    for _ in range(10):
        assert len(await client.users.list(limit=limit)) == limit
    found = [user.email async for user in client.users.iter(status="active", page_size=limit, prefetch=True)]
    assert len(found) == 3


@pytest.mark.parametrize("first", BACKENDS)
@pytest.mark.parametrize("second", BACKENDS)
def test_one_loop_after_another(client: AsyncArizeClient, first: str, second: str) -> None:
    """A client goes on in the next event loop, of either kind."""
    for backend in (first, second, first):
        anyio.run(_use, client, backend=backend)


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("trio", "trio"), ("asyncio", "trio")], ids=str)
def test_two_loops_at_once(client: AsyncArizeClient, backends: tuple[str, str]) -> None:
    """Two threads with an event loop each share a client, and each call gets its own answer."""
    with ThreadPoolExecutor(2) as threads:
        runs = [
            threads.submit(anyio.run, _use, client, limit, backend=backend)
            for limit, backend in zip((1, 2), backends, strict=True)
        ]
        for run in runs:
            run.result(60)


@pytest.mark.parametrize("backend", BACKENDS)
def test_connections_end_with_their_loop(backend: str) -> None:
    """Each event loop opens its own connection, which is closed when the loop ends, without a warning."""
    with raw_server(lambda connection: connection.send(EMPTY_LIST)) as server:
        client = AsyncArizeClient(api_key="k", base_url=server.url)

        async def use() -> None:
            for _ in range(3):
                await client.users.list()

        for loops in range(1, 4):
            anyio.run(use, backend=backend)
            assert len(server.connections) == loops
            assert server.connections[-1].closed.wait(20)
        gc.collect()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_loop_that_was_only_closed(server: SandboxServer) -> None:
    """A client goes on after an event loop that was closed without a word to those who used it."""
    client = AsyncArizeClient(api_key="sandbox-admin", base_url=server.url, max_retries=0)
    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_use(client))
        loop.close()
    asyncio.run(client.aclose())
    gc.collect()


def test_closing_a_client_of_two_loops(server: SandboxServer) -> None:
    """Closing ends the client in every event loop: no other call of it is sent."""
    client = AsyncArizeClient(api_key="sandbox-admin", base_url=server.url)
    with asyncio.Runner() as one, asyncio.Runner() as other:
        one.run(_use(client))
        other.run(_use(client))
        other.run(client.aclose())
        for runner in (one, other):
            with pytest.raises(ConfigurationError, match="closed"):
                runner.run(client.users.list())


@pytest.mark.parametrize("argument", ["http_client", "transport"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_connections_of_the_caller(
    server: SandboxServer, connections: list[object], argument: str, backend: str
) -> None:
    """A caller's connections are used in the first event loop alone; elsewhere an error says what to do."""
    callers: Any = httpx.AsyncClient() if argument == "http_client" else httpx.AsyncHTTPTransport()
    client = AsyncArizeClient(api_key="sandbox-admin", base_url=server.url, **{argument: callers})

    async def refused() -> None:
        with pytest.raises(ConfigurationError, match="another event loop") as caught:
            await client.users.list()
        assert caught.value.argument == argument

    async def use() -> None:
        for _ in range(2):
            await client.users.list(limit=2)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(asyncio.run, refused()).result(20)
        await callers.aclose()

    anyio.run(use, backend=backend)
    assert len(connections) == 1


def test_other_transports_of_the_caller() -> None:
    """A transport without connections, such as a mock, serves in every event loop."""
    transport = ScriptedTransport(lambda _: ok(page()))
    client = AsyncArizeClient(api_key="k", transport=transport)
    for backend in BACKENDS:
        anyio.run(client.users.list, backend=backend)


def test_values_of_closed_loops() -> None:
    """What belongs to an event loop goes with it, although it may refer to the loop itself."""
    values = PerLoop(current_loop)

    async def use() -> None:
        assert values.get() is values.get() is current_loop()

    for backend in (*BACKENDS, *BACKENDS):
        anyio.run(use, backend=backend)
        assert len(values.all()) == 1
