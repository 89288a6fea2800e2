"""What goes over the wire: headers, timeouts, TLS, the end of a client, and the way to a sandbox."""

from __future__ import annotations

import asyncio
import gzip
import platform
import re
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok, page, raw
from support.clients import Client

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
from arize_users.sandbox import Sandbox, SandboxServer

ID = "VXNlcjoxMjM0NQ=="


def test_headers(connect: Connect) -> None:
    """Every request names the client and carries the key, and asks for JSON."""
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
        assert headers["accept"] == "application/json"


def test_own_headers(connect: Connect) -> None:
    """A caller's headers are sent, and beat the layer's of the same name in any case."""
    client = connect([ok(page())], headers={"X-Team": "a b", "USER-AGENT": "mine/1"})
    client.users.list()
    headers = client.recorder.sent[0].request.headers
    assert headers.get_list("x-team") == ["a b"]
    assert headers.get_list("user-agent") == ["mine/1"]


def test_base_path(connect: Connect) -> None:
    """A base URL may have a path, under which the API lives."""
    client = connect([ok()], base_url="https://corp.example/arize/", judged=False)
    client.users.delete(user_id="a/b")
    assert str(client.recorder.sent[0].request.url) == "https://corp.example/arize/v2/users/a%2Fb"


def test_timeouts(connect: Connect) -> None:
    """Each request has 30 s, and 5 to connect, unless the caller says otherwise."""
    for options, seconds in (({}, 30.0), ({"timeout": 7}, 7.0)):
        client = connect([ok(page())], **options)
        client.users.list()
        limits = client.recorder.sent[0].request.extensions["timeout"]
        assert limits == {"connect": 5.0, "read": seconds, "write": seconds, "pool": seconds}


SENT = [
    *[httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError, httpx.ReadTimeout],
    *[httpx.WriteTimeout, httpx.DecodingError, httpx.NetworkError],
]
NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError]


@pytest.mark.parametrize("kind_of_error", [*SENT, *NOT_SENT], ids=lambda one: one.__name__)
@pytest.mark.parametrize("message", ["", "[Errno 104] reset"])
def test_connection_errors(connect: Connect, kind_of_error: type[Exception], message: str) -> None:
    """Whatever happens to a connection is an APIConnectionError that says whether the request got out."""
    client = connect([kind_of_error(message)])
    with pytest.raises(APIConnectionError) as caught:
        client.users.list()
    assert caught.value.sent is (kind_of_error in SENT)
    assert isinstance(caught.value, APITimeoutError) == issubclass(kind_of_error, httpx.TimeoutException)
    assert "GET /v2/users" in str(caught.value)
    assert isinstance(caught.value.__cause__, kind_of_error)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (httpx.StreamClosed(), APIConnectionError),
        (httpx.ResponseNotRead(), APIConnectionError),
        (httpx.InvalidURL("URL too long"), InvalidArgumentError),
        (httpx.LocalProtocolError("Illegal header value b's3cret '"), ConfigurationError),
        (httpx.UnsupportedProtocol("gopher"), ConfigurationError),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one.__name__,
)
def test_other_httpx_errors(connect: Connect, error: Exception, ours: type[ArizeError]) -> None:
    """No exception of httpx reaches the caller; what cannot be sent at all is not tried again."""
    client = connect([error], max_retries=0 if ours is APIConnectionError else 2)
    with pytest.raises(ours) as caught:
        client.users.get(user=ID)
    assert "s3cret" not in str(caught.value)
    if ours is not APIConnectionError:
        assert len(client.recorder.sent) == 1


CALLS: dict[str, Any] = {
    "list": {},
    "get": {"user": ID},
    "create": {"name": "A", "email": "a@b.c", "role": "member", "invite_mode": "none"},
    "update": {"user_id": ID, "name": "A"},
    "delete": {"user_id": ID},
    "resend_invitation": {"user_id": ID},
    "reset_password": {"user_id": ID},
}


@pytest.mark.parametrize("method", CALLS)
def test_closed_client(connect: Connect, method: str) -> None:
    """A closed client says so and sends nothing; closing twice is fine."""
    client = connect([])
    client.shut()
    with pytest.raises(ConfigurationError, match="closed"):
        getattr(client.users, method)(**CALLS[method])
    client.shut()
    assert client.recorder.sent == []


def test_closed_while_walking(connect: Connect) -> None:
    """A walk over a client that was closed meanwhile ends with an error, not with fewer users."""
    client = connect([ok(page([{}], next_cursor="2")), ok(page([{}]))])
    walk = client.users.iter()
    next(walk)
    client.shut()
    with pytest.raises(ConfigurationError, match="closed"):
        next(walk)


@pytest.mark.parametrize("argument", ["user_ids", "emails"])
def test_closed_client_deletes_nobody(connect: Connect, argument: str) -> None:
    """A bulk delete on a closed client is an error too, not a list of failures."""
    client = connect([])
    client.shut()
    with pytest.raises(ConfigurationError, match="closed"):
        client.users.bulk_delete(**{argument: [ID if argument == "user_ids" else "a@b.c"]})


def test_context_managers() -> None:
    """Both clients are context managers that close."""
    with ArizeClient(base_url="sandbox:") as client:
        assert len(client.users.list()) == 3
    with pytest.raises(ConfigurationError):
        client.users.list()

    async def use() -> None:
        async with AsyncArizeClient(base_url="sandbox:") as client:
            assert len(await client.users.list()) == 3
            assert [user.email async for user in client.users.iter()]
        with pytest.raises(ConfigurationError):
            await client.users.list()

    asyncio.run(use())


def test_sandbox_needs_no_key(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A sandbox needs no key, takes one of its own, and never gets the one of the environment."""

    def key(**settings: Any) -> str:
        client = Client(kind, None, **{"base_url": "sandbox:", "api_key": None, **settings})
        assert client.real.sandbox is not None
        client.close()
        return str(client.real._settings.api_key)

    monkeypatch.setenv("ARIZE_API_KEY", "ak-real")
    assert key() == "sandbox-admin"
    assert key(api_key="sandbox-member") == "sandbox-member"
    monkeypatch.setenv("ARIZE_API_KEY", "sandbox-annotator")
    assert key() == "sandbox-annotator"


def test_no_sandbox(connect: Connect) -> None:
    """A client of a real account has none."""
    assert connect([]).real.sandbox is None


def test_sandbox_in_a_file(tmp_path: Path, kind: str) -> None:
    """sandbox:PATH is an account that lasts, seen by the next client."""
    address = f"sandbox:{tmp_path / 'account.db'}"
    first = Client(kind, None, base_url=address, api_key=None)
    first.users.create(name="Ada", email="ada@acme.com", role="member", invite_mode="none")
    first.close()
    second = Client(kind, None, base_url=address, api_key=None)
    assert second.users.get(user="ada@acme.com").name == "Ada"
    assert [entry.action for entry in second.real.sandbox.audit] == ["create"]
    second.close()


def test_sandbox_that_cannot_be_opened(tmp_path: Path, kind: str) -> None:
    """A path that cannot be opened is a configuration error that names it."""
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path))):
        Client(kind, None, base_url=f"sandbox:{tmp_path}", api_key=None)


def test_over_the_network(kind: str) -> None:
    """The same works against a server, over one connection that is kept."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        client = Client(kind, None, base_url=server.url)
        created = client.users.create(name="Ada", email="ada@acme.com", role="member", invite_mode="none")
        assert client.users.get(user=created.id) == client.users.get(user="ADA@acme.com")
        client.users.delete(user_id=created.id)
        client.close()
        assert [entry.action for entry in sandbox.audit] == ["create", "delete"]


def test_nobody_listens(kind: str) -> None:
    """Where nobody listens, the error says that the request never got out."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        url = server.url
    client = Client(kind, None, base_url=url, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        client.users.list()
    assert caught.value.sent is False
    client.close()


@pytest.mark.skipif(find_spec("socksio") is not None, reason="the library is there")
def test_proxy_that_needs_a_library(kind: str) -> None:
    """A socks proxy without the library that speaks it is a configuration error."""
    with pytest.raises(ConfigurationError, match="proxy"):
        Client(kind, None, proxy="socks5://127.0.0.1:1080")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_answers(connect: Connect, encoding: str) -> None:
    """A compressed answer is read like any other, and asked for."""
    plain = ok(page([{"name": "Ada"}])).content
    packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    client = connect([raw(packed, content_encoding=encoding)])
    assert client.users.list().users[0].name == "Ada"
    assert encoding in client.recorder.sent[0].request.headers["accept-encoding"]
