"""What the sandbox receives and returns: plain requests, plain responses, and refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from urllib.parse import quote

import attrs

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
HTML_TYPE = "text/html; charset=utf-8"
BODILESS = frozenset({204, 304})

_UNENCODED_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


class SandboxError(Exception):
    """The sandbox cannot do what its user asks; the message says what and where."""


@attrs.frozen
class Request:
    """One HTTP request as received.

    Attributes:
        method: The HTTP method.
        path: The path, still percent-encoded.
        query: The query, still percent-encoded, without the "?".
        headers: Names and values, in the order received.
        body: The whole body.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the value of the first header of this name, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@attrs.frozen
class Response:
    """One HTTP response. The adapter that sends it adds Content-Length.

    Attributes:
        status: The status code.
        headers: Names and values.
        body: The whole body.
        sent: How many bytes of the body are sent before the connection breaks, None for all.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    sent: int | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """Return a copy in which these headers (names in lower case) replace any of the same name."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in headers]
        return attrs.evolve(self, headers=(*kept, *headers.items()))


@attrs.define
class RefusalError(Exception):
    """A request that the sandbox refuses; it is answered with a problem document."""

    status: int
    error_code: str
    detail: str
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def response(self, path: str) -> Response:
        """Return the problem document for a request to this path."""
        document = {
            "type": f"urn:arize-users-sandbox:problem:{self.error_code.lower()}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": quote(_UNENCODED_PERCENT.sub("%25", path), safe="/%:@!$&'()*+,;=~-._"),
            "error_code": self.error_code,
        }
        return json_response(self.status, document, PROBLEM_TYPE).with_headers(self.headers)


def invalid(detail: str) -> RefusalError:
    """Return the refusal of a request that breaks the contract."""
    return RefusalError(400, "INVALID_REQUEST", detail)


def allowed_method(request: Request, methods: Collection[str]) -> str:
    """Return the one of a path's methods that a request asks for: GET for HEAD, whose body no adapter sends.

    Raises:
        RefusalError: The path does not take the method.
    """
    method = "GET" if request.method == "HEAD" else request.method
    if method in methods:
        return method
    allow = ", ".join(methods).replace("GET", "GET, HEAD")
    raise RefusalError(405, "METHOD_NOT_ALLOWED", f"This path takes {allow}.", {"allow": allow})


def json_response(status: int, document: object, content_type: str = JSON_TYPE) -> Response:
    """Return a response whose body is this document as JSON."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(status, (("content-type", content_type),), text.encode())
