"""Settings of a client: arguments and environment -> frozen `Settings`. Every refusal says what to set."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

import httpx
from attrs import evolve, field, frozen

from ._endpoint import (
    DEFAULT_BASE_URL,
    ENDPOINT_VARIABLES,
    REGIONS,
    ROUTING,
    SANDBOX_SCHEME,
    Endpoint,
    Source,
    checked_url,
    endpoint_of,
    find_endpoint,
    is_loopback,
    not_blank,
    profile_endpoint,
    split_url,
    unread_note,
    unread_variables,
)
from ._proxies import environment_proxy
from ._tls import CA_VARIABLES, ca_bundle, environment_cas, is_ssl_context
from .errors import ConfigurationWarning

if TYPE_CHECKING:
    import ssl

__all__ = [
    "CONNECT_TIMEOUT",
    "DEFAULT_BASE_URL",
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "ENDPOINT_VARIABLES",
    "ENUM_CASES",
    "NOT_GIVEN",
    "REGIONS",
    "ROUTING",
    "SANDBOX_KEY",
    "SANDBOX_SCHEME",
    "SANDBOX_URL",
    "VARIABLES",
    "Endpoint",
    "EnumCase",
    "NotGiven",
    "Settings",
    "Timeout",
    "Verify",
    "endpoint_of",
    "find_endpoint",
    "is_loopback",
    "masked",
    "profile_endpoint",
    "proxy_for",
    "resolve",
    "ssl_context",
    "truth_of",
    "unread_note",
    "unread_variables",
]

DEFAULT_TIMEOUT = 30.0
CONNECT_TIMEOUT = 5.0
DEFAULT_TOTAL_TIMEOUT = 120.0
DEFAULT_MAX_RETRIES = 2

EnumCase = Literal["lower", "upper", "auto"]
ENUM_CASES: tuple[EnumCase, ...] = ("auto", "lower", "upper")

SANDBOX_KEY = "sandbox-admin"
SANDBOX_URL = "http://sandbox.localhost"
"""Where requests to a local account go. It answers in process; the name cannot leave the machine."""

VARIABLES = (
    "ARIZE_API_KEY",
    *ENDPOINT_VARIABLES,
    "ARIZE_PROFILE",
    "ARIZE_REQUEST_VERIFY",
    "ARIZE_SSL_CA_CERT",
    "ARIZE_PROXY_URL",
    "ARIZE_MAX_RETRIES",
    "ARIZE_ENUM_CASE",
    "ARIZE_DISABLE_PRERELEASE_WARNINGS",
)
"""Every variable of its own that this package reads. Only the command line takes ARIZE_PROFILE."""


_SHOWN = 4
_LONG_ENOUGH = 24
"""A key of this length is still one when its first and last characters are known."""


def masked(key: str) -> str:
    """Show of an API key what tells it from others, and what cannot be used in its place.

    Args:
        key: The key.

    Returns:
        Its first and last four characters where it is long enough to be secret without them.
    """
    return f"{key[:_SHOWN]}...{key[-_SHOWN:]}" if len(key) >= _LONG_ENOUGH else "[hidden]"


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

_TRUTH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
# What RFC 9110 lets into a header's name, and visible ASCII with inner blanks for its value.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
# Set by this client or by httpx; another value would break the request.
_RESERVED_HEADERS = frozenset({"content-length", "content-type", "host", "transfer-encoding"})
_API_KEY = re.compile(r"[\x21-\x7e]+")
_QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d")


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
        base_url_from: What named the endpoint.
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
    base_url_from: str = field(default="the default", eq=False)

    @property
    def sandbox_path(self) -> str | None:
        """The file of a local account, "" for one in memory; None for a real endpoint."""
        is_sandbox = self.base_url.startswith(SANDBOX_SCHEME)
        return self.base_url.removeprefix(SANDBOX_SCHEME) if is_sandbox else None

    @property
    def sandbox_case(self) -> Literal["lower", "upper"]:
        """The case of a local account's enum values: lower, unless ``enum_case`` is upper."""
        return "upper" if self.enum_case == "upper" else "lower"

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
            changes["max_retries"] = _whole_number(max_retries, Source("max_retries"))
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
    endpoint = find_endpoint(base_url=base_url, region=region, environ=env)
    if base_url is None and region is None and (note := unread_note(env)):
        warnings.warn(note, ConfigurationWarning, stacklevel=3)
    base_url_from = endpoint.source.label if endpoint else "the default"
    endpoint = endpoint or Endpoint(DEFAULT_BASE_URL, Source("base_url"))
    if http_client is not None:
        _refuse_beside_http_client(
            transport=transport,
            verify=verify,
            proxy=proxy,
            timeout=None if timeout is NOT_GIVEN else "given",
        )
        if endpoint.is_local:
            raise endpoint.source.error("names a local account", "Leave http_client out for a local account.")
        env = {name: value for name, value in env.items() if name not in _CONNECTION_VARIABLES}
    if endpoint.is_local:
        env = _sandbox_environment(env)
        url = endpoint.url
    else:
        url = checked_url(endpoint, allow_insecure_http=allow_insecure_http)
    verify = _verify(verify, env)
    if verify is True and transport is None and url.lower().startswith("https:"):
        verify = environment_cas(env)
    return Settings(
        api_key=_api_key(api_key, env),
        base_url=url,
        timeout=None if http_client is not None else _timeout(timeout),
        total_timeout=_total_timeout(total_timeout),
        verify=verify,
        proxy=_proxy(proxy, env),
        headers=_headers(headers),
        max_retries=_max_retries(max_retries, env),
        enum_case=_enum_case(enum_case, env),
        base_url_from=base_url_from,
    )


_CONNECTION_VARIABLES = ("ARIZE_PROXY_URL", "ARIZE_REQUEST_VERIFY", "ARIZE_SSL_CA_CERT", *CA_VARIABLES)


def _refuse_beside_http_client(**given: object) -> None:
    for argument, value in given.items():
        if value is not None:
            raise Source(argument).error(
                "cannot be given together with http_client, which has its own connections",
                "Set it up in the httpx client that you pass, or leave http_client out.",
            )


def _sandbox_environment(env: Mapping[str, str]) -> dict[str, str]:
    # A real key in the environment says nothing about a local account, and must not reach it.
    key = env.get("ARIZE_API_KEY", "")
    return {**env, "ARIZE_API_KEY": key if key.startswith("sandbox-") else SANDBOX_KEY}


def _api_key(explicit: str | None, env: Mapping[str, str]) -> str:
    key = explicit if explicit is not None else env.get("ARIZE_API_KEY")
    source = Source("api_key", "ARIZE_API_KEY" if explicit is None and key is not None else None)
    if not isinstance(key, str) or not key.strip():
        hint = "Pass api_key=... or set ARIZE_API_KEY (base_url='sandbox:' needs none)."
        raise source.error("there is no API key", hint)
    key = key.strip()  # Files, and what a shell reads from them, end in a line break.
    if problem := _problem_of_key(key):
        raise source.error(problem, "Give the key alone, as Arize shows it.")
    return key


def _problem_of_key(key: str) -> str | None:
    """Say what is wrong with a key, without a part of it."""
    if _QUOTES & {key[0], key[-1]}:
        return "has quotes round it, which an env-file keeps and a shell takes away"
    if re.match(r"(authorization\s*:\s*)?bearer(\s|$)", key, re.IGNORECASE):
        return "begins with 'Bearer', which the client adds itself"
    if re.search(r"\s", key):
        return "has blanks or line breaks inside"
    return None if _API_KEY.fullmatch(key) else "holds characters that no key has"


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
        raise Source(argument).error(f"expected seconds above 0, got {value!r}")
    return value


def truth_of(text: str) -> bool | None:
    """Read a text as true or false, as Arize's SDKs spell them, in any case.

    Args:
        text: The text of a variable or of an entry.

    Returns:
        What it says; None where it is neither.
    """
    return _TRUTH.get(text.lower())


def _verify(explicit: Verify, env: Mapping[str, str]) -> Verify:
    source = Source("verify")
    if explicit is not None and explicit is not True:
        if isinstance(explicit, str | os.PathLike):
            return ca_bundle(os.fspath(explicit), source)
        if not isinstance(explicit, bool) and not is_ssl_context(explicit):
            kind = type(explicit).__name__
            raise source.error(f"expected True, False, a path or an ssl.SSLContext, got {kind}")
        return explicit
    if explicit is None and "ARIZE_REQUEST_VERIFY" in env:
        text = env["ARIZE_REQUEST_VERIFY"]
        is_verified = truth_of(text)
        if is_verified is None:
            raise Source("verify", "ARIZE_REQUEST_VERIFY").error(f"{text!r} is neither true nor false")
        if not is_verified:
            return False
    if "ARIZE_SSL_CA_CERT" in env:
        return ca_bundle(env["ARIZE_SSL_CA_CERT"], Source("verify", "ARIZE_SSL_CA_CERT"))
    return True


def _proxy(explicit: str | None, env: Mapping[str, str]) -> str | None:
    source = Source("proxy", None if explicit is not None else "ARIZE_PROXY_URL")
    proxy = explicit if explicit is not None else env.get("ARIZE_PROXY_URL")
    if proxy is None:
        return None
    proxy = not_blank(proxy, source)
    split_url(proxy, source, ("http", "https", "socks5", "socks5h"))
    return proxy


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    source = Source("headers")
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
        return _whole_number(explicit, Source("max_retries"))
    text = env.get("ARIZE_MAX_RETRIES", str(DEFAULT_MAX_RETRIES))
    is_number = text.isascii() and text.isdigit()
    return _whole_number(int(text[:9]) if is_number else text, Source("max_retries", "ARIZE_MAX_RETRIES"))


def _whole_number(value: object, source: Source) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise source.error(f"expected a whole number from 0 up, got {value!r}")
    return value


def _enum_case(explicit: str | None, env: Mapping[str, str]) -> EnumCase:
    source = Source("enum_case", "ARIZE_ENUM_CASE" if explicit is None else None)
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
    if is_loopback(urlsplit(settings.request_url).hostname or ""):
        return None
    proxy = environment_proxy(settings.request_url)
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
        given = {name: os.environ.get(name, "").strip() for name in ("ARIZE_SSL_CA_CERT", *CA_VARIABLES)}
        path = next((given[name] for name in CA_VARIABLES if given[name]), None) if verify is True else verify
        variable = next((name for name in given if given[name] == path), None)
        problem = f"no certificates can be loaded from {path!r}: {error}"
        raise Source("verify", variable).error(problem) from error
