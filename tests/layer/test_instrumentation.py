"""Tools that hook into httpx see each request exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sentry_sdk
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpx import HTTPXMock
from sentry_sdk.integrations.httpx import HttpxIntegration
from sentry_sdk.transport import Transport
from support.account import Connect
from support.answers import page
from support.clients import Client

from arize_users.sandbox import SandboxServer


@pytest.fixture(params=["own", "http_client"])
def client(
    request: pytest.FixtureRequest, connect: Connect, kind: str, server: SandboxServer
) -> Iterator[Client]:
    """A client over the network, with connections of its own or through the caller's httpx client."""
    if request.param == "own":
        yield connect(server)
        return
    http: Any = httpx.Client() if kind == "sync" else httpx.AsyncClient()
    client = connect(server, http_client=http)
    yield client
    client.settle(http.close() if kind == "sync" else http.aclose())


def _send_three(client: Client) -> None:
    client.users.list()
    assert client.users.get(user="nobody@acme.com") is None
    client.with_options(max_retries=1).users.list(limit=1)


def test_log_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """The logger of httpx has one line for each request."""
    caplog.set_level(logging.INFO, logger="httpx")
    _send_three(client)
    lines = [one.getMessage() for one in caplog.records if one.name == "httpx"]
    assert [line.startswith("HTTP Request: GET http://127.0.0.1") for line in lines] == [True] * 3


class _Nowhere(Transport):
    def capture_envelope(self, envelope: object) -> None:
        """Send nothing."""


def test_sentry(client: Client) -> None:
    """Sentry's integration, which patches the send method of httpx' clients, makes one span of each."""
    events: list[Any] = []
    sentry_sdk.init(
        dsn="http://key@127.0.0.1/1",
        transport=_Nowhere(),
        before_send_transaction=lambda event, _: events.append(event),
        traces_sample_rate=1.0,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[HttpxIntegration()],
    )
    try:
        with sentry_sdk.start_transaction(name="test"):
            _send_three(client)
    finally:
        sentry_sdk.get_global_scope().set_client(None)
    assert [span["op"] for span in events[0]["spans"]] == ["http.client"] * 3


@pytest.fixture
def spans() -> Iterator[Callable[[], int]]:
    """Count the spans of OpenTelemetry's instrumentation, which patches the transports of httpx."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    yield lambda: len(exporter.get_finished_spans())
    HTTPXClientInstrumentor().uninstrument()


def test_opentelemetry(spans: Callable[[], int], client: Client) -> None:
    """OpenTelemetry's instrumentation makes one span of each."""
    _send_three(client)
    assert spans() == 3


def test_pytest_httpx(client: Client, httpx_mock: HTTPXMock) -> None:
    """pytest-httpx answers each request and keeps it."""
    httpx_mock.add_response(json=page(), is_reusable=True)
    _send_three(client)
    assert len(httpx_mock.get_requests()) == 3
