"""Sends requests: connections, timeouts, TLS, headers, and the in-process way to a sandbox.

A request goes as an `httpx.Request` straight to an httpx transport. Between them `httpx.Client` would put
redirects, cookies, hooks and the merging of settings, which serve nothing here and cost a third of the time
of a small request.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from ._lanes import IDLE_SECONDS, Lanes, OneLane
from ._version import __version__
from ._wire import Request
from .config import Settings, is_loopback
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .sandbox import Sandbox

PACKAGE = "arize-users"
# The sandbox answers in process; this only has to be a URL that can never leave the machine.
SANDBOX_URL = "http://sandbox.localhost"

H = TypeVar("H", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


class Sender:
    """Sends the requests of one synchronous client. Safe to share between threads."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None) -> None:
        _check_kind(transport, httpx.BaseTransport)
        self.sandbox = _sandbox(settings) if transport is None else None
        if self.sandbox is not None:
            from .sandbox import SandboxTransport

            transport = SandboxTransport(self.sandbox)
        self._envelopes = _Envelopes(settings)
        self._lanes: Lanes[httpx.BaseTransport] | OneLane[httpx.BaseTransport] = (
            Lanes(_opener(httpx.HTTPTransport, settings)) if transport is None else OneLane(transport)
        )

    def send(self, request: Request) -> httpx.Response:
        """Send one request and read the whole answer."""
        envelope = self._envelopes.make(request)
        lane = self._lanes.take()
        try:
            response = lane.handle_request(envelope)
            try:
                if _is_plain(response):
                    response.read()
                    return response
                return _with_body(response, b"".join(response.iter_raw()))
            except httpx.TransportError:
                if response.is_success:
                    raise
                return _with_body(response, b"")  # The status of a refusal says what the server did.
            finally:
                response.close()
        finally:
            for stale in self._lanes.give_back(lane):
                stale.close()

    def close(self) -> None:
        """Close every connection, and the sandbox that was opened for this client."""
        self._envelopes.closed = True
        for lane in self._lanes.drain():
            lane.close()
        if self.sandbox is not None:
            self.sandbox.close()


class AsyncSender:
    """Sends the requests of one asynchronous client."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        _check_kind(transport, httpx.AsyncBaseTransport)
        self.sandbox = _sandbox(settings) if transport is None else None
        if self.sandbox is not None:
            from .sandbox import AsyncSandboxTransport

            transport = AsyncSandboxTransport(self.sandbox)
        self._envelopes = _Envelopes(settings)
        self._lanes: Lanes[httpx.AsyncBaseTransport] | OneLane[httpx.AsyncBaseTransport] = (
            Lanes(_opener(httpx.AsyncHTTPTransport, settings)) if transport is None else OneLane(transport)
        )

    async def send(self, request: Request) -> httpx.Response:
        """Send one request and read the whole answer."""
        envelope = self._envelopes.make(request)
        lane = self._lanes.take()
        try:
            response = await lane.handle_async_request(envelope)
            try:
                if _is_plain(response):
                    await response.aread()
                    return response
                return _with_body(response, b"".join([part async for part in response.aiter_raw()]))
            except httpx.TransportError:
                if response.is_success:
                    raise
                return _with_body(response, b"")
            finally:
                await response.aclose()
        finally:
            for stale in self._lanes.give_back(lane):
                await stale.aclose()

    async def aclose(self) -> None:
        """Close every connection, and the sandbox that was opened for this client."""
        self._envelopes.closed = True
        for lane in self._lanes.drain():
            await lane.aclose()
        if self.sandbox is not None:
            self.sandbox.close()


class _Envelopes:
    """Makes the HTTP requests of one client: where to, with which headers and timeouts."""

    def __init__(self, settings: Settings) -> None:
        self.closed = False
        self._base_url = SANDBOX_URL if settings.sandbox_path is not None else settings.base_url
        self._headers = httpx.Headers(_headers(settings))
        self._extensions = {"timeout": settings.timeout.as_dict()}

    def make(self, request: Request) -> httpx.Request:
        if self.closed:
            raise ConfigurationError("this client is closed; make a new one")
        return httpx.Request(
            request.method,
            httpx.URL(self._base_url + request.path, params=request.params),
            headers=self._headers,
            json=request.body,
            extensions=self._extensions,
        )


def _check_kind(transport: object, kind: type) -> None:
    if transport is not None and not isinstance(transport, kind):
        raise ConfigurationError(f"transport: expected an httpx.{kind.__name__}, got {transport!r}")


def _is_plain(response: httpx.Response) -> bool:
    """Tell whether reading an answer cannot lose it: it is not compressed, or has been read already."""
    return response.is_closed or "content-encoding" not in response.headers


def _with_body(response: httpx.Response, raw: bytes) -> httpx.Response:
    """Give an answer its body; one that is not compressed as it says is kept as it came."""
    status, headers = response.status_code, response.headers.copy()
    if raw:
        try:
            return httpx.Response(status, headers=headers, content=raw)
        except httpx.DecodingError:
            pass
    headers.pop("content-encoding", None)
    headers.pop("content-length", None)
    return httpx.Response(status, headers=headers, content=raw)


def _sandbox(settings: Settings) -> Sandbox | None:
    if settings.sandbox_path is None:
        return None
    from .sandbox import Sandbox, SandboxError

    try:
        return Sandbox(settings.sandbox_path or None)
    except (SandboxError, ValueError) as error:
        raise ConfigurationError(f"base_url: {error}") from error


def _opener(kind: Callable[..., H], settings: Settings) -> Callable[[], H]:
    """Give a function that opens one more lane."""
    proxy = _proxy(settings)
    # Loading the CAs takes longer than all the rest of making a client; every lane shares them.
    tls = cache(lambda: _tls(settings))

    def open_lane() -> H:
        try:
            return kind(verify=tls(), proxy=proxy, limits=_ONE_CONNECTION, trust_env=False)
        except httpx.InvalidURL:
            # Neither the URL nor httpx' words about it: they may hold the proxy's password.
            raise ConfigurationError("the proxy of the environment is not a well-formed URL") from None
        except (ImportError, OSError, ValueError) as error:
            # A CA bundle that holds no certificates, a socks proxy without its library.
            raise ConfigurationError(f"verify, proxy: {error}") from error

    if settings.verify is not True or proxy is not None:
        open_lane()  # Nothing is connected yet, but what was asked for is shown to fit.
    return open_lane


_ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)


def _tls(settings: Settings) -> ssl.SSLContext:
    verify = settings.verify
    if isinstance(verify, str) and os.path.isdir(verify):
        return ssl.create_default_context(capath=verify)
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    if verify is True and settings.base_url.startswith("http://"):
        # Redirects are not followed, so TLS is spoken with a proxy at most; loading every CA would be
        # start-up for nothing. This context trusts nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context(verify=verify)


def _proxy(settings: Settings) -> str | None:
    """Choose the proxy to the one host that a client talks to.

    The environment's never gets what is meant for this machine: the key would leave it unencrypted.
    """
    if settings.proxy is not None:
        return settings.proxy
    url = urlsplit(settings.base_url)
    if is_loopback(url.hostname or "") or proxy_bypass(url.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _headers(settings: Settings) -> Mapping[str, str]:
    ours = {
        "Accept": "application/json",
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
