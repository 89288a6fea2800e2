"""HTTP requests as data, and what makes them ready to send."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from attrs import evolve, field, frozen

from .._version import __version__
from ..config import Settings
from .runtime import monotonic

PACKAGE = "arize-users"


@frozen(kw_only=True)
class Request:
    """One HTTP request, as data: it can be sent again, encoded in the other case, and compared."""

    operation: str
    method: str
    path: str
    params: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    deadline: float = field(default=math.inf, eq=False, repr=False)
    """The monotonic time at which the operation that it belongs to is given up."""

    def until(self, deadline: float) -> Request:
        """Give the request with another deadline."""
        return evolve(self, deadline=deadline)

    @property
    def target(self) -> str:
        """The path with the query, as they are sent."""
        return (
            f"{self.path}?{urlencode(self.params, doseq=True, quote_via=quote)}" if self.params else self.path
        )

    @property
    def seconds_left(self) -> float:
        """How long it may still take."""
        return self.deadline - monotonic()


class RequestFailed(Exception):
    """No whole response came. ``sent`` is False when the request surely never reached the server."""

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.timed_out = timed_out


class RequestBuilder:
    """Makes httpx requests of one client's: its base URL, headers and timeout."""

    def __init__(self, settings: Settings) -> None:
        self._base_url = settings.request_url
        # httpx would add the host to each request, which takes longer than the rest of its headers.
        self.host: str = httpx.URL(self._base_url).netloc.decode("ascii")
        self._headers = httpx.Headers({"Host": self.host, **_headers(settings)})
        self._timeout = settings.timeout

    def timeout(self, default: httpx.Timeout) -> httpx.Timeout:
        """Give the timeout of a request: that of the settings, else the default."""
        return self._timeout or default

    def build(self, request: Request, default_timeout: httpx.Timeout) -> httpx.Request:
        """Make the httpx request; ``default_timeout`` holds where the settings name none.

        Raises:
            RequestFailed: No time is left for it.
        """
        left = request.seconds_left
        if left <= 0:
            raise RequestFailed("no time is left", sent=False, timed_out=True)
        limits = self.timeout(default_timeout).as_dict()
        if left < math.inf:
            limits = {
                wait: limit if limit is not None and limit < left else left for wait, limit in limits.items()
            }
        return httpx.Request(
            request.method,
            self._base_url + request.target,
            headers=self._headers,
            json=request.body,
            extensions={"timeout": limits, "deadline": request.deadline},
        )


def _headers(settings: Settings) -> Mapping[str, str]:
    ours = {
        "Accept": "application/json, application/problem+json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"{PACKAGE}/{__version__}",
        "sdk-language": "python",
        "sdk-version": __version__,
        "sdk-package-name": PACKAGE,
        "language-version": ".".join(map(str, sys.version_info[:3])),
    }
    given = {name.lower() for name in settings.headers}
    kept = {name: value for name, value in ours.items() if name.lower() not in given}
    return {**kept, **settings.headers, "Authorization": f"Bearer {settings.api_key}"}
