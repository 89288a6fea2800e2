"""A server that answers what a test sets, and documents for it to send."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Scripted:
    """Answers every request with the answer that was set last."""

    def __init__(self) -> None:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                scripted.received.append(f"{self.command} {self.path}")
                self.send_response(scripted.status)
                for name, value in scripted.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(scripted.body)))
                self.end_headers()
                self.wfile.write(scripted.body)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self.received: list[str] = []
        self.answer(404)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def answer(self, status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> None:
        """Set the answer. A body that is not bytes is sent as JSON."""
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {"content-type": "application/json", **(headers or {})}

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


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
