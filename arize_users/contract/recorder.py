"""Records the requests of a run, with the answers as they came."""

from __future__ import annotations

from contextlib import closing

import httpx
from attrs import frozen

from arize_users import ConfigurationError
from arize_users.config import Settings, proxy_for, ssl_context
from arize_users.sandbox import SandboxError, SandboxTransport


@frozen
class Exchange:
    """A request and its whole answer; without one, ``failure`` names what went wrong."""

    request: httpx.Request
    response: httpx.Response | None
    failure: str = ""

    @property
    def status(self) -> int | None:
        """The status of the answer, None without one."""
        return None if self.response is None else self.response.status_code


class Recorder(httpx.BaseTransport):
    """A transport to the deployment of some settings, which keeps every exchange.

    Raises:
        ConfigurationError: The TLS or proxy settings, or the file of a local account, cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._transport = _open_transport(settings)
        self._exchanges: list[Exchange] = []
        self.count: int = 0

    def take(self) -> list[Exchange]:
        """Return the exchanges since the last call."""
        taken, self._exchanges = self._exchanges, []
        return taken

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and keep what came of it."""
        self.count += 1
        try:
            with closing(self._transport.handle_request(request)) as answer:
                content = b"".join(answer.iter_raw())
            status, headers = answer.status_code, answer.headers
            recorded = httpx.Response(status, headers=headers, content=content)
        except httpx.HTTPError as error:
            self._exchanges.append(Exchange(request, None, type(error).__name__))
            raise
        self._exchanges.append(Exchange(request, recorded))
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def _open_transport(settings: Settings) -> httpx.BaseTransport:
    if settings.sandbox_path is None:
        tls, proxy = ssl_context(settings), proxy_for(settings)
        try:
            return httpx.HTTPTransport(verify=tls, proxy=proxy, trust_env=False)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            # The text of the error is left out: it may hold the password of the proxy.
            raise ConfigurationError("it cannot be used", argument="proxy") from error
    try:
        return SandboxTransport.open(settings.sandbox_path or None, enum_case=settings.sandbox_case)
    except SandboxError as error:
        raise ConfigurationError(
            f"the local account cannot be opened: {error}", argument="base_url"
        ) from error
