"""The HTTP face: a server on loopback that any client in any language can use."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Self

from arize_users.sandbox import control
from arize_users.sandbox.checks import MAX_BODY_BYTES
from arize_users.sandbox.delivery import deliver
from arize_users.sandbox.local import Sandbox
from arize_users.sandbox.messages import (
    BODILESS,
    RefusalError,
    Request,
    Response,
    SandboxError,
    invalid,
)
from arize_users.sandbox.wire import too_large, with_request_id

_HOST = "127.0.0.1"
_STOP_SECONDS = 2.0
_MAX_LINE = 65536
_MAX_READS = 4096
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,7}")
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class SandboxServer:
    """`with SandboxServer(sandbox) as server:` serves on 127.0.0.1 until the block ends.

    `port` 0 takes a free one. `latency` (seconds) delays each answer, as a network would. The
    server closes neither the sandbox nor its file. May be started again after it was stopped.
    """

    def __init__(self, sandbox: Sandbox, *, port: int = 0, latency: float = 0.0) -> None:
        self.sandbox = sandbox
        self.latency = latency
        self._wanted_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port served on. Raises: SandboxError before the start."""
        if self._server is None:
            raise SandboxError("this server is not running")
        return self._server.server_port

    @property
    def url(self) -> str:
        """The base URL to give to a client. Raises: SandboxError before the start."""
        return f"http://{_HOST}:{self.port}"

    def start(self) -> None:
        """Take the port and serve in a thread. Raises: SandboxError when the port is taken."""
        if self._server is not None:
            raise SandboxError("this server is running already")
        try:
            self._server = _Server(self)
        except (OSError, OverflowError) as error:
            reason = "it is taken" if getattr(error, "errno", 0) == errno.EADDRINUSE else str(error)
            text = f"cannot serve on {_HOST} port {self._wanted_port}: {reason}"
            raise SandboxError(text) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving: requests in work are answered, idle connections closed, threads joined."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, owner: SandboxServer) -> None:
        self.owner = owner
        self.stopping = False
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__((_HOST, owner._wanted_port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own would look the host's name up, which may ask a name server.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, self.socket.getsockname()[1]

    def connected(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.add(connection)
            if self.stopping:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)

    def disconnected(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """End all connections: first those that wait for a request, at last the stuck ones."""
        with self._changed:
            self.stopping = True
            for how in (socket.SHUT_RD, socket.SHUT_RDWR):
                for connection in self._connections:
                    with contextlib.suppress(OSError):
                        connection.shutdown(how)
                self._changed.wait_for(lambda: not self._connections, _STOP_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "arize-users-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connected(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.disconnected(self.connection)

    def handle_one_request(self) -> None:
        # The standard one looks for a do_METHOD; here unknown methods are the rule book's business.
        self.command = self.requestline = self.request_version = ""
        try:
            self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
            if len(self.raw_requestline) > _MAX_LINE:
                self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            elif not self.raw_requestline:
                self.close_connection = True
            elif self.parse_request():
                self._exchange()
        except OSError:
            # The client went away; there is nobody left to tell.
            self.close_connection = True
        if self.server.stopping:
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not HTTP as a problem document too, and end the connection."""
        detail = message or explain or HTTPStatus(code).phrase
        self._hang_up_with(RefusalError(code, "MALFORMED_REQUEST", detail).response("/"))

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: what was received is in `Sandbox.requests`."""

    def _exchange(self) -> None:
        path, _, query = self.path.partition("?")
        try:
            body = self._read_body()
        except RefusalError as refusal:
            self._hang_up_with(refusal.response(path))
            return
        request = Request(self.command, path, query, tuple(self.headers.items()), body)
        sandbox = self.server.owner.sandbox
        if control.is_control(request):
            self._send(with_request_id(control.control(sandbox, request)))
            return
        fault = sandbox.faults.take(request)
        if fault is not None and not self._wait(fault.pause_before):
            sandbox.note(request, None)
            self.close_connection = True
            return
        delivery = deliver(sandbox, request, fault)
        self._wait(self.server.owner.latency + (fault.pause_after if fault is not None else 0.0))
        if delivery.response is None:
            self._reset()
        else:
            self._send(delivery.response, delivery.sent)

    def _read_body(self) -> bytes:
        lengths = self.headers.get_all("content-length", [])
        encodings = self.headers.get_all("transfer-encoding", [])
        if encodings:
            if lengths or [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
                raise invalid("The body's length cannot be told.")
            return self._read_chunks()
        if not lengths:
            return b""
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise invalid("The Content-Length is not a number.")
        # By digits first: turning a very long one into a number is refused by Python itself.
        if len(lengths[0]) > 9 or int(lengths[0]) > MAX_BODY_BYTES:
            raise too_large()
        return self._read_exactly(int(lengths[0]))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := self._read_chunk_size():
            if len(body) + size > MAX_BODY_BYTES:
                raise too_large()
            body += self._read_exactly(size)
            self.rfile.readline(_MAX_LINE)
        while self.rfile.readline(_MAX_LINE).strip():
            pass
        return bytes(body)

    def _read_chunk_size(self) -> int:
        digits = self.rfile.readline(_MAX_LINE).partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(digits):
            raise invalid("The body is not sent in well-formed chunks.")
        return int(digits, 16)

    def _read_exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionResetError("the client went away while sending")
        return body

    def _wait(self, seconds: float) -> bool:
        """Let time pass; return False at once when the client goes away or the server stops."""
        if not seconds:
            return True
        end = time.monotonic() + seconds
        self.connection.settimeout(seconds)
        try:
            is_there = bool(self.connection.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            is_there = True
        finally:
            self.connection.settimeout(None)
        if is_there:
            # A client that sends ahead ends the peek early.
            time.sleep(max(0.0, end - time.monotonic()))
        return is_there

    def _hang_up_with(self, response: Response) -> None:
        self.close_connection = True
        self._send(with_request_id(response))
        # Closing with bytes unread would reset the connection, and the answer could be lost on
        # its way. So they are read, as far as is reasonable, until the client hangs up too.
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_STOP_SECONDS)
        for _ in range(_MAX_READS):
            if not self.connection.recv(_MAX_LINE):
                break

    def _reset(self) -> None:
        # Without lingering, closing sends a reset instead of an orderly end; and the socket is
        # really closed only when the reader made of it is closed too.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _send(self, response: Response, sent: int | None = None) -> None:
        status = response.status
        lines = [
            f"{self.protocol_version} {status} {_PHRASES.get(status, '')}",
            f"server: {self.server_version}",
            f"date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in response.headers),
        ]
        if status not in BODILESS:
            lines.append(f"content-length: {len(response.body)}")
        if sent is not None:
            self.close_connection = True
        if self.close_connection:
            lines.append("connection: close")
        head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
        body = b"" if self.command == "HEAD" or status in BODILESS else response.body[:sent]
        # In one write: two would wait for each other where the client delays acknowledgements.
        self.wfile.write(head + body)
