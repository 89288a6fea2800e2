"""The HTTP adapter: a server on loopback for clients in any language."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self

from . import control, injection
from .checks import MAX_BODY_BYTES, too_large
from .messages import BODILESS, RefusalError, Request, Response, SandboxError, invalid
from .routing import with_request_id
from .sandbox import Sandbox

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.01
_STOP_SECONDS = 2.0
_MAX_LINE = 65536
_MAX_READS = 4096
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,7}")


class SandboxServer:
    """Serves a sandbox on 127.0.0.1: `with SandboxServer(sandbox) as server: ... server.url`.

    A server that was stopped may be started again. It closes neither the sandbox nor its file.

    Args:
        sandbox: The account to serve.
        port: The port; 0 takes a free one.
        latency: Seconds by which each response is delayed, as by a network.

    Attributes:
        sandbox: The account that is served.
        latency: The delay of each response; it may be changed while the server runs.
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
        """The port of the running server.

        Raises:
            SandboxError: The server is not running.
        """
        if self._server is None:
            raise SandboxError("this server is not running")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL for clients of the running server.

        Raises:
            SandboxError: The server is not running.
        """
        return f"http://{_HOST}:{self.port}"

    def start(self) -> None:
        """Open the port and serve it in a thread.

        Raises:
            SandboxError: The port is taken or impossible, or the server is running already.
        """
        if self._server is not None:
            raise SandboxError("this server is running already")
        try:
            self._server = _Server(self, self._wanted_port)
        except (OSError, OverflowError) as error:
            reason = "it is taken" if getattr(error, "errno", 0) == errno.EADDRINUSE else str(error)
            text = f"cannot serve on {_HOST} port {self._wanted_port}: {reason}"
            raise SandboxError(text) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="sandbox-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Respond to the requests in progress, close all connections and the port, and join the threads."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        self._server = self._thread = None


class _Server(ThreadingTCPServer):
    # Not http.server.HTTPServer, which looks up the host's name and so may ask a name server.
    allow_reuse_address = sys.platform != "win32"  # On Windows two servers would share a port.
    request_queue_size = 256

    def __init__(self, owner: SandboxServer, port: int) -> None:
        self.owner = owner
        self.stopping = False
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._changed = threading.Condition()
        super().__init__((_HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that is known meanwhile, and keeps no process from ending."""
        arguments = (request, client_address)
        thread = threading.Thread(target=self.process_request_thread, args=arguments, daemon=True)
        with self._changed:
            self._connections[request] = thread
        try:
            thread.start()
        except RuntimeError:  # No more threads: the base class closes the connection.
            self._forget(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Forget a connection that was served."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._forget(request)

    def _forget(self, request: socket.socket) -> None:
        with self._changed:
            self._connections.pop(request, None)
            self._changed.notify_all()

    def close_connections(self) -> None:
        """End the connections that wait for a request, then those that do not end by themselves."""
        with self._changed:
            self.stopping = True
            threads = list(self._connections.values())
            for how in (socket.SHUT_RD, socket.SHUT_RDWR):
                for connection in self._connections:
                    _shut_down(connection, how)
                self._changed.wait_for(lambda: not self._connections, _STOP_SECONDS)
        for thread in threads:
            thread.join(_STOP_SECONDS)


def _shut_down(connection: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        connection.shutdown(how)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "arize-users-sandbox"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        # When the client has closed the connection, there is nobody to tell.
        with contextlib.suppress(OSError):
            super().handle()

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The base class calls do_GET and so on; here the routing decides about every method.
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._exchange

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not valid HTTP with a problem document, too, and end the connection."""
        detail = message or explain or HTTPStatus(code).phrase
        self._send_last(RefusalError(code, "MALFORMED_REQUEST", detail).response("/"))

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: `Sandbox.requests` has what was received."""

    def _exchange(self) -> None:
        # As sent: `self.path` has the slashes at its beginning made one.
        path, _, query = self.requestline.split()[1].partition("?")
        try:
            body = self._read_body()
        except RefusalError as refusal:
            self._send_last(refusal.response(path))
            return
        request = Request(self.command, path, query, tuple(self.headers.items()), body)
        sandbox = self.server.owner.sandbox
        if control.is_control(request):
            self._send(with_request_id(control.respond(sandbox, request)))
            return
        fault = sandbox.faults.take(request)
        if fault is not None and not self._wait(fault.pause_before):
            sandbox.note(request, None)
            self.close_connection = True
            return
        response = injection.respond(sandbox, request, fault)
        self._wait(self.server.owner.latency + (fault.pause_after if fault is not None else 0.0))
        if response is None:
            self._reset()
        else:
            self._send(response)

    def _read_body(self) -> bytes:
        lengths = self.headers.get_all("content-length", [])
        encodings = self.headers.get_all("transfer-encoding", [])
        if encodings:
            if lengths or [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
                raise invalid("The length of the body is not clear.")
            return self._read_chunks()
        if not lengths:
            return b""
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise invalid("The Content-Length is not a number.")
        # By digits first: Python refuses to convert a very long number.
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
            raise ConnectionResetError("the client closed the connection while sending")
        return body

    def _wait(self, seconds: float) -> bool:
        """Wait; return False at once when the client closes the connection or the server stops."""
        if not seconds:
            return True
        end = time.monotonic() + seconds
        self.connection.settimeout(seconds)
        try:
            is_open = bool(self.connection.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return True
        finally:
            self.connection.settimeout(None)
        if is_open:
            # The peek ends early when the client sends its next request without waiting.
            time.sleep(min(seconds, max(0.0, end - time.monotonic())))
        return is_open

    def _send_last(self, response: Response) -> None:
        """Send a response and end the connection, although the client may still be sending."""
        self.close_connection = True
        self._send(with_request_id(response))
        # Closing with unread bytes would reset the connection, and the client could lose the response. So
        # they are read, up to a limit, until the client closes its side.
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_STOP_SECONDS)
        for _ in range(_MAX_READS):
            if not self.connection.recv(_MAX_LINE):
                break

    def _reset(self) -> None:
        # Without lingering, closing sends a reset. The socket closes only when its reader is closed, too.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _send(self, response: Response) -> None:
        status = response.status
        phrase, _ = self.responses.get(status, ("", ""))
        lines = [
            f"{self.protocol_version} {status} {phrase}",
            f"server: {self.server_version}",
            f"date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in response.headers),
        ]
        if status not in BODILESS:
            lines.append(f"content-length: {len(response.body)}")
        if response.sent is not None or self.server.stopping:
            self.close_connection = True
        if self.close_connection:
            lines.append("connection: close")
        head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
        body = b"" if self.command == "HEAD" or status in BODILESS else response.body[: response.sent]
        # In one write: with two, the second could wait for the client's delayed acknowledgement.
        self.wfile.write(head + body)
