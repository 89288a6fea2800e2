"""Fixtures that several folders share: clients of both kinds against both generations of the API."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from support.account import NOON, Account, Connect, primed_account
from support.clients import Client
from support.contract import contract_of
from support.transports import Answer, Answerer, Recorder, ScriptedTransport, sandbox_transport

from arize_users.sandbox import Sandbox, SandboxServer
from arize_users.sandbox.server import _Server

# A shell that starts the tests in the background lets them ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "stable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("stable")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of the person who runs the tests out of them, and write nothing to their home."""
    for name in os.environ:
        if name.startswith(("ARIZE_", "REQUESTS_CA_", "SSL_CERT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which client is behind a test."""
    return str(request.param)


@pytest.fixture(params=["lower", "upper"])
def case(request: pytest.FixtureRequest) -> str:
    """Which generation of the API the server speaks, by the case of its values."""
    return str(request.param)


@pytest.fixture
def connect(kind: str) -> Iterator[Connect]:
    """Open clients of the kind; each is closed, and every request it sent was within the contract.

    ``connect(sandbox)``, ``connect(answers)`` or ``connect(transport)``; ``case`` is the generation by
    which requests are judged, ``judged=False`` lets any request pass; the rest are settings of the
    client. ``connect(server)`` and ``connect(None)`` go over the network and record nothing. Nothing is
    retried unless ``max_retries`` says so.
    """
    opened: list[Client] = []

    def connect(
        answers: Sandbox | SandboxServer | httpx.BaseTransport | Iterable[Answer] | Answerer | None,
        *,
        case: str = "lower",
        judged: bool = True,
        **options: Any,
    ) -> Client:
        inner: Any = answers
        recorder = None
        if isinstance(answers, SandboxServer):
            options = {"base_url": answers.url, **options}
        elif answers is not None:
            if isinstance(answers, Sandbox):
                inner = sandbox_transport(answers, kind)
            elif not isinstance(answers, httpx.BaseTransport):
                inner = ScriptedTransport(answers)
            recorder = Recorder(inner, contract_of(case) if judged else None)
        opened.append(Client(kind, recorder, **{"max_retries": 0, **options}))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()
    for client in opened:
        assert client.deviations == []


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A server on this machine, with an account of its own."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        yield server


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every connection that any sandbox server has accepted."""
    accepted: list[object] = []
    serve = _Server.process_request_thread

    def count(self: Any, connection: Any, address: Any) -> None:
        accepted.append(connection)
        serve(self, connection, address)

    monkeypatch.setattr(_Server, "process_request_thread", count)
    return accepted


@pytest.fixture
def sandbox(case: str) -> Iterator[Sandbox]:
    """An account of the generation, whose clock stands at noon of 1 March 2026."""
    with Sandbox(enum_case="upper" if case == "upper" else "lower") as sandbox:
        sandbox.set_time(NOON)
        yield sandbox


@pytest.fixture
def account(sandbox: Sandbox, connect: Connect, case: str) -> Account:
    """Run a test four times: with each client, against each generation."""
    return primed_account(sandbox, connect(sandbox, case=case), case)


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make retries wait for nothing."""
    monkeypatch.setattr("arize_users._core.retry.FIRST_BACKOFF", 0.0)
