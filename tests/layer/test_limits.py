"""How long an operation lasts at most, and how much of an answer is read."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok, page, raw
from support.raw_server import EMPTY_LIST, EMPTY_PAGE, RawConnection, raw_server
from support.transports import ScriptedTransport

from arize_users import APIConnectionError, APITimeoutError, ForbiddenError, ResponseDecodeError, ServerError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n"


def _flood(connection: RawConnection, data: bytes) -> None:
    while True:
        connection.send(data * 100)


def _refuse_and_drip(connection: RawConnection) -> None:
    connection.send(HEAD.replace(b"200 OK", b"403 Forbidden"))
    connection.drip(b" ")


SLOW: dict[str, Callable[[RawConnection], None]] = {
    "nothing": RawConnection.hold,
    "nothing after a byte": lambda connection: (connection.send(HEAD[:1]), connection.hold())[1],
    "status line": lambda connection: connection.drip(b"HTTP/1.1 200 OKAY" * 1000),
    "header": lambda connection: (connection.send(HEAD[:-2]), connection.drip(b"X-Pad: 1\r\n"))[0],
    "interim answers": lambda connection: connection.drip(INTERIM),
    "interim answers at full speed": lambda connection: _flood(connection, INTERIM),
    "body": lambda connection: (connection.send(HEAD), connection.drip(b" "))[0],
}
"""Answers that keep a client waiting without end, while each wait of it is short."""
ENDED_WITH_HTTP_CLIENT = {"sync": ["nothing", "body"], "async": [*SLOW]}


@pytest.mark.parametrize("slow", SLOW)
def test_total_timeout(connect: Connect, slow: str) -> None:
    """Whatever a server sends, an operation ends when its time is over, and the client goes on working."""
    answers = [SLOW[slow], lambda connection: connection.send(EMPTY_LIST)]
    with raw_server(lambda connection: answers.pop(0)(connection)) as server:
        client = connect(None, base_url=server.url, timeout=None, total_timeout=0.3)
        with pytest.raises(APITimeoutError) as caught:
            client.users.list()
        assert caught.value.sent is True
        assert server.connections[0].closed.wait(20)
        assert len(client.users.list()) == 0
        assert len(server.connections) == 2


def test_total_timeout_by_a_frozen_clock(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation ends in its time also where a test has frozen the clock that the event loop goes by."""
    with raw_server(SLOW["nothing"]) as server:
        client = connect(None, base_url=server.url, total_timeout=0.3)
        monkeypatch.setattr(time, "monotonic", lambda: 1_772_366_400.0)
        with pytest.raises(APITimeoutError) as caught:
            client.users.list()
        assert caught.value.sent is True


def test_total_timeout_on_a_new_connection(connect: Connect) -> None:
    """A connection that takes the place of one that the server has closed is timed like the first."""

    def answer_and_close(connection: RawConnection) -> None:
        connection.send(EMPTY_LIST)
        connection.socket.shutdown(socket.SHUT_RDWR)

    answers = [answer_and_close, SLOW["header"]]
    with raw_server(lambda connection: answers.pop(0)(connection)) as server:
        client = connect(None, base_url=server.url, total_timeout=0.5)
        client.users.list()
        assert server.connections[0].closed.wait(20)
        with pytest.raises(APITimeoutError):
            client.users.list()
        assert server.connections[1].closed.wait(20)


def test_total_timeout_before_a_connection(connect: Connect) -> None:
    """Where the time is over before a connection is made, the request was surely not sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # More than the backlog: the system answers nobody else.
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        client = connect(None, base_url=f"http://127.0.0.1:{full.getsockname()[1]}", total_timeout=0.2)
        with pytest.raises(APITimeoutError) as caught:
            client.users.reset_password(user_id="VXNlcjox")
        assert (caught.value.sent, caught.value.maybe_applied) == (False, False)
        for one in waiting:
            one.close()


def test_total_timeout_of_all_attempts(connect: Connect) -> None:
    """Attempts and waits count together: nothing is sent once the time is over, however often it may be."""
    with raw_server(
        lambda connection: connection.send(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")
    ) as server:
        client = connect(None, base_url=server.url, max_retries=1_000_000, total_timeout=0.5)
        with pytest.raises((ServerError, APITimeoutError)):
            client.users.list()


def test_refusal_that_never_ends(connect: Connect) -> None:
    """A refusal whose body does not come in time is that refusal: its status says what the server did."""
    with raw_server(_refuse_and_drip) as server:
        client = connect(None, base_url=server.url, total_timeout=0.3)
        with pytest.raises(ForbiddenError):
            client.users.list()


def test_total_timeout_with_http_client(connect: Connect, kind: str) -> None:
    """With a caller's sync client a body is timed, but no bytes of a header; with an async one, all is."""
    for slow in ENDED_WITH_HTTP_CLIENT[kind]:
        with raw_server(SLOW[slow]) as server:
            http: Any = httpx.Client(timeout=None) if kind == "sync" else httpx.AsyncClient(timeout=None)
            client = connect(None, base_url=server.url, http_client=http, total_timeout=0.3)
            with pytest.raises(APITimeoutError):
                client.users.list()
            client.settle(http.close() if kind == "sync" else http.aclose())


# The size of bodies

LIMIT = 1000


@pytest.fixture(params=["own", "http_client"])
def answer_with(
    request: pytest.FixtureRequest, connect: Connect, kind: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Give a function that makes the users of a client, ours or over a caller's, with one answer."""

    def users(*answer: Any, limit: int = LIMIT, **headers: str) -> Any:
        monkeypatch.setattr("arize_users._core.bodies.LONGEST_BODY", limit)
        answers = [raw(*answer, **headers)]
        if request.param == "own":
            return connect(answers).users
        kinds: Any = {"sync": httpx.Client, "async": httpx.AsyncClient}
        http = kinds[kind](transport=ScriptedTransport(answers))
        return connect(None, base_url="https://api.arize.com", http_client=http).users

    return users


def _pack(encoding: str, plain: bytes) -> bytes:
    return gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)


def test_body_of_the_longest_size(answer_with: Callable[..., Any]) -> None:
    """A body of exactly the longest size is read like any other, compressed or not."""
    body = EMPTY_PAGE.ljust(LIMIT)
    assert len(answer_with(body).list()) == 0
    for encoding in ("gzip", "deflate"):
        assert len(answer_with(_pack(encoding, body), content_encoding=encoding).list()) == 0


@pytest.mark.parametrize("encoding", ["plain", "gzip", "deflate"])
def test_body_that_is_too_long(answer_with: Callable[..., Any], encoding: str) -> None:
    """A longer success is an error that says so and holds the first part; a refusal stays what it is."""
    body = EMPTY_PAGE.ljust(LIMIT + 1)
    packed = body if encoding == "plain" else _pack(encoding, body)
    headers = {} if encoding == "plain" else {"content_encoding": encoding}
    with pytest.raises(ResponseDecodeError, match="longer than") as caught:
        answer_with(packed, **headers).list()
    assert caught.value.body == body[:LIMIT]
    with pytest.raises(ForbiddenError) as refused:
        answer_with(packed, 403, **headers).list()
    assert refused.value.body == body[:LIMIT]


def test_decompression_bomb(answer_with: Callable[..., Any]) -> None:
    """A small answer that unfolds to a huge one does not take the memory of that."""
    packer, zeros = zlib.compressobj(wbits=31), bytes(2**20)
    bomb = b"".join([*(packer.compress(zeros) for _ in range(64)), packer.flush()])
    assert len(bomb) < 2**17
    tracemalloc.start()
    try:
        with pytest.raises(ResponseDecodeError, match="longer than"):
            answer_with(bomb, limit=2**20, content_encoding="gzip").list()
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_endless_body(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a body that is too long is not waited for, and its connection is closed."""
    monkeypatch.setattr("arize_users._core.bodies.LONGEST_BODY", 10_000)

    def answer(connection: RawConnection) -> None:
        connection.send(ENDLESS)
        _flood(connection, b"5\r\n     \r\n")

    with raw_server(answer) as server:
        with pytest.raises(ResponseDecodeError):
            connect(None, base_url=server.url).users.list()
        assert server.connections[0].closed.wait(20)


def test_body_cut_by_the_network(connect: Connect) -> None:
    """A body that the network cuts short is a broken connection, not one that is too long."""

    def answer(connection: RawConnection) -> None:
        connection.send(HEAD + b"{")
        connection.socket.close()

    with raw_server(answer) as server:
        with pytest.raises(APIConnectionError) as caught:
            connect(None, base_url=server.url).users.list()
        assert not isinstance(caught.value, APITimeoutError)


def test_unknown_encoding(connect: Connect) -> None:
    """A body in an encoding that was not asked for is kept as it came."""
    with pytest.raises(ResponseDecodeError) as caught:
        connect([raw(b"\x0b\x02", content_encoding="br")]).users.list()
    assert caught.value.body == b"\x0b\x02"
    assert len(connect([ok(page(), content_encoding="identity")]).users.list()) == 0
