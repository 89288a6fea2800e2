"""The loopback server of the benchmark: as little work for each request as asyncio allows.

    python -m benchmark.server [--users N]     prints its port; ends when its standard input does

Users are listed, given and "deleted" (they stay). Every answer waits for the latency, while others are
answered. `PUT /_bench/latency?ms=20` sets it; `GET /_bench/counts` tells how many requests of each
operation came since the last time it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from urllib.parse import unquote

from benchmark.account import USERS, Account

_PATH = "/v2/users"
_DELETED = b"HTTP/1.1 204 No Content\r\n\r\n"


def _answer(status: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Desk:
    """What all connections share: the account, the latency, the counts and the answers made so far."""

    def __init__(self, users: int) -> None:
        self.latency = 0.0
        self._account = Account(users)
        self._counts: Counter[str] = Counter()
        self._given: dict[str, bytes] = {}

    def answer(self, method: str, target: str) -> bytes:
        """Count a request and give the bytes of its answer."""
        path, _, query = target.partition("?")
        if method == "DELETE" and path.startswith(_PATH):
            self._counts["delete"] += 1
            return _DELETED
        if method == "GET" and path.startswith(_PATH):
            self._counts["list" if path == _PATH else "get"] += 1
            return self._given.get(target) or self._make(target, path, query)
        return self._control(method, path, query)

    def _make(self, target: str, path: str, query: str) -> bytes:
        user_id = unquote(path.removeprefix(_PATH + "/"))
        body = self._account.page(query) if path == _PATH else self._account.user(user_id)
        if body is None:
            problem = {"status": 404, "title": "Not Found"}
            return _answer("404 Not Found", json.dumps(problem).encode(), "application/problem+json")
        self._given[target] = _answer("200 OK", body)
        return self._given[target]

    def _control(self, method: str, path: str, query: str) -> bytes:
        if (method, path) == ("PUT", "/_bench/latency"):
            self.latency = float(query.removeprefix("ms=")) / 1000
            return _answer("200 OK", b"{}")
        if (method, path) == ("GET", "/_bench/counts"):
            counts, self._counts = self._counts, Counter()
            return _answer("200 OK", json.dumps(counts).encode())
        return _answer("405 Method Not Allowed", b"{}")


class Connection(asyncio.Protocol):
    """One kept-alive connection. Requests are taken one after the other, as HTTP/1.1 wants them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back. asyncio itself sets TCP_NODELAY."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request whose head has come; none of those served here has a body."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, self._received = self._received[:end], self._received[end + 4 :]
            method, target, _ = head[: head.index(b"\r\n")].decode("latin-1").split(" ", 2)
            answer = self._desk.answer(method, target)
            if self._desk.latency and not target.startswith("/_bench"):
                asyncio.get_running_loop().call_later(self._desk.latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve(users: int) -> None:
    """Serve on a free port until the standard input ends."""
    desk = Desk(users)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=USERS)
    asyncio.run(serve(parser.parse_args().users))


if __name__ == "__main__":
    main()
