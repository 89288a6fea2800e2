"""A caller's own httpx client: what of it counts, and what never does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import Answer, Reply, ok, page, problem, upper, user
from support.clients import Client
from support.transports import ScriptedTransport

from arize_users import APIConnectionError, APIStatusError, BadRequestError, ConfigurationError
from arize_users.sandbox import SandboxServer

from .simulated_calls import CALLS

REDIRECT = Reply(302, [("location", "https://other.example/v2/users"), ("set-cookie", "a=1")])


def _http(kind: str, *answers: Answer, seen: list[httpx.Request] | None = None, **settings: Any) -> Any:
    """Make an httpx client of the kind, with the answers or over the network; a hook notes its requests."""
    seen = [] if seen is None else seen

    async def note(request: httpx.Request) -> None:
        seen.append(request)

    if answers:
        settings["transport"] = ScriptedTransport(answers)
    if kind == "sync":
        return httpx.Client(event_hooks={"request": [seen.append]}, **settings)
    return httpx.AsyncClient(event_hooks={"request": [note]}, **settings)


def _close(client: Client, http: Any) -> None:
    client.settle(http.close() if client.kind == "sync" else http.aclose())


def test_over_the_network(connect: Connect, kind: str, server: SandboxServer) -> None:
    """Every request goes through it once, and it stays open for its owner."""
    requests: list[httpx.Request] = []
    http = _http(kind, seen=requests)
    client = connect(server, http_client=http)
    client.users.create(name="Ada", email="ada@acme.com", role="member", invite_mode="none")
    client.users.bulk_delete(emails=["ada@acme.com"])
    client.close_client()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        client.users.list()
    assert [one.method for one in requests] == ["POST", "GET", "DELETE"]
    assert client.settle(http.get(server.url)).status_code == 404
    _close(client, http)


def test_the_key_goes_to_the_base_url_only(connect: Connect, kind: str) -> None:
    """Its auth, headers, cookies, parameters, base URL and redirects apply to none of our requests."""
    requests: list[httpx.Request] = []
    http = _http(
        kind,
        *[REDIRECT, ok(page())],
        seen=requests,
        auth=("someone", "else"),
        headers={"Authorization": "Basic x", "X-Own": "1"},
        cookies={"session": "x"},
        params={"limit": "7"},
        base_url="https://other.example",
        follow_redirects=True,
    )
    client = connect(None, http_client=http, base_url="https://a.example")
    with pytest.raises(APIStatusError, match="302"):
        client.users.list()
    client.users.list()
    assert [str(one.url) for one in requests] == ["https://a.example/v2/users?limit=50"] * 2
    for request in requests:
        assert request.headers.get_list("authorization") == ["Bearer sandbox-admin"]
        assert "cookie" not in request.headers
        assert "x-own" not in request.headers
    _close(client, http)


def test_its_timeout(connect: Connect, kind: str) -> None:
    """Its own timeout counts, unless with_options gives another."""
    requests: list[httpx.Request] = []
    http = _http(kind, *[ok(page())] * 3, seen=requests, timeout=httpx.Timeout(7, read=3))
    client = connect(None, http_client=http)
    client.users.list()
    client.with_options(timeout=9).users.list()
    client.users.list()
    limits = [one.extensions["timeout"] for one in requests]
    own = {"connect": 7, "read": 3, "write": 7, "pool": 7}
    assert limits == [own, {"connect": 5.0, "read": 9, "write": 9, "pool": 9}, own]
    _close(client, http)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *[("transport", ScriptedTransport([])), ("verify", False), ("proxy", "http://a.example:1")],
        *[("timeout", 3), ("timeout", None)],
    ],
)
def test_what_cannot_be_given_with_it(connect: Connect, kind: str, argument: str, value: Any) -> None:
    """What it settles itself cannot be given a second time; the error names the other argument."""
    http = _http(kind, ok())
    with pytest.raises(ConfigurationError, match="http_client") as caught:
        connect(None, http_client=http, **{argument: value})
    assert caught.value.argument == argument


def test_a_sandbox_of_the_environment(connect: Connect, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local account that a variable names is refused by the variable's name."""
    monkeypatch.setenv("ARIZE_BASE_URL", "sandbox:")
    with pytest.raises(ConfigurationError, match="ARIZE_BASE_URL: names a local account") as caught:
        connect(None, http_client=_http(kind, ok()))
    assert (caught.value.argument, caught.value.variable) == ("base_url", "ARIZE_BASE_URL")


def test_faults_of_the_protocol(connect: Connect, kind: str) -> None:
    """What may have come after the request, as with HTTP/2, leaves the outcome of a write open."""
    http = _http(kind, httpx.LocalProtocolError("s3cret"))
    with pytest.raises(APIConnectionError) as caught:
        connect(None, http_client=http).users.delete(user_id="x")
    assert caught.value.maybe_applied
    assert "s3cret" not in str(caught.value)


def test_the_wrong_kind(connect: Connect, kind: str) -> None:
    """A sync client given to the async one, or the other way round, is refused."""
    http = _http("async" if kind == "sync" else "sync", ok())
    with pytest.raises(ConfigurationError, match="expected an httpx") as caught:
        connect(None, http_client=http)
    assert caught.value.argument == "http_client"


def test_variables_of_proxies_and_tls_are_not_read(
    connect: Connect, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A malformed variable that only concerns connecting is ignored."""
    http = _http(kind, ok(page()))
    for name, value in (("PROXY_URL", "x"), ("SSL_CA_CERT", "/nowhere"), ("REQUEST_VERIFY", "maybe")):
        monkeypatch.setenv(f"ARIZE_{name}", value)
    monkeypatch.setenv("HTTPS_PROXY", "ftp://a.example")
    client = connect(None, http_client=http)
    assert len(client.users.list()) == 0
    _close(client, http)


def test_a_closed_one(connect: Connect, kind: str) -> None:
    """A closed one is a configuration error, not a failure to connect."""
    http = _http(kind, ok())
    client = connect(None, http_client=http, max_retries=2)
    _close(client, http)
    with pytest.raises(ConfigurationError) as caught:
        client.users.list()
    assert caught.value.argument == "http_client"


@pytest.mark.parametrize("reads", [False, True])
def test_a_hook_that_raises(connect: Connect, kind: str, reads: bool) -> None:
    """A hook that calls raise_for_status gives our error, with its detail where the hook read the body."""

    def hook(response: httpx.Response) -> None:
        if reads:
            response.read()
        response.raise_for_status()

    async def ahook(response: httpx.Response) -> None:
        if reads:
            await response.aread()
        response.raise_for_status()

    created = ok(upper(user(invite_mode="email_link")), 201)
    http = _http(kind, problem(400, detail="D"), ok(page()), problem(400), created)
    http.event_hooks["response"].append(hook if kind == "sync" else ahook)
    client = connect(None, http_client=http)
    with pytest.raises(BadRequestError) as caught:
        client.users.list()
    assert (caught.value.detail, caught.value.is_from_api) == (("D", True) if reads else (None, False))
    assert len(client.users.list()) == 0
    assert CALLS["create, email_link"](client.users).created  # The other case is tried all the same.
    _close(client, http)


def test_a_hook_that_refuses_a_success(connect: Connect, kind: str) -> None:
    """A hook that raises for an answer of 200 is named as the reason why there is no answer."""

    def hook(response: httpx.Response) -> None:
        raise httpx.HTTPStatusError("no", request=response.request, response=response)

    async def ahook(response: httpx.Response) -> None:
        hook(response)

    http = _http(kind, ok(page()))
    http.event_hooks["response"].append(hook if kind == "sync" else ahook)
    client = connect(None, http_client=http)
    with pytest.raises(APIConnectionError, match="an event hook refused the answer"):
        client.users.list()
    _close(client, http)
