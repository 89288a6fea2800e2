"""Compares exchanges with the contract."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator, Mapping
from itertools import pairwise
from typing import Any

import httpx

from .findings import Finding, Kind
from .recorder import Exchange
from .schema import Difference, differences, time_of
from .spec import Operation, Spec


class Judge:
    """Compares exchanges with one deployment with one contract."""

    def __init__(self, spec: Spec, base_url: str) -> None:
        self._spec = spec
        self._list = spec.operation("GET", "/v2/users")
        self._prefix = _path(httpx.URL(base_url)).rstrip("/")

    def operation(self, request: httpx.Request) -> Operation | None:
        """Find the operation that a request is for."""
        path = _path(request.url).removeprefix(self._prefix)
        return self._spec.operation(request.method, path)

    def name(self, request: httpx.Request) -> str:
        """Name the operation of a request for a report."""
        operation = self.operation(request)
        # The path of an unknown operation may hold an id.
        return operation.id if operation else f"{request.method} (not in the contract)"

    def findings(self, exchange: Exchange, expected: Collection[int] = ()) -> Iterator[Finding]:
        """Yield everything in which an answer differs from the contract.

        Args:
            exchange: The request and its answer.
            expected: The statuses that the answer may have; all that the contract documents when empty.
        """
        name = self.name(exchange.request)
        for kind, place, detail in self._differences(exchange, expected):
            yield Finding(kind, name, exchange.status, place, detail)

    def _differences(self, exchange: Exchange, expected: Collection[int]) -> Iterator[Difference]:
        operation, response = self.operation(exchange.request), exchange.response
        if response is None:
            yield Kind.NO_ANSWER, "", exchange.failure
            return
        documented = operation.response(response.status_code) if operation else None
        if documented is None:
            yield Kind.STATUS, "", "the contract does not document it"
            return
        yield from self._in_headers(response, documented.get("headers", {}))
        document = yield from self._in_body(response, documented.get("content", {}))
        if response.status_code == 200 and operation is self._list and isinstance(document, dict):
            yield from _broken_rules(exchange.request, document)
        if expected and response.status_code not in expected:
            yield Kind.STATUS, "", f"expected {' or '.join(map(str, sorted(expected)))}"

    def _in_headers(self, response: httpx.Response, documented: Mapping[str, Any]) -> Iterator[Difference]:
        for name, header in documented.items():
            header = self._spec.resolve(header)
            text = response.headers.get(name)
            if text is None:
                if header.get("required"):
                    yield Kind.HEADER, name, "it is required"
                continue
            schema = self._spec.resolve(header.get("schema", {}))
            is_number = schema.get("type") in ("integer", "number")
            value = int(text) if is_number and text.isascii() and text.isdigit() else text
            for _, _, detail in differences(value, schema, self._spec):
                yield Kind.HEADER, name, detail

    def _in_body(
        self, response: httpx.Response, content: Mapping[str, Any]
    ) -> Generator[Difference, None, Any]:
        """Yield what differs in a body; return its document, None without one."""
        if not content:
            if response.content:
                yield Kind.BODY, "", "a body where the contract has none"
            return None
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in content:
            found = ascii(media_type)[1:-1] or "none"
            yield Kind.CONTENT_TYPE, "", f"{found} for {' or '.join(content)}"
            if "json" not in media_type:
                return None
            media_type = next(iter(content))
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            yield Kind.BODY, "", "it is not JSON"
            return None
        yield from differences(document, content[media_type].get("schema", {}), self._spec)
        return document


def generations(exchange: Exchange) -> set[str]:
    """Tell by the case of the enum values in an answer which generations of the API it is of."""
    try:
        document = json.loads(exchange.response.content if exchange.response else b"")
    except (ValueError, RecursionError):
        return set()
    listed = document.get("users", [document]) if isinstance(document, dict) else []
    users = [user for user in listed if isinstance(user, dict)] if isinstance(listed, list) else []
    values = [user.get(name) for user in users for name in ("status", "invite_mode")]
    for role in (user["role"] for user in users if isinstance(user.get("role"), dict)):
        # The name of a custom role is the account's own.
        values += [role.get("type"), None if "id" in role else role.get("name")]
    # A problem document has a status, too, and it is a number.
    words = [value for value in values if isinstance(value, str) and value.upper() != value.lower()]
    return {"second" if word.isupper() else "first" for word in words}


def _broken_rules(request: httpx.Request, page: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what a page breaks of the rules that no schema can express: bounds, filters, order, cursors."""
    listed = page.get("users")
    users = [user for user in listed if isinstance(user, dict)] if isinstance(listed, list) else []
    asked = request.url.params
    if len(users) > int(asked.get("limit", "50")):
        yield Kind.RULE, "users", "more users than the limit"
    statuses = {status.lower() for status in asked.get_list("status")}
    if statuses and any(str(user.get("status")).lower() not in statuses for user in users):
        yield Kind.RULE, "users[].status", "users of a status that was not asked for"
    part = asked.get("email", "").lower()
    if any(part not in str(user.get("email", part)).lower() for user in users):
        yield Kind.RULE, "users[].email", "users whose email does not hold the text asked for"
    times = filter(None, (time_of(user.get("created_at")) for user in users))
    if any(one > other for one, other in pairwise(times)):
        yield Kind.RULE, "users[].created_at", "not sorted, oldest first"
    pagination = page.get("pagination")
    if isinstance(pagination, dict):
        cursor = pagination.get("next_cursor")
        if bool(cursor) is not bool(pagination.get("has_more")):
            yield Kind.RULE, "pagination", "has_more and next_cursor contradict each other"
        if cursor is not None and cursor == asked.get("cursor"):
            yield Kind.RULE, "pagination.next_cursor", "the cursor that was just used"


def _path(url: httpx.URL) -> str:
    return url.raw_path.decode("ascii").partition("?")[0]
