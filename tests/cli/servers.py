"""A server that answers what a test sets, and documents for it to send."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Scripted(ThreadingHTTPServer):
    """Answers every request with the answer that was set last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.received: list[str] = []
        self.answer(404)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def answer(self, status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> None:
        """Set the answer. A body that is not bytes is sent as JSON."""
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {"content-type": "application/json", **(headers or {})}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.received.append(f"{self.command} {self.path}")
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_: object) -> None:
        pass


def user(**fields: Any) -> dict[str, Any]:
    """Give a user as a server would send it."""
    return {
        "id": "VXNlcjoxMjM0NQ==",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "created_at": "2026-03-01T12:00:00Z",
        "status": "active",
        "role": {"type": "predefined", "name": "member"},
        "is_developer": True,
        **fields,
    }


def page(*users: Mapping[str, Any], **pagination: Any) -> dict[str, Any]:
    """Give a page as a server would send it."""
    return {"users": list(users), "pagination": {"has_more": False, **pagination}}
