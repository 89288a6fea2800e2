"""A client with other options shares what the first one has: connections, enum case, rate-limit pause."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok, page, problem, user

from arize_users import ConfigurationError, RateLimitError, ServerError
from arize_users._core import async_driver, sync_driver
from arize_users.sandbox import Sandbox, SandboxServer

NO_LIMIT = dict.fromkeys(("connect", "read", "write", "pool"))


def test_shares_connections(connect: Connect, server: SandboxServer, connections: list[object]) -> None:
    """Both use the same connection; closing the new client closes nothing, closing the first ends both."""
    client = connect(server)
    other = client.with_options(timeout=7, max_retries=1)
    for one in (client, other, client):
        one.users.list()
    assert len(connections) == 1
    other.close_client()
    client.users.list()
    other.users.list()
    assert len(connections) == 1
    client.close_client()
    with pytest.raises(ConfigurationError, match="closed"):
        other.users.list()


@pytest.mark.parametrize("learns", [0, 1], ids=["first", "other"])
def test_shares_the_enum_case(connect: Connect, learns: int) -> None:
    """What either learns of the server's enum case, both know."""
    with Sandbox(enum_case="upper") as sandbox:
        client = connect(sandbox, case="upper")
        pair = (client, client.with_options(max_retries=1))
        pair[learns].users.list()
        pair[1 - learns].users.create(name="A", email="a@acme.com", role="member", invite_mode="none")
        assert client.recorder.operations == ["list_users", "create_user"]


def test_shares_the_pause(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 429 to one, the other sends nothing before the pause is over, either."""
    now, waits = 1000.0, []

    def sleep(seconds: float, _: object) -> None:
        nonlocal now
        waits.append(seconds)
        now += seconds

    async def asleep(seconds: float, _: object) -> None:
        sleep(seconds, None)

    for module, wait in ((sync_driver, sleep), (async_driver, asleep)):
        monkeypatch.setattr(module, "monotonic", lambda: now)
        monkeypatch.setattr(module, "_sleep", wait)
    # The clock of requests is the real one.
    answers = [*[problem(429, retry_after="50")] * 2, ok(page())]
    client = connect(answers, max_retries=1, total_timeout=None)
    with pytest.raises(RateLimitError):
        client.with_options(headers={}).users.list()
    client.users.list()
    assert waits == [50.0, 50.0]


def test_options(connect: Connect) -> None:
    """Each option counts for the new client alone, and what is left out is as in the first."""
    client = connect(lambda _: ok(page([user()])), headers={"X-Team": "a", "X-Own": "1"}, timeout=3)
    client.with_options(headers={"x-team": "b", "X-New": "2"}).users.list()
    client.with_options(timeout=None, total_timeout=None).users.list()
    client.with_options(timeout=7).with_options(max_retries=1).users.list()
    client.users.list()
    added, unlimited, chained, first = [one.request for one in client.recorder.sent]
    assert added.headers.get_list("x-team") == ["b"]
    assert (added.headers["x-own"], added.headers["x-new"]) == ("1", "2")
    assert unlimited.extensions["timeout"] == NO_LIMIT
    assert chained.extensions["timeout"] == {"connect": 5.0, "read": 7, "write": 7, "pool": 7}
    assert first.extensions["timeout"] == dict.fromkeys(NO_LIMIT, 3)
    assert first.headers.get_list("x-team") == ["a"]
    for request in (added, unlimited, chained, first):
        assert request.headers["authorization"] == "Bearer sandbox-admin"


def test_default_timeouts(connect: Connect) -> None:
    """A timeout left out is 30 s for each wait and 5 s to connect; None is no limit but that of all."""
    default = {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 30.0}
    for options, limits in (
        ({}, default),
        ({"timeout": None, "total_timeout": None}, NO_LIMIT),
        ({"timeout": None}, dict.fromkeys(NO_LIMIT, pytest.approx(120.0, abs=5.0))),
        ({"total_timeout": 20}, {**dict.fromkeys(NO_LIMIT, pytest.approx(20.0, abs=5.0)), "connect": 5.0}),
    ):
        for client in (connect([ok(page())], **options), connect([ok(page())]).with_options(**options)):
            client.users.list()
            assert client.recorder.sent[0].request.extensions["timeout"] == limits


@pytest.mark.usefixtures("no_backoff")
def test_max_retries(connect: Connect) -> None:
    """The new client repeats as often as it says, and the first as often as before."""
    client = connect(lambda _: problem(503))
    for one, requests in ((client.with_options(max_retries=2), 3), (client, 1)):
        client.recorder.forget()
        with pytest.raises(ServerError):
            one.users.list()
        assert len(client.recorder.sent) == requests


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *[("timeout", 0), ("total_timeout", 0), ("total_timeout", True), ("total_timeout", math.inf)],
        *[("max_retries", None), ("headers", {"Authorization": "x"}), ("headers", {"Host": "x"})],
    ],
)
def test_malformed_options(connect: Connect, argument: str, value: Any) -> None:
    """A malformed option is refused as by the client itself."""
    with pytest.raises(ConfigurationError) as caught:
        connect([]).with_options(**{argument: value})
    assert caught.value.argument == argument
    if argument == "total_timeout":
        with pytest.raises(ConfigurationError, match="total_timeout: expected seconds above 0"):
            connect([], total_timeout=value)


@pytest.mark.parametrize(
    ("timeout", "seconds"), [(7, 8), (0.5, 1.5), (None, 31), (httpx.Timeout(2, read=9), 10)]
)
def test_waiting_after_an_interrupt(connect: Connect, timeout: Any, seconds: float) -> None:
    """A stopped batch waits for the read timeout and a second; without one, for 31 seconds."""
    client = connect([ok()])
    other = client.with_options(timeout=timeout)
    assert (client.real.users._driver._patience, other.real.users._driver._patience) == (31, seconds)
