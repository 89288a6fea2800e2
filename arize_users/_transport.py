"""Builds the HTTP clients: pool, timeouts, TLS, headers, and the in-process way to a sandbox."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ._version import __version__
from .config import Settings
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .sandbox import Sandbox

PACKAGE = "arize-users"
# The number of connections is bounded by callers (threads, max_concurrency), so the pool must not be a
# second bound that makes them wait; connections idle for longer are likely closed by a proxy.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=128, keepalive_expiry=30.0)
# The sandbox answers in process; this only has to be a URL that can never leave the machine.
SANDBOX_URL = "http://sandbox.localhost"


C = TypeVar("C", httpx.Client, httpx.AsyncClient)


def sync_client(
    settings: Settings, transport: httpx.BaseTransport | None
) -> tuple[httpx.Client, Sandbox | None]:
    """Build the pool of a sync client, and the sandbox behind it, if there is one."""
    sandbox = _sandbox(settings, transport)
    if sandbox is not None:
        from .sandbox import SandboxTransport

        transport = SandboxTransport(sandbox)
    return _built(httpx.Client, settings, transport), sandbox


def async_client(
    settings: Settings, transport: httpx.AsyncBaseTransport | None
) -> tuple[httpx.AsyncClient, Sandbox | None]:
    """Build the pool of an async client, and the sandbox behind it, if there is one."""
    sandbox = _sandbox(settings, transport)
    if sandbox is not None:
        from .sandbox import AsyncSandboxTransport

        transport = AsyncSandboxTransport(sandbox)
    return _built(httpx.AsyncClient, settings, transport), sandbox


def _sandbox(settings: Settings, transport: object) -> Sandbox | None:
    path = settings.sandbox_path
    if path is None or transport is not None:
        return None
    from .sandbox import Sandbox, SandboxError

    try:
        return Sandbox(path or None)
    except SandboxError as error:
        raise ConfigurationError(f"base_url: {error}") from error


def _built(client: Callable[..., C], settings: Settings, transport: object) -> C:
    try:
        return client(**_arguments(settings, transport))
    except (ImportError, OSError, ValueError) as error:
        # A CA bundle that holds no certificates, a socks proxy without its library, a proxy variable
        # of the environment that is no URL.
        raise ConfigurationError(f"verify, proxy: {error}") from error


def _arguments(settings: Settings, transport: object) -> dict[str, Any]:
    base_url = settings.base_url if settings.sandbox_path is None else SANDBOX_URL
    return {
        "base_url": base_url,
        "headers": _headers(settings),
        "timeout": settings.timeout,
        "verify": _tls(settings, base_url) if transport is None else True,
        "proxy": settings.proxy if transport is None else None,
        "limits": LIMITS,
        "follow_redirects": False,
        "transport": transport,
    }


def _headers(settings: Settings) -> Mapping[str, str]:
    ours = {
        "Accept": "application/json",
        "User-Agent": f"{PACKAGE}/{__version__}",
        "sdk-language": "python",
        "sdk-version": __version__,
        "sdk-package-name": PACKAGE,
        "language-version": ".".join(map(str, sys.version_info[:3])),
    }
    given = {name.lower() for name in settings.headers}
    kept = {name: value for name, value in ours.items() if name.lower() not in given}
    return {**kept, **settings.headers, "Authorization": f"Bearer {settings.api_key}"}


def _tls(settings: Settings, base_url: str) -> ssl.SSLContext | bool:
    verify = settings.verify
    if isinstance(verify, str):
        if os.path.isdir(verify):
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    if verify is True and base_url.startswith("http://"):
        # Redirects are not followed, so TLS is never spoken; loading every CA would be start-up for
        # nothing. This context trusts nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return verify  # type: ignore[no-any-return]
