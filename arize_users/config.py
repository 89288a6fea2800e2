"""Settings of a client: arguments and environment -> frozen `Settings`. Every refusal says what to set."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from attrs import evolve, field, frozen

from .errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

REGIONS = ("us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a")
DEFAULT_BASE_URL = "https://api.arize.com"
DEFAULT_TIMEOUT = 30.0
CONNECT_TIMEOUT = 5.0
DEFAULT_TOTAL_TIMEOUT = 120.0
DEFAULT_MAX_RETRIES = 2

EnumCase = Literal["lower", "upper", "auto"]
ENUM_CASES: tuple[EnumCase, ...] = ("auto", "lower", "upper")

SANDBOX_SCHEME = "sandbox:"
SANDBOX_KEY = "sandbox-admin"
SANDBOX_URL = "http://sandbox.localhost"
"""Where requests to a local account go. It answers in process; the name cannot leave the machine."""

ENDPOINT_VARIABLES = ("ARIZE_BASE_URL", "ARIZE_REGION", "ARIZE_API_HOST")
"""The environment variables that name the endpoint; only one of them may be set."""

VARIABLES = (
    "ARIZE_API_KEY",
    *ENDPOINT_VARIABLES,
    "ARIZE_API_SCHEME",
    "ARIZE_API_PORT",
    "ARIZE_REQUEST_VERIFY",
    "ARIZE_SSL_CA_CERT",
    "ARIZE_PROXY_URL",
    "ARIZE_MAX_RETRIES",
    "ARIZE_ENUM_CASE",
    "ARIZE_DISABLE_PRERELEASE_WARNINGS",
)
"""Every environment variable of its own that this package reads."""


class NotGiven:
    """The type of `NOT_GIVEN`: an argument left out, where None has a meaning of its own."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven()

Timeout = float | httpx.Timeout | None
"""Seconds for each wait of a request, an `httpx.Timeout`, or None for no limit."""

Verify = Any
"""True, False, a path to a CA bundle, or an ssl.SSLContext. (Any: naming ssl here would load it.)"""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
# What RFC 9110 lets into a header's name, and visible ASCII with inner blanks for its value.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
# Set by this client or by httpx; another value would break the request.
_RESERVED_HEADERS = frozenset({"content-length", "content-type", "host", "transfer-encoding"})
_API_KEY = re.compile(r"[\x21-\x7e]+")


@frozen(kw_only=True)
class Settings:
    """Everything a client needs to know, checked. The key is in no repr.

    Args:
        api_key: The API key.
        base_url: The endpoint, or ``sandbox:`` with the file of a local account.
        timeout: The limits of each request; None leaves them to the caller's ``http_client``.
        total_timeout: Seconds for one operation with all its attempts and waits; None for no limit.
        verify: True, False, a path to a CA bundle or a folder of CAs, or an ssl.SSLContext.
        proxy: The URL of a proxy; None leaves it to the usual variables of the environment.
        headers: Sent with every request.
        max_retries: How often a request that is safe to repeat is repeated.
        enum_case: The case of the server's enum values, or "auto".
    """

    api_key: str = field(repr=False)
    base_url: str
    timeout: httpx.Timeout | None
    total_timeout: float | None
    verify: Verify
    proxy: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    max_retries: int
    enum_case: EnumCase

    @property
    def sandbox_path(self) -> str | None:
        """The file of a local account, "" for one in memory; None for a real endpoint."""
        is_sandbox = self.base_url.startswith(SANDBOX_SCHEME)
        return self.base_url.removeprefix(SANDBOX_SCHEME) if is_sandbox else None

    @property
    def request_url(self) -> str:
        """The URL that the paths of requests are appended to."""
        return self.base_url if self.sandbox_path is None else SANDBOX_URL

    def with_options(
        self,
        *,
        timeout: Timeout | NotGiven = NOT_GIVEN,
        total_timeout: float | NotGiven | None = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        headers: Mapping[str, str] | NotGiven = NOT_GIVEN,
    ) -> Settings:
        """Change what is given; headers are added to those there are.

        Args:
            timeout: See `ArizeClient`.
            total_timeout: See `ArizeClient`.
            max_retries: See `ArizeClient`.
            headers: See `ArizeClient`; they replace those of the same name.

        Returns:
            The changed settings.

        Raises:
            ConfigurationError: An option is malformed.
        """
        changes: dict[str, Any] = {}
        if not isinstance(timeout, NotGiven):
            changes["timeout"] = _timeout(timeout)
        if not isinstance(total_timeout, NotGiven):
            changes["total_timeout"] = _total_timeout(total_timeout)
        if not isinstance(max_retries, NotGiven):
            changes["max_retries"] = _whole_number(max_retries, _Source("max_retries"))
        if not isinstance(headers, NotGiven):
            added = _headers(headers)
            names = {name.lower() for name in added}
            kept = {name: value for name, value in self.headers.items() if name.lower() not in names}
            changes["headers"] = {**kept, **added}
        return evolve(self, **changes)


def resolve(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    region: str | None = None,
    timeout: Timeout | NotGiven = NOT_GIVEN,
    total_timeout: float | NotGiven | None = NOT_GIVEN,
    verify: Verify = None,
    proxy: str | None = None,
    headers: Mapping[str, str] | None = None,
    max_retries: int | None = None,
    enum_case: str | None = None,
    allow_insecure_http: bool = False,
    transport: object = None,
    http_client: object = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Settle every setting: explicit arguments first, then the environment, then the defaults.

    Args:
        api_key: See `ArizeClient`, as for all but the last.
        base_url: See `ArizeClient`.
        region: See `ArizeClient`.
        timeout: See `ArizeClient`.
        total_timeout: See `ArizeClient`.
        verify: See `ArizeClient`.
        proxy: See `ArizeClient`.
        headers: See `ArizeClient`.
        max_retries: See `ArizeClient`.
        enum_case: See `ArizeClient`.
        allow_insecure_http: See `ArizeClient`.
        transport: Only whether it is given counts.
        http_client: Only whether it is given counts; the variables of proxies and TLS are not read then.
        environ: The environment; that of the process when left out.

    Returns:
        The settings, checked.

    Raises:
        ConfigurationError: Something is missing, malformed, or given twice at the same level.
    """
    # An empty variable is how shells say "not set".
    variables = os.environ if environ is None else environ
    env = {name: text for name, value in variables.items() if (text := value.strip())}
    endpoint, source = _endpoint(base_url, region, env)
    if http_client is not None:
        _refuse_beside_http_client(
            transport=transport,
            verify=verify,
            proxy=proxy,
            timeout=None if timeout is NOT_GIVEN else "given",
        )
        if endpoint.startswith(SANDBOX_SCHEME):
            raise source.error("names a local account", "Leave http_client out for a local account.")
        env = {name: value for name, value in env.items() if name not in _CONNECTION_VARIABLES}
    if endpoint.startswith(SANDBOX_SCHEME):
        env = _sandbox_environment(env)
    else:
        endpoint = _checked_url(endpoint, source, allow_insecure_http=allow_insecure_http)
    return Settings(
        api_key=_api_key(api_key, env),
        base_url=endpoint,
        timeout=None if http_client is not None else _timeout(timeout),
        total_timeout=_total_timeout(total_timeout),
        verify=_verify(verify, env),
        proxy=_proxy(proxy, env),
        headers=_headers(headers),
        max_retries=_max_retries(max_retries, env),
        enum_case=_enum_case(enum_case, env),
    )


_CONNECTION_VARIABLES = ("ARIZE_PROXY_URL", "ARIZE_REQUEST_VERIFY", "ARIZE_SSL_CA_CERT")


class _Source(NamedTuple):
    """Where a setting comes from: a parameter, or the environment variable that stands in for it."""

    argument: str
    variable: str | None = None

    def error(self, problem: str, hint: str | None = None) -> ConfigurationError:
        return ConfigurationError(problem, argument=self.argument, variable=self.variable, hint=hint)


def _refuse_beside_http_client(**given: object) -> None:
    for argument, value in given.items():
        if value is not None:
            raise _Source(argument).error(
                "cannot be given together with http_client, which has its own connections",
                "Set it up in the httpx client that you pass, or leave http_client out.",
            )


def _sandbox_environment(env: Mapping[str, str]) -> dict[str, str]:
    # A real key in the environment says nothing about a local account, and must not reach it.
    key = env.get("ARIZE_API_KEY", "")
    return {**env, "ARIZE_API_KEY": key if key.startswith("sandbox-") else SANDBOX_KEY}


def _endpoint(base_url: str | None, region: str | None, env: Mapping[str, str]) -> tuple[str, _Source]:
    """Choose the endpoint."""
    source = _Source("base_url")
    if base_url is not None and region is not None:
        raise source.error("region names the endpoint, too", "Give only one of them.")
    if base_url is not None:
        return _not_blank(base_url, source), source
    if region is not None:
        return _of_region(region, _Source("region")), source
    named = [name for name in ENDPOINT_VARIABLES if name in env]
    if len(named) > 1:
        both = " and ".join(named)
        raise source.error(f"{both} all name the endpoint", "Unset all but one, or pass base_url.")
    if "ARIZE_API_HOST" in env:
        return _of_host(env), _Source("base_url", "ARIZE_API_HOST")
    for name in ("ARIZE_API_SCHEME", "ARIZE_API_PORT"):
        if name in env:
            raise _Source("base_url", name).error("is set without ARIZE_API_HOST", "Set both, or unset it.")
    if "ARIZE_BASE_URL" in env:
        return env["ARIZE_BASE_URL"], _Source("base_url", "ARIZE_BASE_URL")
    if "ARIZE_REGION" in env:
        return _of_region(env["ARIZE_REGION"], _Source("region", "ARIZE_REGION")), source
    return DEFAULT_BASE_URL, source


def _of_region(region: str, source: _Source) -> str:
    if region not in REGIONS:
        raise source.error(f"{region!r} is not one of {', '.join(REGIONS)}")
    return f"https://api.{region}.arize.com"


def _of_host(env: Mapping[str, str]) -> str:
    host, scheme = env["ARIZE_API_HOST"], env.get("ARIZE_API_SCHEME", "https")
    port = env.get("ARIZE_API_PORT")
    if "/" in host or "@" in host:
        problem, hint = f"{host!r} is not a host name", "For a whole URL set ARIZE_BASE_URL."
        raise _Source("base_url", "ARIZE_API_HOST").error(problem, hint)
    if scheme not in ("https", "http"):
        raise _Source("base_url", "ARIZE_API_SCHEME").error(f"{scheme!r} is neither https nor http")
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise _Source("base_url", "ARIZE_API_PORT").error(f"{port!r} is not a port from 1 to 65535")
    return f"{scheme}://{host}" + (f":{port}" if port else "")


def _not_blank(value: str, source: _Source) -> str:
    if not isinstance(value, str) or not value.strip():
        raise source.error(f"expected a text that is not blank, got {value!r}")
    return value.strip()


def _checked_url(text: str, source: _Source, *, allow_insecure_http: bool) -> str:
    url = _split_url(text, source, ("https", "http"))
    if url.username is not None or "?" in text or "#" in text:
        shown = f"{url.scheme}://{url.hostname}{url.path}"
        problem = f"{shown!r} has more than scheme, host, port and path"
        raise source.error(problem, "Leave user, query and fragment out.")
    if url.scheme == "http" and not allow_insecure_http and not is_loopback(url.hostname or ""):
        problem = f"{text!r} would send the API key unencrypted"
        raise source.error(problem, "Use https://, or pass allow_insecure_http=True.")
    return text.rstrip("/")


def _split_url(text: str, source: _Source, schemes: tuple[str, ...]) -> SplitResult:
    """Split a URL, refusing one that httpx could not use either."""
    try:
        url = urlsplit(text)
        _ = httpx.URL(text).host  # Decoded here, and refused when it is no international name.
        name_on_the_net = (url.hostname or "").rstrip(".").encode("idna")
        well_formed = bool(name_on_the_net) and url.port != 0 and not re.search(r"[\s\\]", text)
    except (ValueError, httpx.InvalidURL):
        well_formed = False
    if not well_formed or url.scheme not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        # A malformed URL may hold a password, in whatever place: it is not repeated.
        raise source.error(f"is not a well-formed URL; expected {expected}host[:port]")
    return url


def is_loopback(host: str) -> bool:
    """Tell whether traffic to a host stays on this machine.

    Args:
        host: A host name or an IP address.

    Returns:
        True for localhost, names under it, and loopback addresses.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api_key(explicit: str | None, env: Mapping[str, str]) -> str:
    key = explicit if explicit is not None else env.get("ARIZE_API_KEY")
    source = _Source("api_key", "ARIZE_API_KEY" if explicit is None and key is not None else None)
    if not isinstance(key, str) or not key.strip():
        hint = "Pass api_key=... or set ARIZE_API_KEY (base_url='sandbox:' needs none)."
        raise source.error("there is no API key", hint)
    if not _API_KEY.fullmatch(key.strip()):
        raise source.error("holds characters that no key has", "Copy it again.")
    return key.strip()


def _timeout(value: Timeout | NotGiven) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        return value
    if value is None:
        return httpx.Timeout(None)
    seconds = DEFAULT_TIMEOUT if isinstance(value, NotGiven) else _seconds(value, "timeout")
    return httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))


def _total_timeout(value: float | NotGiven | None) -> float | None:
    if isinstance(value, NotGiven):
        return DEFAULT_TOTAL_TIMEOUT
    return None if value is None else _seconds(value, "total_timeout")


def _seconds(value: float, argument: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise _Source(argument).error(f"expected seconds above 0, got {value!r}")
    return value


def _verify(explicit: Verify, env: Mapping[str, str]) -> Verify:
    source = _Source("verify")
    if explicit is not None:
        if isinstance(explicit, str | os.PathLike):
            return _ca_bundle(os.fspath(explicit), source)
        # Compared by name, so that ssl need not be imported.
        if not isinstance(explicit, bool) and type(explicit).__name__ != "SSLContext":
            kind = type(explicit).__name__
            raise source.error(f"expected True, False, a path or an ssl.SSLContext, got {kind}")
        return explicit
    if "ARIZE_REQUEST_VERIFY" in env:
        text = env["ARIZE_REQUEST_VERIFY"]
        if text.lower() in _FALSE:
            return False
        if text.lower() not in _TRUE:
            raise _Source("verify", "ARIZE_REQUEST_VERIFY").error(f"{text!r} is neither true nor false")
    if "ARIZE_SSL_CA_CERT" in env:
        return _ca_bundle(env["ARIZE_SSL_CA_CERT"], _Source("verify", "ARIZE_SSL_CA_CERT"))
    return True


def _ca_bundle(path: str, source: _Source) -> str:
    if not os.path.exists(path):
        raise source.error(f"there is no CA bundle at {path!r}")
    return path


def _proxy(explicit: str | None, env: Mapping[str, str]) -> str | None:
    source = _Source("proxy", None if explicit is not None else "ARIZE_PROXY_URL")
    proxy = explicit if explicit is not None else env.get("ARIZE_PROXY_URL")
    if proxy is None:
        return None
    proxy = _not_blank(proxy, source)
    _split_url(proxy, source, ("http", "https", "socks5", "socks5h"))
    return proxy


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    source = _Source("headers")
    if headers is not None and not isinstance(headers, Mapping):
        raise source.error(f"expected a mapping, got {type(headers).__name__}")
    checked = dict(headers or {})
    for name, value in checked.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise source.error(f"{name!r} is not a header name")
        if name.lower() == "authorization":
            raise source.error(f"{name!r} is set by the client", "Pass the API key as api_key.")
        if name.lower() in _RESERVED_HEADERS:
            raise source.error(f"{name!r} belongs to each request and cannot be set")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise source.error(f"the value of {name!r} is not a header value")
    return checked


def _max_retries(explicit: int | None, env: Mapping[str, str]) -> int:
    if explicit is not None:
        return _whole_number(explicit, _Source("max_retries"))
    text = env.get("ARIZE_MAX_RETRIES", str(DEFAULT_MAX_RETRIES))
    is_number = text.isascii() and text.isdigit()
    return _whole_number(int(text[:9]) if is_number else text, _Source("max_retries", "ARIZE_MAX_RETRIES"))


def _whole_number(value: object, source: _Source) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise source.error(f"expected a whole number from 0 up, got {value!r}")
    return value


def _enum_case(explicit: str | None, env: Mapping[str, str]) -> EnumCase:
    source = _Source("enum_case", "ARIZE_ENUM_CASE" if explicit is None else None)
    value = env.get("ARIZE_ENUM_CASE", "auto") if explicit is None else explicit
    text = value.lower() if isinstance(value, str) else value
    for case in ENUM_CASES:
        if text == case:
            return case
    raise source.error(f"{value!r} is not one of {', '.join(map(repr, ENUM_CASES))}")


def proxy_for(settings: Settings) -> str | None:
    """Choose the proxy to the one host that a client talks to.

    The environment's proxy never gets what is meant for this machine: the key would leave it unencrypted.

    Args:
        settings: The client's settings.

    Returns:
        The proxy of the settings, or else the environment's for this host; None for none.
    """
    if settings.proxy is not None:
        return settings.proxy
    url = urlsplit(settings.request_url)
    if is_loopback(url.hostname or "") or proxy_bypass(url.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Make the TLS context that a client connects with.

    Args:
        settings: The client's settings.

    Returns:
        A context that trusts what ``verify`` names.

    Raises:
        ConfigurationError: ``verify`` is a file or folder without certificates.
    """
    import ssl  # Slow to import, and not needed until a connection is made.

    verify = settings.verify
    try:
        if isinstance(verify, str) and os.path.isdir(verify):
            return ssl.create_default_context(capath=verify)
        if isinstance(verify, str):
            return ssl.create_default_context(cafile=verify)
        if verify is True and settings.request_url.startswith("http://"):
            # Redirects are not followed, so TLS is spoken with a proxy at most; loading every CA would
            # slow down the start for nothing. This context trusts nobody.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.create_ssl_context(verify=verify)
    except (OSError, ValueError) as error:
        raise _Source("verify").error(f"the certificates cannot be loaded: {error}") from error
