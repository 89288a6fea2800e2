"""Holds what went over the wire against the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx

from .findings import Finding, Kind
from .schema import differences
from .spec import Operation, Spec
from .wire import Exchange


class Judge:
    """Holds exchanges against one contract."""

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

    def documents(self, exchange: Exchange) -> bool:
        """Tell whether the contract documents the status of an answer."""
        operation, response = self.operation(exchange.request), exchange.response
        return bool(operation and response and operation.response(response.status_code) is not None)

    def findings(self, exchange: Exchange) -> Iterator[Finding]:
        """Find all that an answer does not share with the contract."""
        operation, response = self.operation(exchange.request), exchange.response
        name = self.name(exchange.request)
        if response is None:
            yield Finding(Kind.NO_ANSWER, name, None, "", exchange.failure)
            return
        status = response.status_code
        documented = operation.response(status) if operation else None
        if documented is None:
            yield Finding(Kind.STATUS, name, status, "", "the contract does not document it")
            return
        for kind, place, detail in self._differences(response, documented):
            yield Finding(kind, name, status, place, detail)
        if status == 200 and operation is self._list:
            for place, detail in _broken_rules(exchange.request, json_of(response)):
                yield Finding(Kind.RULE, name, status, place, detail)

    def _differences(
        self, response: httpx.Response, documented: Mapping[str, Any]
    ) -> Iterator[tuple[Kind, str, str]]:
        yield from _header_differences(response, documented.get("headers", {}))
        content = documented.get("content", {})
        if not content:
            if response.content:
                yield Kind.BODY, "", "a body where the contract has none"
            return
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        schema = content.get(media_type, {}).get("schema", {})
        if media_type not in content:
            found = ascii(media_type)[1:-1] or "none"
            yield Kind.CONTENT_TYPE, "", f"{found} for {' or '.join(content)}"
            if "json" not in media_type:
                return
            schema = next(iter(content.values())).get("schema", {})
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            yield Kind.BODY, "", "it is not JSON"
            return
        for difference in differences(document, schema):
            yield difference.kind, difference.place, difference.detail


def _header_differences(
    response: httpx.Response, documented: Mapping[str, Any]
) -> Iterator[tuple[Kind, str, str]]:
    for name, header in documented.items():
        text = response.headers.get(name)
        if text is None:
            if header.get("required"):
                yield Kind.HEADER, name, "it is required"
            continue
        schema = header.get("schema", {})
        is_number = schema.get("type") in ("integer", "number")
        value = int(text) if is_number and text.isascii() and text.isdigit() else text
        for difference in differences(value, schema):
            yield Kind.HEADER, name, difference.detail


def _broken_rules(request: httpx.Request, page: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find what a page breaks of the rules that no schema can say: bounds, filters, order, cursors."""
    users = users_of(page)
    asked = request.url.params
    if len(users) > int(asked.get("limit", "50")):
        yield "users", "more users than the limit"
    statuses = {status.lower() for status in asked.get_list("status")}
    if statuses and any(str(user.get("status")).lower() not in statuses for user in users):
        yield "users[].status", "users of a status that was not asked for"
    part = asked.get("email", "").lower()
    if any(part not in str(user.get("email", part)).lower() for user in users):
        yield "users[].email", "users whose email does not hold the text asked for"
    if any(one > other for one, other in pairwise(filter(None, map(creation_of, users)))):
        yield "users[].created_at", "not sorted, oldest first"
    pagination = page.get("pagination")
    if isinstance(pagination, dict) and _contradicts_itself(pagination):
        yield "pagination", "has_more and next_cursor contradict each other"
    if isinstance(pagination, dict) and pagination.get("next_cursor", "") == asked.get("cursor"):
        yield "pagination.next_cursor", "the cursor that was just used"


def _contradicts_itself(pagination: Mapping[str, Any]) -> bool:
    return bool(pagination.get("next_cursor")) is not bool(pagination.get("has_more"))


def json_of(response: httpx.Response) -> dict[str, Any]:
    """Read the object in a body; an empty one when there is none."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def users_of(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the users in a page, without what is none."""
    users = page.get("users")
    return [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []


def creation_of(user: Mapping[str, Any]) -> datetime | None:
    """Give the time a user was created, None when it is not there or no time."""
    try:
        moment = datetime.fromisoformat(str(user.get("created_at")))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _path(url: httpx.URL) -> str:
    return url.raw_path.decode("ascii").partition("?")[0]
