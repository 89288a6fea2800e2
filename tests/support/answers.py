"""What servers answer, well and badly: responses for scripts."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx
from attrs import Factory, frozen

ADA: Mapping[str, Any] = {
    "id": "VXNlcjoxMjM0NQ==",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "created_at": "2024-01-01T12:00:00Z",
    "status": "active",
    "role": {"type": "predefined", "name": "member"},
    "is_developer": True,
}

TITLES = {int(status): status.phrase for status in HTTPStatus}

SECRET = "correct-horse-battery"


def user(**changes: Any) -> dict[str, Any]:
    """Give a user's document; a change to None leaves the field out."""
    return {name: value for name, value in {**ADA, **changes}.items() if value is not None}


def upper(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a user's document as the second generation spells it."""
    changed = dict(document)
    for name in ("status", "invite_mode"):
        if name in changed:
            changed[name] = changed[name].upper()
    role = dict(changed.get("role", {}))
    if role:
        role["type"] = role["type"].upper()
        if role["type"] == "PREDEFINED":
            role["name"] = role["name"].upper()
        changed["role"] = role
    return changed


def page(
    users: Sequence[Mapping[str, Any]] = (), *, next_cursor: str | None = None, **extra: Any
) -> dict[str, Any]:
    """Give a page's document."""
    more = {"has_more": next_cursor is not None}
    return {
        "users": list(users),
        "pagination": more if next_cursor is None else {**more, "next_cursor": next_cursor},
        **extra,
    }


@frozen
class Reply:
    """An answer as a server sends it."""

    status: int
    headers: list[tuple[str, str]] = Factory(list)
    content: bytes = b""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as bytes, of which text can name all."""
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]

    def response(self) -> httpx.Response:
        """Give what httpx makes of it."""
        return httpx.Response(self.status, headers=self.raw_headers, content=self.content)


def raw(content: bytes, status: int = 200, **headers: str) -> Reply:
    """Give any bytes with any status; header names are written with underscores."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Reply(status, [*named, ("content-length", str(len(content)))], content)


def ok(document: Any = None, status: int = 200, **headers: str) -> Reply:
    """Give a success with a JSON document, or without a body."""
    if document is None:
        return Reply(204 if status == 200 else status)
    return raw(json.dumps(document).encode(), status, content_type="application/json", **headers)


def problem(status: int, *, retry_after: str | None = None, date: str | None = None, **members: Any) -> Reply:
    """Give a refusal with a problem document."""
    document = {"status": status, "title": TITLES.get(status, "Refused"), **members}
    given = {"retry_after": retry_after, "date": date}
    headers = {name: value for name, value in given.items() if value is not None}
    content = json.dumps(document).encode()
    return raw(content, status, content_type="application/problem+json", **headers)


def html(status: int, text: str = "<html><body><h1>Bad Gateway</h1></body></html>") -> Reply:
    """Give a proxy's page."""
    return raw(text.encode(), status, content_type="text/html; charset=utf-8")


Answer = Reply | Exception


def one_by_one(answers: Iterable[Answer]) -> Callable[[Any], Answer]:
    """Give a function that answers each request with the next of a list."""
    left = deque(answers)

    def next_answer(request: Any) -> Answer:
        assert left, f"one request more than the script has answers: {request.method}"
        return left.popleft()

    return next_answer


def _foreign(content: bytes, content_type: str) -> Callable[[int], Reply]:
    return lambda status: raw(content, status, content_type=content_type)


SIGN_IN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in &amp; go on</title></head><body>password</body></html>"
)
SPEAKERS: Mapping[str, Callable[[int], Reply]] = {
    "ingress": _foreign(b"default backend - 404", "text/plain; charset=utf-8"),
    "gateway": _foreign(b'{"message": "no Route matched with those values"}', "application/json"),
    "sign-in page": _foreign(SIGN_IN_PAGE, "text/html"),
    "empty": _foreign(b"", "application/problem+json"),
    "no title": lambda status: problem(status, title=None),
    "blank title": lambda status: problem(status, title=" "),
    "no status": _foreign(b'{"title": "Not Found"}', "application/problem+json"),
    "another status": lambda status: raw(problem(status - 1).content, status),
    "status as text": lambda status: raw(json.dumps({"title": "No", "status": str(status)}).encode(), status),
    "fraction": lambda status: raw(json.dumps({"title": "No", "status": float(status)}).encode(), status),
    "list": _foreign(b'[{"title": "Not Found", "status": 404}]', "application/problem+json"),
}
"""Refusals of something between the client and the API, by who speaks, for any status."""
