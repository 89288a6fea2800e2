"""The loopback server of the benchmark, which spends as little time on a request as asyncio allows.

    python -m benchmark.server SECONDS

It prints its port and ends when its standard input ends. Users are listed, returned, "deleted" (they stay
in the account) and "created" (they are not in it). Each response is sent SECONDS after its request, while
other requests are served. `GET /requests` returns the number of other requests so far.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from functools import cache, partial

from benchmark import account

_PATH = "/v2/users"
_LENGTH = re.compile(r"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


@cache
def respond(method: str, target: str) -> bytes:
    """Return the bytes of a response."""
    path, _, query = target.partition("?")
    if method == "DELETE" and path.startswith(f"{_PATH}/"):
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    if method == "POST" and path == _PATH:
        return _response("201 Created", account.CREATED)
    if method == "GET" and path == _PATH:
        return _response("200 OK", account.list_users(query))
    if method == "GET" and (user := account.get_user(path.removeprefix(f"{_PATH}/"))):
        return _response("200 OK", user)
    return _response("404 Not Found", b"{}")


class Connection(asyncio.Protocol):
    """One kept-alive connection. Bodies are passed over: what is created is the same for each request."""

    requests = 0  # On all connections.

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to send, which asyncio has given TCP_NODELAY."""
        assert isinstance(transport, asyncio.Transport)
        send, later = transport.write, partial(asyncio.get_running_loop().call_later, self._latency)
        self._send: Callable[[bytes], object] = partial(later, send) if self._latency else send

    def data_received(self, data: bytes) -> None:
        """Respond to each request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].decode("latin-1")
            length = _LENGTH.search(head)
            whole = end + 4 + int(length.group(1) if length else 0)
            if len(self._received) < whole:
                break
            self._received = self._received[whole:]
            method, target, _ = head.split(" ", 2)
            if target == "/requests":
                self._send(_response("200 OK", str(Connection.requests).encode()))
            else:
                Connection.requests += 1
                self._send(respond(method, target))


async def serve(latency: float) -> None:
    """Serve on a free port until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
