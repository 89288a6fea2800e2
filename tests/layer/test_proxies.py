"""NO_PROXY: what its entries cover, and what is said of one that cannot be read."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import httpx
import pytest
from support.account import Connect

from arize_users import APIConnectionError, ArizeClient, AsyncArizeClient, ConfigurationWarning
from arize_users.config import proxy_for, resolve

PROXY = "http://proxy.example:3128"
ARIZE, TEN, SIX = "https://api.arize.com", "https://10.1.2.3", "https://[fd00::1:2]:8443"

DIRECT = [
    (ARIZE, "arize.com"),
    (ARIZE, "api.arize.com"),
    (ARIZE, ".arize.com"),
    (ARIZE, "*.arize.com"),
    (ARIZE, "*.API.Arize.COM."),
    (ARIZE, "api.arize.com:443"),
    (ARIZE, "*.arize.com:443"),
    (ARIZE, "https://arize.com"),
    (ARIZE, "all://arize.com/"),
    (ARIZE, "*"),
    (ARIZE, "*:443"),
    (ARIZE, "a.example, arize.com"),
    (ARIZE, " a.example\tarize.com ,, "),
    (TEN, "10.1.2.3"),
    (TEN, "10.0.0.0/8"),
    (TEN, "10.1.2.3/8"),
    (TEN, "10.0.0.0/8:443"),
    (TEN, "0.0.0.0/0"),
    ("https://10.1.2.3:8443", "10.1.2.3:8443"),
    ("https://[::ffff:10.1.2.3]", "10.0.0.0/8"),
    (SIX, "fd00::1:2"),
    (SIX, "[fd00::1:2]"),
    (SIX, "FD00:0:0:0:0:0:1:2"),
    (SIX, "[fd00::1:2]:8443"),
    (SIX, "fd00::/8"),
    (SIX, "[fd00::]/8"),
    (SIX, "::/0"),
    ("https://bücher.example", "xn--bcher-kva.example"),
    ("https://xn--bcher-kva.example", "Bücher.example"),
]
PROXIED = [
    (ARIZE, "rize.com"),
    (ARIZE, "v2.api.arize.com"),
    (ARIZE, "arize.com:80"),
    (ARIZE, "http://arize.com"),
    (ARIZE, "10.0.0.0/8"),
    (ARIZE, ""),
    (TEN, "11.0.0.0/8"),
    (TEN, "10.1.2.4"),
    (TEN, "10.1.2.3:80"),
    (TEN, "::/0"),
    (SIX, "fd00::1:3"),
    (SIX, "fe80::/10"),
    (SIX, "[fd00::1:2]:443"),
    (SIX, "0.0.0.0/0"),
]
UNREAD = ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "[fd00::1", "[arize.com]", "*arize.com", "api.*.com"]
UNREAD += ["arize.com/8", "arize.com:port", "arize.com:0", "arize.com:65536", "10.1", "10.1.2.", "a:b:c", "."]
UNREAD += ["https://arize.com/v2", "<local>", "a..b", "*.", "[]", "[]:80", ":", "/", "::1/64/8"]


def _proxy(url: str) -> str | None:
    return proxy_for(resolve(api_key="k", base_url=url, environ={}))


@pytest.fixture(params=["NO_PROXY", "no_proxy"])
def no_proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set NO_PROXY, in capitals or not, beside a proxy for every URL."""
    monkeypatch.setenv("ALL_PROXY", PROXY)
    return lambda value: monkeypatch.setenv(request.param, value)


@pytest.mark.parametrize(("url", "value"), DIRECT)
def test_direct(no_proxy: Any, url: str, value: str) -> None:
    """A domain with all below it, an address, a network and * are reached without the proxy."""
    no_proxy(value)
    assert _proxy(url) is None


@pytest.mark.parametrize(("url", "value"), PROXIED)
def test_proxied(no_proxy: Any, url: str, value: str) -> None:
    """What no entry covers goes through the proxy: another domain, address, port or scheme."""
    no_proxy(value)
    assert _proxy(url) == PROXY


@pytest.mark.parametrize("entry", UNREAD)
def test_unread_entries(no_proxy: Any, entry: str) -> None:
    """An entry that cannot be read is skipped, a warning names it, and the other entries hold."""
    no_proxy(f"{entry},10.0.0.0/8")
    for url, proxy in ((TEN, None), (ARIZE, PROXY)):
        with pytest.warns(ConfigurationWarning) as given:
            assert _proxy(url) == proxy
        assert [str(one.message).startswith(f"NO_PROXY: {entry!r} cannot be read") for one in given] == [True]


@pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])
def test_warning(no_proxy: Any, build: Any) -> None:
    """The warning is given once, where the client is made and may use a proxy, and without a password."""
    no_proxy("10.0.0.0/99,http://me:pa55@b.example,arize.com")
    with pytest.warns(ConfigurationWarning, match=r"'10\.0\.0\.0/99', '\.\.\.@b\.example' cannot") as given:
        build(api_key="k", base_url=TEN)
    assert [(one.filename, "pa55" in str(one.message)) for one in given] == [(__file__, False)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(api_key="k", base_url="http://127.0.0.1:1")
        build(api_key="k", base_url=TEN, proxy=PROXY)
        build(base_url="sandbox:").sandbox.close()


def test_empty_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable in small letters wins, also where it is empty."""
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "*")
    assert _proxy(ARIZE) is None
    monkeypatch.setenv("no_proxy", "")
    assert _proxy(ARIZE) == PROXY


def test_requests(connect: Connect, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Requests go where NO_PROXY says, and a caller's own httpx client keeps to its own rules."""
    tried: list[str] = []

    def refuse(self: Any, request: httpx.Request) -> Any:
        tried.append("proxy" if "Proxy" in type(self._pool).__name__ else "direct")
        raise httpx.ConnectError("refused")

    async def refuse_async(self: Any, request: httpx.Request) -> Any:
        refuse(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refuse)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", refuse_async)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    theirs = httpx.Client() if kind == "sync" else httpx.AsyncClient()
    for url, options in ((TEN, {}), (ARIZE, {}), (TEN, {"http_client": theirs})):
        with pytest.raises(APIConnectionError):
            connect(None, base_url=url, **options).users.list()
    assert tried == ["direct", "proxy", "proxy"]
    if isinstance(theirs, httpx.Client):
        theirs.close()
    else:
        asyncio.run(theirs.aclose())
