"""What goes over the wire, recorded as it is."""

from __future__ import annotations

import os
import ssl
from typing import Any

import httpx
from attrs import frozen

from arize_users import ConfigurationError
from arize_users.config import Settings

_NOWHERE = "http://sandbox.localhost"


@frozen
class Exchange:
    """A request and its whole answer; without one, ``failure`` says what went wrong."""

    request: httpx.Request
    response: httpx.Response | None
    failure: str = ""


class Recorder(httpx.BaseTransport):
    """Passes requests on to an ordinary httpx client, so proxies and TLS are as usual, and keeps all."""

    def __init__(self, network: httpx.Client) -> None:
        self._network = network
        self._exchanges: list[Exchange] = []
        self.count = 0

    def take(self) -> list[Exchange]:
        """Give the exchanges since the last time."""
        taken, self._exchanges = self._exchanges, []
        return taken

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and keep what came of it."""
        self.count += 1
        try:
            answer = self._network.send(request, stream=True)
            try:
                body = b"".join(answer.iter_raw())
            finally:
                answer.close()
            # Built anew, because the answer of one client cannot be handed on by another.
            response = httpx.Response(
                answer.status_code, headers=answer.headers, content=body, request=request
            )
        except httpx.HTTPError as error:
            self._exchanges.append(Exchange(request, None, type(error).__name__))
            raise
        self._exchanges.append(Exchange(request, response))
        return response

    def close(self) -> None:
        """Close the network beneath."""
        self._network.close()


def open_network(settings: Settings) -> httpx.Client:
    """Open the way to the deployment, or to the local account, that these settings name.

    Raises:
        ConfigurationError: its TLS or proxy settings, or its file, cannot be used.
    """
    if settings.sandbox_path is not None:
        return _local_account(settings.sandbox_path)
    try:
        return httpx.Client(verify=_tls(settings.verify), proxy=settings.proxy)
    except (ImportError, OSError, ValueError) as error:
        raise ConfigurationError(f"verify, proxy: {error}") from error


def _local_account(path: str) -> httpx.Client:
    from arize_users.sandbox import SandboxError, SandboxTransport

    try:
        return httpx.Client(transport=SandboxTransport.open(path or None))
    except SandboxError as error:
        raise ConfigurationError(f"base_url: {error}") from error


def base_url_of(settings: Settings) -> str:
    """Give the address that requests are sent to; that of a local account only looks like one."""
    return settings.base_url if settings.sandbox_path is None else _NOWHERE


def _tls(verify: Any) -> Any:
    if isinstance(verify, str):
        if os.path.isdir(verify):
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    return verify
