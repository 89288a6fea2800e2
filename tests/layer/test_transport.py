"""What is sent and how: headers, timeouts, failures of connections, closing, a local account."""

from __future__ import annotations

import asyncio
import gzip
import platform
import re
import sys
import zlib
from pathlib import Path
from typing import Any

import anyio
import certifi
import httpx
import pytest
from support.account import Connect
from support.answers import ok, page, raw

from arize_users import (
    APIConnectionError,
    APITimeoutError,
    ArizeClient,
    ArizeError,
    AsyncArizeClient,
    ConfigurationError,
    InvalidArgumentError,
    __version__,
)
from arize_users.sandbox import SandboxServer

from .simulated_calls import CALLS, ID


def test_headers(connect: Connect) -> None:
    """Every request carries the key, names this package, and asks for JSON, compressed or not."""
    client = connect([ok(page()), ok()])
    client.users.list()
    client.users.delete(user_id=ID)
    for sent in client.recorder.sent:
        headers = sent.request.headers
        assert headers["authorization"] == "Bearer sandbox-admin"
        assert headers["user-agent"] == f"arize-users/{__version__}"
        assert headers["sdk-language"] == "python"
        assert headers["sdk-version"] == __version__
        assert headers["sdk-package-name"] == "arize-users"
        assert headers["language-version"] == platform.python_version()
        assert headers["accept"] == "application/json, application/problem+json"
        assert headers["accept-encoding"] == "gzip, deflate"


def test_own_headers(connect: Connect) -> None:
    """A caller's headers are sent, and take the place of the client's of the same name in any case."""
    client = connect([ok(page())], headers={"X-Team": "a b", "USER-AGENT": "mine/1"})
    client.users.list()
    headers = client.recorder.sent[0].request.headers
    assert headers.get_list("x-team") == ["a b"]
    assert headers.get_list("user-agent") == ["mine/1"]


def test_base_path(connect: Connect) -> None:
    """A base URL may have a path, under which the API is."""
    client = connect([ok()], base_url="https://corp.example/arize/", judged=False)
    client.users.delete(user_id="a/b")
    assert str(client.recorder.sent[0].request.url) == "https://corp.example/arize/v2/users/a%2Fb"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_answers(connect: Connect, encoding: str) -> None:
    """A compressed answer is read like any other."""
    plain = ok(page([{"name": "Ada"}])).content
    packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    client = connect([raw(packed, content_encoding=encoding)])
    assert client.users.list().users[0].name == "Ada"


SENT = [
    *[httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError, httpx.ReadTimeout],
    *[httpx.WriteTimeout, httpx.DecodingError, httpx.NetworkError],
]
NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError]


def test_connection_errors(connect: Connect) -> None:
    """Any failure of a connection is an APIConnectionError that says whether the request may have left."""
    errors = [kind(text) for kind in (*SENT, *NOT_SENT) for text in ("", "[Errno 104] reset")]
    client = connect([*errors, httpx.StreamClosed(), httpx.ResponseNotRead()])
    for error in errors:
        with pytest.raises(APIConnectionError) as caught:
            client.users.list()
        assert caught.value.sent is (type(error) in SENT)
        assert (type(caught.value) is APITimeoutError) is isinstance(error, httpx.TimeoutException)
        assert caught.value.message.startswith("GET /v2/users: ")
        assert caught.value.message.endswith("host api.arize.com).")
        assert ("no connection" in caught.value.message) is (type(error) in NOT_SENT)
        assert isinstance(error, httpx.TimeoutException) or str(error) in caught.value.message
        assert caught.value.__cause__ is error
    for _ in range(2):
        with pytest.raises(APIConnectionError):
            client.users.list()


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (httpx.InvalidURL("URL too long"), InvalidArgumentError),
        (httpx.LocalProtocolError("Illegal header value b's3cret '"), ConfigurationError),
        (httpx.UnsupportedProtocol("gopher"), ConfigurationError),
    ],
    ids=repr,
)
def test_what_cannot_be_sent(connect: Connect, error: Exception, ours: type[ArizeError]) -> None:
    """A request that cannot be sent as it is fails at once, without what httpx says about it."""
    client = connect([error], max_retries=2)
    with pytest.raises(ours) as caught:
        client.users.get(user=ID)
    assert str(error) not in str(caught.value)


def test_nobody_listens(connect: Connect, server: SandboxServer) -> None:
    """Where nobody listens, the error says that the request was not sent."""
    client = connect(server)
    server.stop()
    with pytest.raises(APIConnectionError) as caught:
        client.users.list()
    assert caught.value.sent is False


@pytest.mark.parametrize("source", ["argument", "ARIZE_PROXY_URL", "HTTP_PROXY"])
def test_host_and_proxy(connect: Connect, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """An error of a connection names the host and the proxy, wherever that comes from, without its user."""
    proxy = "http://me:s3cret@127.0.0.1:1"
    if source != "argument":
        monkeypatch.setenv(source, proxy)
    client = connect(
        None,
        base_url="http://corp.example:8080/arize",
        allow_insecure_http=True,
        **({"proxy": proxy} if source == "argument" else {}),
    )
    for one in (client, client.with_options(timeout=7)):
        with pytest.raises(APIConnectionError) as caught:
            one.users.list()
        assert "host corp.example:8080, proxy http://127.0.0.1:1)." in caught.value.message
        assert "s3cret" not in str(caught.value)
        assert caught.value.base_url == "http://corp.example:8080/arize"
    monkeypatch.delenv(source, raising=False)
    direct = connect(None, base_url="http://127.0.0.1:1")
    with pytest.raises(APIConnectionError, match=r"host 127\.0\.0\.1:1\)\.$"):
        direct.users.list()


# Closing


def test_closed_client(connect: Connect) -> None:
    """A closed client raises an error and sends nothing; closing twice is fine."""
    client = connect([ok(page([{}], next_cursor="2"))])
    users = client.users.iter()
    next(users)
    client.close_client()
    calls = [
        *[*CALLS.values(), lambda _: next(users), lambda users: users.bulk_delete(user_ids=[ID])],
        lambda users: users.bulk_delete(emails=["a@b.c"]),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match="closed"):
            call(client.users)
    client.close_client()
    assert len(client.recorder.sent) == 1


def test_context_managers() -> None:
    """Both clients are context managers that close."""
    with ArizeClient(base_url="sandbox:") as client:
        assert len(client.users.list()) == 3
    with pytest.raises(ConfigurationError):
        client.users.list()

    async def use() -> None:
        async with AsyncArizeClient(base_url="sandbox:") as client:
            assert [user.email async for user in client.users.iter()]
        with pytest.raises(ConfigurationError):
            await client.users.list()

    asyncio.run(use())


def test_trio(server: SandboxServer) -> None:
    """The async client works on trio, over a real connection, with prefetch and in bulk."""

    async def use() -> None:
        async with AsyncArizeClient(api_key="sandbox-admin", base_url=server.url) as client:
            emails = [user.email async for user in client.users.iter(page_size=2, prefetch=True)]
            assert len(emails) == 23
            assert (await client.users.get(user=emails[0])).email == emails[0]
            results = await client.users.bulk_delete(user_ids=ids, emails=["nobody@acme.com"])
            assert [str(one.status) for one in results] == ["deleted"] * 20 + ["not_found"]

    ids = server.sandbox.add_users(20)
    anyio.run(use, backend="trio")


# A local account


def test_sandbox_needs_no_key(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    """A sandbox needs no key, takes one of its own, and never gets the one of the environment."""

    def key(**settings: Any) -> str:
        client = connect(None, **{"base_url": "sandbox:", "api_key": None, **settings})
        assert hasattr(client.real, "sandbox")
        return str(client.real._settings.api_key)

    monkeypatch.setenv("ARIZE_API_KEY", "ak-real")
    assert key() == "sandbox-admin"
    assert key(api_key="sandbox-member") == "sandbox-member"
    monkeypatch.setenv("ARIZE_API_KEY", "sandbox-annotator")
    assert key() == "sandbox-annotator"
    assert not hasattr(connect([]).real, "sandbox")


def test_sandbox_in_a_file(tmp_path: Path, connect: Connect) -> None:
    """sandbox:PATH is an account that lasts, seen by the next client; closing the first closes its file."""
    settings = {"base_url": f"sandbox:{tmp_path / 'account.db'}", "api_key": None}
    first = connect(None, **settings)
    first.users.create(name="Ada", email="ada@acme.com", role="member", invite_mode="none")
    first.close_client()
    with pytest.raises(Exception, match="closed"):
        first.real.sandbox.add_users(1)
    second = connect(None, **settings)
    assert second.users.get(user="ada@acme.com").name == "Ada"
    assert [entry.action for entry in second.real.sandbox.audit] == ["create"]


# Settings that only the transport can judge


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *[("transport", "x"), ("http_client", "x")],
        *[("base_url", "https://a..com"), ("base_url", "https://."), ("base_url", "sandbox:\0")],
        *[("headers", "abc"), ("headers", {"X-Token": "s3cret "}), ("headers", {"Content-Length": "3"})],
        *[("verify", 123), ("proxy", "http://me:s3cret@x:port"), ("verify", __file__)],
    ],
    ids=str,
)
def test_settings_that_cannot_work(connect: Connect, argument: str, value: Any) -> None:
    """Each is refused when the client is made, not at the first request, and without repeating a secret."""
    with pytest.raises(ConfigurationError) as caught:
        connect(None, **{argument: value})
    assert caught.value.argument == argument
    assert "s3cret" not in str(caught.value)


def test_sandbox_that_cannot_be_opened(tmp_path: Path, connect: Connect) -> None:
    """A path that cannot be opened is a configuration error that names it."""
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path))):
        connect(None, base_url=f"sandbox:{tmp_path}", api_key=None)


BROKEN_CAS = {
    "SSL_CERT_FILE": ["/nowhere/x.pem", __file__, "/"],
    "SSL_CERT_DIR": ["/nowhere/certs", "/no:/where"],
}
BROKEN_CAS["ARIZE_SSL_CA_CERT"] = BROKEN_CAS["REQUESTS_CA_BUNDLE"] = BROKEN_CAS["SSL_CERT_FILE"][:2]


@pytest.mark.parametrize("variable", BROKEN_CAS)
def test_cas_that_cannot_be_loaded(connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A CA file or folder that is missing or holds none is named with its variable when a client is made."""
    for path in BROKEN_CAS[variable]:
        monkeypatch.setenv(variable, path)
        with pytest.raises(ConfigurationError) as caught:
            connect(None)
        error = caught.value
        assert (error.argument, error.variable) == ("verify", variable)
        assert str(error).startswith(f"{variable}: ")
        assert repr(path) in str(error)


def test_cas_that_are_not_needed(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing CA file of the environment disturbs no client that does not read it."""
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, "/nowhere")
    for settings in (
        *[{"base_url": "sandbox:"}, {"base_url": "http://127.0.0.1:1"}, {"verify": False}],
        {"verify": certifi.where()},
    ):
        connect(None, **settings)
    assert len(connect([ok(page())]).users.list()) == 0
    folder = str(Path(certifi.where()).parent)
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", " ")
    for folders in (folder, f"/nowhere:{folder}"):
        monkeypatch.setenv("SSL_CERT_DIR", folders)
        connect(None)


def test_proxy_that_needs_a_library(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    """A socks proxy without the library that speaks it is a configuration error."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ConfigurationError, match="proxy"):
        connect(None, proxy="socks5://127.0.0.1:1080")
