"""Sends requests through an httpx client above the connection pool, the caller's own, or a sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from attrs import define, field

from .._endpoint import endpoint_of
from ..config import DEFAULT_TIMEOUT, Settings, proxy_for, ssl_context
from ..errors import NOT_REACHED, ConfigurationError, InvalidArgumentError
from .bodies import aread, read, unread, with_body
from .pool import AsyncConnectionPool, ConnectionPool
from .request import Request, RequestBuilder, RequestFailed
from .runtime import current_loop, ended_after, loading, renew_after_fork

if TYPE_CHECKING:
    import ssl

    from ..sandbox import Sandbox

C = TypeVar("C", httpx.Client, httpx.AsyncClient)
T = TypeVar("T")
H = TypeVar("H", bound=httpx.HTTPTransport | httpx.AsyncHTTPTransport)


@define
class _Shared(Generic[C]):
    """What a client shares with those that its `with_options` gives."""

    http: C
    is_callers: bool
    """Whether ``http`` is the caller's own, which stays open."""
    guarded: str | None
    """The argument that the caller's own connections came with. Of those we can renew none and drop none."""
    sandbox: Sandbox | None
    endpoint: dict[str, str | int]
    is_closed: bool = False
    _process: int = field(factory=os.getpid, init=False)
    _loop: Any = field(default=None, init=False)

    def request(self, builder: RequestBuilder, request: Request) -> httpx.Request:
        """Make an httpx request, unless nothing can be sent any more."""
        if self.is_closed:
            raise ConfigurationError("this client is closed", hint="Make a new one.")
        if self.http.is_closed:
            raise ConfigurationError(
                "is closed", argument="http_client", hint="Make a new httpx client and a new client."
            )
        if self.guarded is not None:
            self._refuse_shared_connections()
        return builder.build(request, self.http.timeout)

    def _refuse_shared_connections(self) -> None:
        """Send nothing where the caller's connections may be those of another process or event loop."""
        if self._process != os.getpid():
            place, example = "process", "after the fork"
        else:
            loop = current_loop() if isinstance(self.http, httpx.AsyncClient) else None
            self._loop = self._loop or loop
            if self._loop is loop:
                return
            place, example = "event loop", "in the coroutine that it is used in"
        raise ConfigurationError(
            f"comes from another {place}, and may hold connections of that",
            argument=self.guarded,
            hint=f"Make it and a client anew for each {place}, {example}; or leave {self.guarded} out.",
        )


class _BaseSender(Generic[C]):
    """What both senders have."""

    _proxy: str | None = None

    def __init__(self, settings: Settings, http: C, transport: object, *, is_callers: bool) -> None:
        guarded = None
        if is_callers:
            guarded = "http_client"
        elif isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport):
            # Of another transport nobody knows whether it has connections; most have none.
            guarded = "transport"
        sandbox = getattr(transport, "sandbox", None)
        # The account behind a sandbox's transport is the same whatever the URL says.
        endpoint = endpoint_of(settings.request_url, getattr(sandbox, "identity", None))
        self._shared: _Shared[C] = _Shared(http, is_callers, guarded, sandbox, endpoint)
        self._builder = RequestBuilder(settings)

    @property
    def _peer(self) -> str:
        """What a failed connection led to: the host, and the proxy without its user."""
        host = f"host {self._builder.host}"
        if self._proxy is None:
            return host
        proxy = urlsplit(self._proxy)
        return f"{host}, proxy {proxy.scheme}://{proxy.netloc.rpartition('@')[2]}"

    def with_settings(self, settings: Settings) -> Self:
        """Give a sender with other settings over the same connections."""
        sender = copy(self)
        sender._builder = RequestBuilder(settings)
        return sender

    @property
    def sandbox(self) -> Sandbox | None:
        """The sandbox that requests go to."""
        return self._shared.sandbox

    @property
    def endpoint(self) -> dict[str, str | int]:
        """Where requests go, in the parts by which it is told from other endpoints."""
        return self._shared.endpoint

    @property
    def patience(self) -> float:
        """Seconds to wait for requests under way when a batch is stopped: the read timeout and a second."""
        read = self._builder.timeout(self._shared.http.timeout).read
        return 1.0 + (DEFAULT_TIMEOUT if read is None else read)

    def _failure(self, error: Exception, request: Request) -> Exception:
        """Say in our words what httpx' exception means."""
        if isinstance(error, httpx.InvalidURL):
            return InvalidArgumentError(f"the request {request.operation} is too long to be sent")
        # A caller's client may speak HTTP/2, where any fault of the protocol may come after the request.
        if isinstance(error, httpx.UnsupportedProtocol) or (
            isinstance(error, httpx.LocalProtocolError) and not self._shared.is_callers
        ):
            # Not in httpx' words: they quote the header that they do not like.
            return ConfigurationError(f"the request cannot be sent as it is set up ({type(error).__name__})")
        sent = not isinstance(error, _NOT_SENT)
        if isinstance(error, httpx.TimeoutException):
            return self._timed_out(sent=sent)
        state = "the connection broke" if sent else NOT_REACHED
        reason = "" if isinstance(error, httpx.LocalProtocolError) or not str(error) else f": {error}"
        return RequestFailed(f"{state} ({type(error).__name__}{reason}; {self._peer})", sent=sent)

    def _timed_out(self, *, sent: bool) -> RequestFailed:
        reason = "no answer in time" if sent else "no connection in time"
        return RequestFailed(f"{reason} ({self._peer})", sent=sent, timed_out=True)


class Sender(_BaseSender[httpx.Client]):
    """Sends the requests of one synchronous client. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        _check_kind("transport", transport, httpx.BaseTransport)
        _check_kind("http_client", http_client, httpx.Client)
        if http_client is None and transport is None:
            if settings.sandbox_path is None:
                connector = _Connector(httpx.HTTPTransport, settings)
                transport, self._proxy = ConnectionPool(connector), connector.proxy
            else:
                from ..sandbox import SandboxTransport

                transport = _opened(SandboxTransport.open, settings)
        is_callers = http_client is not None
        if http_client is None:
            hooks = {"response": [_keep_redirect]}
            http_client = _Client(transport=transport, trust_env=False, event_hooks=hooks)
        super().__init__(settings, http_client, transport, is_callers=is_callers)

    def send(self, request: Request) -> httpx.Response:
        """Send a request and read the whole response.

        Raises:
            RequestFailed: No whole response came.
            ConfigurationError: The request cannot be sent as the client is set up, or the client is closed.
            InvalidArgumentError: The request is too long.
        """
        try:
            # A caller's client may follow redirects or have credentials of its own: the key must go
            # to this URL, and no other credentials with it.
            return read(
                self._shared.http.send(
                    self._shared.request(self._builder, request),
                    stream=True,
                    auth=None,
                    follow_redirects=False,
                ),
                request.deadline,
            )
        except httpx.HTTPStatusError as error:
            return _response_of(error)
        except _FAILURES as error:
            raise self._failure(error, request) from error

    def close(self) -> None:
        """Close the connections and the sandbox that was opened, but no httpx client of the caller's."""
        self._shared.is_closed = True
        if not self._shared.is_callers:
            self._shared.http.close()


class AsyncSender(_BaseSender[httpx.AsyncClient]):
    """Sends the requests of one asynchronous client."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        _check_kind("transport", transport, httpx.AsyncBaseTransport)
        _check_kind("http_client", http_client, httpx.AsyncClient)
        if http_client is None and transport is None:
            if settings.sandbox_path is None:
                connector = _Connector(httpx.AsyncHTTPTransport, settings)
                transport, self._proxy = AsyncConnectionPool(connector), connector.proxy
            else:
                from ..sandbox import AsyncSandboxTransport

                transport = _opened(AsyncSandboxTransport.open, settings)
        is_callers = http_client is not None
        if http_client is None:
            hooks = {"response": [_akeep_redirect]}
            http_client = _AsyncClient(transport=transport, trust_env=False, event_hooks=hooks)
        super().__init__(settings, http_client, transport, is_callers=is_callers)

    async def send(self, request: Request) -> httpx.Response:
        """Send a request and read the whole response; see `Sender.send`."""
        response = None
        try:
            ours = self._shared.request(self._builder, request)
            with ended_after(request.seconds_left):
                response = await self._shared.http.send(ours, stream=True, auth=None, follow_redirects=False)
                return await aread(response)
        except httpx.HTTPStatusError as error:
            return _response_of(error)
        except _FAILURES as error:
            raise self._failure(error, request) from error
        if response is not None and not response.is_success:
            return with_body(response, b"")
        connection = ours.extensions.get("connection")
        raise self._timed_out(sent=connection is None or connection.is_ready)

    async def aclose(self) -> None:
        """Close the connections and the sandbox that was opened, but no httpx client of the caller's."""
        self._shared.is_closed = True
        if not self._shared.is_callers:
            await self._shared.http.aclose()


class _NoCookies(httpx.Cookies):
    """Keeps no cookie: none is ever sent, and reading them is a fifth of the time of a small request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Do nothing."""


class _WithoutCookies:
    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: Any) -> None:
        """Do nothing."""


class _Client(_WithoutCookies, httpx.Client):
    pass


class _AsyncClient(_WithoutCookies, httpx.AsyncClient):
    pass


_NO_COOKIES = _NoCookies()


# httpx raises these for anything between the first byte sent and the last byte read.
_FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)
# Waiting for the pool or for a connection comes before the first byte is sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def _check_kind(argument: str, given: object, kind: type) -> None:
    if given is not None and not isinstance(given, kind):
        raise ConfigurationError(f"expected an httpx.{kind.__name__}, got {given!r}", argument=argument)


# Event hooks of our own client. httpx parses the Location of a redirect even where it does not follow it,
# and raises where it is malformed; a hook comes before that.
def _keep_redirect(response: httpx.Response) -> None:
    if response.has_redirect_location:
        raise httpx.HTTPStatusError("redirect", request=response.request, response=read(response))


async def _akeep_redirect(response: httpx.Response) -> None:
    if response.has_redirect_location:
        raise httpx.HTTPStatusError("redirect", request=response.request, response=await aread(response))


def _response_of(error: httpx.HTTPStatusError) -> httpx.Response:
    """Give the response that an event hook raised for, a caller's for any status or ours for a redirect."""
    if error.response.is_success:
        raise RequestFailed(f"an event hook refused the answer ({error})", sent=True) from error
    try:
        error.response.content  # noqa: B018 - a body that the hook did not read is lost: httpx closes it
    except httpx.ResponseNotRead:
        return unread(error.response)
    return error.response


def _opened(open_transport: Callable[..., T], settings: Settings) -> T:
    from ..sandbox import SandboxError

    try:
        return open_transport(settings.sandbox_path or None, enum_case=settings.sandbox_case)
    except (SandboxError, ValueError) as error:
        raise ConfigurationError(
            f"the local account cannot be opened: {error}", argument="base_url"
        ) from error


# The pool says how long it is kept when it is idle.
_ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)


class _Connector(Generic[H]):
    """Makes the connections of a pool."""

    def __init__(self, kind: Callable[..., H], settings: Settings) -> None:
        self._kind = kind
        self._settings = settings
        self.proxy = proxy_for(settings)
        self._tls: ssl.SSLContext | None = None
        renew_after_fork(self._renew)
        if settings.verify is not True or self.proxy is not None or os.environ.get("SSL_CERT_FILE"):
            self()  # Opens no socket yet, but shows that the settings fit together.

    def __call__(self) -> H:
        try:
            with loading:
                # Loading the CAs takes longer than all the rest of making a client; connections share them.
                if self._tls is None:
                    self._tls = ssl_context(self._settings)
                transport = self._kind(
                    verify=self._tls, proxy=self.proxy, limits=_ONE_CONNECTION, trust_env=False
                )
        except httpx.InvalidURL:
            # Neither the URL nor httpx' words about it: they may hold the proxy's password.
            raise ConfigurationError("is not a well-formed URL", argument="proxy") from None
        except (ImportError, ValueError) as error:
            if self.proxy is None:
                raise
            # A SOCKS proxy without the library that speaks it, a scheme that httpx does not know.
            raise ConfigurationError(f"cannot be used: {error}", argument="proxy") from error
        _remove_lock(transport)
        return transport

    def _renew(self) -> object:
        parents, self._tls = self._tls, None
        return parents


def _remove_lock(transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport) -> None:
    """Take away the lock of httpcore's pool, which guards nothing where there is one request at a time.

    An interrupt that comes while httpcore takes it leaves it held, and httpcore waits for it without end.
    """
    pool: Any = getattr(transport, "_pool", None)
    if hasattr(pool, "_optional_thread_lock"):
        pool._optional_thread_lock = nullcontext()
