"""A server on loopback whose every byte a test writes itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = Callable[["RawConnection"], None]

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
EMPTY_PAGE = b'{"users": [], "pagination": {"has_more": false}}'
EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(EMPTY_PAGE), EMPTY_PAGE)


class RawConnection:
    """One connection to a `RawServer`."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self.socket = connection
        self.stopped = stopped
        self.closed = threading.Event()
        """Set once the client has closed it."""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send the bytes one by one, 10 ms apart, again and again until the client closes the connection."""
        while True:
            for number in range(len(data)):
                self.send(data[number : number + 1])
                self.stopped.wait(0.01)

    def hold(self) -> None:
        """Send nothing until the client closes the connection."""
        while self.socket.recv(4096):
            pass


class RawServer:
    """Answers each request by a function that writes to the connection."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.connections: list[RawConnection] = []

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):  # It is stopped.
            while True:
                connection = RawConnection(self._listener.accept()[0], self._stopped)
                self.connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: RawConnection) -> None:
        with suppress(OSError), connection.socket:
            try:
                while _read_request(connection.socket):
                    self._answer(connection)
            finally:
                connection.closed.set()

    def start(self) -> None:
        """Accept connections."""
        self._threads[0].start()

    def stop(self) -> None:
        """Close the port and the connections, and wait for the threads."""
        self._stopped.set()
        for one in (self._listener, *(connection.socket for connection in self.connections)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()


def _read_request(connection: socket.socket) -> bool:
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return False
        head += part
    return True


@contextmanager
def raw_server(answer: Answer) -> Iterator[RawServer]:
    """Run a server for the length of a block."""
    server: Any = RawServer(answer)
    server.start()
    try:
        yield server
    finally:
        server.stop()
