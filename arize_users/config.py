"""Arguments and environment -> frozen settings. Every refusal says what to set."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import httpx
from attrs import field, frozen

from .errors import ConfigurationError

REGIONS = ("us-central-1a", "us-east-1b", "eu-west-1a", "ca-central-1a")
DEFAULT_BASE_URL = "https://api.arize.com"
DEFAULT_TIMEOUT = 30.0
CONNECT_TIMEOUT = 5.0
DEFAULT_MAX_RETRIES = 2

EnumCase = Literal["lower", "upper", "auto"]
ENUM_CASES: tuple[EnumCase, ...] = ("auto", "lower", "upper")

SANDBOX_SCHEME = "sandbox:"
SANDBOX_KEY = "sandbox-admin"

Verify = Any
"""True, False, a path to a CA bundle, or an ssl.SSLContext. (Any: naming ssl here would load it.)"""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
# What RFC 9110 lets into a header's name, and visible ASCII with inner blanks for its value.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
# Ours to say, or the transport's: a request with another one could not be read.
_RESERVED_HEADERS = frozenset({"content-length", "content-type", "host", "transfer-encoding"})
_API_KEY = re.compile(r"[\x21-\x7e]+")


@frozen(kw_only=True)
class Settings:
    """Everything a client needs to know, checked. The key is in no repr."""

    api_key: str = field(repr=False)
    base_url: str
    timeout: httpx.Timeout
    verify: Verify
    proxy: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    max_retries: int
    enum_case: EnumCase

    @property
    def sandbox_path(self) -> str | None:
        """The file after ``sandbox:``, "" for one in memory; None for a real endpoint."""
        is_sandbox = self.base_url.startswith(SANDBOX_SCHEME)
        return self.base_url.removeprefix(SANDBOX_SCHEME) if is_sandbox else None


def resolve(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    region: str | None = None,
    timeout: float | httpx.Timeout | None = None,
    verify: Verify = None,
    proxy: str | None = None,
    headers: Mapping[str, str] | None = None,
    max_retries: int | None = None,
    enum_case: str | None = None,
    allow_insecure_http: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Settle every setting: explicit arguments first, then the environment, then the defaults.

    Raises:
        ConfigurationError: something is missing, malformed, or named twice at the same level.
    """
    # An empty variable is how shells say "not set".
    source = os.environ if environ is None else environ
    env = {name: text for name, value in source.items() if (text := value.strip())}
    endpoint = _endpoint(base_url, region, env)
    if endpoint.startswith(SANDBOX_SCHEME):
        env = _sandbox_environment(env)
    else:
        endpoint = _checked_url(endpoint, allow_insecure_http=allow_insecure_http)
    return Settings(
        api_key=_api_key(api_key, env),
        base_url=endpoint,
        timeout=_timeout(timeout),
        verify=_verify(verify, env),
        proxy=_proxy(proxy, env),
        headers=_headers(headers),
        max_retries=_max_retries(max_retries, env),
        enum_case=_enum_case(enum_case, env),
    )


def _sandbox_environment(env: Mapping[str, str]) -> dict[str, str]:
    # A real key in the environment says nothing about a local account, and must not reach it.
    key = env.get("ARIZE_API_KEY", "")
    return {**env, "ARIZE_API_KEY": key if key.startswith("sandbox-") else SANDBOX_KEY}


def _endpoint(base_url: str | None, region: str | None, env: Mapping[str, str]) -> str:
    if base_url is not None and region is not None:
        raise ConfigurationError("base_url and region both name the endpoint: give only one")
    if base_url is not None:
        return _not_blank(base_url, "base_url")
    if region is not None:
        return _of_region(region, "region")
    named = [name for name in ("ARIZE_BASE_URL", "ARIZE_REGION", "ARIZE_API_HOST") if name in env]
    if len(named) > 1:
        raise ConfigurationError(
            f"{' and '.join(named)} all name the endpoint: unset all but one, or pass base_url"
        )
    if "ARIZE_API_HOST" in env:
        return _of_host(env)
    stray = [name for name in ("ARIZE_API_SCHEME", "ARIZE_API_PORT") if name in env]
    if stray:
        raise ConfigurationError(f"{stray[0]} is set without ARIZE_API_HOST: set both or unset it")
    if "ARIZE_BASE_URL" in env:
        return env["ARIZE_BASE_URL"]
    if "ARIZE_REGION" in env:
        return _of_region(env["ARIZE_REGION"], "ARIZE_REGION")
    return DEFAULT_BASE_URL


def _of_region(region: str, source: str) -> str:
    if region not in REGIONS:
        raise ConfigurationError(f"{source}: {region!r} is not one of {', '.join(REGIONS)}")
    return f"https://api.{region}.arize.com"


def _of_host(env: Mapping[str, str]) -> str:
    host, scheme = env["ARIZE_API_HOST"], env.get("ARIZE_API_SCHEME", "https")
    port = env.get("ARIZE_API_PORT")
    if "/" in host or "@" in host:
        raise ConfigurationError(
            f"ARIZE_API_HOST: {host!r} is not a host name; for a whole URL set ARIZE_BASE_URL"
        )
    if scheme not in ("https", "http"):
        raise ConfigurationError(f"ARIZE_API_SCHEME: {scheme!r} is neither https nor http")
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise ConfigurationError(f"ARIZE_API_PORT: {port!r} is not a port from 1 to 65535")
    return f"{scheme}://{host}" + (f":{port}" if port else "")


def _not_blank(value: str, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name}: expected a text that is not blank, got {value!r}")
    return value.strip()


def _checked_url(text: str, *, allow_insecure_http: bool) -> str:
    url = _split_url(text, "base_url", ("https", "http"))
    if url.username is not None or url.query or url.fragment or "?" in text or "#" in text:
        raise ConfigurationError(
            f"the base URL {_without_user(url)!r} must be only scheme, host, port and path"
        )
    if url.scheme == "http" and not allow_insecure_http and not is_loopback(url.hostname or ""):
        raise ConfigurationError(
            f"the base URL {text!r} would send the API key unencrypted: use https://, "
            "or pass allow_insecure_http=True"
        )
    return text.rstrip("/")


def _split_url(text: str, name: str, schemes: tuple[str, ...]) -> SplitResult:
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
        raise ConfigurationError(f"{name}: not a well-formed URL; expected {expected}host[:port]")
    return url


def _without_user(url: SplitResult) -> str:
    return f"{url.scheme}://{url.hostname}{url.path}"


def is_loopback(host: str) -> bool:
    """Tell whether traffic to a host stays on this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api_key(explicit: str | None, env: Mapping[str, str]) -> str:
    key = explicit if explicit is not None else env.get("ARIZE_API_KEY")
    if key is None or not isinstance(key, str) or not key.strip():
        raise ConfigurationError(
            "no API key: pass api_key=... or set ARIZE_API_KEY (base_url='sandbox:' needs none)"
        )
    if not _API_KEY.fullmatch(key.strip()):
        raise ConfigurationError("the API key holds characters that no key has: copy it again")
    return key.strip()


def _timeout(value: float | httpx.Timeout | None) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        return value
    seconds = DEFAULT_TIMEOUT if value is None else value
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not math.isfinite(seconds) or seconds <= 0:
        raise ConfigurationError(f"timeout: expected seconds above 0, got {value!r}")
    return httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))


def _verify(explicit: Verify, env: Mapping[str, str]) -> Verify:
    if explicit is not None:
        if isinstance(explicit, str | os.PathLike):
            return _ca_bundle(os.fspath(explicit), "verify")
        # Told by its name: the class would cost the import of ssl.
        if not isinstance(explicit, bool) and type(explicit).__name__ != "SSLContext":
            raise ConfigurationError(
                f"verify: expected True, False, a path or an ssl.SSLContext, got {type(explicit).__name__}"
            )
        return explicit
    if "ARIZE_REQUEST_VERIFY" in env and not _flag(env, "ARIZE_REQUEST_VERIFY"):
        return False
    if "ARIZE_SSL_CA_CERT" in env:
        return _ca_bundle(env["ARIZE_SSL_CA_CERT"], "ARIZE_SSL_CA_CERT")
    return True


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env[name].lower()
    if text not in _TRUE | _FALSE:
        raise ConfigurationError(f"{name}: {env[name]!r} is neither true nor false")
    return text in _TRUE


def _ca_bundle(path: str, source: str) -> str:
    if not os.path.exists(path):
        raise ConfigurationError(f"{source}: there is no CA bundle at {path!r}")
    return path


def _proxy(explicit: str | None, env: Mapping[str, str]) -> str | None:
    source, proxy = "proxy", explicit
    if proxy is None:
        source, proxy = "ARIZE_PROXY_URL", env.get("ARIZE_PROXY_URL")
    if proxy is None:
        return None
    proxy = _not_blank(proxy, source)
    _split_url(proxy, source, ("http", "https", "socks5", "socks5h"))
    return proxy


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    if headers is not None and not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers: expected a mapping, got {type(headers).__name__}")
    checked = dict(headers or {})
    for name, value in checked.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError(f"headers: {name!r} is not a header name")
        if name.lower() == "authorization":
            raise ConfigurationError("headers: pass the API key as api_key, not as a header")
        if name.lower() in _RESERVED_HEADERS:
            raise ConfigurationError(f"headers: {name!r} belongs to each request and cannot be set")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise ConfigurationError(f"headers: the value of {name!r} is not a header value")
    return checked


def _max_retries(explicit: int | None, env: Mapping[str, str]) -> int:
    if explicit is None and "ARIZE_MAX_RETRIES" not in env:
        return DEFAULT_MAX_RETRIES
    source = "ARIZE_MAX_RETRIES" if explicit is None else "max_retries"
    value = env["ARIZE_MAX_RETRIES"] if explicit is None else explicit
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(f"{source}: expected a whole number from 0 up, got {value!r}")
    return value


def _enum_case(explicit: str | None, env: Mapping[str, str]) -> EnumCase:
    source = "ARIZE_ENUM_CASE" if explicit is None else "enum_case"
    value = env.get("ARIZE_ENUM_CASE", "auto") if explicit is None else explicit
    text = value.lower() if isinstance(value, str) else value
    for case in ENUM_CASES:
        if text == case:
            return case
    raise ConfigurationError(f"{source}: {value!r} is not one of {', '.join(map(repr, ENUM_CASES))}")
