"""The HTTP adapter: starting, stopping, keeping connections, and clients that do not speak HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sandbox_api import HEADERS, JSON, MEMBER, Api, over_http

from arize_users.sandbox import Request, Sandbox, SandboxError, SandboxServer


def list_users(server: SandboxServer) -> httpx.Response:
    return httpx.get(f"{server.url}/v2/users", headers=HEADERS)


def talk(server: SandboxServer, data: bytes) -> bytes:
    """Send raw bytes, end the sending side, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_start_and_stop(sandbox: Sandbox) -> None:
    """A server serves between start and stop only, leaves no thread, and may start again."""
    server = SandboxServer(sandbox)
    threads = threading.active_count()
    for _ in range(2):
        server.start()
        with pytest.raises(SandboxError, match="running already"):
            server.start()
        url = server.url
        assert list_users(server).status_code == 200
        server.stop()
        server.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        assert threading.active_count() == threads
        with pytest.raises(SandboxError, match="not running"):
            server.url  # noqa: B018
    assert len(sandbox.requests) == 2


def test_a_process_ends_though_its_server_was_not_stopped() -> None:
    """A script that forgets to stop its server ends, also while a client holds a connection."""
    script = """
        import httpx
        from arize_users.sandbox import Sandbox, SandboxServer

        server = SandboxServer(Sandbox())
        server.start()
        client = httpx.Client()
        print(client.get(server.url).status_code)
    """
    words = [sys.executable, "-c", textwrap.dedent(script)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "404\n", "")


def test_stop_with_open_connections(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle connections, slow answers and silent clients do not keep a server from stopping."""
    sandbox.faults.add("latency", seconds=60, operation="get_user")
    handled = threading.Event()
    note = sandbox.note

    def note_and_tell(request: Request, status: int | None) -> None:
        note(request, status)
        if request.path == "/v2/users/x":
            handled.set()

    monkeypatch.setattr(sandbox, "note", note_and_tell)
    with ThreadPoolExecutor(1) as pool, httpx.Client(headers=HEADERS) as client:
        with SandboxServer(sandbox) as server:
            assert client.get(f"{server.url}/v2/users").status_code == 200
            silent = socket.create_connection(("127.0.0.1", server.port))
            slow = pool.submit(httpx.get, f"{server.url}/v2/users/x", headers=HEADERS, timeout=30)
            assert handled.wait(30)
        silent.close()
    assert slow.result().status_code == 404
    assert not [thread for thread in threading.enumerate() if "process_request" in thread.name]


def test_port_taken(server: SandboxServer) -> None:
    """A taken or impossible port is refused in words."""
    for port, reason in ((server.port, f"port {server.port}: it is taken"), (99999, "port 99999")):
        with pytest.raises(SandboxError, match=reason):
            SandboxServer(server.sandbox, port=port).start()


def test_keep_alive(server: SandboxServer) -> None:
    """One connection carries many requests, errors included, and closes when asked to."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        reader = connection.makefile("rb")
        for last in (False, False, True):
            end = b"Connection: close\r\n\r\n" if last else b"\r\n"
            connection.sendall(b"GET /v2/users HTTP/1.1\r\nHost: x\r\n" + end)
            assert reader.readline() == b"HTTP/1.1 401 Unauthorized\r\n"
            headers = dict(line.strip().split(b": ", 1) for line in iter(reader.readline, b"\r\n"))
            assert len(reader.read(int(headers[b"content-length"]))) > 0
            assert (headers.get(b"connection") == b"close") == last
        assert reader.read() == b""


def test_latency(sandbox: Sandbox) -> None:
    """The latency of a server delays every answer, also for a client that sends ahead."""
    with SandboxServer(sandbox, latency=0.03) as server:
        assert list_users(server).elapsed.total_seconds() >= 0.02
        request = b"GET /v2/users HTTP/1.1\r\nHost: x\r\n\r\n"
        assert talk(server, request * 3).count(b"HTTP/1.1 401") == 3


def chunked(*lines: bytes) -> bytes:
    head = (
        b"POST /v2/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sandbox-admin\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(line + b"\r\n" for line in lines)


def test_chunked_bodies(server: SandboxServer) -> None:
    """A body sent in chunks is read whole, with extensions and trailers passed over."""
    document = {"name": "Ada", "email": "ada@x.org", "invite_mode": "none", "role": MEMBER}
    parts = (part.encode() for part in json.JSONEncoder().iterencode(document))
    created = httpx.post(f"{server.url}/v2/users", content=parts, headers={**HEADERS, **JSON})
    assert created.status_code == 201
    answer = talk(server, chunked(b"2;ext=1", b"{}", b"0", b"Trailer: x", b""))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Missing: name" in answer


POST = b"POST /v2/users HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00 hello\r\n\r\n", b"400"),
        (b"GET /v2/users HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (POST + b"Content-Length: ten\r\n\r\n", b"400"),
        (POST + b"Content-Length: -1\r\n\r\n", b"400"),
        (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
        (chunked(b"x"), b"400"),
        (chunked(b"FFFFFFF"), b"413"),
    ],
    ids=lambda value: ascii(value[-40:]),
)
def test_broken_requests(server: SandboxServer, data: bytes, status: bytes) -> None:
    """What is not sound HTTP gets a problem document and the end of the connection."""
    answer = talk(server, data)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer
    assert list_users(server).status_code == 200


@pytest.mark.parametrize("data", [b"", b"\r\n", POST + b"Content-Length: 9\r\n\r\n{", chunked(b"5")])
def test_clients_that_leave(server: SandboxServer, data: bytes) -> None:
    """A client that leaves in the middle gets nothing and harms nobody."""
    assert talk(server, data) == b""
    assert list_users(server).status_code == 200


@pytest.mark.parametrize("any_api", [over_http], indirect=True)
def test_control(sandbox: Sandbox, any_api: Api) -> None:
    """A tester in any language reads mail, audit trail and users, and sets clock and faults."""
    control = any_api.by(None)
    user_id = sandbox.add_user(email="a@x.org", name="a", status="invited")
    assert any_api.resend(user_id).status_code == 204
    outbox, audit, users = (
        control.send("GET", f"/_sandbox/{name}").json()[name] for name in ("outbox", "audit", "users")
    )
    assert outbox == [
        {
            "kind": "invitation",
            "to": "a@x.org",
            "user_id": user_id,
            "sent_at": "2026-03-01T12:00:00Z",
            "expires_at": "2026-03-08T12:00:00Z",
        }
    ]
    assert [(entry["actor"], entry["action"]) for entry in audit] == [
        ("owner@sandbox.example", "resend_invitation")
    ]
    assert [user["status"] for user in users] == ["active"] * 3 + ["invited"]
    assert users[-1]["api_keys"] == list(sandbox.user(user_id).api_keys)
    moved = control.send("PUT", "/_sandbox/clock", json={"now": "2026-03-09T00:00:00+01:00"})
    assert moved.json() == {"now": "2026-03-08T23:00:00Z"}
    assert sandbox.user(user_id).status == "expired"
    assert control.send("PUT", "/_sandbox/clock", json={"now": None}).status_code == 200
    script = [{"fault": "bad_gateway", "every": 1}]
    assert control.send("POST", "/_sandbox/faults", json=script).content == b""
    assert any_api.list().status_code == 502
    assert control.send("DELETE", "/_sandbox/faults").status_code == 204
    assert any_api.list().status_code == 200
    assert [request.path for request in sandbox.requests if "_sandbox" in request.path] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", b"", 404),
        ("GET", "clock", b"", 405),
        ("POST", "outbox", b"", 405),
        ("PUT", "clock", b"", 400),
        ("PUT", "clock", b"[]", 400),
        ("PUT", "clock", b'{"now": "soon"}', 400),
        ("PUT", "clock", b'{"now": 5}', 400),
        ("PUT", "clock", b'{"now": "2026-03-01T00:00:00"}', 400),
        ("PUT", "clock", b'{"now": "9999-12-31T23:59:59-12:00"}', 400),
        ("POST", "faults", b"{", 400),
        ("POST", "faults", b'[{"fault": "server_error"}, {"fault": "refuse"}]', 400),
    ],
)
@pytest.mark.parametrize("any_api", [over_http], indirect=True)
def test_control_refusals(
    sandbox: Sandbox, any_api: Api, method: str, path: str, body: bytes, status: int
) -> None:
    """What the control paths cannot do they refuse with a problem document, and do nothing."""
    before = sandbox.now()
    answer = any_api.send(method, f"/_sandbox/{path}", content=body)
    assert answer.status_code == answer.json()["status"] == status
    assert sandbox.now() == before
    assert any_api.list().status_code == 200
